/*
 * failure.h - the failures of a call's attempts, and what is told of them
 */
#ifndef LCRPROXY_FAILURE_H
#define LCRPROXY_FAILURE_H

#include "lcrproxy/call.h"

/* Whether a final failure is a better answer for the caller than another (0:
 * none), which came before (RFC 3261 16.7 step 6): 6xx before all; then the lower
 * class, of 4xx first what tells how to ask again (415, 420, 484); else the later
 * one. Worse are those that the caller gets 500 for (503, challenges), and worst
 * a 3xx that was not passed on. */
bool failure_is_better(int status, int than);
/* Whether one that came before this last one of the hunt is a better answer;
 * never than what asks something of the caller (3xx, 401, 407). */
bool failure_had_better(const struct call *call, int status);
/* A failure to remember for the end of the plan; msg is NULL when it is no
 * response. */
void failure_note(struct call *call, int status, int q850,
		  const struct sip_msg *msg);
/* The hop at hand is passed over with this: what it asks of the caller goes up if
 * another one ends the hunt by asking (16.7 step 7). No-op for what is no
 * challenge, or ours to answer. */
void failure_keep_challenge(struct call *call, const struct sip_msg *msg);
/* The hop at hand was not asked, for err: 503, and of the caller's own domain 404
 * (there is none) or 403 (it leads to a gateway or back here). */
void failure_note_unreachable(struct call *call, int err);
/* An answer of our own for the last failure: with the Reason headers of its
 * gateway, and with ours for the protocols that these leave out (RFC 3326
 * allows one value each). more: lines with CRLF. */
void failure_reply(struct call *call, int status, const char *text,
		   const char *more);
/* Pass on a failure as it came, a challenge with those that were kept, or when
 * that cannot be, an answer of our own.
 * text, unless NULL, goes into a Reason header. */
void failure_pass(struct call *call, const struct sip_msg *msg,
		  const char *text);
/* The same with the best of all failures; false when it cannot go as it came. */
bool failure_pass_best(struct call *call, const char *text);
/* A call that was never offered to anybody ends: counted, on record, answered. */
struct refusal;
void failure_refuse(struct call *call, const struct refusal *why);

#endif
