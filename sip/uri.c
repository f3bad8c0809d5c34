/* uri.c - SIP and tel URIs (RFC 3261 19.1.1, 25.1; RFC 3966) over libosip2 */
#include "sip/value_osip.h"

#include <osipparser2/osip_parser.h>

#include "base/err.h"
#include "sip/chars.h"

#define PORT_SIP 5060
#define PORT_SIPS 5061

/* Only characters of URIs, and every % before two hex digits. */
static bool
has_uri_chars(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!sip_char_is(s.p[i], SIP_URI_CHAR))
			return false;
		if (s.p[i] == '%' &&
		    (i + 2 >= s.len || !sip_char_is(s.p[i + 1], SIP_HEX) ||
		     !sip_char_is(s.p[i + 2], SIP_HEX)))
			return false;
	}
	return true;
}

static unsigned
hex_digit(char c)
{
	if (sip_char_is(c, SIP_DIGIT))
		return (unsigned)(c - '0');
	return ((unsigned)c | 0x20) - 'a' + 10;
}

/* libosip2 ends an unescaped user at %00, so this is done here. */
static int
unescape(struct arena *arena, struct str s, struct str *out)
{
	char *to;

	*out = s;
	if (memchr(s.p, '%', s.len) == NULL)
		return 0;
	to = arena_alloc(arena, s.len);
	if (to == NULL)
		return ERR_NOMEM;
	*out = str_make(to, 0);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '%') {
			c = (char)(hex_digit(s.p[i + 1]) << 4 |
				   hex_digit(s.p[i + 2]));
			i += 2;
		}
		to[out->len++] = c;
	}
	return 0;
}

/* Cut "name[=value]" with its ';' off *params: false when malformed. */
static bool
cut_param(struct str *params, struct str *name, struct str *value)
{
	struct str s = sip_skip(*params, 1);

	*name = str_make(s.p, sip_span(s, SIP_PARAM));
	*value = str_make(NULL, 0);
	s = sip_skip(s, name->len);
	if (s.len > 0 && s.p[0] == '=') {
		s = sip_skip(s, 1);
		*value = str_make(s.p, sip_span(s, SIP_PARAM));
		s = sip_skip(s, value->len);
		if (value->len == 0)
			return false;
	}
	*params = s;
	return name->len > 0 && (s.len == 0 || s.p[0] == ';');
}

static bool
are_params(struct str params)
{
	struct str name, value;

	while (params.len > 0) {
		if (!cut_param(&params, &name, &value))
			return false;
	}
	return true;
}

/* hname and hvalue are of the characters of parameters, and '?'. */
static bool
are_headers(struct str headers)
{
	for (size_t i = 0; i < headers.len; i++) {
		if (!sip_char_is(headers.p[i], SIP_PARAM) &&
		    headers.p[i] != '?' && headers.p[i] != '=')
			return false;
	}
	return headers.p == NULL || headers.len > 0;
}

static int
take_user(struct arena *arena, struct str userinfo, struct sip_uri *out)
{
	const char *colon = memchr(userinfo.p, ':', userinfo.len);
	struct str user = userinfo;

	if (colon != NULL)
		user.len = (size_t)(colon - user.p);
	if (user.len == 0 || sip_span(userinfo, SIP_USER) != userinfo.len)
		return ERR_SYNTAX;
	return unescape(arena, user, &out->user);
}

/* libosip2 compares names unescaped and without case. */
static void
take_params(osip_uri_t *uri, struct sip_uri *out)
{
	osip_uri_param_t *param = NULL;
	char transport[] = "transport", lr[] = "lr";

	if (out->params.len == 0)
		return;
	osip_uri_param_get_byname(&uri->url_params, transport, &param);
	if (param != NULL)
		out->transport = str_of(param->gvalue);
	param = NULL;
	osip_uri_param_get_byname(&uri->url_params, lr, &param);
	out->has_lr = param != NULL;
}

/* Where things are: [userinfo@]hostport[;params][?headers] */
struct layout {
	struct str userinfo; /* p == NULL without '@' */
	struct str host_port;
	struct str params;
	struct str headers; /* behind the '?'; p == NULL without */
};

static struct layout
lay_out(struct str s)
{
	struct layout out = { .userinfo = { NULL, 0 }, .headers = { NULL, 0 } };
	const char *at = memchr(s.p, '@', s.len);
	const char *query, *semicolon;

	if (at != NULL) {
		out.userinfo = str_make(s.p, (size_t)(at - s.p));
		s = sip_skip(s, out.userinfo.len + 1);
	}
	query = memchr(s.p, '?', s.len);
	if (query != NULL) {
		out.headers = sip_skip(s, (size_t)(query + 1 - s.p));
		s.len = (size_t)(query - s.p);
	}
	semicolon = memchr(s.p, ';', s.len);
	out.host_port = s;
	out.params = str_make(s.p + s.len, 0);
	if (semicolon != NULL) {
		out.host_port.len = (size_t)(semicolon - s.p);
		out.params = sip_skip(s, out.host_port.len);
	}
	return out;
}

static uint16_t
default_port(const struct sip_uri *uri)
{
	bool tls = uri->scheme == SIP_SCHEME_SIPS ||
		   sip_name_is(uri->transport, "tls");

	return tls ? PORT_SIPS : PORT_SIP;
}

/* A final dot says that a name is whole (25.1 hostname), and nothing else:
 * without it the same name is the same text. */
static void
take_host(const struct sip_host_port *from, struct sip_uri *out)
{
	struct str bare = from->host;
	struct addr addr;

	if (from->addr.family == 0 && bare.len > 1 &&
	    bare.p[bare.len - 1] == '.')
		bare.len--;
	out->host = bare.len == from->host.len || addr_parse_ip(bare, &addr) != 0
			? bare
			: from->host;
	out->port = from->port;
	out->addr = from->addr;
}

static int
take_sip_uri(struct arena *arena, osip_uri_t *uri, struct sip_uri *out)
{
	struct layout layout =
	    lay_out(sip_skip(out->text, out->scheme_text.len + 1));
	struct sip_host_port host_port;
	int err;

	err = sip_take_host_port(layout.host_port, uri->host, uri->port,
				 &host_port);
	if (err != 0 || !are_params(layout.params) ||
	    !are_headers(layout.headers))
		return ERR_SYNTAX;
	take_host(&host_port, out);
	out->params = layout.params;
	take_params(uri, out);
	if (out->addr.family != 0)
		out->addr.port = out->port != 0 ? out->port : default_port(out);
	if (layout.userinfo.p != NULL)
		return take_user(arena, layout.userinfo, out);
	return 0;
}

static int
parse_sip_uri(struct arena *arena, struct sip_uri *out)
{
	char *copy = arena_strndup(arena, out->text.p, out->text.len);
	osip_uri_t *uri = NULL;
	int code, err;

	if (copy == NULL)
		return ERR_NOMEM;
	sip_osip_begin(arena);
	code = osip_uri_init(&uri);
	if (code == OSIP_SUCCESS)
		code = osip_uri_parse(uri, copy);
	err = sip_osip_end(code);
	return err != 0 ? err : take_sip_uri(arena, uri, out);
}

static enum sip_scheme
find_scheme(struct str text)
{
	if (sip_name_is(text, "sip"))
		return SIP_SCHEME_SIP;
	if (sip_name_is(text, "sips"))
		return SIP_SCHEME_SIPS;
	return sip_name_is(text, "tel") ? SIP_SCHEME_TEL : SIP_SCHEME_OTHER;
}

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), which tokens contain. */
static bool
is_scheme(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!sip_char_is(text.p[i], SIP_HOST) && text.p[i] != '+')
			return false;
	}
	return text.len > 0 && sip_char_is(text.p[0], SIP_HOST) &&
	       !sip_char_is(text.p[0], SIP_DIGIT);
}

int
sip_uri_parse_fully(struct arena *arena, struct str text, struct sip_uri *out)
{
	const char *colon, *semicolon;
	int err = sip_check_size(text);

	memset(out, 0, sizeof(*out));
	out->text = text;
	if (err != 0)
		return err;
	colon = text.len > 0 ? memchr(text.p, ':', text.len) : NULL;
	if (colon == NULL || !has_uri_chars(text))
		return ERR_SYNTAX;
	out->scheme_text = str_make(text.p, (size_t)(colon - text.p));
	out->scheme = find_scheme(out->scheme_text);
	if (out->scheme == SIP_SCHEME_SIP || out->scheme == SIP_SCHEME_SIPS)
		return parse_sip_uri(arena, out);
	out->user = sip_skip(text, out->scheme_text.len + 1);
	if (!is_scheme(out->scheme_text) || out->user.len == 0)
		return ERR_SYNTAX;
	semicolon = memchr(out->user.p, ';', out->user.len);
	if (out->scheme == SIP_SCHEME_TEL && semicolon != NULL)
		out->params =
		    sip_skip(out->user, (size_t)(semicolon - out->user.p));
	return are_params(out->params) ? 0 : ERR_SYNTAX;
}

/* --- without libosip2: sip:[user@]host[:port][;params] --- */

/* A number or a plain name, in front of its '@'; 0 when there is none, or
 * another. */
static size_t
plain_user_len(struct str s)
{
	size_t n = s.len > 0 && s.p[0] == '+';

	n += sip_span(sip_skip(s, n), SIP_HOST);
	return n < s.len && s.p[n] == '@' ? n : 0;
}

/* Without escapes, and no transport without a value. */
static bool
read_plain_params(struct sip_uri *out)
{
	struct str rest = out->params, name, value;

	if (rest.len > 0 && memchr(rest.p, '%', rest.len) != NULL)
		return false;
	while (rest.len > 0) {
		if (!cut_param(&rest, &name, &value))
			return false;
		if (sip_name_is(name, "lr")) {
			out->has_lr = true;
		} else if (out->transport.p == NULL &&
			   sip_name_is(name, "transport")) {
			out->transport = value;
			if (value.p == NULL)
				return false;
		}
	}
	return true;
}

/* Whether it has the plain form, as nearly every URI does; out is only good
 * then. All that is let through here is of characters of URIs. */
static bool
parse_plain(struct str text, struct sip_uri *out)
{
	struct str s = sip_skip(text, 4);
	struct sip_host_port host_port;
	size_t user_len = plain_user_len(s);

	memset(out, 0, sizeof(*out));
	out->text = text;
	out->scheme = SIP_SCHEME_SIP;
	out->scheme_text = str_make(text.p, 3);
	if (user_len > 0) {
		out->user = str_make(s.p, user_len);
		s = sip_skip(s, user_len + 1);
	}
	if (!sip_cut_host_port(&s, &host_port) ||
	    (s.len > 0 && s.p[0] != ';'))
		return false;
	out->params = s;
	if (!read_plain_params(out))
		return false;
	take_host(&host_port, out);
	if (out->addr.family != 0)
		out->addr.port = out->port != 0 ? out->port : default_port(out);
	return true;
}

int
sip_uri_parse(struct arena *arena, struct str text, struct sip_uri *out)
{
	if (text.len > 4 && sip_name_is(str_make(text.p, 4), "sip:") &&
	    sip_check_size(text) == 0 && parse_plain(text, out))
		return 0;
	return sip_uri_parse_fully(arena, text, out);
}

bool
sip_uri_is_sips(struct str text)
{
	return text.len >= 5 &&
	       str_eq_nocase(str_make(text.p, 5), str_of("sips:"));
}

struct str
sip_uri_param(const struct sip_uri *uri, const char *name)
{
	struct str rest = uri->params;
	struct str found, value;

	while (rest.len > 0 && cut_param(&rest, &found, &value)) {
		if (str_eq_nocase(found, str_of(name)))
			return value.p != NULL ? value : str_make("", 0);
	}
	return str_make(NULL, 0);
}
