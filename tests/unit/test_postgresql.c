/* test_postgresql.c - the store on a server that may go away */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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

/* A server whose process stands still takes what its buffers hold, and no
 * more: sending must not wait for it for good either. */
static void
a_stopped_server_is_given_up_in_a_load(struct store *store)
{
	static const struct bulk_column columns[] = { { .name = "s",
							.type = STORE_TEXT } };
	static char text[100000];
	struct store_value row[1];
	struct bulk *bulk;
	int64_t pid = 0;
	int err = 0;

	memset(text, 'x', sizeof(text) - 1);
	row[0] = store_text(text);
	if (!OK(store_exec(store, "CREATE TABLE t (s text)")) ||
	    !OK(store_get_int(store, "SELECT pg_backend_pid()", NULL, 0,
			      &pid)) ||
	    !OK(store_begin(store)) ||
	    !OK(bulk_load_begin(store, "t", columns, 1, &bulk)))
		return;
	store_set_timeout(store, 100);
	CHECK(kill((pid_t)pid, SIGSTOP) == 0);
	for (int i = 0; i < 1000 && err == 0; i++)
		err = bulk_row(bulk, row);
	CHECK(err == ERR_DB);
	CHECK(store_is_lost(store));
	CHECK(strstr(store_error(store), "100 ms") != NULL);
	CHECK(bulk_end(bulk) == ERR_DB);
	CHECK(store_prepare(store, "SELECT 1",
			    &(struct store_stmt *){ NULL }) == ERR_DB);
	store_rollback(store);
	CHECK(kill((pid_t)pid, SIGCONT) == 0);
}

/* Somebody listens and never says a word. */
static void
a_server_that_never_answers_is_given_up(struct store *store)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char url[200], error[STORE_ERROR_MAX];
	struct store *other;
	time_t before = time(NULL);

	(void)store;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(fd, (struct sockaddr *)&address, len) == 0);
	CHECK(listen(fd, 1) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
	snprintf(url, sizeof(url),
		 "postgresql:host=127.0.0.1 port=%u connect_timeout=2 user=u",
		 ntohs(address.sin_port));
	CHECK(store_open(url, 0, &other, error) == ERR_DB);
	CHECK(time(NULL) - before < 5);
	CHECK(strstr(error, "timeout") != NULL);
	close(fd);
}

static void
a_database_of_another_encoding_is_refused(struct store *store)
{
	char url[600], sql[200], error[STORE_ERROR_MAX];
	struct store *other;
	int pid = (int)getpid();

	snprintf(sql, sizeof(sql),
		 "CREATE DATABASE lcr_latin1_%d ENCODING LATIN1"
		 " LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
		 pid);
	if (!OK(store_exec(store, sql)))
		return;
	snprintf(url, sizeof(url), "%s dbname=lcr_latin1_%d", db_url(), pid);
	CHECK(store_open(url, 0, &other, error) == ERR_DB);
	CHECK(strstr(error, "LATIN1, expected UTF8") != NULL);
	snprintf(sql, sizeof(sql), "DROP DATABASE lcr_latin1_%d", pid);
	CHECK(store_exec(store, sql) == 0);
}

/* A trigger that drops updates stands for another connection that removes
 * the rows between the merge's two statements. */
static void
rows_that_vanish_during_a_merge_are_a_conflict(struct store *store)
{
	static const struct bulk_column columns[] = {
		{ "i", STORE_INT, BULK_KEY, NULL, NULL, 0 },
		{ "s", STORE_TEXT, BULK_LAST, NULL, NULL, 0 },
	};
	const struct store_value row[] = { store_int(1), store_text("a") };
	struct bulk *bulk;

	if (!OK(store_exec(store,
			   "CREATE TABLE t (i bigint UNIQUE, s text);"
			   "INSERT INTO t VALUES (1, 'there');"
			   "CREATE FUNCTION gone() RETURNS trigger LANGUAGE"
			   " plpgsql AS $$BEGIN RETURN NULL; END$$;"
			   "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW"
			   " EXECUTE FUNCTION gone()")) ||
	    !OK(store_begin(store)) ||
	    !OK(bulk_merge_begin(store, "t", columns, 2, &bulk)))
		return;
	CHECK(bulk_row(bulk, row) == 0);
	CHECK(bulk_end(bulk) == ERR_CONFLICT);
	CHECK(store_commit(store) == ERR_DB);
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

/* More than any buffer on the way holds. */
static const char large_sql[] = "SELECT g, repeat('x', 1000)"
				" FROM generate_series(1, 50000) g";

static void
a_large_result_may_be_given_up(struct store *store)
{
	struct store_stmt *stmt = NULL;

	if (!OK(store_exec(store, "CREATE TABLE t (i bigint)")) ||
	    !OK(store_prepare(store, large_sql, &stmt)))
		goto out;
	CHECK(store_start(stmt, NULL, 0) == 0);
	CHECK(store_next(stmt) == 0);
	store_reset(stmt);
	CHECK(strcmp(store_error(store), "") == 0);
	ROWS(store, "SELECT 1", "i", "1");
	/* Cancelled inside a transaction, it would take that along. */
	CHECK(store_begin(store) == 0);
	CHECK(store_exec(store, "INSERT INTO t VALUES (1)") == 0);
	CHECK(store_start(stmt, NULL, 0) == 0);
	CHECK(store_next(stmt) == 0);
	store_reset(stmt);
	CHECK(store_exec(store, "INSERT INTO t VALUES (2)") == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT count(*) FROM t", "i", "2");
out:
	store_finish(stmt);
}

/* Read as UTC it would be an hour off. */
static void
a_time_in_another_zone_is_an_error(struct store *store)
{
	char out[200];

	CHECK(store_exec(store, "SET TimeZone = 'Europe/Berlin'") == 0);
	CHECK(db_rows(store, "SELECT timestamptz '2026-01-01 00:00:00Z'", "t",
		      out, sizeof(out)) == ERR_DB);
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
	if (OK(store_start(stmt, number, 1)) && OK(store_next(stmt)))
		CHECK(store_col_int(stmt, 0) == 5);
	store_finish(stmt);
	ROWS(store, "SELECT count(*) FROM pg_prepared_statements", "i", "0");
}

/* Run text, of no parameters and one row, n times, each prepared anew. */
static int
run_often(struct store *store, const char *text, int n)
{
	struct store_stmt *stmt;
	int err = 0;

	for (int i = 0; i < n && err == 0; i++) {
		err = store_prepare(store, text, &stmt);
		if (err != 0)
			break;
		err = store_start(stmt, NULL, 0);
		if (err == 0)
			err = store_next(stmt);
		store_finish(stmt);
	}
	return err;
}

/* What is prepared again and again is planned once; but not for ever, and not
 * when its plan no longer fits. */
static void
statements_are_kept(struct store *store)
{
	static const char names[] =
	    "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE"
	    " 'lcr%' AND statement <> ''";
	char text[64];
	int64_t n = 0;

	if (!OK(store_exec(store, "CREATE TABLE t AS SELECT 1 AS i")) ||
	    !OK(run_often(store, "SELECT i FROM t", 5)))
		return;
	ROWS(store, names, "i", "1");
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "SELECT %d FROM t", i);
		if (!OK(run_often(store, text, 3)))
			break;
	}
	OK(store_get_int(store, names, NULL, 0, &n));
	CHECK(n > 10 && n <= 32);
	OK(run_often(store, "SELECT i FROM t", 5));
	OK(store_exec(store, "ALTER TABLE t ALTER i TYPE text"));
	CHECK(run_often(store, "SELECT i FROM t", 1) == ERR_DB);
	OK(run_often(store, "SELECT i FROM t", 5));
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


ON_POSTGRESQL(DB_EMPTY, a_lost_connection_is_noticed_and_replaced)
ON_POSTGRESQL(DB_EMPTY, a_loss_while_reading_is_an_error)
ON_POSTGRESQL(DB_EMPTY, a_loss_during_a_bulk_load_is_an_error)
ON_POSTGRESQL(DB_EMPTY, a_silent_server_is_given_up)
ON_POSTGRESQL(DB_EMPTY, a_stopped_server_is_given_up_in_a_load)
ON_POSTGRESQL(DB_EMPTY, a_server_that_never_answers_is_given_up)
ON_POSTGRESQL(DB_EMPTY, a_database_of_another_encoding_is_refused)
ON_POSTGRESQL(DB_EMPTY, rows_that_vanish_during_a_merge_are_a_conflict)
ON_POSTGRESQL(DB_EMPTY, a_slow_reader_is_not_a_silent_server)
ON_POSTGRESQL(DB_EMPTY, the_session_does_not_depend_on_the_server)
ON_POSTGRESQL(DB_EMPTY, a_large_result_may_be_given_up)
ON_POSTGRESQL(DB_EMPTY, a_time_in_another_zone_is_an_error)
ON_POSTGRESQL(DB_EMPTY, what_a_type_cannot_hold_is_an_error)
ON_POSTGRESQL(DB_EMPTY, parameters_may_change_their_types)
ON_POSTGRESQL(DB_EMPTY, statements_are_kept)
ON_POSTGRESQL(DB_EMPTY, copy_by_hand_is_refused)
ON_POSTGRESQL(DB_EMPTY, errors_do_not_show_rows)
ON_POSTGRESQL(DB_EMPTY, a_serialisation_failure_is_a_conflict)

static const struct test tests[] = {
	{ .name = "a lost connection is noticed and replaced",
	  .run = a_lost_connection_is_noticed_and_replaced_postgresql },
	{ .name = "a loss while reading is an error",
	  .run = a_loss_while_reading_is_an_error_postgresql },
	{ .name = "a loss during a bulk load is an error",
	  .run = a_loss_during_a_bulk_load_is_an_error_postgresql },
	{ .name = "a silent server is given up",
	  .run = a_silent_server_is_given_up_postgresql },
	{ .name = "a stopped server is given up in a load",
	  .run = a_stopped_server_is_given_up_in_a_load_postgresql,
	  .no_sweep = true },
	{ .name = "a server that never answers is given up",
	  .run = a_server_that_never_answers_is_given_up_postgresql,
	  .no_sweep = true },
	{ .name = "a database of another encoding is refused",
	  .run = a_database_of_another_encoding_is_refused_postgresql,
	  .no_sweep = true },
	{ .name = "rows that vanish during a merge are a conflict",
	  .run = rows_that_vanish_during_a_merge_are_a_conflict_postgresql },
	{ .name = "a slow reader is not a silent server",
	  .run = a_slow_reader_is_not_a_silent_server_postgresql },
	{ .name = "the session does not depend on the server",
	  .run = the_session_does_not_depend_on_the_server_postgresql },
	{ .name = "a large result may be given up",
	  .run = a_large_result_may_be_given_up_postgresql,
	  .no_sweep = true },
	{ .name = "a time in another zone is an error",
	  .run = a_time_in_another_zone_is_an_error_postgresql },
	{ .name = "what a type cannot hold is an error",
	  .run = what_a_type_cannot_hold_is_an_error_postgresql },
	{ .name = "parameters may change their types",
	  .run = parameters_may_change_their_types_postgresql },
	{ .name = "statements are kept for the next time",
	  .run = statements_are_kept_postgresql,
	  .no_sweep = true },
	{ .name = "copy by hand is refused",
	  .run = copy_by_hand_is_refused_postgresql },
	{ .name = "errors do not show rows",
	  .run = errors_do_not_show_rows_postgresql },
	{ .name = "a serialisation failure is a conflict",
	  .run = a_serialisation_failure_is_a_conflict_postgresql },
};

const struct test_suite suite_postgresql = TEST_SUITE("postgresql", tests);
