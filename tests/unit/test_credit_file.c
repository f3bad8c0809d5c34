/* test_credit_file.c - credit notes as CSV and as a page */
#include "cdr-tools/credit_file.h"

#include "tests/unit/cdr_help.h"

static struct credit_row rows[] = {
	{ .of_bill = 12,
	  .answer = INT64_C(1790805600) * US_PER_S,
	  .caller = "4989",
	  .number = "4930<1",
	  .destination = "Berlin, a",
	  .duration_us = 61500000,
	  .old_billed_s = 120,
	  .old_amount = 12000000,
	  .new_billed_s = 62,
	  .new_amount = 6200000 },
};

static const struct credit credit = {
	.number = 17,
	.closed = INT64_C(1793494800) * US_PER_S,
	.account = "acme",
	.name = "Acme & Co",
	.zone_name = "Europe/Berlin",
	.currency = "EUR",
	.period = "2026-11",
	.rows = rows,
	.n = 1,
	.taxes = { .items = { { "VAT", 19 * MONEY_ONE, -5800000, -1000000 } },
		   .n = 1 },
	.net = -5800000,
	.tax = -1000000,
	.total = -6800000,
};

static void
written(void (*write)(FILE *file, const struct credit *credit),
	const char *const *pieces, size_t n)
{
	struct cdr_text out;

	cdr_text_open(&out);
	write(out.file, &credit);
	cdr_text_end(&out);
	for (size_t i = 0; i < n; i++) {
		test_row(pieces[i]);
		CHECK(strstr(out.text, pieces[i]) != NULL);
	}
	test_row(NULL);
	cdr_text_free(&out);
}

static void
rows_and_summary(void)
{
	static const char *const csv[] = {
		"answer_time,caller,number,destination,bill,seconds,"
		"old_billed_seconds,old_amount,billed_seconds,amount,"
		"difference,tax_percent\n"
		"2026-09-30T22:00:00Z,4989,4930<1,\"Berlin, a\",12,61.5,120,"
		"0.12,62,0.062,-0.058,19\n",
	};
	static const char *const summary[] = {
		"acme,2026-11,17,closed,1,0,0,-0.058,-0.01,-0.068,EUR,credit\n"
	};

	written(credit_csv, csv, COUNT(csv));
	written(credit_csv_summary_row, summary, COUNT(summary));
}

static void
page(void)
{
	static const char *const pieces[] = {
		"<h1>Credit note 17</h1>",
		"Credited to you</small>0.07 EUR",
		"<td class=\"t\">4930&lt;1</td>",
		"<td class=\"t\">2026-09-30 22:00:00</td>",
		"<td>12</td><td>0.120</td><td>0.062</td><td>-0.058</td>",
		"VAT, 19 % of -0.058</td><td>-0.010</td>",
		"<dt>Date</dt><dd>1 November 2026</dd>",
	};

	written(credit_html, pieces, COUNT(pieces));
}

static const struct test tests[] = {
	{ "each call says what was billed and what is right", rows_and_summary,
	  true },
	{ "a page says what is credited", page, true },
};
const struct test_suite suite_credit_file = TEST_SUITE("credit_file", tests);
