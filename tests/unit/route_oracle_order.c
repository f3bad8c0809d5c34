/* route_oracle_order.c - the order of hops, found the long way */
#include <string.h>

#include "tests/unit/route_world.h"
#include "tests/unit/route_world_private.h"

#define BUCKET_US (300 * US_PER_S)
#define BUCKETS 12
#define ENOUGH 20

/* --- quality: every event by itself --- */

struct share_of {
	int n;
	int64_t part, whole;
};

static void
count(struct share_of *share, int64_t weight, int64_t part)
{
	share->n++;
	share->whole += weight;
	share->part += weight * part;
}

static int
value_of(const struct share_of *share, int times)
{
	return share->n < ENOUGH ? -1
				 : (int)(share->part * times / share->whole);
}

void
world_quality(const struct world *world, int carrier, int out[3])
{
	const struct world_carrier *c = &world->carriers[carrier];
	struct share_of asr = { 0 }, acd = { 0 }, pdd = { 0 };

	for (int i = 0; i < c->n_events; i++) {
		const struct world_event *event = &c->events[i];
		int64_t age =
		    world->now / BUCKET_US - event->at / BUCKET_US;

		if (age >= BUCKETS)
			continue;
		if (!event->is_attempt) {
			count(&acd, BUCKETS - age, event->value);
			continue;
		}
		count(&asr, BUCKETS - age, event->is_answered);
		if (event->value >= 0)
			count(&pdd, BUCKETS - age, event->value);
	}
	out[0] = value_of(&asr, 100);
	out[1] = value_of(&acd, 1);
	out[2] = value_of(&pdd, 1);
}

/* --- the order --- */

struct ordering {
	const struct world *world;
	struct world_plan *plan;
	const struct world_account *account; /* NULL: nobody */
	enum route_strategy strategy;
	bool takes[WORLD_CARRIERS];   /* no exclusion of the whole carrier */
	int64_t value[WORLD_CARRIERS];
	int quality[WORLD_CARRIERS][3]; /* in steps; the mean when unknown */
	int drawn[WORLD_CARRIERS];	/* by shares: place, or 1000 */
	int64_t cheapest;
};

static void
note_carriers(struct ordering *o, const bool *takes, const int64_t *value)
{
	o->cheapest = INT64_MAX;
	for (int i = 0; i < WORLD_CARRIERS; i++) {
		o->takes[i] = takes[i];
		o->value[i] = value[i];
		if (takes[i] && value[i] < o->cheapest)
			o->cheapest = value[i];
	}
}

/* One figure in steps; where it is unknown the mean of those that are known. */
static void
note_figure(struct ordering *o, int k, int step)
{
	int64_t sum = 0, n = 0;

	for (int i = 0; i < WORLD_CARRIERS; i++) {
		int q[3];

		world_quality(o->world, i, q);
		o->quality[i][k] = q[k];
		if (o->takes[i] && q[k] >= 0) {
			sum += q[k];
			n++;
		}
	}
	for (int i = 0; i < WORLD_CARRIERS; i++) {
		if (o->quality[i][k] < 0)
			o->quality[i][k] = n > 0 ? (int)(sum / n) : 0;
		o->quality[i][k] /= step;
	}
}

/* A lottery without chance: every weight buys so many tickets, and the turn
 * says which one wins. n weights, 0 = takes no part; the winner's place. */
static int
draw(const int *weights, int n, uint64_t *place)
{
	int sum = 0, at = 0;
	unsigned __int128 ticket, within;

	for (int i = 0; i < n; i++)
		sum += weights[i];
	ticket = (unsigned __int128)*place * (unsigned)sum >> 64;
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < weights[i]; k++, at++) {
			if ((unsigned)at != ticket)
				continue;
			within = (unsigned __int128)*place * (unsigned)sum -
				 ((unsigned __int128)(unsigned)(at - k) << 64);
			*place = (uint64_t)(within / (unsigned)weights[i]);
			return i;
		}
	}
	return -1;
}

/* The fraction that a turn stands for: of turns times the golden ratio. */
static uint64_t
place_of(uint64_t turn)
{
	return turn * UINT64_C(11400714819323198485);
}

/* Carriers, by name. */
static void
sort_names(const struct world *world, int *out)
{
	for (int i = 0; i < WORLD_CARRIERS; i++) {
		int before = 0;

		for (int k = 0; k < WORLD_CARRIERS; k++)
			before += strcmp(world->carriers[k].name,
					 world->carriers[i].name) < 0;
		out[before] = i;
	}
}

static void
draw_shares(struct ordering *o)
{
	int names[WORLD_CARRIERS], weights[WORLD_CARRIERS];
	uint64_t place = place_of(o->account->turn);
	int sum = 0;

	sort_names(o->world, names);
	for (int i = 0; i < WORLD_CARRIERS; i++) {
		int share = o->account->shares[names[i]];

		o->drawn[names[i]] = 1000;
		weights[i] = o->takes[names[i]] && share > 0 ? share : 0;
		sum += weights[i];
	}
	for (int n = 0; sum > 0; n++) {
		int won = draw(weights, WORLD_CARRIERS, &place);

		o->drawn[names[won]] = n;
		sum -= weights[won];
		weights[won] = 0;
	}
}

/* Below 0 when carrier p goes before q by the strategy alone. */
static int
by_quality(const struct ordering *o, int p, int q)
{
	const int *x = o->quality[p], *y = o->quality[q];

	if (x[0] != y[0])
		return y[0] - x[0];
	return x[1] != y[1] ? y[1] - x[1] : x[2] - y[2];
}

static bool
is_near(const struct ordering *o, int p)
{
	__int128 size = o->cheapest < 0 ? -o->cheapest : o->cheapest;

	return (__int128)(o->value[p] - o->cheapest) * 100 * MONEY_ONE <=
	       size * o->account->tolerance;
}

static int
by_strategy(const struct ordering *o, int p, int q)
{
	const struct world_carrier *x = &o->world->carriers[p];
	const struct world_carrier *y = &o->world->carriers[q];

	switch (o->strategy) {
	case ROUTE_LEAST_COST:
		return 0;
	case ROUTE_PRIORITY:
		return x->priority - y->priority;
	case ROUTE_QUALITY:
		return by_quality(o, p, q);
	case ROUTE_LOAD_SHARE:
		return o->drawn[p] - o->drawn[q];
	case ROUTE_TOLERANCE:
		if (is_near(o, p) != is_near(o, q))
			return is_near(o, p) ? -1 : 1;
		return is_near(o, p) ? by_quality(o, p, q) : 0;
	}
	return 0;
}

static bool
carrier_goes_first(const struct ordering *o, int p, int q)
{
	const struct world_carrier *x = &o->world->carriers[p];
	const struct world_carrier *y = &o->world->carriers[q];
	int order = by_strategy(o, p, q);

	if (order != 0)
		return order < 0;
	if (o->value[p] != o->value[q])
		return o->value[p] < o->value[q];
	if (x->priority != y->priority)
		return x->priority < y->priority;
	if (x->weight != y->weight)
		return x->weight > y->weight;
	return strcmp(x->name, y->name) < 0;
}

static void
take(struct ordering *o, int gateway, int max_hops)
{
	if (o->plan->n_hops < max_hops)
		o->plan->hops[o->plan->n_hops++] = gateway;
	else
		o->plan->candidates[gateway].excluded = PLAN_MAX_HOPS_REACHED;
}

/* The gateways of a carrier and a priority that can take the call, by weight
 * and name. */
static int
list_group(const struct ordering *o, int carrier, int priority, int *out)
{
	const struct world_gateway *gateways = o->world->gateways;
	int n = 0;

	for (int weight = 3; weight >= 0; weight--) {
		int from = n;

		for (int i = 0; i < WORLD_GATEWAYS; i++) {
			int at = n;

			if (gateways[i].carrier != carrier ||
			    gateways[i].priority != priority ||
			    gateways[i].weight != weight ||
			    o->plan->candidates[i].excluded !=
				PLAN_NOT_EXCLUDED)
				continue;
			for (; at > from && strcmp(gateways[i].name,
						   gateways[out[at - 1]].name) <
						0;
			     at--)
				out[at] = out[at - 1];
			out[at] = i;
			n++;
		}
	}
	return n;
}

static void
order_group(struct ordering *o, int carrier, int priority, int max_hops)
{
	const struct world_carrier *c = &o->world->carriers[carrier];
	int list[WORLD_GATEWAYS], weights[WORLD_GATEWAYS], sum = 0;
	int n = list_group(o, carrier, priority, list);
	uint64_t place =
	    place_of(o->plan->n_hops == 0 ? c->turn : c->later_turn);

	for (int i = 0; i < n; i++) {
		weights[i] = o->world->gateways[list[i]].weight;
		sum += weights[i];
	}
	while (sum > 0) {
		int won = draw(weights, n, &place);

		take(o, list[won], max_hops);
		sum -= weights[won];
		weights[won] = 0;
		list[won] = -1;
	}
	for (int i = 0; i < n; i++) {
		if (list[i] >= 0)
			take(o, list[i], max_hops);
	}
}

void
world_order(const struct world *world, int account, int max_hops,
	    struct world_plan *plan, const bool *takes, const int64_t *value)
{
	struct ordering o = { .world = world, .plan = plan };
	bool is_done[WORLD_CARRIERS] = { false };

	if (account >= 0) {
		o.account = &world->accounts[account];
		o.strategy = o.account->strategy;
	}
	note_carriers(&o, takes, value);
	note_figure(&o, 0, 1);
	note_figure(&o, 1, 10);
	note_figure(&o, 2, 100);
	if (o.strategy == ROUTE_LOAD_SHARE)
		draw_shares(&o);
	for (;;) {
		int first = -1;

		for (int i = 0; i < WORLD_CARRIERS; i++) {
			if (takes[i] && !is_done[i] &&
			    (first < 0 || carrier_goes_first(&o, i, first)))
				first = i;
		}
		if (first < 0)
			return;
		is_done[first] = true;
		for (int priority = 0; priority < 2; priority++)
			order_group(&o, first, priority, max_hops);
	}
}
