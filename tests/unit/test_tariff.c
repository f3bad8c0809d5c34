/* test_tariff.c - what calls cost, computed by hand: increments and sums */
#include "tel/tariff.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_tariff.h"

static const struct sample increments[] = {
	{ "560 s at 60/11", ROWS(ROW(60, 11, "0.06")), .duration_us = 560 * S,
	  .billed_s = 566, .amount = "0.566" },
	{ "26 s at 25/8", ROWS(ROW(25, 8, "0.06")), .duration_us = 26 * S,
	  .billed_s = 33, .amount = "0.033" },
	{ "91 s at 90/60", ROWS(ROW(90, 60, "0.06")), .duration_us = 91 * S,
	  .billed_s = 150, .amount = "0.15" },
	{ "1 s at 60/1", ROWS(ROW(60, 1, "0.06")), .duration_us = 1 * S,
	  .billed_s = 60, .amount = "0.06" },
	{ "60 s at 60/1", ROWS(ROW(60, 1, "0.06")), .duration_us = 60 * S,
	  .billed_s = 60, .amount = "0.06" },
	{ "61 s at 60/1", ROWS(ROW(60, 1, "0.06")), .duration_us = 61 * S,
	  .billed_s = 61, .amount = "0.061" },
	{ "61 s at 60/60", ROWS(ROW(60, 60, "0.06")), .duration_us = 61 * S,
	  .billed_s = 120, .amount = "0.12" },
	{ "36 s at 30/6", ROWS(ROW(30, 6, "0.06")), .duration_us = 36 * S,
	  .billed_s = 36, .amount = "0.036" },
	{ "37 s at 30/6", ROWS(ROW(30, 6, "0.06")), .duration_us = 37 * S,
	  .billed_s = 42, .amount = "0.042" },
	{ "rounded once, not per increment", ROWS(ROW(1, 1, "0.01")),
	  .tariff = { .decimals = 5 }, .duration_us = 60 * S, .billed_s = 60,
	  .amount = "0.01" },
	{ "a third of a cent a second", ROWS(ROW(1, 1, "0.02")),
	  .duration_us = 100 * S, .billed_s = 100, .amount = "0.033333" },
	{ "fee 0.4, first minute 0.2, 59 minutes 0.1",
	  ROWS(ROW(60, 60, "0.2", .fee = "0.4"),
	       ROW(1, 1, "0.1", .from_s = 60)),
	  .duration_us = 3600 * S, .billed_s = 3600, .amount = "6.5" },
	{ "ten days at 1/1", ROWS(ROW(1, 1, "0.06")), .duration_us = 864000 * S,
	  .billed_s = 864000, .amount = "864" },
};

static void
increments_count_from_the_end_of_the_first(void)
{
	check_samples(increments, N(increments));
}

static const struct sample durations[] = {
	{ "0 s costs nothing, no fee", ROWS(ROW(60, 60, "0.06", .fee = "0.1")),
	  .tariff = { .minimum = "1" }, .duration_us = 0, .billed_s = 0,
	  .amount = "0" },
	{ "up: a microsecond is a second", ROWS(ROW(1, 1, "0.06")),
	  .duration_us = 1, .billed_s = 1, .amount = "0.001" },
	{ "up: 60.000001 s are 61", ROWS(ROW(1, 1, "0.06")),
	  .duration_us = 60 * S + 1, .billed_s = 61, .amount = "0.061" },
	{ "up: 60.000001 s at 60/60", ROWS(ROW(60, 60, "0.06")),
	  .duration_us = 60 * S + 1, .billed_s = 120, .amount = "0.12" },
	{ "down: 60.999999 s are 60", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .duration_rounding = DURATION_DOWN },
	  .duration_us = 61 * S - 1, .billed_s = 60, .amount = "0.06" },
	{ "down: 0.999999 s cost nothing, no fee",
	  ROWS(ROW(60, 60, "0.06", .fee = "0.1")),
	  .tariff = { .duration_rounding = DURATION_DOWN },
	  .duration_us = S - 1, .billed_s = 0, .amount = "0" },
	{ "half up: 60.5 s are 61", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .duration_rounding = DURATION_HALF_UP },
	  .duration_us = 60 * S + S / 2, .billed_s = 61, .amount = "0.061" },
	{ "half up: 60.499999 s are 60", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .duration_rounding = DURATION_HALF_UP },
	  .duration_us = 60 * S + S / 2 - 1, .billed_s = 60, .amount = "0.06" },
	{ "half up: 0.499999 s cost nothing",
	  ROWS(ROW(1, 1, "0.06", .fee = "0.1")),
	  .tariff = { .duration_rounding = DURATION_HALF_UP },
	  .duration_us = S / 2 - 1, .billed_s = 0, .amount = "0" },
	{ "exact: 30.000001 s at 30/6", ROWS(ROW(30, 6, "0.06")),
	  .tariff = { .duration_rounding = DURATION_EXACT },
	  .duration_us = 30 * S + 1, .billed_s = 36, .amount = "0.036" },
	{ "exact: 0.2 s at 1/1", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .duration_rounding = DURATION_EXACT },
	  .duration_us = S / 5, .billed_s = 1, .amount = "0.001" },
	{ "within the grace",
	  ROWS(ROW(60, 60, "0.06", .fee = "0.1", .grace_s = 5)),
	  .tariff = { .minimum = "1" }, .duration_us = 5 * S, .billed_s = 0,
	  .amount = "0" },
	{ "beyond the grace, from second 0",
	  ROWS(ROW(1, 1, "0.06", .fee = "0.1", .grace_s = 5)),
	  .duration_us = 6 * S, .billed_s = 6, .amount = "0.106" },
	{ "the grace is held against the rounded duration",
	  ROWS(ROW(1, 1, "0.06", .fee = "0.1", .grace_s = 5)),
	  .duration_us = 5 * S + 1, .billed_s = 6, .amount = "0.106" },
	{ "the grace of the row at answer, not of a tier",
	  ROWS(ROW(1, 1, "0.06"),
	       ROW(1, 1, "0.06", .grace_s = 3600, .from_s = 10)),
	  .duration_us = 20 * S, .billed_s = 20, .amount = "0.02" },
};

static void
durations_are_rounded_before_anything_else(void)
{
	check_samples(durations, N(durations));
}

static const struct sample tiers[] = {
	{ "cheaper after a minute",
	  ROWS(ROW(60, 1, "0.3"), ROW(1, 1, "0.06", .from_s = 60)),
	  .duration_us = 90 * S, .billed_s = 90, .amount = "0.33" },
	{ "ends before the tier",
	  ROWS(ROW(60, 1, "0.3"), ROW(1, 1, "0.06", .from_s = 60)),
	  .duration_us = 60 * S, .billed_s = 60, .amount = "0.3" },
	{ "a first increment of its own",
	  ROWS(ROW(60, 1, "0.06"), ROW(30, 6, "0.06", .from_s = 60)),
	  .duration_us = 61 * S, .billed_s = 90, .amount = "0.09" },
	{ "then its increments",
	  ROWS(ROW(60, 1, "0.06"), ROW(30, 6, "0.06", .from_s = 60)),
	  .duration_us = 97 * S, .billed_s = 102, .amount = "0.102" },
	{ "an increment that straddles is of the earlier price",
	  ROWS(ROW(90, 30, "0.3"), ROW(60, 60, "0.06", .from_s = 60)),
	  .duration_us = 90 * S, .billed_s = 90, .amount = "0.45" },
	{ "and the tier counts from its end",
	  ROWS(ROW(90, 30, "0.3"), ROW(60, 60, "0.06", .from_s = 60)),
	  .duration_us = 91 * S, .billed_s = 150, .amount = "0.51" },
	{ "increments of 7 s up to second 63",
	  ROWS(ROW(7, 7, "0.6"), ROW(1, 1, "0.06", .from_s = 60)),
	  .duration_us = 65 * S, .billed_s = 65, .amount = "0.632" },
	{ "a tier that is jumped over",
	  ROWS(ROW(120, 60, "0.06"), ROW(600, 60, "6", .from_s = 60),
	       ROW(1, 1, "0.6", .from_s = 120)),
	  .duration_us = 125 * S, .billed_s = 125, .amount = "0.17" },
	{ "the fee of the row at answer only",
	  ROWS(ROW(60, 60, "0.06", .fee = "0.1"),
	       ROW(60, 60, "0.06", .fee = "5", .from_s = 60)),
	  .duration_us = 61 * S, .billed_s = 120, .amount = "0.22" },
	{ "a tier that is not sold changes nothing",
	  ROWS(ROW(60, 60, "0.06"), ROW(1, 1, NULL, .from_s = 60)),
	  .duration_us = 61 * S, .billed_s = 120, .amount = "0.12" },
	{ "no row for the first second", ROWS(ROW(60, 60, "0.06", .from_s = 1)),
	  .duration_us = 61 * S, .err = ERR_NOPRICE },
};

static void
tiers_count_from_where_they_begin(void)
{
	check_samples(tiers, N(tiers));
}

static const struct sample sums[] = {
	{ "below the minimum", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .minimum = "0.05" }, .duration_us = 1 * S, .billed_s = 1,
	  .amount = "0.05" },
	{ "above the minimum", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .minimum = "0.05" }, .duration_us = 51 * S,
	  .billed_s = 51, .amount = "0.051" },
	{ "the fee counts towards the minimum",
	  ROWS(ROW(1, 1, "0.06", .fee = "0.0495")),
	  .tariff = { .minimum = "0.05" }, .duration_us = 1 * S, .billed_s = 1,
	  .amount = "0.0505" },
	{ "the minimum is rounded too", ROWS(ROW(1, 1, "0")),
	  .tariff = { .minimum = "0.055", .decimals = 2 }, .duration_us = 1 * S,
	  .billed_s = 1, .amount = "0.06" },
	{ "half up", ROWS(ROW(1, 1, "0.3")), .tariff = { .decimals = 2 },
	  .duration_us = 1 * S, .billed_s = 1, .amount = "0.01" },
	{ "up", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .decimals = 2, .rounding = MONEY_UP },
	  .duration_us = 1 * S, .billed_s = 1, .amount = "0.01" },
	{ "down", ROWS(ROW(1, 1, "0.54")),
	  .tariff = { .decimals = 2, .rounding = MONEY_DOWN },
	  .duration_us = 1 * S, .billed_s = 1, .amount = "0" },
	{ "to whole units", ROWS(ROW(60, 60, "0.5")),
	  .tariff = { .decimals = -1 }, .duration_us = 1 * S, .billed_s = 60,
	  .amount = "1" },
	{ "negative half up", ROWS(ROW(60, 60, "-0.005")),
	  .tariff = { .decimals = 2 }, .duration_us = 60 * S, .billed_s = 60,
	  .amount = "-0.01" },
	{ "negative up", ROWS(ROW(60, 60, "-0.001")),
	  .tariff = { .decimals = 2, .rounding = MONEY_UP },
	  .duration_us = 60 * S, .billed_s = 60, .amount = "-0.01" },
	{ "negative down", ROWS(ROW(60, 60, "-0.009")),
	  .tariff = { .decimals = 2, .rounding = MONEY_DOWN },
	  .duration_us = 60 * S, .billed_s = 60, .amount = "0" },
	{ "negative with a minimum", ROWS(ROW(60, 60, "-0.06")),
	  .tariff = { .minimum = "0.01" }, .duration_us = 60 * S,
	  .billed_s = 60, .amount = "0.01" },
	{ "at the bill: not rounded to decimals", ROWS(ROW(1, 1, "0.0600003")),
	  .tariff = { .decimals = 2, .round_at = ROUND_AT_BILL },
	  .duration_us = 1 * S, .billed_s = 1, .amount = "0.00100001" },
	{ "at the bill: half up whatever the rounding",
	  ROWS(ROW(1, 1, "0.0000006"), ROW(1, 1, "-0.0000003", .from_s = 1)),
	  .tariff = { .rounding = MONEY_DOWN, .round_at = ROUND_AT_BILL },
	  .duration_us = 2 * S, .billed_s = 2, .amount = "0.00000001" },
	{ "at the bill with a minimum", ROWS(ROW(1, 1, "0.06")),
	  .tariff = { .minimum = "0.055",
		      .decimals = 2,
		      .round_at = ROUND_AT_BILL },
	  .duration_us = 1 * S, .billed_s = 1, .amount = "0.055" },
	{ "as large as can be", ROWS(ROW(60, 60, "92233720368")),
	  .duration_us = 60 * S, .billed_s = 60, .amount = "92233720368" },
	{ "too large", ROWS(ROW(60, 60, "92233720368")), .duration_us = 61 * S,
	  .err = ERR_RANGE },
	{ "too large by rounding", ROWS(ROW(60, 60, "92233720368.5")),
	  .tariff = { .decimals = -1 }, .duration_us = 60 * S,
	  .err = ERR_RANGE },
	{ "the fee makes it too large",
	  ROWS(ROW(60, 60, "92233720368", .fee = "1")), .duration_us = 60 * S,
	  .err = ERR_RANGE },
	{ "a negative duration", ROWS(ROW(60, 60, "0.06")), .duration_us = -1,
	  .err = ERR_INVAL },
	{ "ten years", ROWS(ROW(60, 60, "0.06")),
	  .duration_us = CHARGE_MAX_S * S, .billed_s = CHARGE_MAX_S,
	  .amount = "315576" },
	{ "over ten years", ROWS(ROW(60, 60, "0.06")),
	  .duration_us = CHARGE_MAX_S * S + 1, .err = ERR_RANGE },
	{ "for ever", ROWS(ROW(60, 60, "0.06")), .duration_us = INT64_MAX,
	  .err = ERR_RANGE },
};

static void
the_exact_sum_is_rounded_once(void)
{
	check_samples(sums, N(sums));
}

static void
lines_are_the_stretches_at_one_price(void)
{
	static const struct sample sample = {
		"three prices, four stretches",
		ROWS(ROW(60, 60, "0.06", .fee = "0.5"),
		     ROW(1, 1, "0.12", .from_s = 60),
		     ROW(1, 1, "0.12", .from_s = 90),
		     ROW(1, 1, "0.06", .from_s = 120)),
		.duration_us = 130 * S,
	};
	static const struct charge_line expected[] = {
		{ 0, 60, 6000000, (money_60)6000000 * 60 },
		{ 60, 60, 12000000, (money_60)12000000 * 60 },
		{ 120, 10, 6000000, (money_60)6000000 * 10 },
	};
	struct deck deck;
	struct charge charge;

	deck_init(&deck, &sample, NULL);
	if (!OK(tariff_charge(&deck.tariff, &deck.rows, answer_of(&sample),
			      sample.duration_us, &charge)))
		return;
	CHECK(charge.n_lines == N(expected));
	for (size_t i = 0; i < N(expected); i++) {
		CHECK(charge.lines[i].from_s == expected[i].from_s);
		CHECK(charge.lines[i].seconds == expected[i].seconds);
		CHECK(charge.lines[i].per_min == expected[i].per_min);
		CHECK(charge.lines[i].exact == expected[i].exact);
	}
	CHECK(charge.first == &deck.rates[0]);
	CHECK(charge.connect_fee == MONEY_ONE / 2);
}

static void
no_price_leaves_an_empty_charge(void)
{
	static const struct sample sample = { .what = "not sold",
					      .rows = ROWS(ROW(1, 1, NULL)) };
	struct deck deck;
	struct charge charge;

	memset(&charge, 0x55, sizeof(charge));
	deck_init(&deck, &sample, NULL);
	CHECK(tariff_charge(&deck.tariff, &deck.rows, 0, S, &charge) ==
	      ERR_NOPRICE);
	CHECK(charge.billed_s == 0 && charge.amount == 0);
	CHECK(charge.exact == 0 && charge.connect_fee == 0);
	CHECK(charge.first == NULL && charge.n_lines == 0);
}

static void
absurd_times_are_refused(void)
{
	static const struct sample sample = { "any",
					      .rows = ROWS(ROW(60, 60, "1")) };
	struct deck deck;
	struct charge charge;

	deck_init(&deck, &sample, NULL);
	CHECK(tariff_charge(&deck.tariff, &deck.rows, INT64_MAX - S, S,
			    &charge) == ERR_RANGE);
	CHECK(tariff_charge(&deck.tariff, &deck.rows, INT64_MIN, S, &charge) ==
	      ERR_RANGE);
	CHECK(tariff_charge(&deck.tariff, &deck.rows, -S, S, &charge) == 0);
}

static void
roundings_have_names(void)
{
	static const struct {
		const char *text;
		enum duration_rounding rounding;
	} rows[] = {
		{ "up", DURATION_UP },
		{ "down", DURATION_DOWN },
		{ "half_up", DURATION_HALF_UP },
		{ "exact", DURATION_EXACT },
	};
	enum duration_rounding rounding;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].text);
		if (OK(duration_rounding_parse(str_of(rows[i].text),
					       &rounding)))
			CHECK(rounding == rows[i].rounding);
		CHECK(strcmp(duration_rounding_text(rows[i].rounding),
			     rows[i].text) == 0);
	}
	CHECK(duration_rounding_parse(str_of("upwards"), &rounding) ==
	      ERR_SYNTAX);
}

static const struct test tests[] = {
	{ "increments count from the end of the first",
	  increments_count_from_the_end_of_the_first, false },
	{ "durations are rounded before anything else",
	  durations_are_rounded_before_anything_else, false },
	{ "tiers count from where they begin",
	  tiers_count_from_where_they_begin, false },
	{ "the exact sum is rounded once", the_exact_sum_is_rounded_once,
	  false },
	{ "lines are the stretches at one price",
	  lines_are_the_stretches_at_one_price, true },
	{ "no price leaves an empty charge", no_price_leaves_an_empty_charge,
	  true },
	{ "absurd times are refused", absurd_times_are_refused, true },
	{ "roundings have names", roundings_have_names, true },
};

const struct test_suite suite_tariff = TEST_SUITE("tariff", tests);
