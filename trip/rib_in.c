/* rib_in.c - UPDATE messages into Adj-TRIBs-In (RFC 3219 section 10) */
#include "base/alloc.h"
#include "base/err.h"
#include "trip/rib_private.h"

/* How many destinations are looked at for a rejected more specific route. When
 * that is not enough AtomicAggregate is set, which promises less. */
#define SHADOW_BUDGET 1000

/* --- routes of a source --- */

struct trip_route *
trip_dest_route(const struct trip_dest *dest, const struct trip_source *source)
{
	struct trip_route *route = dest->routes;

	while (route != NULL && route->source != source)
		route = route->next;
	return route;
}

static struct trip_route *
make_route(struct trip_source *source, struct trip_dest *dest)
{
	struct trip_flood_route *flood = NULL;
	struct trip_route *route;

	if (source->kind == TRIP_FROM_LS) {
		flood = mem_zalloc(1, sizeof(*flood));
		if (flood == NULL)
			return NULL;
		trip_link_init(&flood->flood);
		trip_link_init(&flood->timer);
		route = &flood->route;
	} else {
		route = mem_zalloc(1, sizeof(*route));
		if (route == NULL)
			return NULL;
	}
	route->source = source;
	route->dest = dest;
	route->next = dest->routes;
	dest->routes = route;
	trip_link_append(&source->routes, &route->of_source);
	source->n_routes++;
	return route;
}

static void
count_rejected(struct trip_source *source, unsigned flags, size_t add)
{
	if (flags & TRIP_ROUTE_REJECTED)
		source->n_rejected += add;
}

struct trip_route *
trip_route_put(struct trip_rib *rib, struct trip_source *source,
	       struct trip_dest *dest, struct trip_attrs *attrs, unsigned flags)
{
	struct trip_route *route = trip_dest_route(dest, source);

	if (route == NULL)
		route = make_route(source, dest);
	if (route == NULL) {
		rib->starved++;
		trip_attrs_unref(attrs);
		return NULL;
	}
	count_rejected(source, route->flags, (size_t)-1);
	count_rejected(source, flags, 1);
	trip_attrs_unref(route->attrs);
	route->attrs = attrs;
	route->flags = flags;
	return route;
}

void
trip_route_drop(struct trip_rib *rib, struct trip_route *route)
{
	struct trip_source *source = route->source;
	struct trip_dest *dest = route->dest;
	struct trip_route **link = &dest->routes;
	bool was_rejected = (route->flags & TRIP_ROUTE_REJECTED) != 0;
	bool was_gateway = trip_route_is_gateway(route);

	while (*link != route)
		link = &(*link)->next;
	*link = route->next;
	trip_link_remove(&route->of_source);
	source->n_routes--;
	count_rejected(source, route->flags, (size_t)-1);
	if (source->kind == TRIP_FROM_LS)
		trip_flood_remove(rib, (struct trip_flood_route *)route);
	if (was_rejected)
		trip_route_shadow_above(rib, source, dest);
	trip_rib_decide(rib, dest, was_gateway ? route : NULL);
	trip_attrs_unref(route->attrs);
	mem_free(route);
}

void
trip_source_clear(struct trip_rib *rib, struct trip_source *source)
{
	while (!trip_link_is_alone(&source->routes)) {
		struct trip_route *route = TRIP_ENTRY(
		    source->routes.next, struct trip_route, of_source);

		/* All go: nobody's AtomicAggregate has to be looked at. */
		count_rejected(source, route->flags, (size_t)-1);
		route->flags &= ~(unsigned)TRIP_ROUTE_REJECTED;
		route->flags |= TRIP_ROUTE_LOOP; /* not a candidate */
		trip_route_drop(rib, route);
	}
}

/* --- overlapping routes (10.2.4) --- */

struct search {
	const struct trip_source *source;
	const struct trip_dest *above;
	unsigned budget;
};

static bool
is_innocent(void *arg, struct trip_dest *dest)
{
	struct search *search = arg;
	const struct trip_route *route;

	if (search->budget-- == 0)
		return false;
	if (dest == search->above)
		return true;
	route = trip_dest_route(dest, search->source);
	return route == NULL || !(route->flags & TRIP_ROUTE_REJECTED);
}

bool
trip_route_is_shadowed(struct trip_rib *rib, struct trip_source *source,
		       struct trip_dest *dest)
{
	struct search search = { source, dest, SHADOW_BUDGET };
	struct trip_prefix prefix = trip_dest_prefix(dest);

	if (source->n_rejected == 0 || !trip_family_is_digits(dest->family))
		return false;
	return !trip_tree_walk(&rib->tree, &prefix, is_innocent, &search);
}

/* Set or clear our AtomicAggregate on a route. One that came with it keeps it
 * in any case (5.6.5): SHADOW marks those that did not. */
static void
set_shadow(struct trip_rib *rib, struct trip_route *route, bool on)
{
	struct trip_attrs *attrs;
	bool is_on = (route->flags & TRIP_ROUTE_SHADOW) != 0;

	if (on == is_on ||
	    (on && trip_attrs_have(route->attrs, TRIP_ATOMIC_AGGREGATE)))
		return;
	trip_draft_copy(&rib->draft, route->attrs);
	if (on)
		(void)trip_draft_set(&rib->draft, 0, TRIP_ATOMIC_AGGREGATE,
				     str_of(""));
	else
		trip_draft_remove(&rib->draft, TRIP_ATOMIC_AGGREGATE);
	if (trip_attrs_get(&rib->table, &rib->draft, &attrs) != 0) {
		rib->starved++;
		return;
	}
	trip_attrs_unref(route->attrs);
	route->attrs = attrs;
	route->flags ^= TRIP_ROUTE_SHADOW;
	trip_rib_decide(rib, route->dest, route);
}

void
trip_route_shadow_above(struct trip_rib *rib, struct trip_source *source,
			struct trip_dest *dest)
{
	struct trip_prefix prefix = trip_dest_prefix(dest);

	if (!trip_family_is_digits(dest->family))
		return;
	while (prefix.address.len > 0) {
		struct trip_dest *above;
		struct trip_route *route;

		prefix.address.len--;
		above = trip_tree_find(&rib->tree, &prefix);
		route = above != NULL ? trip_dest_route(above, source) : NULL;
		if (route != NULL)
			set_shadow(rib, route,
				   trip_route_is_shadowed(rib, source, above));
	}
}

/* --- what a peer says --- */

/* 4.3.2.2, 10.3: of attributes that we do not know, non-transitive ones end
 * here, transitive ones go on with the Partial bit. */
static bool
keep_unknown(struct trip_attr *attr)
{
	if (!(attr->flags & TRIP_FLAG_TRANSITIVE))
		return false;
	attr->flags = (uint8_t)((attr->flags | TRIP_FLAG_PARTIAL) &
				(TRIP_FLAG_NOT_WELL_KNOWN |
				 TRIP_FLAG_TRANSITIVE | TRIP_FLAG_DEPENDENT |
				 TRIP_FLAG_PARTIAL));
	return true;
}

/* Whether an attribute of this type is taken from this kind of peer. */
static bool
is_welcome(const struct trip_rib_peer *peer, unsigned type)
{
	/* RFC 5140 section 3: not for gateways, may be ignored. */
	if (peer->set.is_tgrep)
		return type != TRIP_ADVERTISEMENT_PATH &&
		       type != TRIP_ROUTED_PATH &&
		       type != TRIP_ATOMIC_AGGREGATE &&
		       type != TRIP_LOCAL_PREFERENCE &&
		       type != TRIP_MULTI_EXIT_DISC &&
		       type != TRIP_CONVERTED_ROUTE;
	/* RFC 5140 4.2, 4.3: between a gateway and its LS only. */
	if (type == TRIP_AVAILABLE_CIRCUITS || type == TRIP_CALL_SUCCESS)
		return false;
	/* 5.7.5: ignored from outside. */
	return peer->is_internal || type != TRIP_LOCAL_PREFERENCE;
}

static void
begin_draft(const struct trip_rib_peer *peer,
	    const struct trip_update *update, struct trip_draft *draft)
{
	trip_draft_init(draft);
	for (size_t i = 0; i < update->n_attrs; i++) {
		struct trip_attr attr = update->attrs[i];

		if (trip_attr_name(attr.type) != NULL
			? !is_welcome(peer, attr.type)
			: !keep_unknown(&attr))
			continue;
		(void)trip_draft_set(draft, attr.flags, attr.type, attr.value);
	}
}

/* A gateway of our ITAD announces what is ours: empty paths, as if it were
 * set here. One of another ITAD is a neighbour. */
static bool
add_gateway_paths(const struct trip_rib_peer *peer, struct trip_draft *draft)
{
	struct wbuf w = trip_draft_scratch(draft);
	struct str path;

	if (peer->set.itad != peer->rib->set.itad)
		trip_path_prepend(&w, str_of(""), peer->set.itad);
	if (!trip_draft_set_written(draft, TRIP_ADVERTISEMENT_PATH, &w))
		return false;
	path = trip_draft_get(draft, TRIP_ADVERTISEMENT_PATH);
	return trip_draft_set(draft, 0, TRIP_ROUTED_PATH, path);
}

/* The set of a route after phase 1 (10.2.1), by the rule that matched it. */
static int
make_attrs(struct trip_rib_peer *peer, const struct trip_update *update,
	   const struct trip_rule *rule, bool is_shadowed,
	   struct trip_attrs **out)
{
	struct trip_rib *rib = peer->rib;
	struct trip_draft *draft = &rib->draft;

	begin_draft(peer, update, draft);
	if (peer->set.is_tgrep && !add_gateway_paths(peer, draft))
		return ERR_SPACE;
	if (!trip_draft_set_u32(draft, TRIP_LOCAL_PREFERENCE,
				rib->set.default_preference) ||
	    trip_rule_apply(rule, draft) != 0)
		return ERR_SPACE;
	if (is_shadowed)
		(void)trip_draft_set(draft, 0, TRIP_ATOMIC_AGGREGATE,
				     str_of(""));
	return trip_attrs_get(&rib->table, draft, out);
}

/* What the last route of the message became: the next one usually becomes the
 * same. */
struct last {
	bool is_known;
	const struct trip_rule *rule;
	struct trip_attrs *attrs;
};

static int
attrs_for(struct trip_rib_peer *peer, const struct trip_update *update,
	  const struct trip_prefix *prefix, bool is_shadowed,
	  struct last *last)
{
	const struct trip_rule *rule = NULL;
	int err;

	if (peer->set.import.n_rules > 0) {
		begin_draft(peer, update, &peer->rib->draft);
		rule = trip_policy_match(&peer->set.import, prefix,
					 &peer->rib->draft);
	}
	if (last->is_known && !is_shadowed && last->rule == rule)
		return 0;
	trip_attrs_unref(last->attrs);
	last->attrs = NULL;
	err = make_attrs(peer, update, rule, is_shadowed, &last->attrs);
	last->is_known = err == 0 && !is_shadowed;
	last->rule = rule;
	return err;
}

static unsigned
flags_for(const struct trip_rib_peer *peer, const struct last *last)
{
	struct str path =
	    trip_attrs_find(last->attrs, TRIP_ADVERTISEMENT_PATH);

	if (last->rule != NULL && last->rule->action == TRIP_DENY)
		return TRIP_ROUTE_REJECTED;
	return trip_path_has(path, peer->rib->set.itad) ? TRIP_ROUTE_LOOP : 0;
}

/* One reachable route of an external peer. */
static int
take_route(struct trip_rib_peer *peer, const struct trip_update *update,
	   const struct trip_prefix *prefix, struct last *last)
{
	struct trip_rib *rib = peer->rib;
	struct trip_dest *dest;
	struct trip_route *route;
	unsigned flags, before;
	bool is_shadowed;
	int err = trip_tree_get(&rib->tree, prefix, &dest);

	if (err != 0)
		return err;
	is_shadowed = trip_route_is_shadowed(rib, &peer->source, dest);
	err = attrs_for(peer, update, prefix, is_shadowed, last);
	if (err != 0) {
		trip_dest_tidy(rib, dest);
		return err;
	}
	route = trip_dest_route(dest, &peer->source);
	before = route != NULL ? route->flags : 0;
	flags = flags_for(peer, last);
	if (flags & TRIP_ROUTE_LOOP)
		peer->loops++;
	if (is_shadowed)
		flags |= TRIP_ROUTE_SHADOW;
	if (route != NULL && route->attrs == last->attrs && before == flags)
		return 0;
	route = trip_route_put(rib, &peer->source, dest,
			       trip_attrs_ref(last->attrs), flags);
	if (((before ^ flags) & TRIP_ROUTE_REJECTED) != 0 && route != NULL)
		trip_route_shadow_above(rib, &peer->source, dest);
	trip_rib_decide(rib, dest, route);
	return route != NULL ? 0 : ERR_NOMEM;
}

/* The next prefixes of a list, in groups: among a million, waiting for memory
 * is what a change costs. */
static size_t
next_group(const struct trip_rib *rib, struct rbuf *r,
	   struct trip_prefix group[TRIP_FORESEEN_MAX])
{
	size_t n = 0;

	while (n < TRIP_FORESEEN_MAX && trip_prefix_next(r, &group[n]) == 0)
		n++;
	trip_tree_foresee(&rib->tree, group, n);
	return n;
}

static void
withdraw_one(struct trip_rib_peer *peer, const struct trip_prefix *prefix)
{
	struct trip_rib *rib = peer->rib;
	struct trip_dest *dest = trip_tree_find(&rib->tree, prefix);
	struct trip_route *route =
	    dest != NULL ? trip_dest_route(dest, &peer->source) : NULL;

	if (route != NULL)
		trip_route_drop(rib, route);
}

static void
withdraw_all(struct trip_rib_peer *peer, struct str routes)
{
	struct trip_prefix group[TRIP_FORESEEN_MAX];
	struct rbuf r;
	size_t n;

	rbuf_init(&r, routes.p, routes.len);
	while ((n = next_group(peer->rib, &r, group)) > 0) {
		for (size_t i = 0; i < n; i++)
			withdraw_one(peer, &group[i]);
	}
}

/* 0, ERR_LIMIT (more than the peer may have) or ERR_NOMEM. */
static int
take_counted(struct trip_rib_peer *peer, const struct trip_update *update,
	     const struct trip_prefix *prefix, struct last *last)
{
	size_t max = peer->set.max_prefixes;
	int err = take_route(peer, update, prefix, last);

	if (err == ERR_LIMIT || err == ERR_SPACE) {
		peer->ignored++; /* too long for our tables */
		err = 0;
	}
	return max > 0 && peer->source.n_routes > max ? ERR_LIMIT : err;
}

static int
take_all(struct trip_rib_peer *peer, const struct trip_update *update)
{
	struct trip_prefix group[TRIP_FORESEEN_MAX];
	struct last last = { 0 };
	struct rbuf r;
	size_t n;
	int err = 0;

	rbuf_init(&r, update->reachable.value.p, update->reachable.value.len);
	while (err == 0 && (n = next_group(peer->rib, &r, group)) > 0) {
		for (size_t i = 0; i < n && err == 0; i++)
			err = take_counted(peer, update, &group[i], &last);
	}
	trip_attrs_unref(last.attrs);
	return err;
}

/* An internal peer answers for all that it floods. */
static int
take_internal(struct trip_rib_peer *peer, const struct trip_update *update)
{
	int err = 0;

	if (update->topology.is_there)
		err = trip_topology_receive(peer, &update->topology);
	if (err == 0)
		err = trip_flood_receive(peer, update);
	if (err == 0 && peer->set.max_prefixes > 0 &&
	    trip_source_n_routes(peer->rib) > peer->set.max_prefixes)
		err = ERR_LIMIT;
	return err;
}

int
trip_rib_update(struct trip_rib_peer *peer, const uint8_t *msg, size_t len,
		struct trip_error *error)
{
	struct trip_rib *rib = peer->rib;
	struct trip_update *update = &rib->update;
	const struct trip_update_context context = {
		.is_internal = peer->is_internal,
		.is_tgrep = peer->set.is_tgrep,
		.strict_withdraw = peer->set.strict_withdraw,
		.legacy_converted = peer->set.legacy_converted,
	};
	int err;

	/* 4.2.1.1.2, RFC 5140 6.5: discarded, whatever is in it. */
	if (!rib->set.is_receiver)
		return 0;
	err = trip_update_decode(msg, len, &context, update, error);
	if (err != 0)
		return err;
	if (peer->is_internal)
		return take_internal(peer, update);
	/* A prefix that is in both lists is reachable. */
	withdraw_all(peer, update->withdrawn.value);
	return take_all(peer, update);
}
