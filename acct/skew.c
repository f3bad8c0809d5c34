/* skew.c - how far the nodes' clocks are apart */
#include "acct/skew.h"

#include <string.h>

#include "acct/token.h"
#include "base/err.h"

#define STALE_US (600 * US_PER_S)

static const char now_sql[] =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
static const char put_sql[] =
    "INSERT INTO node_clock (node, offset_us, measured) VALUES (?, ?, ?)"
    " ON CONFLICT (node) DO UPDATE SET offset_us = excluded.offset_us,"
    " measured = excluded.measured";
static const char read_sql[] =
    "SELECT node, offset_us FROM node_clock WHERE node <> ? AND measured > ?";

/* What was measured just now. */
struct measured {
	const char *node;
	int64_t offset_us; /* our clock less the store's */
	time_us store_now;
};

void
skew_init(struct skew *skew)
{
	memset(skew, 0, sizeof(*skew));
	pthread_mutex_init(&skew->lock, NULL);
}

void
skew_fini(struct skew *skew)
{
	pthread_mutex_destroy(&skew->lock);
}

/* Ours is that of the middle between the question and the answer. */
static int
ask_store(struct store *store, struct measured *out)
{
	struct clock clock;
	time_us before;
	int err;

	clock_init_system(&clock);
	before = clock_wall(&clock);
	err = store_get_int(store, now_sql, NULL, 0, &out->store_now);
	out->offset_us = before + (clock_wall(&clock) - before) / 2 -
			 out->store_now;
	return err;
}

static int
put_own(struct store *store, const struct measured *own)
{
	const struct store_value params[] = { store_text(own->node),
					      store_int(own->offset_us),
					      store_time(own->store_now) };
	struct store_stmt *stmt;
	int err = store_prepare(store, put_sql, &stmt);

	if (err == 0)
		err = store_run(stmt, params, 3);
	store_finish(stmt);
	return err;
}

static void
note(struct skew *skew, const char *node, int64_t ahead_us, struct log *log)
{
	if (ahead_us >= US_PER_S || ahead_us <= -US_PER_S)
		log_warning(log,
			    "clock: %lld ms ahead of node %s's; calls that one "
			    "answers and the other ends are marked",
			    (long long)(ahead_us / US_PER_MS), node);
	pthread_mutex_lock(&skew->lock);
	if (skew->n_nodes < SKEW_MAX_NODES) {
		skew->nodes[skew->n_nodes].node_id = token_node_id(node);
		skew->nodes[skew->n_nodes++].ahead_us = ahead_us;
	}
	pthread_mutex_unlock(&skew->lock);
}

static int
read_others(struct skew *skew, struct store *store, const struct measured *own,
	    struct log *log)
{
	const struct store_value params[] = {
		store_text(own->node), store_time(own->store_now - STALE_US)
	};
	struct store_stmt *stmt;
	char other[64];
	int err = store_prepare(store, read_sql, &stmt);

	if (err != 0)
		return err;
	pthread_mutex_lock(&skew->lock);
	skew->n_nodes = 0;
	pthread_mutex_unlock(&skew->lock);
	err = store_start(stmt, params, 2);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		int64_t theirs = store_col_int(stmt, 1);

		str_copy(store_col_text(stmt, 0), other, sizeof(other));
		note(skew, other, own->offset_us - theirs, log);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
skew_measure(struct skew *skew, struct store *store, const char *node,
	     struct log *log)
{
	struct measured own = { .node = node };
	int err;

	if (store_dialect(store) == STORE_SQLITE)
		return 0;
	err = ask_store(store, &own);
	if (err == 0)
		err = put_own(store, &own);
	return err != 0 ? err : read_others(skew, store, &own, log);
}

int64_t
skew_of(struct skew *skew, uint32_t node_id)
{
	int64_t ahead_us = 0;

	pthread_mutex_lock(&skew->lock);
	for (int i = 0; i < skew->n_nodes; i++) {
		if (skew->nodes[i].node_id == node_id)
			ahead_us = skew->nodes[i].ahead_us;
	}
	pthread_mutex_unlock(&skew->lock);
	return ahead_us;
}

int64_t
skew_worst(struct skew *skew)
{
	int64_t worst = 0;

	pthread_mutex_lock(&skew->lock);
	for (int i = 0; i < skew->n_nodes; i++) {
		int64_t us = skew->nodes[i].ahead_us;

		if (us < 0)
			us = -us;
		if (us > worst)
			worst = us;
	}
	pthread_mutex_unlock(&skew->lock);
	return worst;
}
