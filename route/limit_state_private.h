/*
 * limit_state_private.h - the inside of a limit's state, for limit_state*.c only
 */
#ifndef ROUTE_LIMIT_STATE_PRIVATE_H
#define ROUTE_LIMIT_STATE_PRIVATE_H

#include <pthread.h>

#include "base/map.h"
#include "route/limit_state.h"

#define LIMIT_HOUR_SLOTS 7 /* the running slot, and 6 before it */
#define LIMIT_DAY_SLOTS 13
#define LIMIT_CALLS_SLOTS 9

struct limit_amount {
	int64_t us;
	money_e8 money;
};

/* Answered calls are sums: n calls that began at b_i have lasted n * now -
 * sum(b_i), and cost sum(r_i) * now - sum(r_i * b_i). Beginnings count from
 * the begin of the slot; at its end all that has run so far is moved into its
 * ring, and every call begins anew. */
struct limit_state {
	struct map_node node;
	pthread_mutex_t *lock;
	const struct clock *clock;
	uint64_t key;		  /* account and class */
	int32_t active, talking;
	unsigned blocked, warned; /* bit = enum limit_kind */
	int64_t due_us;		  /* of calls per second: when the bucket is
				   * empty */
	struct limit_amount expected;	  /* of all calls whose price is known */
	int64_t slot;		  /* now / SLOT_US */
	int64_t begins;		  /* sum of us */
	int64_t rates;		  /* sum per minute */
	__int128 rate_begins;
	struct limit_amount hour[LIMIT_HOUR_SLOTS], day[LIMIT_DAY_SLOTS];
	int64_t calls_width, calls_slot;
	uint32_t calls[LIMIT_CALLS_SLOTS];
	char trunk[];
};

#endif
