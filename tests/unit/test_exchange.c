/* test_exchange.c - dated exchange rates */
#include "route/exchange.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

static const struct {
	const char *what, *from, *to, *at, *amount, *expected; /* NULL: none */
} rows[] = {
	{ "the same currency", "EUR", "EUR", "2020-01-01T00:00:00Z", "1.5",
	  "1.5" },
	{ "before the first", "USD", "EUR", "2026-09-30T23:59:59Z", "1", NULL },
	{ "from its midnight on", "USD", "EUR", "2026-10-01T00:00:00Z", "1",
	  "0.9" },
	{ "until the next", "USD", "EUR", "2026-10-31T23:59:59Z", "2", "1.8" },
	{ "the next", "USD", "EUR", "2026-11-01T00:00:00Z", "2", "1.6" },
	{ "the other way", "EUR", "USD", "2026-11-01T00:00:00Z", "2", "2.5" },
	{ "halves go up", "EUR", "USD", "2026-10-01T00:00:00Z", "0.00000001",
	  "0.00000001" },
	{ "negative", "USD", "EUR", "2026-10-01T00:00:00Z", "-1", "-0.9" },
	{ "through a third, one step of rounding", "USD", "GBP",
	  "2026-11-01T00:00:00Z", "1", "0.66666667" },
	{ "and back", "GBP", "USD", "2026-11-01T00:00:00Z", "1", "1.5" },
	{ "the third has none yet", "GBP", "USD", "2026-09-01T00:00:00Z", "1",
	  NULL },
	{ "unknown", "CHF", "EUR", "2026-11-01T00:00:00Z", "1", NULL },
};

static const char insert_sql[] =
    "INSERT INTO exchange_rates (currency, base, date, rate) VALUES"
    " ('USD', 'EUR', '2026-10-01', 90000000),"
    " ('USD', 'EUR', '2026-11-01', 80000000),"
    " ('GBP', 'EUR', '2026-10-01', 120000000)";

static void
check_row(const struct exchange *exchange, size_t i)
{
	money_e8 amount = 0, expected = 0, got = 0;
	time_us at = 0;
	int err;

	test_row(rows[i].what);
	CHECK(money_parse(str_of(rows[i].amount), &amount) == 0);
	CHECK(time_parse(str_of(rows[i].at), &at) == 0);
	err = exchange_convert(exchange, amount, rows[i].from, rows[i].to, at,
			       &got);
	if (rows[i].expected == NULL) {
		CHECK(err == ERR_NOTFOUND);
		return;
	}
	CHECK(money_parse(str_of(rows[i].expected), &expected) == 0);
	CHECK(err == 0 && got == expected);
}

static void
amounts_are_converted(void)
{
	struct exchange exchange = { NULL, 0, 0 };
	char error[STORE_ERROR_MAX];
	struct store *store;

	if (!OK(store_open("sqlite::memory:", STORE_CREATE, &store, error)))
		return;
	if (OK(store_exec(store, "CREATE TABLE exchange_rates (currency TEXT,"
				 " base TEXT, date TEXT, rate INTEGER)")) &&
	    OK(store_exec(store, insert_sql)) &&
	    OK(exchange_load(&exchange, store, error))) {
		for (size_t i = 0; i < COUNT(rows); i++)
			check_row(&exchange, i);
		test_row(NULL);
	}
	exchange_fini(&exchange);
	store_close(store);
}

static void
what_cannot_be_is_refused(struct store *store)
{
	static const char *const bad[] = {
		"('USD', 'EUR', '2026-13-01', 1)",
		"('USD', 'EURO', '2026-10-01', 1)",
		"('USD', 'EUR', '2026-10-01', 0)",
	};
	char sql[200], error[STORE_ERROR_MAX];
	struct exchange exchange;

	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(sql, sizeof(sql),
			 "DELETE FROM exchange_rates; INSERT INTO"
			 " exchange_rates (currency, base, date, rate)"
			 " VALUES %s",
			 bad[i]);
		if (OK(store_exec(store, sql)))
			CHECK(exchange_load(&exchange, store, error) ==
			      ERR_INVAL);
		exchange_fini(&exchange);
	}
}
ON_BOTH(DB_TABLES, what_cannot_be_is_refused)

static void
nothing_is_known_without_a_table(void)
{
	money_e8 out = 0;

	CHECK(exchange_convert(NULL, 1, "EUR", "USD", 0, &out) == ERR_NOTFOUND);
	CHECK(exchange_convert(NULL, 1, "EUR", "EUR", 0, &out) == 0 &&
	      out == 1);
}

static const struct test tests[] = {
	{ "amounts are converted by the rate of the day", amounts_are_converted,
	  false },
	{ "without a table only the same currency is known",
	  nothing_is_known_without_a_table, true },
	BOTH_ONCE("what cannot be is refused", what_cannot_be_is_refused),
};
const struct test_suite suite_exchange = TEST_SUITE("exchange", tests);
