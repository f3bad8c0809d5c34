/*
 * db_help.h - the same tests on both databases
 *
 * A test is a function of a store. ON_BOTH makes a test for SQLite of it, and
 * one for PostgreSQL that is skipped unless LCR_TEST_PG is set; BOTH puts the
 * two into the suite's table.
 */
#ifndef TESTS_UNIT_DB_HELP_H
#define TESTS_UNIT_DB_HELP_H

#include "db/store.h"
#include "tests/unit/harness.h"

enum db_content {
	DB_EMPTY,  /* no tables at all */
	DB_TABLES, /* those of the schema, without rows */
};

typedef void db_test(struct store *store);

/* Made once per program, outside the allocation sweep: a file and, with
 * LCR_TEST_PG, two schemas. */
int db_help_start(void);
void db_help_stop(void);

void db_on_sqlite(enum db_content content, db_test *test);
void db_on_postgresql(enum db_content content, db_test *test);

#define ON_POSTGRESQL(content, test)             \
	static void test##_postgresql(void)      \
	{                                        \
		db_on_postgresql(content, test); \
	}
#define ON_BOTH(content, test)               \
	static void test##_sqlite(void)      \
	{                                    \
		db_on_sqlite(content, test); \
	}                                    \
	ON_POSTGRESQL(content, test)
#define BOTH(title, test)                                                 \
	{ .name = title ", in SQLite", .run = test##_sqlite },            \
	{                                                                 \
		.name = title ", in PostgreSQL", .run = test##_postgresql \
	}

/* The same without the allocation sweep, where that would take minutes. */
#define BOTH_ONCE(title, test)                                             \
	{ .name = title ", in SQLite",                                     \
	  .run = test##_sqlite,                                            \
	  .no_sweep = true },                                              \
	{                                                                  \
		.name = title ", in PostgreSQL", .run = test##_postgresql, \
		.no_sweep = true                                           \
	}

/* The url of the store of the running test, for a second connection. */
const char *db_url(void);
/* The LCR_TEST_PG connection, of a superuser; NULL without. */
struct store *db_admin(void);

/*
 * All rows of a query as text: columns by their types, one letter each (i
 * int, s text, t time in microseconds, m money, b bool), joined by '|', NULL
 * as '-', rows joined by '\n'. 0, ERR_SPACE or the store's error.
 */
int db_rows(struct store *store, const char *sql, const char *types, char *out,
	    size_t cap);
bool db_check_rows(struct store *store, const char *sql, const char *types,
		   const char *expected, const char *file, int line);
#define ROWS(store, sql, types, expected) \
	db_check_rows(store, sql, types, expected, __FILE__, __LINE__)

/* Write text to a file of that name in the test's directory; its path is in
 * out[cap], which is returned. */
const char *db_file(const char *name, const char *text, char *out, size_t cap);

#endif
