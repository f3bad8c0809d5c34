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

static const struct test tests[] = {
	{ "a second more never costs less", a_second_more_never_costs_less,
	  true },
	{ "two calls are cheaper than one by less than an increment",
	  parts_are_never_cheaper, true },
};
const struct test_suite suite_tariff_properties =
    TEST_SUITE("tariff_properties", tests);
