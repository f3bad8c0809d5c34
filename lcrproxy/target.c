/* target.c - names before numbers, numbers of users before all others */
#include "lcrproxy/target.h"

#include <string.h>

#include "base/err.h"
#include "enum/aus.h"

/* Whether user says that the user part is a number (RFC 3261 19.1.1), or what
 * somebody dials (RFC 4967). */
static bool
says_number(const struct sip_uri *uri)
{
	struct str value = sip_uri_param(uri, "user");

	return uri->scheme == SIP_SCHEME_TEL ||
	       (value.p != NULL &&
		(str_eq_nocase(value, str_of("phone")) ||
		 str_eq_nocase(value, str_of("dialstring"))));
}

/* Of what people dial: digits, * and #, separators. */
static bool
looks_dialled(struct str text)
{
	for (size_t i = 0; i < text.len && text.p[i] != ';'; i++) {
		if (text.p[i] == '\0' ||
		    strchr("0123456789+*#-.()", text.p[i]) == NULL)
			return false;
	}
	return text.len > 0 && text.p[0] != ';';
}

/* The value of phone-context among the parameters behind a number. */
static struct str
phone_context(struct str text)
{
	static const struct str name = { "phone-context", 13 };

	(void)str_cut(&text, ';');
	while (text.p != NULL) {
		struct str value = str_cut(&text, ';');
		struct str key = str_cut(&value, '=');

		if (str_eq_nocase(key, name))
			return value;
	}
	return str_make(NULL, 0);
}

/* RFC 3966 5.1.5: a local number within the range that a global prefix is of.
 * One that is valid in some domain is dialled as the account dials. */
static int
complete(struct arena *arena, struct str *text)
{
	struct str context = phone_context(*text), rest = *text;

	if (text->len == 0 || text->p[0] == '+' || context.len == 0 ||
	    context.p[0] != '+')
		return 0;
	*text = arena_join(
	    arena, (const struct str[]){ context, str_cut(&rest, ';') }, 2);
	return text->p != NULL ? 0 : ERR_NOMEM;
}

static bool
is_isn(struct str text)
{
	struct enum_number number;

	return enum_number_parse(text, &number) == 0 && number.itad_len > 0;
}

static int
read_number(struct arena *arena, const struct target_place *place,
	    struct target *out)
{
	struct str text = out->dialled;
	size_t n = strlen(place->tech_prefix);
	enum number_form form;
	int err;

	out->err = ERR_SYNTAX;
	if (!str_starts(text, place->tech_prefix))
		return 0;
	text = str_make(text.p + n, text.len - n);
	if (place->takes_isn && is_isn(text))
		out->isn = text.p;
	err = complete(arena, &text);
	if (err != 0)
		return err;
	out->err = number_normalise(place->plan, text, &out->number, &form);
	if (out->err != 0)
		out->number.len = 0;
	return 0;
}

static void
choose_kind(const struct target_place *place, const struct sip_uri *uri,
	    struct target *out)
{
	bool is_number = says_number(uri) || looks_dialled(out->dialled);

	if (out->err == 0)
		out->user =
		    snapshot_user_by_number(place->snapshot, &out->number);
	if (out->user != NULL || !is_number)
		out->kind = POLICY_LOCAL;
	else if (out->err == 0 &&
		 !number_is_national(&out->number, place->plan))
		out->kind = POLICY_INTERNATIONAL;
	else
		out->kind = POLICY_NATIONAL;
}

int
target_find(struct arena *arena, const struct target_place *place,
	    const struct sip_uri *uri, struct target *out)
{
	int err;

	*out = (struct target){ .kind = POLICY_FOREIGN,
				.dialled = uri->user };
	if (uri->scheme != SIP_SCHEME_TEL && !place->is_ours)
		return 0;
	if (uri->user.len == 0) {
		out->kind = POLICY_NODE;
		return 0;
	}
	if (!says_number(uri))
		out->user = snapshot_user(place->snapshot, uri->user,
					  place->domain);
	if (out->user != NULL) {
		out->kind = POLICY_LOCAL;
		return 0;
	}
	err = read_number(arena, place, out);
	if (err == 0)
		choose_kind(place, uri, out);
	return err;
}
