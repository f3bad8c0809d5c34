/* test_kind_check.c - what the tables' own checks cannot see */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/db_import.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* A small business in which nothing is wrong. */
static const char good_sql[] =
    "INSERT INTO tariffs (id, tariff, currency) VALUES"
    " (1, 'buy', 'EUR'), (2, 'sell', 'EUR');"
    "INSERT INTO rates (id, tariff, prefix, rate) VALUES"
    " (1, 1, '49', 1), (2, 2, '49', 2);"
    "INSERT INTO carriers (id, carrier, tariff) VALUES (1, 'blue', 1);"
    "INSERT INTO gateways (id, gateway, carrier, uri) VALUES"
    " (1, 'b1', 1, 'sip:b1.example');"
    "INSERT INTO accounts (id, account, tariff, timezone) VALUES"
    " (1, 'acme', 2, 'Europe/Berlin');"
    "INSERT INTO trunks (id, account, address) VALUES"
    " (1, 1, '192.0.2.1/32')";

/* What each change makes of it: n_errors, n_warnings, a line. */
static const struct row {
	const char *sql;
	int n_errors, n_warnings;
	const char *says;
} rows[] = {
	{ "SELECT 1", 0, 0, "" },
	{ "UPDATE rates SET valid_from = setup_time, valid_until = setup_time"
	  " FROM cdr WHERE rates.id = 1",
	  1, 0,
	  "error: rate buy/49: valid_until is not after valid_from, so it is "
	  "never in force\n" },
	{ "UPDATE rates SET rate = -1 WHERE id = 2", 1, 0,
	  "error: rate sell/49: a price is below 0, but the tariff does not "
	  "allow that\n" },
	{ "UPDATE tariffs SET allow_negative = true;"
	  "UPDATE rates SET rate = -1",
	  0, 0, "" },
	{ "UPDATE rates SET increment = 0 WHERE id = 2", 1, 0,
	  "error: rate sell/49: an increment is below 1 second\n" },
	{ "INSERT INTO credentials (account, username, realm) VALUES"
	  " (1, 'bob', 'r')",
	  1, 0,
	  "error: credential bob@r: there is no hash, so nobody can log in "
	  "with it\n" },
	{ "UPDATE rates SET valid_until = answer_time FROM cdr"
	  " WHERE rates.id = 2;"
	  "INSERT INTO rates (id, tariff, prefix, rate, valid_from)"
	  " SELECT 7, 2, '49', 3, setup_time FROM cdr",
	  0, 1,
	  "warning: rate sell/49: its periods overlap; where they do, the row "
	  "that begins later counts\n" },
	{ "UPDATE rates SET valid_until = setup_time FROM cdr"
	  " WHERE rates.id = 2;"
	  "INSERT INTO rates (id, tariff, prefix, rate, valid_from)"
	  " SELECT 7, 2, '49', 3, setup_time FROM cdr",
	  0, 0, "" },
	{ "INSERT INTO taxes (tax, percent, valid_from, valid_until) VALUES"
	  " ('VAT', 19, NULL, '2026-07-01'), ('VAT', 16, '2026-06-01', NULL)",
	  0, 1,
	  "warning: tax VAT of all accounts: from 2026-06-01 on it overlaps the "
	  "one before; where they do, the one that begins later counts\n" },
	{ "INSERT INTO taxes (tax, percent, valid_from, valid_until) VALUES"
	  " ('VAT', 19, NULL, '2026-06-01'), ('VAT', 16, '2026-06-01', NULL)",
	  0, 0, "" },
	{ "UPDATE rates SET rate = 0 WHERE id = 1", 0, 1,
	  "warning: tariff buy: rates that are 0, so that calls are free: "
	  "1\n" },
	{ "DELETE FROM rates WHERE id = 1", 0, 1,
	  "warning: tariff buy: there are no rates in it\n" },
	{ "INSERT INTO carriers (carrier, tariff) VALUES ('green', 1)", 0, 1,
	  "warning: carrier green: there is no gateway that is enabled, so it "
	  "gets no calls\n" },
	{ "INSERT INTO carriers (id, carrier) VALUES (900, 'green');"
	  "INSERT INTO gateways (gateway, carrier, uri) VALUES"
	  " ('g1', 900, 'sip:a')",
	  0, 2,
	  "warning: carrier green: there is no tariff, so it gets no calls\n"
	  "warning: gateway g1: carrier green has no tariff, so it gets no "
	  "calls\n" },
	{ "INSERT INTO carriers (carrier, enabled) VALUES ('green', false)", 0,
	  0, "" },
	{ "UPDATE accounts SET tariff = NULL", 0, 1,
	  "warning: account acme: there is no tariff, so its calls are not "
	  "charged\n" },
	{ "UPDATE trunks SET address = '', certificate = 'pbx.example.net'", 0,
	  0, "" },
	{ "UPDATE trunks SET address = ''", 1, 0,
	  "error: trunk acme: there is neither an address nor a certificate, so "
	  "the proxy refuses the tables\n" },
	{ "UPDATE trunks SET transport = 'udp',"
	  " certificate = 'pbx.example.net'",
	  1, 0,
	  "error: trunk pbx.example.net: needs a certificate, but is not for "
	  "tls, so nobody can be it\n" },
	{ "DELETE FROM trunks", 0, 1,
	  "warning: account acme: there are neither trunks nor credentials, "
	  "so nobody can call\n" },
	{ "DELETE FROM trunks;"
	  "INSERT INTO credentials (account, username, realm, ha1_md5) VALUES"
	  " (1, 'bob', 'r', 'x')",
	  0, 0, "" },
	{ "UPDATE tariffs SET currency = 'USD' WHERE id = 2", 0, 1,
	  "warning: account acme: pays in USD, which no carrier sells in, and "
	  "there is no exchange rate\n" },
	{ "UPDATE accounts SET timezone = 'Nowhere/Land'", 1, 0,
	  "error: account acme: time zone \"Nowhere/Land\" is not known on "
	  "this system\n" },
	{ "UPDATE tariffs SET timezone = 'Nowhere/Land' WHERE id = 1", 1, 0,
	  "error: tariff buy: time zone \"Nowhere/Land\" is not known on this "
	  "system\n" },
	{ "INSERT INTO rates (tariff, prefix, rate, band) VALUES"
	  " (1, '49', 1, 'mon-fri'), (1, '49', 1, 'fri')",
	  1, 0, "error: rate buy/49: band \"fri\" overlaps \"mon-fri\"\n" },
};

static int
check(struct store *store, char *out, size_t cap, int *n_errors,
      int *n_warnings)
{
	FILE *file = fmemopen(out, cap, "w");
	int err;

	out[0] = '\0';
	if (file == NULL)
		return ERR_IO;
	err = kind_check_all(store, file, n_errors, n_warnings);
	fclose(file);
	return err;
}

static void
check_change(struct store *store, const struct row *row)
{
	int n_errors = -1, n_warnings = -1;
	char text[1000];

	test_row(row->sql);
	if (OK(store_exec(store, row->sql)) &&
	    OK(check(store, text, sizeof(text), &n_errors, &n_warnings))) {
		CHECK(n_errors == row->n_errors);
		CHECK(n_warnings == row->n_warnings);
		CHECK(strcmp(text, row->says) == 0);
	}
}

static void
mistakes_are_found(struct store *store)
{
	const struct store_value call[] = { store_time(1), store_time(2) };

	if (!OK(store_exec(store, good_sql)) ||
	    !OK(store_run_once(store,
		       "INSERT INTO cdr (call_key, to_tag, setup_time,"
		       " answer_time) VALUES ('a', '', ?, ?)",
		       call, 2)))
		return;
	for (size_t i = 0; i < N(rows); i++) {
		if (!OK(store_begin(store)))
			return;
		check_change(store, &rows[i]);
		store_rollback(store);
	}
}
ON_BOTH(DB_TABLES, mistakes_are_found)

static void
an_empty_store_has_no_mistakes(struct store *store)
{
	int n_errors = -1, n_warnings = -1;
	char text[1000];

	if (!OK(check(store, text, sizeof(text), &n_errors, &n_warnings)))
		return;
	CHECK(n_errors == 0 && n_warnings == 0);
	CHECK(strcmp(text, "") == 0);
}
ON_BOTH(DB_TABLES, an_empty_store_has_no_mistakes)

static const struct test tests[] = {
	BOTH_ONCE("mistakes are found", mistakes_are_found),
	BOTH("an empty store has no mistakes", an_empty_store_has_no_mistakes),
};

const struct test_suite suite_kind_check = TEST_SUITE("kind_check", tests);
