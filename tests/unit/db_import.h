/*
 * db_import.h - CSV texts into a store, for tests
 */
#ifndef TESTS_UNIT_DB_IMPORT_H
#define TESTS_UNIT_DB_IMPORT_H

#include "db/kind.h"
#include "tests/unit/db_help.h"

#define REPORT_MAX 8192

/* What an import of the text gave; report holds its messages, with the file
 * called FILE. */
int db_import_with(struct store *store, const char *kind, const char *text,
		   const struct import_options *options,
		   struct import_result *result, char report[REPORT_MAX]);
/* The same without options, result and report: 0 or the error. */
int db_import(struct store *store, const char *kind, const char *text);
/* Tariffs retail (Berlin), blue and back (allows negative prices), carriers
 * blue and red, accounts acme and zeta. */
int db_import_basics(struct store *store);
/* The kind's rows as CSV: 0 or an error. */
int db_export(struct store *store, const char *kind, char *out, size_t cap);

#endif
