/* tariff.c - seconds to charge: rows in force, increments, one rounding */
#include "tel/tariff.h"

#include <assert.h>

#include "base/err.h"

#define MAX_US (CHARGE_MAX_S * US_PER_S)
#define MAX_ANSWER (INT64_MAX / 2) /* leaves room for what is added to it */

static const char *const rounding_names[] = {
	[DURATION_UP] = "up",
	[DURATION_DOWN] = "down",
	[DURATION_HALF_UP] = "half_up",
	[DURATION_EXACT] = "exact",
};

static const struct rate_terms *
terms_of(const struct rate_rows *rows, const struct rate *rate)
{
	return &rows->terms[rate->terms];
}

/* Whether a goes before b where both are in force. */
static bool
overrides(const struct rate_terms *a, const struct rate_terms *b)
{
	if (a->from_s != b->from_s)
		return a->from_s > b->from_s;
	if (a->band.kind != b->band.kind)
		return a->band.kind > b->band.kind;
	return a->valid_from > b->valid_from;
}

const struct rate *
rate_rows_at(const struct tariff *tariff, const struct rate_rows *rows,
	     time_us t, int64_t at_s)
{
	const struct rate *best = NULL;

	for (size_t i = 0; i < rows->n; i++) {
		const struct rate *row = &rows->rows[i];
		const struct rate_terms *terms = terms_of(rows, row);

		if (terms->from_s > at_s || t < terms->valid_from ||
		    t >= terms->valid_until)
			continue;
		if (best != NULL && !overrides(terms, terms_of(rows, best)))
			continue;
		if (band_has(&terms->band, tariff->zone, &tariff->holidays, t))
			best = row;
	}
	return best;
}

/* One call on its way through the rows. */
struct meter {
	const struct tariff *tariff;
	const struct rate_rows *rows;
	time_us answer, end;
	struct charge *charge;
};

/* The first instant after t at which another row may be in force, or the end
 * of the call. at_s is the second of the call at t. */
static time_us
next_change(const struct meter *meter, time_us t, int64_t at_s)
{
	const struct tariff *tariff = meter->tariff;
	time_us change = meter->end;

	for (size_t i = 0; i < meter->rows->n; i++) {
		const struct rate_terms *terms =
		    terms_of(meter->rows, &meter->rows->rows[i]);
		time_us next;

		if (t >= terms->valid_until)
			continue;
		if (terms->from_s > at_s)
			next = t + (terms->from_s - at_s) * US_PER_S;
		else if (t < terms->valid_from)
			next = terms->valid_from;
		else
			next = band_next_change(&terms->band, tariff->zone,
						&tariff->holidays, t);
		if (next < change)
			change = next;
		if (t >= terms->valid_from && terms->valid_until < change)
			change = terms->valid_until;
	}
	assert(change > t);
	return change;
}

/* Bill seconds more at a price. */
static void
bill(struct charge *charge, money_e8 per_min, int64_t seconds)
{
	money_60 exact = (money_60)per_min * seconds;
	struct charge_line *line = &charge->lines[charge->n_lines];

	if (charge->n_lines == CHARGE_MAX_LINES ||
	    (charge->n_lines > 0 && line[-1].per_min == per_min)) {
		line--;
	} else {
		*line = (struct charge_line){ .from_s = charge->billed_s,
					      .per_min = per_min };
		charge->n_lines++;
	}
	line->seconds += seconds;
	line->exact += exact;
	charge->exact += exact;
	charge->billed_s += seconds;
}

/* The seconds of all increments that begin in [t, change), change > t. */
static int64_t
whole_increments(time_us t, time_us change, int32_t increment_s)
{
	int64_t increment_us = increment_s * US_PER_S;

	return ((change - t - 1) / increment_us + 1) * increment_s;
}

/*
 * Bill increment after increment until the call is covered; all that begin
 * before the next possible change of the row go in one step. A tier counts its
 * first increment when the call gets there; when a band leads back to a tier
 * where it has been, and on to the next again, that is no beginning.
 */
static void
run(struct meter *meter, const struct rate *row)
{
	struct charge *charge = meter->charge;
	int64_t tier_s = -1; /* the last that has begun */
	time_us t = meter->answer;

	while (t < meter->end) {
		const struct rate_terms *terms = terms_of(meter->rows, row);
		const struct rate *next;

		if (terms->from_s > tier_s) {
			tier_s = terms->from_s;
			bill(charge, row->per_min, terms->first_increment_s);
		} else {
			time_us change =
			    next_change(meter, t, charge->billed_s);

			bill(charge, row->per_min,
			     whole_increments(t, change, terms->increment_s));
		}
		t = meter->answer + charge->billed_s * US_PER_S;
		if (t >= meter->end)
			return;
		next = rate_rows_at(meter->tariff, meter->rows, t,
				    charge->billed_s);
		if (next != NULL && !terms_of(meter->rows, next)->not_sold)
			row = next;
	}
}

/* What counts of a duration, by the tariff's rule. */
static int64_t
round_duration(const struct tariff *tariff, int64_t us)
{
	int64_t rest = us % US_PER_S;

	switch ((enum duration_rounding)tariff->duration_rounding) {
	case DURATION_UP:
		return rest > 0 ? us - rest + US_PER_S : us;
	case DURATION_DOWN:
		return us - rest;
	case DURATION_HALF_UP:
		return us - rest + (rest >= US_PER_S / 2 ? US_PER_S : 0);
	case DURATION_EXACT:
		break;
	}
	return us;
}

/* The amount from the exact sum. */
static int
settle(const struct tariff *tariff, struct charge *charge)
{
	money_60 minimum = (money_60)tariff->minimum_charge * 60;
	money_60 exact = charge->exact;

	if (minimum > 0 && exact < minimum)
		exact = minimum;
	if (tariff->round_at == ROUND_AT_BILL) {
		int err = money_round_60(exact, 8, MONEY_HALF_UP,
					 &charge->amount);

		if (err == 0)
			charge->rest_60 =
			    (int)(exact - (money_60)charge->amount * 60);
		return err;
	}
	return money_round_60(exact, tariff->decimals,
			      (enum money_rounding)tariff->rounding,
			      &charge->amount);
}

/* All but the lines, which are many and counted. */
static void
clear(struct charge *charge)
{
	charge->billed_s = 0;
	charge->connect_fee = 0;
	charge->exact = 0;
	charge->amount = 0;
	charge->rest_60 = 0;
	charge->first = NULL;
	charge->n_lines = 0;
}

int
tariff_charge(const struct tariff *tariff, const struct rate_rows *rows,
	      time_us answer, int64_t duration_us, struct charge *out)
{
	struct meter meter = { tariff, rows, answer, answer, out };
	const struct rate_terms *terms;
	const struct rate *first;
	int64_t duration;

	clear(out);
	if (duration_us < 0)
		return ERR_INVAL;
	if (duration_us > MAX_US || answer > MAX_ANSWER || answer < -MAX_ANSWER)
		return ERR_RANGE;
	first = rate_rows_at(tariff, rows, answer, 0);
	if (first == NULL || terms_of(rows, first)->not_sold)
		return ERR_NOPRICE;
	out->first = first;
	terms = terms_of(rows, first);
	duration = round_duration(tariff, duration_us);
	if (duration <= terms->grace_s * US_PER_S)
		return 0; /* also a duration of 0, with or without grace */
	meter.end = answer + duration;
	out->connect_fee = terms->connect_fee;
	out->exact = (money_60)terms->connect_fee * 60;
	run(&meter, first);
	return settle(tariff, out);
}

int
duration_rounding_parse(struct str text, enum duration_rounding *out)
{
	for (unsigned i = 0; i <= DURATION_EXACT; i++) {
		if (str_eq_text(text, rounding_names[i])) {
			*out = (enum duration_rounding)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

const char *
duration_rounding_text(enum duration_rounding rounding)
{
	assert((unsigned)rounding <= DURATION_EXACT);
	return rounding_names[rounding];
}
