/* plan_learnt.c - offers of peers, beside the gateways of the tables */
#include "base/err.h"
#include "route/plan_private.h"

/* Whether the carrier has offers with a longer prefix: those hide it. */
static bool
is_hidden(const struct decision *d, const struct carrier *carrier,
	  prefix_word prefix)
{
	for (size_t i = 0; i < d->n_learnt; i++) {
		if (d->learnt[i].carrier == carrier &&
		    d->learnt[i].prefix != prefix)
			return true;
	}
	return false;
}

/* An offer of a carrier that is in no table is none. */
static void
collect_set(struct decision *d, const struct learnt_match *match)
{
	for (size_t i = 0; i < learnt_set_n(match->set); i++) {
		const struct learnt_offer *offer =
		    learnt_set_at(match->set, i);
		const struct carrier *carrier = snapshot_carrier_by_name(
		    d->snapshot, str_of(offer->source->carrier));

		if (d->n_learnt == PLAN_LEARNT_MAX)
			return;
		if (carrier != NULL && !is_hidden(d, carrier, match->prefix))
			d->learnt[d->n_learnt++] = (struct learnt_pick){
				.offer = offer,
				.carrier = carrier,
				.prefix = match->prefix,
			};
	}
}

int
plan_learnt_collect(struct decision *d, struct arena *arena)
{
	struct learnt_match matches[PREFIX_MAX + 1];
	const struct number *number = &d->query->number;
	size_t n;

	if (d->query->learnt == NULL)
		return 0;
	if (d->query->porting.routing.len > 0)
		number = &d->query->porting.routing;
	n = learnt_find(d->query->learnt, number, matches);
	if (n == 0)
		return 0;
	d->learnt = arena_alloc(arena, PLAN_LEARNT_MAX * sizeof(*d->learnt));
	if (d->learnt == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		collect_set(d, &matches[i]);
	return 0;
}

static bool
has_no_price(const struct choice *choice)
{
	return choice->excluded == PLAN_CARRIER_NO_TARIFF ||
	       choice->excluded == PLAN_NO_PREFIX;
}

/* The carrier's choice without a price, made when there is none. */
static struct choice *
unpriced(struct decision *d, const struct choice *priced)
{
	struct choice *made = &d->choices[d->n_choices];

	for (size_t i = snapshot_n_carriers(d->snapshot); i < d->n_choices;
	     i++) {
		if (d->choices[i].carrier == priced->carrier)
			return &d->choices[i];
	}
	*made = (struct choice){ .carrier = priced->carrier,
				 .index = priced->index,
				 .is_unpriced = true };
	d->n_choices++;
	return made;
}

/* By priority; of one priority in the order they come in. */
static void
add_offer(struct choice *choice, struct learnt_pick *pick)
{
	struct learnt_pick **link = &choice->learnt;

	while (*link != NULL && (*link)->offer->source->priority <=
				    pick->offer->source->priority)
		link = &(*link)->next;
	pick->next = *link;
	*link = pick;
}

void
plan_learnt_attach(struct decision *d)
{
	const struct carrier *first =
	    d->n_learnt > 0 ? snapshot_carrier(d->snapshot, 0) : NULL;

	for (size_t i = 0; i < d->n_learnt; i++) {
		struct learnt_pick *pick = &d->learnt[i];
		struct choice *choice = &d->choices[pick->carrier - first];

		if (pick->offer->source->sells_unpriced && has_no_price(choice))
			choice = unpriced(d, choice);
		add_offer(choice, pick);
	}
}

enum plan_exclusion
plan_look_at_offer(const struct learnt_offer *offer,
		   const struct carrier *carrier)
{
	const struct gateway_state *state = offer->gateway->state;

	if (offer->circuits >= 0 &&
	    (int64_t)state->pending + state->answered >= offer->circuits)
		return PLAN_CIRCUITS;
	if (offer->success_percent >= 0 &&
	    offer->success_percent < carrier->min_asr_percent)
		return PLAN_QUALITY;
	return PLAN_NOT_EXCLUDED;
}
