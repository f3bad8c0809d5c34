/*
 * patience.h - how long a call waits for a gateway, and for its callee
 *
 * A silent gateway, one that does not ring and the time for all of them lead to
 * the next one; from its first 18x on, an attempt has the time that an operator
 * gives calls to ring, which nothing extends, and that of timer C (RFC 3261 16.6
 * step 11), which each provisional response but 100 starts anew (16.7 step 2).
 */
#ifndef LCRPROXY_PATIENCE_H
#define LCRPROXY_PATIENCE_H

#include "lcrproxy/call.h"

/* Begin to wait for the attempt, ms at most. */
void patience_start(struct call *call, int64_t ms);
/* What is left of the time for all hops; 0 or less: no further one is tried. */
int64_t patience_left_ms(const struct call *call);
/* A response of an attempt, the first one or not. */
void patience_note_response(struct attempt *attempt);
/* A provisional response of the attempt at hand, 101..199. */
void patience_note_progress(struct attempt *attempt, int status);

#endif
