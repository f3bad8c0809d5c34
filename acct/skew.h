/*
 * skew.h - how far the nodes' clocks are apart; private to acct/
 *
 * Each node measures its clock against the store's now and then and leaves the
 * difference there for the others, and the steps that its clock was set by. Of a
 * call that is answered by one node and ended by another this is how sure its
 * length is, also when the first one has died or its clock was set since.
 */
#ifndef ACCT_SKEW_H
#define ACCT_SKEW_H

#include <pthread.h>
#include <stdint.h>

#include "acct/clock_mark.h"
#include "base/log.h"
#include "db/store.h"

#define SKEW_MAX_NODES 64
#define SKEW_MAX_STEPS 256

/* What is known of the others. */
struct skew_known {
	struct {
		uint32_t node_id; /* token_node_id */
		int64_t ahead_us; /* ours of it */
		bool is_alive;	  /* it has measured of late */
	} nodes[SKEW_MAX_NODES];
	int n_nodes;
	struct {
		uint32_t node_id;
		struct clock_step step; /* of its clock */
	} steps[SKEW_MAX_STEPS];
	int n_steps;
};

struct skew {
	pthread_mutex_t lock; /* for known */
	struct skew_known known;
	time_us told; /* the last step of ours that the others know of; 0: none.
		       * Of the thread that measures */
};

void skew_init(struct skew *skew);
void skew_fini(struct skew *skew);
/* Measure, leave it in the store with the steps of mark (NULL: none), and read the
 * others'; log those that are a second off or more. A store in SQLite is on one
 * machine, which has one clock: nothing is done. 0 or the store's error; what
 * was known before stays then. */
int skew_measure(struct skew *skew, struct store *store, const char *node,
		 struct clock_mark *mark, struct log *log);
/* How far ours is ahead now of what read `wall` at the other node, 0 when not
 * known; from any thread. */
int64_t skew_since(struct skew *skew, uint32_t node_id, time_us wall);
/* The largest difference to any node that is alive, without its sign. */
int64_t skew_worst(struct skew *skew);

#endif
