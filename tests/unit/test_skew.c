/* test_skew.c - how far the nodes' clocks are apart */
#include "acct/skew.h"

#include "acct/token.h"
#include "base/err.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/db_help.h"

static int
put_node(struct store *store, const char *node, int64_t offset_us,
	 const char *age)
{
	const struct store_value params[] = { store_text(node),
					      store_int(offset_us),
					      store_text(age) };

	return store_run_once(store,
		      "INSERT INTO node_clock (node, offset_us, measured)"
		      " VALUES (?, ?, now() - ?::text::interval)",
		      params, 3);
}

static void
clocks_are_compared_by_the_store(struct store *store)
{
	struct skew skew;

	skew_init(&skew);
	CHECK(skew_since(&skew, token_node_id("a"), 1) == 0);
	CHECK(skew_worst(&skew) == 0);
	if (store_dialect(store) == STORE_SQLITE) {
		CHECK(skew_measure(&skew, store, "a", NULL, NULL) == 0);
		ROWS(store, "SELECT count(*) FROM node_clock", "i", "0");
		goto out;
	}
	if (!OK(put_node(store, "b", -3600000000, "1 minute")) ||
	    !OK(put_node(store, "c", 200000, "9 minutes")) ||
	    !OK(put_node(store, "gone", 7200000000, "7 days")) ||
	    !OK(put_node(store, "forgotten", 5000000, "9 days")) ||
	    !OK(put_node(store, "edited", INT64_MIN, "1 minute")) ||
	    !OK(put_node(store, "odd", INT64_MAX, "1 minute")) ||
	    !OK(put_node(store, "a", 7000000, "1 minute")) ||
	    !OK(skew_measure(&skew, store, "a", NULL, NULL)))
		goto out;
	/* One machine: this clock is the store's. */
	ROWS(store,
	     "SELECT abs(offset_us) < 500000 FROM node_clock"
	     " WHERE node = 'a' AND measured > now() - interval '1 minute'",
	     "b", "true");
	CHECK(skew_since(&skew, token_node_id("b"), 1) > 3599000000);
	CHECK(skew_since(&skew, token_node_id("b"), 1) < 3601000000);
	CHECK(skew_worst(&skew) == skew_since(&skew, token_node_id("b"), 1));
	CHECK(skew_since(&skew, token_node_id("c"), 1) < 300000);
	/* Its calls go on, but nobody is to be alarmed by it. */
	CHECK(skew_since(&skew, token_node_id("gone"), 1) < -7199000000);
	CHECK(skew_since(&skew, token_node_id("gone"), 1) > -7201000000);
	CHECK(skew_since(&skew, token_node_id("forgotten"), 1) == 0);
	CHECK(skew_since(&skew, token_node_id("edited"), 1) == 0);
	CHECK(skew_since(&skew, token_node_id("odd"), 1) == 0);
	CHECK(skew_since(&skew, token_node_id("a"), 1) == 0);
	/* What is measured again replaces what was. */
	if (OK(store_exec(store, "UPDATE node_clock SET offset_us = 0")) &&
	    OK(skew_measure(&skew, store, "a", NULL, NULL)))
		CHECK(skew_since(&skew, token_node_id("b"), 1) < 1000000);
out:
	skew_fini(&skew);
}
ON_BOTH(DB_TABLES, clocks_are_compared_by_the_store)

#define HOUR (3600 * US_PER_S)

/* The same file, as "b" would have it: set ahead by an hour when it showed 10
 * o'clock, and back by two at 12. */
static int
open_mark(struct clock_mark *mark, const char *dir)
{
	struct clock_reading now = { .boot = "b", .wall = 9 * HOUR };
	int err = clock_mark_open(mark, dir, "b", &now, NULL);

	now.wall = 11 * HOUR;
	now.up_us = HOUR;
	clock_mark_look(mark, &now, NULL);
	now.wall = 10 * HOUR;
	now.up_us = 2 * HOUR;
	clock_mark_look(mark, &now, NULL);
	return err;
}

static void
steps_are_told_to_the_others(struct store *store)
{
	struct skew ours, theirs;
	struct clock_mark mark;
	char dir[PATH_LEN];
	uint32_t b = token_node_id("b");

	if (store_dialect(store) == STORE_SQLITE)
		return;
	fresh_dir(dir);
	skew_init(&ours);
	skew_init(&theirs);
	if (!OK(open_mark(&mark, dir)) ||
	    !OK(skew_measure(&theirs, store, "b", &mark, NULL)) ||
	    !OK(skew_measure(&ours, store, "a", NULL, NULL)))
		goto out;
	/* One machine: there is no other difference than the steps. */
	CHECK(skew_since(&ours, b, 12 * HOUR + 1) / US_PER_S == 0);
	CHECK((skew_since(&ours, b, 12 * HOUR) - US_PER_S / 2) / HOUR == -2);
	CHECK((skew_since(&ours, b, 10 * HOUR) - US_PER_S / 2) / HOUR == -1);
	CHECK(skew_since(&theirs, b, 1) == 0); /* its own are in the mark */
	/* What was told is not told again, and what is old is forgotten. */
	ROWS(store, "SELECT count(*), sum(by_us) FROM node_step", "ii",
	     "2|-3600000000");
	if (!OK(store_exec(store, "UPDATE node_step SET told = told -"
				  " interval '9 days'")) ||
	    !OK(skew_measure(&ours, store, "a", NULL, NULL)))
		goto out;
	CHECK(skew_since(&ours, b, 1) / US_PER_S == 0);
	theirs.told = 0; /* as after a restart */
	if (OK(skew_measure(&theirs, store, "b", &mark, NULL)) &&
	    OK(skew_measure(&theirs, store, "b", &mark, NULL)))
		ROWS(store,
		     "SELECT count(*) FROM node_step"
		     " WHERE told > now() - interval '1 hour'",
		     "i", "2");
	/* A store that fails takes nothing away. */
	if (OK(skew_measure(&ours, store, "a", NULL, NULL)) &&
	    OK(store_exec(store, "ALTER TABLE node_step RENAME TO away"))) {
		CHECK(skew_measure(&ours, store, "a", NULL, NULL) == ERR_DB);
		CHECK((skew_since(&ours, b, 1) - US_PER_S / 2) / HOUR == -1);
		CHECK(store_exec(store, "ALTER TABLE away RENAME TO"
					" node_step") == 0);
	}
out:
	clock_mark_close(&mark);
	skew_fini(&ours);
	skew_fini(&theirs);
}
ON_BOTH(DB_TABLES, steps_are_told_to_the_others)

/* Due is what is due by both clocks; here they are one. */
static void
the_earlier_clock_is_sure(struct store *store)
{
	struct clock clock;
	time_us now = 0, own;

	clock_init_system(&clock);
	own = clock_wall(&clock);
	if (OK(store_sure_now(store, &now)))
		CHECK(now > own - US_PER_S && now < own + 60 * US_PER_S);
}
ON_BOTH(DB_TABLES, the_earlier_clock_is_sure)

static const struct test tests[] = {
	BOTH("clocks are compared by the store's",
	     clocks_are_compared_by_the_store),
	BOTH("steps are told to the others", steps_are_told_to_the_others),
	BOTH("the earlier clock is sure", the_earlier_clock_is_sure),
};

const struct test_suite suite_skew = TEST_SUITE("skew", tests);
