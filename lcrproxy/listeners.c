/* listeners.c - where this node listens, and how it names itself there */
#include "lcrproxy/listeners.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/err.h"
#include "sip/tcp.h"

/* RFC 5923 8.1: by TLS only to servers that prove who they are. */
static bool
offers_alias(const struct listener *l, const struct settings_listen *settings,
	     int alias)
{
	return l->transport == SIP_TLS
		   ? alias >= SIP_ALIAS_TLS && settings->verify_servers
		   : l->transport == SIP_TCP && alias == SIP_ALIAS_ALL;
}

static void
write_names(struct listener *l, bool with_alias)
{
	enum sip_transport transport = (enum sip_transport)l->transport;
	bool is_ip6 = strchr(l->host, ':') != NULL;
	char param[32] = "";

	snprintf(l->sent_by, sizeof(l->sent_by), is_ip6 ? "[%s]:%u" : "%s:%u",
		 l->host, l->port);
	snprintf(l->via, sizeof(l->via), "SIP/2.0/%s %s%s;branch=",
		 sip_transport_via(transport), l->sent_by,
		 with_alias ? ";alias" : "");
	if (transport != SIP_UDP)
		snprintf(param, sizeof(param), ";transport=%s",
			 sip_transport_param(transport));
	snprintf(l->route, sizeof(l->route), "<sip:%s%s;lr;" TOKEN_PARAM "=",
		 l->sent_by, param);
	if (transport == SIP_TLS)
		snprintf(l->sips_route, sizeof(l->sips_route),
			 "<sips:%s;lr;" TOKEN_PARAM "=", l->sent_by);
}

static int
load_ctx(const struct settings_listen *settings, struct log *log,
	 struct tls_ctx **out)
{
	const struct tls_settings tls = {
		.certificate = settings->certificate,
		.key = settings->key,
		.ca = settings->ca,
		.verify_clients = settings->verify_clients,
		.clients = settings->clients.items,
		.n_clients = settings->clients.n,
		.verify_servers = settings->verify_servers,
	};
	char why[TLS_WHY_MAX];
	int err = tls_ctx_new(&tls, why, out);

	if (err != 0)
		log_error(log, "listen %s: %s", settings->uri,
			  why[0] != '\0' ? why : err_text(err));
	return err;
}

/* What the settings' checks have let pass cannot fail here. */
static int
open_one(struct listener *l, const struct settings_listen *settings,
	 int alias, struct log *log)
{
	struct settings_place place;
	int err = settings_listen_parse(settings, &place);

	if (err != 0)
		return err;
	l->addr = place.addr;
	l->transport = (uint8_t)place.transport;
	l->advertised = place.advertised;
	l->port = place.port;
	if (place.advertised.family != 0)
		addr_format_ip(&place.advertised, l->host);
	else if (str_copy(place.host, l->host, sizeof(l->host)) != 0)
		return ERR_INVAL;
	write_names(l, offers_alias(l, settings, alias));
	return place.transport == SIP_TLS ? load_ctx(settings, log, &l->ctx)
					  : 0;
}

int
listeners_open(struct listeners *listeners, const struct settings *settings,
	       struct log *log)
{
	const struct settings_listen *items = settings->listen.items;

	memset(listeners, 0, sizeof(*listeners));
	for (size_t i = 0; i < settings->listen.n; i++) {
		struct listener *l = &listeners->at[i];
		int err = open_one(l, &items[i],
				   settings->sip.connection_alias, log);

		if (err != 0) {
			listeners_close(listeners);
			return err;
		}
		listeners->n++;
		*(l->addr.family == 6 ? &listeners->ip6 : &listeners->ip4) |=
		    1U << l->transport;
	}
	return 0;
}

void
listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		tls_ctx_unref(listeners->at[i].ctx);
		listeners->at[i].ctx = NULL;
	}
	listeners->n = 0;
}

int
listeners_reload(struct listeners *listeners, const struct settings *settings,
		 struct log *log)
{
	const struct settings_listen *items = settings->listen.items;
	struct tls_ctx *fresh[LISTENERS_MAX] = { NULL };
	int err = 0;

	for (size_t i = 0; i < listeners->n && err == 0; i++) {
		if (listeners->at[i].ctx != NULL)
			err = load_ctx(&items[i], log, &fresh[i]);
	}
	for (size_t i = 0; i < listeners->n; i++) {
		struct tls_ctx *old = listeners->at[i].ctx;

		if (fresh[i] == NULL)
			continue;
		if (err == 0)
			listeners->at[i].ctx = fresh[i];
		tls_ctx_unref(err == 0 ? old : fresh[i]);
	}
	return err;
}

const char *
listeners_text(const struct listeners *listeners, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < listeners->n && len < cap; i++) {
		const struct listener *l = &listeners->at[i];

		len += (size_t)snprintf(
		    out + len, cap - len, "%s%s %s", i > 0 ? ", " : "",
		    sip_transport_param((enum sip_transport)l->transport),
		    l->sent_by);
	}
	return out;
}

/* --- finding --- */

/* As bound, or as advertised. */
static bool
is_at(const struct listener *l, struct str host, const struct addr *addr,
      uint16_t port)
{
	if (addr->family == 0)
		return port == l->port && str_eq_nocase(host, str_of(l->host));
	return (port == l->addr.port && addr_eq_ip(addr, &l->addr)) ||
	       (port == l->port && l->advertised.family != 0 &&
		addr_eq_ip(addr, &l->advertised));
}

int
listeners_find(const struct listeners *listeners, const struct sip_uri *uri)
{
	enum sip_transport transport = SIP_UDP;
	bool has_transport =
	    uri->transport.p != NULL &&
	    sip_transport_parse(uri->transport, &transport) == 0;
	int found = -1;

	if (uri->scheme == SIP_SCHEME_SIPS) {
		has_transport = true;
		transport = SIP_TLS;
	}
	for (size_t i = 0; i < listeners->n; i++) {
		const struct listener *l = &listeners->at[i];
		enum sip_transport as =
		    has_transport ? transport : (enum sip_transport)l->transport;
		uint16_t port =
		    uri->port != 0 ? uri->port : sip_transport_port(as);

		if (!is_at(l, uri->host, &uri->addr, port))
			continue;
		if (l->transport == transport)
			return (int)i;
		if (found < 0)
			found = (int)i;
	}
	return found;
}

bool
listeners_sent(const struct listeners *listeners, const struct sip_via *via)
{
	struct addr addr;

	if (addr_parse_ip(via->host, &addr) != 0)
		addr.family = 0;
	for (size_t i = 0; i < listeners->n; i++) {
		const struct listener *l = &listeners->at[i];
		uint16_t usual =
		    sip_transport_port((enum sip_transport)l->transport);

		if (is_at(l, via->host, &addr,
			  via->port != 0 ? via->port : usual))
			return true;
	}
	return false;
}

/* The source address that the system's routes give a datagram to addr. */
static bool
find_source(const struct addr *to, struct addr *out)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(to, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0;

	len = sizeof(sa);
	good = good && getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
	       addr_from_sockaddr((struct sockaddr *)&sa, out) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

bool
listener_fits(const struct listener *l, const struct sip_place *place)
{
	return l->transport == place->transport &&
	       l->addr.family == place->addr.family;
}

static int
choose_by_route(const struct listeners *listeners,
		const struct sip_place *place)
{
	struct addr source;

	if (!find_source(&place->addr, &source))
		return -1;
	for (size_t i = 0; i < listeners->n; i++) {
		if (listener_fits(&listeners->at[i], place) &&
		    addr_eq_ip(&listeners->at[i].addr, &source))
			return (int)i;
	}
	return -1;
}

int
listeners_choose(const struct listeners *listeners,
		 const struct sip_place *place, int came_in)
{
	int first = -1, n = 0, routed;

	for (size_t i = 0; i < listeners->n; i++) {
		if (!listener_fits(&listeners->at[i], place))
			continue;
		if (first < 0)
			first = (int)i;
		n++;
	}
	if (n <= 1)
		return first;
	routed = choose_by_route(listeners, place);
	if (routed >= 0)
		return routed;
	return came_in >= 0 && listener_fits(&listeners->at[came_in], place) ? came_in
								    : first;
}
