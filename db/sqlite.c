/* sqlite.c - the store in one file: times are integer microseconds, money is
 * integer 1e-8 units, booleans are 0 and 1 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "db/driver.h"
#include "db/utf8.h"

#define BUSY_TIMEOUT_MS 5000

struct sqlite {
	struct store base;
	sqlite3 *db;
};

struct sqlite_stmt {
	struct store_stmt base;
	sqlite3_stmt *stmt;
};

static sqlite3 *
db_of(const struct store *store)
{
	return ((const struct sqlite *)(const void *)store)->db;
}

static sqlite3_stmt *
stmt_of(const struct store_stmt *stmt)
{
	return ((const struct sqlite_stmt *)(const void *)stmt)->stmt;
}

static int
err_of(int code)
{
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_EXISTS;
	default:
		break;
	}
	switch (code & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_CONFLICT;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	default:
		return ERR_DB;
	}
}

/* See store_blames_values. */
static bool
is_for_values(int code)
{
	switch (code & 0xFF) {
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return true;
	default:
		return false;
	}
}

/* Note what SQLite says of its last failure. */
static int
fail(struct store *store)
{
	int code = sqlite3_extended_errcode(db_of(store));

	if (code == SQLITE_READONLY_DBMOVED)
		store->lost = true;
	store_fail(store, err_of(code), "%s", sqlite3_errmsg(db_of(store)));
	store->error.is_values = is_for_values(code);
	return err_of(code);
}

static void
close_store(struct store *store)
{
	sqlite3_close(db_of(store));
	mem_free(store);
}

static bool
in_transaction(const struct store *store)
{
	return !sqlite3_get_autocommit(db_of(store));
}

/* Take over the count of changed rows, if the statement was one that counts. */
static void
note_changes(struct store *store)
{
	store->changes = sqlite3_changes(db_of(store));
}

static int
exec_sql(struct store *store, const char *sql)
{
	if (sqlite3_exec(db_of(store), sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(store);
	note_changes(store);
	return 0;
}

static int
begin(struct store *store)
{
	return exec_sql(store, store->flags & STORE_READ_ONLY
				   ? "BEGIN"
				   : "BEGIN IMMEDIATE");
}

static bool
is_blank(const char *sql)
{
	return sql[strspn(sql, " \t\r\n;")] == '\0';
}

static int
prepare(struct store *store, const char *sql, struct store_stmt **out)
{
	struct sqlite_stmt *stmt = mem_zalloc(1, sizeof(*stmt));
	const char *tail = "";

	if (stmt == NULL)
		return ERR_NOMEM;
	if (sqlite3_prepare_v3(db_of(store), sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &stmt->stmt, &tail) != SQLITE_OK) {
		mem_free(stmt);
		return fail(store);
	}
	if (stmt->stmt == NULL || !is_blank(tail)) {
		sqlite3_finalize(stmt->stmt);
		mem_free(stmt);
		return store_fail(store, ERR_DB,
				  "\"%.60s\": expected exactly one statement",
				  sql);
	}
	stmt->base.n_params = (size_t)sqlite3_bind_parameter_count(stmt->stmt);
	*out = &stmt->base;
	return 0;
}

static void
finish(struct store_stmt *stmt)
{
	sqlite3_finalize(stmt_of(stmt));
	mem_free(stmt);
}

static void
reset(struct store_stmt *stmt)
{
	sqlite3_reset(stmt_of(stmt));
	sqlite3_clear_bindings(stmt_of(stmt));
}

static int
bind_text(sqlite3_stmt *stmt, int at, struct str text, bool keeps)
{
	char *clean;
	size_t len;

	if (utf8_is_clean(text))
		return sqlite3_bind_text64(
		    stmt, at, text.p, text.len,
		    keeps ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
	clean = mem_alloc(UTF8_CLEAN_MAX(text.len));
	if (clean == NULL)
		return SQLITE_NOMEM;
	len = utf8_clean(text, clean);
	return sqlite3_bind_text64(stmt, at, clean, len, mem_free, SQLITE_UTF8);
}

/* keeps: the texts outlive the statement's run and need no copy. */
static int
bind(struct store_stmt *stmt, const struct store_value *params, bool keeps)
{
	sqlite3_stmt *s = stmt_of(stmt);

	for (size_t i = 0; i < stmt->n_params; i++) {
		const struct store_value *v = &params[i];
		int at = (int)i + 1, code;

		if (v->is_null)
			code = sqlite3_bind_null(s, at);
		else if (v->type == STORE_TEXT)
			code = bind_text(s, at, v->text, keeps);
		else
			code = sqlite3_bind_int64(s, at, v->number);
		if (code == SQLITE_NOMEM)
			return ERR_NOMEM;
		if (code != SQLITE_OK)
			return fail(stmt->store);
	}
	return 0;
}

static int
start(struct store_stmt *stmt, const struct store_value *params)
{
	int err = bind(stmt, params, false);

	if (err != 0)
		reset(stmt);
	return err;
}

static int
step(struct store_stmt *stmt)
{
	switch (sqlite3_step(stmt_of(stmt))) {
	case SQLITE_ROW:
		return 0;
	case SQLITE_DONE:
		if (!sqlite3_stmt_readonly(stmt_of(stmt)))
			note_changes(stmt->store);
		return ERR_END;
	default:
		return fail(stmt->store);
	}
}

static int
next(struct store_stmt *stmt)
{
	int err = step(stmt);

	if (err != 0)
		reset(stmt);
	return err;
}

static int
run(struct store_stmt *stmt, const struct store_value *params)
{
	int err = bind(stmt, params, true);

	if (err == 0)
		err = step(stmt);
	/* Each run binds all parameters again: clearing them costs as much as
	 * binding numbers, and texts that are gone by now are not looked at. */
	sqlite3_reset(stmt_of(stmt));
	if (err == ERR_END)
		return 0;
	return err == 0 ? ERR_INVAL : err;
}

static bool
is_null(struct store_stmt *stmt, int column)
{
	assert(column >= 0 && column < sqlite3_column_count(stmt_of(stmt)));
	return sqlite3_column_type(stmt_of(stmt), column) == SQLITE_NULL;
}

static const char *
type_text(int type)
{
	switch (type) {
	case SQLITE_INTEGER:
		return "an integer";
	case SQLITE_FLOAT:
		return "a floating point number";
	case SQLITE_TEXT:
		return "a text";
	default:
		return "a blob";
	}
}

static int
refuse_type(struct store *store, sqlite3_stmt *s, int column, int found,
	    int expected)
{
	const char *name = sqlite3_column_name(s, column);
	const char *value = "";

	if (found != SQLITE_BLOB)
		value = (const char *)sqlite3_column_text(s, column);
	if (value == NULL)
		return ERR_NOMEM;
	return store_fail(store, ERR_DB, "column %s is %s%s%.60s%s, expected %s",
			  name, type_text(found), *value != '\0' ? " \"" : "",
			  value, *value != '\0' ? "\"" : "",
			  type_text(expected));
}

static int
column_value(struct store_stmt *stmt, int column, enum store_type type,
	     struct store_value *out)
{
	sqlite3_stmt *s = stmt_of(stmt);
	int found = sqlite3_column_type(s, column);
	int expected = type == STORE_TEXT ? SQLITE_TEXT : SQLITE_INTEGER;

	if (found != expected)
		return refuse_type(stmt->store, s, column, found, expected);
	if (type == STORE_TEXT) {
		const char *p = (const char *)sqlite3_column_text(s, column);

		if (p == NULL)
			return ERR_NOMEM;
		out->text =
		    str_make(p, (size_t)sqlite3_column_bytes(s, column));
	} else {
		out->number = sqlite3_column_int64(s, column);
	}
	if (type == STORE_TIME && !store_is_time(out->number))
		return store_fail(
		    stmt->store, ERR_DB,
		    "column %s is %lld, expected a time of the years 1 to 9999",
		    sqlite3_column_name(s, column), (long long)out->number);
	if (type == STORE_BOOL && out->number != 0 && out->number != 1)
		return store_fail(
		    stmt->store, ERR_DB, "column %s is %lld, expected 0 or 1",
		    sqlite3_column_name(s, column), (long long)out->number);
	return 0;
}

/* SQLite counts its memory under a lock which all threads share, for figures
 * that nobody asks for; it can be told so only before its first use. */
__attribute__((constructor)) static void
count_no_memory(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static const struct driver driver = {
	.dialect = STORE_SQLITE,
	.begin = begin,
	.close = close_store,
	.in_transaction = in_transaction,
	.exec = exec_sql,
	.prepare = prepare,
	.finish = finish,
	.start = start,
	.next = next,
	.reset = reset,
	.run = run,
	.is_null = is_null,
	.column = column_value,
};

/* The file has password hashes and call records in it: not for everybody. */
static int
create_file(const char *path, char error[STORE_ERROR_MAX])
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return store_open_fail(error, ERR_DB,
				       "sqlite:%s: cannot be created: %s", path,
				       strerror(errno));
	close(fd);
	return 0;
}

static int
check_file(const char *path, unsigned flags, char error[STORE_ERROR_MAX])
{
	if (path[0] == '\0')
		return store_open_fail(error, ERR_INVAL,
				       "store \"sqlite:\": expected a path "
				       "behind the colon");
	if (strcmp(path, ":memory:") == 0 || access(path, F_OK) == 0)
		return 0;
	if (flags & STORE_CREATE)
		return create_file(path, error);
	return store_open_fail(error, ERR_NOTFOUND, "sqlite:%s: %s", path,
			       strerror(errno));
}

/* Of two connections that both want to switch a new file to WAL, SQLite
 * refuses one at once, whatever the busy timeout, lest they wait for each
 * other. */
static int
switch_to_wal(struct store *store)
{
	const struct timespec nap = { 0, 5000000 };
	struct clock clock;
	int64_t until_ms;
	int err;

	clock_init_system(&clock);
	until_ms = clock_mono_ms(&clock) + BUSY_TIMEOUT_MS;
	for (;;) {
		err = exec_sql(store, "PRAGMA journal_mode = WAL");
		if (err != ERR_CONFLICT || clock_mono_ms(&clock) >= until_ms)
			return err;
		nanosleep(&nap, NULL);
	}
}

/* A file that is no database shows with the first statement. */
static int
set_up(struct sqlite *sqlite)
{
	struct store *store = &sqlite->base;
	int err;

	sqlite3_extended_result_codes(sqlite->db, 1);
	sqlite3_busy_timeout(sqlite->db, BUSY_TIMEOUT_MS);
	/* reports and bills go through a file in an order of their own */
	if (store->flags & STORE_READ_ONLY)
		return exec_sql(store,
				store->flags & STORE_ONE_PASS
				    ? "SELECT count(*) FROM sqlite_master;"
				      "PRAGMA cache_size = -2048"
				    : "SELECT count(*) FROM sqlite_master;"
				      "PRAGMA cache_size = -131072");
	err = switch_to_wal(store);
	return err != 0 ? err
			: exec_sql(store, "PRAGMA synchronous = NORMAL;"
					  "PRAGMA foreign_keys = ON;"
					  "PRAGMA cache_size = -16384");
}

int
sqlite_open(const char *path, unsigned flags, struct store **out,
	    char error[STORE_ERROR_MAX])
{
	int mode = SQLITE_OPEN_NOMUTEX |
		   (flags & STORE_READ_ONLY ? SQLITE_OPEN_READONLY
					    : SQLITE_OPEN_READWRITE);
	struct sqlite *sqlite;
	int err = check_file(path, flags, error);

	if (err != 0)
		return err;
	sqlite = mem_zalloc(1, sizeof(*sqlite));
	if (sqlite == NULL)
		return store_open_fail(error, ERR_NOMEM, "out of memory");
	sqlite->base.driver = &driver;
	sqlite->base.flags = flags;
	sqlite->base.timeout_ms = STORE_TIMEOUT_MS;
	sqlite->base.alarm_fd = -1;
	err = sqlite3_open_v2(path, &sqlite->db, mode, NULL) == SQLITE_OK
		  ? set_up(sqlite)
		  : fail(&sqlite->base);
	if (err != 0) {
		store_open_fail(error, err, "sqlite:%.200s: %.250s", path,
				sqlite->base.error.text);
		close_store(&sqlite->base);
		return err == ERR_CONFLICT ? ERR_DB : err;
	}
	*out = &sqlite->base;
	return 0;
}
