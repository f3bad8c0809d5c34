/* rib_decide.c - phases 1 and 2 of the decision process (RFC 3219 10.2) */
#include "base/alloc.h"
#include "trip/rib_private.h"

bool
trip_route_is_candidate(const struct trip_route *route)
{
	return (route->flags & (TRIP_ROUTE_LOOP | TRIP_ROUTE_REJECTED |
				TRIP_ROUTE_WITHDRAWN)) == 0;
}

uint32_t
trip_route_neighbour(const struct trip_rib *rib,
		     const struct trip_route *route)
{
	uint32_t first = trip_path_first(
	    trip_attrs_find(route->attrs, TRIP_ADVERTISEMENT_PATH));

	if (first != 0)
		return first;
	return route->source->peer != NULL ? route->source->peer->set.itad
					   : rib->set.itad;
}

/* Phase 1 (10.2.1) was done when the route came in: the preference is one of
 * its attributes, by import policy or by the LS that brought it in. */
static uint32_t
preference(const struct trip_route *route)
{
	return trip_attrs_u32(route->attrs, TRIP_LOCAL_PREFERENCE, 0);
}

static bool
is_from_ls(const struct trip_route *route)
{
	return route->source->kind == TRIP_FROM_LS;
}

/* The candidates of one sub-phase: those from outside and from here (2a), or
 * the winner of those and the other LSs' (2b). */
struct contest {
	const struct trip_rib *rib;
	const struct trip_dest *dest;
	struct trip_route *ext_best; /* 2b; NULL in 2a */
	bool is_2b;
};

static bool
takes_part(const struct contest *contest, const struct trip_route *route)
{
	if (!trip_route_is_candidate(route))
		return false;
	if (contest->is_2b)
		return is_from_ls(route) || route == contest->ext_best;
	return !is_from_ls(route);
}

/* What the other LSs see of it: of a local route nothing (5.8.2). */
static uint32_t
med_of(const struct trip_route *route)
{
	if (route->source->kind == TRIP_FROM_HERE)
		return 0;
	return trip_attrs_u32(route->attrs, TRIP_MULTI_EXIT_DISC, 0);
}

/* (a): beaten by a route of the same neighbour with a better MultiExitDisc.
 * Asked of all before anything else is compared, so that the result does not
 * depend on the order of routes. */
static bool
loses_by_med(const struct contest *contest, const struct trip_route *route)
{
	const struct trip_rib *rib = contest->rib;
	uint32_t med = med_of(route);
	const struct trip_route *other;

	for (other = contest->dest->routes; other != NULL;
	     other = other->next) {
		uint32_t theirs;

		if (!takes_part(contest, other) ||
		    preference(other) != preference(route) ||
		    trip_route_neighbour(rib, other) !=
			trip_route_neighbour(rib, route))
			continue;
		theirs = med_of(other);
		if (rib->set.lower_med_wins ? theirs < med : theirs > med)
			return true;
	}
	return false;
}

/* The LS inside the ITAD that vouches for the route: for Ext-TRIB routes it
 * is this one, so that all LSs compare the same numbers. */
static uint32_t
originator(const struct trip_rib *rib, const struct trip_route *route)
{
	return is_from_ls(route) ? route->source->id : rib->set.id;
}

/* Ties are broken in the order of 10.2.2.1; numbers as in doc/trip.md. */
static bool
is_better(const struct contest *contest, const struct trip_route *a,
	  const struct trip_route *b)
{
	const struct trip_rib *rib = contest->rib;
	uint32_t x, y;

	/* 1. the degree of preference */
	x = preference(a);
	y = preference(b);
	if (x != y)
		return x > y;
	/* 2. (a) MultiExitDisc, where configured */
	if (rib->set.compare_med) {
		bool a_loses = loses_by_med(contest, a);

		if (a_loses != loses_by_med(contest, b))
			return !a_loses;
	}
	/* 3. (b) internal: the lowest TRIP Identifier of an originator */
	x = originator(rib, a);
	y = originator(rib, b);
	if (x != y)
		return x < y;
	/* 4. what this ITAD has itself, before (c) */
	if (a->source->kind != b->source->kind)
		return a->source->kind == TRIP_FROM_HERE;
	/* 5. (c) the lowest ITAD of a neighbour */
	x = trip_route_neighbour(rib, a);
	y = trip_route_neighbour(rib, b);
	if (x != y)
		return x < y;
	/* 6. 10.3.1.1: the lowest TRIP Identifier of an external LS */
	return a->source->id < b->source->id;
}

static struct trip_route *
select_best(const struct contest *contest)
{
	struct trip_route *best = NULL, *route;

	for (route = contest->dest->routes; route != NULL;
	     route = route->next) {
		if (takes_part(contest, route) &&
		    (best == NULL || is_better(contest, route, best)))
			best = route;
	}
	return best;
}

/* 5.8.2: what is set here is for neighbours; inside it is never originated. */
static bool
has_own_med(const struct trip_route *route)
{
	return route->source->kind == TRIP_FROM_HERE &&
	       trip_attrs_have(route->attrs, TRIP_MULTI_EXIT_DISC);
}

/* A route as the other LSs of the ITAD get it: without what only the LS of a
 * gateway may know, merged with what other gateways offer. */
static struct trip_attrs *
common_attrs(struct trip_rib *rib, const struct trip_dest *dest,
	     const struct trip_route *route)
{
	struct trip_attrs *attrs;

	if (!trip_route_is_gateway(route) && !has_own_med(route))
		return trip_attrs_ref(route->attrs);
	trip_draft_copy(&rib->draft, route->attrs);
	if (has_own_med(route))
		trip_draft_remove(&rib->draft, TRIP_MULTI_EXIT_DISC);
	else
		trip_gateway_merge(rib, dest, route, &rib->draft);
	if (trip_attrs_get(&rib->table, &rib->draft, &attrs) != 0) {
		rib->starved++;
		return NULL;
	}
	return attrs;
}

static void
tell_change(struct trip_rib *rib, struct trip_dest *dest,
	    enum trip_change_kind kind)
{
	struct trip_view view = { .prefix = trip_dest_prefix(dest) };

	if (rib->events.on_change == NULL)
		return;
	if (dest->best != NULL)
		trip_rib_view(rib, dest->best, &view);
	rib->events.on_change(rib->events.arg, kind, &view);
}

/* Put the outcome into the Loc-TRIB; takes over attrs. */
static void
install(struct trip_rib *rib, struct trip_dest *dest, struct trip_route *best,
	struct trip_attrs *attrs, const struct trip_route *touched)
{
	bool had = dest->best != NULL;
	bool is_same = dest->best == best && dest->loc_attrs == attrs;

	trip_attrs_unref(dest->loc_attrs);
	dest->loc_attrs = attrs;
	dest->best = best;
	if (is_same) {
		/* A gateway's figures, which nobody else gets to know; a
		 * MultiExitDisc, which only neighbours do. */
		bool concerns = best != NULL && touched != NULL &&
				(touched == best ||
				 trip_route_is_gateway(touched));

		if (concerns || (best != NULL && rib->set.tells_all))
			tell_change(rib, dest, TRIP_CHANGED);
		if (concerns && touched->source->kind == TRIP_FROM_HERE)
			trip_out_changed(rib, dest);
		return;
	}
	if (had != (best != NULL))
		rib->n_selected += best != NULL ? 1 : (size_t)-1;
	if (best == NULL)
		tell_change(rib, dest, TRIP_GONE);
	else
		tell_change(rib, dest, had ? TRIP_CHANGED : TRIP_ADDED);
	trip_out_changed(rib, dest);
}

static enum trip_hold
hold_of(const struct trip_route *route)
{
	return route != NULL && route->source->kind == TRIP_FROM_HERE
		   ? TRIP_HOLD_OWN
		   : TRIP_HOLD_FOREIGN;
}

void
trip_rib_decide(struct trip_rib *rib, struct trip_dest *dest,
		const struct trip_route *touched)
{
	struct contest contest = { rib, dest, NULL, false };
	struct trip_attrs *ext_attrs = NULL, *attrs = NULL;
	struct trip_route *ext_best, *best;

	rib->decisions++;
	/* Phase 2a: the Ext-TRIB, which is told to the other LSs. */
	ext_best = select_best(&contest);
	if (ext_best != NULL)
		ext_attrs = common_attrs(rib, dest, ext_best);
	if (ext_attrs == NULL)
		ext_best = NULL;
	trip_flood_own(rib, dest, ext_attrs, hold_of(ext_best));
	/* Phase 2b: the Loc-TRIB. */
	contest.ext_best = ext_best;
	contest.is_2b = true;
	best = select_best(&contest);
	if (best != NULL)
		attrs = best == ext_best ? trip_attrs_ref(ext_attrs)
					 : trip_attrs_ref(best->attrs);
	trip_attrs_unref(ext_attrs);
	install(rib, dest, best, attrs, touched);
	trip_dest_tidy(rib, dest);
}

void
trip_dest_tidy(struct trip_rib *rib, struct trip_dest *dest)
{
	if (dest->routes != NULL || dest->outs != NULL ||
	    dest->self != NULL)
		return;
	trip_tree_remove(&rib->tree, dest);
}
