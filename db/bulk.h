/*
 * bulk.h - many rows at once: plain loads and merges by key
 *
 * PostgreSQL: COPY (into the table, or into a temporary staging table that a
 * few statements merge). SQLite: prepared statements, which take several rows
 * of a merge at a time and stay with the connection. Both inside
 * the transaction the caller has begun. Nothing else can be done with the
 * store between begin and end; errors of the rows may show at the end only.
 */
#ifndef DB_BULK_H
#define DB_BULK_H

#include "db/store.h"

/* How a row that is already there and a new one become one. */
enum bulk_rule {
	BULK_KEY,    /* part of the key; never NULL */
	BULK_FIRST,  /* the value there stays unless it is NULL */
	BULK_LAST,   /* the new value wins unless it is NULL */
	BULK_LEAST,  /* the smaller of both, NULLs aside */
	BULK_MOST,   /* the greater of both, NULLs aside */
	/* In a merge with what follows no key may come twice. */
	BULK_BY, /* a row with a value in the column `by` knows better: the
		  * first such has its say, and until there is one the least
		  * value counts; NULLs aside */
	/* What a row that is there should fulfil; one that does not is left as
	 * it is. */
	BULK_THERE, /* has a value, or the new row has none; it stays. With `by`:
		     * and has one there, too */
	BULK_UNSET, /* is NULL, and takes the new value */
};

struct bulk_column {
	const char *name;
	enum store_type type;
	enum bulk_rule rule;	/* ignored by loads */
	const char *fallback;	/* SQL literal for a NULL in a new row, or
				 * NULL; never overwrites (merges). Once there
				 * it is a value like others: of use with
				 * BULK_LAST, which replaces it. */
	const char *by;		/* BULK_BY, BULK_THERE: another column */
	size_t offset;		/* in the struct, for bulk_record */
};

struct bulk;

#define BULK_MAX_COLUMNS 64

/* Start loading rows into table; columns are borrowed until bulk_end. Names go
 * into the SQL as they are: they must not come from outside. */
int bulk_load_begin(struct store *store, const char *table,
		    const struct bulk_column *columns, size_t n_columns,
		    struct bulk **out);
/*
 * Start merging rows into table, which must have a unique key of exactly the
 * BULK_KEY columns. The same key twice within one merge is allowed: rows take
 * effect in order. table, the names and the fallbacks must live as long as the
 * store, and the rows' texts until bulk_end.
 */
int bulk_merge_begin(struct store *store, const char *table,
		     const struct bulk_column *columns, size_t n_columns,
		     struct bulk **out);
/* Add one row of n_columns values, each of its column's type. */
int bulk_row(struct bulk *bulk, const struct store_value *values);
/*
 * The same out of a struct: at the offset of each column is a const char * with
 * NUL behind it for STORE_TEXT, else an int64_t (no STORE_BOOL); NULL and
 * INT64_MIN stand for NULL. Loads into PostgreSQL take half the time by it.
 */
int bulk_record(struct bulk *bulk, const void *record);
/* Finish: 0, or the first error; then the transaction must be rolled back.
 * Frees bulk in any case. */
int bulk_end(struct bulk *bulk);
/* The same for a merge, and how many rows had no effect because what was there
 * did not fulfil BULK_THERE or BULK_UNSET. */
int bulk_end_merge(struct bulk *bulk, int64_t *n_left);
/* Throw away without finishing. NULL is accepted. */
void bulk_abort(struct bulk *bulk);

#endif
