/* table_rows.c - the store's rows with bounds and messages */
#include "route/table_rows.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"

int
rows_fail(char error[STORE_ERROR_MAX], int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, STORE_ERROR_MAX, format, args);
	va_end(args);
	return err;
}

int
row_fail(struct row *row, const char *format, ...)
{
	char text[STORE_ERROR_MAX];
	va_list args;

	if (row->err != 0)
		return row->err;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	row->err = ERR_INVAL;
	return rows_fail(row->error, ERR_INVAL, "%s: %.80s%s%.*s: %.300s",
			 row->table, row->owner != NULL ? row->owner : "",
			 row->owner != NULL ? "/" : "",
			 row->key.len < 80 ? (int)row->key.len : 80,
			 row->key.len > 0 ? row->key.p : "", text);
}

static int
fail_of_store(const struct row *row, struct store *store, int err)
{
	return rows_fail(row->error, err, "%s: %s", row->table,
			 err == ERR_DB || err == ERR_CONFLICT
			     ? store_error(store)
			     : err_text(err));
}

/* A value of the wrong type was read as 0: then that is what is wrong, and the
 * store says so with the next row. */
static int
fail_of_row(const struct row *row, struct store *store)
{
	int err = store_next(row->stmt);

	if (err == ERR_DB)
		return fail_of_store(row, store, err);
	return ERR_INVAL;
}

static int
read_rows(struct store *store, struct row *row, row_fn *fn, void *arg)
{
	int err = store_start(row->stmt, NULL, 0);

	while (err == 0) {
		err = store_next(row->stmt);
		if (err == ERR_END)
			return 0;
		if (err != 0)
			break;
		row->key = str_make("", 0);
		row->owner = NULL;
		err = fn(arg, row);
		if (err == 0)
			err = row->err;
		if (err == ERR_INVAL)
			return fail_of_row(row, store);
	}
	return fail_of_store(row, store, err);
}

int
rows_read(struct store *store, const char *table, const char *sql, row_fn *fn,
	  void *arg, char error[STORE_ERROR_MAX])
{
	struct row row = { .table = table, .error = error };
	int err = store_prepare(store, sql, &row.stmt);

	if (err != 0)
		return rows_fail(error, err, "%s: %s", table,
				 err == ERR_NOMEM ? err_text(err)
						  : store_error(store));
	err = read_rows(store, &row, fn, arg);
	store_finish(row.stmt);
	return err;
}

int64_t
row_int(struct row *row, int column, const char *name, int64_t min, int64_t max,
	int64_t otherwise)
{
	int64_t value = otherwise;

	if (store_col_is_null(row->stmt, column))
		return value;
	value = store_col_int(row->stmt, column);
	if (value >= min && value <= max)
		return value;
	row_fail(row, "%s is %lld, expected %lld..%lld", name, (long long)value,
		 (long long)min, (long long)max);
	return otherwise;
}

struct str
row_text(struct row *row, int column, const char *name, size_t max)
{
	struct str text = store_col_text(row->stmt, column);

	if (text.p == NULL)
		return str_make("", 0);
	if (text.len <= max)
		return text;
	row_fail(row, "%s is \"%.*s...\", expected at most %zu octets", name,
		 40, text.p, max);
	return str_make("", 0);
}

/* '#' is escaped there. */
static bool
is_user_text(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(" \"<>@:;?\\^`{|}[]", text.p[i]) != NULL)
			return false;
	}
	return str_is_printable(text);
}

void
row_check_user(struct row *row, const char *name, struct str text)
{
	if (!is_user_text(text))
		row_fail(row,
			 "%s is \"%.*s\", expected what may stand in the "
			 "user part of a SIP URI",
			 name, STR_ARG(text));
}
