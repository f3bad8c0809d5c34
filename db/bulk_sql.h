/*
 * bulk_sql.h - the statements behind bulk.h; private to db/
 *
 * SQLite: one INSERT, with ON CONFLICT for merges, whose parameters ?1 ...
 * are the columns in order, of one row after the other. PostgreSQL: COPY into the table, or into a
 * temporary table "stage" with the columns and the row's number n; "fold"
 * makes one row per key of it in a second temporary table, then "insert" adds
 * the keys that are new and takes them out of there, and "update" merges the
 * rest into the rows that were there.
 */
#ifndef DB_BULK_SQL_H
#define DB_BULK_SQL_H

#include "db/bulk.h"

/* Most of what a row costs SQLite besides its B-trees is one run of a
 * statement: opening, halting, and a copy of each text. */
#define BULK_ROWS 16

struct bulk_sql {
	char *row;    /* SQLite: the INSERT */
	char *rows;   /* the same for BULK_ROWS at a time; merges only, and
		       * NULL when a column has a fallback */
	char *tables; /* PostgreSQL: the temporary tables, if need be */
	char *copy;   /* COPY ... FROM STDIN */
	char *fold;
	char *insert;
	char *update; /* NULL too when all columns are keys */
};

/* Those that are not needed stay NULL: 0 or ERR_NOMEM. */
int bulk_sql_load(enum store_dialect dialect, const char *table,
		  const struct bulk_column *columns, size_t n_columns,
		  struct bulk_sql *out);
int bulk_sql_merge(enum store_dialect dialect, const char *table,
		   const struct bulk_column *columns, size_t n_columns,
		   struct bulk_sql *out);
void bulk_sql_fini(struct bulk_sql *sql);

#endif
