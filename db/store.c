/* store.c - one typed API over PostgreSQL and SQLite: order and dispatch */
#include "db/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/err.h"
#include "db/bulk_kept.h"
#include "db/driver.h"

/* 0001-01-01 to 9999-12-31 UTC: what both databases and RFC 3339 can write. */

static void
fill_error(char error[STORE_ERROR_MAX], const char *format, va_list args)
{
	size_t len;

	vsnprintf(error, STORE_ERROR_MAX, format, args);
	for (char *p = error; *p != '\0'; p++) {
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	}
	len = strlen(error);
	while (len > 0 && error[len - 1] == ' ')
		error[--len] = '\0';
}

int
store_open_fail(char error[STORE_ERROR_MAX], int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_error(error, format, args);
	va_end(args);
	return err;
}

int
store_fail(struct store *store, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_error(store->error.text, format, args);
	va_end(args);
	store->error.is_values = false;
	return err;
}

int
store_refuse_values(struct store *store, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill_error(store->error.text, format, args);
	va_end(args);
	store->error.is_values = true;
	return ERR_DB;
}

/* The scheme only: the rest may hold a password. */
static int
refuse_url(const char *url, char error[STORE_ERROR_MAX])
{
	size_t n = strcspn(url, ":=@/ ");

	return store_open_fail(error, ERR_INVAL,
			       "store \"%.*s...\": no such kind of store, "
			       "expected sqlite:PATH or postgresql:...",
			       (int)(n < 32 ? n : 32), url);
}

int
store_open(const char *url, unsigned flags, struct store **out,
	   char error[STORE_ERROR_MAX])
{
	struct str s = str_of(url);

	*out = NULL;
	error[0] = '\0';
	if (str_starts(s, "sqlite:"))
		return sqlite_open(url + strlen("sqlite:"), flags, out, error);
	if (str_starts(s, "postgresql://"))
		return postgresql_open(url, flags, out, error);
	if (str_starts(s, "postgresql:"))
		return postgresql_open(url + strlen("postgresql:"), flags, out,
				       error);
	return refuse_url(url, error);
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	bulk_kept_fini(store);
	assert(store->n_stmts == 0);
	store->driver->close(store);
}

enum store_dialect
store_dialect(const struct store *store)
{
	return store->driver->dialect;
}

const char *
store_error(const struct store *store)
{
	return store->error.text;
}

const char *
store_reason(const struct store *store, int err)
{
	return err == ERR_DB || err == ERR_CONFLICT ? store_error(store)
						    : err_text(err);
}

bool
store_blames_values(const struct store *store)
{
	return store->error.is_values;
}

bool
store_is_lost(const struct store *store)
{
	return store->lost;
}

void
store_set_timeout(struct store *store, int64_t ms)
{
	store->timeout_ms = ms > 0 ? ms : STORE_TIMEOUT_MS;
}

void
store_set_alarm(struct store *store, int fd)
{
	store->alarm_fd = fd;
}

int
store_settle(struct store *store, int err)
{
	if (err != 0 && err != ERR_END && store->driver->in_transaction(store))
		store->failed = true;
	return err;
}

int
store_refuse_busy(struct store *store)
{
	if (store->lost)
		return ERR_DB;
	if (store->reading != NULL)
		return store_fail(store, ERR_DB,
				  "another statement still has rows, expected "
				  "it to be read to the end or reset");
	if (store->loading != NULL)
		return store_fail(store, ERR_DB,
				  "a bulk load is under way, expected it to be "
				  "ended first");
	return 0;
}

int
store_exec(struct store *store, const char *sql)
{
	int err = store_refuse_busy(store);

	if (err == 0)
		err = store->driver->exec(store, sql);
	if (err == 0 && strncasecmp(sql, "ROLLBACK TO", 11) == 0)
		store->failed = false;
	return store_settle(store, err);
}

int
store_begin(struct store *store)
{
	int err = store_refuse_busy(store);

	if (err != 0)
		return err;
	if (store->driver->in_transaction(store))
		return store_fail(store, ERR_DB,
				  "a transaction is open already");
	store->failed = false;
	return store->driver->begin(store);
}

int
store_commit(struct store *store)
{
	struct store_error reason;
	int err = store_refuse_busy(store);

	if (err != 0)
		return err;
	if (store->failed) {
		reason = store->error;
		store_rollback(store);
		return store_fail(store, ERR_DB,
				  "rolled back, a statement had failed: %.400s",
				  reason.text);
	}
	if (!store->driver->in_transaction(store))
		return store_fail(store, ERR_DB, "no transaction is open");
	return store_settle(store, store->driver->exec(store, "COMMIT"));
}

void
store_rollback(struct store *store)
{
	if (store->reading != NULL)
		store_reset(store->reading);
	if (store->loading != NULL && store->driver->copy_end != NULL)
		store->driver->copy_end(store, "rolled back");
	store->loading = NULL;
	if (!store->lost && store->driver->in_transaction(store))
		store->driver->exec(store, "ROLLBACK");
	store->failed = false;
}

int
store_prepare(struct store *store, const char *sql, struct store_stmt **out)
{
	int err;

	*out = NULL;
	if (store->lost)
		return ERR_DB;
	err = store->driver->prepare(store, sql, out);
	if (err != 0)
		return store_settle(store, err);
	(*out)->store = store;
	(*out)->err = 0;
	store->n_stmts++;
	return 0;
}

void
store_finish(struct store_stmt *stmt)
{
	struct store *store;

	if (stmt == NULL)
		return;
	store = stmt->store;
	store_reset(stmt);
	store->driver->finish(stmt);
	store->n_stmts--;
}

int
store_refuse_time(struct store *store, size_t i, int64_t time)
{
	return store_refuse_values(store,
				   "value %zu: time %lld us, expected the "
				   "years 1 to 9999",
				   i + 1, (long long)time);
}

int
store_check_values(struct store *store, const struct store_value *values,
		   size_t n_values)
{
	for (size_t i = 0; i < n_values; i++) {
		const struct store_value *v = &values[i];

		if (v->type == STORE_TIME && !v->is_null &&
		    !store_is_time(v->number))
			return store_refuse_time(store, i, v->number);
	}
	return 0;
}

static int
prepare_start(struct store_stmt *stmt, const struct store_value *params,
	      size_t n_params)
{
	int err;

	if (stmt->store->reading == stmt)
		store_reset(stmt);
	stmt->err = 0;
	err = store_refuse_busy(stmt->store);
	if (err != 0)
		return err;
	if (n_params != stmt->n_params)
		return store_fail(stmt->store, ERR_DB,
				  "%zu parameters given, expected %zu",
				  n_params, stmt->n_params);
	return store_check_values(stmt->store, params, n_params);
}

int
store_start(struct store_stmt *stmt, const struct store_value *params,
	    size_t n_params)
{
	struct store *store = stmt->store;
	int err = prepare_start(stmt, params, n_params);

	if (err == 0)
		err = store->driver->start(stmt, params);
	if (err == 0)
		store->reading = stmt;
	return store_settle(store, err);
}

int
store_next(struct store_stmt *stmt)
{
	struct store *store = stmt->store;
	int err;

	if (stmt->err != 0) {
		err = stmt->err;
		store_reset(stmt);
		return store_settle(store, err);
	}
	if (store->reading != stmt)
		return store->lost ? ERR_DB : ERR_END;
	err = store->driver->next(stmt);
	if (err != 0)
		store->reading = NULL;
	return store_settle(store, err);
}

void
store_reset(struct store_stmt *stmt)
{
	stmt->err = 0;
	if (stmt->store->reading != stmt)
		return;
	stmt->store->reading = NULL;
	stmt->store->driver->reset(stmt);
}

int
store_run(struct store_stmt *stmt, const struct store_value *params,
	  size_t n_params)
{
	struct store *store = stmt->store;
	int err = prepare_start(stmt, params, n_params);

	if (err == 0)
		err = store->driver->run(stmt, params);
	if (err == ERR_INVAL)
		err = store_fail(store, ERR_DB, "a row came, expected none");
	return store_settle(store, err);
}

int
store_run_once(struct store *store, const char *sql,
	       const struct store_value *params, size_t n_params)
{
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	if (err == 0)
		err = store_run(stmt, params, n_params);
	store_finish(stmt);
	return err;
}

int64_t
store_changes(const struct store *store)
{
	return store->changes;
}

bool
store_is_damaged(struct store_stmt *stmt)
{
	bool damaged = stmt->err == ERR_DB;

	if (damaged)
		stmt->err = 0;
	return damaged;
}

/* The value, or NULL of that type with the error kept for store_next. */
static struct store_value
column_value(struct store_stmt *stmt, int column, enum store_type type)
{
	struct store_value value = store_null(type);
	int err;

	if (store_col_is_null(stmt, column))
		return value;
	value.is_null = false;
	err = stmt->store->driver->column(stmt, column, type, &value);
	if (err == 0)
		return value;
	if (stmt->err == 0)
		stmt->err = err;
	/* somebody has edited it, and it stays as it is */
	stmt->store->error.is_values = err == ERR_DB;
	return store_null(type);
}

bool
store_col_is_null(struct store_stmt *stmt, int column)
{
	assert(stmt->store->reading == stmt);
	return stmt->store->driver->is_null(stmt, column);
}

int64_t
store_col_int(struct store_stmt *stmt, int column)
{
	return column_value(stmt, column, STORE_INT).number;
}

struct str
store_col_text(struct store_stmt *stmt, int column)
{
	return column_value(stmt, column, STORE_TEXT).text;
}

time_us
store_col_time(struct store_stmt *stmt, int column)
{
	return column_value(stmt, column, STORE_TIME).number;
}

money_e8
store_col_money(struct store_stmt *stmt, int column)
{
	return column_value(stmt, column, STORE_MONEY).number;
}

bool
store_col_bool(struct store_stmt *stmt, int column)
{
	return column_value(stmt, column, STORE_BOOL).number != 0;
}

int
store_get_int(struct store *store, const char *sql,
	      const struct store_value *params, size_t n_params, int64_t *out)
{
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, n_params);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0)
		*out = store_col_int(stmt, 0);
	if (err == 0)
		err = stmt->err;
	if (err == ERR_END)
		err = ERR_NOTFOUND;
	store_finish(stmt);
	return store_settle(store, err);
}
