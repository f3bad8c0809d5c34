/* test_tariff_time.c - what calls cost when prices change: bands, dates */
#include <time.h>

#include "base/err.h"
#include "tel/tariff.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_tariff.h"

/* In Berlin summer time begins on 2026-03-29 and ends on 2026-10-25, both at
 * 01:00 UTC. */
static const struct sample bands[] = {
	{ "peak ends in the call",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T16:59:30Z", 60 * S, 0, 60, "0.09" },
	{ "peak begins in the call",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T06:59:30Z", 60 * S, 0, 60, "0.09" },
	{ "an increment that straddles is whole at the earlier price",
	  ROWS(OFF_PEAK(60, 60), PEAK(60, 60, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T16:59:30Z", 60 * S, 0, 60, "0.12" },
	{ "and the next begins where it ended",
	  ROWS(OFF_PEAK(60, 60), PEAK(60, 60, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T16:59:30Z", 61 * S, 0, 120, "0.18" },
	{ "no first increment again after a change of band",
	  ROWS(OFF_PEAK(60, 1), PEAK(60, 1, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T16:59:30Z", 90 * S, 0, 90, "0.15" },
	{ "the increment of the new band",
	  ROWS(OFF_PEAK(60, 20), PEAK(60, 1, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T16:59:30Z", 61 * S, 0, 80, "0.14" },
	{ "a fraction of a second before the change",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "mon-fri 08:00-18:00")), BERLIN,
	  "2026-11-23T16:59:59.999999Z", 2 * S, 0, 2, "0.003" },
	{ "the fee of the band at answer, once",
	  ROWS(ROW(1, 1, "0.06", .fee = "7"),
	       ROW(1, 1, "0.12", .fee = "0.1", .band = "mon-fri 08:00-18:00")),
	  BERLIN, "2026-11-23T16:59:30Z", 60 * S, 0, 60, "0.19" },
	{ "Friday midnight, local",
	  ROWS(ROW(1, 1, "0.06"), ROW(1, 1, "0.03", .band = "sat,sun")), BERLIN,
	  "2026-11-20T22:59:50Z", 20 * S, 0, 20, "0.015" },
	{ "the same instant in UTC is still Friday",
	  ROWS(ROW(1, 1, "0.06"), ROW(1, 1, "0.03", .band = "sat,sun")),
	  { 0 },
	  "2026-11-20T22:59:50Z",
	  20 * S,
	  0,
	  20,
	  "0.02" },
	{ "holidays win over both",
	  ROWS(ROW(1, 1, "0.06"), PEAK(1, 1, "fri"),
	       ROW(1, 1, "0.03", .band = "holidays")),
	  BERLIN, "2026-12-25T12:00:00Z", 60 * S, 0, 60, "0.03" },
	{ "Christmas begins at local midnight",
	  ROWS(ROW(1, 1, "0.06"), ROW(1, 1, "0.03", .band = "holidays")),
	  BERLIN, "2026-12-24T22:59:30Z", 60 * S, 0, 60, "0.045" },
	{ "and ends two days later",
	  ROWS(ROW(1, 1, "0.06"), ROW(1, 1, "0.03", .band = "holidays")),
	  BERLIN, "2026-12-26T22:59:30Z", 60 * S, 0, 60, "0.045" },
	{ "spring: the hour that is skipped is never in force",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "02:00-03:00")), BERLIN,
	  "2026-03-29T00:59:30Z", 60 * S, 0, 60, "0.06" },
	{ "spring: 03:00 comes a second after 01:59:59",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "03:00-04:00")), BERLIN,
	  "2026-03-29T00:59:30Z", 60 * S, 0, 60, "0.09" },
	{ "spring: a band over the change lasts an hour less",
	  ROWS(OFF_PEAK(60, 60), PEAK(60, 60, "01:00-04:00")), BERLIN,
	  "2026-03-28T23:59:00Z", 7320 * S, 0, 7320, "14.52" },
	{ "autumn: the hour that comes twice lasts two",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "02:00-03:00")), BERLIN,
	  "2026-10-24T23:59:30Z", 7260 * S, 0, 7260, "14.46" },
	{ "autumn: its first 60 minutes do not end it",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "02:00-03:00")), BERLIN,
	  "2026-10-25T00:59:30Z", 60 * S, 0, 60, "0.12" },
	{ "autumn: 02:30 comes twice",
	  ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "02:30-03:00")), BERLIN,
	  "2026-10-25T00:00:00Z", 7200 * S, 0, 7200, "10.8" },
	{ "a tier and a band at once",
	  ROWS(ROW(60, 60, "0.06"), PEAK(60, 60, "mon-fri 08:00-18:00"),
	       ROW(30, 10, "0.6", .from_s = 120)),
	  BERLIN, "2026-11-23T16:59:30Z", 155 * S, 0, 160, "0.58" },
	{ "back to a tier and on again: its first increment counts once",
	  ROWS(ROW(60, 10, "0.06"),
	       ROW(60, 1, "0.6", .from_s = 60, .band = "mon 12:00-12:01"),
	       ROW(60, 1, "0.6", .from_s = 60, .band = "mon 12:03-12:04")),
	  { 0 },
	  "2026-11-23T11:59:30Z",
	  220 * S,
	  0,
	  220,
	  "0.85" },
};

static void
bands_change_within_a_call(void)
{
	check_samples(bands, N(bands));
}

static const struct sample validity[] = {
	{ "a new price from an instant on",
	  ROWS(ROW(1, 1, "0.06", .until = "2026-11-23T12:00:30Z"),
	       ROW(1, 1, "0.12", .from = "2026-11-23T12:00:30Z")),
	  .duration_us = 60 * S, .billed_s = 60, .amount = "0.09" },
	{ "begins is inclusive, ends is exclusive",
	  ROWS(ROW(1, 1, "0.06", .until = "2026-11-23T12:00:00Z"),
	       ROW(1, 1, "0.12", .from = "2026-11-23T12:00:00Z")),
	  .duration_us = 60 * S, .billed_s = 60, .amount = "0.12" },
	{ "of two that are valid, the later",
	  ROWS(ROW(1, 1, "0.12", .from = "2026-11-01T00:00:00Z"),
	       ROW(1, 1, "0.06", .from = "2026-10-01T00:00:00Z"),
	       ROW(1, 1, "0.6")),
	  .duration_us = 60 * S, .billed_s = 60, .amount = "0.12" },
	{ "a gap in the call: the price before goes on",
	  ROWS(ROW(60, 1, "0.06", .until = "2026-11-23T12:00:30Z"),
	       ROW(1, 1, "0.6", .from = "2026-11-23T12:02:00Z")),
	  .duration_us = 130 * S, .billed_s = 130, .amount = "0.22" },
	{ "not sold any more: the price before goes on",
	  ROWS(ROW(60, 1, "0.06", .until = "2026-11-23T12:00:30Z"),
	       ROW(1, 1, NULL, .from = "2026-11-23T12:00:30Z")),
	  .duration_us = 100 * S, .billed_s = 100, .amount = "0.1" },
	{ "ended before answer",
	  ROWS(ROW(1, 1, "0.06", .until = "2026-11-23T12:00:00Z")),
	  .duration_us = 60 * S, .err = ERR_NOPRICE },
	{ "begins after answer",
	  ROWS(ROW(1, 1, "0.06", .from = "2026-11-23T12:00:00.000001Z")),
	  .duration_us = 60 * S, .err = ERR_NOPRICE },
	{ "not in its band", ROWS(ROW(1, 1, "0.06", .band = "sat,sun")),
	  .duration_us = 60 * S, .err = ERR_NOPRICE },
	{ "not sold", ROWS(ROW(1, 1, NULL)), .duration_us = 60 * S,
	  .err = ERR_NOPRICE },
	{ "not sold, though it lasted no time", ROWS(ROW(1, 1, NULL)),
	  .duration_us = 0, .err = ERR_NOPRICE },
	{ "not sold on weekends only",
	  ROWS(ROW(1, 1, "0.06"), ROW(1, 1, NULL, .band = "mon")),
	  .duration_us = 60 * S, .err = ERR_NOPRICE },
	{ "no rows", .duration_us = 60 * S, .err = ERR_NOPRICE },
};

static void
dates_decide_what_is_in_force(void)
{
	check_samples(validity, N(validity));
}

/* The band changes twice a day: 730 stretches in a year. */
static void
further_stretches_go_into_the_last_line(void)
{
	static const struct sample sample = {
		"a year",
		ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "12:00-24:00")),
		.at = "2026-01-01T00:00:00Z",
	};
	const int64_t day_s = 86400;
	struct deck deck;
	struct charge charge;

	deck_init(&deck, &sample, NULL);
	if (!OK(tariff_charge(&deck.tariff, &deck.rows, answer_of(&sample),
			      365 * day_s * S, &charge)))
		return;
	check_lines(&charge);
	CHECK(charge.n_lines == CHARGE_MAX_LINES);
	CHECK(charge.billed_s == 365 * day_s);
	CHECK(charge.lines[62].seconds == day_s / 2);
	CHECK(charge.lines[63].seconds == 365 * day_s - 63 * day_s / 2);
	CHECK(charge.amount == 365 * (day_s / 2 * (100000 + 200000)));
}

/* At a step a second this would take minutes. */
static void
a_long_call_takes_no_longer_than_its_changes(void)
{
	static const struct sample sample = {
		"ten years",
		ROWS(OFF_PEAK(1, 1), PEAK(1, 1, "mon-fri 08:00-18:00"),
		     ROW(1, 1, "0.03", .band = "holidays")),
		BERLIN,
	};
	struct deck deck;
	struct charge charge;
	struct zone *berlin;
	clock_t began;

	if (!OK(zone_new("Europe/Berlin", &berlin)))
		return;
	deck_init(&deck, &sample, berlin);
	began = clock();
	CHECK(tariff_charge(&deck.tariff, &deck.rows, answer_of(&sample),
			    CHARGE_MAX_S * S, &charge) == 0);
	CHECK(clock() - began < 5 * CLOCKS_PER_SEC);
	CHECK(charge.billed_s == CHARGE_MAX_S);
	zone_free(berlin);
}

static void
the_row_in_force_is_the_most_special(void)
{
	static const struct sample sample = {
		"four rows",
		.rows = ROWS(ROW(1, 1, "1"), ROW(1, 1, "2", .band = "fri"),
			     ROW(1, 1, "3", .band = "holidays"),
			     ROW(1, 1, NULL, .from_s = 60)),
	};
	static const struct {
		const char *what, *at;
		int64_t at_s;
		int row;
	} rows[] = {
		{ "Thursday", "2026-12-24T12:00:00Z", 59, 0 },
		{ "Friday", "2026-12-18T12:00:00Z", 59, 1 },
		{ "Friday that is a holiday", "2026-12-25T12:00:00Z", 59, 2 },
		{ "second 60 wins over all", "2026-12-25T12:00:00Z", 60, 3 },
	};
	struct deck deck;

	deck_init(&deck, &sample, NULL);
	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		CHECK(rate_rows_at(&deck.tariff, &deck.rows,
				   time_of(rows[i].at, 0),
				   rows[i].at_s) == &deck.rates[rows[i].row]);
	}
	deck.rows.n = 0;
	CHECK(rate_rows_at(&deck.tariff, &deck.rows, 0, 0) == NULL);
}

static const struct test tests[] = {
	{ "bands change within a call", bands_change_within_a_call, false },
	{ "dates decide what is in force", dates_decide_what_is_in_force,
	  false },
	{ "further stretches go into the last line",
	  further_stretches_go_into_the_last_line, true },
	{ "a long call takes no longer than its changes",
	  a_long_call_takes_no_longer_than_its_changes, false },
	{ "the row in force is the most special",
	  the_row_in_force_is_the_most_special, true },
};

const struct test_suite suite_tariff_time = TEST_SUITE("tariff_time", tests);
