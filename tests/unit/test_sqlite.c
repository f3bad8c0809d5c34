/* test_sqlite.c - the store in one file */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "db/store.h"
#include "tests/unit/db_help.h"

static void
a_new_file_is_not_for_everybody(void)
{
	char path[256], url[300], error[STORE_ERROR_MAX];
	struct store *store;
	struct stat st;

	snprintf(path, sizeof(path), "%s/new.db", test_dir());
	snprintf(url, sizeof(url), "sqlite:%s", path);
	unlink(path);
	CHECK(store_open(url, 0, &store, error) == ERR_NOTFOUND);
	CHECK(access(path, F_OK) != 0);
	if (!OK(store_open(url, STORE_CREATE, &store, error)))
		return;
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0007) == 0);
	CHECK(store_dialect(store) == STORE_SQLITE);
	ROWS(store, "PRAGMA journal_mode", "s", "wal");
	ROWS(store, "PRAGMA synchronous", "i", "1");
	ROWS(store, "PRAGMA foreign_keys", "i", "1");
	ROWS(store, "PRAGMA busy_timeout", "i", "5000");
	store_close(store);
}

static void
a_file_of_something_else_is_refused(void)
{
	char path[256], url[300], error[STORE_ERROR_MAX];
	struct store *store;
	int err;

	db_file("other.db", "This is not a database, however long it may be.\n",
		path, sizeof(path));
	snprintf(url, sizeof(url), "sqlite:%s", path);
	err = store_open(url, 0, &store, error);
	CHECK(err == ERR_DB);
	CHECK(strstr(error, "other.db") != NULL);
	CHECK(strstr(error, "not a database") != NULL);
}

static void
a_directory_that_is_missing_is_named(void)
{
	char error[STORE_ERROR_MAX];
	struct store *store;

	CHECK(store_open("sqlite:/nosuch/dir/lcr.db", STORE_CREATE, &store,
			 error) == ERR_DB);
	CHECK(strstr(error, "/nosuch/dir/lcr.db") != NULL);
	CHECK(strstr(error, "No such file") != NULL);
}

static void
a_store_may_live_in_memory(void)
{
	char error[STORE_ERROR_MAX];
	struct store *store;

	if (!OK(store_open("sqlite::memory:", 0, &store, error)))
		return;
	CHECK(store_exec(store, "CREATE TABLE t (i INTEGER)") == 0);
	ROWS(store, "SELECT count(*) FROM t", "i", "0");
	CHECK(!store_is_lost(store));
	store_close(store);
}

static void
a_number_is_no_boolean(void)
{
	char error[STORE_ERROR_MAX], out[200];
	struct store *store;

	if (!OK(store_open("sqlite::memory:", 0, &store, error)))
		return;
	ROWS(store, "SELECT 0, 1", "bb", "false|true");
	CHECK(db_rows(store, "SELECT x'00'", "s", out, sizeof(out)) == ERR_DB);
	CHECK(strstr(store_error(store), "a blob, expected a text") != NULL);
	CHECK(db_rows(store, "SELECT 2", "b", out, sizeof(out)) == ERR_DB);
	CHECK(strstr(store_error(store), "expected 0 or 1") != NULL);
	store_close(store);
}

/* Not only the first write: that would fail when another connection has
 * written since the first read, however long it waits. */
static void
begin_takes_the_write_lock(struct store *store)
{
	char error[STORE_ERROR_MAX];
	struct store *other;

	if (!OK(store_open(db_url(), 0, &other, error)))
		return;
	CHECK(store_exec(other, "PRAGMA busy_timeout = 20") == 0);
	CHECK(store_begin(store) == 0);
	CHECK(store_begin(other) == ERR_CONFLICT);
	store_rollback(store);
	CHECK(store_begin(other) == 0);
	store_close(other);
}

static void
begin_takes_the_write_lock_sqlite(void)
{
	db_on_sqlite(DB_EMPTY, begin_takes_the_write_lock);
}

static const struct test tests[] = {
	{ .name = "begin takes the write lock",
	  .run = begin_takes_the_write_lock_sqlite },
	{ .name = "a new file is not for everybody",
	  .run = a_new_file_is_not_for_everybody },
	{ .name = "a file of something else is refused",
	  .run = a_file_of_something_else_is_refused },
	{ .name = "a directory that is missing is named",
	  .run = a_directory_that_is_missing_is_named },
	{ .name = "a store may live in memory",
	  .run = a_store_may_live_in_memory },
	{ .name = "a number is no boolean", .run = a_number_is_no_boolean },
};

const struct test_suite suite_sqlite = TEST_SUITE("sqlite", tests);
