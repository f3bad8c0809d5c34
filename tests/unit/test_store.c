/* test_store.c - the store's promises, the same on both databases */
#include "db/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/dialect.h"
#include "tests/unit/db_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* 9999-12-31T23:59:59.999999Z and 0001-01-01T00:00:00Z */
#define LAST_US INT64_C(253402300799999999)
#define FIRST_US (INT64_C(-62135596800) * US_PER_S)

static const char table_sql[] =
    "CREATE TABLE t (i %INT% UNIQUE, s %TEXT%, w %TIME%, m %MONEY%, b %BOOL%)";
static const char insert_sql[] =
    "INSERT INTO t (i, s, w, m, b) VALUES (?, ?, ?, ?, ?)";
static const char select_sql[] = "SELECT i, s, w, m, b FROM t ORDER BY i";

static int
insert(struct store *store, int64_t i, const char *s, time_us w, money_e8 m,
       bool b)
{
	const struct store_value row[] = { store_int(i), store_text(s),
					   store_time(w), store_money(m),
					   store_bool(b) };

	return store_run_once(store, insert_sql, row, N(row));
}

/* n rows with i from 1. */
static int
fill(struct store *store, int64_t n)
{
	struct store_value i[] = { store_int(0) };
	struct store_stmt *stmt;
	int err = dialect_exec(store, table_sql);

	if (err == 0)
		err = store_begin(store);
	if (err == 0)
		err =
		    store_prepare(store, "INSERT INTO t (i) VALUES (?)", &stmt);
	if (err != 0)
		return err;
	while (err == 0 && i[0].number < n) {
		i[0].number++;
		err = store_run(stmt, i, 1);
	}
	store_finish(stmt);
	return err == 0 ? store_commit(store) : err;
}

static void
values_come_back_as_they_went_in(struct store *store)
{
	const struct store_value nulls[] = { store_null(STORE_INT),
					     store_null(STORE_TEXT),
					     store_null(STORE_TIME),
					     store_null(STORE_MONEY),
					     store_null(STORE_BOOL) };

	if (!OK(dialect_exec(store, table_sql)) ||
	    !OK(insert(store, 1, "a\tb\\n'\"?\xC3\xA9", 1795000000123456,
		       123456789, true)) ||
	    !OK(insert(store, INT64_MAX, "", LAST_US, INT64_MAX, false)) ||
	    !OK(insert(store, INT64_MIN, "x", FIRST_US, -INT64_MAX, true)) ||
	    !OK(insert(store, 2, "y", -1, -1, true)) ||
	    !OK(insert(store, 3, NULL, 0, 0, true)) ||
	    !OK(store_run_once(store, insert_sql, nulls, N(nulls))))
		return;
	ROWS(store,
	     "SELECT i, s, w, m, b FROM t WHERE i IS NOT NULL ORDER BY i",
	     "istmb",
	     "-9223372036854775808|x|-62135596800000000|-92233720368.54775807|"
	     "true\n"
	     "1|a\tb\\n'\"?\xC3\xA9|1795000000123456|1.23456789|true\n"
	     "2|y|-1|-0.00000001|true\n"
	     "3|-|0|0|true\n"
	     "9223372036854775807||253402300799999999|92233720368.54775807|"
	     "false");
	ROWS(store, "SELECT i, s, w, m, b FROM t WHERE i IS NULL", "istmb",
	     "-|-|-|-|-");
}
ON_BOTH(DB_EMPTY, values_come_back_as_they_went_in)

static void
texts_are_cleaned(struct store *store)
{
	struct store_value row[] = {
		store_int(1),           store_str(str_make("a\0b\xFF", 4)),
		store_null(STORE_TIME), store_null(STORE_MONEY),
		store_null(STORE_BOOL),
	};

	if (!OK(dialect_exec(store, table_sql)) ||
	    !OK(store_run_once(store, insert_sql, row, N(row))))
		return;
	ROWS(store, "SELECT s FROM t", "s",
	     "a\xEF\xBF\xBD"
	     "b\xEF\xBF\xBD");
}
ON_BOTH(DB_EMPTY, texts_are_cleaned)

static void
times_out_of_range_are_refused(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)))
		return;
	CHECK(insert(store, 1, "a", LAST_US + 1, 0, true) == ERR_DB);
	CHECK(strstr(store_error(store), "years 1 to 9999") != NULL);
	CHECK(insert(store, 1, "a", FIRST_US - 1, 0, true) == ERR_DB);
	CHECK(insert(store, 1, "a", INT64_MIN, 0, true) == ERR_DB);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
}
ON_BOTH(DB_EMPTY, times_out_of_range_are_refused)

/* Reading a column as another type must not pass as its zero. */
static void
check_wrong_type(struct store *store, const char *sql, char type)
{
	const char types[] = { type, '\0' };
	char out[200];
	int err = db_rows(store, sql, types, out, sizeof(out));

	test_row(sql);
	CHECK(err == ERR_DB);
	CHECK(strstr(store_error(store), "expected") != NULL);
}

static void
a_value_of_another_type_is_an_error(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)) ||
	    !OK(insert(store, 1, "12", 5, 5, true)))
		return;
	check_wrong_type(store, "SELECT s FROM t", 'i');
	check_wrong_type(store, "SELECT s FROM t", 't');
	check_wrong_type(store, "SELECT s FROM t", 'm');
	check_wrong_type(store, "SELECT s FROM t", 'b');
	check_wrong_type(store, "SELECT i FROM t", 's');
	check_wrong_type(store, "SELECT m FROM t", 's');
	check_wrong_type(store, "SELECT 1.5 FROM t", 'i');
	test_row(NULL);
	ROWS(store, "SELECT i FROM t", "i", "1");
}
ON_BOTH(DB_EMPTY, a_value_of_another_type_is_an_error)

static void
sums_and_counts_are_integers_and_money(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)) ||
	    !OK(insert(store, 1, "a", 0, 150000000, true)) ||
	    !OK(insert(store, 2, "a", 0, 25000000, true)))
		return;
	ROWS(store, "SELECT count(*), sum(i), sum(m), count(*) > 1 FROM t",
	     "iimb", "2|3|1.75|true");
}
ON_BOTH(DB_EMPTY, sums_and_counts_are_integers_and_money)

static void
errors_are_told_apart(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)) ||
	    !OK(insert(store, 1, "a", 0, 0, true)))
		return;
	CHECK(insert(store, 1, "b", 0, 0, true) == ERR_EXISTS);
	CHECK(store_error(store)[0] != '\0');
	CHECK(store_exec(store, "SELEC 1") == ERR_DB);
	CHECK(strstr(store_error(store), "SELEC") != NULL);
	CHECK(strchr(store_error(store), '\n') == NULL);
	CHECK(store_exec(store, "DELETE FROM nosuch") == ERR_DB);
	CHECK(store_run_once(store, "SELECT 1", NULL, 0) == ERR_DB);
	CHECK(strstr(store_error(store), "expected none") != NULL);
	CHECK(!store_is_lost(store));
	ROWS(store, "SELECT s FROM t", "s", "a");
}
ON_BOTH(DB_EMPTY, errors_are_told_apart)

static void
several_statements_run_in_one_exec(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)))
		return;
	CHECK(store_exec(store, "INSERT INTO t (i) VALUES (1);"
				"INSERT INTO t (i) VALUES (2), (3)") == 0);
	CHECK(store_changes(store) == 2);
	CHECK(store_exec(store, "UPDATE t SET s = 'x' WHERE i < 3") == 0);
	CHECK(store_changes(store) == 2);
	CHECK(store_exec(store, "DELETE FROM t") == 0);
	CHECK(store_changes(store) == 3);
	CHECK(store_exec(store, "DELETE FROM t") == 0);
	CHECK(store_changes(store) == 0);
}
ON_BOTH(DB_EMPTY, several_statements_run_in_one_exec)

static void
two_statements_are_not_prepared_as_one(struct store *store)
{
	struct store_stmt *stmt = NULL;
	int err = store_prepare(store, "SELECT 1; SELECT 2", &stmt);

	if (err == 0)
		err = store_start(stmt, NULL, 0);
	if (err == 0)
		err = store_next(stmt);
	CHECK(err == ERR_DB);
	store_finish(stmt);
}
ON_BOTH(DB_EMPTY, two_statements_are_not_prepared_as_one)

static void
check_rollback_while_reading(struct store *store)
{
	struct store_stmt *stmt;

	if (!OK(store_begin(store)))
		return;
	CHECK(store_exec(store, "DELETE FROM t") == 0);
	if (!OK(store_prepare(store, "SELECT 1 UNION ALL SELECT 2", &stmt))) {
		store_rollback(store);
		return;
	}
	CHECK(store_start(stmt, NULL, 0) == 0);
	CHECK(store_next(stmt) == 0);
	store_rollback(store);
	CHECK(store_next(stmt) == ERR_END);
	store_finish(stmt);
	ROWS(store, "SELECT i FROM t", "i", "2");
}

static void
a_transaction_is_all_or_nothing(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)) || !OK(store_begin(store)))
		return;
	CHECK(insert(store, 1, "a", 0, 0, true) == 0);
	store_rollback(store);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
	if (!OK(store_begin(store)))
		return;
	CHECK(insert(store, 1, "a", 0, 0, true) == 0);
	CHECK(store_begin(store) == ERR_DB);
	CHECK(strstr(store_error(store), "already") != NULL);
	store_rollback(store);
	CHECK(store_begin(store) == 0);
	CHECK(insert(store, 2, "a", 0, 0, true) == 0);
	CHECK(store_commit(store) == 0);
	CHECK(store_commit(store) == ERR_DB);
	store_rollback(store);
	ROWS(store, "SELECT i FROM t", "i", "2");
	check_rollback_while_reading(store);
}
ON_BOTH(DB_EMPTY, a_transaction_is_all_or_nothing)

static void
a_failed_statement_is_not_committed_around(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)) || !OK(store_begin(store)))
		return;
	CHECK(insert(store, 1, "a", 0, 0, true) == 0);
	CHECK(insert(store, 1, "b", 0, 0, true) == ERR_EXISTS);
	CHECK(store_commit(store) == ERR_DB);
	CHECK(strstr(store_error(store), "rolled back") != NULL);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
	/* The next one starts afresh. */
	CHECK(store_begin(store) == 0);
	CHECK(insert(store, 1, "a", 0, 0, true) == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT count(*) FROM t", "i", "1");
}
ON_BOTH(DB_EMPTY, a_failed_statement_is_not_committed_around)

static void
a_savepoint_makes_good_for_a_failure(struct store *store)
{
	if (!OK(dialect_exec(store, table_sql)) || !OK(store_begin(store)))
		return;
	CHECK(insert(store, 1, "a", 0, 0, true) == 0);
	CHECK(store_exec(store, "SAVEPOINT p") == 0);
	CHECK(insert(store, 1, "b", 0, 0, true) == ERR_EXISTS);
	CHECK(store_exec(store, "ROLLBACK TO p") == 0);
	CHECK(insert(store, 2, "c", 0, 0, true) == 0);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT i, s FROM t ORDER BY i", "is", "1|a\n2|c");
}
ON_BOTH(DB_EMPTY, a_savepoint_makes_good_for_a_failure)

static void
one_statement_is_read_at_a_time(struct store *store)
{
	struct store_stmt *a = NULL, *b = NULL;

	if (OK(fill(store, 3)) && OK(store_prepare(store, select_sql, &a)) &&
	    OK(store_prepare(store, select_sql, &b)) &&
	    OK(store_start(a, NULL, 0)) && OK(store_next(a))) {
		CHECK(store_start(b, NULL, 0) == ERR_DB);
		CHECK(strstr(store_error(store), "another statement") != NULL);
		CHECK(store_exec(store, "DELETE FROM t") == ERR_DB);
		CHECK(store_next(a) == 0);
		CHECK(store_col_int(a, 0) == 2);
		store_reset(a);
		CHECK(store_start(b, NULL, 0) == 0);
		CHECK(store_next(b) == 0);
		CHECK(store_col_int(b, 0) == 1);
		/* Started again, it begins at the first row. */
		CHECK(store_start(b, NULL, 0) == 0);
		CHECK(store_next(b) == 0);
		CHECK(store_col_int(b, 0) == 1);
		CHECK(store_next(b) == 0);
		CHECK(store_next(b) == 0);
		CHECK(store_next(b) == ERR_END);
		CHECK(store_next(b) == ERR_END);
		CHECK(store_exec(store, "DELETE FROM t") == 0);
	}
	store_finish(a);
	store_finish(b);
}
ON_BOTH(DB_EMPTY, one_statement_is_read_at_a_time)

static int64_t
read_all(struct store_stmt *stmt, int *err)
{
	int64_t sum = 0;

	while ((*err = store_next(stmt)) == 0)
		sum += store_col_int(stmt, 0);
	return sum;
}

static void
rows_are_streamed_and_may_be_given_up(struct store *store)
{
	struct store_stmt *stmt = NULL;
	int err;

	if (!OK(fill(store, 3000)) ||
	    !OK(store_prepare(store, select_sql, &stmt)))
		goto out;
	CHECK(store_start(stmt, NULL, 0) == 0);
	CHECK(read_all(stmt, &err) == 4501500);
	CHECK(err == ERR_END);
	CHECK(store_start(stmt, NULL, 0) == 0);
	CHECK(store_next(stmt) == 0);
	store_reset(stmt);
	ROWS(store, "SELECT count(*) FROM t", "i", "3000");
	/* Inside a transaction, too, and that goes on. */
	CHECK(store_begin(store) == 0);
	CHECK(store_exec(store, "UPDATE t SET s = 'kept' WHERE i = 1") == 0);
	CHECK(store_start(stmt, NULL, 0) == 0);
	CHECK(store_next(stmt) == 0);
	store_reset(stmt);
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT s FROM t WHERE i = 1", "s", "kept");
out:
	store_finish(stmt);
}
ON_BOTH(DB_EMPTY, rows_are_streamed_and_may_be_given_up)

static void
a_statement_runs_again_with_other_values(struct store *store)
{
	struct store_value value[] = { store_int(2) };
	struct store_stmt *stmt = NULL;
	int err;

	if (!OK(fill(store, 5)) ||
	    !OK(store_prepare(store, "SELECT i FROM t WHERE i >= ? ORDER BY i",
			      &stmt)))
		goto out;
	for (int64_t from = 1; from <= 5; from++) {
		value[0].number = from;
		if (!OK(store_start(stmt, value, 1)))
			goto out;
		CHECK(read_all(stmt, &err) == 15 - from * (from - 1) / 2);
		CHECK(err == ERR_END);
	}
	value[0] = store_null(STORE_INT);
	CHECK(store_start(stmt, value, 1) == 0);
	CHECK(store_next(stmt) == ERR_END);
	CHECK(store_start(stmt, value, 0) == ERR_DB);
	CHECK(strstr(store_error(store), "expected 1") != NULL);
out:
	store_finish(stmt);
}
ON_BOTH(DB_EMPTY, a_statement_runs_again_with_other_values)

static void
marks_inside_literals_are_no_parameters(struct store *store)
{
	const struct store_value value[] = { store_text("?") };
	struct store_stmt *stmt = NULL;

	if (OK(store_prepare(store, "SELECT '?' || ? -- ?", &stmt)) &&
	    OK(store_start(stmt, value, 1)) && OK(store_next(stmt)))
		CHECK(str_eq_text(store_col_text(stmt, 0), "??"));
	store_finish(stmt);
}
ON_BOTH(DB_EMPTY, marks_inside_literals_are_no_parameters)

static void
one_integer_is_got_at_once(struct store *store)
{
	const struct store_value two[] = { store_int(2) };
	int64_t n = 7;

	if (!OK(fill(store, 3)))
		return;
	CHECK(store_get_int(store, "SELECT count(*) FROM t WHERE i >= ?", two,
			    1, &n) == 0);
	CHECK(n == 2);
	CHECK(store_get_int(store, "SELECT i FROM t WHERE i < 0", NULL, 0,
			    &n) == ERR_NOTFOUND);
	CHECK(store_get_int(store, "SELECT 'a'", NULL, 0, &n) == ERR_DB);
	CHECK(store_get_int(store, "SELECT nosuch", NULL, 0, &n) == ERR_DB);
}
ON_BOTH(DB_EMPTY, one_integer_is_got_at_once)

/* The url of the running test, opened with flags. */
static int
open_second(unsigned flags, struct store **out)
{
	char error[STORE_ERROR_MAX];

	return store_open(db_url(), flags, out, error);
}

static void
a_read_only_store_sees_one_state(struct store *store)
{
	struct store *reader = NULL;

	if (!OK(fill(store, 3)) || !OK(open_second(STORE_READ_ONLY, &reader)))
		return;
	CHECK(store_exec(reader, "DELETE FROM t") == ERR_DB);
	CHECK(store_begin(reader) == 0);
	ROWS(reader, "SELECT count(*) FROM t", "i", "3");
	CHECK(store_exec(store, "DELETE FROM t WHERE i = 1") == 0);
	ROWS(reader, "SELECT count(*) FROM t", "i", "3");
	CHECK(store_commit(reader) == 0);
	ROWS(reader, "SELECT count(*) FROM t", "i", "2");
	store_close(reader);
}
ON_BOTH(DB_EMPTY, a_read_only_store_sees_one_state)

static const char *
impatient_sql(const struct store *store)
{
	return store_dialect(store) == STORE_SQLITE
		   ? "PRAGMA busy_timeout = 20"
		   : "SET lock_timeout = '20ms'";
}

static void
somebody_elses_lock_is_a_conflict(struct store *store)
{
	struct store *other = NULL;
	int err;

	if (!OK(fill(store, 1)) || !OK(open_second(0, &other)))
		return;
	CHECK(store_exec(other, impatient_sql(other)) == 0);
	CHECK(store_begin(store) == 0);
	CHECK(store_exec(store, "UPDATE t SET s = 'a'") == 0);
	err = store_begin(other);
	if (err == 0)
		err = store_exec(other, "UPDATE t SET s = 'b'");
	CHECK(err == ERR_CONFLICT);
	store_rollback(other);
	CHECK(store_commit(store) == 0);
	/* Tried again, it goes through. */
	CHECK(store_begin(other) == 0);
	CHECK(store_exec(other, "UPDATE t SET s = 'b'") == 0);
	CHECK(store_commit(other) == 0);
	ROWS(store, "SELECT s FROM t", "s", "b");
	store_close(other);
}
ON_BOTH(DB_EMPTY, somebody_elses_lock_is_a_conflict)

static const struct refusal {
	const char *url;
	int err;
	const char *says;
} refusals[] = {
	{ "", ERR_INVAL, "expected sqlite:PATH" },
	{ "lcr.db", ERR_INVAL, "expected sqlite:PATH" },
	{ "mysql://u:sesame@h/d", ERR_INVAL, "\"mysql...\"" },
	{ "host=h password=sesame", ERR_INVAL, "\"host...\"" },
	{ "sqlite:", ERR_INVAL, "expected a path" },
	{ "sqlite:/nosuch/lcr.db", ERR_NOTFOUND, "/nosuch/lcr.db" },
	{ "postgresql:host=h sesame", ERR_INVAL, "connection string" },
	{ "postgresql://u:ses%zzame@h/d", ERR_INVAL, "connection string" },
	{ "postgresql:nosuch=sesame", ERR_INVAL, "connection string" },
	{ "postgresql://u:sesame@127.0.0.1:1/d", ERR_DB,
	  "host=127.0.0.1 port=1 dbname=d user=u" },
	{ "postgresql:host=/nosuch port=1 user=u password=sesame", ERR_DB,
	  "host=/nosuch" },
};

static void
open_says_why_without_the_password(void)
{
	for (size_t i = 0; i < N(refusals); i++) {
		const struct refusal *r = &refusals[i];
		char error[STORE_ERROR_MAX];
		struct store *store;
		int err = store_open(r->url, 0, &store, error);

		test_row(r->url);
		CHECK(err == r->err);
		CHECK(store == NULL);
		CHECK(strstr(error, r->says) != NULL);
		CHECK(strstr(error, "sesame") == NULL);
		CHECK(strstr(error, "same") == NULL);
		CHECK(strchr(error, '\n') == NULL);
	}
}

static const struct test tests[] = {
	BOTH("values come back as they went in",
	     values_come_back_as_they_went_in),
	BOTH("texts are cleaned", texts_are_cleaned),
	BOTH("times out of range are refused", times_out_of_range_are_refused),
	BOTH("a value of another type is an error",
	     a_value_of_another_type_is_an_error),
	BOTH("sums and counts are integers and money",
	     sums_and_counts_are_integers_and_money),
	BOTH("errors are told apart", errors_are_told_apart),
	BOTH("several statements run in one exec",
	     several_statements_run_in_one_exec),
	BOTH("two statements are not prepared as one",
	     two_statements_are_not_prepared_as_one),
	BOTH("a transaction is all or nothing",
	     a_transaction_is_all_or_nothing),
	BOTH("a failed statement is not committed around",
	     a_failed_statement_is_not_committed_around),
	BOTH("a savepoint makes good for a failure",
	     a_savepoint_makes_good_for_a_failure),
	BOTH("one statement is read at a time",
	     one_statement_is_read_at_a_time),
	BOTH_ONCE("rows are streamed and may be given up",
		  rows_are_streamed_and_may_be_given_up),
	BOTH("a statement runs again with other values",
	     a_statement_runs_again_with_other_values),
	BOTH("marks inside literals are no parameters",
	     marks_inside_literals_are_no_parameters),
	BOTH("one integer is got at once", one_integer_is_got_at_once),
	BOTH("a read-only store sees one state",
	     a_read_only_store_sees_one_state),
	BOTH("somebody else's lock is a conflict",
	     somebody_elses_lock_is_a_conflict),
	{ .name = "open says why, without the password",
	  .run = open_says_why_without_the_password },
};

const struct test_suite suite_store = TEST_SUITE("store", tests);
