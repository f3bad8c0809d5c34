/* porting.c - rn and npdi of RFC 4694 */
#include "tel/porting.h"

#include <string.h>

#include "base/err.h"

#define GLOBAL_MIN 2 /* a country code and something behind it */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* RFC 3966, 3: visual-separator */
static bool
is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

static char
to_upper(char c)
{
	return c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
}

/* Append hex digits without separators to "+...": 0 or an error. */
static int
append(struct str digits, char *rn, size_t *len)
{
	for (size_t i = 0; i < digits.len; i++) {
		if (is_separator(digits.p[i]))
			continue;
		if (!is_hex(digits.p[i]))
			return ERR_SYNTAX;
		if (*len > PORTING_RN_MAX)
			return ERR_RANGE;
		rn[(*len)++] = to_upper(digits.p[i]);
	}
	return 0;
}

/* A routing number in two parts, the second may be empty. */
static int
compose(struct str context, struct str local, struct porting *out)
{
	size_t len = 1;
	int err;

	if (context.len < 2 || context.p[0] != '+' || !is_digit(context.p[1]) ||
	    context.p[1] == '0')
		return ERR_SYNTAX;
	out->rn[0] = '+';
	err = append(str_make(context.p + 1, context.len - 1), out->rn, &len);
	if (err == 0)
		err = append(local, out->rn, &len);
	if (err == 0 && len <= GLOBAL_MIN)
		err = ERR_SYNTAX;
	if (err != 0)
		return err;
	out->rn[len] = '\0';
	if (number_parse(str_make(out->rn, len), &out->routing) != 0)
		out->routing.len = 0;
	return 0;
}

int
porting_set(struct str rn, enum porting_source source, struct porting *out)
{
	struct porting porting = { .source = source };
	int err = 0;

	if (rn.len > 0)
		err = compose(rn, str_make("", 0), &porting);
	*out = err == 0 ? porting : (struct porting){ .source = PORTING_UNKNOWN };
	return err;
}

/* What is of interest; p == NULL: not there. */
struct params {
	struct str rn, context, npdi;
};

/* ERR_SYNTAX when it was there already. */
static int
note(struct str *place, struct str value)
{
	if (place->p != NULL)
		return ERR_SYNTAX;
	*place = value.p != NULL ? value : str_make("", 0);
	return 0;
}

static int
note_param(struct str param, struct params *out)
{
	struct str value = param;
	struct str name = str_trim(str_cut(&value, '='));

	if (str_eq_nocase(name, str_of("rn")))
		return note(&out->rn, value);
	if (str_eq_nocase(name, str_of("rn-context")))
		return note(&out->context, value);
	if (str_eq_nocase(name, str_of("npdi")))
		return note(&out->npdi, value);
	return 0;
}

int
porting_parse(struct str params, enum porting_source source,
	      struct porting *out)
{
	struct params found = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	struct porting porting = { .source = source };
	int err = 0;

	*out = (struct porting){ .source = PORTING_UNKNOWN };
	while (params.p != NULL && err == 0)
		err = note_param(str_cut(&params, ';'), &found);
	if (err != 0 || (found.rn.p == NULL && found.npdi.p == NULL))
		return err;
	if (found.rn.p != NULL && found.rn.len > 0 && found.rn.p[0] == '+')
		err = compose(found.rn, str_make("", 0), &porting);
	else if (found.rn.p != NULL)
		err = found.rn.len > 0
			  ? compose(found.context, found.rn, &porting)
			  : ERR_SYNTAX;
	if (err == 0)
		*out = porting;
	return err;
}

const char *
porting_source_text(enum porting_source source)
{
	static const char *const texts[] = { NULL, "request", "table",
					     "enum" };

	return texts[source];
}
