/* test_bulk.c - many rows at once, the same on both databases */
#include "db/bulk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/dialect.h"
#include "tests/unit/db_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char table_sql[] =
    "CREATE TABLE t (i %INT% UNIQUE, s %TEXT%, w %TIME%, m %MONEY%, b %BOOL%)";
static const struct bulk_column columns[] = {
	{ .name = "i", .type = STORE_INT },
	{ .name = "s", .type = STORE_TEXT },
	{ .name = "w", .type = STORE_TIME },
	{ .name = "m", .type = STORE_MONEY },
	{ .name = "b", .type = STORE_BOOL },
};

/* The table, and a load of it in a transaction. */
static int
begin_load(struct store *store, struct bulk **out)
{
	int err = dialect_exec(store, table_sql);

	*out = NULL;
	if (err == 0)
		err = store_begin(store);
	return err != 0 ? err
			: bulk_load_begin(store, "t", columns, N(columns), out);
}

static int
load_row(struct bulk *bulk, int64_t i, const char *s)
{
	const struct store_value row[] = { store_int(i), store_text(s),
					   store_time(1), store_money(-5),
					   store_bool(true) };

	return bulk_row(bulk, row);
}

static void
rows_are_loaded_as_they_are(struct store *store)
{
	const struct store_value nulls[] = {
		store_int(9), store_null(STORE_TEXT), store_null(STORE_TIME),
		store_null(STORE_MONEY), store_null(STORE_BOOL)
	};
	struct bulk *bulk;

	if (!OK(begin_load(store, &bulk)))
		return;
	CHECK(load_row(bulk, 1, "\\N") == 0);
	CHECK(load_row(bulk, 2, "a\tb\nc\rd\\e\\\\f") == 0);
	CHECK(load_row(bulk, 3, "") == 0);
	CHECK(load_row(bulk, 4, "\\.") == 0);
	CHECK(load_row(bulk, 5, "\xFF?") == 0);
	CHECK(bulk_row(bulk, nulls) == 0);
	CHECK(bulk_end(bulk) == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT i, s, w, m, b FROM t ORDER BY i", "istmb",
	     "1|\\N|1|-0.00000005|true\n"
	     "2|a\tb\nc\rd\\e\\\\f|1|-0.00000005|true\n"
	     "3||1|-0.00000005|true\n"
	     "4|\\.|1|-0.00000005|true\n"
	     "5|\xEF\xBF\xBD?|1|-0.00000005|true\n"
	     "9|-|-|-|-");
}
ON_BOTH(DB_EMPTY, rows_are_loaded_as_they_are)

/* --- rows out of a struct --- */

struct record {
	const char *s;
	int64_t i, w, m;
};
static const struct bulk_column fields[] = {
	{ .name = "i", .type = STORE_INT, .offset = offsetof(struct record, i) },
	{ .name = "s",
	  .type = STORE_TEXT,
	  .offset = offsetof(struct record, s) },
	{ .name = "w",
	  .type = STORE_TIME,
	  .offset = offsetof(struct record, w) },
	{ .name = "m",
	  .type = STORE_MONEY,
	  .offset = offsetof(struct record, m) },
};

static int
begin_records(struct store *store, struct bulk **out)
{
	int err = dialect_exec(store, table_sql);

	*out = NULL;
	if (err == 0)
		err = store_begin(store);
	return err != 0
		   ? err
		   : bulk_load_begin(store, "t", fields, N(fields), out);
}

static void
records_are_loaded_as_they_are(struct store *store)
{
	const struct record records[] = {
		{ "a", 1, 2, 3 },
		{ NULL, INT64_MIN, INT64_MIN, INT64_MIN },
		{ "", INT64_MAX, -62135596800000000, -100000000 },
		{ "M\xFCller", -1, 253402300799999999, 0 },
	};
	struct bulk *bulk;

	if (!OK(begin_records(store, &bulk)))
		return;
	for (size_t i = 0; i < N(records); i++)
		CHECK(bulk_record(bulk, &records[i]) == 0);
	CHECK(bulk_end(bulk) == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT i, s, w, m FROM t ORDER BY coalesce(i, 0)", "istm",
	     "-1|M\xEF\xBF\xBDller|253402300799999999|0\n"
	     "-|-|-|-\n"
	     "1|a|2|0.00000003\n"
	     "9223372036854775807||-62135596800000000|-1");
}
ON_BOTH(DB_EMPTY, records_are_loaded_as_they_are)

static void
a_record_with_a_time_of_no_year_is_refused(struct store *store)
{
	const struct record records[] = { { "a", 1, -62135596800000001, 3 },
					  { "a", 1, 253402300800000000, 3 } };

	for (size_t i = 0; i < N(records); i++) {
		struct bulk *bulk;

		if (!OK(begin_records(store, &bulk)))
			return;
		CHECK(bulk_record(bulk, &records[i]) == ERR_DB);
		CHECK(strstr(store_error(store), "years 1 to 9999") != NULL);
		CHECK(bulk_end(bulk) == ERR_DB);
		store_rollback(store);
		CHECK(store_exec(store, "DROP TABLE t") == 0);
	}
}
ON_BOTH(DB_EMPTY, a_record_with_a_time_of_no_year_is_refused)

/* One is longer than the buffer that rows wait in. */
static void
long_records_are_loaded(struct store *store)
{
	static char text[200001];
	struct record record = { text, 0, 1, 2 };
	struct bulk *bulk;

	if (!OK(begin_records(store, &bulk)))
		return;
	for (; record.i < 40; record.i++) {
		size_t len = record.i == 7 ? sizeof(text) - 1 : 3000;

		memset(text, 'x', len);
		text[len] = '\0';
		CHECK(bulk_record(bulk, &record) == 0);
	}
	CHECK(bulk_end(bulk) == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT count(*), sum(length(s)) FROM t", "ii",
	     "40|317000");
}
ON_BOTH(DB_EMPTY, long_records_are_loaded)

/* More than libpq's and our own buffers hold. */
static void
many_rows_are_loaded(struct store *store)
{
	char text[1001];
	struct bulk *bulk;

	memset(text, '\t', 1000);
	text[1000] = '\0';
	if (!OK(begin_load(store, &bulk)))
		return;
	for (int64_t i = 0; i < 2000; i++) {
		if (!OK(load_row(bulk, i, text)))
			break;
	}
	if (!OK(bulk_end(bulk)))
		return;
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT count(*), sum(i), sum(length(s)) FROM t", "iii",
	     "2000|1999000|2000000");
}
ON_BOTH(DB_EMPTY, many_rows_are_loaded)

static void
a_fallback_takes_the_place_of_null(struct store *store)
{
	static const struct bulk_column with[] = {
		{ .name = "i", .type = STORE_INT, .fallback = "7" },
		{ .name = "s", .type = STORE_TEXT, .fallback = "'it''s'" },
		{ .name = "b", .type = STORE_BOOL, .fallback = "false" },
	};
	const struct store_value given[] = { store_int(1), store_text("x"),
					     store_bool(true) };
	const struct store_value nulls[] = { store_null(STORE_INT),
					     store_null(STORE_TEXT),
					     store_null(STORE_BOOL) };
	struct bulk *bulk;

	if (!OK(dialect_exec(store, table_sql)) || !OK(store_begin(store)) ||
	    !OK(bulk_load_begin(store, "t", with, N(with), &bulk)))
		return;
	CHECK(bulk_row(bulk, given) == 0);
	CHECK(bulk_row(bulk, nulls) == 0);
	CHECK(bulk_end(bulk) == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT i, s, b, w FROM t ORDER BY i", "isbt",
	     "1|x|true|-\n7|it's|false|-");
}
ON_BOTH(DB_EMPTY, a_fallback_takes_the_place_of_null)

static void
an_error_of_a_row_ends_the_load(struct store *store)
{
	struct bulk *bulk;
	int err;

	if (!OK(begin_load(store, &bulk)))
		return;
	CHECK(load_row(bulk, 1, "a") == 0);
	err = load_row(bulk, 1, "b");
	CHECK(err == 0 || err == ERR_EXISTS);
	CHECK(bulk_end(bulk) == ERR_EXISTS);
	CHECK(store_commit(store) == ERR_DB);
	store_rollback(store);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
}
ON_BOTH(DB_EMPTY, an_error_of_a_row_ends_the_load)

static void
a_load_is_given_up(struct store *store)
{
	struct bulk *bulk;

	bulk_abort(NULL);
	if (!OK(begin_load(store, &bulk)))
		return;
	CHECK(load_row(bulk, 1, "a") == 0);
	bulk_abort(bulk);
	store_rollback(store);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
	/* The other way round: the transaction goes first. */
	if (!OK(store_begin(store)) ||
	    !OK(bulk_load_begin(store, "t", columns, N(columns), &bulk)))
		return;
	CHECK(load_row(bulk, 1, "a") == 0);
	store_rollback(store);
	CHECK(load_row(bulk, 2, "a") == ERR_DB);
	CHECK(bulk_end(bulk) == ERR_DB);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
}
ON_BOTH(DB_EMPTY, a_load_is_given_up)

static void
nothing_else_is_done_meanwhile(struct store *store)
{
	struct bulk *bulk, *second;

	if (!OK(begin_load(store, &bulk)))
		return;
	CHECK(store_exec(store, "DELETE FROM t") == ERR_DB);
	CHECK(strstr(store_error(store), "bulk load") != NULL);
	CHECK(store_commit(store) == ERR_DB);
	CHECK(bulk_load_begin(store, "t", columns, N(columns), &second) ==
	      ERR_DB);
	bulk_abort(bulk);
	store_rollback(store);
	CHECK(bulk_load_begin(store, "t", columns, N(columns), &bulk) ==
	      ERR_DB);
	CHECK(strstr(store_error(store), "needs a transaction") != NULL);
}
ON_BOTH(DB_EMPTY, nothing_else_is_done_meanwhile)

static void
a_table_that_is_missing_is_an_error(struct store *store)
{
	struct bulk *bulk;

	if (!OK(store_begin(store)))
		return;
	CHECK(bulk_load_begin(store, "nosuch", columns, N(columns), &bulk) ==
	      ERR_DB);
	CHECK(bulk == NULL);
	store_rollback(store);
	ROWS(store, "SELECT 1", "i", "1");
}
ON_BOTH(DB_EMPTY, a_table_that_is_missing_is_an_error)

static void
a_time_out_of_range_is_refused(struct store *store)
{
	const struct store_value row[] = { store_int(1), store_text("a"),
					   store_time(INT64_MAX),
					   store_money(0), store_bool(true) };
	struct bulk *bulk;

	if (!OK(begin_load(store, &bulk)))
		return;
	CHECK(bulk_row(bulk, row) == ERR_DB);
	CHECK(bulk_end(bulk) == ERR_DB);
	CHECK(strstr(store_error(store), "years 1 to 9999") != NULL);
	store_rollback(store);
}
ON_BOTH(DB_EMPTY, a_time_out_of_range_is_refused)

/* Digits of each number, money with and without a fraction. */
static void
numbers_are_exact(struct store *store)
{
	static const int64_t numbers[] = {
		0, 1, -1, 9999, 10000, -10001, 99999999, 100000000,
		-100000000, 100000001, 1234567890123456789, INT64_MAX,
		-INT64_MAX, 5000000000000, 12300000000,
	};
	static const time_us times[] = { 0, 1, -1, 946684799999999,
					 946684800000000, 1795417200000001,
					 253402300799999999 };
	struct store_stmt *stmt = NULL;
	struct bulk *bulk;

	if (!OK(begin_load(store, &bulk)))
		return;
	for (size_t i = 0; i < N(numbers); i++) {
		const struct store_value row[] = {
			store_int(numbers[i]), store_null(STORE_TEXT),
			store_time(times[i % N(times)]),
			store_money(numbers[i]), store_bool(i % 2 == 0)
		};

		CHECK(bulk_row(bulk, row) == 0);
	}
	if (!OK(bulk_end(bulk)) || !OK(store_commit(store)) ||
	    !OK(store_prepare(store, "SELECT m, w, b FROM t WHERE i = ?",
			      &stmt)))
		goto out;
	for (size_t i = 0; i < N(numbers); i++) {
		const struct store_value key = store_int(numbers[i]);

		if (!OK(store_start(stmt, &key, 1)) || !OK(store_next(stmt)))
			break;
		CHECK(store_col_money(stmt, 0) == numbers[i]);
		CHECK(store_col_time(stmt, 1) == times[i % N(times)]);
		CHECK(store_col_bool(stmt, 2) == (i % 2 == 0));
		store_reset(stmt);
	}
out:
	store_finish(stmt);
}
ON_BOTH(DB_EMPTY, numbers_are_exact)

static const struct test tests[] = {
	BOTH("numbers are exact", numbers_are_exact),
	BOTH("rows are loaded as they are", rows_are_loaded_as_they_are),
	BOTH("many rows are loaded", many_rows_are_loaded),
	BOTH("records are loaded as they are", records_are_loaded_as_they_are),
	BOTH("a record with a time of no year is refused",
	     a_record_with_a_time_of_no_year_is_refused),
	BOTH("long records are loaded", long_records_are_loaded),
	BOTH("a fallback takes the place of NULL",
	     a_fallback_takes_the_place_of_null),
	BOTH("an error of a row ends the load",
	     an_error_of_a_row_ends_the_load),
	BOTH("a load is given up", a_load_is_given_up),
	BOTH("nothing else is done meanwhile", nothing_else_is_done_meanwhile),
	BOTH("a table that is missing is an error",
	     a_table_that_is_missing_is_an_error),
	BOTH("a time out of range is refused", a_time_out_of_range_is_refused),
};

const struct test_suite suite_bulk = TEST_SUITE("bulk", tests);
