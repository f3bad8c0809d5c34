/* test_store_faults.c - what becomes of events when the store fails */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"

#define MAX_TRIES 12 /* of what should come through sooner or later */

static int
put_calls(struct line *line, const char *bad, int n)
{
	struct event event;
	char id[20];

	for (int i = 0; i < n; i++) {
		int err;

		snprintf(id, sizeof(id), "c%d", i);
		start_event(&event, i == n / 2 && bad != NULL ? bad : id, "t");
		err = put_event(line->journal, &event);
		if (err != 0)
			return err;
	}
	return journal_commit(line->journal);
}

/* Until nothing waits, or an error. */
static int
ship_all(struct line *line)
{
	size_t n = 1;
	int err = 0;

	while (err == 0 && n > 0)
		err = shipper_run(line->shipper, line->store, &n);
	return err;
}

/* --- by code --- */

struct fault {
	const char *code, *what;
	bool is_set_aside;
};

static const struct fault faults[] = {
	/* of the values: they and nobody else */
	{ "22001", "too long for its column", true },
	{ "22003", "out of range", true },
	{ "22021", "not of the encoding", true },
	{ "23502", "not null", true },
	{ "23503", "foreign key", true },
	{ "23505", "unique, by an index of somebody's", true },
	{ "23514", "check", true },
	{ "23P01", "exclusion", true },
	{ "21000", "cardinality", true },
	{ "27000", "triggered data change", true },
	{ "38000", "external routine", true },
	{ "39004", "null not allowed", true },
	{ "44000", "with check option", true },
	{ "54000", "program limit: a key that is too long", true },
	{ "P0001", "raised by a trigger", true },
	/* of the moment */
	{ "40001", "serialisation failure", false },
	{ "40P01", "deadlock", false },
	{ "55P03", "lock not available", false },
	{ "55006", "object in use", false },
	{ "57014", "statement_timeout, or cancelled by somebody", false },
	{ "57P01", "admin shutdown", false },
	{ "57P02", "crash shutdown", false },
	{ "57P03", "cannot connect now", false },
	{ "53000", "insufficient resources", false },
	{ "53100", "disk full", false },
	{ "53200", "out of (shared) memory", false },
	{ "53300", "too many connections", false },
	{ "53400", "temp_file_limit", false },
	{ "25006", "read-only transaction", false },
	{ "25P02", "transaction has failed", false },
	{ "25P03", "idle in transaction", false },
	{ "08006", "connection failure", false },
	{ "08P01", "pooler gave up", false },
	{ "26000", "no such prepared statement", false },
	{ "54001", "stack too deep", false },
	/* of the set-up, or of the server */
	{ "0A000", "not supported", false },
	{ "28000", "not let in", false },
	{ "42501", "no right", false },
	{ "42P01", "no such table", false },
	{ "42703", "no such column", false },
	{ "58030", "I/O error", false },
	{ "58P01", "no such file", false },
	{ "F0000", "configuration file", false },
	{ "XX000", "internal error", false },
	{ "XX001", "data corrupted", false },
	{ "XX002", "index corrupted", false },
	{ "ZZ999", "not known to us", false },
};

static int
set_trouble(struct store *store, const char *code)
{
	static const char drop[] =
	    "DROP TRIGGER IF EXISTS trouble ON cdr;"
	    "DROP FUNCTION IF EXISTS trouble";
	char sql[400];
	int err = store_exec(store, drop);

	if (err != 0 || code == NULL)
		return err;
	snprintf(sql, sizeof(sql),
		 "CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql"
		 " AS $$BEGIN IF NEW.call_id = 'bad' THEN RAISE EXCEPTION"
		 " 'trouble' USING ERRCODE = '%s'; END IF; RETURN NEW; END$$;"
		 "CREATE TRIGGER trouble BEFORE INSERT ON cdr FOR EACH ROW"
		 " EXECUTE FUNCTION trouble()",
		 code);
	return store_exec(store, sql);
}

/* One row of five meets the trouble, time and again; then it is over. */
static void
check_fault(struct store *store, const struct fault *fault)
{
	struct line line;

	test_row(fault->what);
	if (!OK(store_exec(store, "DELETE FROM cdr; DELETE FROM bad_events;"
				  "DELETE FROM journal_position")))
		return;
	if (!OK(open_line(&line, store, 0)) ||
	    !OK(put_calls(&line, "bad", 5)) ||
	    !OK(set_trouble(store, fault->code)))
		goto out;
	for (int i = 0; i < MAX_TRIES && !fault->is_set_aside; i++) {
		CHECK(ship_all(&line) != 0);
		CHECK(!store_blames_values(store));
	}
	if (fault->is_set_aside) {
		OK(ship_all(&line));
		COUNT(store, "cdr", "4");
	}
	if (!OK(set_trouble(store, NULL)) || !OK(ship_all(&line)))
		goto out;
	COUNT(store, "bad_events", fault->is_set_aside ? "1" : "0");
	COUNT(store, "cdr", fault->is_set_aside ? "4" : "5");
	CHECK(shipper_counters(line.shipper)->bad_events ==
	      fault->is_set_aside);
out:
	close_line(&line);
}

static void
test_each_code(struct store *store)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		check_fault(store, &faults[i]);
	OK(set_trouble(store, NULL));
}

/* --- from where they come --- */

/* A single event whose row somebody else holds longer than the role's
 * statement_timeout: the statement is cancelled, however often. */
static void
test_statement_timeout(struct store *store)
{
	char error[STORE_ERROR_MAX];
	struct store *other;
	struct event event;
	struct line line;

	if (!OK(store_open(db_url(), 0, &other, error)))
		return;
	start_event(&event, "c", "t");
	if (!OK(open_line(&line, store, 0)) || !OK(ship_event(&line, &event)) ||
	    !OK(store_begin(other)) ||
	    !OK(store_exec(other, "UPDATE cdr SET reason = 'held'")) ||
	    !OK(store_exec(store, "SET statement_timeout = '30ms'")))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	CHECK(ship_event(&line, &event) == ERR_DB);
	for (int i = 0; i < 3; i++)
		CHECK(ship_all(&line) == ERR_DB);
	CHECK(strstr(store_error(store), "57014") != NULL);
	store_rollback(other);
	if (OK(ship_all(&line)))
		END_ROW(store, "t|answered|63000000|60000000|caller|200|16|-|"
			       "valid");
	COUNT(store, "bad_events", "0");
out:
	close_line(&line);
	store_close(other);
}

/* All of what waits takes longer than the role may: less is tried. */
static void
test_batch_too_long(struct store *store)
{
	static const char slow[] =
	    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
	    " $$BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END$$;"
	    "CREATE TRIGGER slow BEFORE INSERT ON cdr FOR EACH ROW"
	    " EXECUTE FUNCTION slow()";
	struct line line;
	int err = ERR_DB;

	if (!OK(open_line(&line, store, 64)) ||
	    !OK(put_calls(&line, NULL, 64)) || !OK(store_exec(store, slow)) ||
	    !OK(store_exec(store, "SET statement_timeout = '200ms'")))
		goto out;
	CHECK(ship_all(&line) == ERR_DB);
	COUNT(store, "cdr", "0");
	for (int i = 0; i < MAX_TRIES && err != 0; i++)
		err = ship_all(&line);
	CHECK(err == 0);
	COUNT(store, "cdr", "64");
	COUNT(store, "bad_events", "0");
out:
	store_exec(store, "SET statement_timeout = 0;"
			  "DROP TRIGGER IF EXISTS slow ON cdr;"
			  "DROP FUNCTION IF EXISTS slow");
	close_line(&line);
}

/* A standby, or a server that is being switched over. */
static void
test_read_only(struct store *store)
{
	struct line line;

	if (!OK(open_line(&line, store, 0)) ||
	    !OK(put_calls(&line, NULL, 1)) ||
	    !OK(store_exec(store, "SET default_transaction_read_only = on")))
		goto out;
	for (int i = 0; i < 3; i++)
		CHECK(ship_all(&line) == ERR_DB);
	CHECK(strstr(store_error(store), "25006") != NULL);
	CHECK(!store_is_lost(store));
	if (OK(store_exec(store, "SET default_transaction_read_only = off")) &&
	    OK(ship_all(&line)))
		COUNT(store, "cdr", "1");
	COUNT(store, "bad_events", "0");
out:
	close_line(&line);
}

/* SQLite: the file may not grow. */
static void
test_full(struct store *store)
{
	struct line line;

	if (!OK(open_line(&line, store, 0)) ||
	    !OK(put_calls(&line, NULL, 2000)) ||
	    !OK(store_exec(store, "PRAGMA max_page_count = 1")))
		goto out;
	for (int i = 0; i < MAX_TRIES; i++) {
		if (ship_all(&line) == 0)
			break;
		CHECK(strstr(store_error(store), "full") != NULL);
	}
	CHECK(ship_all(&line) == ERR_DB);
	COUNT(store, "bad_events", "0");
	if (OK(store_exec(store, "PRAGMA max_page_count = 1000000")) &&
	    OK(ship_all(&line)))
		COUNT(store, "cdr", "2000");
	COUNT(store, "bad_events", "0");
out:
	close_line(&line);
}

ON_POSTGRESQL(DB_TABLES, test_each_code)
ON_POSTGRESQL(DB_TABLES, test_statement_timeout)
ON_POSTGRESQL(DB_TABLES, test_batch_too_long)
ON_POSTGRESQL(DB_TABLES, test_read_only)

static void
test_full_sqlite(void)
{
	db_on_sqlite(DB_TABLES, test_full);
}

static const struct test tests[] = {
	{ .name = "only what the values are to blame for is set aside",
	  .run = test_each_code_postgresql,
	  .no_sweep = true },
	{ .name = "a row that is held for long is waited for",
	  .run = test_statement_timeout_postgresql,
	  .no_sweep = true },
	{ .name = "a batch that takes too long becomes smaller ones",
	  .run = test_batch_too_long_postgresql,
	  .no_sweep = true },
	{ .name = "a store that only reads is waited for",
	  .run = test_read_only_postgresql,
	  .no_sweep = true },
	{ .name = "a full SQLite file is waited for",
	  .run = test_full_sqlite,
	  .no_sweep = true },
};

const struct test_suite suite_store_faults = TEST_SUITE("store_faults", tests);
