/* service.c - Enumservices */
#include "enum/service.h"

#include "base/err.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_part(struct str part)
{
	if (part.len == 0 || part.len > ENUM_SERVICE_PART_MAX)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		char c = lower(part.p[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-')
			return false;
	}
	return true;
}

static size_t
put_lower(struct str part, char *out)
{
	for (size_t i = 0; i < part.len; i++)
		out[i] = lower(part.p[i]);
	return part.len;
}

/* "type" or "type:subtype" in lower case. */
static void
join(struct str type, struct str subtype, char *out)
{
	size_t at = put_lower(type, out);

	if (subtype.len > 0) {
		out[at++] = ':';
		at += put_lower(subtype, out + at);
	}
	out[at] = '\0';
}

int
enum_services_parse(struct str list, struct enum_services *out)
{
	struct str item, subtype;

	out->n = 0;
	while ((item = str_cut(&list, ',')).p != NULL) {
		subtype = str_trim(item);
		item = str_cut(&subtype, ':');
		if (!is_part(item) || (subtype.p != NULL && !is_part(subtype)))
			return ERR_SYNTAX;
		if (out->n == ENUM_SERVICES_MAX)
			return ERR_LIMIT;
		join(item, subtype, out->item[out->n++]);
	}
	return out->n > 0 ? 0 : ERR_SYNTAX;
}

bool
enum_services_has(const struct enum_services *services, const char *service)
{
	for (unsigned i = 0; i < services->n; i++) {
		if (strcmp(services->item[i], service) == 0)
			return true;
	}
	return false;
}

static bool
is_e2u(struct str token)
{
	return str_eq_nocase(token, str_of("E2U"));
}

/* How many tokens say E2U; ERR_SYNTAX when one is empty. */
static int
count_e2u(struct str field, int *n)
{
	struct str token;
	bool has_empty = false;

	*n = 0;
	while ((token = str_cut(&field, '+')).p != NULL) {
		has_empty |= token.len == 0;
		*n += is_e2u(token);
	}
	return has_empty ? ERR_SYNTAX : 0;
}

int
enum_service_walk_init(struct enum_service_walk *walk, struct str field)
{
	struct str rest = field, first;
	int n, err = count_e2u(field, &n);

	*walk = (struct enum_service_walk){ 0 };
	if (n == 0)
		return ERR_NOTOURS;
	if (err != 0 || n > 1)
		return ERR_SYNTAX;
	first = str_cut(&rest, '+');
	if (rest.p == NULL)
		return ERR_SYNTAX; /* it stands alone */
	if (is_e2u(first)) {
		walk->rest = rest;
		return 0;
	}
	if (field.len < 4 || !is_e2u(str_make(field.p + field.len - 3, 3)) ||
	    field.p[field.len - 4] != '+')
		return ERR_SYNTAX;
	walk->rest = str_make(field.p, field.len - 4);
	return 0;
}

/* The next token whose type can be one. */
static bool
next_token(struct enum_service_walk *walk)
{
	struct str token;

	while ((token = str_cut(&walk->rest, '+')).p != NULL) {
		walk->parts = token;
		walk->type = str_cut(&walk->parts, ':');
		if (is_part(walk->type))
			return true;
	}
	return false;
}

bool
enum_service_walk_next(struct enum_service_walk *walk,
		       char out[ENUM_SERVICE_MAX])
{
	struct str part;

	for (;;) {
		part = str_cut(&walk->parts, ':');
		if (part.p != NULL && is_part(part)) {
			join(walk->type, part, out);
			return true;
		}
		if (part.p != NULL)
			continue;
		if (!next_token(walk))
			return false;
		if (walk->parts.p == NULL) {
			join(walk->type, walk->parts, out);
			return true;
		}
	}
}

bool
enum_service_is_private(const char *service)
{
	return strncmp(service, "p-", 2) == 0;
}

static bool
has_type(const char *service, const char *type)
{
	size_t len = strlen(type);

	return strncmp(service, type, len) == 0 &&
	       (service[len] == '\0' || service[len] == ':');
}

bool
enum_service_is_void(const char *service)
{
	return has_type(service, "void") || has_type(service, "unused");
}

/* RFC 6118 and the registrations it lists. */
static const struct {
	const char *service;
	const char *schemes[3];
} takes[] = {
	{ "sip", { "sip", "sips" } },     { "pstn:sip", { "sip", "sips" } },
	{ "pstn:tel", { "tel" } },        { "tel", { "tel" } },
	{ "h323", { "h323" } },           { "im", { "im" } },
	{ "pres", { "pres" } },           { "xmpp", { "xmpp" } },
	{ "vcard", { "http", "https" } },
};

/* Subtypes that are the names of their schemes. */
static const char *const schemes[] = {
	"tel",  "mailto", "http", "https", "sip",
	"sips", "ftp",    "ldap", "h323",  "xmpp"
};

bool
enum_service_takes(const char *service, struct str scheme)
{
	const char *subtype = strchr(service, ':');

	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		if (strcmp(service, takes[i].service) != 0)
			continue;
		for (int k = 0; k < 3 && takes[i].schemes[k] != NULL; k++) {
			if (str_eq_text(scheme, takes[i].schemes[k]))
				return true;
		}
		return false;
	}
	if (subtype == NULL)
		return true;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strcmp(subtype + 1, schemes[i]) == 0)
			return str_eq_text(scheme, schemes[i]);
	}
	return true;
}
