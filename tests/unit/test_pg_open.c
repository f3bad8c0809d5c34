/* test_pg_open.c - what a connection sees to, whatever the role's habits */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "db/store.h"
#include "tests/unit/db_help.h"

/* What fails out of sight: a statement that is dropped for another one, and that
 * the server has no more. */
static void
a_commit_that_rolls_back_is_an_error(struct store *store)
{
	struct store_stmt *stmt;
	char sql[40];

	if (!OK(store_exec(store, "CREATE TABLE t (i bigint)")))
		return;
	for (int i = 0; i < 100; i++) {
		snprintf(sql, sizeof(sql), "DELETE FROM t WHERE i = %d", i);
		if (!OK(store_prepare(store, sql, &stmt)))
			return;
		for (int k = 0; k < 2; k++)
			OK(store_run(stmt, NULL, 0));
		store_finish(stmt);
	}
	if (!OK(store_exec(store, "DEALLOCATE ALL")) ||
	    !OK(store_begin(store)) ||
	    !OK(store_exec(store, "INSERT INTO t VALUES (1)")) ||
	    !OK(store_prepare(store, "DELETE FROM t WHERE i < 0", &stmt)))
		return;
	OK(store_run(stmt, NULL, 0));
	store_finish(stmt);
	CHECK(store_commit(store) == ERR_DB);
	CHECK(strstr(store_error(store), "rolled back") != NULL);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
}

/* A role may have other habits. */
static void
a_transaction_has_its_level(struct store *store)
{
	if (!OK(store_exec(store, "SET default_transaction_isolation ="
				  " 'serializable'")) ||
	    !OK(store_begin(store)))
		return;
	ROWS(store, "SELECT current_setting('transaction_isolation')", "s",
	     "read committed");
	CHECK(store_commit(store) == 0);
}

/* A client that has waited long enough is not held. */
static void
an_alarm_ends_a_wait(struct store *store)
{
	struct timespec before, after;
	int fds[2];

	if (!OK(pipe(fds)))
		return;
	store_set_alarm(store, fds[0]);
	CHECK(store_exec(store, "SELECT 1") == 0);
	CHECK(write(fds[1], "", 1) == 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK(store_exec(store, "SELECT pg_sleep(20)") == ERR_DB);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK(after.tv_sec - before.tv_sec < 10);
	CHECK(store_is_lost(store));
	close(fds[0]);
	close(fds[1]);
}

ON_POSTGRESQL(DB_EMPTY, a_commit_that_rolls_back_is_an_error)
ON_POSTGRESQL(DB_EMPTY, a_transaction_has_its_level)
ON_POSTGRESQL(DB_EMPTY, an_alarm_ends_a_wait)

static const struct test tests[] = {
	{ .name = "a commit that rolls back is an error",
	  .run = a_commit_that_rolls_back_is_an_error_postgresql,
	  .no_sweep = true },
	{ .name = "a transaction has its level",
	  .run = a_transaction_has_its_level_postgresql },
	{ .name = "an alarm ends a wait",
	  .run = an_alarm_ends_a_wait_postgresql },
};

const struct test_suite suite_pg_open = TEST_SUITE("pg_open", tests);
