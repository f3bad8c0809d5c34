/*
 * registrant.h - this node's registration at one gateway (RFC 3261 10.2)
 *
 * The registrar is looked for as calls' gateways are (RFC 3263), challenges are
 * answered with the gateway's credentials, and what becomes of it is told to the
 * gateway's state, where plans and lcrctl find it.
 */
#ifndef LCRPROXY_REGISTRANT_H
#define LCRPROXY_REGISTRANT_H

#include "base/map.h"
#include "lcrproxy/worker.h"
#include "sip/registration.h"

struct challenges;

struct registrant {
	struct map_node node;		 /* its owner's, by gateway id */
	struct registrant *next, **link; /* among those of its owner */
	struct worker *worker;
	struct challenges *challenges;	 /* borrowed; of registrations alone */
	struct snapshot *snapshot;	 /* counted: of the gateway */
	const struct gateway *gateway;
	struct sip_registration registration;
	bool is_gone;			 /* its row is: it is leaving */
	bool is_told;			 /* the log knows that it is registered */
	uint32_t cseq, tag;
	uint32_t answered;		 /* challenges, in the last REGISTER */
	char *call_id;
	struct sip_look_up *look_up;	 /* NULL = none runs */
	struct sip_client *client;	 /* of the REGISTER on its way */
	struct sip_places places;
	size_t place;			 /* the one at hand */
	struct sip_flow to;
	uint32_t conn;			 /* it registered by; 0 = none */
};

/* First due at due_ms, of the worker's clock: 0 or ERR_NOMEM. The gateway is of
 * the worker's snapshot. */
int registrant_new(struct worker *worker, struct challenges *challenges,
		   const struct gateway *gateway, int64_t due_ms,
		   struct registrant **out);
/* At once, whatever is on its way. NULL is accepted. */
void registrant_free(struct registrant *registrant);
/* Whether a gateway of another snapshot is registered at in the same way. */
bool registrant_is_like(const struct registrant *registrant,
			const struct gateway *gateway);
/* The same gateway in the worker's snapshot; with other credentials what was
 * refused is tried again at once. */
void registrant_move(struct registrant *registrant,
		     const struct gateway *gateway);
/* Look at the time: what has lapsed, and what is due if may_send. True when a
 * REGISTER has left. */
bool registrant_tick(struct registrant *registrant, bool may_send);
/* Take it back, once; its row is there, or is gone. */
void registrant_leave(struct registrant *registrant);
void registrant_drop(struct registrant *registrant);
/* A connection of this worker is gone. */
void registrant_lost(struct registrant *registrant, uint32_t conn);
static inline bool
registrant_is_over(const struct registrant *registrant)
{
	return registrant->registration.state == SIP_REGISTRATION_OVER;
}

/* The cause of a failure in words, "" without; out[cap]. Returns out. */
const char *registrant_cause_text(int cause, char *out, size_t cap);

#endif
