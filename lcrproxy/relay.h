/*
 * relay.h - a request outside dialogs that is no INVITE: MESSAGE, SUBSCRIBE,
 * OPTIONS, PUBLISH ..., passed on to one URI after the other
 *
 * The next URI has its turn when one is unreachable, silent, or answers 503 (so
 * one that is only slow may get the request besides another);
 * any other final response goes back. What each is told of the sender is what it
 * would be told of a caller (present.h). A gateway's challenge is answered, as a
 * call's. What a SUBSCRIBE or REFER begins comes through us (subscription.h).
 * There is no record of it.
 */
#ifndef LCRPROXY_RELAY_H
#define LCRPROXY_RELAY_H

#include "lcrproxy/call.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/proxy.h"

#define RELAY_TARGETS_MAX 8

struct relay;

struct relay_target {
	struct str uri;	     /* sip or sips: the Request-URI; copied */
	const struct gateway *gateway; /* of the snapshot, or learnt; NULL: it
					* is a URI */
	bool may_be_gateway; /* else it leads to no gateway and not here */
};

/* Takes over the request, whose sender is known and which call_may has
 * accepted into intake. n: 1.. (more than RELAY_TARGETS_MAX are left out). */
void relay_begin(struct worker *worker, struct sip_server *server,
		 const struct identity *identity,
		 const struct call_intake *intake,
		 const struct relay_target *targets, size_t n);
void relay_server_gone(struct relay *relay);
/* Frees what is left when the worker's transactions are gone already. */
void relays_free(struct worker *worker);

#endif
