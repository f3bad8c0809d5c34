/*
 * follow.h - the events of calls as they come, for lcrctl events
 *
 * Read from this node's journals, so what is seen is on record, and the calls
 * wait for nobody who watches.
 */
#ifndef LCRPROXY_FOLLOW_H
#define LCRPROXY_FOLLOW_H

#include "lcrproxy/control.h"

/* Serve `events`: one JSON object per line, from now on, until the client goes.
 * Option account: only events that name it. */
void follow_serve(struct control_request *request);

#endif
