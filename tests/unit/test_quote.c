/* test_quote.c - the price of one imaginary call */
#include "cdr-tools/quote.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

/* 49: 0.06 a minute 60/1 with a fee, 0.03 from the second minute on; 1: not
 * for sale. */
static int
make_book(struct pricebook **out)
{
	static const struct tariff tariff = { .name = "test",
					      .currency = "EUR",
					      .decimals = 6 };
	struct pricebook_row rows[] = {
		{ .destination = { "Germany", 7 }, .per_min = 6000000 },
		{ .destination = { "Germany", 7 }, .per_min = 3000000 },
		{ .destination = { "USA", 3 }, .per_min = 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		rows[i].terms = (struct rate_terms){
			.connect_fee = i < 2 ? 5000000 : 0,
			.first_increment_s = 60,
			.increment_s = 1,
			.from_s = i == 1 ? 60 : 0,
			.valid_from = INT64_MIN,
			.valid_until = INT64_MAX,
			.not_sold = i == 2,
		};
		CHECK(prefix_parse(str_of(i < 2 ? "49" : "1"),
				   &rows[i].prefix) == 0);
	}
	return pricebook_build(&tariff, 1, rows, COUNT(rows), out);
}

static const struct {
	const char *number;
	int64_t duration_us;
	int err;
	const char *json, *text;
} rows[] = {
	{ "4930", 60500000, 0,
	  "{\"tariff\":\"test\",\"number\":\"4930\","
	  "\"at\":\"2026-11-23T12:00:00Z\",\"prefix\":\"49\","
	  "\"destination\":\"Germany\",\"duration_us\":60500000,"
	  "\"billed_s\":120,\"connect_fee\":\"0.05\",\"amount\":\"0.14\","
	  "\"currency\":\"EUR\",\"lines\":[{\"from_s\":0,\"seconds\":60,"
	  "\"rate\":\"0.06\",\"amount\":\"0.06\"},{\"from_s\":60,"
	  "\"seconds\":60,\"rate\":\"0.03\",\"amount\":\"0.03\"}]}",
	  "number   4930 at 2026-11-23T12:00:00Z for 60.5 s\n"
	  "tariff   test\n"
	  "prefix   49  Germany\n"
	  "billed   120 s\n"
	  "amount   0.14 EUR\n"
	  "\n"
	  "    from  seconds     per minute           amount\n"
	  "       0       60           0.06             0.06\n"
	  "      60       60           0.03             0.03\n"
	  "                     connect fee             0.05\n" },
	{ "4930", 0, 0,
	  "{\"tariff\":\"test\",\"number\":\"4930\","
	  "\"at\":\"2026-11-23T12:00:00Z\",\"prefix\":\"49\","
	  "\"destination\":\"Germany\",\"duration_us\":0,\"billed_s\":0,"
	  "\"connect_fee\":\"0\",\"amount\":\"0\",\"currency\":\"EUR\","
	  "\"lines\":[]}",
	  "number   4930 at 2026-11-23T12:00:00Z for 0 s\n"
	  "tariff   test\n"
	  "prefix   49  Germany\n"
	  "billed   0 s\n"
	  "amount   0.00 EUR\n" },
	{ "1201", 1, ERR_NOPRICE,
	  "{\"error\":\"no price\",\"tariff\":\"test\",\"number\":\"1201\","
	  "\"at\":\"2026-11-23T12:00:00Z\",\"prefix\":\"1\","
	  "\"duration_us\":1}",
	  NULL },
	{ "7", 1, ERR_NOPRICE,
	  "{\"error\":\"no price\",\"tariff\":\"test\",\"number\":\"7\","
	  "\"at\":\"2026-11-23T12:00:00Z\",\"duration_us\":1}",
	  NULL },
	{ "49", CHARGE_MAX_S *US_PER_S + 1, ERR_RANGE,
	  "{\"error\":\"number out of range\","
	  "\"tariff\":\"test\",\"number\":\"49\","
	  "\"at\":\"2026-11-23T12:00:00Z\",\"prefix\":\"49\","
	  "\"duration_us\":315576000000001}",
	  NULL },
};

static void
check_json(const struct quote *quote, const char *expected)
{
	json_t *json = quote_json(quote);
	struct cdr_text out;

	cdr_text_open(&out);
	if (OK(json == NULL ? ERR_NOMEM : 0) &&
	    OK(json_dumpf(json, out.file, JSON_COMPACT)))
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	json_decref(json);
	cdr_text_free(&out);
}

static void
calls_are_quoted(void)
{
	struct pricebook *book = NULL;

	if (!OK(make_book(&book)))
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct quote quote = { .duration_us = rows[i].duration_us };
		struct cdr_text out;

		test_row(rows[i].json);
		CHECK(number_parse(str_of(rows[i].number), &quote.number) == 0);
		CHECK(time_parse(str_of("2026-11-23T12:00:00Z"), &quote.at) ==
		      0);
		CHECK(quote_price(book, 0, &quote) == rows[i].err);
		check_json(&quote, rows[i].json);
		if (rows[i].text == NULL)
			continue;
		cdr_text_open(&out);
		quote_print(&quote, out.file);
		CHECK(strcmp(cdr_text_end(&out), rows[i].text) == 0);
		cdr_text_free(&out);
	}
	pricebook_free(book);
}

static const struct test tests[] = {
	{ "calls are quoted as JSON and as text", calls_are_quoted, false },
};
const struct test_suite suite_quote = TEST_SUITE("quote", tests);
