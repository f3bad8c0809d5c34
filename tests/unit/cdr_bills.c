/* cdr_bills.c - bills for the tests of what is written about them */
#include "tests/unit/cdr_bills.h"

#define S US_PER_S

const struct cdr_test_call bill_calls[] = {
	/* Berlin's October: from 30 September 22:00 to 31 October 23:00 UTC */
	{ "b1", "acme", "red", "4989", "static", "2026-09-30T21:59:59Z", 60 * S,
	  "answered" },
	{ "b2", "acme", "red", "4989", "static", "2026-09-30T22:00:00Z",
	  61500000, "answered" },
	{ "b3", "acme", "red", "4930", "static", "2026-10-10T10:00:00Z", 30 * S,
	  "answered" },
	{ "b4", "acme", "red", "4930", "static", "2026-10-11T10:00:00Z", 30 * S,
	  "swept" },
	{ "b5", "acme", "dollar", "44", "static", "2026-10-12T10:00:00Z",
	  60 * S, "answered" },
	{ "b6", "acme", "bare", "4989", "static", "2026-10-13T10:00:00Z",
	  60 * S, "answered" },
	{ "b7", "acme", "red", "1201", "static", "2026-10-14T10:00:00Z", 60 * S,
	  "answered" },
	{ "b8", "acme", "red", "4989", "static", "2026-10-15T10:00:00Z",
	  CDR_TEST_OPEN, "open" },
	{ "b9", "acme", "red", "4989", "static", "2026-10-31T22:59:59Z", 60 * S,
	  "answered" },
	{ "bA", "acme", "red", "4989", "static", "2026-10-31T23:00:00Z", 60 * S,
	  "answered" },
	/* UTC's October; 1/60 cent each, rounded at the bill */
	{ "f1", "fine", "red", "4989", "static", "2026-10-31T23:59:59Z", 1 * S,
	  "answered" },
	{ "f2", "fine", "red", "4989", "static", "2026-10-01T00:00:00Z", 1 * S,
	  "answered" },
	{ "f3", "fine", "red", "4989", "static", "2026-11-01T00:00:00Z", 60 * S,
	  "answered" },
	/* nobody's, and of accounts without a price */
	{ "n1", NULL, "red", "4989", "static", "2026-10-10T10:00:00Z", 60 * S,
	  "answered" },
	{ "p1", "poor", "red", "4989", "static", "2026-10-10T10:00:00Z", 60 * S,
	  "answered" },
	{ "g1", "ghost", "red", "4989", "static", "2026-10-10T10:00:00Z",
	  60 * S, "answered" },
	/* only in another month */
	{ "l1", "late", "red", "4989", "static", "2026-11-10T10:00:00Z", 60 * S,
	  "answered" },
};
const size_t n_bill_calls = COUNT(bill_calls);

void
cdr_bill_init(struct cdr_bill *b, bool is_rounded)
{
	static const struct bill_line lines[3] = {
		{ .destination = "Bonn, <old> & \"new\"",
		  .prefix = "49228",
		  .rate = 6000000,
		  .calls = 2,
		  .duration_us = 61500000,
		  .billed_s = 120,
		  .amount = 12000000 },
		{ .destination = "",
		  .prefix = "",
		  .rate = 1,
		  .calls = 1,
		  .duration_us = INT64_C(3600000001),
		  .billed_s = 3601,
		  .amount = 60 },
		{ .kind = BILL_ROUNDING,
		  .destination = "rounding",
		  .prefix = "",
		  .amount = -60 },
	};

	memset(b, 0, sizeof(*b));
	for (int i = 0; i < 3; i++) {
		b->line[i] = lines[i];
		b->lines[i] = &b->line[i];
	}
	b->bill = (struct bill){
		.account = "acme",
		.name = "Acme's & <Co>",
		.zone_name = "Europe/Berlin",
		.period = { .year = 2026, .month = 10 },
		.from = INT64_C(1790805600) * S,
		.until = INT64_C(1793487600) * S,
		.currency = "EUR",
		.calls = 3,
		.duration_us = INT64_C(3661500001),
		.billed_s = 3721,
		.sum = 12000060,
		.net = is_rounded ? 12000000 : 12000060,
		.total = is_rounded ? 12000000 : 12000060,
		.lines = b->lines,
		.n_lines = is_rounded ? 3 : 2,
		.taxes = { .items = { { .name = "" } }, .n = 1 },
	};
}
