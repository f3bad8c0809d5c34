/* test_postgresql.c - the store on a server that may go away */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "db/bulk.h"
#include "db/store.h"
#include "tests/unit/db_help.h"

static int
open_again(struct store **out)
{
	char error[STORE_ERROR_MAX];

	return store_open(db_url(), 0, out, error);
}

/* End the server process behind store, and wait until it is gone: a signal
 * takes its time. */
static int
kill_backend(struct store *store)
{
	const struct timespec nap = { 0, 2000000 };
	int64_t pid, n = 1;
	int err =
	    store_get_int(store, "SELECT pg_backend_pid()", NULL, 0, &pid);
	struct store_value value[] = { store_int(pid) };

	if (err != 0)
		return err;
	err = store_get_int(db_admin(),
			    "SELECT count(*) FROM"
			    " (SELECT pg_terminate_backend(CAST(? AS int))) t",
			    value, 1, &n);
	for (int i = 0; i < 2000 && err == 0 && n > 0; i++) {
		err = store_get_int(db_admin(),
				    "SELECT count(*) FROM pg_stat_activity"
				    " WHERE pid = ?",
				    value, 1, &n);
		nanosleep(&nap, NULL);
	}
	return err;
}

static void
a_lost_connection_is_noticed_and_replaced(struct store *store)
{
	struct store *again;

	if (!OK(store_exec(store, "CREATE TABLE t (i bigint)")) ||
	    !OK(store_begin(store)) ||
	    !OK(store_exec(store, "INSERT INTO t VALUES (1)")) ||
	    !OK(kill_backend(store)))
		return;
	CHECK(!store_is_lost(store));
	CHECK(store_exec(store, "INSERT INTO t VALUES (2)") == ERR_DB);
	CHECK(store_is_lost(store));
	CHECK(strstr(store_error(store), "connection lost") != NULL);
	CHECK(store_commit(store) == ERR_DB);
	store_rollback(store);
	CHECK(store_exec(store, "SELECT 1") == ERR_DB);
	CHECK(store_begin(store) == ERR_DB);
	if (!OK(open_again(&again)))
		return;
	ROWS(again, "SELECT count(*) FROM t", "i", "0");
	CHECK(store_exec(again, "INSERT INTO t VALUES (3)") == 0);
	store_close(again);
}

static void
a_loss_while_reading_is_an_error(struct store *store)
{
	struct store_stmt *stmt = NULL;
	int err = 0;

	if (OK(store_prepare(store,
			     "SELECT g, repeat('x', 1000)"
			     " FROM generate_series(1, 100000) g",
			     &stmt)) &&
	    OK(store_start(stmt, NULL, 0)) && OK(store_next(stmt))) {
		/* store is busy: its process is found by what it runs. */
		CHECK(store_exec(db_admin(),
				 "SELECT pg_terminate_backend(pid)"
				 " FROM pg_stat_activity"
				 " WHERE query LIKE 'SELECT g, repeat%'") == 0);
		while (err == 0)
			err = store_next(stmt);
		CHECK(err == ERR_DB);
		CHECK(store_is_lost(store));
	}
	store_finish(stmt);
}

static void
a_loss_during_a_bulk_load_is_an_error(struct store *store)
{
	static const struct bulk_column columns[] = { { .name = "i",
							.type = STORE_INT } };
	const struct store_value row[] = { store_int(1) };
	struct bulk *bulk;

	if (!OK(store_exec(store, "CREATE TABLE t (i bigint)")) ||
	    !OK(store_begin(store)) ||
	    !OK(bulk_load_begin(store, "t", columns, 1, &bulk)))
		return;
	CHECK(store_exec(db_admin(), "SELECT pg_terminate_backend(pid)"
				     " FROM pg_stat_activity"
				     " WHERE query LIKE 'COPY \"t\"%'") == 0);
	CHECK(bulk_row(bulk, row) == 0);
	CHECK(bulk_end(bulk) == ERR_DB);
	CHECK(store_is_lost(store));
	store_rollback(store);
}

static void
a_silent_server_is_given_up(struct store *store)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	store_set_timeout(store, 100);
	CHECK(store_exec(store, "SELECT pg_sleep(20)") == ERR_DB);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK(store_is_lost(store));
	CHECK(strstr(store_error(store), "100 ms") != NULL);
	CHECK(after.tv_sec - before.tv_sec < 10);
}

static void
a_slow_reader_is_not_a_silent_server(struct store *store)
{
	const struct timespec nap = { 0, 30000000 };
	struct store_stmt *stmt = NULL;
	int err = 0;

	store_set_timeout(store, 100);
	if (OK(store_prepare(store, "SELECT g FROM generate_series(1, 10) g",
			     &stmt)) &&
	    OK(store_start(stmt, NULL, 0))) {
		while (err == 0) {
			nanosleep(&nap, NULL);
			err = store_next(stmt);
		}
		CHECK(err == ERR_END);
		CHECK(!store_is_lost(store));
	}
	store_finish(stmt);
}

static void
the_session_does_not_depend_on_the_server(struct store *store)
{
	ROWS(store,
	     "SELECT current_setting('TimeZone'),"
	     " current_setting('DateStyle'),"
	     " current_setting('client_encoding')",
	     "sss", "UTC|ISO, YMD|UTF8");
	ROWS(store, "SELECT timestamptz '2026-11-23 07:11:00.25+01'", "t",
	     "1795414260250000");
	ROWS(store,
	     "SELECT CAST(5 AS smallint), CAST(6 AS int),"
	     " CAST(7 AS numeric(5,2)), CAST('v' AS varchar(9)),"
	     " CAST('n' AS name)",
	     "iiiss", "5|6|7|v|n");
}

static void
check_refused(struct store *store, const char *sql, const char *types)
{
	char out[200];

	test_row(sql);
	CHECK(db_rows(store, sql, types, out, sizeof(out)) == ERR_DB);
}

static void
what_a_type_cannot_hold_is_an_error(struct store *store)
{
	check_refused(store, "SELECT timestamptz 'infinity'", "t");
	check_refused(store, "SELECT timestamptz '-infinity'", "t");
	check_refused(store, "SELECT timestamptz '10000-01-01'", "t");
	check_refused(store, "SELECT timestamptz '0044-03-15 BC'", "t");
	check_refused(store, "SELECT timestamp '2026-01-01'", "t");
	check_refused(store, "SELECT CAST(7.5 AS numeric)", "i");
	check_refused(store, "SELECT CAST('NaN' AS numeric)", "m");
	check_refused(store, "SELECT CAST(0.000000001 AS numeric)", "m");
	check_refused(store, "SELECT CAST(1e20 AS numeric)", "m");
	check_refused(store, "SELECT 1", "m");
	check_refused(store, "SELECT 1", "b");
	check_refused(store, "SELECT true", "i");
	test_row(NULL);
	ROWS(store, "SELECT 1", "i", "1");
}

/* The types decide which plan is made; both must work in turns. */
static void
parameters_may_change_their_types(struct store *store)
{
	const struct store_value number[] = { store_int(5) };
	const struct store_value text[] = { store_text("five") };
	struct store_stmt *stmt = NULL;

	if (!OK(store_prepare(store, "SELECT ?", &stmt)))
		return;
	for (int i = 0; i < 4; i++) {
		if (!OK(store_start(stmt, i % 2 == 0 ? number : text, 1)) ||
		    !OK(store_next(stmt)))
			break;
		if (i % 2 == 0)
			CHECK(store_col_int(stmt, 0) == 5);
		else
			CHECK(str_eq_text(store_col_text(stmt, 0), "five"));
		store_reset(stmt);
	}
	for (int i = 0; i < 3; i++) {
		if (!OK(store_start(stmt, text, 1)) || !OK(store_next(stmt)))
			break;
		CHECK(str_eq_text(store_col_text(stmt, 0), "five"));
	}
	store_finish(stmt);
	ROWS(store, "SELECT count(*) FROM pg_prepared_statements", "i", "0");
}

static void
copy_by_hand_is_refused(struct store *store)
{
	if (!OK(store_exec(store, "CREATE TABLE t (i bigint)")))
		return;
	CHECK(store_exec(store, "COPY t FROM STDIN") == ERR_DB);
	CHECK(!store_is_lost(store));
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
	CHECK(store_exec(store, "COPY t TO STDOUT") == ERR_DB);
	CHECK(store_is_lost(store));
}

/* Neither is a duplicate key's detail a whole row. */
static void
errors_do_not_show_rows(struct store *store)
{
	if (!OK(store_exec(store, "CREATE TABLE t (i bigint UNIQUE,"
				  " secret text NOT NULL, x text NOT NULL)")))
		return;
	CHECK(store_exec(store, "INSERT INTO t VALUES (1, 'sesame', NULL)") ==
	      ERR_DB);
	CHECK(strstr(store_error(store), "sesame") == NULL);
	CHECK(strstr(store_error(store), "23502") != NULL);
	CHECK(store_exec(store, "INSERT INTO t VALUES (1, 'sesame', 'x')") ==
	      0);
	CHECK(store_exec(store, "INSERT INTO t VALUES (1, 'sesame', 'x')") ==
	      ERR_EXISTS);
	CHECK(strstr(store_error(store), "Key (i)=(1)") != NULL);
}

/* Two transactions that read what the other writes. */
static void
a_serialisation_failure_is_a_conflict(struct store *store)
{
	static const char begin[] = "BEGIN ISOLATION LEVEL REPEATABLE READ";
	struct store *other;

	if (!OK(store_exec(store, "CREATE TABLE t (i bigint);"
				  "INSERT INTO t VALUES (1)")) ||
	    !OK(open_again(&other)))
		return;
	CHECK(store_exec(other, begin) == 0);
	ROWS(other, "SELECT i FROM t", "i", "1");
	CHECK(store_exec(store, "UPDATE t SET i = 2") == 0);
	CHECK(store_exec(other, "UPDATE t SET i = 3") == ERR_CONFLICT);
	CHECK(strstr(store_error(other), "40001") != NULL);
	store_rollback(other);
	store_close(other);
}

#define ONLY(test)                                \
	static void test##_postgresql(void)       \
	{                                         \
		db_on_postgresql(DB_EMPTY, test); \
	}

ONLY(a_lost_connection_is_noticed_and_replaced)
ONLY(a_loss_while_reading_is_an_error)
ONLY(a_loss_during_a_bulk_load_is_an_error)
ONLY(a_silent_server_is_given_up)
ONLY(a_slow_reader_is_not_a_silent_server)
ONLY(the_session_does_not_depend_on_the_server)
ONLY(what_a_type_cannot_hold_is_an_error)
ONLY(parameters_may_change_their_types)
ONLY(copy_by_hand_is_refused)
ONLY(errors_do_not_show_rows)
ONLY(a_serialisation_failure_is_a_conflict)

static const struct test tests[] = {
	{ .name = "a lost connection is noticed and replaced",
	  .run = a_lost_connection_is_noticed_and_replaced_postgresql },
	{ .name = "a loss while reading is an error",
	  .run = a_loss_while_reading_is_an_error_postgresql },
	{ .name = "a loss during a bulk load is an error",
	  .run = a_loss_during_a_bulk_load_is_an_error_postgresql },
	{ .name = "a silent server is given up",
	  .run = a_silent_server_is_given_up_postgresql },
	{ .name = "a slow reader is not a silent server",
	  .run = a_slow_reader_is_not_a_silent_server_postgresql },
	{ .name = "the session does not depend on the server",
	  .run = the_session_does_not_depend_on_the_server_postgresql },
	{ .name = "what a type cannot hold is an error",
	  .run = what_a_type_cannot_hold_is_an_error_postgresql },
	{ .name = "parameters may change their types",
	  .run = parameters_may_change_their_types_postgresql },
	{ .name = "copy by hand is refused",
	  .run = copy_by_hand_is_refused_postgresql },
	{ .name = "errors do not show rows",
	  .run = errors_do_not_show_rows_postgresql },
	{ .name = "a serialisation failure is a conflict",
	  .run = a_serialisation_failure_is_a_conflict_postgresql },
};

const struct test_suite suite_postgresql = TEST_SUITE("postgresql", tests);
