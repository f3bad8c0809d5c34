/* db_help.c - the same tests on both databases */
#include "tests/unit/db_help.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "db/schema.h"

#define URL_MAX 512

#define SHM_DIR "/dev/shm/lcrproxy-unit-XXXXXX"

static struct store *admin;
static char dir[64]; /* of the SQLite files */
static char template_path[256];
static char url[URL_MAX];
static char pg_url[2][URL_MAX]; /* by enum db_content */
static char empty_sql[128], clear_sql[2048];

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return 1;
}

static int
make_tables(const char *where)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int status = 0;

	if (store_open(where, STORE_CREATE, &store, error) != 0)
		return fail(where, error);
	if (schema_migrate(store) != 0)
		status = fail(where, store_error(store));
	store_close(store);
	return status;
}

/* Rows go, in the order of the references. */
static void
write_clear_sql(const char *schema)
{
	static const char *const tables[] = {
		"bill_lines",  "bill_corrections", "bills",
		"taxes",       "exchange_rates",   "rating_history",
		"blocks",      "durations",        "shares",
		"portability", "measured_durations",
		"users",       "callers",     "emergencies",      "limits",
		"trunks",      "credentials",      "accounts",
		"gateway_credentials",
		"gateways",    "carriers",         "holidays",
		"rates",       "tariffs",          "cdr",
		"cdr_attempt", "journal_position", "bad_events",
		"cdr_corrections", "node_clock", "node_step",
	};
	size_t len = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		len +=
		    (size_t)snprintf(clear_sql + len, sizeof(clear_sql) - len,
				     "DELETE FROM %s.%s;", schema, tables[i]);
	snprintf(clear_sql + len, sizeof(clear_sql) - len,
		 "DELETE FROM %s.schema_version WHERE version > %d", schema,
		 schema_latest);
}

static int
start_postgresql(const char *conninfo)
{
	char error[STORE_ERROR_MAX], sql[256], name[URL_MAX];
	int pid = (int)getpid();

	snprintf(name, sizeof(name), "postgresql:%s", conninfo);
	if (store_open(name, 0, &admin, error) != 0)
		return fail(name, error);
	snprintf(sql, sizeof(sql),
		 "DROP SCHEMA IF EXISTS unit_%d_t CASCADE;"
		 "CREATE SCHEMA unit_%d_t",
		 pid, pid);
	if (store_exec(admin, sql) != 0)
		return fail(sql, store_error(admin));
	for (int i = 0; i < 2; i++)
		snprintf(pg_url[i], sizeof(pg_url[i]),
			 "postgresql:%s options='-c search_path=unit_%d_%c'",
			 conninfo, pid, i == DB_TABLES ? 't' : 'e');
	snprintf(empty_sql, sizeof(empty_sql),
		 "DROP SCHEMA IF EXISTS unit_%d_e CASCADE;"
		 "CREATE SCHEMA unit_%d_e",
		 pid, pid);
	snprintf(name, sizeof(name), "unit_%d_t", pid);
	write_clear_sql(name);
	return make_tables(pg_url[DB_TABLES]);
}

/* In memory if there is room: the allocation sweep makes thousands of files,
 * and each waits for the disk several times. */
static void
choose_dir(void)
{
	strcpy(dir, SHM_DIR);
	if (mkdtemp(dir) == NULL)
		snprintf(dir, sizeof(dir), "%s", test_dir());
}

static void
remove_files(const char *path)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char file[300];

	for (int i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", path, tails[i]);
		unlink(file);
	}
}

int
db_help_start(void)
{
	const char *conninfo = getenv("LCR_TEST_PG");
	char name[URL_MAX];

	choose_dir();
	snprintf(template_path, sizeof(template_path), "%s/template.db", dir);
	snprintf(name, sizeof(name), "sqlite:%s", template_path);
	if (make_tables(name) != 0)
		return 1;
	return conninfo != NULL && conninfo[0] != '\0'
		   ? start_postgresql(conninfo)
		   : 0;
}

void
db_help_stop(void)
{
	char sql[256];
	int pid = (int)getpid();

	remove_files(template_path);
	snprintf(sql, sizeof(sql), "%s/test.db", dir);
	remove_files(sql);
	rmdir(dir);
	if (admin == NULL)
		return;
	snprintf(sql, sizeof(sql),
		 "DROP SCHEMA IF EXISTS unit_%d_t CASCADE;"
		 "DROP SCHEMA IF EXISTS unit_%d_e CASCADE",
		 pid, pid);
	store_exec(admin, sql);
	store_close(admin);
	admin = NULL;
}

static void
copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	char chunk[65536];
	size_t n;

	while (in != NULL && out != NULL &&
	       (n = fread(chunk, 1, sizeof(chunk), in)) > 0)
		fwrite(chunk, 1, n, out);
	CHECK(in != NULL && out != NULL);
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
}

static void
run(db_test *test)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int err = store_open(url, STORE_CREATE, &store, error);

	if (err != 0 && err != ERR_NOMEM)
		printf("\n    %s\n", error);
	if (!OK(err))
		return;
	test(store);
	store_close(store);
}

void
db_on_sqlite(enum db_content content, db_test *test)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/test.db", dir);
	remove_files(path);
	if (content == DB_TABLES)
		copy_file(template_path, path);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	run(test);
}

void
db_on_postgresql(enum db_content content, db_test *test)
{
	if (admin == NULL) {
		test_skip("LCR_TEST_PG is not set");
		return;
	}
	if (!OK(store_exec(admin, content == DB_EMPTY ? empty_sql : clear_sql)))
		return;
	snprintf(url, sizeof(url), "%s", pg_url[content]);
	run(test);
}

const char *
db_url(void)
{
	return url;
}

struct store *
db_admin(void)
{
	return admin;
}

static void
write_column(struct store_stmt *stmt, int at, char type, char *out, size_t cap)
{
	char money[MONEY_TEXT_MAX];

	switch (type) {
	case 's':
		snprintf(out, cap, "%.*s", STR_ARG(store_col_text(stmt, at)));
		break;
	case 't':
		snprintf(out, cap, "%" PRId64, store_col_time(stmt, at));
		break;
	case 'm':
		snprintf(out, cap, "%s",
			 money_format(store_col_money(stmt, at), 0, money));
		break;
	case 'b':
		snprintf(out, cap, "%s",
			 store_col_bool(stmt, at) ? "true" : "false");
		break;
	default:
		snprintf(out, cap, "%" PRId64, store_col_int(stmt, at));
		break;
	}
}

static size_t
write_row(struct store_stmt *stmt, const char *types, char *out, size_t cap)
{
	size_t len = 0;

	for (int i = 0; types[i] != '\0' && len < cap; i++) {
		if (i > 0)
			len += (size_t)snprintf(out + len, cap - len, "|");
		if (store_col_is_null(stmt, i))
			snprintf(out + len, cap - len, "-");
		else
			write_column(stmt, i, types[i], out + len, cap - len);
		len += strlen(out + len);
	}
	return len;
}

int
db_rows(struct store *store, const char *sql, const char *types, char *out,
	size_t cap)
{
	struct store_stmt *stmt;
	size_t len = 0;
	int err = store_prepare(store, sql, &stmt);

	out[0] = '\0';
	if (err != 0)
		return err;
	err = store_start(stmt, NULL, 0);
	while (err == 0 && len + 100 < cap) {
		err = store_next(stmt);
		if (err == 0 && len > 0)
			out[len++] = '\n';
		if (err == 0)
			len += write_row(stmt, types, out + len, cap - len);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err == 0 ? ERR_SPACE : err;
}

bool
db_check_rows(struct store *store, const char *sql, const char *types,
	      const char *expected, const char *file, int line)
{
	char rows[8192], text[300];
	int err = db_rows(store, sql, types, rows, sizeof(rows));

	if (err != 0) {
		snprintf(text, sizeof(text), "%s: %.100s", sql,
			 store_error(store));
		return test_ok(err, text, file, line);
	}
	if (strcmp(rows, expected) == 0)
		return true;
	snprintf(text, sizeof(text),
		 "%.90s gives \"%.90s\", expected \"%.90s\"", sql, rows,
		 expected);
	return test_check(false, text, file, line);
}

const char *
db_file(const char *name, const char *text, char *out, size_t cap)
{
	FILE *file;

	snprintf(out, cap, "%s/%s", test_dir(), name);
	file = fopen(out, "we");
	CHECK(file != NULL);
	if (file != NULL) {
		fputs(text, file);
		fclose(file);
	}
	return out;
}
