/* schema.c - the tables, versioned */
#include "db/schema.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/dialect.h"
#include "db/driver.h"
#include "db/schema_steps.h"

const int schema_latest = 22;

/* Programs that migrate at the same time come one after the other; SQLite's
 * BEGIN IMMEDIATE does that by itself. The number is "lcrp" in octets. */
static const char lock_sql[] =
    "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(1818456688)) l";
static const char has_sqlite_sql[] =
    "SELECT count(*) FROM sqlite_master"
    " WHERE type = 'table' AND name = 'schema_version'";
static const char has_postgresql_sql[] =
    "SELECT count(to_regclass('schema_version'))";
static const char version_sql[] =
    "SELECT coalesce(max(version), 0) FROM schema_version";
static const char create_sql[] =
    "CREATE TABLE IF NOT EXISTS schema_version"
    " (version %INT% PRIMARY KEY, applied %TIME% NOT NULL)";
static const char note_sql[] =
    "INSERT INTO schema_version (version, applied) VALUES (?, ?)";

int
schema_version(struct store *store, int *out)
{
	bool is_sqlite = store_dialect(store) == STORE_SQLITE;
	int64_t n;
	int err = store_get_int(store,
				is_sqlite ? has_sqlite_sql : has_postgresql_sql,
				NULL, 0, &n);

	*out = 0;
	if (err != 0 || n == 0)
		return err;
	err = store_get_int(store, version_sql, NULL, 0, &n);
	if (err == 0)
		*out = (int)n;
	return err;
}

static int
note_version(struct store *store, int version)
{
	struct store_value values[2];
	struct clock clock;

	clock_init_system(&clock);
	values[0] = store_int(version);
	values[1] = store_time(clock_wall(&clock));
	return store_run_once(store, note_sql, values, 2);
}

/* A statement may be for one database only: "postgresql: CREATE ...". */
static const char *
for_dialect(const struct store *store, const char *sql)
{
	static const char prefix[] = "postgresql: ";

	if (strncmp(sql, prefix, strlen(prefix)) != 0)
		return sql;
	return store_dialect(store) == STORE_POSTGRESQL ? sql + strlen(prefix)
							: NULL;
}

static int
apply_step(struct store *store, int from)
{
	int err = 0;

	for (const char *const *sql = schema_steps[from]; *sql != NULL; sql++) {
		const char *text = for_dialect(store, *sql);

		if (text != NULL)
			err = dialect_exec(store, text);
		if (err != 0)
			return err;
	}
	return note_version(store, from + 1);
}

/* One step, if there still is one when the lock has been given. */
static int
step_up(struct store *store, bool *done)
{
	int64_t ignored;
	int version = 0, err = 0;

	if (store_dialect(store) == STORE_POSTGRESQL)
		err = store_get_int(store, lock_sql, NULL, 0, &ignored);
	if (err == 0)
		err = dialect_exec(store, create_sql);
	if (err == 0)
		err = schema_version(store, &version);
	if (err != 0)
		return err;
	*done = version == schema_latest;
	if (version > schema_latest)
		return store_fail(store, ERR_INVAL,
				  "the store has schema version %d, expected "
				  "at most %d: use a newer program",
				  version, schema_latest);
	return *done ? 0 : apply_step(store, version);
}

int
schema_migrate(struct store *store)
{
	int64_t timeout_ms = store->timeout_ms;
	bool done = false;
	int err = 0;

	store_set_timeout(store, STORE_LONG_TIMEOUT_MS);
	while (err == 0 && !done) {
		err = store_begin(store);
		if (err == 0)
			err = step_up(store, &done);
		if (err == 0)
			err = store_commit(store);
		if (err != 0)
			store_rollback(store);
	}
	store_set_timeout(store, timeout_ms);
	return err;
}

int
schema_check(struct store *store, char error[STORE_ERROR_MAX])
{
	int version;
	int err = schema_version(store, &version);

	if (err != 0)
		return store_open_fail(error, err, "%s", store_error(store));
	if (version == schema_latest)
		return 0;
	if (version > schema_latest)
		return store_open_fail(error, ERR_INVAL,
				       "the store has schema version %d, "
				       "expected %d: use a newer program",
				       version, schema_latest);
	return store_open_fail(error, ERR_INVAL,
			       "the store has schema version %d, expected %d: "
			       "run lcrdb %s",
			       version, schema_latest,
			       version == 0 ? "init" : "migrate");
}
