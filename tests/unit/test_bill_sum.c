/* test_bill_sum.c - adding calls up, line by line */
#include "cdr-tools/bill_sum.h"

#include <stdlib.h>

#include "base/err.h"
#include "tests/unit/cdr_help.h"

static int
add(struct bill *bill, const char *destination, const char *prefix,
    money_e8 rate, money_e8 amount)
{
	const struct bill_call call = {
		.destination = str_of(destination),
		.prefix = str_of(prefix),
		.rate = rate,
		.amount = amount,
		.duration_us = 1,
		.billed_s = 2,
	};
	size_t group;

	return bill_sum_add(bill, &call, &group);
}

static void
lines_are_kept_apart(void)
{
	static const struct {
		const char *destination, *prefix;
		money_e8 rate;
		uint64_t calls;
	} lines[] = {
		{ "", "49", 5, 1 },   { "A", "49", -1, 1 }, { "A", "49", 5, 2 },
		{ "A", "490", 5, 1 }, { "B", "49", 5, 1 },
	};
	static const struct bill_tariffs none = { NULL, 0, 0, { 0 } };
	struct bill bill;
	int err;

	memset(&bill, 0, sizeof(bill));
	err = bill_sum_init(&bill);
	if (err == 0)
		err = add(&bill, "B", "49", 5, 1);
	if (err == 0)
		err = add(&bill, "A", "49", 5, 10);
	if (err == 0)
		err = add(&bill, "A", "490", 5, 100);
	if (err == 0)
		err = add(&bill, "A", "49", -1, -1000);
	if (err == 0)
		err = add(&bill, "A", "49", 5, 10000);
	if (err == 0)
		err = add(&bill, "", "49", 5, 0);
	if (OK(err) && OK(bill_sum_end(&bill, &none, NULL))) {
		CHECK(bill.n_lines == COUNT(lines));
		for (size_t i = 0; i < COUNT(lines) && i < bill.n_lines; i++) {
			const struct bill_line *line = bill.lines[i];

			CHECK(strcmp(line->destination, lines[i].destination) ==
			      0);
			CHECK(strcmp(line->prefix, lines[i].prefix) == 0);
			CHECK(line->rate == lines[i].rate);
			CHECK(line->calls == lines[i].calls);
		}
		CHECK(bill.sum == 9111 && bill.net == 9111);
		CHECK(bill.duration_us == 6 && bill.billed_s == 12);
	}
	bill_sum_fini(&bill);
}

static void
sums_do_not_overflow(void)
{
	struct bill bill;

	memset(&bill, 0, sizeof(bill));
	if (OK(bill_sum_init(&bill)) && OK(add(&bill, "A", "49", 5, INT64_MAX)))
		CHECK(add(&bill, "B", "49", 5, 1) == ERR_RANGE);
	bill_sum_fini(&bill);
}

static void
each_tariff_rounds_its_own(void)
{
	struct bill_tariff tariffs[] = {
		{ "up", 2, MONEY_UP },
		{ "down", 2, MONEY_DOWN },
		{ "cents", 0, MONEY_HALF_UP },
	};
	const struct bill_tariffs all = { tariffs, 3, 0, { 0 } };
	/* 0.001 -> 0.01, 0.019 -> 0.01, 1.5 -> 2 */
#define SUM(amount, rest) \
	{ { { (amount), (money_60)(amount) * 60 + (rest) } } }
	const struct bill_tariff_sums sums[] = {
		SUM(100000, 0), SUM(1900000, 0), SUM(150000000, 0)
	};
	struct bill bill;

	memset(&bill, 0, sizeof(bill));
	if (OK(bill_sum_init(&bill)) &&
	    OK(add(&bill, "A", "49", 5, 100000 + 1900000 + 150000000 + 7)) &&
	    OK(bill_sum_end(&bill, &all, sums))) {
		CHECK(bill.sum == 152000007);
		CHECK(bill.net == 202000007); /* 7 of a tariff that does not */
		CHECK(bill.total == bill.net);
	}
	bill_sum_fini(&bill);
}

/* Six calls of a second at 0.01 a minute are 0.001 and not six times what 8
 * decimals make of 0.000166...; so there is nothing to round up. */
static void
what_is_rounded_is_exact(void)
{
	struct bill_tariff up = { "up", 4, MONEY_UP };
	const struct bill_tariffs all = { &up, 1, 0, { 0 } };
	const struct bill_tariff_sums sums[] = { SUM(6 * 16667, 6 * -20) };
	struct bill bill;

	memset(&bill, 0, sizeof(bill));
	if (OK(bill_sum_init(&bill)) &&
	    OK(add(&bill, "A", "49", 5, 6 * 16667)) &&
	    OK(bill_sum_end(&bill, &all, sums))) {
		CHECK(bill.sum == 100002);
		CHECK(bill.net == 100000);
	}
	bill_sum_fini(&bill);
}

/* "| 1 1 1 | 0.01 | 4 | up | 0.0005 | 0.0005 | why |" */
static void
check_example(struct str line)
{
	struct bill_tariff tariff = { .name = "t" };
	const struct bill_tariffs all = { &tariff, 1, 0, { 0 } };
	struct bill_tariff_sums sums = { .of_group = { { 0, 0 } } };
	money_e8 rate = 0, amounts = 0, net = 0;
	struct str cells[6];
	uint64_t decimals = 9;
	struct bill bill;

	(void)str_cut(&line, '|');
	for (size_t i = 0; i < COUNT(cells); i++)
		cells[i] = str_trim(str_cut(&line, '|'));
	CHECK(money_parse(cells[1], &rate) == 0);
	CHECK(str_parse_u64(cells[2], 8, &decimals) == 0);
	CHECK(money_rounding_parse(cells[3], &tariff.rounding) == 0);
	CHECK(money_parse(cells[4], &amounts) == 0);
	CHECK(money_parse(cells[5], &net) == 0);
	tariff.decimals = (int)decimals;
	while (cells[0].p != NULL) {
		const struct tariff list = { .round_at = ROUND_AT_BILL };
		const struct rate_terms terms = {
			.first_increment_s = 1,
			.increment_s = 1,
			.valid_from = INT64_MIN,
			.valid_until = INT64_MAX,
		};
		const struct rate row = { .per_min = rate };
		const struct rate_rows rows = { &row, 1, &terms };
		struct charge charge;
		uint64_t seconds = 0;

		CHECK(str_parse_u64(str_cut(&cells[0], ' '), 1000, &seconds) ==
		      0);
		CHECK(tariff_charge(&list, &rows, 0,
				    (int64_t)seconds * US_PER_S, &charge) == 0);
		sums.of_group[0].amount += charge.amount;
		sums.of_group[0].exact +=
		    (money_60)charge.amount * 60 + charge.rest_60;
	}
	CHECK(sums.of_group[0].amount == amounts);
	memset(&bill, 0, sizeof(bill));
	if (OK(bill_sum_init(&bill)) && OK(add(&bill, "A", "49", 5, amounts)) &&
	    OK(bill_sum_end(&bill, &all, &sums)))
		CHECK(bill.net == net);
	bill_sum_fini(&bill);
}

static void
examples_are_true(void)
{
	char path[512];
	char *text =
	    cdr_read_file(test_file("doc/rating.md", path, sizeof(path)));
	const char *begin =
	    text != NULL ? strstr(text, "| seconds of the calls |") : NULL;
	struct str rest = str_of(begin);
	int n = 0;

	CHECK(begin != NULL);
	(void)str_cut(&rest, '\n');
	(void)str_cut(&rest, '\n');
	for (; rest.p != NULL && str_starts(rest, "| "); n++)
		check_example(str_cut(&rest, '\n'));
	CHECK(n >= 4);
	free(text);
}

/* 19 % of 0.05 and 0.06, together 0.0209, so 0.02: 0.01 and 0.01; 7 % of 1. */
static void
taxes_are_rounded_once(void)
{
	static const struct tax full = { .name = "VAT",
					 .percent = 19 * MONEY_ONE };
	static const struct tax reduced = { .name = "VAT",
					    .percent = 7 * MONEY_ONE };
	static const struct bill_tariffs none = { NULL, 0, 0, { 0 } };
	struct bill_call call = { .destination = str_of("A"),
				  .prefix = str_of("1"),
				  .amount = 5000000,
				  .tax = &full };
	struct bill bill;
	size_t group;
	int err;

	memset(&bill, 0, sizeof(bill));
	err = bill_sum_init(&bill);
	if (err == 0)
		err = bill_sum_add(&bill, &call, &group);
	call.is_late = true;
	call.amount = 6000000;
	if (err == 0)
		err = bill_sum_add(&bill, &call, &group);
	call.tax = &reduced;
	call.amount = MONEY_ONE;
	if (err == 0)
		err = bill_sum_add(&bill, &call, &group);
	if (OK(err) && OK(bill_sum_end(&bill, &none, NULL))) {
		CHECK(bill.n_lines == 3 && bill.taxes.n == 2);
		CHECK(bill.lines[0]->kind == BILL_CALLS);
		CHECK(bill.lines[1]->kind == BILL_LATE);
		CHECK(bill.lines[0]->tax == 1000000);
		CHECK(bill.lines[1]->tax == 1000000);
		CHECK(bill.lines[2]->tax == 7000000);
		CHECK(bill.taxes.items[0].net == 11000000);
		CHECK(bill.taxes.items[0].tax == 2000000);
		CHECK(bill.tax == 9000000 && bill.total == 120000000);
	}
	bill_sum_fini(&bill);
}

static const struct test tests[] = {
	{ "taxes are rounded once, and lines share them",
	  taxes_are_rounded_once, false },
	{ "lines differ by destination, prefix and rate", lines_are_kept_apart,
	  false },
	{ "a sum that does not fit is an error", sums_do_not_overflow, false },
	{ "each tariff rounds its own sum", each_tariff_rounds_its_own, false },
	{ "what is rounded is the exact sum", what_is_rounded_is_exact, false },
	{ "the examples of doc/rating.md are true", examples_are_true, true },
};
const struct test_suite suite_bill_sum = TEST_SUITE("bill_sum", tests);
