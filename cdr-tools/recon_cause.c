/* recon_cause.c - what is wrong with many calls alike */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/recon.h"

#define MAX_SHIFT_US (26 * 3600 * US_PER_S)
#define MAX_VOTES 200000
#define QUARTER_US (900 * US_PER_S)
#define MOST 60 /* percent of the calls, to call it systematic */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int64_t
size_of(int64_t value)
{
	return value < 0 ? -value : value;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* --- shifted clocks --- */

struct votes {
	int64_t *items; /* theirs - ours */
	size_t n;
	uint64_t voters;
};

/* The differences to all calls of ours that may be this one. */
static void
vote(struct votes *votes, const struct recon *recon, size_t from,
     const struct recon_call *theirs)
{
	uint64_t tail = recon_tail(theirs->called);
	bool any = false;

	for (size_t i = from; i < recon->ours.n && votes->n < MAX_VOTES; i++) {
		const struct recon_call *ours = &recon->ours.calls[i];

		if (recon_tail(ours->called) != tail ||
		    ours->time > theirs->time + MAX_SHIFT_US)
			break;
		if (ours->time < theirs->time - MAX_SHIFT_US ||
		    size_of(ours->duration_us - theirs->duration_us) >
			2 * US_PER_S ||
		    !recon_same_number(ours->called, theirs->called))
			continue;
		votes->items[votes->n++] = theirs->time - ours->time;
		any = true;
	}
	votes->voters += any;
}

/* The first of ours with that tail, at or behind from. */
static size_t
first_of(const struct recon *recon, size_t from, uint64_t tail)
{
	size_t low = from, high = recon->ours.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (recon_tail(recon->ours.calls[middle].called) < tail)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
collect(struct votes *votes, const struct recon *recon)
{
	size_t step = recon->theirs.n / (MAX_VOTES / 10) + 1;
	size_t from = 0;

	for (size_t k = 0; k < recon->theirs.n; k += step) {
		const struct recon_call *theirs = &recon->theirs.calls[k];

		from = first_of(recon, from, recon_tail(theirs->called));
		vote(votes, recon, from, theirs);
	}
}

/* The stretch of width with the most votes: its middle one. */
static int64_t
densest(const struct votes *votes, int64_t width, size_t *n)
{
	size_t from = 0, best_from = 0;

	*n = 0;
	for (size_t i = 0; i < votes->n; i++) {
		while (votes->items[i] - votes->items[from] > width)
			from++;
		if (i - from + 1 > *n) {
			*n = i - from + 1;
			best_from = from;
		}
	}
	return votes->items[best_from + *n / 2];
}

/* The votes for clocks that agree. */
static size_t
unshifted(const struct votes *votes, int64_t tolerance)
{
	size_t n = 0;

	for (size_t i = 0; i < votes->n; i++)
		n += size_of(votes->items[i]) <= tolerance;
	return n;
}

/* Clocks in other zones differ by whole quarters of an hour. */
static int64_t
to_quarter(int64_t shift, int64_t tolerance)
{
	int64_t half = shift < 0 ? -QUARTER_US / 2 : QUARTER_US / 2;
	int64_t whole = (shift + half) / QUARTER_US * QUARTER_US;

	return size_of(shift - whole) <= tolerance ? whole : shift;
}

int
recon_find_shift(struct recon *recon, const struct recon_options *options)
{
	struct votes votes = { .n = 0 };
	int64_t shift;
	size_t n;

	votes.items = mem_alloc(MAX_VOTES * sizeof(int64_t));
	if (votes.items == NULL)
		return ERR_NOMEM;
	collect(&votes, recon);
	if (votes.n > 0) {
		qsort(votes.items, votes.n, sizeof(int64_t), compare);
		shift = densest(&votes, options->tolerance_us, &n);
		recon->causes.shift_of = votes.voters;
		recon->causes.shifted = n;
		if (size_of(shift) > options->tolerance_us &&
		    n > unshifted(&votes, options->tolerance_us) &&
		    n * 100 >= votes.voters * MOST)
			recon->causes.shift_us =
			    to_quarter(shift, options->tolerance_us);
	}
	mem_free(votes.items);
	for (size_t i = 0; i < recon->theirs.n; i++)
		recon->theirs.calls[i].time -= recon->causes.shift_us;
	return 0;
}

/* --- durations --- */

/* A started second of theirs or ours is no difference. */
static int64_t
difference(const struct recon_call *ours, const struct recon_call *theirs)
{
	int64_t d = theirs->duration_us - ours->duration_us;

	return size_of(d) < US_PER_S ? 0 : d;
}

#define MAX_LONGER 60 /* seconds either way */
#define N_WAYS 3      /* ours rounded up, to the nearest, down */

struct histogram {
	uint64_t counts[N_WAYS][2 * MAX_LONGER + 1];
	uint64_t n;
};

static void
count_longer(struct histogram *histogram, const struct recon_call *ours,
	     const struct recon_call *theirs)
{
	const int64_t add[N_WAYS] = { US_PER_S - 1, US_PER_S / 2, 0 };
	int64_t theirs_s = (theirs->duration_us + US_PER_S / 2) / US_PER_S;

	histogram->n++;
	for (size_t way = 0; way < N_WAYS; way++) {
		int64_t s =
		    theirs_s - (ours->duration_us + add[way]) / US_PER_S;

		if (size_of(s) <= MAX_LONGER)
			histogram->counts[way][s + MAX_LONGER]++;
	}
}

/* The difference that most calls have, however seconds are rounded; 0 when
 * rounding alone explains them. */
static int64_t
longer_by(const struct histogram *histogram)
{
	uint64_t most = histogram->n * MOST / 100 + 1, best = 0;
	int64_t longer = 0;

	for (size_t way = 0; way < N_WAYS; way++) {
		if (histogram->counts[way][MAX_LONGER] >= most)
			return 0;
		for (int s = -MAX_LONGER; s <= MAX_LONGER; s++) {
			uint64_t count = histogram->counts[way][s + MAX_LONGER];

			if (count >= most && count > best) {
				best = count;
				longer = s;
			}
		}
	}
	return longer;
}

static void
find_longer(struct recon *recon)
{
	struct histogram histogram = { .n = 0 };

	for (size_t i = 0; i < recon->theirs.n; i++) {
		const struct recon_call *theirs = &recon->theirs.calls[i];

		if (theirs->match != RECON_NONE)
			count_longer(&histogram,
				     &recon->ours.calls[theirs->match], theirs);
	}
	if (histogram.n > 1)
		recon->causes.longer_us = longer_by(&histogram) * US_PER_S;
}

/* --- increments --- */

static const int increments[][2] = { { 1, 1 },	 { 6, 6 },   { 30, 6 },
				     { 30, 30 }, { 60, 1 },  { 60, 6 },
				     { 60, 30 }, { 60, 60 } };

int64_t
recon_billed(int64_t duration_us, int first_s, int increment_s)
{
	int64_t s = (duration_us + US_PER_S - 1) / US_PER_S;

	if (s <= 0)
		return 0;
	if (s <= first_s)
		return first_s;
	return first_s + (s - first_s + increment_s - 1) / increment_s *
			     increment_s;
}

/* What they billed: as they say, or what amount and rate imply; -1 unknown. */
static int64_t
billed_of(const struct recon_call *theirs, money_e8 rate)
{
	money_e8 seconds;

	if (theirs->has_billed)
		return theirs->billed_s;
	if (!theirs->has_amount || rate <= 0 ||
	    money_mul_div(theirs->amount, 60, rate, MONEY_HALF_UP, &seconds) !=
		0)
		return -1;
	return seconds;
}

static money_e8
rate_of(const struct recon_call *ours, const struct recon_call *theirs)
{
	return theirs->has_rate ? theirs->rate : ours->rate;
}

static void
find_increments(struct recon *recon)
{
	uint64_t fits[COUNT(increments)] = { 0 };
	uint64_t differing = 0;
	size_t best = 0;

	for (size_t i = 0; i < recon->theirs.n; i++) {
		const struct recon_call *theirs = &recon->theirs.calls[i];
		const struct recon_call *ours;
		int64_t billed;

		if (theirs->match == RECON_NONE)
			continue;
		ours = &recon->ours.calls[theirs->match];
		billed = billed_of(theirs, rate_of(ours, theirs));
		if (billed < 0 || !ours->has_billed ||
		    billed == ours->billed_s)
			continue;
		differing++;
		for (size_t k = 0; k < COUNT(increments); k++)
			fits[k] += billed == recon_billed(theirs->duration_us,
							  increments[k][0],
							  increments[k][1]);
	}
	for (size_t k = 1; k < COUNT(increments); k++) {
		if (fits[k] > fits[best])
			best = k;
	}
	if (differing < 2 || fits[best] * 100 < differing * 90)
		return;
	recon->causes.first_s = increments[best][0];
	recon->causes.increment_s = increments[best][1];
}

/* --- prices --- */

static const struct number *
number_of(uint64_t digits, struct number *out)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu",
			   (unsigned long long)digits);

	return number_parse(str_make(text, (size_t)len), out) == 0 ? out : NULL;
}

/* Whether theirs is the price before the one in force began; when it did. */
static bool
is_old_price(const struct recon_options *options,
	     const struct recon_call *ours, const struct recon_call *theirs,
	     time_us *since)
{
	const struct tariff *tariff;
	struct price_match match;
	struct number number;
	const struct rate *old;
	money_e8 implied = 0;

	if (options->book == NULL || number_of(ours->called, &number) == NULL ||
	    pricebook_find(options->book, options->tariff, &number, ours->time,
			   &match) != 0)
		return false;
	*since = match.rows.terms[match.now->terms].valid_from;
	if (*since == INT64_MIN)
		return false;
	tariff = pricebook_tariff(options->book, options->tariff);
	old = rate_rows_at(tariff, &match.rows, *since - 1, 0);
	if (old == NULL)
		return false;
	if (theirs->has_rate)
		return theirs->rate == old->per_min;
	return theirs->has_amount && ours->has_billed &&
	       money_mul_div(old->per_min, ours->billed_s, 60, MONEY_HALF_UP,
			     &implied) == 0 &&
	       size_of(implied - theirs->amount) <= MONEY_ONE / 10000;
}

static bool
near(money_e8 a, money_e8 b, money_e8 by)
{
	return size_of(a - b) <= by;
}

/* Of two amounts that differ by more than is tolerated. */
static enum recon_class
class_of_amounts(const struct recon_call *ours,
		 const struct recon_call *theirs)
{
	money_e8 implied;

	if (theirs->has_rate)
		return theirs->rate == ours->rate ? RECON_INCREMENT
						  : RECON_RATE;
	/* a half of the last digit of 4 decimals: rounding */
	if (near(theirs->amount, ours->amount, MONEY_ONE / 20000))
		return RECON_INCREMENT;
	for (size_t k = 0; k < COUNT(increments) && !theirs->has_billed; k++) {
		int64_t s = recon_billed(theirs->duration_us, increments[k][0],
					 increments[k][1]);

		if (money_mul_div(ours->rate, s, 60, MONEY_HALF_UP,
				  &implied) == 0 &&
		    near(implied, theirs->amount, MONEY_ONE / 10000))
			return RECON_INCREMENT;
	}
	if (theirs->has_billed &&
	    money_mul_div(ours->rate, theirs->billed_s, 60, MONEY_HALF_UP,
			  &implied) == 0 &&
	    near(implied, theirs->amount, MONEY_ONE / 10000))
		return RECON_INCREMENT;
	return RECON_RATE;
}

static enum recon_class
class_of(const struct recon_options *options, const struct recon_call *ours,
	 const struct recon_call *theirs)
{
	int64_t d = difference(ours, theirs);
	bool amounts = ours->has_amount && theirs->has_amount;
	bool rates = ours->has_rate && theirs->has_rate;

	if (size_of(d) > options->duration_tolerance_us)
		return RECON_DURATION;
	if (amounts && ours->amount != theirs->amount &&
	    !near(ours->amount, theirs->amount, options->amount_tolerance)) {
		/* a second more costs what a second costs */
		if (d != 0 && (!rates || ours->rate == theirs->rate))
			return RECON_DURATION;
		return class_of_amounts(ours, theirs);
	}
	if (rates && ours->rate != theirs->rate)
		return RECON_RATE;
	if (d != 0 || (amounts && ours->amount != theirs->amount))
		return RECON_TOLERATED;
	return RECON_EXACT;
}

static void
look_at_price(struct recon *recon, const struct recon_options *options,
	      const struct recon_call *ours, const struct recon_call *theirs)
{
	time_us since;

	recon->causes.rate_calls++;
	if (!is_old_price(options, ours, theirs, &since))
		return;
	recon->causes.old_price++;
	if (recon->causes.price_change == 0 ||
	    since > recon->causes.price_change)
		recon->causes.price_change = since;
}

void
recon_find_causes(struct recon *recon, const struct recon_options *options)
{
	find_longer(recon);
	find_increments(recon);
	for (size_t i = 0; i < recon->theirs.n; i++) {
		struct recon_call *theirs = &recon->theirs.calls[i];
		struct recon_call *ours;

		if (theirs->match == RECON_NONE)
			continue;
		ours = &recon->ours.calls[theirs->match];
		theirs->class = (uint8_t)class_of(options, ours, theirs);
		ours->class = theirs->class;
		if (theirs->class == RECON_RATE)
			look_at_price(recon, options, ours, theirs);
	}
}
