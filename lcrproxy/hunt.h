/*
 * hunt.h - offering a planned call to its gateways, one after the other
 */
#ifndef LCRPROXY_HUNT_H
#define LCRPROXY_HUNT_H

#include "lcrproxy/call.h"

/* Begin with the first hop. */
void hunt_start(struct call *call);
/* Whether a final status of a gateway lets the next one be tried: 408 (before
 * it rang), 500, 502, 503, 504. */
bool hunt_reroutes(int status, bool has_rung);

#endif
