/* location_walk.c - RFC 3263 4.1 and 4.2 over the answers that are known */
#include <string.h>

#include "base/err.h"
#include "sip/location_private.h"

#define SERVICES_MAX 8 /* NAPTR records of ours that are followed */
/* Of one of several servers: another one comes to its turn, however many
 * addresses the first has. */
#define SERVER_PLACES_MAX 4

struct service {
	uint16_t order, preference;
	enum sip_transport transport;
	struct dns_name name;
};

/* --- asking --- */

/* The message of an answer that has records; false when there are none, or
 * they are not known yet. */
static bool
look(struct location_walk *walk, const struct dns_name *name, uint16_t type,
     struct dns_message *out, struct dns_chain *chain)
{
	struct location_entry *entry =
	    location_look(walk->location, name, type, !walk->is_final);

	if (entry == NULL) {
		walk->has_failed = true;
		return false;
	}
	/* a stale one serves when nothing better comes in time */
	if (entry->query != NULL && !walk->is_final) {
		walk->n_doubts += entry->kind == LOCATION_FAILED;
		if (walk->n_awaits < LOCATION_AWAITS_MAX)
			walk->awaits[walk->n_awaits++] = entry;
		return false;
	}
	if (entry->query != NULL && entry->kind == LOCATION_UNKNOWN)
		entry->kind = LOCATION_FAILED; /* until it is told after all */
	if (entry->kind == LOCATION_UNKNOWN || entry->kind == LOCATION_FAILED)
		walk->has_failed = true;
	return entry->kind == LOCATION_HAS &&
	       dns_message_parse(entry->data, entry->len, out) == 0 &&
	       dns_message_chain(out, chain) == 0;
}

/* --- addresses --- */

static void
add(struct location_walk *walk, const struct addr *addr, uint16_t port,
    enum sip_transport transport)
{
	struct sip_places *places = walk->places;
	struct sip_place *place;

	if (places->n == SIP_PLACES_MAX || places->n == walk->most)
		return;
	place = &places->at[places->n++];
	place->addr = *addr;
	place->addr.port = port;
	place->transport = (uint8_t)transport;
}

static void
add_addresses_of(struct location_walk *walk, const struct dns_name *name,
		 uint16_t type, uint16_t port, enum sip_transport transport)
{
	struct dns_message message;
	struct dns_chain chain;
	struct dns_rr rr;
	struct addr addr;

	if (!look(walk, name, type, &message, &chain))
		return;
	for (size_t at = 0; dns_message_next(&message, &at, &rr);) {
		if (dns_rr_answers(&rr, &message, &chain) &&
		    dns_rr_addr(&rr, &message, &addr) == 0)
			add(walk, &addr, port, transport);
	}
}

static void
add_addresses(struct location_walk *walk, const struct dns_name *name,
	      uint16_t port, enum sip_transport transport)
{
	const struct sip_location_env *env = &walk->location->env;

	if ((env->ip4 & 1U << transport) != 0)
		add_addresses_of(walk, name, DNS_A, port, transport);
	if ((env->ip6 & 1U << transport) != 0)
		add_addresses_of(walk, name, DNS_AAAA, port, transport);
}

/* --- SRV --- */

static size_t
read_srvs(const struct dns_message *message, const struct dns_chain *chain,
	  struct location_srv *out)
{
	struct dns_rr rr;
	struct dns_srv srv;
	size_t n = 0;

	for (size_t at = 0; n < LOCATION_RECORDS_MAX &&
			    dns_message_next(message, &at, &rr);) {
		/* the root: the service is not offered */
		if (!dns_rr_answers(&rr, message, chain) ||
		    dns_rr_srv(&rr, message, &srv) != 0 || srv.target.len <= 1)
			continue;
		out[n++] = (struct location_srv){ srv.priority, srv.weight,
						  srv.port, srv.target };
	}
	return n;
}

/* The servers of a service. Returns whether there are records of it. */
static bool
add_servers(struct location_walk *walk, const struct dns_name *service,
	    enum sip_transport transport)
{
	struct location_srv srvs[LOCATION_RECORDS_MAX];
	struct dns_message message;
	struct dns_chain chain;
	size_t n;

	if (!look(walk, service, DNS_SRV, &message, &chain))
		return false;
	n = read_srvs(&message, &chain, srvs);
	location_order(srvs, n, &walk->location->random);
	for (size_t i = 0; i < n; i++) {
		walk->most = n > 1 ? walk->places->n + SERVER_PLACES_MAX
				   : SIP_PLACES_MAX;
		add_addresses(walk, &srvs[i].target, srvs[i].port, transport);
	}
	walk->most = SIP_PLACES_MAX;
	return true;
}

static int
service_name(const struct sip_target *target, enum sip_transport transport,
	     struct dns_name *out)
{
	static const char *const prefix[SIP_N_TRANSPORTS] = {
		[SIP_UDP] = "_sip._udp.",
		[SIP_TCP] = "_sip._tcp.",
		[SIP_TLS] = "_sips._tcp.",
	};
	const char *text = prefix[transport];
	size_t len = strlen(text);
	char name[DNS_NAME_TEXT_MAX];

	if (target->host.len + len > sizeof(name))
		return ERR_SYNTAX;
	memcpy(name, text, len);
	memcpy(name + len, target->host.p, target->host.len);
	return dns_name_parse(str_make(name, len + target->host.len), out) == 0
		   ? 0
		   : ERR_SYNTAX;
}

static bool
have(const struct location_walk *walk, enum sip_transport transport)
{
	const struct sip_location_env *env = &walk->location->env;

	return ((env->ip4 | env->ip6) & 1U << transport) != 0;
}

/* --- NAPTR --- */

static bool
service_transport(const struct location_walk *walk, struct str services,
		  enum sip_transport *out)
{
	static const struct {
		const char *text;
		enum sip_transport transport;
	} known[] = {
		{ "SIP+D2U", SIP_UDP },
		{ "SIP+D2T", SIP_TCP },
		{ "SIPS+D2T", SIP_TLS },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!str_eq_nocase(services, str_of(known[i].text)))
			continue;
		*out = known[i].transport;
		/* 4.1: sips takes SIPS services only */
		return have(walk, *out) &&
		       (!walk->target->is_sips || *out == SIP_TLS);
	}
	return false;
}

/* In order of order and preference. */
static void
insert(struct service *services, size_t n, const struct service *one)
{
	size_t i = n;

	while (i > 0 && (services[i - 1].order > one->order ||
			 (services[i - 1].order == one->order &&
			  services[i - 1].preference > one->preference))) {
		services[i] = services[i - 1];
		i--;
	}
	services[i] = *one;
}

static size_t
read_services(const struct location_walk *walk,
	      const struct dns_message *message, const struct dns_chain *chain,
	      struct service *out)
{
	struct dns_naptr naptr;
	struct service one;
	struct dns_rr rr;
	size_t n = 0;

	for (size_t at = 0;
	     n < SERVICES_MAX && dns_message_next(message, &at, &rr);) {
		if (!dns_rr_answers(&rr, message, chain) ||
		    dns_rr_naptr(&rr, message, &naptr) != 0 ||
		    !str_eq_nocase(naptr.flags, str_of("s")) ||
		    !service_transport(walk, naptr.services, &one.transport))
			continue;
		one.order = naptr.order;
		one.preference = naptr.preference;
		one.name = naptr.replacement;
		insert(out, n++, &one);
	}
	return n;
}

/* Whether NAPTR records led somewhere, or must be waited for. */
static bool
go_by_naptr(struct location_walk *walk, const struct dns_name *host)
{
	struct service services[SERVICES_MAX];
	struct dns_message message;
	struct dns_chain chain;
	size_t n;

	if (!look(walk, host, DNS_NAPTR, &message, &chain))
		return walk->n_awaits > 0;
	n = read_services(walk, &message, &chain, services);
	for (size_t i = 0; i < n; i++)
		(void)add_servers(walk, &services[i].name,
				  services[i].transport);
	return walk->n_awaits > 0 || walk->places->n > 0;
}

/* 4.1, last: one transport after the other; the first that is offered. */
static bool
go_by_srv(struct location_walk *walk, enum sip_transport first,
	  enum sip_transport last)
{
	struct dns_name service;

	for (int i = (int)first; i <= (int)last; i++) {
		enum sip_transport transport = (enum sip_transport)i;

		if (!have(walk, transport) ||
		    service_name(walk->target, transport, &service) != 0)
			continue;
		if (add_servers(walk, &service, transport) ||
		    walk->n_awaits > 0)
			return true;
	}
	return false;
}

/* --- all of it --- */

/* The transport when nothing says another (4.1). */
static enum sip_transport
usual_transport(const struct location_walk *walk)
{
	if (walk->target->is_sips)
		return SIP_TLS;
	if (walk->target->has_transport)
		return walk->target->transport;
	return have(walk, SIP_UDP) ? SIP_UDP
	       : have(walk, SIP_TCP) ? SIP_TCP
				     : SIP_TLS;
}

static int
go_to_address(struct location_walk *walk, const struct addr *addr,
	      enum sip_transport transport)
{
	const struct sip_location_env *env = &walk->location->env;

	if (((addr->family == 6 ? env->ip6 : env->ip4) & 1U << transport) == 0)
		return ERR_UNSUPPORTED;
	add(walk, addr,
	    walk->target->port != 0 ? walk->target->port
				    : sip_transport_port(transport),
	    transport);
	return 0;
}

static void
go_to_name(struct location_walk *walk, const struct dns_name *host,
	   enum sip_transport transport)
{
	const struct sip_target *target = walk->target;
	bool is_chosen = target->has_transport || target->is_sips;

	/* 4.2: with a port there is nothing for SRV to tell */
	if (target->port != 0) {
		add_addresses(walk, host, target->port, transport);
		return;
	}
	if (!target->has_transport && go_by_naptr(walk, host))
		return;
	if (go_by_srv(walk, is_chosen ? transport : SIP_UDP,
		      is_chosen ? transport : SIP_TCP))
		return;
	add_addresses(walk, host, sip_transport_port(transport), transport);
}

int
location_walk(struct location_walk *walk)
{
	enum sip_transport transport = usual_transport(walk);
	struct dns_name host;
	struct addr addr;

	walk->places->n = 0;
	walk->most = SIP_PLACES_MAX;
	walk->n_awaits = walk->n_doubts = 0;
	walk->has_failed = false;
	if (!have(walk, transport))
		return ERR_UNSUPPORTED;
	if (addr_parse_ip(walk->target->host, &addr) == 0)
		return go_to_address(walk, &addr, transport);
	if (dns_name_parse(walk->target->host, &host) != 0 || host.len <= 1)
		return ERR_SYNTAX;
	go_to_name(walk, &host, transport);
	/* what failed before is not waited for again when there is something */
	if (walk->places->n > 0 && walk->n_awaits == walk->n_doubts)
		return 0;
	if (walk->n_awaits > 0) {
		walk->places->n = 0;
		return ERR_BUSY;
	}
	return walk->has_failed ? ERR_TIMEOUT : ERR_NOTFOUND;
}
