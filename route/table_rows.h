/*
 * table_rows.h - reading the store's tables row by row, with bounds
 *
 * A row is read through these functions with one sticky error: read all
 * columns, then look at err once. What is out of bounds is described as
 * "TABLE: KEY: COLUMN is VALUE, expected ...".
 */
#ifndef ROUTE_TABLE_ROWS_H
#define ROUTE_TABLE_ROWS_H

#include "db/store.h"

struct row {
	struct store_stmt *stmt;
	const char *table;
	const char *owner; /* in front of the key in messages, or NULL */
	struct str key;    /* borrowed; set by the reader of the row */
	char *error;       /* [STORE_ERROR_MAX] */
	int err;           /* 0 or ERR_INVAL */
};

/* Called for each row; row->err or another error ends the reading. */
typedef int row_fn(void *arg, struct row *row);

/* Run sql and call fn with every row: 0, a store error, or what fn returned;
 * error says what was wrong. */
int rows_read(struct store *store, const char *table, const char *sql,
	      row_fn *fn, void *arg, char error[STORE_ERROR_MAX]);
/* Describe err, unless a reader of rows has done so. Returns err. */
int rows_fail(char error[STORE_ERROR_MAX], int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "TABLE: KEY: " and the text; the first one stays. Sets and returns row->err,
 * ERR_INVAL. */
int row_fail(struct row *row, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An integer in min..max; NULL gives otherwise. */
int64_t row_int(struct row *row, int column, const char *name, int64_t min,
		int64_t max, int64_t otherwise);
/* A text of at most max octets; NULL gives "". */
struct str row_text(struct row *row, int column, const char *name, size_t max);
/* A failure unless the text may stand in the user part of a SIP URI. */
void row_check_user(struct row *row, const char *name, struct str text);

#endif
