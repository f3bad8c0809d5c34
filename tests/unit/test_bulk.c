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

/*
 * Merges against a model that takes one row after the other.
 */
static const char merge_sql[] =
    "CREATE TABLE t (k %INT% NOT NULL, l %TEXT% NOT NULL, a %INT%, b %TEXT%,"
    " c %TIME%, d %MONEY%, e %TEXT%, f %INT%, g %INT%, h %BOOL%,"
    " UNIQUE (k, l))";
static const struct bulk_column merged[] = {
	{ "k", STORE_INT, BULK_KEY, NULL },
	{ "l", STORE_TEXT, BULK_KEY, NULL },
	{ "a", STORE_INT, BULK_FIRST, NULL },
	{ "b", STORE_TEXT, BULK_LAST, "'open'" },
	{ "c", STORE_TIME, BULK_LEAST, NULL },
	{ "d", STORE_MONEY, BULK_MOST, NULL },
	{ "e", STORE_TEXT, BULK_FIRST, "'x'" },
	{ "f", STORE_INT, BULK_LEAST, "50" },
	{ "g", STORE_INT, BULK_MOST, "50" },
	{ "h", STORE_BOOL, BULK_LEAST, NULL },
};
#define N_MERGED N(merged)
#define N_KEYS 8
static const char *const texts[] = { "", "open", "x", "y", "z" };

struct model {
	bool there[N_KEYS];
	struct store_value rows[N_KEYS][N_MERGED];
};

static uint64_t
draw(uint64_t *seed, uint64_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % n;
}

/* Texts are among texts[], other values small; one in three is NULL. */
static void
draw_row(uint64_t *seed, struct store_value *row)
{
	uint64_t key = draw(seed, N_KEYS);

	row[0] = store_int((int64_t)(key / 2));
	row[1] = store_text(key % 2 == 0 ? "even" : "odd");
	for (size_t i = 2; i < N_MERGED; i++) {
		row[i] = store_null(merged[i].type);
		if (draw(seed, 3) == 0)
			continue;
		row[i].is_null = false;
		row[i].number = (int64_t)draw(seed, 100);
		if (merged[i].type == STORE_BOOL)
			row[i].number %= 2;
		if (merged[i].type == STORE_TEXT)
			row[i].text = str_of(texts[draw(seed, N(texts))]);
	}
}

static struct store_value
fallback_of(size_t i)
{
	if (merged[i].fallback == NULL)
		return store_null(merged[i].type);
	if (merged[i].type == STORE_INT)
		return store_int(50);
	return store_text(i == 3 ? "open" : "x");
}

static void
model_value(struct store_value *old, const struct store_value *new,
	    enum bulk_rule rule)
{
	if (new->is_null)
		return;
	if (old->is_null || rule == BULK_LAST ||
	    (rule == BULK_LEAST && new->number < old->number) ||
	    (rule == BULK_MOST && new->number > old->number))
		*old = *new;
}

static void
model_row(struct model *model, const struct store_value *row)
{
	size_t at = (size_t)row[0].number * 2 + (row[1].text.p[0] == 'o');
	struct store_value *old = model->rows[at];

	for (size_t i = 0; i < N_MERGED; i++) {
		if (model->there[at])
			model_value(&old[i], &row[i], merged[i].rule);
		else
			old[i] = row[i].is_null ? fallback_of(i) : row[i];
	}
	model->there[at] = true;
}

static void
model_text(const struct model *model, char *out, size_t cap)
{
	char money[MONEY_TEXT_MAX];
	size_t len = 0;

	out[0] = '\0';
	for (size_t at = 0; at < N_KEYS; at++) {
		if (!model->there[at])
			continue;
		for (size_t i = 0; i < N_MERGED; i++) {
			const struct store_value *v = &model->rows[at][i];
			const char *sep = i > 0 ? "|" : len > 0 ? "\n" : "";

			len +=
			    (size_t)snprintf(out + len, cap - len, "%s", sep);
			if (v->is_null)
				snprintf(out + len, cap - len, "-");
			else if (v->type == STORE_TEXT)
				snprintf(out + len, cap - len, "%.*s",
					 STR_ARG(v->text));
			else if (v->type == STORE_MONEY)
				snprintf(out + len, cap - len, "%s",
					 money_format(v->number, 0, money));
			else if (v->type == STORE_BOOL)
				snprintf(out + len, cap - len, "%s",
					 v->number != 0 ? "true" : "false");
			else
				snprintf(out + len, cap - len, "%" PRId64,
					 v->number);
			len += strlen(out + len);
		}
	}
}

/* One merge of n rows, in the store and in the model. */
static int
merge_rows(struct store *store, struct model *model, uint64_t *seed, size_t n)
{
	struct store_value row[N_MERGED];
	struct bulk *bulk = NULL;
	int err = store_begin(store);

	if (err == 0)
		err = bulk_merge_begin(store, "t", merged, N_MERGED, &bulk);
	for (size_t i = 0; i < n && err == 0; i++) {
		draw_row(seed, row);
		model_row(model, row);
		err = bulk_row(bulk, row);
	}
	if (err != 0)
		bulk_abort(bulk);
	else
		err = bulk_end(bulk);
	if (err == 0)
		return store_commit(store);
	store_rollback(store);
	return err;
}

static void
check_merges(struct store *store, uint64_t seed, const size_t *sizes,
	     size_t n_sizes)
{
	struct model model = { .there = { false } };
	char expected[8192], name[60];

	if (!OK(store_exec(store, "DELETE FROM t")))
		return;
	for (size_t i = 0; i < n_sizes; i++) {
		snprintf(name, sizeof(name), "seed %" PRIu64 ", merge %zu",
			 seed, i);
		test_row(name);
		if (!OK(merge_rows(store, &model, &seed, sizes[i])))
			return;
		model_text(&model, expected, sizeof(expected));
		ROWS(store,
		     "SELECT k, l, a, b, c, d, e, f, g, h FROM t"
		     " ORDER BY k, l",
		     "isistmsiib", expected);
	}
}

static void
merges_take_effect_row_by_row(struct store *store)
{
	static const size_t growing[] = { 1, 2, 0, 5, 3, 20, 1, 40, 90 };
	static const size_t falling[] = { 60, 7, 1 };

	if (!OK(dialect_exec(store, merge_sql)))
		return;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		check_merges(store, seed, growing, N(growing));
		check_merges(store, seed, falling, N(falling));
	}
}
ON_BOTH(DB_EMPTY, merges_take_effect_row_by_row)

static void
a_merge_goes_with_what_is_there(struct store *store)
{
	static const size_t sizes[] = { 12, 9 };

	if (OK(dialect_exec(store, merge_sql)))
		check_merges(store, 20261123, sizes, N(sizes));
}
ON_BOTH(DB_EMPTY, a_merge_goes_with_what_is_there)

static const struct bulk_column only_keys[] = {
	{ "k", STORE_INT, BULK_KEY, NULL },
	{ "l", STORE_TEXT, BULK_KEY, NULL },
};

static void
a_merge_of_keys_alone_adds_what_is_new(struct store *store)
{
	struct bulk *bulk;

	if (!OK(dialect_exec(store, merge_sql)))
		return;
	for (int64_t from = 1; from <= 2; from++) {
		if (!OK(store_begin(store)) ||
		    !OK(bulk_merge_begin(store, "t", only_keys, 2, &bulk)))
			return;
		for (int64_t i = from; i < from + 3; i++) {
			const struct store_value row[] = { store_int(i),
							   store_text("l") };

			CHECK(bulk_row(bulk, row) == 0);
			CHECK(bulk_row(bulk, row) == 0);
		}
		CHECK(bulk_end(bulk) == 0);
		CHECK(store_commit(store) == 0);
	}
	ROWS(store, "SELECT k FROM t ORDER BY k", "i", "1\n2\n3\n4");
}
ON_BOTH(DB_EMPTY, a_merge_of_keys_alone_adds_what_is_new)

static void
a_key_must_not_be_null(struct store *store)
{
	const struct store_value row[] = { store_int(1),
					   store_null(STORE_TEXT) };
	struct bulk *bulk;

	if (!OK(dialect_exec(store, merge_sql)) || !OK(store_begin(store)) ||
	    !OK(bulk_merge_begin(store, "t", only_keys, 2, &bulk)))
		return;
	CHECK(bulk_row(bulk, row) == ERR_DB);
	CHECK(strstr(store_error(store), "column l is NULL") != NULL);
	CHECK(bulk_end(bulk) == ERR_DB);
	CHECK(strstr(store_error(store), "column l is NULL") != NULL);
	store_rollback(store);
}
ON_BOTH(DB_EMPTY, a_key_must_not_be_null)

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

/* Two merges in one transaction, as for records and their attempts. */
static void
merges_follow_each_other_in_a_transaction(struct store *store)
{
	struct bulk *bulk;

	if (!OK(dialect_exec(store, merge_sql)) || !OK(store_begin(store)))
		return;
	for (int64_t i = 1; i <= 3; i++) {
		const struct store_value row[] = { store_int(i),
						   store_text("l") };

		if (!OK(bulk_merge_begin(store, "t", only_keys, 2, &bulk)))
			return;
		CHECK(bulk_row(bulk, row) == 0);
		CHECK(bulk_end(bulk) == 0);
		/* What an earlier merge brought must not come back. */
		if (i == 1)
			CHECK(store_exec(store, "DELETE FROM t") == 0);
	}
	CHECK(store_commit(store) == 0);
	ROWS(store, "SELECT k FROM t ORDER BY k", "i", "2\n3");
}
ON_BOTH(DB_EMPTY, merges_follow_each_other_in_a_transaction)

static const struct test tests[] = {
	BOTH("rows are loaded as they are", rows_are_loaded_as_they_are),
	BOTH("many rows are loaded", many_rows_are_loaded),
	BOTH("a fallback takes the place of NULL",
	     a_fallback_takes_the_place_of_null),
	BOTH("an error of a row ends the load",
	     an_error_of_a_row_ends_the_load),
	BOTH("a load is given up", a_load_is_given_up),
	BOTH("nothing else is done meanwhile", nothing_else_is_done_meanwhile),
	BOTH("a table that is missing is an error",
	     a_table_that_is_missing_is_an_error),
	BOTH_ONCE("merges take effect row by row",
		  merges_take_effect_row_by_row),
	BOTH("a merge goes with what is there",
	     a_merge_goes_with_what_is_there),
	BOTH("a merge of keys alone adds what is new",
	     a_merge_of_keys_alone_adds_what_is_new),
	BOTH("a key must not be NULL", a_key_must_not_be_null),
	BOTH("a time out of range is refused", a_time_out_of_range_is_refused),
	BOTH("merges follow each other in a transaction",
	     merges_follow_each_other_in_a_transaction),
};

const struct test_suite suite_bulk = TEST_SUITE("bulk", tests);
