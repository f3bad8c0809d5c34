/*
 * import.h - one import under way; private to db/
 *
 * The rows of the file go into a temporary table import_stage (line and the
 * kind's columns), where what concerns more than one row is looked at, and
 * from there into the kind's table with a few statements.
 */
#ifndef DB_IMPORT_H
#define DB_IMPORT_H

#include <stdio.h>

#include "db/kind.h"
#include "db/kind_table.h"

#define IMPORT_MAX_ERRORS 20

struct import {
	const struct kind *kind;
	struct store *store;
	const struct import_options *options;
	const char *file;
	const char *path; /* file as shown in messages */
	FILE *report;
	struct import_result *result;
	bool given[KIND_MAX_COLUMNS]; /* set in rows that are there already */
	bool is_whole; /* all of it is in one transaction, that of kind_import */
};

/* One more error: "PATH:LINE: ...", printed unless there were many. */
void import_report(struct import *import, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The file into a fresh stage: 0 (with the errors of its rows reported and
 * counted), ERR_IO or a store error. */
int import_read(struct import *import);
/* Report rows of the stage that have the same key: 0 or a store error. */
int import_check_keys(struct import *import);
/* Some column of t (the table) that rows get from s (the stage) differs. */
void import_add_differs(struct sql_text *sql, const struct import *import);
/* Expand and run what was put together; frees sql. */
int import_exec(struct store *store, struct sql_text *sql);
/* With the option effective, within import_apply's transaction: count what the
 * deck changes, end the prices it follows, and take what is in force already
 * out of the stage: 0 or a store error. */
int import_take_effect(struct import *import);
/* Count, and unless it is a dry run change the table: 0, ERR_SYNTAX (errors
 * were reported) or a store error. In a transaction of its own, unless all of
 * it is in one. */
int import_apply(struct import *import);

#endif
