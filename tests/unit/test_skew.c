/* test_skew.c - how far the nodes' clocks are apart */
#include "acct/skew.h"

#include "acct/token.h"
#include "base/err.h"
#include "tests/unit/db_help.h"

static int
put_node(struct store *store, const char *node, int64_t offset_us,
	 const char *age)
{
	const struct store_value params[] = { store_text(node),
					      store_int(offset_us),
					      store_text(age) };

	return db_run(store,
		      "INSERT INTO node_clock (node, offset_us, measured)"
		      " VALUES (?, ?, now() - ?::text::interval)",
		      params, 3);
}

static void
clocks_are_compared_by_the_store(struct store *store)
{
	struct skew skew;

	skew_init(&skew);
	CHECK(skew_of(&skew, token_node_id("a")) == 0);
	CHECK(skew_worst(&skew) == 0);
	if (store_dialect(store) == STORE_SQLITE) {
		CHECK(skew_measure(&skew, store, "a", NULL) == 0);
		ROWS(store, "SELECT count(*) FROM node_clock", "i", "0");
		goto out;
	}
	if (!OK(put_node(store, "b", -3600000000, "1 minute")) ||
	    !OK(put_node(store, "c", 200000, "9 minutes")) ||
	    !OK(put_node(store, "gone", 5000000, "1 day")) ||
	    !OK(put_node(store, "a", 7000000, "1 minute")) ||
	    !OK(skew_measure(&skew, store, "a", NULL)))
		goto out;
	/* One machine: this clock is the store's. */
	ROWS(store,
	     "SELECT abs(offset_us) < 500000 FROM node_clock"
	     " WHERE node = 'a' AND measured > now() - interval '1 minute'",
	     "b", "true");
	CHECK(skew_of(&skew, token_node_id("b")) > 3599000000);
	CHECK(skew_of(&skew, token_node_id("b")) < 3601000000);
	CHECK(skew_worst(&skew) == skew_of(&skew, token_node_id("b")));
	CHECK(skew_of(&skew, token_node_id("c")) < 300000);
	CHECK(skew_of(&skew, token_node_id("gone")) == 0);
	CHECK(skew_of(&skew, token_node_id("a")) == 0);
	/* What is measured again replaces what was. */
	if (OK(store_exec(store, "UPDATE node_clock SET offset_us = 0")) &&
	    OK(skew_measure(&skew, store, "a", NULL)))
		CHECK(skew_of(&skew, token_node_id("b")) < 1000000);
out:
	skew_fini(&skew);
}
ON_BOTH(DB_TABLES, clocks_are_compared_by_the_store)

static const struct test tests[] = {
	BOTH("clocks are compared by the store's",
	     clocks_are_compared_by_the_store),
};

const struct test_suite suite_skew = TEST_SUITE("skew", tests);
