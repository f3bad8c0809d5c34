/* place.c - where a message goes: from URIs and gateways to flows */
#include "lcrproxy/place.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define ROUTE_MS 60000 /* how long the system's choice is remembered */

int
place_of_uri(const struct sip_uri *uri, struct sip_target *out)
{
	*out = (struct sip_target){ .host = uri->host, .port = uri->port };
	if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS)
		return ERR_UNSUPPORTED;
	out->is_sips = uri->scheme == SIP_SCHEME_SIPS;
	if (uri->transport.p == NULL)
		return 0;
	out->has_transport = true;
	return sip_transport_parse(uri->transport, &out->transport);
}

int
place_of_gateway(const struct gateway *gateway, struct sip_target *out)
{
	struct str host = str_of(gateway->host);
	const char *colon = memrchr(host.p, ':', host.len);
	uint64_t port = 0;

	*out = (struct sip_target){ .is_sips = gateway->is_sips };
	/* a name; the address of another is in addr */
	if (gateway->addr.family == 0 && colon != NULL) {
		struct str digits =
		    str_make(colon + 1, host.len - (size_t)(colon + 1 - host.p));

		if (str_parse_u64(digits, UINT16_MAX, &port) != 0)
			return ERR_UNSUPPORTED;
		host.len = (size_t)(colon - host.p);
	}
	out->host = host;
	out->port = (uint16_t)port;
	out->has_transport = gateway->transport != GATEWAY_ANY;
	out->transport = gateway->transport == GATEWAY_TLS   ? SIP_TLS
			 : gateway->transport == GATEWAY_TCP ? SIP_TCP
							     : SIP_UDP;
	return gateway->transport != GATEWAY_OTHER ? 0 : ERR_UNSUPPORTED;
}

void
place_of_gateway_address(const struct gateway *gateway, struct sip_place *out)
{
	struct sip_target target;

	(void)place_of_gateway(gateway, &target);
	out->addr = gateway->addr; /* with the port */
	out->transport =
	    (uint8_t)(target.is_sips ? SIP_TLS : target.transport);
}

void
place_of_address(const struct sip_target *target, const struct addr *addr,
		 struct sip_place *out)
{
	enum sip_transport transport =
	    target->is_sips ? SIP_TLS
	    : target->has_transport ? target->transport
				    : SIP_UDP;

	out->addr = *addr;
	out->addr.port = target->port != 0 ? target->port
					   : sip_transport_port(transport);
	out->transport = (uint8_t)transport;
}

int
place_find(struct worker *worker, const struct sip_target *target,
	   struct sip_places *places, sip_location_done *done, void *arg,
	   struct sip_look_up **look_up)
{
	places->n = 0;
	if (worker->location == NULL)
		return ERR_TIMEOUT;
	return sip_location_find(worker->location, target, places, done, arg,
				 look_up);
}

int
place_find_gateway(struct worker *worker, const struct gateway *gateway,
		   struct sip_places *places, sip_location_done *done,
		   void *arg, struct sip_look_up **look_up)
{
	struct sip_target target;
	int err = place_of_gateway(gateway, &target);

	if (gateway->addr.family == 0)
		return err == 0 ? place_find(worker, &target, places, done,
					     arg, look_up)
				: err;
	places->n = 1;
	place_of_gateway_address(gateway, &places->at[0]);
	return err;
}

struct str
place_gateway_name(const struct gateway *gateway)
{
	struct sip_target target;

	if (gateway->addr.family != 0 ||
	    place_of_gateway(gateway, &target) != 0)
		return str_make(NULL, 0);
	return target.host;
}

void
place_note(struct worker *worker, const struct sip_flow *flow, int64_t ms)
{
	const struct sip_place place = { flow->addr, flow->transport };
	struct node *node = worker->node;

	if (ms > 0)
		shun_add(&node->shun, &node->hash_key, &place,
			 clock_mono_ms(&worker->clock) + ms);
	else
		shun_remove(&node->shun, &node->hash_key, &place);
}

void
place_order(struct worker *worker, struct sip_places *places)
{
	if (places->n > 1)
		shun_order(&worker->node->shun, &worker->node->hash_key, places,
			   clock_mono_ms(&worker->clock));
}

int64_t
place_rest_ms(struct worker *worker, const struct sip_places *places)
{
	return shun_rest_ms(&worker->node->shun, &worker->node->hash_key,
			    places, clock_mono_ms(&worker->clock));
}

/* listeners_choose asks the system when there are several: not each time. */
static int
choose(struct worker *worker, const struct sip_place *place, int came_in)
{
	uint64_t hash = hash_bytes(&worker->node->hash_key, place->addr.ip,
				   sizeof(place->addr.ip));
	struct worker_route *route = &worker->routes[hash % WORKER_ROUTES];
	int64_t now = clock_mono_ms(&worker->clock);

	if (now < route->until_ms && route->came_in == came_in &&
	    route->place.transport == place->transport &&
	    addr_eq_ip(&route->place.addr, &place->addr))
		return route->listener;
	*route = (struct worker_route){
		.place = *place,
		.came_in = came_in,
		.listener = listeners_choose(&worker->node->listeners, place,
					     came_in),
		.until_ms = now + ROUTE_MS,
	};
	return route->listener;
}

static int
flow_from(struct worker *worker, int listener, const struct sip_place *place,
	  struct str host, struct sip_flow *out)
{
	struct addr addr;

	*out = (struct sip_flow){
		.addr = place->addr,
		.transport = place->transport,
		.listener = (uint8_t)listener,
		.worker = (uint8_t)worker->index,
	};
	if (place->transport == SIP_TLS && host.len > 0 &&
	    addr_parse_ip(host, &addr) != 0) {
		out->name = worker_name(worker, host);
		return out->name != 0 ? 0 : ERR_LIMIT;
	}
	return 0;
}

int
place_flow(struct worker *worker, const struct sip_place *place,
	   struct str host, int came_in, struct sip_flow *out)
{
	const struct listeners *listeners = &worker->node->listeners;
	int listener = 0;

	if (listeners->n > 1)
		listener = choose(worker, place, came_in);
	else if (!listener_fits(&listeners->at[0], place))
		listener = -1;
	return listener >= 0 ? flow_from(worker, listener, place, host, out)
			     : ERR_UNSUPPORTED;
}

int
place_flow_by(struct worker *worker, const struct sip_place *place,
	      struct str host, int listener, struct sip_flow *out)
{
	if (!listener_fits(&worker->node->listeners.at[listener], place))
		return place_flow(worker, place, host, listener, out);
	return flow_from(worker, listener, place, host, out);
}

bool
place_wants_tcp(const struct worker *worker, const struct sip_flow *to,
		size_t len)
{
	const struct sip_place place = { to->addr, SIP_TCP };
	struct node *node = worker->node;
	unsigned ours = to->addr.family == 6 ? node->listeners.ip6
					     : node->listeners.ip4;
	int64_t max = node->settings->sip.udp_max_bytes;

	return max != 0 && len > (size_t)max && to->transport == SIP_UDP &&
	       (ours & 1U << SIP_TCP) != 0 &&
	       !shun_has(&node->shun, &node->hash_key, &place,
			 clock_mono_ms(&worker->clock));
}

bool
place_next(const struct sip_places *places, uint8_t *at)
{
	const struct addr *before = &places->at[(*at)++].addr;

	return !addr_eq(before, &places->at[*at].addr);
}

int
place_split(struct sip_places **places, const struct sip_place *single,
	    uint8_t *at)
{
	if (*places == NULL) {
		*places = mem_zalloc(1, sizeof(**places));
		if (*places == NULL)
			return ERR_NOMEM;
		(*places)->at[0] = *single;
		(*places)->n = 1;
		*at = 0;
	}
	place_put_tcp_first(*places, *at);
	*at = 0;
	return 0;
}

void
place_put_tcp_first(struct sip_places *places, size_t at)
{
	size_t n = places->n - at;

	if (n == SIP_PLACES_MAX)
		n--;
	memmove(&places->at[1], &places->at[at], n * sizeof(places->at[0]));
	places->at[0] = places->at[1];
	places->at[0].transport = SIP_TCP;
	places->n = n + 1;
}
