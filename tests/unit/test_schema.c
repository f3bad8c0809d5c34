/* test_schema.c - the tables, versioned */
#include "db/schema.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/schema_steps.h"
#include "tel/cdr.h"
#include "tests/unit/db_help.h"

static void
a_migration_makes_all_tables_once(struct store *store)
{
	char error[STORE_ERROR_MAX], latest[40];
	int version = -1;

	CHECK((size_t)schema_latest == n_schema_steps);
	if (!OK(schema_version(store, &version)))
		return;
	CHECK(version == 0);
	CHECK(schema_check(store, error) == ERR_INVAL);
	CHECK(strstr(error, "run lcrdb init") != NULL);
	if (!OK(schema_migrate(store)) || !OK(schema_check(store, error)) ||
	    !OK(schema_version(store, &version)))
		return;
	CHECK(version == schema_latest);
	ROWS(store,
	     "SELECT min(version), min(applied) > 0 FROM"
	     " (SELECT version, count(applied) AS applied"
	     " FROM schema_version GROUP BY version) v",
	     "ib", "1|true");
	CHECK(schema_migrate(store) == 0);
	snprintf(latest, sizeof(latest), "%d|%d", schema_latest, schema_latest);
	ROWS(store, "SELECT count(*), max(version) FROM schema_version", "ii",
	     latest);
	ROWS(store, "SELECT count(*) FROM rates", "i", "0");
}
ON_BOTH(DB_EMPTY, a_migration_makes_all_tables_once)

static void
a_newer_store_is_left_alone(struct store *store)
{
	const struct store_value row[] = { store_int(schema_latest + 1),
					   store_time(0) };
	char error[STORE_ERROR_MAX], sql[100];

	if (!OK(store_run_once(store, "INSERT INTO schema_version VALUES (?, ?)", row,
		       2)))
		return;
	CHECK(schema_check(store, error) == ERR_INVAL);
	CHECK(strstr(error, "newer program") != NULL);
	CHECK(schema_migrate(store) == ERR_INVAL);
	CHECK(strstr(store_error(store), "newer program") != NULL);
	snprintf(sql, sizeof(sql),
		 "DELETE FROM schema_version WHERE version > %d",
		 schema_latest);
	CHECK(store_exec(store, sql) == 0);
	CHECK(schema_migrate(store) == 0);
}
ON_BOTH(DB_TABLES, a_newer_store_is_left_alone)

/* Half a migration would leave tables behind that the next one trips over. */
static void
a_migration_that_fails_leaves_nothing(struct store *store)
{
	int version = -1;

	if (!OK(store_exec(store, "CREATE TABLE bad_events (x integer)")))
		return;
	CHECK(schema_migrate(store) == ERR_DB);
	CHECK(strstr(store_error(store), "bad_events") != NULL);
	if (!OK(schema_version(store, &version)))
		return;
	CHECK(version == 0);
	CHECK(store_exec(store, "DROP TABLE bad_events") == 0);
	CHECK(schema_migrate(store) == 0);
}
ON_BOTH(DB_EMPTY, a_migration_that_fails_leaves_nothing)

/* Computed by the store from others. */
static bool
is_generated(const struct cdr_field *f)
{
	return strcmp(f->name, "duration_us") == 0 ||
	       strcmp(f->name, "anomaly") == 0;
}

/* Insert a value into the field and read it back by its type. */
static void
check_field(struct store *store, const char *table, const struct cdr_field *f)
{
	static const char letters[] = { [CDR_TEXT] = 's',
					[CDR_INT] = 'i',
					[CDR_TIME] = 't',
					[CDR_MONEY] = 'm' };
	static const char *const expected[] = { [CDR_TEXT] = "5",
						[CDR_INT] = "5",
						[CDR_TIME] = "5",
						[CDR_MONEY] = "0.00000005" };
	const struct store_value values[] = { [CDR_TEXT] = store_text("5"),
					      [CDR_INT] = store_int(5),
					      [CDR_TIME] = store_time(5),
					      [CDR_MONEY] = store_money(5) };
	const char type[] = { letters[f->type], '\0' };
	char sql[200];

	test_row(f->name);
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?", table, f->name);
	if (!is_generated(f) &&
	    !OK(store_run_once(store, sql, &values[f->type], 1)))
		return;
	snprintf(sql, sizeof(sql), "SELECT %s FROM %s", f->name, table);
	if (!is_generated(f))
		ROWS(store, sql, type, expected[f->type]);
}

static void
every_field_of_the_records_has_its_column(struct store *store)
{
	if (!OK(store_begin(store)))
		return;
	if (OK(store_exec(store,
			  store_dialect(store) == STORE_SQLITE
			      ? "INSERT INTO cdr (call_key, setup_time, to_tag)"
				" VALUES ('k', 1, '')"
			      : "INSERT INTO cdr (call_key, setup_time, to_tag)"
				" VALUES ('k', 'epoch', '')")) &&
	    OK(store_exec(store, store_dialect(store) == STORE_SQLITE
				     ? "INSERT INTO cdr_attempt"
				       " (call_key, setup_time, hop)"
				       " VALUES ('k', 1, 1)"
				     : "INSERT INTO cdr_attempt"
				       " (call_key, setup_time, hop)"
				       " VALUES ('k', 'epoch', 1)"))) {
		ROWS(store, "SELECT status, rating_run FROM cdr", "si",
		     "open|-");
		for (size_t i = 0; i < n_cdr_fields; i++)
			check_field(store, "cdr", &cdr_fields[i]);
		for (size_t i = 0; i < n_cdr_attempt_fields; i++)
			check_field(store, "cdr_attempt",
				    &cdr_attempt_fields[i]);
	}
	store_rollback(store);
}
ON_BOTH(DB_TABLES, every_field_of_the_records_has_its_column)

static int
insert_call(struct store *store, time_us setup, const char *key,
	    const char *to_tag, struct store_value answer,
	    struct store_value end)
{
	const struct store_value row[] = { store_time(setup), store_text(key),
					   store_text(to_tag), answer, end };

	return store_run_once(store,
		      "INSERT INTO cdr (setup_time, call_key, to_tag,"
		      " answer_time, end_time) VALUES (?, ?, ?, ?, ?)",
		      row, 5);
}

static void
the_duration_follows_the_times(struct store *store)
{
	const struct store_value none = store_null(STORE_TIME);
	const time_us t = 1795000000000001;

	if (!OK(insert_call(store, 1, "a", "", store_time(t),
			    store_time(t + 90061000001))) ||
	    !OK(insert_call(store, 1, "b", "", store_time(t),
			    store_time(t + 1))) ||
	    !OK(insert_call(store, 1, "c", "", store_time(t),
			    store_time(t + INT64_C(400) * 86400 * US_PER_S))) ||
	    !OK(insert_call(store, 1, "d", "", store_time(t), none)) ||
	    !OK(insert_call(store, 1, "e", "", none, store_time(t))))
		return;
	ROWS(store, "SELECT call_key, duration_us FROM cdr ORDER BY call_key",
	     "si", "a|90061000001\nb|1\nc|34560000000000\nd|-\ne|-");
	CHECK(store_exec(store, "UPDATE cdr SET duration_us = 1") == ERR_DB);
}
ON_BOTH(DB_TABLES, the_duration_follows_the_times)

static void
a_call_is_recorded_once(struct store *store)
{
	const struct store_value none = store_null(STORE_TIME);

	if (!OK(insert_call(store, 1, "a", "", none, none)) ||
	    !OK(insert_call(store, 2, "a", "", none, none)) ||
	    !OK(insert_call(store, 1, "b", "", none, none)) ||
	    !OK(insert_call(store, 1, "a", "tag", none, none)))
		return;
	CHECK(insert_call(store, 1, "a", "tag", none, none) == ERR_EXISTS);
}
ON_BOTH(DB_TABLES, a_call_is_recorded_once)

static int
insert_rate(struct store *store, const char *band, struct store_value from)
{
	const struct store_value row[] = { store_text(band), from };

	return store_run_once(store,
		      "INSERT INTO rates (tariff, prefix, band,"
		      " valid_from) VALUES (1, '49', ?, ?)",
		      row, 2);
}

/* NULL counts as a value here. */
static void
a_rate_has_one_row_per_key(struct store *store)
{
	const struct store_value always = store_null(STORE_TIME);

	if (!OK(store_exec(store, "INSERT INTO tariffs (id, tariff, currency)"
				  " VALUES (1, 'a', 'EUR')")) ||
	    !OK(insert_rate(store, "", always)) ||
	    !OK(insert_rate(store, "", store_time(0))) ||
	    !OK(insert_rate(store, "sat", always)))
		return;
	CHECK(insert_rate(store, "", always) == ERR_EXISTS);
	CHECK(insert_rate(store, "", store_time(0)) == ERR_EXISTS);
	CHECK(insert_rate(store, "", store_time(1)) == 0);
	ROWS(store,
	     "SELECT rate, connect_fee, first_increment, increment,"
	     " grace_s, from_second, valid_until FROM rates"
	     " WHERE band = 'sat'",
	     "mmiiiit", "-|0|1|1|0|0|-");
}
ON_BOTH(DB_TABLES, a_rate_has_one_row_per_key)

static const char *const twins[] = {
	"INSERT INTO trunks (account, address) VALUES (1, '192.0.2.0/24')",
	"INSERT INTO trunks (account, address, port) VALUES"
	" (1, '192.0.2.0/24', 5060)",
	"INSERT INTO trunks (account, address, transport) VALUES"
	" (1, '192.0.2.0/24', 'udp')",
	"INSERT INTO trunks (account, address, tech_prefix) VALUES"
	" (1, '192.0.2.0/24', '77')",
	"INSERT INTO trunks (account, address, certificate) VALUES"
	" (1, '', 'pbx.example.net')",
	"INSERT INTO holidays (date) VALUES ('2026-12-25')",
	"INSERT INTO holidays (tariff, date) VALUES (1, '2026-12-25')",
	"INSERT INTO credentials (account, username, realm) VALUES"
	" (1, 'bob', 'a')",
	"INSERT INTO credentials (account, username, realm) VALUES"
	" (1, 'bob', 'b')",
};

static void
nothing_is_there_twice(struct store *store)
{
	if (!OK(store_exec(store, "INSERT INTO tariffs (id, tariff, currency)"
				  " VALUES (1, 'a', 'EUR');"
				  "INSERT INTO accounts (id, account)"
				  " VALUES (1, 'acme')")))
		return;
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		test_row(twins[i]);
		CHECK(store_exec(store, twins[i]) == 0);
		CHECK(store_exec(store, twins[i]) == ERR_EXISTS);
	}
}
ON_BOTH(DB_TABLES, nothing_is_there_twice)

static void
a_reference_must_exist(struct store *store)
{
	CHECK(store_exec(store, "INSERT INTO carriers (carrier, tariff)"
				" VALUES ('a', 12345)") == ERR_DB);
	CHECK(store_exec(store, "INSERT INTO gateways (gateway, carrier, uri)"
				" VALUES ('a', 12345, 'sip:a')") == ERR_DB);
	CHECK(store_exec(store, "INSERT INTO credentials (account, username,"
				" realm) VALUES (12345, 'a', 'b')") == ERR_DB);
}
ON_BOTH(DB_TABLES, a_reference_must_exist)

static void
an_id_is_never_given_twice(struct store *store)
{
	char before[200], after[200];

	if (!OK(store_exec(store, "INSERT INTO accounts (account)"
				  " VALUES ('a')")) ||
	    !OK(db_rows(store, "SELECT id FROM accounts", "i", before,
			sizeof(before))) ||
	    !OK(store_exec(store, "DELETE FROM accounts;"
				  "INSERT INTO accounts (account)"
				  " VALUES ('b')")) ||
	    !OK(db_rows(store, "SELECT id FROM accounts", "i", after,
			sizeof(after))))
		return;
	CHECK(strcmp(before, after) != 0);
}
ON_BOTH(DB_TABLES, an_id_is_never_given_twice)

static const struct test tests[] = {
	BOTH("a migration makes all tables, once",
	     a_migration_makes_all_tables_once),
	BOTH("a newer store is left alone", a_newer_store_is_left_alone),
	BOTH_ONCE("a migration that fails leaves nothing",
		  a_migration_that_fails_leaves_nothing),
	BOTH_ONCE("every field of the records has its column",
		  every_field_of_the_records_has_its_column),
	BOTH("the duration follows the times", the_duration_follows_the_times),
	BOTH("a call is recorded once", a_call_is_recorded_once),
	BOTH("a rate has one row per key", a_rate_has_one_row_per_key),
	BOTH("nothing is there twice", nothing_is_there_twice),
	BOTH("a reference must exist", a_reference_must_exist),
	BOTH("an id is never given twice", an_id_is_never_given_twice),
};

const struct test_suite suite_schema = TEST_SUITE("schema", tests);
