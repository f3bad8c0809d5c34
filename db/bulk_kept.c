/* bulk_kept.c - the statements of SQLite's merges */
#include "db/bulk_kept.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/bulk_sql.h"
#include "db/driver.h"

static void
free_kept(struct bulk_kept *kept)
{
	if (kept == NULL)
		return;
	store_finish(kept->row);
	store_finish(kept->rows);
	mem_free(kept->columns);
	mem_free(kept);
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_for(const struct bulk_kept *kept, const char *table,
       const struct bulk_column *columns, size_t n_columns)
{
	if (kept->n_columns != n_columns || !is_same_text(kept->table, table))
		return false;
	for (size_t i = 0; i < n_columns; i++) {
		const struct bulk_column *a = &kept->columns[i];
		const struct bulk_column *b = &columns[i];

		if (a->type != b->type || a->rule != b->rule ||
		    !is_same_text(a->name, b->name) ||
		    !is_same_text(a->fallback, b->fallback) ||
		    !is_same_text(a->by, b->by))
			return false;
	}
	return true;
}

static int
prepare(struct store *store, struct bulk_kept *kept)
{
	struct bulk_sql sql;
	int err = bulk_sql_merge(STORE_SQLITE, kept->table, kept->columns,
				 kept->n_columns, &sql);

	if (err != 0)
		return err;
	err = store_prepare(store, sql.row, &kept->row);
	if (err == 0 && sql.rows != NULL)
		err = store_prepare(store, sql.rows, &kept->rows);
	bulk_sql_fini(&sql);
	return err;
}

static int
new_kept(struct store *store, const char *table,
	 const struct bulk_column *columns, size_t n_columns,
	 struct bulk_kept **out)
{
	struct bulk_kept *kept = mem_zalloc(1, sizeof(*kept));
	int err = ERR_NOMEM;

	if (kept == NULL)
		return err;
	kept->table = table;
	kept->n_columns = n_columns;
	kept->columns = mem_alloc(n_columns * sizeof(*columns));
	if (kept->columns != NULL) {
		memcpy(kept->columns, columns, n_columns * sizeof(*columns));
		err = prepare(store, kept);
	}
	if (err != 0) {
		free_kept(kept);
		return err;
	}
	*out = kept;
	return 0;
}

int
bulk_kept_get(struct store *store, const char *table,
	      const struct bulk_column *columns, size_t n_columns,
	      const struct bulk_kept **out)
{
	struct bulk_kept *kept, **place;
	int err;

	for (size_t i = 0; i < STORE_MAX_KEPT; i++) {
		kept = store->kept[i];
		if (kept != NULL && is_for(kept, table, columns, n_columns)) {
			*out = kept;
			return 0;
		}
	}
	err = new_kept(store, table, columns, n_columns, &kept);
	if (err != 0)
		return err;
	place = &store->kept[store->next_kept++ % STORE_MAX_KEPT];
	free_kept(*place);
	*place = kept;
	*out = kept;
	return 0;
}

void
bulk_kept_fini(struct store *store)
{
	for (size_t i = 0; i < STORE_MAX_KEPT; i++) {
		free_kept(store->kept[i]);
		store->kept[i] = NULL;
	}
}
