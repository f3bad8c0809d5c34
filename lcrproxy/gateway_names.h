/*
 * gateway_names.h - the addresses of gateways that are host names
 *
 * Who asks whether an address is a gateway's must not wait for DNS, nor have a
 * stranger's packet make it ask. So the first worker asks for each such
 * gateway's name again and again, as its answers' TTLs have it, and hands all
 * workers and the control thread a set of what it was told (told.h).
 */
#ifndef LCRPROXY_GATEWAY_NAMES_H
#define LCRPROXY_GATEWAY_NAMES_H

#include "base/addr_set.h"
#include "lcrproxy/worker.h"

struct gateway_names;

/* The worker, the first one, has a snapshot, or another one: 0 or ERR_NOMEM.
 * What is known of gateways whose URI is the same is kept. */
int gateway_names_follow(struct worker *worker);
/* Before the worker's location goes. NULL is accepted. */
void gateway_names_free(struct gateway_names *names);

#endif
