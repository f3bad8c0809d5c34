/* db.c - the unit tests of db/, one suite per source file */
#include "tests/unit/db_help.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_bulk;
extern const struct test_suite suite_bulk_merge;
extern const struct test_suite suite_deck_codes;
extern const struct test_suite suite_dialect;
extern const struct test_suite suite_import;
extern const struct test_suite suite_import_values;
extern const struct test_suite suite_kind;
extern const struct test_suite suite_kind_bands;
extern const struct test_suite suite_kind_check;
extern const struct test_suite suite_kind_value;
extern const struct test_suite suite_partition;
extern const struct test_suite suite_pg_open;
extern const struct test_suite suite_pg_sql;
extern const struct test_suite suite_postgresql;
extern const struct test_suite suite_refs;
extern const struct test_suite suite_schema;
extern const struct test_suite suite_sql_text;
extern const struct test_suite suite_sqlite;
extern const struct test_suite suite_store;
extern const struct test_suite suite_store_url;
extern const struct test_suite suite_utf8;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_utf8,       suite_sql_text,   suite_dialect,
		suite_pg_sql, suite_pg_open,     suite_store,      suite_sqlite,
		suite_postgresql, suite_bulk,       suite_bulk_merge,
		suite_schema,     suite_refs,       suite_kind_value,
		suite_kind,       suite_kind_bands, suite_import, suite_import_values,
		suite_kind_check, suite_store_url,  suite_partition,
		suite_deck_codes,
	};
	int status = 1;

	if (db_help_start() == 0)
		status = test_main(argc, argv, suites,
				   sizeof(suites) / sizeof(suites[0]));
	db_help_stop();
	return status;
}
