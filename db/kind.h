/*
 * kind.h - the tables that people import and export as CSV
 *
 * One table row per column: its name, type, bounds, what an empty field
 * means. Import checks every row of a file before it changes anything and
 * reports each error as FILE:LINE: COLUMN: value, expected.
 */
#ifndef DB_KIND_H
#define DB_KIND_H

#include <stdio.h>

#include "db/store.h"

struct kind;

/* "tariffs", "rates", "carriers", "gateways", "accounts", "credentials",
 * "trunks", "holidays", "exchange_rates", "taxes"; NULL for any other name. */
const struct kind *kind_find(const char *name);
/* All names in the order in which they may be imported; ends with NULL. */
extern const char *const kind_names[];

struct import_options {
	const char *tariff;  /* rates: for files without a tariff column */
	bool dry_run;	     /* check and count, change nothing */
	bool replace;	     /* rates: rows of the file's tariffs that are not
			      * in the file go away */
	/* rates: when rows without a valid_from begin (as in a file). Prices
	 * before them end then, those that stay as they are stay, and with
	 * replace those that the file does not have end; NULL without */
	const char *effective;
	int max_errors;	     /* messages to print; 0 = 20 */
	/* Called now and then with the rows read so far; may be NULL. */
	void (*progress)(void *arg, uint64_t rows);
	void *progress_arg;
};

#define IMPORT_EXAMPLE_MAX 256

struct import_result {
	uint64_t rows, inserted, updated, unchanged, deleted, errors;
	/* with effective: rates above and below those before, those that
	 * stay, all that follow another, and those that end without */
	uint64_t increased, decreased, same, followed, ended;
	char example[IMPORT_EXAMPLE_MAX]; /* rates: what a call costs by the
					   * first price; "" without */
};

/*
 * Import one file ("-" = standard input), all or nothing: rows with a key that
 * exists are updated. A column that the file does not have keeps its value in
 * them, except in rates and all credentials, which are given whole. An empty field
 * is the column's preset. Unknown columns are errors, except in rates, where
 * they are ignored with a note. The file is read and checked before the table
 * is locked. Messages go to report. Returns 0, ERR_SYNTAX (errors were
 * reported; nothing changed), ERR_INVAL (an option that this kind does not
 * have; reported), ERR_IO (reported) or a store error.
 */
int kind_import(const struct kind *kind, struct store *store, const char *path,
		const struct import_options *options, FILE *report,
		struct import_result *result);
/* Write all rows as CSV with a header, in key order: 0, ERR_IO or a store
 * error. What is written imports again to the same rows. */
int kind_export(const struct kind *kind, struct store *store, FILE *out);
/* Look for what the tables' own checks cannot see (a gateway without a
 * carrier's tariff, overlapping bands, rates of zero ...): one line each into
 * report; n_errors and n_warnings count them. */
int kind_check_all(struct store *store, FILE *report, int *n_errors,
		   int *n_warnings);

#endif
