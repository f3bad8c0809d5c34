/*
 * caller.h - whose number a call shows: RFC 3323, RFC 3325
 *
 * An account that has numbers (route/callers.h) is not trusted with identity
 * headers: what it asserts or prefers counts only when it is its own, and the
 * network is told what we chose (present.h).
 */
#ifndef LCRPROXY_CALLER_H
#define LCRPROXY_CALLER_H

#include "lcrproxy/call.h"
#include "lcrproxy/refusal.h"
#include "sip/edit.h"

/* Choose the number of the call: the first own one of P-Preferred-Identity,
 * P-Asserted-Identity and From, else the account's preset; into intake, where
 * asserted becomes it; claims tells whether From has another. False with why when there is none. */
bool caller_choose(struct worker *worker, const struct sip_msg *msg,
		   struct call_intake *intake, struct refusal *why);
/* The caller gets its own From and CSeq back in each response (RFC 3261
 * 8.2.6.2). */
void caller_restore(const struct call *call, struct sip_edit *edit);

#endif
