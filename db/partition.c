/* partition.c - call records by the month */
#include "db/partition.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/timefmt.h"

#define SQL_MAX 320
#define MONTH_SQL_MAX 2048
#define MAX_FOUND 1200
#define ROWS_AT_A_TIME 5000

static const char *const tables[] = { "cdr", "cdr_attempt" };
#define N_TABLES ((int)(sizeof(tables) / sizeof(tables[0])))

/* Nodes come one after the other; "lcrm" in octets. */
static const char lock_sql[] =
    "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(1818456685)) l";

/* Months since the year 0. */
static int
month_of(time_us t)
{
	int64_t day_us = 86400 * US_PER_S;
	int64_t days = t / day_us - (t % day_us < 0);
	int year, month, day;

	date_from_days(days, &year, &month, &day);
	return year * 12 + month - 1;
}

static time_us
begin_of(int month)
{
	return days_from_date(month / 12, month % 12 + 1, 1) * 86400 * US_PER_S;
}

static bool
is_postgresql(const struct store *store)
{
	return store_dialect(store) == STORE_POSTGRESQL;
}

/* In one transaction, which others wait for. */
static int
run_locked(struct store *store, const char *sql)
{
	int64_t ignored;
	int err = store_begin(store);

	if (err == 0)
		err = store_get_int(store, lock_sql, NULL, 0, &ignored);
	if (err == 0)
		err = store_exec(store, sql);
	if (err == 0)
		err = store_commit(store);
	if (err != 0)
		store_rollback(store);
	return err;
}

static int
exists(struct store *store, const char *table, int month, bool *out)
{
	char name[64];
	struct store_value param;
	int64_t n = 0;
	int err;

	snprintf(name, sizeof(name), "%s_%04d%02d", table, month / 12,
		 month % 12 + 1);
	param = store_text(name);
	err = store_get_int(store, "SELECT count(to_regclass(?))", &param, 1,
			    &n);
	*out = n > 0;
	return err;
}

/*
 * The table of the month T_YYYYMM is made, filled with the rows of that month
 * that have come before it and are in T_other, and attached: 1 is the table, 2
 * the month, 3 and 4 its bounds. Whoever writes meanwhile waits for T_other, and
 * for nothing else.
 */
static const char month_sql[] =
    "DO $$ DECLARE t text := '%s'; p text := t || '_%04d%02d';"
    " a text := quote_literal('%04d-%02d-01 00:00:00+00');"
    " b text := quote_literal('%04d-%02d-01 00:00:00+00'); c text;"
    " BEGIN IF to_regclass(p) IS NOT NULL THEN RETURN; END IF;"
    " EXECUTE format('LOCK TABLE %%s_other IN ACCESS EXCLUSIVE MODE', t);"
    " SELECT string_agg(quote_ident(attname::text), ', ' ORDER BY attnum)"
    " INTO c FROM pg_attribute WHERE attrelid = to_regclass(t)"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = '';"
    " EXECUTE format('CREATE TABLE %%s (LIKE %%s INCLUDING DEFAULTS"
    " INCLUDING GENERATED)', p, t);"
    " EXECUTE format('WITH moved AS (DELETE FROM %%s_other"
    " WHERE setup_time >= %%s AND setup_time < %%s RETURNING %%s)"
    " INSERT INTO %%s (%%s) SELECT %%s FROM moved', t, a, b, c, p, c, c);"
    " EXECUTE format('ALTER TABLE %%s ATTACH PARTITION %%s"
    " FOR VALUES FROM (%%s) TO (%%s)', t, p, a, b); END $$";

static int
make_month(struct store *store, const char *table, int month)
{
	int next = month + 1;
	char sql[MONTH_SQL_MAX];

	snprintf(sql, sizeof(sql), month_sql, table, month / 12,
		 month % 12 + 1, month / 12, month % 12 + 1, next / 12,
		 next % 12 + 1);
	return run_locked(store, sql);
}

/* One month that cannot be made does not keep the others from being. */
int
partition_make(struct store *store, time_us now, int ahead, size_t *n_out)
{
	int first = month_of(now), result = 0;

	*n_out = 0;
	if (!is_postgresql(store))
		return 0;
	for (int i = 0; i < N_TABLES * (ahead + 1); i++) {
		const char *table = tables[i / (ahead + 1)];
		int month = first + i % (ahead + 1);
		bool is_there = false;
		int err = exists(store, table, month, &is_there);

		if (err == 0 && !is_there) {
			err = make_month(store, table, month);
			*n_out += err == 0;
		}
		if (err != 0 && result == 0)
			result = err;
		if (store_is_lost(store))
			break;
	}
	return result;
}

/* --- dropping --- */

/* The month of a partition's name, or -1. */
static int
month_in(struct str name, const char *table)
{
	size_t len = strlen(table);
	uint64_t number;

	if (name.len != len + 7 || memcmp(name.p, table, len) != 0 ||
	    name.p[len] != '_' ||
	    str_parse_u64(str_make(name.p + len + 1, 6), 999912, &number) != 0 ||
	    number % 100 < 1 || number % 100 > 12)
		return -1;
	return (int)(number / 100 * 12 + number % 100 - 1);
}

/* The months of partitions before `limit`; at most MAX_FOUND at a time. */
static int
find_old(struct store *store, const char *table, int limit, int *found,
	 size_t *n_out)
{
	static const char sql[] =
	    "SELECT c.relname::text FROM pg_inherits i"
	    " JOIN pg_class c ON c.oid = i.inhrelid"
	    " WHERE i.inhparent = to_regclass(?) ORDER BY 1";
	const struct store_value param = store_text(table);
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	*n_out = 0;
	if (err != 0)
		return err;
	err = store_start(stmt, &param, 1);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		int month = month_in(store_col_text(stmt, 0), table);

		if (month >= 0 && month < limit && *n_out < MAX_FOUND)
			found[(*n_out)++] = month;
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

static int
drop_months(struct store *store, const char *table, int limit, size_t *n_out)
{
	int found[MAX_FOUND];
	char sql[SQL_MAX];
	size_t n;
	int err = find_old(store, table, limit, found, &n);

	for (size_t i = 0; i < n && err == 0; i++) {
		snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS %s_%04d%02d",
			 table, found[i] / 12, found[i] % 12 + 1);
		err = run_locked(store, sql);
		*n_out += err == 0;
	}
	return err;
}

/* What is in no partition of a month; all there is in SQLite. */
static int
delete_rows(struct store *store, const char *table, int limit, size_t *n_out)
{
	const struct store_value params[] = { store_time(begin_of(limit)),
					      store_int(ROWS_AT_A_TIME) };
	const char *tail = is_postgresql(store) ? "_other" : "";
	char sql[SQL_MAX];
	int err;

	snprintf(sql, sizeof(sql),
		 "DELETE FROM %s%s WHERE id IN (SELECT id FROM %s%s"
		 " WHERE setup_time < ? LIMIT ?)",
		 table, tail, table, tail);
	err = store_run_once(store, sql, params, 2);
	if (err == 0)
		*n_out += (size_t)store_changes(store);
	return err;
}

int
partition_drop(struct store *store, time_us now, int keep, size_t *n_out)
{
	int limit = month_of(now) - keep, err = 0;

	*n_out = 0;
	for (int i = 0; i < N_TABLES && err == 0; i++) {
		if (is_postgresql(store))
			err = drop_months(store, tables[i], limit, n_out);
		if (err == 0)
			err = delete_rows(store, tables[i], limit, n_out);
	}
	return err;
}
