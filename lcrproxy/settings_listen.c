/* settings_listen.c - where we listen, and whom we ask for names */
#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/settings.h"
#include "lcrproxy/settings_private.h"

#define AT(type, member) offsetof(struct type, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_wildcard(const struct addr *addr)
{
	static const uint8_t zero[16];

	return memcmp(addr->ip, zero, sizeof(zero)) == 0;
}

/* "host", "host:port", "[address]:port". */
static int
parse_advertised(struct str text, struct settings_place *out)
{
	const char *colon = memrchr(text.p, ':', text.len);
	uint64_t port = out->port;

	if (text.len == 0)
		return ERR_SYNTAX;
	if (addr_parse(text, out->port, &out->advertised) == 0) {
		out->port = out->advertised.port;
		return 0;
	}
	out->advertised = (struct addr){ 0 };
	if (colon != NULL) {
		struct str digits = str_make(
		    colon + 1, text.len - (size_t)(colon + 1 - text.p));

		if (str_parse_u64(digits, UINT16_MAX, &port) != 0 || port == 0)
			return ERR_SYNTAX;
		text.len = (size_t)(colon - text.p);
	}
	out->host = text;
	out->port = (uint16_t)port;
	for (size_t i = 0; i < text.len; i++) {
		if (!isalnum((unsigned char)text.p[i]) && text.p[i] != '-' &&
		    text.p[i] != '.')
			return ERR_SYNTAX;
	}
	return text.len > 0 && text.len < 254 ? 0 : ERR_SYNTAX;
}

/* ";transport=..." or nothing. */
static int
parse_transport(struct str params, bool is_sips, enum sip_transport *out)
{
	static const struct str name = { "transport=", 10 };

	*out = is_sips ? SIP_TLS : SIP_UDP;
	if (params.p == NULL)
		return 0;
	if (params.len < name.len ||
	    !str_eq_nocase(str_make(params.p, name.len), name))
		return ERR_SYNTAX;
	params = str_make(params.p + name.len, params.len - name.len);
	if (sip_transport_parse(params, out) != 0)
		return ERR_UNSUPPORTED;
	if (is_sips && *out == SIP_UDP)
		return ERR_UNSUPPORTED;
	if (is_sips)
		*out = SIP_TLS;
	return 0;
}

int
settings_listen_parse(const struct settings_listen *listen,
		      struct settings_place *out)
{
	struct str rest = str_of(listen->uri), hostport;
	bool is_sips = str_starts(rest, "sips:");
	int err;

	memset(out, 0, sizeof(*out));
	if (!is_sips && !str_starts(rest, "sip:"))
		return ERR_SYNTAX;
	rest = str_make(rest.p + 4 + is_sips, rest.len - 4 - is_sips);
	hostport = str_cut(&rest, ';');
	err = parse_transport(rest, is_sips, &out->transport);
	if (err == 0)
		err = addr_parse(hostport, sip_transport_port(out->transport),
				 &out->addr);
	if (err != 0)
		return err;
	out->advertised = out->addr;
	out->port = out->addr.port;
	if (is_wildcard(&out->addr))
		return ERR_UNSUPPORTED;
	return listen->advertise != NULL
		   ? parse_advertised(str_of(listen->advertise), out)
		   : 0;
}

static int
check_listen(const void *item, struct conf_errors *errors, const char *path,
	     int line)
{
	const struct settings_listen *listen = item;
	struct settings_place place;

	if (listen->uri == NULL)
		return 0; /* reported as missing already */
	if (settings_listen_parse(listen, &place) != 0)
		return conf_error(
		    errors, path, line,
		    "uri is \"%s\"%s%s%s, expected \"sip:ADDRESS:PORT\" or "
		    "\"sips:ADDRESS:PORT\" with an IP address of this machine "
		    "(not 0.0.0.0 or ::) and at most ;transport=udp, tcp or "
		    "tls; advertise a host name or address, with or without a "
		    "port",
		    listen->uri, listen->advertise != NULL ? " (" : "",
		    listen->advertise != NULL ? listen->advertise : "",
		    listen->advertise != NULL ? ")" : "");
	if (place.transport == SIP_TLS && listen->certificate == NULL)
		return conf_error(errors, path, line,
				  "uri is \"%s\", expected a certificate "
				  "beside it",
				  listen->uri);
	if (listen->clients.n > 0 && !listen->verify_clients)
		return conf_error(errors, path, line,
				  "clients names domains, expected "
				  "verify_clients = true beside it");
	if (place.transport != SIP_TLS && listen->certificate != NULL)
		return conf_error(errors, path, line,
				  "uri is \"%s\" with a certificate, expected "
				  "sips: or ;transport=tls",
				  listen->uri);
	return 0;
}

static int
check_dns(const void *item, struct conf_errors *errors, const char *path,
	  int line)
{
	const struct settings_dns *dns = item;
	char *const *servers = dns->servers.items;

	for (size_t i = 0; i < dns->servers.n; i++) {
		struct addr addr;

		if (addr_parse(str_of(servers[i]), 53, &addr) != 0)
			return conf_error(errors, path, line,
					  "servers has \"%s\", expected IP "
					  "addresses, with or without a port",
					  servers[i]);
	}
	return 0;
}

static const struct conf_field listen_fields[] = {
	{ .key = "uri", .type = CONF_STRING, .required = true,
	  .offset = AT(settings_listen, uri),
	  .help = "where to listen, e.g. sip:192.0.2.10:5060;transport=udp" },
	{ .key = "advertise", .type = CONF_STRING,
	  .offset = AT(settings_listen, advertise),
	  .help = "host or host:port to name in Via and Record-Route" },
	{ .key = "certificate", .type = CONF_STRING,
	  .offset = AT(settings_listen, certificate),
	  .help = "TLS: PEM file with the certificate and its chain" },
	{ .key = "key", .type = CONF_STRING,
	  .offset = AT(settings_listen, key),
	  .help = "TLS: PEM file with the key, if not in certificate" },
	{ .key = "ca", .type = CONF_STRING, .offset = AT(settings_listen, ca),
	  .help = "TLS: PEM file with the CAs that are trusted, if not those "
		  "of the system" },
	{ .key = "verify_clients", .type = CONF_BOOL, .preset = 0,
	  .offset = AT(settings_listen, verify_clients),
	  .help = "TLS: demand a certificate of who connects" },
	{ .key = "clients", .type = CONF_STRINGS, .max = 64,
	  .offset = AT(settings_listen, clients),
	  .help = "TLS: with verify_clients, whose certificates are accepted "
		  "(domains); none = any that chains to ca" },
	{ .key = "verify_servers", .type = CONF_BOOL, .preset = 1,
	  .offset = AT(settings_listen, verify_servers),
	  .help = "TLS: check the certificates of gateways (RFC 5922)" },
};
const struct conf_table settings_listen_table = {
	listen_fields, COUNT(listen_fields), sizeof(struct settings_listen),
	check_listen
};

static const struct conf_field dns_fields[] = {
	{ .key = "servers", .type = CONF_STRINGS, .max = 8,
	  .offset = AT(settings_dns, servers),
	  .help = "addresses of name servers, instead of the system's" },
	{ .key = "timeout_ms", .type = CONF_INT, .min = 100, .max = 30000,
	  .preset = 2000, .unit = "ms", .offset = AT(settings_dns, timeout_ms),
	  .help = "longest wait of a call for DNS" },
};
const struct conf_table settings_dns_table = {
	dns_fields, COUNT(dns_fields), sizeof(struct settings_dns), check_dns
};
