/* test_tariff_properties.c - what holds for every price list and every call */
#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"
#include "tests/unit/tel_tariff.h"

#define N_TRIALS 20000
#define ANSWER (INT64_C(1793494800) * S)

/* A tariff of one prefix: one row, or with_tiers a second one for what comes
 * after a minute. */
struct trial {
	struct rate rates[2];
	struct rate_terms terms[2];
	struct rate_rows rows;
	struct tariff tariff;
};

static void
make_trial(struct trial *trial, uint64_t *seed, bool with_tiers)
{
	*trial = (struct trial){ .tariff = { .name = "t" } };
	trial->tariff.decimals = (uint8_t)(2 + random_below(seed, 5));
	trial->tariff.rounding = (uint8_t)random_below(seed, 3);
	trial->tariff.duration_rounding = (uint8_t)random_below(seed, 4);
	for (size_t i = 0; i < 2; i++) {
		trial->rates[i] = (struct rate){
			.per_min = random_below(seed, MONEY_ONE),
			.terms = (uint32_t)i,
		};
		trial->terms[i] = (struct rate_terms){
			.connect_fee = random_below(seed, 2) * 5000000,
			.first_increment_s = 1 + (int)random_below(seed, 60),
			.increment_s = 1 + (int)random_below(seed, 60),
			.from_s = i == 0 ? 0 : 60,
			.valid_from = INT64_MIN,
			.valid_until = INT64_MAX,
		};
	}
	if (with_tiers) {
		trial->terms[0].grace_s = (int)random_below(seed, 5);
		trial->tariff.minimum_charge = random_below(seed, 2) * 7000000;
	}
	trial->rows = (struct rate_rows){ trial->rates, with_tiers ? 2 : 1,
					  trial->terms };
}

static money_e8
price(const struct trial *trial, time_us answer, int64_t us, int64_t *billed)
{
	struct charge charge;

	CHECK(tariff_charge(&trial->tariff, &trial->rows, answer, us,
			    &charge) == 0);
	*billed = charge.billed_s;
	return charge.amount;
}

static void
a_second_more_never_costs_less(void)
{
	uint64_t seed = 1;

	for (int i = 0; i < N_TRIALS; i++) {
		struct trial trial;
		int64_t us = random_below(&seed, 300 * S), less, more;
		money_e8 before, after;

		make_trial(&trial, &seed, true);
		before = price(&trial, ANSWER, us, &less);
		after = price(&trial, ANSWER, us + S, &more);
		if (!CHECK(after >= before && more >= less))
			return;
	}
}

/*
 * Two calls one after the other are billed at least what they last together;
 * the one that lasts as long less than an increment more. So that is all they
 * can be cheaper by, and the roundings of three amounts.
 */
static void
parts_are_never_cheaper(void)
{
	uint64_t seed = 2;

	for (int i = 0; i < N_TRIALS; i++) {
		struct trial trial;
		int64_t a = (1 + random_below(&seed, 200)) * S;
		int64_t b = (1 + random_below(&seed, 200)) * S;
		int64_t whole_s, a_s, b_s;
		money_e8 unit = MONEY_ONE, whole, parts, saved;

		make_trial(&trial, &seed, false);
		for (int k = 0; k < trial.tariff.decimals; k++)
			unit /= 10;
		whole = price(&trial, ANSWER, a + b, &whole_s);
		parts = price(&trial, ANSWER, a, &a_s);
		parts += price(&trial, ANSWER + a, b, &b_s);
		saved = trial.rates[0].per_min * trial.terms[0].increment_s /
			    60 +
			3 * unit;
		if (!CHECK(whole_s < a_s + b_s + trial.terms[0].increment_s) ||
		    !CHECK(whole <= parts + saved))
			return;
	}
}

/* --- with everything a price list may have --- */

#define N_ROWS 4
#define EDGE (INT64_C(1793520000) * S) /* a Sunday, 08:00 UTC */

/* The row of all calls, a band, a later price and what comes after a minute. */
struct full {
	struct rate rates[N_ROWS];
	struct rate_terms terms[N_ROWS];
	struct rate_rows rows;
	struct tariff tariff;
	money_e8 dearest, fee; /* of all rows */
	int32_t longest;       /* increment */
};

static void
make_row(struct full *full, size_t i, uint64_t *seed, bool may_be_negative)
{
	struct rate_terms *terms = &full->terms[i];

	full->rates[i].per_min = random_below(seed, MONEY_ONE);
	if (may_be_negative && random_below(seed, 2) == 0)
		full->rates[i].per_min *= -1;
	full->rates[i].terms = (uint32_t)i;
	*terms = (struct rate_terms){
		.connect_fee = random_below(seed, 2) * 5000000,
		.first_increment_s = 1 + (int)random_below(seed, 60),
		.increment_s = 1 + (int)random_below(seed, 60),
		.grace_s = (int)random_below(seed, 2) * 4,
		.from_s = i == 3 ? 60 : 0,
		.valid_from = i == 2 ? EDGE + 100 * S : INT64_MIN,
		.valid_until = INT64_MAX,
	};
	if (full->rates[i].per_min > full->dearest)
		full->dearest = full->rates[i].per_min;
	if (terms->connect_fee > full->fee)
		full->fee = terms->connect_fee;
	if (terms->first_increment_s > full->longest)
		full->longest = terms->first_increment_s;
	if (terms->increment_s > full->longest)
		full->longest = terms->increment_s;
}

static void
make_full(struct full *full, uint64_t *seed, bool may_be_negative)
{
	*full = (struct full){ .tariff = { .name = "t" } };
	full->tariff.decimals = (uint8_t)(2 + random_below(seed, 5));
	full->tariff.rounding = (uint8_t)random_below(seed, 3);
	full->tariff.duration_rounding = (uint8_t)random_below(seed, 4);
	full->tariff.minimum_charge = random_below(seed, 2) * 7000000;
	for (size_t i = 0; i < N_ROWS; i++)
		make_row(full, i, seed, may_be_negative);
	CHECK(band_parse(str_of("08:00-18:00"), &full->terms[1].band) == 0);
	full->rows = (struct rate_rows){
		full->rates, 1 + (size_t)random_below(seed, N_ROWS),
		full->terms
	};
}

static money_e8
price_full(const struct full *full, time_us answer, int64_t us)
{
	struct charge charge;

	CHECK(tariff_charge(&full->tariff, &full->rows, answer, us, &charge) ==
	      0);
	return charge.amount;
}

/* A call that lasts longer has the increments of the shorter one, and maybe
 * more: it costs less only where a price is below 0. */
static void
a_second_more_costs_less_by_negative_prices_only(void)
{
	uint64_t seed = 3;
	int lower = 0;

	for (int i = 0; i < N_TRIALS; i++) {
		bool may_be_negative = i % 2 == 0, goes_down = false;
		struct full full;
		time_us answer = EDGE - random_below(&seed, 200 * S);
		int64_t us = random_below(&seed, 300 * S);

		make_full(&full, &seed, may_be_negative);
		for (size_t k = 0; k < full.rows.n; k++)
			goes_down |= full.rates[k].per_min < 0;
		if (price_full(&full, answer, us + S) >=
		    price_full(&full, answer, us))
			continue;
		lower++;
		if (!CHECK(goes_down))
			return;
	}
	CHECK(lower > 100);
}

/*
 * What two parts may save, by the rules: each change of price within the call
 * (two here, one of tiers) may find the whole in the midst of an increment and
 * the parts not, and each part may have a last increment that the other price
 * covers; the second minute may be dearer than the first; and both parts may be
 * within the grace, without fee and minimum. And three roundings.
 */
static money_e8
savings(const struct full *full)
{
	money_e8 unit = MONEY_ONE;
	money_e8 saved = full->dearest * (8 * full->longest + 60 + 2 * 4) / 60;

	for (int k = 0; k < full->tariff.decimals; k++)
		unit /= 10;
	return saved + 2 * full->fee + full->tariff.minimum_charge + 3 * unit;
}

static void
parts_save_what_the_rules_say_at_most(void)
{
	uint64_t seed = 4;
	int cheaper = 0;

	for (int i = 0; i < N_TRIALS; i++) {
		struct full full;
		time_us answer = EDGE - random_below(&seed, 200 * S);
		int64_t a = (1 + random_below(&seed, 200)) * S;
		int64_t b = (1 + random_below(&seed, 200)) * S;
		money_e8 whole, parts;

		make_full(&full, &seed, false);
		whole = price_full(&full, answer, a + b);
		parts = price_full(&full, answer, a) +
			price_full(&full, answer + a, b);
		cheaper += parts < whole;
		if (!CHECK(whole <= parts + savings(&full)))
			return;
	}
	CHECK(cheaper > 100);
}

static const struct test tests[] = {
	{ "a second more never costs less", a_second_more_never_costs_less,
	  true },
	{ "with bands, dates and tiers, only a price below 0 makes it cheaper",
	  a_second_more_costs_less_by_negative_prices_only, true },
	{ "with them, parts save no more than the rules say",
	  parts_save_what_the_rules_say_at_most, true },
	{ "two calls are cheaper than one by less than an increment",
	  parts_are_never_cheaper, true },
};
const struct test_suite suite_tariff_properties =
    TEST_SUITE("tariff_properties", tests);
