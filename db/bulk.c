/* bulk.c - many rows at once: plain loads and merges by key */
#include "db/bulk.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/bulk_kept.h"
#include "db/bulk_sql.h"
#include "db/dialect.h"
#include "db/driver.h"
#include "db/sql_text.h"

struct bulk {
	struct store *store;
	const struct bulk_column *columns; /* borrowed */
	size_t n_columns;
	bool merge;
	struct bulk_sql sql;
	struct store_stmt *stmt;      /* SQLite loads */
	const struct bulk_kept *kept; /* SQLite merges */
	struct store_value *waiting;  /* rows for kept->rows */
	size_t n_waiting;
	struct store_value fallback[BULK_MAX_COLUMNS]; /* PostgreSQL loads */
	bool has_fallback;
	int64_t n_rows;
	int64_t n_merged; /* rows that had an effect */
	int64_t n_keys;   /* rows that could have one */
	int err;          /* sticky */
};

static void
free_bulk(struct bulk *bulk)
{
	store_finish(bulk->stmt);
	mem_free(bulk->waiting);
	for (size_t i = 0; i < bulk->n_columns; i++)
		mem_free((void *)(uintptr_t)bulk->fallback[i].text.p);
	bulk_sql_fini(&bulk->sql);
	mem_free(bulk);
}

/* The value of the current row's only column; the text is a copy. */
static int
take_fallback(struct store_stmt *stmt, enum store_type type,
	      struct store_value *out)
{
	char *text;

	*out = store_null(type);
	out->is_null = store_col_is_null(stmt, 0);
	switch (type) {
	case STORE_TEXT:
		text = str_dup(store_col_text(stmt, 0));
		out->text = str_of(text);
		return text != NULL ? 0 : ERR_NOMEM;
	case STORE_TIME:
		out->number = store_col_time(stmt, 0);
		break;
	case STORE_MONEY:
		out->number = store_col_money(stmt, 0);
		break;
	case STORE_BOOL:
		out->number = store_col_bool(stmt, 0);
		break;
	case STORE_INT:
	default:
		out->number = store_col_int(stmt, 0);
		break;
	}
	return 0;
}

/* COPY has no expressions: the literal's value is asked for beforehand. */
static int
read_fallback(struct bulk *bulk, size_t i)
{
	struct sql_text sql = { 0 };
	struct store_stmt *stmt = NULL;
	int err;

	sql_add(&sql, "SELECT CAST(%s AS %s)", bulk->columns[i].fallback,
		bulk->columns[i].type == STORE_TEXT
		    ? "text"
		    : dialect_type(STORE_POSTGRESQL, bulk->columns[i].type));
	err = sql.err != 0 ? sql.err
			   : store_prepare(bulk->store, sql.text, &stmt);
	if (err == 0)
		err = store_start(stmt, NULL, 0);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0)
		err = take_fallback(stmt, bulk->columns[i].type,
				    &bulk->fallback[i]);
	store_finish(stmt);
	sql_fini(&sql);
	return err;
}

static int
read_fallbacks(struct bulk *bulk)
{
	int err = 0;

	for (size_t i = 0; i < bulk->n_columns && err == 0; i++) {
		if (bulk->columns[i].fallback == NULL)
			continue;
		bulk->has_fallback = true;
		err = read_fallback(bulk, i);
	}
	return err;
}

static int
begin_sqlite(struct bulk *bulk, const char *table)
{
	size_t size = BULK_ROWS * bulk->n_columns * sizeof(*bulk->waiting);
	int err;

	if (!bulk->merge) {
		err = bulk_sql_load(STORE_SQLITE, table, bulk->columns,
				    bulk->n_columns, &bulk->sql);
		return err != 0 ? err
				: store_prepare(bulk->store, bulk->sql.row,
						&bulk->stmt);
	}
	err = bulk_kept_get(bulk->store, table, bulk->columns, bulk->n_columns,
			    &bulk->kept);
	if (err != 0 || bulk->kept->rows == NULL)
		return err;
	bulk->waiting = mem_alloc(size);
	return bulk->waiting != NULL ? 0 : ERR_NOMEM;
}

static int
begin_postgresql(struct bulk *bulk, const char *table)
{
	struct store *store = bulk->store;
	int err;

	err = (bulk->merge ? bulk_sql_merge : bulk_sql_load)(
	    STORE_POSTGRESQL, table, bulk->columns, bulk->n_columns,
	    &bulk->sql);
	if (err == 0)
		err = bulk->merge ? store_exec(store, bulk->sql.tables)
				  : read_fallbacks(bulk);
	if (err == 0)
		err = store->driver->copy_begin(store, bulk->sql.copy);
	return store_settle(store, err);
}

static int
check_begin(struct store *store, size_t n_columns)
{
	int err = store_refuse_busy(store);

	assert(n_columns > 0 && n_columns <= BULK_MAX_COLUMNS);
	if (err != 0)
		return err;
	if (!store->driver->in_transaction(store))
		return store_fail(store, ERR_DB,
				  "a bulk load needs a "
				  "transaction, expected store_begin before");
	return 0;
}

static int
begin(struct bulk *bulk, const char *table)
{
	return store_dialect(bulk->store) == STORE_SQLITE
		   ? begin_sqlite(bulk, table)
		   : begin_postgresql(bulk, table);
}

static int
new_bulk(struct store *store, const struct bulk_column *columns,
	 size_t n_columns, struct bulk **out)
{
	int err = check_begin(store, n_columns);

	*out = NULL;
	if (err != 0)
		return err;
	*out = mem_zalloc(1, sizeof(**out));
	if (*out == NULL)
		return ERR_NOMEM;
	(*out)->store = store;
	(*out)->columns = columns;
	(*out)->n_columns = n_columns;
	return 0;
}

static int
start(struct bulk *bulk, const char *table, struct bulk **out)
{
	int err = begin(bulk, table);

	if (err != 0) {
		free_bulk(bulk);
		return err;
	}
	bulk->store->loading = bulk;
	*out = bulk;
	return 0;
}

int
bulk_load_begin(struct store *store, const char *table,
		const struct bulk_column *columns, size_t n_columns,
		struct bulk **out)
{
	struct bulk *bulk;
	int err = new_bulk(store, columns, n_columns, &bulk);

	*out = NULL;
	return err != 0 ? err : start(bulk, table, out);
}

int
bulk_merge_begin(struct store *store, const char *table,
		 const struct bulk_column *columns, size_t n_columns,
		 struct bulk **out)
{
	struct bulk *bulk;
	int err = new_bulk(store, columns, n_columns, &bulk);

	*out = NULL;
	if (err != 0)
		return err;
	bulk->merge = true;
	return start(bulk, table, out);
}

static int
check_row(struct bulk *bulk, const struct store_value *values)
{
	for (size_t i = 0; i < bulk->n_columns; i++) {
		assert(values[i].type == bulk->columns[i].type);
		if (bulk->merge && values[i].is_null &&
		    bulk->columns[i].rule == BULK_KEY)
			return store_refuse_values(
			    bulk->store,
			    "column %s is NULL, expected a value of the key",
			    bulk->columns[i].name);
	}
	return store_check_values(bulk->store, values, bulk->n_columns);
}

/* With the row's number in front for merges, and fallbacks for loads. */
static int
copy_row(struct bulk *bulk, const struct store_value *values)
{
	struct store_value row[BULK_MAX_COLUMNS + 1];
	size_t n = 0;

	if (!bulk->merge && !bulk->has_fallback)
		return bulk->store->driver->copy_row(bulk->store, values,
						     bulk->n_columns);
	if (bulk->merge)
		row[n++] = store_int(bulk->n_rows);
	for (size_t i = 0; i < bulk->n_columns; i++) {
		row[n++] = values[i].is_null && !bulk->merge &&
				   bulk->columns[i].fallback != NULL
			       ? bulk->fallback[i]
			       : values[i];
	}
	return bulk->store->driver->copy_row(bulk->store, row, n);
}

static int
merge_row(struct bulk *bulk, const struct store_value *values)
{
	struct store *store = bulk->store;
	int err = store->driver->run(bulk->kept->row, values);

	bulk->n_merged += store->changes;
	return err;
}

/* What is left of the rows that wait for others, one by one. */
static int
merge_waiting(struct bulk *bulk)
{
	const struct store_value *values = bulk->waiting;
	int err = 0;

	for (size_t i = 0; i < bulk->n_waiting && err == 0; i++)
		err = merge_row(bulk, values + i * bulk->n_columns);
	bulk->n_waiting = 0;
	return err;
}

static int
add_waiting(struct bulk *bulk, const struct store_value *values)
{
	struct store *store = bulk->store;
	int err;

	if (bulk->kept->rows == NULL)
		return merge_row(bulk, values);
	memcpy(bulk->waiting + bulk->n_waiting * bulk->n_columns, values,
	       bulk->n_columns * sizeof(*values));
	if (++bulk->n_waiting < BULK_ROWS)
		return 0;
	bulk->n_waiting = 0;
	err = store->driver->run(bulk->kept->rows, bulk->waiting);
	bulk->n_merged += store->changes;
	return err;
}

/* The first error of those before, if there was one. */
static int
check_bulk(struct bulk *bulk)
{
	struct store *store = bulk->store;

	if (bulk->err == 0 && store->loading != bulk)
		bulk->err =
		    store_fail(store, ERR_DB, "the bulk load was rolled back");
	return bulk->err;
}

int
bulk_row(struct bulk *bulk, const struct store_value *values)
{
	struct store *store = bulk->store;

	if (check_bulk(bulk) == 0)
		bulk->err = check_row(bulk, values);
	if (bulk->err != 0)
		return store_settle(store, bulk->err);
	if (bulk->stmt != NULL)
		bulk->err = store->driver->run(bulk->stmt, values);
	else if (bulk->kept != NULL)
		bulk->err = add_waiting(bulk, values);
	else
		bulk->err = copy_row(bulk, values);
	bulk->n_rows++;
	return store_settle(store, bulk->err);
}

static struct store_value
value_of(const void *record, const struct bulk_column *column)
{
	const char *place = (const char *)record + column->offset;
	struct store_value value = { .type = column->type };
	const char *text;

	assert(column->type != STORE_BOOL);
	if (column->type == STORE_TEXT) {
		memcpy(&text, place, sizeof(text));
		return store_text(text);
	}
	memcpy(&value.number, place, sizeof(value.number));
	value.is_null = value.number == INT64_MIN;
	return value;
}

int
bulk_record(struct bulk *bulk, const void *record)
{
	struct store_value values[BULK_MAX_COLUMNS];
	struct store *store = bulk->store;

	if (bulk->merge || bulk->has_fallback ||
	    store->driver->copy_record == NULL) {
		for (size_t i = 0; i < bulk->n_columns; i++)
			values[i] = value_of(record, &bulk->columns[i]);
		return bulk_row(bulk, values);
	}
	if (check_bulk(bulk) == 0)
		bulk->err = store->driver->copy_record(
		    store, bulk->columns, bulk->n_columns, record);
	bulk->n_rows++;
	return store_settle(store, bulk->err);
}

/* Whether rows that are there may be left as they are. */
static bool
may_leave(const struct bulk *bulk)
{
	for (size_t i = 0; i < bulk->n_columns; i++) {
		if (bulk->columns[i].rule == BULK_THERE ||
		    bulk->columns[i].rule == BULK_UNSET)
			return true;
	}
	return false;
}

/* Rows that another connection removed between the two statements would be
 * lost; rows it added are waited for by the first. */
static int
merge_staged(struct bulk *bulk)
{
	struct store *store = bulk->store;
	int64_t folded, added;
	int err = store_exec(store, bulk->sql.fold);

	folded = store_changes(store);
	if (err == 0)
		err = store_exec(store, bulk->sql.insert);
	added = store_changes(store);
	bulk->n_keys = folded;
	bulk->n_merged = added;
	if (err != 0 || added == folded || bulk->sql.update == NULL)
		return err;
	err = store_exec(store, bulk->sql.update);
	bulk->n_merged += store_changes(store);
	if (err == 0 && !may_leave(bulk) && bulk->n_merged != folded)
		err = store_fail(store, ERR_CONFLICT,
				 "rows were removed "
				 "during the merge, expected them to stay");
	return err;
}

static bool
is_copy(const struct bulk *bulk)
{
	return bulk->stmt == NULL && bulk->kept == NULL;
}

/* Whatever happened, the connection is free afterwards. */
static int
end(struct bulk *bulk, const char *reason)
{
	struct store *store = bulk->store;
	int err = 0;

	if (store->loading != bulk)
		return 0;
	store->loading = NULL;
	if (is_copy(bulk))
		err = store->driver->copy_end(store, reason);
	else if (reason == NULL)
		err = merge_waiting(bulk);
	return store_settle(store, err);
}

int
bulk_end(struct bulk *bulk)
{
	int64_t n_left;

	return bulk_end_merge(bulk, &n_left);
}

int
bulk_end_merge(struct bulk *bulk, int64_t *n_left)
{
	struct store *store = bulk->store;
	struct store_error reason;
	int err = bulk->err;

	if (err == 0 && store->loading != bulk)
		err =
		    store_fail(store, ERR_DB, "the bulk load was rolled back");
	if (err != 0) {
		reason = store->error;
		end(bulk, "a row was refused");
		store->error = reason;
	} else {
		err = end(bulk, NULL);
	}
	bulk->n_keys = bulk->n_rows;
	if (err == 0 && bulk->merge && is_copy(bulk))
		err = merge_staged(bulk);
	*n_left = bulk->n_keys - bulk->n_merged;
	free_bulk(bulk);
	return store_settle(store, err);
}

void
bulk_abort(struct bulk *bulk)
{
	if (bulk == NULL)
		return;
	end(bulk, "given up");
	free_bulk(bulk);
}
