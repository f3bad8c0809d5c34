/*
 * attempt.h - one INVITE to one gateway: made, sent, told apart in the end
 */
#ifndef LCRPROXY_ATTEMPT_H
#define LCRPROXY_ATTEMPT_H

#include "lcrproxy/call.h"
#include "tel/cdr.h"

/* Send the call's INVITE to a place of hop call->hop. Responses go to events with the
 * attempt as argument. Returns 0 (the attempt is the first of the call's
 * list), or the error that kept it from being sent; its record was written
 * then. */
int attempt_start(struct call *call, const struct sip_client_events *events);
/* No INVITE could be sent to hop call->hop, for want of a place: that is an
 * attempt, too, with a record. */
void attempt_fail(struct call *call, int err);
/* It has come to its end: write its record, once, and count it out at the
 * gateway. response and reason may be NULL. */
void attempt_over(struct attempt *attempt, enum cdr_outcome outcome,
		  const struct sip_msg *response, const char *reason);
void attempt_free(struct attempt *attempt);
/*
 * The dialog that a 2xx belongs to, by its To tag: noted with its token when
 * it is new (*is_new). NULL when out of memory.
 */
struct answer *attempt_answer(struct attempt *attempt,
			      const struct sip_msg *response, bool *is_new);
/* Note the dialog of an answer among the calls that are known (live.h). */
void attempt_add_live(const struct attempt *attempt,
		      const struct answer *answer,
		      const struct sip_msg *msg);
/* In edit, put the answered token (answer NULL: leave it) where our Record-Route
 * has the one that was sent, and behind it what nat.h has to say of the callee.
 * No-op when the gateway did not return it. */
void attempt_edit_route(const struct attempt *attempt,
			const struct answer *answer, struct sip_edit *edit);

#endif
