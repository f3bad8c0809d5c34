/* test_exchange.c - dated exchange rates */
#include "route/exchange.h"

#include <stdlib.h>

#include "base/alloc.h"
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

/* "USD,EUR,2026-10-01,0.9" */
static int
take_rate(struct exchange *exchange, struct str line)
{
	struct exchange_rate rate;
	int year, month, day;
	int err = mem_grow((void **)&exchange->items, &exchange->cap,
			   exchange->n, sizeof(*exchange->items));

	if (err != 0)
		return err;
	CHECK(str_copy(str_cut(&line, ','), rate.currency, 4) == 0);
	CHECK(str_copy(str_cut(&line, ','), rate.base, 4) == 0);
	CHECK(date_parse(str_cut(&line, ','), &year, &month, &day) == 0);
	CHECK(money_parse(line, &rate.rate) == 0);
	rate.day = days_from_date(year, month, day);
	exchange->items[exchange->n++] = rate;
	return 0;
}

/* "| 2 | USD | EUR | 2026-... | 1.8 | why |" */
static void
check_example(const struct exchange *exchange, struct str line)
{
	char from[4] = "", to[4] = "";
	money_e8 amount = 0, expected = 0, got = 0;
	time_us at = 0;
	struct str cells[6];
	int err;

	(void)str_cut(&line, '|');
	for (size_t i = 0; i < COUNT(cells); i++)
		cells[i] = str_trim(str_cut(&line, '|'));
	CHECK(money_parse(cells[0], &amount) == 0);
	CHECK(str_copy(cells[1], from, 4) == 0);
	CHECK(str_copy(cells[2], to, 4) == 0);
	CHECK(time_parse(cells[3], &at) == 0);
	err = exchange_convert(exchange, amount, from, to, at, &got);
	if (str_eq_text(cells[4], "-")) {
		CHECK(err == ERR_NOTFOUND);
		return;
	}
	CHECK(money_parse(cells[4], &expected) == 0);
	CHECK(err == 0 && got == expected);
}

static void
examples_are_true(void)
{
	struct exchange exchange = { NULL, 0, 0 };
	char path[512];
	char *text =
	    cdr_read_file(test_file("doc/rating.md", path, sizeof(path)));
	const char *begin = text != NULL ? strstr(text, "```exchange\n") : NULL;
	struct str rest = str_of(begin);
	int n = 0, err = 0;

	CHECK(begin != NULL);
	(void)str_cut(&rest, '\n');
	while (rest.p != NULL && err == 0 && !str_starts(rest, "```"))
		err = take_rate(&exchange, str_cut(&rest, '\n'));
	for (int i = 0; i < 3; i++) /* the fence, the title, the rule */
		(void)str_cut(&rest, '\n');
	for (; OK(err) && str_starts(rest, "| "); n++)
		check_example(&exchange, str_cut(&rest, '\n'));
	CHECK(n >= 7);
	exchange_fini(&exchange);
	free(text);
}

static const struct test tests[] = {
	{ "the examples of doc/rating.md are true", examples_are_true, true },
	{ "amounts are converted by the rate of the day", amounts_are_converted,
	  false },
	{ "without a table only the same currency is known",
	  nothing_is_known_without_a_table, true },
	BOTH_ONCE("what cannot be is refused", what_cannot_be_is_refused),
};
const struct test_suite suite_exchange = TEST_SUITE("exchange", tests);
