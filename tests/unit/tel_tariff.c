/* tel_tariff.c - tariffs and calls as table rows */
#include "tests/unit/tel_tariff.h"

#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"

money_e8
amount_of(const char *text)
{
	money_e8 amount = 0;

	if (text != NULL)
		CHECK(money_parse(str_of(text), &amount) == 0);
	return amount;
}

time_us
time_of(const char *text, time_us otherwise)
{
	time_us t = otherwise;

	if (text != NULL)
		CHECK(time_parse(str_of(text), &t) == 0);
	return t;
}

static void
add_row(struct deck *deck, const struct text_row *text)
{
	size_t i = deck->rows.n++;
	struct rate_terms *terms = &deck->terms[i];
	const char *band = text->band != NULL ? text->band : "";

	deck->rates[i] = (struct rate){ .per_min = amount_of(text->price),
					.terms = (uint32_t)i };
	*terms = (struct rate_terms){
		.connect_fee = amount_of(text->fee),
		.first_increment_s = text->first_s,
		.increment_s = text->increment_s,
		.grace_s = text->grace_s,
		.from_s = text->from_s,
		.valid_from = time_of(text->from, INT64_MIN),
		.valid_until = time_of(text->until, INT64_MAX),
		.not_sold = text->price == NULL,
	};
	CHECK(band_parse(str_of(band), &terms->band) == 0);
}

void
deck_init(struct deck *deck, const struct sample *sample,
	  const struct zone *berlin)
{
	const struct text_tariff *text = &sample->tariff;

	memset(deck, 0, sizeof(*deck));
	deck->rows.rows = deck->rates;
	deck->rows.terms = deck->terms;
	for (size_t i = 0; i < MAX_ROWS && sample->rows[i].first_s > 0; i++)
		add_row(deck, &sample->rows[i]);
	deck->holidays[0] = days_from_date(2026, 12, 25);
	deck->holidays[1] = days_from_date(2026, 12, 26);
	deck->tariff = (struct tariff){
		.zone = text->zone != NULL ? berlin : NULL,
		.holidays = { deck->holidays, 2 },
		.decimals = 6,
		.rounding = (uint8_t)text->rounding,
		.duration_rounding = (uint8_t)text->duration_rounding,
		.round_at = (uint8_t)text->round_at,
		.minimum_charge = amount_of(text->minimum),
	};
	if (text->decimals != 0)
		deck->tariff.decimals =
		    (uint8_t)(text->decimals < 0 ? 0 : text->decimals);
}

time_us
answer_of(const struct sample *sample)
{
	return time_of(sample->at != NULL ? sample->at : "2026-11-23T12:00:00Z",
		       0);
}

void
check_lines(const struct charge *charge)
{
	money_60 exact = (money_60)charge->connect_fee * 60;
	int64_t at_s = 0;

	for (size_t i = 0; i < charge->n_lines; i++) {
		CHECK(charge->lines[i].from_s == at_s);
		CHECK(charge->lines[i].seconds > 0);
		at_s += charge->lines[i].seconds;
		exact += charge->lines[i].exact;
	}
	CHECK(at_s == charge->billed_s);
	CHECK(exact == charge->exact);
}

static void
check_sample(const struct sample *sample, const struct zone *berlin)
{
	struct deck deck;
	struct charge charge;
	int err;

	test_row(sample->what);
	deck_init(&deck, sample, berlin);
	err = tariff_charge(&deck.tariff, &deck.rows, answer_of(sample),
			    sample->duration_us, &charge);
	CHECK(err == sample->err);
	if (err != 0 || sample->err != 0)
		return;
	CHECK(charge.billed_s == sample->billed_s);
	CHECK(charge.amount == amount_of(sample->amount));
	CHECK(charge.first != NULL);
	check_lines(&charge);
}

void
check_samples(const struct sample *samples, size_t n)
{
	struct zone *berlin;

	if (!OK(zone_new("Europe/Berlin", &berlin)))
		return;
	for (size_t i = 0; i < n; i++)
		check_sample(&samples[i], berlin);
	zone_free(berlin);
}
