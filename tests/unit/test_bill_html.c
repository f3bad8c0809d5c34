/* test_bill_html.c - a bill as a page */
#include "cdr-tools/bill_html.h"

#include "tests/unit/cdr_bills.h"

static bool
has(const struct cdr_text *out, const char *text)
{
	return strstr(out->text, text) != NULL;
}

static size_t
count(const char *text, const char *piece)
{
	size_t n = 0;

	while ((text = strstr(text, piece)) != NULL) {
		text += strlen(piece);
		n++;
	}
	return n;
}

static void
says_what_is_owed(void)
{
	static const char *const pieces[] = {
		"<!DOCTYPE html>",
		"<title>Acme&#39;s &amp; &lt;Co&gt; 2026-10</title>",
		"<dt>Account</dt><dd>acme</dd>",
		"1 October 2026 to 31 October 2026 (Europe/Berlin)",
		"Acme&#39;s &amp; &lt;Co&gt;</p>",
		"<td class=\"t\">Bonn, &lt;old&gt; &amp; &quot;new&quot;</td>"
		"<td class=\"t\">49228</td><td>0.06</td><td>2</td>"
		"<td>0:01:02</td><td>0:02:00</td><td>0 %</td>"
		"<td>0.1200000</td>",
		"<td>1:00:00</td><td>1:00:01</td>",
		"Amount EUR",
		"Net</td><td>0.1200006</td>",
		"Total</td><td>0.1200006</td>",
		"draft",
	};
	struct cdr_bill b;
	struct cdr_text out;

	cdr_bill_init(&b, false);
	cdr_text_open(&out);
	bill_html(out.file, &b.bill);
	cdr_text_end(&out);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		test_row(pieces[i]);
		CHECK(has(&out, pieces[i]));
	}
	test_row(NULL);
	CHECK(!has(&out, "Rounding"));
	CHECK(!has(&out, "<Co>"));
	CHECK(!has(&out, "http"));
	cdr_text_free(&out);
}

static void
is_well_formed(void)
{
	static const char *const tags[] = { "table", "thead", "tbody", "tfoot",
					    "tr",    "td",    "th",    "html",
					    "head",  "body",  "style", "p",
					    "dl",    "dt",    "dd",    "h1",
					    "header", "footer" };
	struct cdr_bill b;
	struct cdr_text out;

	cdr_bill_init(&b, true);
	cdr_text_open(&out);
	bill_html(out.file, &b.bill);
	cdr_text_end(&out);
	for (size_t i = 0; i < COUNT(tags); i++) {
		char begin[16], with[16], close[16];

		snprintf(begin, sizeof(begin), "<%s>", tags[i]);
		snprintf(with, sizeof(with), "<%s ", tags[i]);
		snprintf(close, sizeof(close), "</%s>", tags[i]);
		test_row(tags[i]);
		CHECK(count(out.text, begin) + count(out.text, with) ==
		      count(out.text, close));
		CHECK(count(out.text, close) > 0);
	}
	test_row(NULL);
	CHECK(has(&out, "Rounding</td><td>-0.0000006</td>"));
	cdr_text_free(&out);
}

static void
a_closed_bill_has_a_number(void)
{
	struct cdr_bill b;
	struct cdr_text out;

	cdr_bill_init(&b, false);
	b.bill.number = 17;
	b.bill.closed = INT64_C(1793494800) * US_PER_S; /* 1 Nov 01:00 UTC */
	b.line[1].kind = BILL_LATE;
	b.bill.taxes.items[0] = (struct tax_group){ "VAT", 19 * MONEY_ONE,
						    12000060, 2280011 };
	cdr_text_open(&out);
	bill_html(out.file, &b.bill);
	cdr_text_end(&out);
	CHECK(has(&out, "<h1>Invoice 17</h1>"));
	CHECK(has(&out, "<dt>Invoice date</dt><dd>1 November 2026</dd>"));
	CHECK(has(&out, "Calls of earlier periods"));
	CHECK(has(&out, "VAT, 19 % of 0.1200006</td><td>0.02280011</td>"));
	CHECK(!has(&out, "draft</span>"));
	cdr_text_free(&out);
}

static const struct test tests[] = {
	{ "a closed bill has its number, its date and its taxes",
	  a_closed_bill_has_a_number, false },
	{ "a page says what is owed, escaped", says_what_is_owed, true },
	{ "its elements are closed", is_well_formed, true },
};
const struct test_suite suite_bill_html = TEST_SUITE("bill_html", tests);
