/* test_dialect.c - one SQL text for both databases */
#include "db/dialect.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/unit/harness.h"

static const struct row {
	const char *sql, *sqlite, *postgresql;
} rows[] = {
	{ "SELECT 1", "SELECT 1", "SELECT 1" },
	{ "", "", "" },
	{ "%INT%", "INTEGER", "bigint" },
	{ "a %TEXT%, b %TIME%", "a TEXT, b INTEGER",
	  "a text COLLATE \"C\", b timestamptz" },
	{ "%MONEY%%BOOL%", "INTEGERINTEGER", "numeric(20,8)boolean" },
	{ "%DURATION%", "end_time - answer_time",
	  "(extract(epoch FROM end_time - answer_time) * 1000000)::bigint" },
};

static void
check(enum store_dialect dialect, const char *sql, const char *expected)
{
	char *text;

	test_row(sql);
	if (!OK(dialect_expand(dialect, sql, &text)))
		return;
	CHECK(strcmp(text, expected) == 0);
	mem_free(text);
}

static void
words_become_what_the_database_calls_them(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(STORE_SQLITE, rows[i].sql, rows[i].sqlite);
		check(STORE_POSTGRESQL, rows[i].sql, rows[i].postgresql);
	}
}

static void
types_have_the_words_of_columns(void)
{
	CHECK(strcmp(dialect_type(STORE_SQLITE, STORE_TIME), "INTEGER") == 0);
	CHECK(strcmp(dialect_type(STORE_POSTGRESQL, STORE_TIME),
		     "timestamptz") == 0);
	CHECK(strcmp(dialect_type(STORE_POSTGRESQL, STORE_MONEY),
		     "numeric(20,8)") == 0);
}

static const struct test tests[] = {
	{ .name = "words become what the database calls them",
	  .run = words_become_what_the_database_calls_them },
	{ .name = "types have the words of columns",
	  .run = types_have_the_words_of_columns,
	  .no_sweep = true },
};

const struct test_suite suite_dialect = TEST_SUITE("dialect", tests);
