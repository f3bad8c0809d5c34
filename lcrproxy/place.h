/*
 * place.h - where a message goes: from URIs and gateways to flows
 */
#ifndef LCRPROXY_PLACE_H
#define LCRPROXY_PLACE_H

#include "lcrproxy/worker.h"
#include "route/snapshot.h"
#include "sip/location.h"
#include "sip/value.h"

/* What RFC 3263 wants to know of a SIP or SIPS URI; the host is borrowed from
 * it. 0, or ERR_UNSUPPORTED (another scheme or transport). */
int place_of_uri(const struct sip_uri *uri, struct sip_target *out);
/* The same of a gateway's. */
int place_of_gateway(const struct gateway *gateway, struct sip_target *out);
/* The place of a gateway whose host is an address. */
void place_of_gateway_address(const struct gateway *gateway,
			      struct sip_place *out);
/* The place of a target whose host is this address. */
void place_of_address(const struct sip_target *target, const struct addr *addr,
		      struct sip_place *out);
/* As sip_location_find; ERR_TIMEOUT when there is no DNS. */
int place_find(struct worker *worker, const struct sip_target *target,
	       struct sip_places *places, sip_location_done *done, void *arg,
	       struct sip_look_up **look_up);
/* The same for a gateway, and the host that a TLS server there must prove to be;
 * len 0: none in particular. */
int place_find_gateway(struct worker *worker, const struct gateway *gateway,
		       struct sip_places *places, sip_location_done *done,
		       void *arg, struct sip_look_up **look_up);
struct str place_gateway_name(const struct gateway *gateway);
/* The address of a flow has failed, for ms, or has answered (ms == 0): see
 * shun.h. */
void place_note(struct worker *worker, const struct sip_flow *flow, int64_t ms);
/* How long until one of places may be asked again; 0: now. */
int64_t place_rest_ms(struct worker *worker, const struct sip_places *places);
/* Places in the order in which they are to be tried now. */
void place_order(struct worker *worker, struct sip_places *places);
/*
 * How to send to a place: from which listener (came_in: where the request came
 * by), and for TLS which domain must answer, host. 0, or ERR_UNSUPPORTED when
 * there is no such listener.
 */
int place_flow(struct worker *worker, const struct sip_place *place,
	       struct str host, int came_in, struct sip_flow *out);
/* The same from a listener of ours that a side of a call knows, whatever the
 * system's routes say: a NAT in front of it lets nothing else in. */
int place_flow_by(struct worker *worker, const struct sip_place *place,
		  struct str host, int listener, struct sip_flow *out);
/* RFC 3261 18.1.1: whether a request of len octets is too long for the datagram
 * that it would leave as, and TCP, which we have, did not fail there just now.
 * Whether its URI leaves the transport open is the caller's to know. */
bool place_wants_tcp(const struct worker *worker, const struct sip_flow *to,
		     size_t len);
/* On to the next of places (there is one): whether it is at another address, so
 * that TCP is to be tried there (18.1.1). */
bool place_next(const struct sip_places *places, uint8_t *at);
/* The place at hand is tried by TCP, then as it is, then those behind it; of
 * too many the last is left out. */
void place_put_tcp_first(struct sip_places *places, size_t at);
/* The same where places is NULL as long as there is but single: 0 or ERR_NOMEM.
 * at is the place at hand, before and after. */
int place_split(struct sip_places **places, const struct sip_place *single,
		uint8_t *at);

#endif
