/*
 * store.h - one typed API over PostgreSQL and SQLite
 *
 * A store is one connection, used by one thread at a time. SQL is written once
 * with '?' for parameters; the driver numbers them, converts times (timestamptz
 * or integer microseconds), money (numeric or integer 1e-8) and booleans, and
 * hides what is left of the dialects. One statement is stepped at a time on a
 * connection: finish or reset it before executing another (ERR_DB otherwise),
 * unless its rows were all read. Every wait for a server is bounded: 5 s to
 * connect, 60 s of silence of a statement (see store_set_timeout).
 *
 * Texts are UTF-8 without NUL; octets that are not become U+FFFD on their way
 * in, so that no record is refused for them. Times outside the years 1..9999
 * are refused (ERR_DB).
 */
#ifndef DB_STORE_H
#define DB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "tel/money.h"

struct store;
struct store_stmt;

enum store_dialect { STORE_SQLITE, STORE_POSTGRESQL };
enum store_type { STORE_INT, STORE_TEXT, STORE_TIME, STORE_MONEY, STORE_BOOL };

struct store_value {
	enum store_type type;
	bool is_null;
	int64_t number;	 /* INT, TIME (time_us), MONEY (money_e8), BOOL */
	struct str text; /* TEXT; borrowed */
};

static inline struct store_value
store_int(int64_t v)
{
	return (struct store_value){ .type = STORE_INT, .number = v };
}

static inline struct store_value
store_time(time_us v)
{
	return (struct store_value){ .type = STORE_TIME, .number = v };
}

static inline struct store_value
store_money(money_e8 v)
{
	return (struct store_value){ .type = STORE_MONEY, .number = v };
}

static inline struct store_value
store_bool(bool v)
{
	return (struct store_value){ .type = STORE_BOOL, .number = v };
}

static inline struct store_value
store_str(struct str v)
{
	return (struct store_value){ .type = STORE_TEXT, .is_null = v.p == NULL,
				     .text = v };
}

static inline struct store_value
store_text(const char *v)
{
	return store_str(str_of(v));
}

static inline struct store_value
store_null(enum store_type type)
{
	return (struct store_value){ .type = type, .is_null = true };
}

enum store_flags {
	STORE_CREATE = 1,    /* make an SQLite file that is not there yet */
	STORE_READ_ONLY = 2,
	STORE_ONE_PASS = 4,  /* rows are read once: none are worth keeping */
};

#define STORE_ERROR_MAX 512

/*
 * url is "sqlite:PATH", "postgresql://..." or "postgresql:" and a libpq
 * connection string. Returns 0, ERR_INVAL (no such kind of url), ERR_NOTFOUND
 * (no such file, and no STORE_CREATE), ERR_DB or ERR_NOMEM; error then says
 * why, naming the url without its password.
 */
int store_open(const char *url, unsigned flags, struct store **out,
	       char error[STORE_ERROR_MAX]);
void store_close(struct store *store);
enum store_dialect store_dialect(const struct store *store);
/* What the database said of the last ERR_DB or ERR_CONFLICT; never NULL. */
const char *store_error(const struct store *store);
/* What to say of err: what the database said, for these two, else its text. */
const char *store_reason(const struct store *store, int err);
/* Whether the last ERR_DB or ERR_EXISTS was for the values that were given, or
 * found where others belong: the same again would be refused again. After all
 * other errors (no room, a statement that was cancelled, a server that only reads
 * or goes) a later try may pass. */
bool store_blames_values(const struct store *store);
/* Whether the connection is gone for good: close and open again. */
bool store_is_lost(const struct store *store);
/* How long a server may be silent before the connection counts as lost; for
 * work on whole tables. 0 restores the default. Nothing changes for SQLite,
 * which waits 5 s for a lock and never for a server. */
void store_set_timeout(struct store *store, int64_t ms);

/* From when on fd can be read (a timerfd, say), waits for a server end at once,
 * with the connection lost; -1 = never. fd is borrowed; nobody reads from it. */
void store_set_alarm(struct store *store, int fd);

/* One or more statements without parameters and results. All of these return
 * 0, ERR_DB, ERR_EXISTS (a unique key), ERR_CONFLICT (serialisation, lock,
 * busy: retry the transaction) or ERR_NOMEM. */
int store_exec(struct store *store, const char *sql);
/* On a store opened with STORE_READ_ONLY all statements of the transaction
 * see the same state; otherwise SQLite takes its write lock here. */
int store_begin(struct store *store);
/* When a statement of the transaction has failed, this rolls back and returns
 * ERR_DB; only "ROLLBACK TO" a savepoint makes good for it. */
int store_commit(struct store *store);
/* Safe to call when no transaction is open. */
void store_rollback(struct store *store);

/* Prepare sql, one statement, with '?' parameters; kept by the caller, freed
 * with store_finish before store_close. PostgreSQL looks at it only when it
 * is started first. */
int store_prepare(struct store *store, const char *sql,
		  struct store_stmt **out);
void store_finish(struct store_stmt *stmt);
/* Bind all parameters and start: rows come with store_next. Texts need to
 * live until this returns. */
int store_start(struct store_stmt *stmt, const struct store_value *params,
		size_t n_params);
/* 0 with a row to look at, ERR_END after the last one (the statement is then
 * ready for store_start again), or an error. Rows are streamed: a large
 * result is never held in memory. */
int store_next(struct store_stmt *stmt);
/* Give up the rest of the rows. */
void store_reset(struct store_stmt *stmt);
/* start, expect no row (ERR_DB when there is one), reset. */
int store_run(struct store_stmt *stmt, const struct store_value *params,
	      size_t n_params);
/* A statement that is run once: prepare, run, finish. */
int store_run_once(struct store *store, const char *sql,
		   const struct store_value *params, size_t n_params);
/* Rows changed by the last INSERT, UPDATE or DELETE that ran. */
int64_t store_changes(const struct store *store);

/* Columns of the current row, from 0; a NULL gives 0, false or p == NULL.
 * Texts are borrowed until store_next or store_reset. A value that does not
 * have the type asked for makes store_next's error sticky: ERR_DB, unless
 * store_is_damaged was asked. */
bool store_col_is_null(struct store_stmt *stmt, int column);
int64_t store_col_int(struct store_stmt *stmt, int column);
struct str store_col_text(struct store_stmt *stmt, int column);
time_us store_col_time(struct store_stmt *stmt, int column);
money_e8 store_col_money(struct store_stmt *stmt, int column);
bool store_col_bool(struct store_stmt *stmt, int column);
/* Whether a value of the row at hand did not have the type asked for, as a row
 * may that was edited by hand; it was taken for NULL, store_error says which it
 * was, and store_next goes on with the next row. */
bool store_is_damaged(struct store_stmt *stmt);

/* What the store's clock says; that of SQLite is this machine's. 0 or the store's
 * error. */
int store_now(struct store *store, time_us *out);
/* The earlier of this machine's clock and the store's: what is due by it is due
 * whichever of the two is wrong. */
int store_sure_now(struct store *store, time_us *out);
/* One query, one row, one integer: 0, ERR_NOTFOUND (no row) or an error. */
int store_get_int(struct store *store, const char *sql,
		  const struct store_value *params, size_t n_params,
		  int64_t *out);

#endif
