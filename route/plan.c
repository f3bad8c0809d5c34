/* plan.c - the decision; the steps are those of doc/routing.md */
#include "route/plan.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "route/plan_private.h"

static const char *const exclusion_texts[PLAN_N_EXCLUSIONS] = {
	[PLAN_CARRIER_DISABLED] = "carrier is disabled",
	[PLAN_CARRIER_NO_TARIFF] = "carrier has no tariff",
	[PLAN_NO_PREFIX] = "carrier has no prefix for this number",
	[PLAN_NOT_SOLD] = "carrier does not sell this prefix",
	[PLAN_NO_PRICE] = "no price could be computed",
	[PLAN_BLOCKED] = "blocked for this number",
	[PLAN_QUALITY] = "carrier's quality is below its floor",
	[PLAN_CURRENCY] = "currency differs and has no exchange rate",
	[PLAN_UNBILLABLE] = "account has no price for this number",
	[PLAN_MARGIN] = "margin is below the account's minimum",
	[PLAN_MARGIN_PERCENT] = "margin is below the account's minimum percentage",
	[PLAN_LOSS] = "would be sold at a loss",
	[PLAN_GATEWAY_DISABLED] = "gateway is disabled",
	[PLAN_GATEWAY_OFF] = "gateway was switched off by an operator",
	[PLAN_UNREGISTERED] = "not registered at the gateway",
	[PLAN_DOWN] = "gateway is down",
	[PLAN_CLASS_DOWN] = "gateway is down for numbers of this class",
	[PLAN_ON_TRIAL] = "gateway is on trial, and others try it",
	[PLAN_CAPACITY] = "gateway has no free channel",
	[PLAN_PAUSE] = "gateway asked for a pause",
	[PLAN_CPS] = "gateway takes no more calls this second",
	[PLAN_TRANSPORT] = "gateway's transport is not supported",
	[PLAN_CIRCUITS] = "gateway has no free circuit, as it told",
	[PLAN_WITHDRAWN] = "route was withdrawn",
	[PLAN_INSECURE] = "account wants TLS, gateway has none",
	[PLAN_MEDIA] = "gateway does not take the media offered",
	[PLAN_MAX_HOPS_REACHED] = "enough better gateways",
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

/* What the account pays. Returns 0 or ERR_NOPRICE. */
static int
price_sale(const struct decision *d, struct plan *out)
{
	const struct account *account = d->query->account;
	const struct pricebook *book = snapshot_prices(d->snapshot);
	struct price_match match;
	struct offer offer;

	if (account == NULL || account->tariff == PRICEBOOK_NO_TARIFF)
		return 0;
	pricebook_find(book, account->tariff,
		       plan_rated_number(book, account->tariff,
					 &d->query->number,
					 &d->query->porting.routing),
		       d->query->at, &match);
	offer = plan_price(book, &match, d->query->at, d->duration_us);
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
	size_t n_choices = n_carriers + d->n_learnt;
	size_t n_gateways = snapshot_n_gateways(d->snapshot) + d->n_learnt;
	size_t n_weights = n_gateways > n_choices ? n_gateways : n_choices;

	d->matches = arena_alloc(arena, 2 * n_tariffs * sizeof(*d->matches));
	d->offers = arena_alloc(arena, n_tariffs * sizeof(*d->offers));
	d->choices = arena_alloc(arena, n_choices * sizeof(*d->choices));
	d->order = arena_alloc(arena, n_choices * sizeof(*d->order));
	d->picks = arena_alloc(arena, n_gateways * sizeof(*d->picks));
	d->candidates = arena_alloc(arena, n_gateways * sizeof(*d->candidates));
	d->weights = arena_alloc(arena, n_weights * sizeof(*d->weights));
	d->places = arena_alloc(arena, n_gateways * sizeof(*d->places));
	if (d->matches == NULL || d->offers == NULL || d->choices == NULL ||
	    d->order == NULL || d->picks == NULL || d->candidates == NULL ||
	    d->weights == NULL || d->places == NULL)
		return ERR_NOMEM;
	d->n_choices = n_carriers;
	d->n_picks = n_gateways;
	return 0;
}

/* (a) and (c) for every tariff that a carrier has. A ported number is sold
 * where its routing number is, at the price of the one the tariff rates by. */
static void
price_tariffs(struct decision *d, const uint32_t *tariffs, size_t n)
{
	const struct pricebook *book = snapshot_prices(d->snapshot);
	const struct plan_query *query = d->query;
	struct price_match *routed = d->matches + n;
	bool is_ported = query->porting.routing.len > 0;

	pricebook_find_each(book, &query->number, query->at, tariffs, n,
			    d->matches);
	if (is_ported)
		pricebook_find_each(book, &query->porting.routing, query->at, tariffs,
				    n, routed);
	for (size_t i = 0; i < n; i++) {
		if (is_ported && tariff_at(d, tariffs[i])->by_ported)
			d->matches[i] = routed[i];
		d->offers[i] = plan_price(book, &d->matches[i], query->at,
					  d->duration_us);
		if (is_ported && d->offers[i].excluded == PLAN_NOT_EXCLUDED)
			d->offers[i].excluded = plan_sells(&routed[i]);
	}
}

/* (b) what rules a carrier out, as far as it depends on nobody else. */
static void
choose(const struct decision *d, uint32_t index, struct choice *out)
{
	const struct carrier *carrier = snapshot_carrier(d->snapshot, index);

	*out = (struct choice){ .carrier = carrier, .index = index };
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
		if (d->choices[i].excluded == PLAN_NOT_EXCLUDED &&
		    !d->choices[i].is_unpriced)
			return tariff_at(d, d->choices[i].carrier->tariff);
	}
	return NULL;
}

/* Whether the row of blocks that holds for a number bars this carrier, for
 * anybody or for the account. */
static bool
is_blocked_for(const struct decision *d, uint32_t carrier,
	       const struct number *number)
{
	const struct account *account = d->query->account;
	const struct block_query query = {
		.account = account != NULL
			       ? snapshot_account_index(d->snapshot, account)
			       : BLOCKS_EVERYBODY,
		.number = number,
		.class = d->class,
		.at = d->query->at,
	};

	return blocks_bar(snapshot_blocks(d->snapshot), &query, carrier);
}

/* (b) what was dialled, or where it was ported to. */
static bool
is_blocked(const struct decision *d, uint32_t carrier)
{
	return is_blocked_for(d, carrier, &d->query->number) ||
	       (d->query->porting.routing.len > 0 &&
		is_blocked_for(d, carrier, &d->query->porting.routing));
}

/* (b) whether what was measured of the carrier is below its floor. */
static bool
is_poor(const struct decision *d, const struct carrier *carrier)
{
	struct quality_figures q;

	if (carrier->min_asr_percent < 0 && carrier->min_acd_s < 0)
		return false;
	quality_read(&carrier->state->quality, d->now, &q);
	return (q.asr_percent >= 0 &&
		q.asr_percent < carrier->min_asr_percent) ||
	       (q.acd_s >= 0 && q.acd_s < carrier->min_acd_s);
}

/* (b), (c) the carrier's cost in the plan's currency: false without an exchange
 * rate. */
static bool
convert(const struct decision *d, struct choice *choice)
{
	const struct tariff *tariff;

	choice->value = choice->cost;
	choice->has_value = choice->is_unpriced;
	if (choice->is_unpriced)
		return true; /* nothing is nothing anywhere */
	tariff = tariff_at(d, choice->carrier->tariff);
	choice->has_value =
	    memcmp(tariff->currency, d->base->currency,
		   sizeof(tariff->currency)) == 0 ||
	    exchange_convert(snapshot_exchange(d->snapshot), choice->cost,
			     tariff->currency, d->base->currency, d->query->at,
			     &choice->value) == 0;
	return choice->has_value;
}

/* (b) what rules a carrier out in this plan. */
static enum plan_exclusion
compare_to_sale(const struct decision *d, struct choice *choice,
		const struct plan *plan, bool is_billable)
{
	bool is_valued = convert(d, choice);

	if (is_blocked(d, choice->index))
		return PLAN_BLOCKED;
	if (is_poor(d, choice->carrier))
		return PLAN_QUALITY;
	if (!is_valued)
		return PLAN_CURRENCY;
	if (!is_billable)
		return PLAN_UNBILLABLE;
	if (!plan->has_sell)
		return PLAN_NOT_EXCLUDED;
	return plan_check_margin(d->query->account, plan->sell, choice->value);
}

static void
choose_all(struct decision *d, struct plan *plan, bool is_billable)
{
	for (size_t i = 0; i < d->n_choices; i++)
		choose(d, (uint32_t)i, &d->choices[i]);
	plan_learnt_attach(d);
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

static void
fill_candidate(struct plan_candidate *out, const struct pick *pick)
{
	const struct choice *choice = pick->choice;
	const struct price_match *match = choice->match;

	*out = (struct plan_candidate){ .gateway = pick->gateway,
					.carrier = choice->carrier,
					.excluded = pick->excluded,
					.has_cost = choice->has_cost,
					.cost = choice->cost,
					.has_value = choice->has_value,
					.value = choice->value };
	if (pick->learnt != NULL) {
		out->learnt = pick->learnt->offer;
		out->prefix = pick->learnt->prefix;
	}
	if (match == NULL || match->now == NULL)
		return;
	if (pick->learnt == NULL)
		out->prefix = match->prefix;
	out->rate_prefix = match->prefix;
	out->rate = match->now;
	out->terms = &match->rows.terms[match->now->terms];
}

/* The excluded ones were put down from the end. */
static void
fill_plan(struct decision *d, struct plan *plan)
{
	size_t n_excluded = d->n_excluded;

	if (d->query->only_hops && d->n_hops > 0)
		n_excluded = 0;
	else
		assert(d->n_hops + n_excluded == d->n_picks);
	for (size_t i = 0; i < d->n_hops; i++) {
		fill_candidate(&d->candidates[i], &d->picks[i]);
		d->candidates[i].rank = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < n_excluded; i++)
		fill_candidate(&d->candidates[d->n_hops + i],
			       &d->picks[d->n_picks - 1 - i]);
	plan->candidates = d->candidates;
	plan->n_candidates = d->n_hops + n_excluded;
	plan->n_hops = d->n_hops;
}

int
plan_make(const struct snapshot *snapshot, const struct plan_query *query,
	  struct arena *arena, struct plan *out)
{
	struct decision d = { .snapshot = snapshot,
			      .query = query,
			      .class = number_classify(&query->number),
			      .now = query->now != 0 ? query->now : query->at };
	size_t n_tariffs;
	const uint32_t *tariffs =
	    snapshot_carrier_tariffs(snapshot, &n_tariffs);
	int err;

	*out = (struct plan){ .currency = "",
			      .class = d.class,
			      .duration_s = plan_expect(snapshot, query) };
	d.duration_us = plan_duration_us(out->duration_s);
	if (plan_learnt_collect(&d, arena) != 0 ||
	    alloc_work(&d, n_tariffs, arena) != 0)
		return ERR_NOMEM;
	err = price_sale(&d, out);
	price_tariffs(&d, tariffs, n_tariffs);
	choose_all(&d, out, err == 0);
	plan_order(&d);
	plan_pick(&d);
	fill_plan(&d, out);
	if (err == 0 && out->n_hops == 0)
		err = ERR_NOROUTE;
	return err;
}

/* What the hop would cost now, in the currency that the account pays. */
static enum plan_exclusion
check_price(const struct snapshot *snapshot, const struct plan_hop *hop)
{
	const struct pricebook *book = snapshot_prices(snapshot);
	struct price_match match;
	struct offer offer;
	money_e8 value;

	pricebook_find(book, hop->carrier->tariff,
		       plan_rated_number(book, hop->carrier->tariff,
					 hop->number, hop->routing),
		       hop->now, &match);
	offer = plan_price(book, &match, hop->now,
			   plan_duration_us(hop->duration_s));
	if (offer.excluded == PLAN_NOT_EXCLUDED && hop->routing->len > 0) {
		pricebook_find(book, hop->carrier->tariff, hop->routing,
			       hop->now, &match);
		offer.excluded = plan_sells(&match);
	}
	if (offer.excluded != PLAN_NOT_EXCLUDED || !hop->has_sell)
		return offer.excluded;
	if (exchange_convert(
		snapshot_exchange(snapshot), offer.amount,
		pricebook_tariff(book, hop->carrier->tariff)->currency,
		pricebook_tariff(book, hop->account->tariff)->currency,
		hop->now, &value) != 0)
		return PLAN_CURRENCY;
	return plan_check_margin(hop->account, hop->sell, value);
}

/* What its peer says of it now. */
static enum plan_exclusion
check_offer(const struct plan_hop *hop)
{
	const struct learnt_offer *offer = NULL;

	if (!hop->is_learnt)
		return PLAN_NOT_EXCLUDED;
	if (hop->learnt != NULL)
		offer = learnt_find_offer(hop->learnt, hop->prefix,
					  hop->gateway);
	return offer != NULL ? plan_look_at_offer(offer, hop->carrier)
			     : PLAN_WITHDRAWN;
}

enum plan_exclusion
plan_check_hop(const struct snapshot *snapshot, const struct plan_hop *hop)
{
	const struct plan_look look = { hop->account, hop->class, hop->media,
					hop->now };
	enum plan_exclusion excluded =
	    plan_look_at_gateway(hop->gateway, &look);

	if (excluded == PLAN_NOT_EXCLUDED)
		excluded = check_offer(hop);
	if (excluded != PLAN_NOT_EXCLUDED || hop->is_unpriced)
		return excluded;
	return check_price(snapshot, hop);
}
