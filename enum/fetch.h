/*
 * fetch.h - one question on its way, for all who wait for it
 */
#ifndef ENUM_FETCH_H
#define ENUM_FETCH_H

#include "base/wheel.h"
#include "enum/cache.h"
#include "enum/enum.h"

#define ENUM_TREES_MAX 16

struct enum_waiter;

/* The answer to what was waited for; reply NULL when it was not the source
 * that gave it. was_short: nothing came, and it had less time than the tree's
 * questions get. */
typedef void enum_fetched(struct enum_waiter *waiter, struct enum_set *set,
			  const struct dns_reply *reply, bool was_short);

struct enum_fetch;

/* A member of who waits. */
struct enum_waiter {
	struct enum_waiter *next, **link; /* link NULL: waits for nothing */
	enum_fetched *fetched;
};

struct enum_client {
	struct enum_source source;
	struct enum_settings settings;
	struct enum_tree trees[ENUM_TREES_MAX];
	struct enum_cache cache;
	struct map fetches; /* by name key */
	struct wheel wheel;
	struct enum_counters counters;
};

/*
 * Ask for name in a tree, or wait with those who have asked. timeout_ms is
 * what the first of them has left. 0 or ERR_NOMEM.
 */
int enum_fetch_join(struct enum_client *client, size_t tree,
		    const struct dns_name *name, int timeout_ms,
		    struct enum_waiter *waiter);
/* Wait no longer; the question goes on for the cache. */
void enum_fetch_leave(struct enum_waiter *waiter);
/* End all that is on its way; nobody may wait. */
void enum_fetch_stop_all(struct enum_client *client);
/* Seconds that set is still good for. */
uint32_t enum_set_left_s(const struct enum_set *set, int64_t now_ms);

#endif
