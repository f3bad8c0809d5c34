/* uri.c - what a rule has made, before anybody routes by it */
#include "enum/uri.h"

#include "base/addr.h"
#include "base/err.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int
bad(const char **why, const char *text)
{
	*why = text;
	return ERR_SYNTAX;
}

/* RFC 3986, 2: printable characters that no URI has: "<>\^`{|} */
static bool
is_excluded(char c)
{
	switch (c) {
	case '"':
	case '<':
	case '>':
	case '\\':
	case '^':
	case '`':
	case '{':
	case '|':
	case '}':
		return true;
	default:
		return false;
	}
}

static int
check_characters(struct str text, const char **why)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c < 0x21 || c > 0x7e)
			return bad(why, "octet that cannot be in a URI");
		if (is_excluded(c))
			return bad(why, "character that cannot be in a URI");
		if (c == '%' && (text.len - i < 3 || !is_hex(text.p[i + 1]) ||
				 !is_hex(text.p[i + 2])))
			return bad(why, "bad %-escape");
	}
	return 0;
}

static int
parse_scheme(struct str *rest, struct enum_uri_parts *out, const char **why)
{
	struct str scheme = str_cut(rest, ':');

	if (rest->p == NULL || scheme.len == 0 || !is_alpha(scheme.p[0]))
		return bad(why, "no scheme");
	if (scheme.len >= sizeof(out->scheme))
		return bad(why, "unknown scheme");
	for (size_t i = 0; i < scheme.len; i++) {
		char c = scheme.p[i];

		if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' &&
		    c != '.')
			return bad(why, "no scheme");
		out->scheme[i] =
		    c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	out->scheme[scheme.len] = '\0';
	return rest->len > 0 ? 0 : bad(why, "nothing behind the scheme");
}

/* ";rn=...;npdi;cic=..." (RFC 4694, 4). */
static void
take_portability(struct str params, struct enum_uri_parts *out)
{
	struct str value, name;

	while ((value = str_cut(&params, ';')).p != NULL) {
		name = str_cut(&value, '=');
		if (str_eq_nocase(name, str_of("npdi")))
			out->npdi = true;
		else if (str_eq_nocase(name, str_of("rn")) && value.len > 0)
			out->rn = value;
		else if (str_eq_nocase(name, str_of("cic")) && value.len > 0)
			out->cic = value;
	}
}

static bool
is_host_name(struct str host)
{
	bool label_begins = true;

	if (host.len == 0 || host.len > 253)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.p[i];

		if (c == '.' && label_begins)
			return false;
		if (c != '.' && !is_alpha(c) && !is_digit(c) &&
		    ((c != '-' && c != '_') || label_begins))
			return false;
		label_begins = c == '.';
	}
	return true;
}

static bool
is_port(struct str port)
{
	uint64_t number;

	return str_parse_u64(port, UINT16_MAX, &number) == 0 && number > 0;
}

/* host, host:port, [v6]:port */
static int
parse_host(struct str text, struct enum_uri_parts *out, const char **why)
{
	struct str rest = text;
	struct addr addr;

	if (text.len == 0)
		return bad(why, "no host");
	if (text.p[0] == '[') {
		out->host = str_cut(&rest, ']');
		if (rest.p == NULL)
			return bad(why, "bad host");
		out->host.len++;
		if (addr_parse_ip(out->host, &addr) != 0)
			return bad(why, "bad host");
		if (rest.len == 0)
			return 0;
		if (rest.p[0] != ':')
			return bad(why, "bad host");
		rest.p++, rest.len--;
	} else {
		out->host = str_cut(&rest, ':');
		if (!is_host_name(out->host))
			return bad(why,
				   out->host.len == 0 ? "no host" : "bad host");
		if (rest.p == NULL)
			return 0;
	}
	return is_port(rest) ? 0 : bad(why, "bad port");
}

/* sip:user@host:port;parameters (RFC 3261, 19.1.1) */
static int
parse_sip(struct str rest, struct enum_uri_parts *out, const char **why)
{
	struct str after = rest, user = str_cut(&after, '@'), params;

	if (memchr(rest.p, '?', rest.len) != NULL)
		return bad(why, "headers");
	if (after.p != NULL) {
		if (user.len == 0)
			return bad(why, "empty user");
		if (memchr(after.p, '@', after.len) != NULL)
			return bad(why, "two @");
		out->user = user;
		params = user;
		str_cut(&params, ';');
		take_portability(params, out);
		rest = after;
	}
	params = rest;
	rest = str_cut(&params, ';');
	return parse_host(rest, out, why);
}

/* tel:+digits;parameters, or local ones with phone-context (RFC 3966, 3) */
static int
parse_tel(struct str rest, struct enum_uri_parts *out, const char **why)
{
	struct str params = rest;
	struct str number = str_cut(&params, ';');
	bool is_global = number.len > 0 && number.p[0] == '+';
	size_t n_digits = 0;

	for (size_t i = is_global; i < number.len; i++) {
		char c = number.p[i];

		if (is_digit(c) ||
		    (!is_global && (is_hex(c) || c == '*' || c == '#')))
			n_digits++;
		else if (strchr("-.()", c) == NULL)
			return bad(why, "bad number");
	}
	if (n_digits == 0)
		return bad(why, "no number");
	out->user = number;
	take_portability(params, out);
	return 0;
}

int
enum_uri_parse(struct str text, struct enum_uri_parts *out, const char **why)
{
	struct str rest = text;

	memset(out, 0, sizeof(*out));
	if (text.len > ENUM_URI_MAX) {
		*why = "too long";
		return ERR_LIMIT;
	}
	if (check_characters(text, why) != 0 ||
	    parse_scheme(&rest, out, why) != 0)
		return ERR_SYNTAX;
	if (strcmp(out->scheme, "sip") == 0 || strcmp(out->scheme, "sips") == 0)
		return parse_sip(rest, out, why);
	if (strcmp(out->scheme, "tel") == 0)
		return parse_tel(rest, out, why);
	return 0;
}
