/*
 * bulk_kept.h - the statements of SQLite's merges; private to db/
 *
 * They stay with the connection: a merge of some dozen rows every half second
 * would spend more on making them than on its rows.
 */
#ifndef DB_BULK_KEPT_H
#define DB_BULK_KEPT_H

#include "db/bulk.h"

struct bulk_kept {
	const char *table;
	struct bulk_column *columns;
	size_t n_columns;
	struct store_stmt *row;  /* one row */
	struct store_stmt *rows; /* BULK_ROWS of them, or NULL */
};

/* Those that merge such rows: 0 or an error; *out is the store's, until
 * another call. */
int bulk_kept_get(struct store *store, const char *table,
		  const struct bulk_column *columns, size_t n_columns,
		  const struct bulk_kept **out);
/* Before the connection is closed. */
void bulk_kept_fini(struct store *store);

#endif
