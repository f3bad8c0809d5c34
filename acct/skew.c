/* skew.c - how far the nodes' clocks are apart */
#include "acct/skew.h"

#include <string.h>

#include "acct/token.h"
#include "base/err.h"

#define ALIVE_US (600 * US_PER_S)
/* Calls of a node that is gone go on: as long as a token is good by default, and
 * a day. */
#define STALE_US (US_PER_S * 86400 * 8)
/* What somebody has written by hand must not overflow a sum. */
#define OFFSET_MAX_US (US_PER_S * 86400 * 36600) /* a century */

static const char put_sql[] =
    "INSERT INTO node_clock (node, offset_us, measured) VALUES (?, ?, ?)"
    " ON CONFLICT (node) DO UPDATE SET offset_us = excluded.offset_us,"
    " measured = excluded.measured";
static const char read_sql[] =
    "SELECT node, offset_us, measured FROM node_clock"
    " WHERE node <> ? AND measured > ? ORDER BY measured DESC";
static const char put_step_sql[] =
    "INSERT INTO node_step (node, wall, by_us, told) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (node, wall) DO NOTHING";
static const char forget_sql[] =
    "DELETE FROM node_step WHERE node = ? AND told < ?";
static const char read_steps_sql[] =
    "SELECT node, wall, by_us FROM node_step"
    " WHERE node <> ? AND told > ? ORDER BY told DESC, wall DESC";

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
	err = store_now(store, &out->store_now);
	out->offset_us = before + (clock_wall(&clock) - before) / 2 -
			 out->store_now;
	return err;
}

/* The steps that the others do not know of; *told is the last one then. */
static int
put_steps(struct store *store, const struct measured *own,
	  const struct clock_step *steps, int n, time_us told)
{
	const struct store_value old[] = {
		store_text(own->node), store_time(own->store_now - STALE_US)
	};
	int err = 0;

	if (n == 0 || steps[n - 1].wall == told)
		return 0;
	err = store_run_once(store, forget_sql, old, 2);
	for (int i = 0; i < n && err == 0; i++) {
		const struct store_value params[] = {
			store_text(own->node), store_time(steps[i].wall),
			store_int(steps[i].by_us), store_time(own->store_now)
		};

		err = store_run_once(store, put_step_sql, params, 4);
	}
	return err;
}

/* Together: a difference without the step that has made it would be wrong by
 * it. */
static int
put_own(struct skew *skew, struct store *store, const struct measured *own,
	struct clock_mark *mark)
{
	const struct store_value params[] = { store_text(own->node),
					      store_int(own->offset_us),
					      store_time(own->store_now) };
	struct clock_step steps[CLOCK_MARK_STEPS];
	int n = mark != NULL ? clock_mark_steps(mark, steps) : 0;
	int err = store_begin(store);

	if (err == 0)
		err = store_run_once(store, put_sql, params, 3);
	if (err == 0)
		err = put_steps(store, own, steps, n, skew->told);
	if (err == 0)
		err = store_commit(store);
	if (err != 0)
		store_rollback(store);
	else if (n > 0)
		skew->told = steps[n - 1].wall;
	return err;
}

static bool
is_sane(int64_t us)
{
	return us <= OFFSET_MAX_US && us >= -OFFSET_MAX_US;
}

static void
take_node(struct skew_known *known, struct store_stmt *stmt,
	  const struct measured *own, struct log *log)
{
	int64_t theirs = store_col_int(stmt, 1);
	time_us measured = store_col_time(stmt, 2);
	int64_t ahead_us;
	bool is_alive = measured > own->store_now - ALIVE_US;
	char other[64];

	if (known->n_nodes == SKEW_MAX_NODES || store_is_damaged(stmt) ||
	    !is_sane(theirs) || !is_sane(own->offset_us))
		return;
	ahead_us = own->offset_us - theirs;
	str_copy(store_col_text(stmt, 0), other, sizeof(other));
	if (is_alive && (ahead_us >= US_PER_S || ahead_us <= -US_PER_S))
		log_warning(log,
			    "clock: %lld ms ahead of node %s's; calls that one "
			    "answers and the other ends are marked",
			    (long long)(ahead_us / US_PER_MS), other);
	known->nodes[known->n_nodes].node_id = token_node_id(other);
	known->nodes[known->n_nodes].is_alive = is_alive;
	known->nodes[known->n_nodes++].ahead_us = ahead_us;
}

static void
take_step(struct skew_known *known, struct store_stmt *stmt)
{
	struct clock_step step = { store_col_time(stmt, 1),
				   store_col_int(stmt, 2) };
	char other[64];

	if (known->n_steps == SKEW_MAX_STEPS || store_is_damaged(stmt) ||
	    !is_sane(step.by_us))
		return;
	str_copy(store_col_text(stmt, 0), other, sizeof(other));
	known->steps[known->n_steps].node_id = token_node_id(other);
	known->steps[known->n_steps++].step = step;
}

/* Each row of one of the two tables. */
static int
read_rows(struct skew_known *known, struct store *store,
	  const struct measured *own, bool steps, struct log *log)
{
	const struct store_value params[] = {
		store_text(own->node), store_time(own->store_now - STALE_US)
	};
	struct store_stmt *stmt;
	int err = store_prepare(store, steps ? read_steps_sql : read_sql,
				&stmt);

	if (err == 0)
		err = store_start(stmt, params, 2);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		if (steps)
			take_step(known, stmt);
		else
			take_node(known, stmt, own, log);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* Who asks meanwhile, or when the store has failed halfway, is told what was
 * known before. */
static int
read_others(struct skew *skew, struct store *store, const struct measured *own,
	    struct log *log)
{
	struct skew_known known = { .n_nodes = 0 };
	int err = read_rows(&known, store, own, false, log);

	if (err == 0)
		err = read_rows(&known, store, own, true, log);
	if (err != 0)
		return err;
	pthread_mutex_lock(&skew->lock);
	skew->known = known;
	pthread_mutex_unlock(&skew->lock);
	return 0;
}

int
skew_measure(struct skew *skew, struct store *store, const char *node,
	     struct clock_mark *mark, struct log *log)
{
	struct measured own = { .node = node };
	int err;

	if (store_dialect(store) == STORE_SQLITE)
		return 0;
	err = ask_store(store, &own);
	if (err == 0)
		err = put_own(skew, store, &own, mark);
	return err != 0 ? err : read_others(skew, store, &own, log);
}

int64_t
skew_since(struct skew *skew, uint32_t node_id, time_us wall)
{
	const struct skew_known *known = &skew->known;
	int64_t ahead_us = 0;

	pthread_mutex_lock(&skew->lock);
	for (int i = 0; i < known->n_nodes; i++) {
		if (known->nodes[i].node_id == node_id)
			ahead_us = known->nodes[i].ahead_us;
	}
	for (int i = 0; i < known->n_steps; i++) {
		if (known->steps[i].node_id == node_id &&
		    known->steps[i].step.wall >= wall)
			ahead_us += known->steps[i].step.by_us;
	}
	pthread_mutex_unlock(&skew->lock);
	return ahead_us;
}

int64_t
skew_worst(struct skew *skew)
{
	const struct skew_known *known = &skew->known;
	int64_t worst = 0;

	pthread_mutex_lock(&skew->lock);
	for (int i = 0; i < known->n_nodes; i++) {
		int64_t us = known->nodes[i].ahead_us;

		if (us < 0)
			us = -us;
		if (us > worst && known->nodes[i].is_alive)
			worst = us;
	}
	pthread_mutex_unlock(&skew->lock);
	return worst;
}
