/* test_tariff_random.c - tariff.c against the rules, increment by increment */
#include "tel/tariff.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define N_CALLS 30000
#define MAX_ROWS 6
#define S US_PER_S

/* A random tariff and a random call. */
struct trial {
	struct rate rates[MAX_ROWS];
	struct rate_terms terms[MAX_ROWS];
	struct rate_rows rows;
	struct tariff tariff;
	int64_t holidays[2];
	time_us answer;
	int64_t duration_us;
};

static const char *const band_texts[] = {
	"",
	"",
	"",
	"mon-fri 08:00-18:00",
	"sat,sun",
	"sun 01:00-02:30",
	"22:00-06:00",
	"00:00-00:01",
	"00:01-00:03",
	"18:00-24:00",
	"02:00-03:00",
	"sun 08:00-08:00",
	"holidays",
};
/* Near these things happen: clock changes, midnights, edges of bands. */
static const char *const anchors[] = {
	"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T00:00:00Z",
	"2026-11-22T23:00:00Z", "2026-11-23T07:00:00Z", "2026-11-23T17:00:00Z",
	"2026-12-24T23:00:00Z", "2026-12-26T23:00:00Z", "2026-03-28T23:00:00Z",
};
static const int32_t increments[] = { 1, 1, 1, 6, 8, 11, 30, 60, 60, 3600 };
static const int32_t tier_starts[] = { 0, 0, 0, 1, 60, 61, 120, 600, 5000 };

#define PICK(seed, table) ((table)[random_below((seed), (int64_t)N(table))])

static money_e8
random_price(uint64_t *seed)
{
	switch (random_below(seed, 8)) {
	case 0:
		return 0;
	case 1:
		return -random_below(seed, MONEY_ONE);
	case 2:
		return random_below(seed, INT64_C(1) << 62);
	default:
		return random_below(seed, 5) * 1000000 + 999999;
	}
}

static void
random_validity(uint64_t *seed, time_us near, struct rate_terms *terms)
{
	time_us from = near + random_below(seed, 2000 * S) - 1500 * S;

	terms->valid_from = INT64_MIN;
	terms->valid_until = INT64_MAX;
	if (random_below(seed, 3) == 0)
		terms->valid_from = from;
	if (random_below(seed, 4) == 0)
		terms->valid_until = near + random_below(seed, 3000 * S);
}

static void
random_row(uint64_t *seed, struct trial *trial, size_t i)
{
	struct rate_terms *terms = &trial->terms[i];

	trial->rates[i] = (struct rate){ .per_min = random_price(seed),
					 .terms = (uint32_t)i };
	*terms = (struct rate_terms){
		.connect_fee = random_below(seed, 3) * 5000000,
		.first_increment_s = PICK(seed, increments),
		.increment_s = PICK(seed, increments),
		.grace_s = random_below(seed, 4) == 0 ? 5 : 0,
		.from_s = i == 0 ? 0 : PICK(seed, tier_starts),
		.not_sold = random_below(seed, 12) == 0,
	};
	random_validity(seed, trial->answer, terms);
	CHECK(band_parse(str_of(i == 0 ? "" : PICK(seed, band_texts)),
			 &terms->band) == 0);
}

static int64_t
random_duration(uint64_t *seed)
{
	static const int64_t scales[] = { 10, 100, 1000, 1000, 5000, 20000 };
	int64_t duration = random_below(seed, PICK(seed, scales) * S);

	return random_below(seed, 2) == 0 ? duration : duration / S * S;
}

static void
random_trial(uint64_t *seed, const struct zone *berlin, struct trial *trial)
{
	time_us anchor = 0;

	memset(trial, 0, sizeof(*trial));
	CHECK(time_parse(str_of(PICK(seed, anchors)), &anchor) == 0);
	trial->answer = anchor + random_below(seed, 3000 * S) - 2500 * S;
	if (random_below(seed, 2) == 0)
		trial->answer -= trial->answer % S;
	trial->duration_us = random_duration(seed);
	trial->holidays[0] = days_from_date(2026, 10, 25);
	trial->holidays[1] = days_from_date(2026, 12, 25);
	trial->tariff = (struct tariff){
		.zone = random_below(seed, 4) == 0 ? NULL : berlin,
		.holidays = { trial->holidays, 2 },
		.decimals = (uint8_t)random_below(seed, 9),
		.rounding = (uint8_t)random_below(seed, 3),
		.duration_rounding = (uint8_t)random_below(seed, 4),
		.round_at = (uint8_t)random_below(seed, 2),
		.minimum_charge = random_below(seed, 2) * 1234567,
	};
	trial->rows.rows = trial->rates;
	trial->rows.terms = trial->terms;
	trial->rows.n = 1 + (size_t)random_below(seed, MAX_ROWS);
	for (size_t i = 0; i < trial->rows.n; i++)
		random_row(seed, trial, i);
}

/* Whether a band has t, from the wall clock. */
static bool
naive_has(const struct trial *trial, const struct band *band, time_us t)
{
	int64_t local = t / S + zone_offset_s(trial->tariff.zone, t);
	int64_t day = local / 86400, minute = local % 86400 / 60;
	bool today = band->days >> (day + 3) % 7 & 1; /* day 0: Thursday */
	bool yesterday = band->days >> (day + 2) % 7 & 1;

	if (band->kind == BAND_ALWAYS)
		return true;
	if (band->kind == BAND_HOLIDAYS)
		return day == trial->holidays[0] || day == trial->holidays[1];
	if (band->from_min < band->until_min)
		return today && minute >= band->from_min &&
		       minute < band->until_min;
	if (minute >= band->from_min && today)
		return true;
	return minute < band->until_min && yesterday;
}

/* How special a row is: tier first, then band, then date. */
static bool
naive_wins(const struct rate_terms *a, const struct rate_terms *b)
{
	if (b == NULL || a->from_s > b->from_s)
		return true;
	if (a->from_s < b->from_s)
		return false;
	if ((a->band.kind == BAND_HOLIDAYS) != (b->band.kind == BAND_HOLIDAYS))
		return a->band.kind == BAND_HOLIDAYS;
	if ((a->band.kind == BAND_ALWAYS) != (b->band.kind == BAND_ALWAYS))
		return b->band.kind == BAND_ALWAYS;
	return a->valid_from > b->valid_from;
}

/* The index of the row in force, or -1. */
static int
naive_row(const struct trial *trial, time_us t, int64_t at_s)
{
	int best = -1;

	for (int i = 0; i < (int)trial->rows.n; i++) {
		const struct rate_terms *terms = &trial->terms[i];

		if (at_s >= terms->from_s && t >= terms->valid_from &&
		    t < terms->valid_until &&
		    naive_wins(terms, best < 0 ? NULL : &trial->terms[best]) &&
		    naive_has(trial, &terms->band, t))
			best = i;
	}
	return best;
}

/* What the rules say of a call. */
struct verdict {
	int err;
	int row; /* at answer */
	int64_t billed_s;
	money_60 exact;
	money_e8 amount;
	size_t n_lines;
	struct charge_line lines[CHARGE_MAX_LINES];
};

static int64_t
naive_duration(const struct trial *trial)
{
	int64_t us = trial->duration_us;

	switch (trial->tariff.duration_rounding) {
	case DURATION_UP:
		while (us % S != 0)
			us += S - us % S;
		return us;
	case DURATION_DOWN:
		return us / S * S;
	case DURATION_HALF_UP:
		return (us + S / 2) / S * S;
	default:
		return us;
	}
}

static void
naive_line(struct verdict *verdict, money_e8 per_min, int64_t seconds)
{
	size_t n = verdict->n_lines;

	if (n == 0 || (n < CHARGE_MAX_LINES &&
		       verdict->lines[n - 1].per_min != per_min)) {
		verdict->lines[n] =
		    (struct charge_line){ verdict->billed_s, 0, per_min, 0 };
		verdict->n_lines = ++n;
	}
	verdict->lines[n - 1].seconds += seconds;
	verdict->lines[n - 1].exact += (money_60)per_min * seconds;
}

/* One increment after the other. */
static void
naive_meter(const struct trial *trial, int64_t duration,
	    struct verdict *verdict)
{
	int row = verdict->row;
	int32_t tier_s = -1;

	while (verdict->billed_s * S < duration) {
		time_us t = trial->answer + verdict->billed_s * S;
		int next = naive_row(trial, t, verdict->billed_s);
		int32_t seconds;

		if (next >= 0 && !trial->terms[next].not_sold)
			row = next;
		seconds = trial->terms[row].increment_s;
		if (trial->terms[row].from_s > tier_s) {
			tier_s = trial->terms[row].from_s;
			seconds = trial->terms[row].first_increment_s;
		}
		naive_line(verdict, trial->rates[row].per_min, seconds);
		verdict->exact += (money_60)trial->rates[row].per_min * seconds;
		verdict->billed_s += seconds;
	}
}

/* Nearest multiples below and above, then the one the mode names. */
static int
naive_round(money_60 exact, money_60 unit, int mode, money_e8 *out)
{
	money_60 size = exact < 0 ? -exact : exact;
	money_60 down = size - size % unit;
	money_60 up = down == size ? down : down + unit;
	money_60 nearest = size - down < up - size ? down : up;
	money_60 result = mode == MONEY_UP     ? up
			  : mode == MONEY_DOWN ? down
					       : nearest;

	if (result / 60 > INT64_MAX)
		return ERR_RANGE;
	*out = (money_e8)(exact < 0 ? -result / 60 : result / 60);
	return 0;
}

static void
naive_amount(const struct trial *trial, struct verdict *verdict)
{
	money_60 minimum = (money_60)trial->tariff.minimum_charge * 60;
	money_60 exact = verdict->exact;
	money_60 unit = 60;

	if (minimum != 0 && exact < minimum)
		exact = minimum;
	if (trial->tariff.round_at == ROUND_AT_BILL) {
		verdict->err =
		    naive_round(exact, unit, MONEY_HALF_UP, &verdict->amount);
		return;
	}
	for (int i = trial->tariff.decimals; i < 8; i++)
		unit *= 10;
	verdict->err =
	    naive_round(exact, unit, trial->tariff.rounding, &verdict->amount);
}

static void
naive_charge(const struct trial *trial, struct verdict *verdict)
{
	const struct rate_terms *terms;
	int64_t duration = naive_duration(trial);

	memset(verdict, 0, sizeof(*verdict));
	verdict->row = naive_row(trial, trial->answer, 0);
	if (verdict->row < 0 || trial->terms[verdict->row].not_sold) {
		verdict->err = ERR_NOPRICE;
		return;
	}
	terms = &trial->terms[verdict->row];
	if (duration == 0)
		return;
	if (terms->grace_s > 0 && duration <= terms->grace_s * S)
		return;
	verdict->exact = (money_60)terms->connect_fee * 60;
	naive_meter(trial, duration, verdict);
	naive_amount(trial, verdict);
}

static bool
same_lines(const struct charge *charge, const struct verdict *verdict)
{
	if (charge->n_lines != verdict->n_lines)
		return false;
	for (size_t i = 0; i < charge->n_lines; i++) {
		const struct charge_line *a = &charge->lines[i];
		const struct charge_line *b = &verdict->lines[i];

		if (a->from_s != b->from_s || a->seconds != b->seconds ||
		    a->per_min != b->per_min || a->exact != b->exact)
			return false;
	}
	return true;
}

static bool
check_trial(const struct trial *trial, const struct verdict *verdict)
{
	struct charge charge;
	int err = tariff_charge(&trial->tariff, &trial->rows, trial->answer,
				trial->duration_us, &charge);

	if (!CHECK(err == verdict->err))
		return false;
	if (err == ERR_NOPRICE)
		return true;
	return CHECK(charge.first == &trial->rates[verdict->row]) &&
	       CHECK(charge.billed_s == verdict->billed_s) &&
	       CHECK(charge.exact == verdict->exact) &&
	       CHECK(same_lines(&charge, verdict)) &&
	       CHECK(err != 0 || charge.amount == verdict->amount);
}

/* What the random calls have met, so that the test cannot become empty. */
struct coverage {
	int n_priced, n_zero, n_unpriced, n_too_large, n_changing, n_negative;
};

static void
count(struct coverage *seen, const struct verdict *verdict)
{
	seen->n_priced += verdict->err == 0 && verdict->billed_s > 0;
	seen->n_zero += verdict->err == 0 && verdict->billed_s == 0;
	seen->n_unpriced += verdict->err == ERR_NOPRICE;
	seen->n_too_large += verdict->err == ERR_RANGE;
	seen->n_changing += verdict->err == 0 && verdict->n_lines > 1;
	seen->n_negative += verdict->err == 0 && verdict->amount < 0;
}

static void
random_calls_cost_what_the_rules_say(void)
{
	static struct trial trial;
	struct verdict verdict;
	struct coverage seen = { 0 };
	struct zone *berlin;
	char what[32];
	uint64_t seed = 4;

	if (!OK(zone_new("Europe/Berlin", &berlin)))
		return;
	for (int i = 0; i < N_CALLS; i++) {
		snprintf(what, sizeof(what), "call %d", i);
		test_row(what);
		random_trial(&seed, berlin, &trial);
		naive_charge(&trial, &verdict);
		count(&seen, &verdict);
		if (!check_trial(&trial, &verdict))
			break;
	}
	test_row(NULL);
	zone_free(berlin);
	CHECK(seen.n_priced > N_CALLS / 2);
	CHECK(seen.n_changing > N_CALLS / 10);
	CHECK(seen.n_zero > N_CALLS / 100);
	CHECK(seen.n_unpriced > N_CALLS / 100);
	CHECK(seen.n_too_large > N_CALLS / 100);
	CHECK(seen.n_negative > N_CALLS / 100);
}

static const struct test tests[] = {
	/* not swept: only a zone is allocated, see test_zone.c */
	{ "random calls cost what the rules say",
	  random_calls_cost_what_the_rules_say, true },
};

const struct test_suite suite_tariff_random =
    TEST_SUITE("tariff_random", tests);
