/* test_bulk_merge.c - merges by key, the same on both databases */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/bulk.h"
#include "db/dialect.h"
#include "tests/unit/db_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Merges against a model that takes one row after the other.
 */
static const char merge_sql[] =
    "CREATE TABLE t (k %INT% NOT NULL, l %TEXT% NOT NULL, a %INT%, b %TEXT%,"
    " c %TIME%, d %MONEY%, e %TEXT%, f %INT%, g %INT%, h %BOOL%,"
    " UNIQUE (k, l))";
static const struct bulk_column merged[] = {
	{ "k", STORE_INT, BULK_KEY, NULL, NULL, 0 },
	{ "l", STORE_TEXT, BULK_KEY, NULL, NULL, 0 },
	{ "a", STORE_INT, BULK_FIRST, NULL, NULL, 0 },
	{ "b", STORE_TEXT, BULK_LAST, "'open'", NULL, 0 },
	{ "c", STORE_TIME, BULK_LEAST, NULL, NULL, 0 },
	{ "d", STORE_MONEY, BULK_MOST, NULL, NULL, 0 },
	{ "e", STORE_TEXT, BULK_FIRST, "'x'", NULL, 0 },
	{ "f", STORE_INT, BULK_LEAST, "50", NULL, 0 },
	{ "g", STORE_INT, BULK_MOST, "50", NULL, 0 },
	{ "h", STORE_BOOL, BULK_LEAST, NULL, NULL, 0 },
};
/* The same without fallbacks: SQLite takes several rows at a time then. */
static const struct bulk_column merged_plain[] = {
	{ "k", STORE_INT, BULK_KEY, NULL, NULL, 0 },
	{ "l", STORE_TEXT, BULK_KEY, NULL, NULL, 0 },
	{ "a", STORE_INT, BULK_FIRST, NULL, NULL, 0 },
	{ "b", STORE_TEXT, BULK_LAST, NULL, NULL, 0 },
	{ "c", STORE_TIME, BULK_LEAST, NULL, NULL, 0 },
	{ "d", STORE_MONEY, BULK_MOST, NULL, NULL, 0 },
	{ "e", STORE_TEXT, BULK_FIRST, NULL, NULL, 0 },
	{ "f", STORE_INT, BULK_LEAST, NULL, NULL, 0 },
	{ "g", STORE_INT, BULK_MOST, NULL, NULL, 0 },
	{ "h", STORE_BOOL, BULK_LEAST, NULL, NULL, 0 },
};
#define N_MERGED N(merged)
#define N_KEYS 8
static const char *const texts[] = { "", "open", "x", "y", "z" };

struct model {
	const struct bulk_column *columns; /* merged or merged_plain */
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
fallback_of(const struct model *model, size_t i)
{
	if (model->columns[i].fallback == NULL)
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
			old[i] =
			    row[i].is_null ? fallback_of(model, i) : row[i];
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
		err = bulk_merge_begin(store, "t", model->columns, N_MERGED,
				       &bulk);
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
check_merges(struct store *store, const struct bulk_column *how, uint64_t seed,
	     const size_t *sizes, size_t n_sizes)
{
	struct model model = { .columns = how };
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
		check_merges(store, merged, seed, growing, N(growing));
		check_merges(store, merged, seed, falling, N(falling));
		check_merges(store, merged_plain, seed, growing, N(growing));
		check_merges(store, merged_plain, seed, falling, N(falling));
	}
}
ON_BOTH(DB_EMPTY, merges_take_effect_row_by_row)

static void
a_merge_goes_with_what_is_there(struct store *store)
{
	static const size_t sizes[] = { 12, 9 };

	if (OK(dialect_exec(store, merge_sql)))
		check_merges(store, merged, 20261123, sizes, N(sizes));
}
ON_BOTH(DB_EMPTY, a_merge_goes_with_what_is_there)

/* k, l: the key; a: what should be there; c: what should not be yet. */
static const struct bulk_column careful[] = {
	{ "k", STORE_INT, BULK_KEY, NULL, NULL, 0 },
	{ "l", STORE_TEXT, BULK_KEY, NULL, NULL, 0 },
	{ "a", STORE_INT, BULK_THERE, NULL, NULL, 0 },
	{ "c", STORE_TIME, BULK_UNSET, NULL, NULL, 0 },
	{ "b", STORE_TEXT, BULK_LAST, NULL, NULL, 0 },
};

/* n rows 1, 2 ... of a = k, c = k, b = text; in a transaction. */
static int
merge_carefully(struct store *store, int64_t n, const char *text, bool with_a,
		int64_t *n_left)
{
	struct bulk *bulk;
	int err = store_begin(store);

	if (err == 0)
		err = bulk_merge_begin(store, "t", careful, N(careful), &bulk);
	for (int64_t i = 1; i <= n && err == 0; i++) {
		const struct store_value row[] = {
			store_int(i), store_text("l"),
			with_a ? store_int(i) : store_null(STORE_INT),
			store_time(i), store_text(text)
		};

		err = bulk_row(bulk, row);
		if (err != 0)
			bulk_abort(bulk);
	}
	if (err == 0)
		err = bulk_end_merge(bulk, n_left);
	if (err == 0)
		return store_commit(store);
	store_rollback(store);
	return err;
}

static void
a_careful_merge_leaves_what_is_not_as_expected(struct store *store)
{
	static const int64_t sizes[] = { 5, 16, 37 };
	char expected[40];
	int64_t n_left;

	if (!OK(dialect_exec(store, merge_sql)))
		return;
	for (size_t i = 0; i < N(sizes); i++) {
		int64_t n = sizes[i];

		if (!OK(store_exec(store, "DELETE FROM t")) ||
		    !OK(merge_carefully(store, n, "new", true, &n_left)))
			return;
		CHECK(n_left == 0);
		/* 1 is as expected, 2 not known, 3 has it; the rest has c. */
		if (!OK(store_exec(store, "UPDATE t SET c = NULL WHERE k < 4;"
					  "UPDATE t SET a = NULL WHERE k = 2;"
					  "UPDATE t SET a = 99 WHERE k = 3;"
					  "DELETE FROM t WHERE k = 5")) ||
		    !OK(merge_carefully(store, n, "again", true, &n_left)))
			return;
		CHECK(n_left == n - 3);
		ROWS(store,
		     "SELECT k, a, b, c IS NULL FROM t WHERE k < 6 ORDER BY k",
		     "iisb",
		     "1|1|again|false\n2|-|new|true\n3|99|again|false\n"
		     "4|4|new|false\n5|5|again|false");
		/* Who does not know a does not ask for it. */
		if (!OK(merge_carefully(store, 2, "third", false, &n_left)))
			return;
		CHECK(n_left == 1);
		ROWS(store, "SELECT a, b FROM t WHERE k = 2", "is", "-|third");
		snprintf(expected, sizeof(expected), "%" PRId64, n);
		ROWS(store, "SELECT count(*) FROM t", "i", expected);
	}
}
ON_BOTH(DB_EMPTY, a_careful_merge_leaves_what_is_not_as_expected)

/* b goes by who knows a. */
static const struct bulk_column by_a[] = {
	{ "k", STORE_INT, BULK_KEY, NULL, NULL, 0 },
	{ "l", STORE_TEXT, BULK_KEY, NULL, NULL, 0 },
	{ "a", STORE_INT, BULK_FIRST, NULL, NULL, 0 },
	{ "b", STORE_TEXT, BULK_BY, NULL, "a", 0 },
};
static const struct bulk_column there_by_a[] = {
	{ "k", STORE_INT, BULK_KEY, NULL, NULL, 0 },
	{ "l", STORE_TEXT, BULK_KEY, NULL, NULL, 0 },
	{ "b", STORE_TEXT, BULK_THERE, NULL, "a", 0 },
	{ "g", STORE_INT, BULK_LAST, NULL, NULL, 0 },
};

/* What is there, what comes, what becomes of it; a = 0 is not known. */
static const struct {
	int64_t old_a;
	const char *old_b;
	int64_t new_a;
	const char *new_b, *expected;
} known_by[] = {
	{ 0, "m", 0, "n", "m" },   { 0, "n", 0, "m", "m" },
	{ 0, NULL, 0, "n", "n" },  { 0, "n", 0, NULL, "n" },
	{ 0, "m", 1, "n", "n" },   { 0, "n", 1, "m", "m" },
	{ 0, "m", 1, NULL, "m" },  { 1, "n", 0, "m", "n" },
	{ 1, NULL, 0, "m", "m" },  { 1, "n", 2, "m", "n" },
	{ 1, NULL, 2, "m", "m" },  { 1, "n", 2, NULL, "n" },
	{ 0, NULL, 1, NULL, "-" }, { 0, "", 0, "n", "" },
};

static struct store_value
int_or_null(int64_t n)
{
	return n != 0 ? store_int(n) : store_null(STORE_INT);
}

static void
who_knows_better_has_its_say(struct store *store)
{
	struct bulk *bulk;
	int64_t n_left;

	if (!OK(dialect_exec(store, merge_sql)))
		return;
	for (size_t i = 0; i < N(known_by); i++) {
		const struct store_value before[] = {
			store_int(1), store_text("l"),
			int_or_null(known_by[i].old_a),
			store_text(known_by[i].old_b)
		};
		const struct store_value row[] = {
			store_int(1), store_text("l"),
			int_or_null(known_by[i].new_a),
			store_text(known_by[i].new_b)
		};
		const struct store_value there[] = { row[0], row[1], row[3],
						     row[0] };

		char what[20];

		snprintf(what, sizeof(what), "row %zu", i);
		test_row(what);
		if (!OK(store_exec(store, "DELETE FROM t")) ||
		    !OK(store_run_once(store,
			       "INSERT INTO t (k, l, a, b) VALUES (?, ?, ?, ?)",
			       before, 4)) ||
		    !OK(store_begin(store)) ||
		    !OK(bulk_merge_begin(store, "t", there_by_a, N(there_by_a),
					 &bulk)) ||
		    !OK(bulk_row(bulk, there)) ||
		    !OK(bulk_end_merge(bulk, &n_left)))
			return;
		CHECK((n_left == 0) ==
		      (known_by[i].old_a != 0 && (known_by[i].old_b != NULL ||
						  known_by[i].new_b == NULL)));
		if (!OK(bulk_merge_begin(store, "t", by_a, N(by_a), &bulk)) ||
		    !OK(bulk_row(bulk, row)) || !OK(bulk_end(bulk)) ||
		    !OK(store_commit(store)))
			return;
		ROWS(store, "SELECT b FROM t", "s", known_by[i].expected);
	}
}
ON_BOTH(DB_EMPTY, who_knows_better_has_its_say)

/* More kinds than are kept, and the first again; a table changes meanwhile. */
static void
many_kinds_of_merges(struct store *store)
{
	struct bulk_column how[3] = { merged_plain[0], merged_plain[1] };
	struct bulk *bulk;

	if (!OK(dialect_exec(store, merge_sql)))
		return;
	for (size_t i = 0; i < 24; i++) {
		const struct store_value row[] = {
			store_int(1), store_text("l"),
			store_null(merged[2 + i % 8].type)
		};

		how[2] = merged_plain[2 + i % 8];
		how[2].rule = i < 12 ? BULK_FIRST : BULK_LAST;
		if (i == 20 &&
		    !OK(store_exec(store, "ALTER TABLE t ADD z int")))
			return;
		if (!OK(store_begin(store)) ||
		    !OK(bulk_merge_begin(store, "t", how, 3, &bulk)))
			return;
		CHECK(bulk_row(bulk, row) == 0);
		CHECK(bulk_end(bulk) == 0);
		CHECK(store_commit(store) == 0);
	}
	ROWS(store, "SELECT k, l, z FROM t", "isi", "1|l|-");
}
ON_BOTH(DB_EMPTY, many_kinds_of_merges)

/* A row of many is refused: so is the merge, at the latest at its end. */
static void
one_row_of_many_is_refused(struct store *store)
{
	struct bulk *bulk;

	if (!OK(dialect_exec(store, merge_sql)) ||
	    !OK(store_exec(store, "CREATE UNIQUE INDEX t_f ON t (f)")))
		return;
	for (int64_t bad = 3; bad < 20; bad += 14) {
		int err = 0;

		if (!OK(store_begin(store)) ||
		    !OK(bulk_merge_begin(store, "t", merged_plain, N_MERGED,
					 &bulk)))
			return;
		for (int64_t i = 0; i < 20 && err == 0; i++) {
			struct store_value row[N_MERGED];

			for (size_t k = 0; k < N_MERGED; k++)
				row[k] = store_null(merged_plain[k].type);
			row[0] = store_int(i);
			row[1] = store_text("l");
			row[7] = store_int(i == bad ? 0 : i);
			err = bulk_row(bulk, row);
		}
		CHECK(bulk_end(bulk) != 0);
		CHECK(store_commit(store) == ERR_DB);
		ROWS(store, "SELECT count(*) FROM t", "i", "0");
	}
}
ON_BOTH(DB_EMPTY, one_row_of_many_is_refused)

static const struct bulk_column only_keys[] = {
	{ "k", STORE_INT, BULK_KEY, NULL, NULL, 0 },
	{ "l", STORE_TEXT, BULK_KEY, NULL, NULL, 0 },
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
	BOTH_ONCE("a careful merge leaves what is not as expected",
		  a_careful_merge_leaves_what_is_not_as_expected),
	BOTH_ONCE("who knows better has its say", who_knows_better_has_its_say),
	BOTH_ONCE("many kinds of merges", many_kinds_of_merges),
	BOTH("one row of many is refused", one_row_of_many_is_refused),
	BOTH_ONCE("merges take effect row by row",
		  merges_take_effect_row_by_row),
	BOTH("a merge goes with what is there",
	     a_merge_goes_with_what_is_there),
	BOTH("a merge of keys alone adds what is new",
	     a_merge_of_keys_alone_adds_what_is_new),
	BOTH("a key must not be NULL", a_key_must_not_be_null),
	BOTH("merges follow each other in a transaction",
	     merges_follow_each_other_in_a_transaction),
};

const struct test_suite suite_bulk_merge = TEST_SUITE("bulk_merge", tests);
