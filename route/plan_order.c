/* plan_order.c - (d) of the decision: the order of carriers */
#include "route/plan_private.h"
#include "route/turn.h"

#define PERCENT (100 * MONEY_ONE)
#define LAST UINT64_MAX

/* Where a number stands among others of its type, smallest first. */
static uint64_t
place64(int64_t v)
{
	return (uint64_t)v ^ UINT64_C(1) << 63;
}

static uint32_t
place32(int32_t v)
{
	return (uint32_t)v ^ UINT32_C(1) << 31;
}

/*
 * The key that ranks a carrier within its group, smallest first: cost, then
 * priority, then weight, the greatest first.
 */
static rank_key
key_of(const struct choice *choice)
{
	rank_key cost = place64(choice->value);
	rank_key priority = place32(choice->carrier->priority);
	rank_key weight = ~place32(choice->carrier->weight);

	return cost << 64 | priority << 32 | weight;
}

/* A total order: choices stand in that of names. */
static bool
goes_first(const struct ranked *a, const struct ranked *b)
{
	if (a->group != b->group)
		return a->group < b->group;
	return a->key != b->key ? a->key < b->key : a->choice < b->choice;
}

/* Down to where it belongs in a heap whose first goes first. */
static void
sink(struct ranked *list, size_t n, size_t at)
{
	const struct ranked moved = list[at];

	for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
		if (child + 1 < n && goes_first(&list[child + 1], &list[child]))
			child++;
		if (!goes_first(&list[child], &moved))
			break;
		list[at] = list[child];
		at = child;
	}
	list[at] = moved;
}

/* --- quality --- */

/* The mean of one figure of all carriers in the order; unknown ones count
 * not. */
struct mean {
	int64_t sum, n;
};

static void
add(struct mean *mean, int32_t figure)
{
	mean->sum += figure >= 0 ? figure : 0;
	mean->n += figure >= 0;
}

/* A figure, or the mean when it is not known, in steps, at most 65535. */
static uint64_t
steps(int32_t figure, const struct mean *mean, int32_t step)
{
	int64_t value = figure >= 0    ? figure
			: mean->n > 0 ? mean->sum / mean->n
				      : 0;

	value /= step;
	return value < UINT16_MAX ? (uint64_t)value : UINT16_MAX;
}

/*
 * Group by quality: answered attempts in percent, then the average duration in
 * steps of 10 s, then the delay in steps of 100 ms. In steps, so that what is
 * as good goes by its price.
 */
static void
group_by_quality(struct decision *d)
{
	struct mean asr = { 0 }, acd = { 0 }, pdd = { 0 };
	struct quality_figures q;

	for (size_t i = 0; i < d->n_order; i++) {
		quality_read(&d->order[i].choice->carrier->state->quality,
			     d->now, &q);
		add(&asr, q.asr_percent);
		add(&acd, q.acd_s);
		add(&pdd, q.pdd_ms);
	}
	for (size_t i = 0; i < d->n_order; i++) {
		quality_read(&d->order[i].choice->carrier->state->quality,
			     d->now, &q);
		d->order[i].group =
		    (UINT16_MAX - steps(q.asr_percent, &asr, 1)) << 32 |
		    (UINT16_MAX - steps(q.acd_s, &acd, 10)) << 16 |
		    steps(q.pdd_ms, &pdd, 100);
	}
}

/* Within the account's tolerance of the cheapest by quality, the others behind
 * by cost. */
static void
group_by_tolerance(struct decision *d)
{
	__int128 cheapest = INT64_MAX, size;

	for (size_t i = 0; i < d->n_order; i++) {
		if (d->order[i].choice->value < cheapest)
			cheapest = d->order[i].choice->value;
	}
	size = cheapest < 0 ? -cheapest : cheapest;
	group_by_quality(d);
	for (size_t i = 0; i < d->n_order; i++) {
		__int128 more = d->order[i].choice->value - cheapest;

		if (more * PERCENT > size * d->query->account->tolerance)
			d->order[i].group = LAST;
	}
}

/* --- shares --- */

static uint32_t
share_of(const struct decision *d, const struct ranked *ranked)
{
	const struct account *account = d->query->account;
	size_t low = 0, high = account->n_shares;
	uint32_t carrier = ranked->choice->index;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (account->shares[middle].carrier < carrier)
			low = middle + 1;
		else
			high = middle;
	}
	return low < account->n_shares &&
		       account->shares[low].carrier == carrier
		   ? account->shares[low].percent
		   : 0;
}

/* By draws from the carriers that have a share, by name; the others behind by
 * cost. */
static void
group_by_share(struct decision *d)
{
	struct account_state *state = d->query->account->state;
	uint64_t place, sum = 0;

	for (size_t i = 0; i < d->n_order; i++) {
		d->order[i].group = LAST;
		d->weights[i] = share_of(d, &d->order[i]);
		sum += d->weights[i];
	}
	if (sum == 0)
		return;
	place = turn_place(d->query->takes_turn
			       ? atomic_fetch_add(&state->turn, 1)
			       : atomic_load(&state->turn));
	for (uint64_t n = 0; sum > 0; n++) {
		size_t i = turn_draw(d->weights, d->n_order, &place);

		d->order[i].group = n;
		sum -= d->weights[i];
		d->weights[i] = 0;
	}
}

static void
group(struct decision *d, enum route_strategy strategy)
{
	switch (strategy) {
	case ROUTE_LEAST_COST:
		break;
	case ROUTE_PRIORITY:
		for (size_t i = 0; i < d->n_order; i++)
			d->order[i].group =
			    place32(d->order[i].choice->carrier->priority);
		break;
	case ROUTE_QUALITY:
		group_by_quality(d);
		break;
	case ROUTE_LOAD_SHARE:
		group_by_share(d);
		break;
	case ROUTE_TOLERANCE:
		group_by_tolerance(d);
		break;
	}
}

void
plan_order(struct decision *d)
{
	const struct account *account = d->query->account;

	for (size_t i = 0; i < d->n_order; i++) {
		d->order[i].group = 0;
		d->order[i].key = key_of(d->order[i].choice);
	}
	if (account != NULL)
		group(d, account->strategy);
	for (size_t i = d->n_order / 2; i-- > 0;)
		sink(d->order, d->n_order, i);
}

const struct choice *
plan_order_take(struct decision *d)
{
	const struct choice *first;

	if (d->n_order == 0)
		return NULL;
	first = d->order[0].choice;
	d->order[0] = d->order[--d->n_order];
	if (d->n_order > 1)
		sink(d->order, d->n_order, 0);
	return first;
}
