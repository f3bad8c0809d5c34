/* rib_flood.c - routes between the LSs of one ITAD (RFC 3219 10.1.2, 10.1.3)
 *
 * All routes that are flooded are in one list, in the order of their last
 * change; each internal peer has a cursor in it. A new peer starts at the head
 * and so gets everything; a slow one falls behind and costs nothing. */
#include "base/alloc.h"
#include "base/err.h"
#include "trip/rib_private.h"

static struct trip_flood_route *
of_flood(struct trip_link *link)
{
	return TRIP_ENTRY(link, struct trip_flood_route, flood);
}

static struct trip_flood_route *
of_timer(struct trip_link *link)
{
	return TRIP_ENTRY(link, struct trip_flood_route, timer);
}

/* --- the list --- */

static void
unlist(struct trip_rib *rib, struct trip_flood_route *route)
{
	struct trip_link *link;

	if (trip_link_is_alone(&route->flood))
		return;
	for (link = rib->peers.next; link != &rib->peers; link = link->next) {
		struct trip_rib_peer *peer =
		    TRIP_ENTRY(link, struct trip_rib_peer, of_rib);

		if (peer->cursor == &route->flood)
			peer->cursor = route->flood.next;
	}
	trip_link_remove(&route->flood);
}

void
trip_flood_touch(struct trip_rib *rib, struct trip_flood_route *route)
{
	struct trip_link *link;

	unlist(rib, route);
	trip_link_append(&rib->flood, &route->flood);
	for (link = rib->peers.next; link != &rib->peers; link = link->next) {
		struct trip_rib_peer *peer =
		    TRIP_ENTRY(link, struct trip_rib_peer, of_rib);

		if (peer->cursor == &rib->flood && peer->is_up &&
		    peer->is_internal)
			peer->cursor = &route->flood;
	}
}

void
trip_flood_remove(struct trip_rib *rib, struct trip_flood_route *route)
{
	unlist(rib, route);
	trip_link_remove(&route->timer);
}

void
trip_flood_queue(struct trip_rib *rib, struct trip_flood_route *route,
		 struct trip_link *head, int64_t after_ms)
{
	trip_link_remove(&route->timer);
	route->due_ms = trip_rib_now(rib) + after_ms;
	trip_link_append(head, &route->timer);
}

/* --- what others originate --- */

/* 10.1.3: a new version of a route; takes over attrs. */
static int
take_new(struct trip_rib_peer *peer, const struct trip_list *list,
	 struct trip_dest *dest, struct trip_attrs *attrs, unsigned flags)
{
	struct trip_rib *rib = peer->rib;
	struct trip_source *source = trip_source_get(rib, list->originator);
	struct trip_flood_route *flood;
	struct trip_route *route;

	if (source == NULL) {
		trip_attrs_unref(attrs);
		return ERR_NOMEM;
	}
	route = trip_route_put(rib, source, dest, attrs, flags);
	if (route == NULL)
		return ERR_NOMEM;
	flood = (struct trip_flood_route *)route;
	flood->seq = list->seq;
	flood->from_session = peer->session;
	trip_link_remove(&flood->timer);
	if (flags & TRIP_ROUTE_WITHDRAWN)
		trip_flood_queue(rib, flood, &rib->purge_others,
				 rib->set.max_purge_ms);
	trip_flood_touch(rib, flood);
	trip_rib_decide(rib, dest, NULL);
	return 0;
}

/* 10.1.2 */
static bool
is_new(struct trip_rib *rib, const struct trip_list *list,
       const struct trip_dest *dest)
{
	const struct trip_source *source =
	    trip_source_find(rib, list->originator);
	const struct trip_route *route =
	    source != NULL ? trip_dest_route(dest, source) : NULL;

	return route == NULL ||
	       list->seq > ((const struct trip_flood_route *)route)->seq;
}

static int
take_one(struct trip_rib_peer *peer, const struct trip_list *list,
	 const struct trip_prefix *prefix, struct trip_attrs *attrs,
	 unsigned flags)
{
	struct trip_rib *rib = peer->rib;
	struct trip_dest *dest;
	int err = trip_tree_get(&rib->tree, prefix, &dest);

	if (err != 0) {
		peer->ignored += err == ERR_LIMIT;
		return err == ERR_LIMIT ? 0 : err;
	}
	if (list->originator == rib->set.id)
		trip_flood_take_own(rib, dest, list->seq);
	else if (is_new(rib, list, dest))
		return take_new(peer, list, dest, trip_attrs_ref(attrs), flags);
	trip_dest_tidy(rib, dest);
	return 0;
}

static int
take_list(struct trip_rib_peer *peer, const struct trip_list *list,
	  struct trip_attrs *attrs, unsigned flags)
{
	struct trip_prefix prefix;
	struct rbuf r;
	int err = 0;

	rbuf_init(&r, list->value.p, list->value.len);
	while (err == 0 && trip_prefix_next(&r, &prefix) == 0)
		err = take_one(peer, list, &prefix, attrs, flags);
	return err;
}

/* The attributes as they came: those that we do not know by their flags. */
static int
get_attrs(struct trip_rib *rib, const struct trip_update *update,
	  struct trip_attrs **out)
{
	trip_draft_init(&rib->draft);
	for (size_t i = 0; i < update->n_attrs; i++) {
		const struct trip_attr *attr = &update->attrs[i];
		uint8_t flags = attr->flags;

		if (trip_attr_name(attr->type) == NULL) {
			if (!(flags & TRIP_FLAG_TRANSITIVE))
				continue;
			flags |= TRIP_FLAG_PARTIAL;
		}
		(void)trip_draft_set(&rib->draft, flags, attr->type,
				     attr->value);
	}
	return trip_attrs_get(&rib->table, &rib->draft, out);
}

int
trip_flood_receive(struct trip_rib_peer *peer, const struct trip_update *update)
{
	struct trip_rib *rib = peer->rib;
	struct trip_attrs *attrs;
	unsigned loop = 0;
	int err;

	if (!update->withdrawn.is_there && !update->reachable.is_there)
		return 0;
	err = get_attrs(rib, update, &attrs);
	if (err != 0)
		return err;
	if (trip_path_has(trip_attrs_find(attrs, TRIP_ADVERTISEMENT_PATH),
			  rib->set.itad)) {
		loop = TRIP_ROUTE_LOOP;
		peer->loops++;
	}
	if (update->withdrawn.is_there)
		err = take_list(peer, &update->withdrawn, attrs,
				TRIP_ROUTE_WITHDRAWN);
	if (err == 0 && update->reachable.is_there)
		err = take_list(peer, &update->reachable, attrs, loop);
	trip_attrs_unref(attrs);
	return err;
}

/* --- sending --- */

static bool
is_withdrawn(const struct trip_flood_route *route)
{
	return (route->route.flags & TRIP_ROUTE_WITHDRAWN) != 0;
}

/* Not back to where it came from, not what is not ours to tell any more. */
static bool
is_for(const struct trip_rib_peer *peer, const struct trip_flood_route *route)
{
	return route->from_session != peer->session;
}

/* With withdrawals go NextHopServer and AdvertisementPath, as far as known
 * (trap 6). */
static struct str
others_of(const struct trip_flood_route *route, struct wbuf *w)
{
	const struct trip_attrs *attrs = route->route.attrs;

	if (attrs == NULL)
		return str_of("");
	if (!is_withdrawn(route))
		return str_make((const char *)attrs->bytes, attrs->len);
	for (unsigned type = TRIP_NEXT_HOP; type <= TRIP_ADVERTISEMENT_PATH;
	     type++) {
		if (trip_attrs_have(attrs, type))
			trip_attr_encode(w, 0, type,
					 trip_attrs_find(attrs, type));
	}
	return str_make((const char *)w->start, w->len);
}

static bool
goes_with(const struct trip_flood_route *a, const struct trip_flood_route *b)
{
	return a->seq == b->seq && a->route.attrs == b->route.attrs &&
	       a->route.source == b->route.source &&
	       is_withdrawn(a) == is_withdrawn(b);
}

/* One message: the route at the cursor and those behind it that go with it. */
static void
fill_routes(struct trip_rib_peer *peer, struct wbuf *w)
{
	struct trip_link *head = &peer->rib->flood;
	struct trip_flood_route *first = of_flood(peer->cursor), *route;
	uint8_t scratch[TRIP_MESSAGE_MAX];
	struct trip_writer writer;
	struct wbuf others;
	bool has_any = false;

	wbuf_init(&others, scratch, sizeof(scratch));
	if (trip_writer_init(
		&writer, is_withdrawn(first) ? TRIP_WITHDRAWN : TRIP_REACHABLE,
		others_of(first, &others)) != 0 ||
	    trip_writer_link_state(&writer, first->route.source->id,
				   first->seq) != 0) {
		peer->cursor = peer->cursor->next;
		return;
	}
	while (peer->cursor != head) {
		struct trip_prefix prefix;

		route = of_flood(peer->cursor);
		prefix = trip_dest_prefix(route->route.dest);
		if (is_for(peer, route)) {
			if (!goes_with(first, route) ||
			    (!trip_writer_add(&writer, &prefix) && has_any))
				break;
			has_any = true;
		}
		peer->cursor = peer->cursor->next;
	}
	trip_writer_finish(&writer, w);
}

bool
trip_flood_fill(struct trip_rib_peer *peer, struct wbuf *w)
{
	struct trip_link *head = &peer->rib->flood;

	while (w->cap - w->len >= TRIP_MESSAGE_MAX) {
		/* First who is there, then what they have (5.10.2). */
		if (trip_topology_fill(peer, w))
			continue;
		while (peer->cursor != head &&
		       !is_for(peer, of_flood(peer->cursor)))
			peer->cursor = peer->cursor->next;
		if (peer->cursor == head)
			return false;
		fill_routes(peer, w);
	}
	return true;
}

/* --- time --- */

static void
forget(struct trip_rib *rib, struct trip_flood_route *route)
{
	struct trip_dest *dest = route->route.dest;

	if (route->route.source != &rib->self) {
		trip_route_drop(rib, &route->route);
		return;
	}
	if (route->seq > rib->seq_floor)
		rib->seq_floor = route->seq;
	trip_flood_free_own(rib, dest);
	trip_dest_tidy(rib, dest);
}

static void
end_hold(struct trip_rib *rib, struct trip_flood_route *self)
{
	unsigned flags = self->route.flags;

	trip_link_remove(&self->timer);
	self->route.flags &= ~(unsigned)(TRIP_ROUTE_HELD | TRIP_ROUTE_DIRTY);
	if (flags & TRIP_ROUTE_DIRTY)
		trip_rib_decide(rib, self->route.dest, NULL);
	else if (flags & TRIP_ROUTE_WITHDRAWN)
		trip_flood_queue(rib, self, &rib->purge_own,
				 rib->set.max_purge_ms);
}

static struct trip_flood_route *
due(const struct trip_rib *rib, struct trip_link *queue_head)
{
	struct trip_flood_route *first;

	if (trip_link_is_alone(queue_head))
		return NULL;
	first = of_timer(queue_head->next);
	return first->due_ms <= trip_rib_now(rib) ? first : NULL;
}

/* So many of each kind in one turn of the loop; the rest is due in the next. */
#define RUN_MAX 5000

void
trip_flood_run(struct trip_rib *rib)
{
	struct trip_flood_route *route;
	int n;

	for (n = 0; n < RUN_MAX && (route = due(rib, &rib->purge_own)); n++)
		forget(rib, route);
	for (n = 0; n < RUN_MAX && (route = due(rib, &rib->purge_others)); n++)
		forget(rib, route);
	for (int i = 0; i < TRIP_N_HOLDS; i++) {
		for (n = 0; n < RUN_MAX && (route = due(rib, &rib->hold[i]));
		     n++)
			end_hold(rib, route);
	}
}
