/*
 * admit.h - which new requests are taken notice of at all
 */
#ifndef LCRPROXY_ADMIT_H
#define LCRPROXY_ADMIT_H

#include "lcrproxy/worker.h"
#include "sip/flow.h"
#include "sip/msg.h"

/* False for what is dropped without an answer: requests of those who guess at
 * passwords and of scanners (identity.h), and of sources that send too much
 * (meter.h). Counted, and logged once. */
bool admit_request(struct worker *worker, const struct sip_msg *msg,
		   const struct sip_flow *from);
/* Whether a message that is good for nothing but an answer gets one: not of those
 * who guess, and it counts as a new request of its source. */
bool admit_answer(struct worker *worker, const struct sip_flow *from);

#endif
