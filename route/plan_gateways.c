/* plan_gateways.c - (e) of the decision: gateways inside a carrier, and (b)
 * of single gateways */
#include <string.h>

#include "route/plan_private.h"
#include "route/turn.h"
#include "tel/media.h"

/* A pause further off than any that is granted is of a clock since set back. */
static bool
is_pausing(const struct gateway_state *state, time_us now)
{
	int64_t until = atomic_load(&state->pause_until_us);

	return until > now && until <= now + GATEWAY_PAUSE_MAX_S * US_PER_S;
}

/* Of all calls, and of those to numbers of this class. */
static enum plan_exclusion
look_at_health(const struct health *all, const struct health *of_class)
{
	if (health_has_room(all) && health_has_room(of_class))
		return PLAN_NOT_EXCLUDED;
	if (atomic_load(&all->state) == HEALTH_DOWN)
		return PLAN_DOWN;
	return atomic_load(&of_class->state) == HEALTH_DOWN ? PLAN_CLASS_DOWN
							    : PLAN_ON_TRIAL;
}

/* What it cannot carry, however well it is. */
static enum plan_exclusion
look_at_constraints(const struct gateway *gateway,
		    const struct plan_look *look)
{
	bool is_tls = gateway->is_sips || gateway->transport == GATEWAY_TLS;

	if (gateway->is_out_of_reach)
		return PLAN_TRANSPORT;
	if (look->account != NULL && look->account->secure && !is_tls)
		return PLAN_INSECURE;
	return media_fits(gateway->media, look->media) ? PLAN_NOT_EXCLUDED
						       : PLAN_MEDIA;
}

enum plan_exclusion
plan_look_at_gateway(const struct gateway *gateway,
		     const struct plan_look *look)
{
	const struct gateway_state *state = gateway->state;
	enum plan_exclusion excluded;

	if (!gateway->enabled)
		return PLAN_GATEWAY_DISABLED;
	if (state->disabled)
		return PLAN_GATEWAY_OFF;
	if (gateway->enrolment.registers == REGISTERS_OR_DOWN &&
	    !state->is_registered)
		return PLAN_UNREGISTERED;
	excluded = look_at_health(&state->health, &state->by_class[look->class]);
	if (excluded != PLAN_NOT_EXCLUDED)
		return excluded;
	if (gateway->capacity >= 0 &&
	    (int64_t)state->pending + state->answered >= gateway->capacity)
		return PLAN_CAPACITY;
	if (is_pausing(state, look->now))
		return PLAN_PAUSE;
	if (!gateway_state_has_rate(state, gateway->cps, look->now))
		return PLAN_CPS;
	return look_at_constraints(gateway, look);
}

static size_t
max_hops_of(const struct plan_query *query)
{
	if (query->max_hops < 1 || query->max_hops > PLAN_MAX_HOPS)
		return PLAN_MAX_HOPS;
	return (size_t)query->max_hops;
}

/* Hops go to the front of the picks, the others to the back. */
static void
put(struct decision *d, const struct gateway *gateway,
    const struct choice *choice, enum plan_exclusion excluded,
    const struct learnt_pick *learnt)
{
	struct pick pick = { gateway, choice, excluded, learnt };

	if (excluded == PLAN_NOT_EXCLUDED &&
	    d->n_hops == max_hops_of(d->query))
		pick.excluded = PLAN_MAX_HOPS_REACHED;
	if (pick.excluded == PLAN_NOT_EXCLUDED)
		d->picks[d->n_hops++] = pick;
	else
		d->picks[d->n_picks - ++d->n_excluded] = pick;
}

/* The place that this plan draws from. A carrier has one sequence for the
 * plans that begin with it, so that its shares there are exact, and another. */
static uint64_t
draw_turn(const struct decision *d, const struct carrier *carrier)
{
	_Atomic uint64_t *turn = d->n_hops == 0 ? &carrier->state->turn
						: &carrier->state->later_turn;
	bool is_taken =
	    d->query->takes_turn && d->n_hops < max_hops_of(d->query);

	return turn_place(is_taken ? atomic_fetch_add(turn, 1)
				   : atomic_load(turn));
}

/* Gateways of one priority that can take the call. */
struct group {
	uint32_t *places, *weights; /* index of each, and its weight */
	uint32_t n;
};

/* Sorts out the first n gateways from first on: those that cannot take the
 * call are put down at once. */
static void
sift(struct decision *d, const struct choice *choice, uint32_t first,
     uint32_t n, struct group *out)
{
	const struct plan_look look = { d->query->account, d->class,
					d->query->media, d->now };

	*out = (struct group){ d->places, d->weights, 0 };
	for (uint32_t i = first; i < first + n; i++) {
		const struct gateway *gateway =
		    snapshot_gateway(d->snapshot, i);
		enum plan_exclusion excluded = choice->excluded;

		if (excluded == PLAN_NOT_EXCLUDED)
			excluded = plan_look_at_gateway(gateway, &look);
		if (excluded != PLAN_NOT_EXCLUDED) {
			put(d, gateway, choice, excluded, NULL);
			continue;
		}
		out->places[out->n] = i;
		out->weights[out->n++] =
		    gateway->weight > 0 ? (uint32_t)gateway->weight : 0;
	}
}

/* Those of weight 0 come last: as long as one has a weight, the first has. */
static bool
has_weight(const struct group *group)
{
	return group->n > 0 && group->weights[0] > 0;
}

/* Gateways of one priority, in the order of weights and names: by draws, and
 * those of weight 0 behind them. */
static void
pick_group(struct decision *d, const struct choice *choice, uint32_t first,
	   uint32_t n)
{
	struct group group;
	uint64_t place = 0;

	sift(d, choice, first, n, &group);
	if (group.n > 1 && has_weight(&group))
		place = draw_turn(d, choice->carrier);
	while (group.n > 0) {
		size_t at = 0;

		if (has_weight(&group))
			at = turn_draw(group.weights, group.n, &place);
		put(d, snapshot_gateway(d->snapshot, group.places[at]), choice,
		    PLAN_NOT_EXCLUDED, NULL);
		group.n--;
		memmove(group.places + at, group.places + at + 1,
			(group.n - at) * sizeof(*group.places));
		memmove(group.weights + at, group.weights + at + 1,
			(group.n - at) * sizeof(*group.weights));
	}
}

/* Learnt gateways up to a priority, in the order of their peers' wishes: there
 * are no turns among those. Returns the first that is left. */
static const struct learnt_pick *
pick_learnt(struct decision *d, const struct choice *choice,
	    const struct learnt_pick *pick, int32_t priority)
{
	const struct plan_look look = { d->query->account, d->class,
					d->query->media, d->now };

	for (; pick != NULL && pick->offer->source->priority <= priority;
	     pick = pick->next) {
		const struct gateway *gateway = pick->offer->gateway;
		enum plan_exclusion excluded = choice->excluded;

		if (excluded == PLAN_NOT_EXCLUDED)
			excluded = plan_look_at_gateway(gateway, &look);
		if (excluded == PLAN_NOT_EXCLUDED)
			excluded =
			    plan_look_at_offer(pick->offer, choice->carrier);
		put(d, gateway, choice, excluded, pick);
	}
	return pick;
}

static void
pick_carrier(struct decision *d, const struct choice *choice)
{
	const struct learnt_pick *learnt = choice->learnt;
	uint32_t first = choice->carrier->first_gateway;
	uint32_t end =
	    choice->is_unpriced ? first : first + choice->carrier->n_gateways;

	while (first < end) {
		int32_t priority =
		    snapshot_gateway(d->snapshot, first)->priority;
		uint32_t n = 1;

		while (first + n < end &&
		       snapshot_gateway(d->snapshot, first + n)->priority ==
			   priority)
			n++;
		learnt = pick_learnt(d, choice, learnt, priority);
		pick_group(d, choice, first, n);
		first += n;
	}
	(void)pick_learnt(d, choice, learnt, INT32_MAX);
}

void
plan_pick(struct decision *d)
{
	const struct choice *choice;
	bool only_hops = d->query->only_hops;

	while (!(only_hops && d->n_hops == max_hops_of(d->query)) &&
	       (choice = plan_order_take(d)) != NULL)
		pick_carrier(d, choice);
	if (only_hops && d->n_hops > 0)
		return;
	for (size_t i = 0; i < d->n_choices; i++) {
		if (d->choices[i].excluded != PLAN_NOT_EXCLUDED)
			pick_carrier(d, &d->choices[i]);
	}
}
