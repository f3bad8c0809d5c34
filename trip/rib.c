/* rib.c - the tables of one LS, its peers, and questions about them */
#include "trip/rib.h"

#include "base/alloc.h"
#include "base/err.h"
#include "trip/rib_private.h"

int64_t
trip_rib_now(const struct trip_rib *rib)
{
	return clock_mono_ms(rib->clock);
}

static void
init_source(struct trip_source *source, enum trip_source_kind kind,
	    uint32_t id)
{
	source->kind = kind;
	source->id = id;
	trip_link_init(&source->routes);
	trip_link_init(&source->of_rib);
}

int
trip_rib_new(const struct trip_rib_settings *settings,
	     const struct clock *clock, const struct trip_rib_events *events,
	     struct trip_rib **out)
{
	struct trip_rib *rib = mem_zalloc(1, sizeof(*rib));
	int err;

	if (rib == NULL)
		return ERR_NOMEM;
	err = trip_attrs_table_init(&rib->table);
	if (err != 0) {
		mem_free(rib);
		return err;
	}
	rib->set = *settings;
	rib->clock = clock;
	rib->events = *events;
	trip_link_init(&rib->peers);
	trip_link_init(&rib->sources);
	trip_link_init(&rib->flood);
	for (int i = 0; i < TRIP_N_HOLDS; i++)
		trip_link_init(&rib->hold[i]);
	trip_link_init(&rib->purge_own);
	trip_link_init(&rib->purge_others);
	init_source(&rib->local, TRIP_FROM_HERE, settings->id);
	init_source(&rib->self, TRIP_FROM_LS, settings->id);
	rib->self.has_topology = true;
	rib->check_ms = INT64_MAX;
	*out = rib;
	return 0;
}

static bool
collect(void *arg, struct trip_dest *dest)
{
	*(struct trip_dest **)arg = dest;
	return false;
}

/* Tombstones of our own are what may be left of a destination. */
static void
free_dests(struct trip_rib *rib)
{
	struct trip_dest *dest = NULL;

	while (!trip_tree_walk(&rib->tree, NULL, collect, &dest)) {
		if (dest->self != NULL)
			trip_flood_free_own(rib, dest);
		trip_attrs_unref(dest->loc_attrs);
		trip_tree_remove(&rib->tree, dest);
	}
}

void
trip_rib_free(struct trip_rib *rib)
{
	if (rib == NULL)
		return;
	memset(&rib->events, 0, sizeof(rib->events));
	trip_source_clear(rib, &rib->local);
	while (!trip_link_is_alone(&rib->peers))
		trip_rib_peer_remove(TRIP_ENTRY(
		    rib->peers.next, struct trip_rib_peer, of_rib));
	while (!trip_link_is_alone(&rib->sources))
		trip_source_free(rib, TRIP_ENTRY(rib->sources.next,
						 struct trip_source, of_rib));
	free_dests(rib);
	mem_free(rib->self.neighbours);
	trip_attrs_table_fini(&rib->table);
	mem_free(rib);
}

/* --- peers --- */

static bool
decide_again(void *arg, struct trip_dest *dest)
{
	trip_rib_decide(arg, dest, NULL);
	return true;
}

static bool
is_same_server(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void
trip_rib_change(struct trip_rib *rib, const struct trip_rib_settings *settings)
{
	const struct trip_rib_settings *was = &rib->set;
	bool decides = settings->compare_med != was->compare_med ||
		       settings->lower_med_wins != was->lower_med_wins ||
		       settings->consolidate != was->consolidate ||
		       !is_same_server(settings->next_hop, was->next_hop);

	rib->set = *settings;
	if (decides)
		(void)trip_tree_walk(&rib->tree, NULL, decide_again, rib);
}

/* A gateway of our ITAD is no LS: nothing is flooded (RFC 5140 3). */
static bool
is_internal(const struct trip_rib_peer *peer)
{
	const struct trip_rib *rib = peer->rib;

	return peer->set.itad == rib->set.itad && !peer->set.is_tgrep &&
	       !rib->set.is_gateway;
}

/* What is there already, too. */
static void
flood_from_now_on(const struct trip_rib_peer *peer)
{
	struct trip_rib *rib = peer->rib;

	if (!is_internal(peer) || rib->has_internal)
		return;
	rib->has_internal = true;
	(void)trip_tree_walk(&rib->tree, NULL, decide_again, rib);
}

int
trip_rib_peer_add(struct trip_rib *rib,
		  const struct trip_rib_peer_settings *settings,
		  struct trip_rib_peer **out)
{
	struct trip_rib_peer *peer = mem_zalloc(1, sizeof(*peer));

	if (peer == NULL)
		return ERR_NOMEM;
	peer->rib = rib;
	peer->set = *settings;
	init_source(&peer->source, TRIP_FROM_PEER, 0);
	peer->source.peer = peer;
	peer->cursor = &rib->flood;
	trip_link_init(&peer->idle);
	trip_link_init(&peer->pending);
	for (int i = 0; i < TRIP_N_HOLDS; i++)
		trip_link_init(&peer->hold[i]);
	trip_link_append(&rib->peers, &peer->of_rib);
	*out = peer;
	flood_from_now_on(peer);
	return 0;
}

void
trip_rib_peer_change(struct trip_rib_peer *peer,
		     const struct trip_rib_peer_settings *settings)
{
	peer->set = *settings;
	flood_from_now_on(peer);
}

void
trip_rib_peer_remove(struct trip_rib_peer *peer)
{
	trip_rib_peer_down(peer);
	trip_link_remove(&peer->of_rib);
	mem_free(peer);
}

void *
trip_rib_peer_owner(const struct trip_rib_peer *peer)
{
	return peer->set.owner;
}

void
trip_rib_peer_counters(const struct trip_rib_peer *peer,
		       struct trip_peer_counters *out)
{
	out->n_routes = peer->source.n_routes;
	out->n_rejected = peer->source.n_rejected;
	out->n_advertised = peer->n_advertised;
	out->loops = peer->loops;
	out->ignored = peer->ignored;
}

int
trip_rib_peer_up(struct trip_rib_peer *peer, const struct trip_open *open,
		 enum trip_mode ours)
{
	struct trip_rib *rib = peer->rib;

	peer->is_internal = is_internal(peer);
	if (peer->is_internal && trip_source_get(rib, open->id) == NULL)
		return ERR_NOMEM;
	peer->is_up = true;
	peer->open = *open;
	peer->session = ++rib->n_sessions;
	peer->source.id = open->id;
	/* 4.2.1.1.2: nothing to a peer that only sends. */
	peer->may_send = ours != TRIP_RECEIVE_ONLY &&
			 open->mode != TRIP_SEND_ONLY && !peer->set.is_tgrep;
	if (peer->is_internal) {
		peer->cursor = rib->flood.next;
		peer->topology_sent = 0;
		trip_topology_own(rib);
	} else if (peer->may_send) {
		trip_out_peer_up(peer);
	}
	return 0;
}

void
trip_rib_peer_down(struct trip_rib_peer *peer)
{
	struct trip_rib *rib = peer->rib;

	if (!peer->is_up)
		return;
	peer->is_up = false;
	peer->cursor = &rib->flood;
	if (peer->is_internal) {
		trip_topology_own(rib);
	} else {
		trip_out_peer_down(peer);
		trip_source_clear(rib, &peer->source);
	}
}

bool
trip_rib_fill(struct trip_rib_peer *peer, struct wbuf *w)
{
	if (!peer->is_up || !peer->may_send)
		return false;
	return peer->is_internal ? trip_flood_fill(peer, w)
				 : trip_out_fill(peer, w);
}

/* --- time --- */

static void
earlier_flood(const struct trip_link *queue, int64_t *due_ms)
{
	const struct trip_flood_route *first =
	    TRIP_ENTRY(queue->next, struct trip_flood_route, timer);

	if (!trip_link_is_alone(queue) && first->due_ms < *due_ms)
		*due_ms = first->due_ms;
}

static void
earlier_out(const struct trip_link *queue, int64_t *due_ms)
{
	const struct trip_out *first =
	    TRIP_ENTRY(queue->next, struct trip_out, hold);

	if (!trip_link_is_alone(queue) && first->due_ms < *due_ms)
		*due_ms = first->due_ms;
}

int64_t
trip_rib_due_ms(const struct trip_rib *rib)
{
	int64_t due_ms = rib->check_ms;
	const struct trip_link *link;

	earlier_flood(&rib->purge_own, &due_ms);
	earlier_flood(&rib->purge_others, &due_ms);
	for (int i = 0; i < TRIP_N_HOLDS; i++)
		earlier_flood(&rib->hold[i], &due_ms);
	for (link = rib->peers.next; link != &rib->peers; link = link->next) {
		const struct trip_rib_peer *peer =
		    TRIP_ENTRY(link, struct trip_rib_peer, of_rib);

		for (int i = 0; i < TRIP_N_HOLDS; i++)
			earlier_out(&peer->hold[i], &due_ms);
	}
	return due_ms;
}

void
trip_rib_run(struct trip_rib *rib)
{
	struct trip_link *link;

	trip_topology_run(rib);
	trip_flood_run(rib);
	for (link = rib->peers.next; link != &rib->peers; link = link->next)
		trip_out_run(TRIP_ENTRY(link, struct trip_rib_peer, of_rib));
}

/* --- local routes --- */

int
trip_rib_set(struct trip_rib *rib, const struct trip_prefix *prefix,
	     struct trip_draft *draft)
{
	struct trip_attrs *attrs;
	struct trip_dest *dest;
	struct trip_route *route;
	int err;

	if (trip_draft_get(draft, TRIP_NEXT_HOP).p == NULL ||
	    !trip_address_is_valid(prefix->family, prefix->address))
		return ERR_INVAL;
	/* 5.4.2, 5.5.2: empty inside the ITAD; our number is put in front when
	 * a route leaves it. 5.6.2, 5.11.2: never originated with those. */
	if (!trip_draft_set(draft, 0, TRIP_ADVERTISEMENT_PATH, str_of("")) ||
	    !trip_draft_set(draft, 0, TRIP_ROUTED_PATH, str_of("")))
		return ERR_SPACE;
	trip_draft_remove(draft, TRIP_ATOMIC_AGGREGATE);
	trip_draft_remove(draft, TRIP_CONVERTED_ROUTE);
	if (trip_draft_get(draft, TRIP_LOCAL_PREFERENCE).p == NULL &&
	    !trip_draft_set_u32(draft, TRIP_LOCAL_PREFERENCE,
				rib->set.default_preference))
		return ERR_SPACE;
	err = trip_attrs_get(&rib->table, draft, &attrs);
	if (err != 0)
		return err;
	err = trip_tree_get(&rib->tree, prefix, &dest);
	if (err != 0) {
		trip_attrs_unref(attrs);
		return err;
	}
	route = trip_route_put(rib, &rib->local, dest, attrs, 0);
	trip_rib_decide(rib, dest, route);
	return route != NULL ? 0 : ERR_NOMEM;
}

int
trip_rib_unset(struct trip_rib *rib, const struct trip_prefix *prefix)
{
	struct trip_dest *dest = trip_tree_find(&rib->tree, prefix);
	struct trip_route *route =
	    dest != NULL ? trip_dest_route(dest, &rib->local) : NULL;

	if (route == NULL)
		return ERR_NOTFOUND;
	trip_route_drop(rib, route);
	return 0;
}

void
trip_rib_unset_all(struct trip_rib *rib)
{
	trip_source_clear(rib, &rib->local);
}

/* --- questions --- */

void
trip_rib_counters(const struct trip_rib *rib, struct trip_rib_counters *out)
{
	out->n_destinations = rib->tree.n;
	out->n_selected = rib->n_selected;
	out->n_attribute_sets = rib->table.map.n;
	out->n_originators = rib->n_sources;
	out->decisions = rib->decisions;
	out->starved = rib->starved;
}

void
trip_rib_view(const struct trip_rib *rib, const struct trip_route *route,
	      struct trip_view *out)
{
	const struct trip_source *source = route->source;
	bool is_ls = source->kind == TRIP_FROM_LS;

	memset(out, 0, sizeof(*out));
	out->prefix = trip_dest_prefix(route->dest);
	out->attrs = route->attrs;
	out->peer = source->peer;
	out->itad = trip_route_neighbour(rib, route);
	out->originator = is_ls ? source->id : rib->set.id;
	out->is_local = source->kind == TRIP_FROM_HERE;
	out->is_best = route->dest->best == route;
}

struct walk {
	const struct trip_rib *rib;
	trip_view_fn *fn;
	void *arg;
};

static bool
walk_one(void *arg, struct trip_dest *dest)
{
	const struct walk *walk = arg;
	struct trip_view view;

	if (dest->best == NULL)
		return true;
	trip_rib_view(walk->rib, dest->best, &view);
	return walk->fn(walk->arg, &view);
}

bool
trip_rib_walk(const struct trip_rib *rib, const struct trip_prefix *prefix,
	      trip_view_fn *fn, void *arg)
{
	struct walk walk = { rib, fn, arg };

	return trip_tree_walk(&rib->tree, prefix, walk_one, &walk);
}

void
trip_rib_candidates(const struct trip_rib *rib,
		    const struct trip_prefix *prefix, trip_view_fn *fn,
		    void *arg)
{
	struct trip_dest *dest = trip_tree_find(&rib->tree, prefix);
	struct trip_route *route = dest != NULL ? dest->routes : NULL;
	struct trip_view view;

	for (; route != NULL; route = route->next) {
		if (!trip_route_is_candidate(route))
			continue;
		trip_rib_view(rib, route, &view);
		if (!fn(arg, &view))
			return;
	}
}

static bool
is_selected(void *arg, struct trip_dest *dest)
{
	(void)arg;
	return dest->best != NULL;
}

int
trip_rib_lookup(const struct trip_rib *rib, const struct trip_prefix *prefix,
		struct trip_view *out)
{
	struct trip_dest *dest =
	    trip_tree_longest(&rib->tree, prefix, is_selected, NULL);

	if (dest == NULL)
		return ERR_NOTFOUND;
	trip_rib_view(rib, dest->best, out);
	return 0;
}

const struct trip_attrs *
trip_rib_selected(const struct trip_rib *rib, const struct trip_prefix *prefix)
{
	struct trip_dest *dest = trip_tree_find(&rib->tree, prefix);

	return dest != NULL ? dest->loc_attrs : NULL;
}
