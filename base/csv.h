/*
 * csv.h - CSV files by header name (RFC 4180), over libcsv
 *
 * Reading: the first row names the columns, in any order; a UTF-8 byte order
 * mark is skipped; the separator is ',' (or ';' when the header row has
 * semicolons and no comma). Blank lines are skipped. Rows may span lines
 * inside quotes; the line number given is the one the row begins on. Writing
 * quotes only where needed.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

#define CSV_MAX_COLUMNS 128
#define CSV_MAX_ROW (1 << 20) /* bytes of one row */

struct csv_row {
	const char *file;	   /* borrowed, for messages */
	size_t line;		   /* 1 = the header */
	const struct str *columns; /* header names, trimmed */
	const struct str *fields;  /* n_fields values, untrimmed */
	size_t n_columns;
	size_t n_fields;	   /* may differ from n_columns: your error */
};

struct csv_error {
	char text[512]; /* "FILE:LINE: COLUMN: what was found, expected ..." */
};

/* Called for the header row (fields == columns) and then each row; a non-zero
 * return ends the reading and is returned. Fields live until it returns. */
typedef int csv_row_fn(void *arg, const struct csv_row *row);

/*
 * Read a file ("-" = standard input). Returns 0, ERR_IO (cannot be opened or
 * read), ERR_SYNTAX (a quote left open or within a field without quotes,
 * NUL octets, no header, a column there twice), ERR_LIMIT,
 * ERR_NOMEM or what the callback returned; error->text says which and where
 * for the first ones, the callback's own error is its own to describe.
 */
int csv_read_file(const char *path, csv_row_fn *fn, void *arg,
		  struct csv_error *error);
/* The same from memory; name stands for the file in messages. */
int csv_read_text(const char *name, struct str text, csv_row_fn *fn, void *arg,
		  struct csv_error *error);
/* Fill in error->text as "FILE:LINE: ..."; column may be NULL. Returns
 * ERR_SYNTAX, so that a callback can return it. */
int csv_row_error(const struct csv_row *row, struct csv_error *error,
		  const char *column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Write one field; first says whether it begins the row. Errors show in
 * ferror(file). */
void csv_write_field(FILE *file, bool first, struct str field);
void csv_write_end(FILE *file); /* ends the row with LF */

#endif
