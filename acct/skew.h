/*
 * skew.h - how far the nodes' clocks are apart; private to acct/
 *
 * Each node measures its clock against the store's now and then and leaves the
 * difference there for the others. Of a call that is answered by one node and
 * ended by another this is how sure its length is.
 */
#ifndef ACCT_SKEW_H
#define ACCT_SKEW_H

#include <pthread.h>
#include <stdint.h>

#include "base/log.h"
#include "db/store.h"

#define SKEW_MAX_NODES 64

struct skew {
	pthread_mutex_t lock;
	struct {
		uint32_t node_id; /* token_node_id */
		int64_t ahead_us; /* ours of it */
	} nodes[SKEW_MAX_NODES];
	int n_nodes;
};

void skew_init(struct skew *skew);
void skew_fini(struct skew *skew);
/* Measure, leave it in the store, and read the others'; log those that are a
 * second off or more. A store in SQLite is on one machine, which has one clock:
 * nothing is done. 0 or the store's error. */
int skew_measure(struct skew *skew, struct store *store, const char *node,
		 struct log *log);
/* How far ours is ahead of the other's, 0 when not known; from any thread. */
int64_t skew_of(struct skew *skew, uint32_t node_id);
/* The largest difference to any node that is known, without its sign. */
int64_t skew_worst(struct skew *skew);

#endif
