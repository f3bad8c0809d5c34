/*
 * enum_worker.h - ENUM at one worker: its client, its servers, its memory
 *
 * Each worker has a client and a cache of its own (doc/enum.md). All calls
 * belong into its thread.
 */
#ifndef LCRPROXY_ENUM_WORKER_H
#define LCRPROXY_ENUM_WORKER_H

#include "lcrproxy/enum_rules.h"
#include "lcrproxy/worker.h"

struct enum_worker;

/*
 * Go by these rules (taken over; NULL: no ENUM) from now on. When they are the
 * ones there were, nothing changes; else memory is empty, and what calls wait
 * for is asked for again. 0, or ERR_NOMEM or ERR_IO: there is no ENUM then,
 * which was logged.
 */
int enum_worker_set(struct worker *worker, struct enum_rules *rules);
/* No call waits any more. */
void enum_worker_free(struct worker *worker);

/* A look-up of somebody who is no call; dropped is called when it was let go of
 * because the client goes. */
struct enum_ask {
	struct enum_ask *next, **link;
	struct enum_lookup *lookup;
	void (*dropped)(struct enum_ask *ask);
};

/* It has been started at the worker's client; it is over. */
void enum_worker_hold(struct worker *worker, struct enum_ask *ask);
void enum_ask_over(struct enum_ask *ask);

/* NULL: there is no ENUM. */
struct enum_client *enum_worker_client(const struct worker *worker);
const struct enum_rules *enum_worker_rules(const struct worker *worker);
/* The i-th server it has spoken to; false behind the last. */
bool enum_worker_server(const struct worker *worker, size_t i,
			struct dns_server_state *out);

#endif
