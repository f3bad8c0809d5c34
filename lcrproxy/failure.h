/*
 * failure.h - the failures of a call's attempts, and what is told of them
 */
#ifndef LCRPROXY_FAILURE_H
#define LCRPROXY_FAILURE_H

#include "lcrproxy/call.h"

/* A failure to remember for the end of the plan; RFC 3261 16.7 step 6: a lower
 * class is better, and within a class the later one. msg, NULL without, has
 * Reason headers to keep. */
void failure_note(struct call *call, int status, int q850,
		  const struct sip_msg *msg);
/* An answer of our own for the last failure: with the Reason headers of its
 * gateway, and with ours for the protocols that these leave out (RFC 3326
 * allows one value each). */
void failure_reply(struct call *call, int status, const char *text);

#endif
