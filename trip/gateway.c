/* gateway.c - routes of TGREP gateways towards the rest of TRIP (RFC 5140) */
#include "trip/rib_private.h"

bool
trip_route_is_gateway(const struct trip_route *route)
{
	return route->source->peer != NULL && route->source->peer->set.is_tgrep;
}

/* Whether other may become part of best's consolidated route: a gateway's,
 * as much preferred, and reachable through the same server when we have none
 * of our own to put in front. */
static bool
is_part(const struct trip_rib *rib, const struct trip_route *best,
	const struct trip_route *other)
{
	struct str a = trip_attrs_find(best->attrs, TRIP_NEXT_HOP);
	struct str b = trip_attrs_find(other->attrs, TRIP_NEXT_HOP);

	return trip_route_is_gateway(other) && trip_route_is_candidate(other) &&
	       trip_attrs_u32(other->attrs, TRIP_LOCAL_PREFERENCE, 0) ==
		   trip_attrs_u32(best->attrs, TRIP_LOCAL_PREFERENCE, 0) &&
	       (rib->set.next_hop != NULL || str_eq(a, b));
}

/* Add the entries of list that w does not have yet. */
static void
unite(struct wbuf *w, struct str list, unsigned octets)
{
	struct rbuf r;
	struct str entry;

	rbuf_init(&r, list.p, list.len);
	while (trip_entry_next(&r, octets, &entry) == 0) {
		struct rbuf have;
		struct str one;
		bool is_there = false;

		rbuf_init(&have, w->start, w->len);
		while (!is_there && trip_entry_next(&have, octets, &one) == 0)
			is_there = str_eq(one, entry);
		if (is_there)
			continue;
		if (octets == 1)
			wbuf_u8(w, (uint8_t)entry.len);
		else
			wbuf_u16(w, (uint16_t)entry.len);
		wbuf_str(w, entry);
	}
}

/* The union of one list attribute. A gateway without it says nothing about it
 * and an empty one says "all": either makes the union say the same. */
static void
merge_list(const struct trip_rib *rib, const struct trip_dest *dest,
	   const struct trip_route *best, struct trip_draft *draft,
	   unsigned type)
{
	unsigned octets = type >= TRIP_TRUNK_GROUP ? 1 : 2;
	struct wbuf w = trip_draft_scratch(draft);
	const struct trip_route *route;

	for (route = dest->routes; route != NULL; route = route->next) {
		struct str list;

		if (!is_part(rib, best, route))
			continue;
		list = trip_attrs_find(route->attrs, type);
		if (list.p == NULL) {
			trip_draft_remove(draft, type);
			return;
		}
		if (list.len == 0) {
			trip_draft_set(draft, 0, type, str_of(""));
			return;
		}
		unite(&w, list, octets);
	}
	/* Does not fit: best's own list stays, which is true too. */
	(void)trip_draft_set_written(draft, type, &w);
}

/* Capacities add up (4.1.4); who does not tell has none to add. */
static void
merge_capacity(const struct trip_rib *rib, const struct trip_dest *dest,
	       const struct trip_route *best, struct trip_draft *draft)
{
	const struct trip_route *route;
	uint64_t sum = 0;
	bool is_known = false;

	for (route = dest->routes; route != NULL; route = route->next) {
		if (!is_part(rib, best, route) ||
		    !trip_attrs_have(route->attrs, TRIP_TOTAL_CAPACITY))
			continue;
		is_known = true;
		sum += trip_attrs_u32(route->attrs, TRIP_TOTAL_CAPACITY, 0);
	}
	if (is_known)
		(void)trip_draft_set_u32(
		    draft, TRIP_TOTAL_CAPACITY,
		    sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX);
}

static bool
has_other_server(const struct trip_rib *rib, const struct trip_dest *dest,
		 const struct trip_route *best)
{
	struct str ours = trip_attrs_find(best->attrs, TRIP_NEXT_HOP);
	const struct trip_route *route;

	for (route = dest->routes; route != NULL; route = route->next) {
		if (is_part(rib, best, route) &&
		    !str_eq(ours, trip_attrs_find(route->attrs, TRIP_NEXT_HOP)))
			return true;
	}
	return false;
}

static void
put_our_server(const struct trip_rib *rib, struct trip_draft *draft)
{
	struct wbuf w = trip_draft_scratch(draft);

	wbuf_u32(&w, rib->set.itad);
	wbuf_str16(&w, str_of(rib->set.next_hop));
	(void)trip_draft_set_written(draft, TRIP_NEXT_HOP, &w);
}

static bool
is_same_part(struct str a, struct str b)
{
	return (a.p == NULL) == (b.p == NULL) && str_eq(a, b);
}

void
trip_gateway_merge(const struct trip_rib *rib, const struct trip_dest *dest,
		   const struct trip_route *best, struct trip_draft *draft)
{
	/* 4.2.5, 4.3.5: never told to anybody. */
	trip_draft_remove(draft, TRIP_AVAILABLE_CIRCUITS);
	trip_draft_remove(draft, TRIP_CALL_SUCCESS);
	if (!rib->set.consolidate)
		return;
	for (unsigned type = TRIP_PREFIX_E164; type <= TRIP_CARRIER; type++) {
		const struct trip_route *route;
		bool differs = false;

		for (route = dest->routes; route != NULL; route = route->next)
			differs |=
			    is_part(rib, best, route) &&
			    !is_same_part(trip_attrs_find(best->attrs, type),
					  trip_attrs_find(route->attrs, type));
		if (differs)
			merge_list(rib, dest, best, draft, type);
	}
	merge_capacity(rib, dest, best, draft);
	if (has_other_server(rib, dest, best))
		put_our_server(rib, draft);
}
