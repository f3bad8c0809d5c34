/*
 * hunt.h - offering a planned call to its gateways, one after the other
 */
#ifndef LCRPROXY_HUNT_H
#define LCRPROXY_HUNT_H

#include "lcrproxy/call.h"

/* Begin with the first hop. */
void hunt_start(struct call *call);
/* The call has had its final response: nothing more is tried. */
void hunt_finish(struct call *call);

#endif
