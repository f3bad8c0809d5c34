/*
 * driver.h - what a database has to do to be a store; private to db/
 *
 * Each driver embeds struct store and struct store_stmt as the first members
 * of its own. store.c has checked the order of calls (one statement at a
 * time, number of parameters, range of times) before a driver sees them.
 */
#ifndef DB_DRIVER_H
#define DB_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

/* Longest silence of a server before the connection counts as lost. */
#define STORE_TIMEOUT_MS INT64_C(60000)
/* The same for single statements that work through whole tables. */
#define STORE_LONG_TIMEOUT_MS INT64_C(3600000)

/* The years 1 to 9999, which both databases know. */
#define STORE_TIME_MIN (INT64_C(-62135596800) * US_PER_S)
#define STORE_TIME_MAX (INT64_C(253402300800) * US_PER_S - 1)

struct bulk;
struct bulk_column;
struct bulk_kept;

/* More kinds of merges than a program has. */
#define STORE_MAX_KEPT 8

struct driver {
	enum store_dialect dialect;
	int (*begin)(struct store *store);
	void (*close)(struct store *store);
	bool (*in_transaction)(const struct store *store);
	int (*exec)(struct store *store, const char *sql);
	/* Sets n_params of the statement. */
	int (*prepare)(struct store *store, const char *sql,
		       struct store_stmt **out);
	void (*finish)(struct store_stmt *stmt);
	int (*start)(struct store_stmt *stmt, const struct store_value *params);
	/* Leaves the statement reset unless it returned 0. */
	int (*next)(struct store_stmt *stmt);
	void (*reset)(struct store_stmt *stmt);
	/* start, next until the end, reset: ERR_INVAL when a row came. */
	int (*run)(struct store_stmt *stmt, const struct store_value *params);
	/* The column must be one of the row's. */
	bool (*is_null)(struct store_stmt *stmt, int column);
	/* A value that is not NULL, as type: 0, or ERR_DB when it has another
	 * type. */
	int (*column)(struct store_stmt *stmt, int column, enum store_type type,
		      struct store_value *out);
	/* COPY ... FROM STDIN; all NULL where there is none. After copy_end
	 * the connection is ready again, also when it returned an error; a
	 * reason makes the server refuse what was sent. */
	int (*copy_begin)(struct store *store, const char *sql);
	int (*copy_row)(struct store *store, const struct store_value *values,
			size_t n_values);
	/* A row out of a struct (see bulk_record), whose times are checked
	 * here. */
	int (*copy_record)(struct store *store,
			   const struct bulk_column *columns, size_t n_columns,
			   const void *record);
	int (*copy_end)(struct store *store, const char *reason);
};

/* What went wrong last. */
struct store_error {
	char text[STORE_ERROR_MAX];
	bool is_values; /* see store_blames_values */
};

struct store {
	const struct driver *driver;
	unsigned flags;             /* enum store_flags */
	struct store_stmt *reading; /* has rows left */
	const struct bulk *loading; /* nothing else may be done meanwhile */
	bool failed;                /* a statement of the transaction has */
	bool lost;
	size_t n_stmts;
	struct bulk_kept *kept[STORE_MAX_KEPT]; /* see bulk_kept.h */
	size_t next_kept;
	int64_t changes;
	int64_t timeout_ms;
	int alarm_fd; /* -1 = none */
	struct store_error error;
};

struct store_stmt {
	struct store *store;
	size_t n_params;
	int err; /* sticky: a column did not have the type asked for */
};

int sqlite_open(const char *path, unsigned flags, struct store **out,
		char error[STORE_ERROR_MAX]);
int postgresql_open(const char *conninfo, unsigned flags, struct store **out,
		    char error[STORE_ERROR_MAX]);

/* A failure inside a transaction must not be committed around: notes it.
 * Returns err. */
int store_settle(struct store *store, int err);
/* 0, or ERR_DB while a statement or a bulk load is under way, or lost. */
int store_refuse_busy(struct store *store);
static inline bool
store_is_time(int64_t time)
{
	return time >= STORE_TIME_MIN && time <= STORE_TIME_MAX;
}
/* ERR_DB, for the values: value i, from 0, is no such time. */
int store_refuse_time(struct store *store, size_t i, int64_t time);
/* 0, or ERR_DB when a value cannot be stored on both databases. */
int store_check_values(struct store *store, const struct store_value *values,
		       size_t n_values);
/* Note what went wrong, on one line, and not for the values; returns err. */
int store_fail(struct store *store, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for the values (store_blames_values); returns ERR_DB. */
int store_refuse_values(struct store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* store_fail into a buffer of the caller's. */
int store_open_fail(char error[STORE_ERROR_MAX], int err, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));

#endif
