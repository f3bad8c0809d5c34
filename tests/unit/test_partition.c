/* test_partition.c - call records by the month */
#include "db/partition.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "db/dialect.h"
#include "db/schema.h"
#include "db/schema_steps.h"
#include "tests/unit/db_help.h"

static time_us
at(const char *text)
{
	time_us t = 0;

	CHECK(time_parse(str_of(text), &t) == 0);
	return t;
}

static int
add_call(struct store *store, const char *key, const char *setup)
{
	const struct store_value params[] = { store_text(key),
					      store_time(at(setup)) };
	int err = store_run_once(store,
			 "INSERT INTO cdr (call_key, setup_time, to_tag)"
			 " VALUES (?, ?, 't')",
			 params, 2);

	return err != 0 ? err
			: store_run_once(store,
				 "INSERT INTO cdr_attempt (call_key,"
				 " setup_time, hop) VALUES (?, ?, 1)",
				 params, 2);
}

#define MONTH_ROWS(store, expected)                                        \
	ROWS(store,                                                        \
	     "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c"   \
	     " ON c.oid = i.inhrelid WHERE i.inhparent = 'cdr'::regclass"  \
	     " AND c.relname ~ '_2(0|1)[0-9]{4}$' AND c.relname < 'cdr_2026'" \
	     " ORDER BY 1",                                                \
	     "s", expected)

/* Years ago, so that the months of today are not in the way. */
static void
months_are_made_and_dropped(struct store *store)
{
	bool is_pg = store_dialect(store) == STORE_POSTGRESQL;
	size_t n = 99;

	if (!OK(partition_make(store, at("2011-11-30T23:59:59Z"), 2, &n)))
		return;
	CHECK(n == (is_pg ? 6 : 0));
	if (is_pg)
		MONTH_ROWS(store, "cdr_201111\ncdr_201112\ncdr_201201");
	CHECK(partition_make(store, at("2011-12-01T00:00:00Z"), 1, &n) == 0 &&
	      n == 0);
	if (!OK(add_call(store, "nov", "2011-11-30T23:59:59.999999Z")) ||
	    !OK(add_call(store, "dec", "2011-12-01T00:00:00Z")) ||
	    !OK(add_call(store, "old", "1999-01-01T00:00:00Z")) ||
	    !OK(add_call(store, "jan", "2012-01-31T00:00:00Z")))
		return;
	if (is_pg)
		ROWS(store, "SELECT call_key FROM cdr_201111", "s", "nov");
	if (!OK(partition_drop(store, at("2012-01-01T00:00:00Z"), 2, &n)))
		return;
	CHECK(n == 2); /* "old" and its attempt */
	if (!OK(partition_drop(store, at("2012-02-01T00:00:00Z"), 2, &n)))
		return;
	CHECK(n == 2); /* november */
	ROWS(store, "SELECT call_key FROM cdr ORDER BY call_key", "s",
	     "dec\njan");
	ROWS(store, "SELECT call_key FROM cdr_attempt ORDER BY call_key", "s",
	     "dec\njan");
	if (is_pg)
		MONTH_ROWS(store, "cdr_201112\ncdr_201201");
	CHECK(partition_drop(store, at("2012-04-01T00:00:00Z"), 2, &n) == 0);
	CHECK(partition_drop(store, at("2012-04-01T00:00:00Z"), 2, &n) == 0 &&
	      n == 0);
	ROWS(store, "SELECT count(*) FROM cdr", "i", "0");
}
ON_BOTH(DB_TABLES, months_are_made_and_dropped)

/* Rows of a month that was not there yet, or of one that a clock far ahead has
 * named, move into it when it is made; and each month stands for itself. */
static void
a_month_takes_its_rows(struct store *store)
{
	size_t n;

	if (store_dialect(store) == STORE_SQLITE)
		return;
	if (!OK(add_call(store, "before", "2031-04-30T23:59:59.999999Z")) ||
	    !OK(add_call(store, "early", "2031-05-01T00:00:00Z")) ||
	    !OK(add_call(store, "late", "2031-05-31T23:59:59.999999Z")) ||
	    !OK(add_call(store, "after", "2031-06-01T00:00:00Z")) ||
	    !OK(store_exec(store, "UPDATE cdr SET answer_time = setup_time,"
				  " end_time = setup_time + interval '3 s',"
				  " node = 'n', id = 7000 + id")) ||
	    !OK(partition_make(store, at("2031-05-01T00:00:00Z"), 0, &n)))
		return;
	CHECK(n == 2);
	ROWS(store,
	     "SELECT tableoid::regclass::text, call_key, duration_us, id > 7000"
	     " FROM cdr ORDER BY setup_time",
	     "ssib",
	     "cdr_other|before|3000000|true\ncdr_203105|early|3000000|true\n"
	     "cdr_203105|late|3000000|true\ncdr_other|after|3000000|true");
	ROWS(store,
	     "SELECT tableoid::regclass::text FROM cdr_attempt"
	     " WHERE call_key = 'early'",
	     "s", "cdr_attempt_203105");
	/* Its indexes are there, and so is the key. */
	CHECK(add_call(store, "early", "2031-05-01T00:00:00Z") == ERR_EXISTS);
	ROWS(store,
	     "SELECT count(*) = (SELECT count(*) FROM pg_index WHERE indrelid"
	     " = 'cdr'::regclass) FROM pg_index WHERE indrelid ="
	     " 'cdr_203105'::regclass AND indisvalid",
	     "b", "true");
	if (OK(partition_make(store, at("2031-06-01T00:00:00Z"), 0, &n)))
		CHECK(n == 2);
	/* Somebody has a table of this name. */
	if (OK(store_exec(store, "CREATE TABLE cdr_203108 ()")) &&
	    OK(partition_make(store, at("2031-07-01T00:00:00Z"), 2, &n)))
		CHECK(n == 5);
	for (int m = 5; m <= 9; m++) {
		char sql[100];

		snprintf(sql, sizeof(sql),
			 "DROP TABLE IF EXISTS cdr_2031%02d,"
			 " cdr_attempt_2031%02d",
			 m, m);
		CHECK(store_exec(store, sql) == 0);
	}
}
ON_BOTH(DB_TABLES, a_month_takes_its_rows)

/* A store of before, with records of some years, moves into months. */
static void
records_move_into_their_months(struct store *store)
{
	const struct store_value version[] = { store_int(2), store_time(0) };

	for (size_t step = 0; step < 2; step++) {
		for (const char *const *sql = schema_steps[step]; *sql != NULL;
		     sql++) {
			if (!OK(dialect_exec(store, *sql)))
				return;
		}
	}
	if (!OK(dialect_exec(store, "CREATE TABLE schema_version (version"
				    " %INT% PRIMARY KEY, applied %TIME%)")) ||
	    !OK(store_run_once(store, "INSERT INTO schema_version VALUES (?, ?)",
		       version, 2)) ||
	    !OK(add_call(store, "ancient", "1999-12-31T23:00:00Z")) ||
	    !OK(add_call(store, "past", "2025-02-28T23:59:59Z")) ||
	    !OK(store_exec(store, "UPDATE cdr SET end_time = setup_time,"
				  " answer_time = setup_time, node = 'n'")) ||
	    !OK(schema_migrate(store)) ||
	    !OK(add_call(store, "new", "2025-03-01T00:00:00Z")))
		return;
	ROWS(store,
	     "SELECT call_key, duration_us, anomaly, id FROM cdr ORDER BY id",
	     "sisi",
	     "ancient|0|zero_duration|1\npast|0|zero_duration|2\n"
	     "new|-|no_start|3");
	if (store_dialect(store) == STORE_SQLITE)
		return;
	ROWS(store,
	     "SELECT tableoid::regclass::text, call_key FROM cdr ORDER BY id",
	     "ss",
	     "cdr_other|ancient\ncdr_202502|past\ncdr_202503|new");
	ROWS(store,
	     "SELECT count(*) FROM pg_inherits WHERE inhparent ="
	     " 'cdr_attempt'::regclass AND inhrelid >= to_regclass("
	     "'cdr_attempt_' || to_char(now() AT TIME ZONE 'UTC' +"
	     " interval '2 months', 'YYYYMM'))",
	     "i", "2");
}
ON_BOTH(DB_EMPTY, records_move_into_their_months)

static const struct test tests[] = {
	BOTH_ONCE("months are made and dropped", months_are_made_and_dropped),
	BOTH_ONCE("a month takes its rows with it", a_month_takes_its_rows),
	BOTH_ONCE("records move into their months",
		  records_move_into_their_months),
};

const struct test_suite suite_partition = TEST_SUITE("partition", tests);
