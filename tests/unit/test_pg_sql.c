/* test_pg_sql.c - '?' to $1, $2 ... */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/pg.h"
#include "tests/unit/harness.h"

static const struct row {
	const char *sql, *expected; /* NULL: the same */
	size_t n;
} rows[] = {
	{ "SELECT 1", NULL, 0 },
	{ "?", "$1", 1 },
	{ "SELECT ?, ? + ?", "SELECT $1, $2 + $3", 3 },
	{ "?,?,?,?,?,?,?,?,?,?,?", "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11", 11 },
	{ "'?' || ?", "'?' || $1", 1 },
	{ "'it''s ?' || ?", "'it''s ?' || $1", 1 },
	{ "'\\' || ? || '?'", "'\\' || $1 || '?'", 1 },
	{ "E'\\'?' || ?", "E'\\'?' || $1", 1 },
	{ "table'?\\'?", "table'?\\'$1", 1 },
	{ "\"?\".\"a\"\"?\" = ?", "\"?\".\"a\"\"?\" = $1", 1 },
	{ "? -- why?\n+ ?", "$1 -- why?\n+ $2", 2 },
	{ "? /* ? /* ? */ ? */ + ?", "$1 /* ? /* ? */ ? */ + $2", 2 },
	{ "? - ? / ?", "$1 - $2 / $3", 3 },
	{ "$$?$$ || ?", "$$?$$ || $1", 1 },
	{ "$a$ ? $b$ ? $a$ || ?", "$a$ ? $b$ ? $a$ || $1", 1 },
	{ "'left open ?", NULL, 0 },
	{ "\"left open ?", NULL, 0 },
	{ "/* left open ?", NULL, 0 },
	{ "-- to the end ?", NULL, 0 },
	{ "$x$ left open ?", NULL, 0 },
	{ "$ ?", "$ $1", 1 },
};

static void
parameters_are_numbered_outside_of_literals(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *expected = rows[i].expected;
		size_t n;
		char *sql = pg_sql_number(rows[i].sql, &n);

		test_row(rows[i].sql);
		if (!OK(sql == NULL ? ERR_NOMEM : 0))
			continue;
		if (expected == NULL)
			expected = rows[i].sql;
		CHECK(strcmp(sql, expected) == 0);
		CHECK(n == rows[i].n);
		mem_free(sql);
	}
}

static const struct test tests[] = {
	{ .name = "parameters are numbered outside of literals",
	  .run = parameters_are_numbered_outside_of_literals },
};

const struct test_suite suite_pg_sql = TEST_SUITE("pg_sql", tests);
