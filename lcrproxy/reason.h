/*
 * reason.h - Reason (RFC 3326) and Retry-After (RFC 3261 20.33) of responses:
 * what they say, and keeping the former
 */
#ifndef LCRPROXY_REASON_H
#define LCRPROXY_REASON_H

#include "base/arena.h"
#include "sip/msg.h"

/* The cause= of the first Reason value of this protocol ("SIP", "Q.850"); 0
 * when there is none, or none that is 1..999. */
int reason_cause(const struct sip_msg *msg, const char *protocol);
/* The seconds of Retry-After, most when it says more; -1 without. */
int64_t reason_retry_after_s(const struct sip_msg *msg, int64_t most);
/* The Reason header lines as they came, with CRLF, at most max bytes of whole
 * lines; "" without. NULL when out of memory. */
const char *reason_lines(const struct sip_msg *msg, size_t max,
			 struct arena *arena);

#endif
