/* plan.c - the decision; the steps are those of doc/routing.md */
#include "route/plan.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static const char *const exclusion_texts[PLAN_N_EXCLUSIONS] = {
	[PLAN_CARRIER_DISABLED] = "carrier is disabled",
	[PLAN_CARRIER_NO_TARIFF] = "carrier has no tariff",
	[PLAN_NO_PREFIX] = "carrier has no prefix for this number",
	[PLAN_NOT_SOLD] = "carrier does not sell this prefix",
	[PLAN_NO_PRICE] = "no price could be computed",
	[PLAN_CURRENCY] = "currency differs and has no exchange rate",
	[PLAN_UNBILLABLE] = "account has no price for this number",
	[PLAN_MARGIN] = "margin is below the account's minimum",
	[PLAN_GATEWAY_DISABLED] = "gateway is disabled",
	[PLAN_GATEWAY_OFF] = "gateway was switched off by an operator",
	[PLAN_CAPACITY] = "gateway has no free channel",
	[PLAN_ADDRESS] = "gateway's host is not an IP address",
	[PLAN_MAX_HOPS_REACHED] = "enough better gateways",
};

/* What one tariff asks for the expected call. */
struct offer {
	enum plan_exclusion excluded; /* NO_PREFIX, NOT_SOLD, NO_PRICE, or 0 */
	money_e8 amount;              /* unless excluded */
};

/* One carrier. */
struct choice {
	const struct carrier *carrier;
	const struct price_match *match; /* NULL without a tariff */
	enum plan_exclusion excluded;    /* of all its gateways */
	bool has_cost;
	money_e8 cost;
};

/* One gateway. */
struct pick {
	const struct gateway *gateway;
	const struct choice *choice;
	enum plan_exclusion excluded;
};

typedef unsigned __int128 rank_key;

struct ranked {
	rank_key key;
	const struct choice *choice;
};

struct decision {
	const struct snapshot *snapshot;
	const struct plan_query *query;
	int64_t duration_us;
	const struct tariff *base;   /* its currency is the plan's */
	struct price_match *matches; /* of each tariff that carriers have */
	struct offer *offers;        /* likewise */
	struct choice *choices;      /* carriers, by name */
	size_t n_choices;
	struct ranked *order; /* those that are not excluded */
	struct ranked *spare; /* room for as many */
	size_t n_order;
	struct pick *picks; /* hops, then the others reversed */
	size_t n_picks, n_hops, n_excluded;
	struct plan_candidate *candidates;
};

const char *
plan_exclusion_text(enum plan_exclusion exclusion)
{
	assert((unsigned)exclusion < PLAN_N_EXCLUSIONS);
	return exclusion_texts[exclusion];
}

static const struct tariff *
tariff_at(const struct decision *d, uint32_t index)
{
	return pricebook_tariff(snapshot_prices(d->snapshot), index);
}

/* (a), (c) of one tariff: the price of the expected call, exact. */
static struct offer
price(const struct decision *d, const struct price_match *match)
{
	struct offer offer = { PLAN_NOT_EXCLUDED, 0 };
	struct charge charge;

	if (match->now == NULL)
		offer.excluded = PLAN_NO_PREFIX;
	else if (match->rows.terms[match->now->terms].not_sold)
		offer.excluded = PLAN_NOT_SOLD;
	else if (tariff_charge(tariff_at(d, match->tariff), &match->rows,
			       d->query->at, d->duration_us, &charge) != 0 ||
		 money_round_60(charge.exact, 8, MONEY_HALF_UP,
				&offer.amount) != 0)
		offer.excluded = PLAN_NO_PRICE;
	return offer;
}

/* What the account pays. Returns 0 or ERR_NOPRICE. */
static int
price_sale(const struct decision *d, struct plan *out)
{
	const struct account *account = d->query->account;
	struct price_match match;
	struct offer offer;

	if (account == NULL || account->tariff == PRICEBOOK_NO_TARIFF)
		return 0;
	pricebook_find(snapshot_prices(d->snapshot), account->tariff,
		       &d->query->number, d->query->at, &match);
	offer = price(d, &match);
	if (offer.excluded != PLAN_NOT_EXCLUDED)
		return ERR_NOPRICE;
	out->has_sell = true;
	out->sell = offer.amount;
	out->sell_prefix = match.prefix;
	return 0;
}

static int
alloc_work(struct decision *d, size_t n_tariffs, struct arena *arena)
{
	size_t n_carriers = snapshot_n_carriers(d->snapshot);
	size_t n_gateways = snapshot_n_gateways(d->snapshot);

	d->matches = arena_alloc(arena, n_tariffs * sizeof(*d->matches));
	d->offers = arena_alloc(arena, n_tariffs * sizeof(*d->offers));
	d->choices = arena_alloc(arena, n_carriers * sizeof(*d->choices));
	d->order = arena_alloc(arena, 2 * n_carriers * sizeof(*d->order));
	d->picks = arena_alloc(arena, n_gateways * sizeof(*d->picks));
	d->candidates = arena_alloc(arena, n_gateways * sizeof(*d->candidates));
	if (d->matches == NULL || d->offers == NULL || d->choices == NULL ||
	    d->order == NULL || d->picks == NULL || d->candidates == NULL)
		return ERR_NOMEM;
	d->spare = d->order + n_carriers;
	d->n_choices = n_carriers;
	d->n_picks = n_gateways;
	return 0;
}

/* (a) and (c) for every tariff that a carrier has. */
static void
price_tariffs(struct decision *d, const uint32_t *tariffs, size_t n)
{
	pricebook_find_each(snapshot_prices(d->snapshot), &d->query->number,
			    d->query->at, tariffs, n, d->matches);
	for (size_t i = 0; i < n; i++)
		d->offers[i] = price(d, &d->matches[i]);
}

/* (b) what rules a carrier out, as far as it depends on nobody else. */
static void
choose(const struct decision *d, const struct carrier *carrier,
       struct choice *out)
{
	*out = (struct choice){ .carrier = carrier };
	if (carrier->tariff == PRICEBOOK_NO_TARIFF) {
		out->excluded = PLAN_CARRIER_NO_TARIFF;
	} else {
		out->match = &d->matches[carrier->offer];
		out->excluded = d->offers[carrier->offer].excluded;
		out->cost = d->offers[carrier->offer].amount;
		out->has_cost = out->excluded == PLAN_NOT_EXCLUDED;
	}
	if (!carrier->enabled)
		out->excluded = PLAN_CARRIER_DISABLED;
}

/* The tariff whose currency counts: the account's, or that of the first
 * carrier with a price; NULL when there is none. */
static const struct tariff *
find_base(const struct decision *d)
{
	const struct account *account = d->query->account;

	if (account != NULL && account->tariff != PRICEBOOK_NO_TARIFF)
		return tariff_at(d, account->tariff);
	for (size_t i = 0; i < d->n_choices; i++) {
		if (d->choices[i].excluded == PLAN_NOT_EXCLUDED)
			return tariff_at(d, d->choices[i].carrier->tariff);
	}
	return NULL;
}

static bool
has_margin(const struct account *account, const struct plan *plan,
	   money_e8 cost)
{
	if (account == NULL || !account->has_min_margin || !plan->has_sell)
		return true;
	return (__int128)plan->sell - cost >= account->min_margin;
}

/* (b) what rules a carrier out in this plan. */
static enum plan_exclusion
compare_to_sale(const struct decision *d, const struct choice *choice,
		const struct plan *plan, bool is_billable)
{
	const struct tariff *tariff = tariff_at(d, choice->carrier->tariff);

	if (memcmp(tariff->currency, d->base->currency,
		   sizeof(tariff->currency)) != 0)
		return PLAN_CURRENCY;
	if (!is_billable)
		return PLAN_UNBILLABLE;
	if (!has_margin(d->query->account, plan, choice->cost))
		return PLAN_MARGIN;
	return PLAN_NOT_EXCLUDED;
}

static void
choose_all(struct decision *d, struct plan *plan, bool is_billable)
{
	for (size_t i = 0; i < d->n_choices; i++)
		choose(d, snapshot_carrier(d->snapshot, (uint32_t)i),
		       &d->choices[i]);
	d->base = find_base(d);
	if (d->base != NULL)
		plan->currency = d->base->currency;
	for (size_t i = 0; i < d->n_choices; i++) {
		struct choice *choice = &d->choices[i];

		if (choice->excluded != PLAN_NOT_EXCLUDED)
			continue;
		choice->excluded =
		    compare_to_sale(d, choice, plan, is_billable);
		if (choice->excluded == PLAN_NOT_EXCLUDED)
			d->order[d->n_order++].choice = choice;
	}
}

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
 * (d) The key that ranks a carrier, smallest first: cost and then priority, or
 * the other way round; then weight, the greatest first. Names come in by the
 * order that a stable sort leaves alone.
 */
static rank_key
key_of(const struct choice *choice, enum route_strategy strategy)
{
	rank_key cost = place64(choice->cost);
	rank_key priority = place32(choice->carrier->priority);
	rank_key weight = ~place32(choice->carrier->weight);

	if (strategy == ROUTE_PRIORITY)
		return priority << 96 | cost << 32 | weight;
	return cost << 64 | priority << 32 | weight;
}

/* Merge the sorted runs [from, middle) and [middle, end) into out. No branch
 * depends on the keys: these cannot be predicted. */
static void
merge(const struct ranked *from, const struct ranked *middle,
      const struct ranked *end, struct ranked *out)
{
	const struct ranked *left = from, *right = middle;

	while (left < middle && right < end) {
		bool takes_right = right->key < left->key;

		*out++ = *(takes_right ? right : left);
		right += takes_right;
		left += !takes_right;
	}
	while (left < middle)
		*out++ = *left++;
	while (right < end)
		*out++ = *right++;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Stable; the result is in list or in spare, which is returned. */
static struct ranked *
merge_sort(struct ranked *list, struct ranked *spare, size_t n)
{
	for (size_t width = 1; width < n; width *= 2) {
		struct ranked *sorted = spare;

		for (size_t i = 0; i < n; i += 2 * width)
			merge(list + i, list + least(i + width, n),
			      list + least(i + 2 * width, n), sorted + i);
		spare = list;
		list = sorted;
	}
	return list;
}

static void
rank(struct decision *d)
{
	const struct account *account = d->query->account;
	enum route_strategy strategy =
	    account != NULL ? account->strategy : ROUTE_LEAST_COST;

	for (size_t i = 0; i < d->n_order; i++)
		d->order[i].key = key_of(d->order[i].choice, strategy);
	d->order = merge_sort(d->order, d->spare, d->n_order);
}

/* (b) what rules a single gateway out, now. */
static enum plan_exclusion
look_at_gateway(const struct gateway *gateway)
{
	const struct gateway_state *state = gateway->state;

	if (!gateway->enabled)
		return PLAN_GATEWAY_DISABLED;
	if (state->disabled)
		return PLAN_GATEWAY_OFF;
	if (gateway->capacity >= 0 &&
	    (int64_t)state->pending + state->answered >= gateway->capacity)
		return PLAN_CAPACITY;
	if (gateway->addr.family == 0)
		return PLAN_ADDRESS;
	return PLAN_NOT_EXCLUDED;
}

/* (e) the gateways of one carrier, in their order: hops go to the front of the
 * picks, the others to the back. */
static void
pick_gateways(struct decision *d, const struct choice *choice, size_t max_hops)
{
	const struct carrier *carrier = choice->carrier;

	for (uint32_t i = 0; i < carrier->n_gateways; i++) {
		const struct gateway *gateway =
		    snapshot_gateway(d->snapshot, carrier->first_gateway + i);
		struct pick pick = { gateway, choice, choice->excluded };

		if (pick.excluded == PLAN_NOT_EXCLUDED)
			pick.excluded = look_at_gateway(gateway);
		if (pick.excluded == PLAN_NOT_EXCLUDED && d->n_hops == max_hops)
			pick.excluded = PLAN_MAX_HOPS_REACHED;
		if (pick.excluded == PLAN_NOT_EXCLUDED)
			d->picks[d->n_hops++] = pick;
		else
			d->picks[d->n_picks - ++d->n_excluded] = pick;
	}
}

static void
fill_candidate(struct plan_candidate *out, const struct pick *pick)
{
	const struct choice *choice = pick->choice;
	const struct price_match *match = choice->match;

	*out = (struct plan_candidate){ .gateway = pick->gateway,
					.carrier = choice->carrier,
					.excluded = pick->excluded,
					.has_cost = choice->has_cost,
					.cost = choice->cost };
	if (match == NULL || match->now == NULL)
		return;
	out->prefix = match->prefix;
	out->rate = match->now;
	out->terms = &match->rows.terms[match->now->terms];
}

/* The excluded ones were put down from the end. */
static void
fill_plan(struct decision *d, struct plan *plan)
{
	assert(d->n_hops + d->n_excluded == d->n_picks);
	for (size_t i = 0; i < d->n_hops; i++) {
		fill_candidate(&d->candidates[i], &d->picks[i]);
		d->candidates[i].rank = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < d->n_excluded; i++)
		fill_candidate(&d->candidates[d->n_hops + i],
			       &d->picks[d->n_picks - 1 - i]);
	plan->candidates = d->candidates;
	plan->n_candidates = d->n_picks;
	plan->n_hops = d->n_hops;
}

static size_t
max_hops_of(const struct plan_query *query)
{
	if (query->max_hops < 1 || query->max_hops > PLAN_MAX_HOPS)
		return PLAN_MAX_HOPS;
	return (size_t)query->max_hops;
}

static void
pick_all(struct decision *d)
{
	size_t max_hops = max_hops_of(d->query);

	for (size_t i = 0; i < d->n_order; i++)
		pick_gateways(d, d->order[i].choice, max_hops);
	for (size_t i = 0; i < d->n_choices; i++) {
		if (d->choices[i].excluded != PLAN_NOT_EXCLUDED)
			pick_gateways(d, &d->choices[i], max_hops);
	}
}

/* In microseconds; one that no tariff can price stays one. */
static int64_t
duration_of(const struct plan_query *query)
{
	int64_t seconds =
	    query->duration_s > 0 ? query->duration_s : PLAN_DURATION_S;

	return seconds <= CHARGE_MAX_S ? seconds * US_PER_S : INT64_MAX;
}

int
plan_make(const struct snapshot *snapshot, const struct plan_query *query,
	  struct arena *arena, struct plan *out)
{
	struct decision d = { .snapshot = snapshot,
			      .query = query,
			      .duration_us = duration_of(query) };
	size_t n_tariffs;
	const uint32_t *tariffs =
	    snapshot_carrier_tariffs(snapshot, &n_tariffs);
	int err;

	*out = (struct plan){ .currency = "" };
	if (alloc_work(&d, n_tariffs, arena) != 0)
		return ERR_NOMEM;
	err = price_sale(&d, out);
	price_tariffs(&d, tariffs, n_tariffs);
	choose_all(&d, out, err == 0);
	rank(&d);
	pick_all(&d);
	fill_plan(&d, out);
	if (err == 0 && out->n_hops == 0)
		err = ERR_NOROUTE;
	return err;
}

/* The user part of a URI may not hold a bare '#' (RFC 3261 25.1). */
static void
put_escaped(struct wbuf *w, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '#')
			wbuf_text(w, "%23");
		else
			wbuf_u8(w, (uint8_t)*text);
	}
}

int
plan_gateway_user(const struct gateway *gateway, const struct number *number,
		  char *out, size_t cap)
{
	size_t strip =
	    gateway->strip < number->len ? gateway->strip : number->len;
	struct wbuf w;

	wbuf_init(&w, out, cap);
	if (gateway->strip == 0 && gateway->prefix[0] == '\0')
		wbuf_u8(&w, '+');
	put_escaped(&w, gateway->prefix);
	wbuf_bytes(&w, number->digits + strip, number->len - strip);
	wbuf_u8(&w, '\0');
	return w.err;
}
