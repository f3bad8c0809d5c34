/* test_bill_csv.c - bills as CSV */
#include "cdr-tools/bill_csv.h"

#include "tests/unit/cdr_bills.h"

static void
summary(void)
{
	static const char expected[] =
	    "account,period,bill,state,calls,seconds,billed_seconds,net,tax,"
	    "total,currency,kind\n"
	    "acme,2026-10,,draft,3,3661.500001,3721,0.1200006,0.00,0.1200006,"
	    "EUR,bill\n"
	    "acme,2026-10,17,closed,3,3661.500001,3721,0.1200006,0.00,"
	    "0.1200006,EUR,bill\n";
	struct cdr_bill b;
	struct cdr_text out;

	cdr_bill_init(&b, false);
	cdr_text_open(&out);
	bill_csv_summary_header(out.file);
	bill_csv_summary_row(out.file, &b.bill);
	b.bill.number = 17;
	bill_csv_summary_row(out.file, &b.bill);
	CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	cdr_text_free(&out);
}

#define LINES                                                               \
	"destination,prefix,rate,calls,seconds,billed_seconds,amount,tax,"  \
	"late,tax_percent\n"                                                \
	"\"Bonn, <old> & \"\"new\"\"\",49228,0.06,2,61.5,120,0.12,0.00,"     \
	"false,0\n"                                                        \
	",,0.00000001,1,3600.000001,3601,0.0000006,0.00,false,0\n"

static void
lines(void)
{
	struct cdr_bill b;
	struct cdr_text out;

	cdr_bill_init(&b, false);
	cdr_text_open(&out);
	bill_csv_lines(out.file, &b.bill);
	CHECK(strcmp(cdr_text_end(&out), LINES) == 0);
	cdr_text_free(&out);
	cdr_bill_init(&b, true);
	cdr_text_open(&out);
	bill_csv_lines(out.file, &b.bill);
	CHECK(strcmp(cdr_text_end(&out),
		     LINES "rounding,,,0,0,0,-0.0000006,0.00,false,0\n") == 0);
	cdr_text_free(&out);
}

static void
calls(void)
{
	static const char expected[] =
	    "answer_time,caller,number,destination,prefix,seconds,"
	    "billed_seconds,rate,amount,late\n"
	    "1970-01-01T00:00:01.500000Z,\"a,b\",4930,,49,61.25,62,0.50,-1.00,"
	    "false\n";
	const struct bill_call call = {
		.answer = 1500000,
		.caller = str_of("a,b"),
		.number = str_of("4930"),
		.destination = str_of(""),
		.prefix = str_of("49"),
		.duration_us = 61250000,
		.billed_s = 62,
		.rate = 50000000,
		.amount = -100000000,
	};
	struct cdr_text out;

	cdr_text_open(&out);
	bill_csv_calls_header(out.file);
	bill_csv_call(out.file, &call);
	CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	cdr_text_free(&out);
}

static const struct test tests[] = {
	{ "the summary has one row per bill", summary, true },
	{ "lines sum up to net, with rounding as one of them", lines, true },
	{ "calls are listed with their prices", calls, true },
};
const struct test_suite suite_bill_csv = TEST_SUITE("bill_csv", tests);
