/*
 * caller_id.h - what a caller wants to be kept private (RFC 3323, 3325)
 */
#ifndef LCRPROXY_CALLER_ID_H
#define LCRPROXY_CALLER_ID_H

#include "sip/msg.h"

/* Whether the request has Privacy with this priv-value ("id", RFC 3325 9.3). */
bool caller_id_wants(const struct sip_msg *msg, const char *privacy);
/*
 * What the caller says is critical and a proxy cannot give, as a text for the
 * status line (RFC 3323 5); NULL: nothing.
 */
const char *caller_id_demands(const struct sip_msg *msg);

#endif
