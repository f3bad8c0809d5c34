/*
 * verdict.h - what a failure of a gateway means: the next one, or the end
 */
#ifndef LCRPROXY_VERDICT_H
#define LCRPROXY_VERDICT_H

#include "lcrproxy/call.h"
#include "tel/cdr.h"
#include "tel/codes.h"

/* Which failures lead to the next gateway. */
struct verdict_rules {
	const struct codes *reroute; /* of the configuration */
	const struct codes *gateway_reroute, *gateway_stop; /* go first */
	bool q850_decides;
};

/*
 * Whether a final response of a gateway lets the next one be tried. q850 is the
 * cause of its Reason header, 0 without: where it says something, the response
 * of RFC 3398 8.2.6.1 is looked up in its stead. What a gateway's own codes say
 * of the status comes first, but a 408 after it rang never reroutes: that is a
 * callee who does not answer.
 */
bool verdict_reroutes(const struct verdict_rules *rules, int status, int q850,
		      bool has_rung);
/* The same for a response to an attempt, by the settings and its gateway. */
bool verdict_of(const struct attempt *attempt, const struct sip_msg *msg);
/* Whether it is a 503 of the address alone that sent it: the next one of the same
 * name has its turn whatever codes reroute (RFC 3263 4.3), but where the
 * gateway's 503 is its last word or has a cause that tells more. */
bool verdict_is_of_place(const struct attempt *attempt,
			 const struct sip_msg *msg);
/* The status to answer a caller with in place of a gateway's 503, which would
 * tell him that this proxy is out of service (RFC 3261 16.7 step 6). */
int verdict_status(const struct attempt *attempt, const struct sip_msg *msg);
/* A 503 with Retry-After: its gateway gets no calls for so long (RFC 3261
 * 21.5.4), an hour at most; not when that was one of several addresses, of which
 * verdict_note_place knows when the last one rests. */
void verdict_note_pause(const struct attempt *attempt,
			const struct sip_msg *msg);

/* For the address that was sent to (place_note): dead, at rest after a 503, or
 * alive. */
void verdict_note_place(const struct attempt *attempt, enum cdr_outcome outcome,
			const struct sip_msg *msg);
/* For the gateway's health: it failed when it said nothing in time, could not
 * be reached or gave a response that leads on. An attempt that was cancelled
 * says nothing. */
void verdict_note_health(const struct attempt *attempt,
			 enum cdr_outcome outcome, const struct sip_msg *msg);

#endif
