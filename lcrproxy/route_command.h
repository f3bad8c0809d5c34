/*
 * route_command.h - lcrctl route: the rule a request meets, and its plan
 */
#ifndef LCRPROXY_ROUTE_COMMAND_H
#define LCRPROXY_ROUTE_COMMAND_H

#include "lcrproxy/control.h"

/* NUMBER or URI, with the options account, caller, at, duration, rn, media, method, from, source,
 * transport, header. */
void route_command_serve(struct control_request *request);

#endif
