/*
 * hop.h - what a call is offered to, and its places (RFC 3263)
 */
#ifndef LCRPROXY_HOP_H
#define LCRPROXY_HOP_H

#include "lcrproxy/call.h"

/* The traits of a hop, whatever it is. Its gateway's name, or its URI: for
 * people. */
const char *hop_text(const struct call_hop *hop);
/* NULL: not a gateway, nothing is counted or observed. */
struct gateway_state *hop_state(const struct call_hop *hop);
/* The id in the store for tokens; 0: not a gateway. */
uint32_t hop_gateway_id(const struct call_hop *hop);
/* NULL: nobody is paid; not a gateway. */
const char *hop_carrier_name(const struct call_hop *hop);
const char *hop_gateway_name(const struct call_hop *hop);
/* The codes of its own; empty sets without. */
const struct codes *hop_reroute(const struct call_hop *hop);
const struct codes *hop_stop(const struct call_hop *hop);
/* Whether its URI leaves the transport open. */
bool hop_takes_any_transport(const struct call_hop *hop);
/* Whether it is a sips: URI. */
bool hop_is_secure(const struct call_hop *hop);
/* Whom a TLS server there must prove to be; len 0: nobody in particular. */
struct str hop_tls_name(const struct call_hop *hop);
/* Whether its challenges are ours to answer. */
bool hop_has_logins(const struct call_hop *hop);
/* The hop of an attempt. */
const struct call_hop *hop_of(const struct attempt *attempt);

/* On to the next hop, and where it is: 0, ERR_BUSY (DNS is asked; done will be
 * called with call), or an error as of place_find. */
int hop_locate_next(struct call *call, sip_location_done *done);
/* The next hop is looked at again now that its turn has come: false when it is
 * to be passed over. */
bool hop_next_is_good(const struct call *call);
/* What DNS told: 0, ERR_NOTOURS (nowhere that may be called, uri_hop.h) or
 * ERR_NOMEM. */
int hop_keep_places(struct call *call, const struct sip_places *places);
/* Whether there is another place behind the one at hand. */
bool hop_has_more(const struct call *call);
/* On to it. */
void hop_next_place(struct call *call);
/* There is no use in the others. */
void hop_drop_places(struct call *call);
/* Put TCP to the place at hand in front of it: 0 or ERR_NOMEM. */
int hop_put_tcp_first(struct call *call);
/* The place at hand. */
const struct sip_place *hop_place(const struct call *call);
/* Nothing is awaited from DNS any more. */
void hop_cancel(struct call *call);

#endif
