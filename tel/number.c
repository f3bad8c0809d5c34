/* number.c - dialled strings to E.164, and prefixes as words */
#include "tel/number.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

/* The longest dialled string that can become a number: a prefix of 7 digits
 * and 15 digits, or more in vain. */
#define DIALLED_MAX 32

/* The digits of a dialled string. */
struct dialled {
	bool is_global; /* began with '+' */
	size_t n;       /* of all digits, also those that did not fit */
	char digits[DIALLED_MAX];
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3966, 3: visual-separator */
static bool
is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

/* 0, or ERR_SYNTAX when there is no digit or something else in it. */
static int
scan(struct str text, struct dialled *out)
{
	out->is_global = text.len > 0 && text.p[0] == '+';
	out->n = 0;
	for (size_t i = out->is_global ? 1 : 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == ';')
			break;
		if (is_separator(c))
			continue;
		if (!is_digit(c))
			return ERR_SYNTAX;
		if (out->n < DIALLED_MAX)
			out->digits[out->n] = c;
		out->n++;
	}
	return out->n > 0 ? 0 : ERR_SYNTAX;
}

/* The number of a country code ("" = in digits already) and digits. */
static int
compose(const char *country_code, const char *digits, size_t n,
	struct number *out)
{
	size_t n_code = strlen(country_code);
	size_t len = n_code + n;

	if (len < NUMBER_MIN || len > NUMBER_MAX)
		return ERR_RANGE;
	memcpy(out->digits, country_code, n_code);
	memcpy(out->digits + n_code, digits, n);
	out->digits[len] = '\0';
	out->len = (uint8_t)len;
	return out->digits[0] == '0' ? ERR_RANGE : 0;
}

/* The length of prefix when it is not empty and digits begin with it. */
static size_t
prefix_in(const char *prefix, const char *digits, size_t n)
{
	size_t len = strlen(prefix);

	return len <= n && memcmp(prefix, digits, len) == 0 ? len : 0;
}

int
number_parse(struct str text, struct number *out)
{
	if (text.len > 0 && text.p[0] == '+')
		text = str_make(text.p + 1, text.len - 1);
	if (text.len == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.p[i]))
			return ERR_SYNTAX;
	}
	if (text.len > NUMBER_MAX)
		return ERR_RANGE;
	memcpy(out->digits, text.p, text.len);
	out->digits[text.len] = '\0';
	out->len = (uint8_t)text.len;
	return 0;
}

/* The global digits of phone-context behind a local number (RFC 3966 5.1.5);
 * p == NULL without, and for a domain, which says no more than who calls. */
static struct str
find_context(struct str text)
{
	(void)str_cut(&text, ';');
	while (text.p != NULL) {
		struct str value = str_cut(&text, ';');
		struct str name = str_cut(&value, '=');

		if (str_eq_nocase(name, str_of("phone-context")))
			return value.len > 0 && value.p[0] == '+'
				   ? value
				   : str_make(NULL, 0);
	}
	return str_make(NULL, 0);
}

/* A local number where its context has it. As people dial there, a national
 * prefix may be in front of it. */
static int
compose_in_context(const struct dial_plan *plan, struct str context,
		   const struct dialled *in, struct number *out)
{
	char code[DIALLED_MAX + 1];
	struct dialled prefix;
	size_t skip = 0;
	int err = scan(context, &prefix);

	if (err != 0)
		return err;
	if (prefix.n > NUMBER_MAX)
		return ERR_RANGE;
	memcpy(code, prefix.digits, prefix.n);
	code[prefix.n] = '\0';
	if (strcmp(code, plan->country_code) == 0)
		skip = prefix_in(plan->national_prefix, in->digits, in->n);
	return compose(code, in->digits + skip, in->n - skip, out);
}

int
number_normalise(const struct dial_plan *plan, struct str dialled,
		 struct number *out, enum number_form *form)
{
	struct str context = find_context(dialled);
	struct dialled in;
	size_t skip;
	int err = scan(dialled, &in);

	if (err != 0)
		return err;
	if (in.n > DIALLED_MAX)
		return ERR_RANGE;
	if (in.is_global) {
		*form = NUMBER_GLOBAL;
		return compose("", in.digits, in.n, out);
	}
	if (context.p != NULL) {
		*form = NUMBER_NATIONAL;
		return compose_in_context(plan, context, &in, out);
	}
	skip = prefix_in(plan->international_prefix, in.digits, in.n);
	if (skip > 0) {
		*form = NUMBER_INTERNATIONAL;
		return compose("", in.digits + skip, in.n - skip, out);
	}
	*form = NUMBER_NATIONAL;
	if (plan->country_code[0] == '\0')
		return ERR_INVAL;
	skip = prefix_in(plan->national_prefix, in.digits, in.n);
	return compose(plan->country_code, in.digits + skip, in.n - skip, out);
}

bool
number_is_national(const struct number *number, const struct dial_plan *plan)
{
	return prefix_in(plan->country_code, number->digits, number->len) > 0;
}

/* The prefix of one more digit. */
static prefix_word
append(prefix_word prefix, size_t at, char digit)
{
	return prefix | (prefix_word)(digit - '0' + 1) << (60 - 4 * at);
}

int
prefix_parse(struct str text, prefix_word *out)
{
	prefix_word prefix = 0;

	if (text.len > 0 && text.p[0] == '+') {
		text = str_make(text.p + 1, text.len - 1);
		if (text.len == 0)
			return ERR_SYNTAX;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.p[i]))
			return ERR_SYNTAX;
		if (i < PREFIX_MAX)
			prefix = append(prefix, i, text.p[i]);
	}
	if (text.len > PREFIX_MAX)
		return ERR_RANGE;
	*out = prefix;
	return 0;
}

unsigned
prefix_len(prefix_word prefix)
{
	if (prefix == 0)
		return 0;
	return 16 - (unsigned)__builtin_ctzll(prefix) / 4;
}

void
prefix_format(prefix_word prefix, char out[PREFIX_MAX + 1])
{
	unsigned len = prefix_len(prefix);

	assert(len <= PREFIX_MAX);
	for (unsigned i = 0; i < len; i++)
		out[i] = (char)('0' + (prefix >> (60 - 4 * i) & 15) - 1);
	out[len] = '\0';
}

prefix_word
prefix_of(const struct number *number, unsigned len)
{
	prefix_word prefix = 0;

	assert(len <= number->len);
	for (unsigned i = 0; i < len; i++)
		prefix = append(prefix, i, number->digits[i]);
	return prefix;
}
