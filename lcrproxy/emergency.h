/*
 * emergency.h - calls for help: to their gateways, whatever else is the matter
 *
 * Numbers are compared as dialled, without visual separators (RFC 3966, 3) and
 * behind the trunk's tech prefix. Neither the account's state nor limits, prices
 * or capacities are looked at. Everything the caller sent goes on, so his
 * location does (RFC 6442).
 */
#ifndef LCRPROXY_EMERGENCY_H
#define LCRPROXY_EMERGENCY_H

#include "lcrproxy/call.h"
#include "route/plan.h"

/* Whether user is an emergency number of the account: intake then has it, and
 * plan (in the worker's arena) is the way to its gateways. */
bool emergency_plan(struct worker *worker, struct call_intake *intake,
		    struct str user, struct plan *plan);
/* What gateway gets as user of the Request-URI: the digits as dialled, behind
 * its prefix. out[cap]; 0 or ERR_SPACE. */
int emergency_user(const struct gateway *gateway, const char *digits, char *out,
		   size_t cap);

#endif
