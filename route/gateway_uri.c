/* gateway_uri.c - scheme, user, host, port and transport of a SIP URI */
#include "route/gateway_uri.h"

#include <string.h>

#include "base/err.h"

#define SIP_PORT 5060
#define SIPS_PORT 5061

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* Labels of letters, digits and inner hyphens, between single dots; a dot at
 * the end is allowed (RFC 3261 25.1, hostname). */
static bool
is_hostname(struct str host)
{
	char before = '.';

	for (size_t i = 0; i < host.len; i++) {
		char c = host.p[i];

		if (!is_alnum(c) && c != '-' && c != '.')
			return false;
		if (!is_alnum(c) && before == '.')
			return false;
		if (c == '.' && before == '-')
			return false;
		before = c;
	}
	return host.len > 0 && before != '-';
}

/* Whether the text looks like nothing but an IPv4 address, so that a wrong
 * one is an error and not a name. */
static bool
is_numeric(struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return false;
	}
	return true;
}

/* Up to the first of these characters; *rest begins with it. */
static struct str
cut_before(struct str *rest, const char *stops)
{
	size_t n = 0;
	struct str piece;

	while (n < rest->len && strchr(stops, rest->p[n]) == NULL)
		n++;
	piece = str_make(rest->p, n);
	*rest = str_make(rest->p + n, rest->len - n);
	return piece;
}

/* The value of the transport parameter, p == NULL without. */
static struct str
transport_of(struct str params)
{
	static const struct str name = { "transport=", 10 };

	while (params.len > 0 && params.p[0] == ';') {
		struct str param;

		params = str_make(params.p + 1, params.len - 1);
		param = cut_before(&params, ";?");
		if (param.len >= name.len &&
		    str_eq_nocase(str_make(param.p, name.len), name))
			return str_make(param.p + name.len,
					param.len - name.len);
	}
	return str_make(NULL, 0);
}

static bool
has_tls(struct str params)
{
	return str_eq_nocase(transport_of(params), str_of("tls"));
}

/* "sip:" and "sips:" in any case; *rest moves behind it. */
static int
cut_scheme(struct str *rest, bool *is_sips)
{
	struct str scheme = cut_before(rest, ":");

	if (rest->len == 0)
		return ERR_SYNTAX;
	*rest = str_make(rest->p + 1, rest->len - 1);
	*is_sips = str_eq_nocase(scheme, str_of("sips"));
	if (*is_sips || str_eq_nocase(scheme, str_of("sip")))
		return 0;
	return ERR_SYNTAX;
}

/* The user part may hold anything but '@'; behind the host none may come. */
static int
cut_user(struct str *rest)
{
	const char *at = memchr(rest->p, '@', rest->len);

	if (at == NULL)
		return 0;
	if (at == rest->p)
		return ERR_SYNTAX;
	*rest = str_make(at + 1, rest->len - (size_t)(at + 1 - rest->p));
	return 0;
}

static int
parse_port(struct str text, uint16_t *out)
{
	uint64_t port;

	if (str_parse_u64(text, UINT16_MAX, &port) != 0 || port == 0)
		return ERR_SYNTAX;
	*out = (uint16_t)port;
	return 0;
}

/* "[2001:db8::1]", "192.0.2.1" or a name; *rest is what follows. */
static int
cut_host(struct str *rest, struct addr *addr)
{
	struct str host;

	if (rest->len > 0 && rest->p[0] == '[') {
		host = cut_before(rest, "]");
		if (rest->len == 0)
			return ERR_SYNTAX;
		*rest = str_make(rest->p + 1, rest->len - 1);
		return addr_parse_ip(str_make(host.p, host.len + 1), addr);
	}
	host = cut_before(rest, ":;?");
	if (is_numeric(host))
		return addr_parse_ip(host, addr);
	return is_hostname(host) ? 0 : ERR_SYNTAX;
}

int
gateway_uri_parse(struct str uri, struct str *host, struct addr *addr)
{
	struct str rest = uri;
	struct str port = { NULL, 0 };
	uint16_t number = 0;
	const char *begin;
	bool is_sips;

	*addr = (struct addr){ 0 };
	if (uri.len == 0 || !str_is_printable(uri) ||
	    memchr(uri.p, ' ', uri.len) != NULL)
		return ERR_SYNTAX;
	if (cut_scheme(&rest, &is_sips) != 0 || cut_user(&rest) != 0)
		return ERR_SYNTAX;
	begin = rest.p;
	if (cut_host(&rest, addr) != 0)
		return ERR_SYNTAX;
	if (rest.len > 0 && rest.p[0] == ':') {
		rest = str_make(rest.p + 1, rest.len - 1);
		port = cut_before(&rest, ";?");
		if (parse_port(port, &number) != 0)
			return ERR_SYNTAX;
	}
	if (rest.len > 0 && rest.p[0] != ';' && rest.p[0] != '?')
		return ERR_SYNTAX;
	*host = str_make(begin, (size_t)(rest.p - begin));
	if (addr->family == 0)
		return 0;
	addr->port = number != 0                  ? number
		     : (is_sips || has_tls(rest)) ? SIPS_PORT
						  : SIP_PORT;
	return 0;
}

enum gateway_transport
gateway_uri_transport(struct str uri, bool *is_sips)
{
	struct str rest = uri, value;

	*is_sips = false;
	if (cut_scheme(&rest, is_sips) != 0 || cut_user(&rest) != 0)
		return GATEWAY_OTHER;
	(void)cut_before(&rest, ";?");
	value = transport_of(rest);
	if (value.p == NULL)
		return GATEWAY_ANY;
	if (str_eq_nocase(value, str_of("tls")))
		return GATEWAY_TLS;
	if (str_eq_nocase(value, str_of("tcp")))
		return *is_sips ? GATEWAY_TLS : GATEWAY_TCP;
	return str_eq_nocase(value, str_of("udp")) && !*is_sips ? GATEWAY_UDP
								: GATEWAY_OTHER;
}
