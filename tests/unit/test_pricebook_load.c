/* test_pricebook_load.c - price lists from the store */
#include "route/pricebook.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_store.h"

static const struct route_csv sample[] = {
	{ "tariffs", "tariff,currency,timezone,decimals,rounding,"
		     "duration_rounding,minimum_charge,attempt_fee,round_at,"
		     "allow_negative\n"
		     "blue,EUR,,,,,,,,\n"
		     "green,USD,Europe/Berlin,4,up,exact,0.02,0.001,bill,yes\n"
		     "empty,CHF,UTC,2,down,half_up,,,call,no\n" },
	{ "rates", "tariff,prefix,destination,rate,connect_fee,first_increment,"
		   "increment,grace_s,from_second,band,valid_from,valid_until\n"
		   "blue,49,Germany,0.0123,0.05,60,30,3,,,,\n"
		   "blue,49,Germany,0.01,,,,,60,,,\n"
		   "blue,4930,Berlin,,,,,,,,,\n"
		   "blue,,World,1,,,,,,,,\n"
		   "green,49,Germany,-0.5,,60,60,,,,2026-03-01,2026-04-01\n"
		   "green,49,Germany,0.7,,60,60,,,mon-fri 08:00-18:00,,\n"
		   "green,49,Germany,0.3,,60,60,,,holidays,,\n" },
	{ "holidays", "tariff,date,name\n"
		      ",2026-12-25,Christmas\n"
		      "green,2026-10-03,Unity\n"
		      "green,2026-12-25,twice\n"
		      ",2026-01-01,New Year\n" },
	{ NULL, NULL },
};

static time_us
instant(const char *text)
{
	time_us t = 0;

	CHECK(time_parse(str_of(text), &t) == 0);
	return t;
}

static int
load(struct store *store, struct pricebook **out, char *error)
{
	int err = store_begin(store);

	*out = NULL;
	error[0] = '\0';
	if (err == 0)
		err = pricebook_load(store, out, error);
	store_rollback(store);
	return err;
}

static void
check_tariffs(const struct pricebook *book)
{
	uint32_t green = pricebook_find_tariff(book, str_of("green"));
	uint32_t blue = pricebook_find_tariff(book, str_of("blue"));
	const struct tariff *tariff;

	if (!CHECK(pricebook_n_tariffs(book) == 3) ||
	    !CHECK(green != PRICEBOOK_NO_TARIFF && blue != PRICEBOOK_NO_TARIFF))
		return;
	tariff = pricebook_tariff(book, green);
	CHECK(strcmp(tariff->currency, "USD") == 0 && tariff->decimals == 4);
	CHECK(tariff->zone != NULL);
	CHECK(strcmp(tariff->zone_name, "Europe/Berlin") == 0);
	CHECK(tariff->rounding == MONEY_UP);
	CHECK(tariff->duration_rounding == DURATION_EXACT);
	CHECK(tariff->round_at == ROUND_AT_BILL && tariff->allow_negative);
	CHECK(tariff->minimum_charge == 2 * MONEY_ONE / 100);
	CHECK(tariff->attempt_fee == MONEY_ONE / 1000);
	CHECK(tariff->holidays.n == 3);
	CHECK(tariff->holidays.days[1] == days_from_date(2026, 10, 3));
	tariff = pricebook_tariff(book, blue);
	CHECK(tariff->zone == NULL && tariff->decimals == 6);
	CHECK(tariff->rounding == MONEY_HALF_UP && !tariff->allow_negative);
	CHECK(tariff->duration_rounding == DURATION_UP);
	CHECK(tariff->round_at == ROUND_AT_CALL);
	CHECK(tariff->holidays.n == 2);
	CHECK(tariff->holidays.days[0] == days_from_date(2026, 1, 1));
}

/* The row of green's Germany at an instant, in 1e-8. */
static money_e8
green_at(const struct pricebook *book, const char *when)
{
	struct number number = { 4, "4989" };
	struct price_match match;
	uint32_t green = pricebook_find_tariff(book, str_of("green"));

	if (pricebook_find(book, green, &number, instant(when), &match) != 0)
		return INT64_MAX;
	return match.now->per_min;
}

static void
check_rates(const struct pricebook *book)
{
	struct number number = { 4, "4989" };
	struct price_match match;
	const struct rate_terms *terms;
	uint32_t blue = pricebook_find_tariff(book, str_of("blue"));

	CHECK(pricebook_n_rates(book) == 7);
	if (!CHECK(pricebook_find(book, blue, &number, 0, &match) == 0))
		return;
	terms = &match.rows.terms[match.now->terms];
	CHECK(match.now->per_min == 1230000 && match.rows.n == 2);
	CHECK(terms->connect_fee == 5000000 && terms->first_increment_s == 60);
	CHECK(terms->increment_s == 30 && terms->grace_s == 3);
	CHECK(terms->from_s == 0 && !terms->not_sold);
	CHECK(terms->valid_from == INT64_MIN &&
	      terms->valid_until == INT64_MAX);
	CHECK(strcmp(pricebook_destination(book, match.now), "Germany") == 0);
	memcpy(number.digits, "4930", 4);
	if (CHECK(pricebook_find(book, blue, &number, 0, &match) == 0))
		CHECK(match.rows.terms[match.now->terms].not_sold);
	/* dates are Berlin's: midnight is 23:00 UTC, in summer 22:00 */
	CHECK(green_at(book, "2026-02-28T22:59:59Z") == INT64_MAX);
	CHECK(green_at(book, "2026-02-28T23:00:00Z") == -MONEY_ONE / 2);
	CHECK(green_at(book, "2026-03-31T21:59:59Z") == -MONEY_ONE / 2);
	CHECK(green_at(book, "2026-03-31T22:00:00Z") == INT64_MAX);
	CHECK(green_at(book, "2026-04-01T06:00:00Z") == 7 * MONEY_ONE / 10);
	CHECK(green_at(book, "2026-12-25T09:00:00Z") == 3 * MONEY_ONE / 10);
	CHECK(green_at(book, "2026-10-02T22:00:00Z") == 3 * MONEY_ONE / 10);
}

static void
from_sqlite(void)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	struct pricebook *book;

	if (!OK(route_store_open("prices", sample, NULL, &store)))
		return;
	if (OK(load(store, &book, error))) {
		check_tariffs(book);
		check_rates(book);
		pricebook_free(book);
	}
	store_close(store);
}

static void
from_postgresql(void)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	struct pricebook *book;
	int err = route_store_open_pg("unit_route_prices", sample, &store);

	if (err == ERR_NOTFOUND) {
		test_skip("LCR_TEST_PG is not set");
		return;
	}
	if (!OK(err))
		return;
	if (OK(load(store, &book, error))) {
		check_tariffs(book);
		check_rates(book);
		pricebook_free(book);
	}
	store_close(store);
}

static void
from_nothing(void)
{
	static const struct route_csv none[] = { { NULL, NULL } };
	char error[STORE_ERROR_MAX];
	struct store *store;
	struct pricebook *book;

	if (!OK(route_store_open("no-prices", none, NULL, &store)))
		return;
	if (OK(load(store, &book, error))) {
		CHECK(pricebook_n_tariffs(book) == 0);
		CHECK(pricebook_n_rates(book) == 0);
		pricebook_free(book);
	}
	store_close(store);
}

static void
orphans(void)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	struct pricebook *book;

	if (!OK(route_store_open("orphans", sample,
				 "DELETE FROM tariffs WHERE tariff = 'green'",
				 &store)))
		return;
	if (OK(load(store, &book, error))) {
		CHECK(pricebook_n_tariffs(book) == 2);
		CHECK(pricebook_n_rates(book) == 4);
		CHECK(pricebook_n_orphans(book) == 5); /* 3 rates, 2 days */
		pricebook_free(book);
	}
	store_close(store);
}

/* Statements that import would never have let through, and what is said. */
static const struct {
	const char *name, *sql, *error;
	int err;
} bad[] = {
	{ "currency", "UPDATE tariffs SET currency = 'eur' WHERE id = 1",
	  "tariffs: blue: currency is \"eur\", expected three capital letters "
	  "(ISO 4217)",
	  ERR_INVAL },
	{ "zone", "UPDATE tariffs SET timezone = 'Mars/Olympus' WHERE id = 2",
	  "tariffs: green: timezone is \"Mars/Olympus\", expected an IANA name "
	  "that this system knows",
	  ERR_INVAL },
	{ "decimals", "UPDATE tariffs SET decimals = 9 WHERE id = 3",
	  "tariffs: empty: decimals is 9, expected 0..8", ERR_INVAL },
	{ "rounding", "UPDATE tariffs SET rounding = 'x' WHERE id = 1",
	  "tariffs: blue: rounding is \"x\", expected half_up, up or down",
	  ERR_INVAL },
	{ "duration", "UPDATE tariffs SET duration_rounding = '' WHERE id = 1",
	  "tariffs: blue: duration_rounding is \"\", expected up, down, "
	  "half_up or exact",
	  ERR_INVAL },
	{ "round_at", "UPDATE tariffs SET round_at = 'y' WHERE id = 1",
	  "tariffs: blue: round_at is \"y\", expected call or bill",
	  ERR_INVAL },
	{ "date",
	  "UPDATE holidays SET date = '2026-02-30'"
	  " WHERE date = '2026-10-03'",
	  "holidays: 2026-02-30: date is \"2026-02-30\", expected YYYY-MM-DD",
	  ERR_INVAL },
	{ "prefix", "UPDATE rates SET prefix = '49x' WHERE prefix = '4930'",
	  "rates: blue/49x: prefix is \"49x\", expected at most 15 digits",
	  ERR_INVAL },
	{ "negative", "UPDATE rates SET rate = -1 WHERE prefix = '4930'",
	  "rates: blue/4930: rate or connect_fee is -0.00000001, expected 0 or "
	  "more (the tariff does not allow_negative)",
	  ERR_INVAL },
	{ "increment", "UPDATE rates SET increment = 0 WHERE prefix = '4930'",
	  "rates: blue/4930: increment is 0, expected 1..2147483647",
	  ERR_INVAL },
	{ "band", "UPDATE rates SET band = 'noon' WHERE prefix = '4930'",
	  "rates: blue/4930: band is \"noon\", expected days and times such as "
	  "\"mon-fri 08:00-18:00\"",
	  ERR_INVAL },
	{ "clash",
	  "UPDATE rates SET from_second = 0, band = ' '"
	  " WHERE from_second = 60",
	  "rates: blue/49: two rows have the same from_second, band and "
	  "valid_from, expected one",
	  ERR_INVAL },
	{ "type", "UPDATE rates SET increment = 1.5 WHERE prefix = '4930'",
	  "rates: column increment is a floating point number \"1.5\", expected "
	  "an integer",
	  ERR_DB },
	{ "table", "DROP TABLE rates", "rates: no such table: rates", ERR_DB },
};

static void
bad_rows(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char name[64], error[STORE_ERROR_MAX];
		struct store *store;
		struct pricebook *book;
		int err;

		test_row(bad[i].name);
		snprintf(name, sizeof(name), "bad-%s", bad[i].name);
		if (!OK(route_store_open(name, sample, bad[i].sql, &store)))
			return;
		err = load(store, &book, error);
		if (err == ERR_NOMEM)
			OK(err);
		else if (!CHECK(err == bad[i].err) ||
			 !CHECK(strcmp(error, bad[i].error) == 0))
			fprintf(stderr, "%s: %s\n", bad[i].name, error);
		store_close(store);
	}
}

static const struct test tests[] = {
	{ "tariffs, rates and holidays come from SQLite", from_sqlite, false },
	{ "and the same from PostgreSQL", from_postgresql, true },
	{ "an empty store gives an empty book", from_nothing, false },
	{ "rows without a tariff are left out and counted", orphans, false },
	{ "a row that cannot be is described", bad_rows, true },
};

const struct test_suite suite_pricebook_load =
    TEST_SUITE("pricebook_load", tests);
