/* db.c - the unit tests of db/, one suite per source file */
#include "tests/unit/db_help.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_bulk;
extern const struct test_suite suite_dialect;
extern const struct test_suite suite_pg_sql;
extern const struct test_suite suite_postgresql;
extern const struct test_suite suite_schema;
extern const struct test_suite suite_sql_text;
extern const struct test_suite suite_sqlite;
extern const struct test_suite suite_store;
extern const struct test_suite suite_utf8;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_utf8,       suite_sql_text, suite_dialect,
		suite_pg_sql,     suite_store,    suite_sqlite,
		suite_postgresql, suite_bulk,     suite_schema,
	};
	int status = 1;

	if (db_help_start() == 0)
		status = test_main(argc, argv, suites,
				   sizeof(suites) / sizeof(suites[0]));
	db_help_stop();
	return status;
}
