/*
 * cancel.h - callers who give up (RFC 3261 9, 16.10)
 */
#ifndef LCRPROXY_CANCEL_H
#define LCRPROXY_CANCEL_H

#include "lcrproxy/call.h"

/* Our own answer to a cancelled call, 487 (9.2), and its record. */
void cancel_answer(struct call *call);
/* The Reason headers of a CANCEL, which go on to whom it reaches (RFC 3326 2), in
 * the worker's arena; cancel may be NULL. */
struct str cancel_reasons(struct worker *worker,
			  const struct sip_msg *cancel);

#endif
