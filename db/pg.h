/*
 * pg.h - the pieces of the PostgreSQL driver; private to db/pg*.c and
 * db/postgresql.c
 *
 * The connection is in libpq's non-blocking mode and every wait is a poll()
 * with a deadline, so that a server that stops answering costs one error.
 */
#ifndef DB_PG_H
#define DB_PG_H

#include <libpq-fe.h>

#include "db/driver.h"

/* Object ids of the built-in types; fixed for all servers (pg_type.dat). */
enum pg_oid {
	PG_BOOL = 16,
	PG_NAME = 19,
	PG_INT8 = 20,
	PG_INT2 = 21,
	PG_INT4 = 23,
	PG_TEXT = 25,
	PG_BPCHAR = 1042,
	PG_VARCHAR = 1043,
	PG_TIMESTAMPTZ = 1184,
	PG_NUMERIC = 1700,
};

/* How long to wait for somebody else's lock: SQL. */
#define PG_LOCK_TIMEOUT "'30s'"

/* More statements than a program runs over and over. */
#define PG_MAX_KEPT 32

struct pg_stmt;

struct pg {
	struct store base;
	PGconn *conn;
	unsigned n_named; /* statements named so far */
	bool rolled_back; /* the last command did */
	bool is_pooled;   /* what is set or prepared does not stay with us */
	/* finished, for the next one with the same text; longest unused first */
	struct pg_stmt *kept[PG_MAX_KEPT];
	size_t n_kept;
	char *copy;       /* rows not handed to libpq yet */
	size_t copy_len, copy_cap;
};

/* Parameters in the form that libpq takes. */
struct pg_params {
	Oid *types;
	const char **values;
	size_t n;
	char *text; /* the values' bytes */
	size_t cap;
};

extern const struct driver pg_driver;

static inline struct pg *
pg_of(const struct store *store)
{
	return (struct pg *)(void *)(uintptr_t)store;
}

/*
 * sql with its '?' replaced by $1, $2 ...: those outside of quotes, dollar
 * quotes and comments. Yours to free; NULL when out of memory.
 */
char *pg_sql_number(const char *sql, size_t *n_params);

/* Note the connection as gone: ERR_DB. reason NULL asks libpq. */
int pg_lose(struct pg *pg, const char *reason);
/* Hand everything written to the server: 0 or ERR_DB. */
int pg_flush(struct pg *pg);
/* The next result of the command under way, NULL after the last. */
int pg_result(struct pg *pg, PGresult **out);
/* See the command under way to its end: 0 or its first error. Takes over
 * result, which is what came of it last, or NULL. Notes changes. */
int pg_finish(struct pg *pg, PGresult *result);
/* Run sql (no parameters) to its end. */
int pg_exec(struct pg *pg, const char *sql);

int pg_params_init(struct pg_params *params, size_t n);
void pg_params_fini(struct pg_params *params);
/* Put values into params; *same tells whether the types are as before. */
int pg_params_set(struct pg_params *params, const struct store_value *values,
		  bool *same);
/* Bytes that pg_write may need for a value that is not NULL. */
size_t pg_room(const struct store_value *value);
/* Write the value's text with a NUL; returns its length. */
size_t pg_write(const struct store_value *value, char *out);
/* Decode one value that is not NULL, see struct driver. */
int pg_value(struct store *store, const PGresult *row, int column,
	     enum store_type type, struct store_value *out);

int pg_copy_begin(struct store *store, const char *sql);
int pg_copy_row(struct store *store, const struct store_value *values,
		size_t n_values);
int pg_copy_record(struct store *store, const struct bulk_column *columns,
		   size_t n_columns, const void *record);
int pg_copy_end(struct store *store, const char *reason);

#endif
