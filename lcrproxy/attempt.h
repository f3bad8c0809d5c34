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
/*
 * Answer a challenge (401, 407) of the gateway by the same INVITE with
 * credentials: true when it has been sent. At most once, and as long as there
 * are numbers when it is told that the nonce was old. False when the response is
 * no challenge, or none that can be answered: then it is a failure like others.
 */
bool attempt_challenged(struct attempt *attempt, const struct sip_msg *response,
			const struct sip_client_events *events);
/* A 422 of the gateway to an interval that the caller did not choose and cannot
 * lengthen (session.h): the same INVITE again, with Min-SE. Likewise. */
bool attempt_lengthened(struct attempt *attempt, const struct sip_msg *response,
			const struct sip_client_events *events);
/* A 2xx of the gateway: it may name the nonce of the next request. */
void attempt_renew_nonce(const struct attempt *attempt,
			 const struct sip_msg *msg);
/* No INVITE could be sent to hop call->hop, for want of a place: that is an
 * attempt, too, with a record. */
void attempt_fail(struct call *call, int err);
/* It has come to its end: write its record, once (that of one that is answered
 * is in the START that follows), and count it out at the gateway. response and
 * reason may be NULL. */
void attempt_over(struct attempt *attempt, enum cdr_outcome outcome,
		  const struct sip_msg *response, const char *reason);
void attempt_free(struct attempt *attempt);
/* What the token of an attempt says, once answered (0: not) at this time. */
void attempt_token(const struct attempt *attempt, time_us answer,
		   struct token *token);

#endif
