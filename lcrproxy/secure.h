/*
 * secure.h - what sips: promises, and what this proxy does to keep it (RFC 5630
 * 5.3, RFC 3261 26.2.2)
 *
 * A request to a sips: URI goes by TLS to sips: URIs alone; one to a sip: URI
 * never gets a sips: Request-URI on its way, though it may well go by TLS.
 */
#ifndef LCRPROXY_SECURE_H
#define LCRPROXY_SECURE_H

#include "base/arena.h"
#include "lcrproxy/call.h"

/* For a 480 because all that could be asked is no sips: URI. */
#define SECURE_NOT_ALLOWED "Warning: 380 lcrproxy \"SIPS Not Allowed\"\r\n"

/* Whether a request with this Request-URI keeps the promise so far: else it was
 * refused. Those inside dialogs with a BYE do in any case: calls have to end. */
bool secure_check(struct worker *worker, struct sip_server *server,
		  const struct sip_msg *msg, const struct sip_flow *from,
		  const struct sip_uri *uri);
/* Where a request to a sip: URI goes as what it says so itself: the Request-URI
 * with that scheme. Others stay. In the arena, p == NULL: out of memory. */
struct str secure_ruri(struct arena *arena, struct str uri, bool is_secure);
/* Whether a call may be offered to a hop: sips: calls to sips: alone, but calls
 * for help to any. */
bool secure_may_go(const struct call *call, const struct call_hop *hop);
/* Whether there is any hop that a call may be offered to. */
bool secure_has_hop(const struct call *call);
/* Whether a redirection may be followed: the scheme stays as it is. */
bool secure_may_follow(const struct call *call, struct str uri);

#endif
