/* recon_match.c - pairs of calls, and what they differ in */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/recon.h"

#define TAIL UINT64_C(10000000) /* the last 7 digits bring calls together */

static const char *const class_names[] = {
	[RECON_EXACT] = "exact",
	[RECON_TOLERATED] = "within tolerance",
	[RECON_DURATION] = "duration",
	[RECON_RATE] = "rate",
	[RECON_INCREMENT] = "increment/rounding",
	[RECON_MISSING_HERE] = "missing here",
	[RECON_MISSING_THERE] = "missing there",
	[RECON_DUPLICATE] = "duplicate",
};

const char *
recon_class_text(enum recon_class class)
{
	return class_names[class];
}

uint64_t
recon_tail(uint64_t number)
{
	return number % TAIL;
}

bool
recon_same_number(uint64_t a, uint64_t b)
{
	uint64_t less = a < b ? a : b, more = a < b ? b : a;
	uint64_t unit = 1;

	if (less == 0)
		return false;
	while (unit <= less)
		unit *= 10;
	return more % unit == less;
}

static int
compare(const void *a, const void *b)
{
	const struct recon_call *x = a, *y = b;
	uint64_t p = recon_tail(x->called), q = recon_tail(y->called);
	int order = (p > q) - (p < q);

	if (order == 0)
		order = (x->time > y->time) - (x->time < y->time);
	if (order == 0)
		order = (x->duration_us > y->duration_us) -
			(x->duration_us < y->duration_us);
	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

void
recon_sort(struct recon_side *side)
{
	if (side->n > 1)
		qsort(side->calls, side->n, sizeof(*side->calls), compare);
}

static int64_t
size_of(int64_t value)
{
	return value < 0 ? -value : value;
}

/* --- by Call-ID --- */

static int
compare_ids(const void *a, const void *b)
{
	const struct recon_call *x = *(const struct recon_call *const *)a;
	const struct recon_call *y = *(const struct recon_call *const *)b;

	if (x->call_id != y->call_id)
		return x->call_id < y->call_id ? -1 : 1;
	return (x > y) - (x < y);
}

/* Pointers to the calls that have an id, by id; *out is yours to free. */
static int
index_ids(const struct recon_side *side, struct recon_call ***out, size_t *n)
{
	struct recon_call **list = mem_alloc((side->n + 1) * sizeof(*list));

	*n = 0;
	*out = list;
	if (list == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < side->n; i++) {
		if (side->calls[i].call_id != 0)
			list[(*n)++] = &side->calls[i];
	}
	if (*n > 1)
		qsort(list, *n, sizeof(*list), compare_ids);
	return 0;
}

static void
pair(struct recon *recon, size_t ours, size_t theirs)
{
	recon->ours.calls[ours].match = theirs;
	recon->theirs.calls[theirs].match = ours;
}

static int
match_ids(struct recon *recon)
{
	struct recon_call **ours, **theirs = NULL;
	size_t n_ours, n_theirs = 0, i = 0, k = 0;
	int err = index_ids(&recon->ours, &ours, &n_ours);

	if (err == 0)
		err = index_ids(&recon->theirs, &theirs, &n_theirs);
	while (err == 0 && i < n_ours && k < n_theirs) {
		if (ours[i]->call_id < theirs[k]->call_id) {
			i++;
		} else if (ours[i]->call_id > theirs[k]->call_id) {
			k++;
		} else {
			if (recon_same_number(ours[i]->called,
					      theirs[k]->called))
				pair(recon,
				     (size_t)(ours[i] - recon->ours.calls),
				     (size_t)(theirs[k] -
					      recon->theirs.calls));
			i++;
			k++;
		}
	}
	mem_free(ours);
	mem_free(theirs);
	return err;
}

/* --- by number, time and duration --- */

struct window {
	const struct recon_options *options;
	int64_t duration_us; /* the most that durations may differ; -1 = any */
};

/* How well two calls fit: less is better; -1 when they are no pair. */
static int64_t
distance(const struct window *window, const struct recon_call *ours,
	 const struct recon_call *theirs)
{
	int64_t time = size_of(theirs->time - ours->time);
	int64_t duration = size_of(theirs->duration_us - ours->duration_us);
	bool callers = ours->caller != 0 && theirs->caller != 0;

	if (time > window->options->tolerance_us ||
	    (window->duration_us >= 0 && duration > window->duration_us) ||
	    !recon_same_number(ours->called, theirs->called))
		return -1;
	if (callers && !recon_same_number(ours->caller, theirs->caller))
		time += window->options->tolerance_us; /* often changed */
	return duration / 1000 + time / 1000;
}

/* The best free call of ours for one of theirs; first is the first one that may
 * be near enough. */
static size_t
best_of(const struct recon *recon, const struct window *window, size_t first,
	const struct recon_call *theirs)
{
	uint64_t tail = recon_tail(theirs->called);
	int64_t best_distance = INT64_MAX;
	size_t best = RECON_NONE;

	for (size_t i = first; i < recon->ours.n; i++) {
		const struct recon_call *ours = &recon->ours.calls[i];
		int64_t d;

		if (recon_tail(ours->called) != tail ||
		    ours->time > theirs->time + window->options->tolerance_us)
			break;
		if (ours->match != RECON_NONE)
			continue;
		d = distance(window, ours, theirs);
		if (d >= 0 && d < best_distance) {
			best_distance = d;
			best = i;
		}
	}
	return best;
}

static void
match_times(struct recon *recon, const struct window *window)
{
	size_t first = 0;

	for (size_t k = 0; k < recon->theirs.n; k++) {
		const struct recon_call *theirs = &recon->theirs.calls[k];
		uint64_t tail = recon_tail(theirs->called);
		size_t best;

		while (first < recon->ours.n) {
			const struct recon_call *ours =
			    &recon->ours.calls[first];
			uint64_t other = recon_tail(ours->called);

			if (other > tail ||
			    (other == tail &&
			     ours->time >= theirs->time -
					       window->options->tolerance_us))
				break;
			first++;
		}
		if (theirs->match != RECON_NONE)
			continue;
		best = best_of(recon, window, first, theirs);
		if (best != RECON_NONE)
			pair(recon, best, k);
	}
}

/* The first of ours that is not before time, among those with its tail. */
static size_t
first_near(const struct recon *recon, uint64_t tail, time_us time)
{
	size_t low = 0, high = recon->ours.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct recon_call *ours = &recon->ours.calls[middle];
		uint64_t other = recon_tail(ours->called);

		if (other < tail || (other == tail && ours->time < time))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The hour that clocks show twice: what has no pair in the first one may have
 * it in the second. */
static void
match_again(struct recon *recon, const struct window *window)
{
	for (size_t k = 0; k < recon->theirs.n; k++) {
		struct recon_call later = recon->theirs.calls[k];
		size_t first, best;

		if (later.match != RECON_NONE || later.again_us == 0)
			continue;
		later.time += later.again_us;
		first = first_near(recon, recon_tail(later.called),
				   later.time - window->options->tolerance_us);
		best = best_of(recon, window, first, &later);
		if (best != RECON_NONE)
			pair(recon, best, k);
	}
}

/* Say which of both hours it was, where a pair has told. */
static void
settle_again(struct recon *recon, const struct recon_options *options)
{
	for (size_t k = 0; k < recon->theirs.n; k++) {
		struct recon_call *theirs = &recon->theirs.calls[k];

		if (theirs->match == RECON_NONE || theirs->again_us == 0)
			continue;
		if (recon->ours.calls[theirs->match].time - theirs->time >
		    options->tolerance_us)
			theirs->time += theirs->again_us;
	}
}

/* --- classes --- */

/* The same call of theirs that has a pair already, next to it in order. */
static bool
is_duplicate(const struct recon *recon, const struct recon_options *options,
	     size_t at)
{
	const struct recon_call *call = &recon->theirs.calls[at];

	for (int step = -1; step <= 1; step += 2) {
		for (size_t i = at + (size_t)step; i < recon->theirs.n;
		     i += (size_t)step) {
			const struct recon_call *other =
			    &recon->theirs.calls[i];

			if (recon_tail(other->called) !=
				recon_tail(call->called) ||
			    size_of(other->time - call->time) >
				options->tolerance_us)
				break;
			if (other->match != RECON_NONE &&
			    other->called == call->called &&
			    other->duration_us == call->duration_us)
				return true;
		}
	}
	return false;
}

static int
add_sum(struct recon_sum *sum, const struct recon_call *ours,
	const struct recon_call *theirs)
{
	sum->calls++;
	if (ours != NULL) {
		sum->ours_us += ours->duration_us;
		if (__builtin_add_overflow(sum->ours, ours->amount, &sum->ours))
			return ERR_RANGE;
	}
	if (theirs != NULL) {
		sum->theirs_us += theirs->duration_us;
		if (__builtin_add_overflow(sum->theirs, theirs->amount,
					   &sum->theirs))
			return ERR_RANGE;
	}
	return 0;
}

static int
add_theirs(struct recon *recon, const struct recon_options *options, size_t i)
{
	struct recon_call *call = &recon->theirs.calls[i];

	if (call->match != RECON_NONE)
		return 0;
	if (is_duplicate(recon, options, i)) {
		call->class = RECON_DUPLICATE;
	} else if (call->time < options->from || call->time >= options->until) {
		recon->outside++;
		call->class = RECON_N_CLASSES;
		return 0;
	} else {
		call->class = RECON_MISSING_HERE;
	}
	return add_sum(&recon->sums[call->class], NULL, call);
}

static int
sum_up(struct recon *recon, const struct recon_options *options)
{
	int err = 0;

	for (size_t i = 0; i < recon->ours.n && err == 0; i++) {
		struct recon_call *call = &recon->ours.calls[i];

		if (call->match != RECON_NONE) {
			err = add_sum(&recon->sums[call->class], call,
				      &recon->theirs.calls[call->match]);
		} else if (call->time >= options->from &&
			   call->time < options->until) {
			call->class = RECON_MISSING_THERE;
			err = add_sum(&recon->sums[RECON_MISSING_THERE], call,
				      NULL);
		} else {
			call->class = RECON_N_CLASSES;
		}
	}
	for (size_t i = 0; i < recon->theirs.n && err == 0; i++)
		err = add_theirs(recon, options, i);
	return err;
}

int
recon_run(struct recon *recon, const struct recon_options *options)
{
	struct window window = { options, US_PER_S - 1 };
	int err;

	recon_sort(&recon->ours);
	recon_sort(&recon->theirs);
	err = recon_find_shift(recon, options);
	if (err != 0)
		return err;
	recon_sort(&recon->theirs);
	err = match_ids(recon);
	if (err != 0)
		return err;
	/* what fits to the second first, then what is nearest */
	match_times(recon, &window);
	match_again(recon, &window);
	window.duration_us = -1;
	match_times(recon, &window);
	match_again(recon, &window);
	recon_find_causes(recon, options);
	err = sum_up(recon, options);
	settle_again(recon, options);
	return err;
}
