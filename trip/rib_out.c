/* rib_out.c - phase 3: Adj-TRIBs-Out of external peers (RFC 3219 10.2.3, 10.3.2)
 */
#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "trip/rib_private.h"

/* Longer sets leave no room for a route of TRIP_ADDRESS_MAX (trap 11). */
#define ATTRS_MAX (TRIP_MESSAGE_MAX - 300)
#define RUN_MAX 5000 /* ends of holds in one turn of the loop */

static struct trip_out *
of_link(struct trip_link *link)
{
	return TRIP_ENTRY(link, struct trip_out, link);
}

static struct trip_out *
of_hold(struct trip_link *link)
{
	return TRIP_ENTRY(link, struct trip_out, hold);
}

/* --- what a peer is told of a route --- */

/* 5.4.5, 5.5.5: our ITAD in front of the first path always, and of the second
 * when the signalling goes through us. A route that begins in our ITAD has
 * empty paths and gets our number in both (5.4.2, 5.5.2). */
static bool
put_paths(const struct trip_rib *rib, struct trip_draft *draft,
	  bool new_next_hop)
{
	struct str path = trip_draft_get(draft, TRIP_ADVERTISEMENT_PATH);
	struct str routed = trip_draft_get(draft, TRIP_ROUTED_PATH);
	bool is_ours = path.len == 0;
	struct wbuf w = trip_draft_scratch(draft);

	trip_path_prepend(&w, path, rib->set.itad);
	if (!trip_draft_set_written(draft, TRIP_ADVERTISEMENT_PATH, &w))
		return false;
	if (!is_ours && !new_next_hop)
		return true;
	w = trip_draft_scratch(draft);
	trip_path_prepend(&w, routed, rib->set.itad);
	return trip_draft_set_written(draft, TRIP_ROUTED_PATH, &w);
}

/* 4.3.2.2: dependent attributes that we do not know end with the NextHopServer
 * that they describe. */
static void
drop_dependent(struct trip_draft *draft)
{
	for (size_t i = draft->n; i > 0; i--) {
		const struct trip_attr *attr = &draft->attrs[i - 1];

		if (trip_attr_name(attr->type) == NULL &&
		    (attr->flags & TRIP_FLAG_DEPENDENT))
			trip_draft_remove(draft, attr->type);
	}
}

static bool
put_next_hop(const struct trip_rib *rib, struct trip_draft *draft,
	     const char *server)
{
	struct wbuf w = trip_draft_scratch(draft);

	wbuf_u32(&w, rib->set.itad);
	wbuf_str16(&w, str_of(server));
	drop_dependent(draft);
	return trip_draft_set_written(draft, TRIP_NEXT_HOP, &w);
}

/* What never leaves the ITAD: 5.7.5, 5.8.5 (the value is of the neighbour's
 * making, ours comes by rule), RFC 5140 4.5.5. */
static void
drop_internal(const struct trip_rib *rib, struct trip_draft *draft)
{
	trip_draft_remove(draft, TRIP_LOCAL_PREFERENCE);
	trip_draft_remove(draft, TRIP_MULTI_EXIT_DISC);
	if (rib->set.is_gateway) /* which has nobody else to tell them */
		return;
	trip_draft_remove(draft, TRIP_AVAILABLE_CIRCUITS);
	trip_draft_remove(draft, TRIP_CALL_SUCCESS);
	trip_draft_remove(draft, TRIP_TRUNK_GROUP);
}

/* 5.8.2: a MultiExitDisc that was set here goes with the route, unless a rule
 * has another one. */
static void
put_own_med(const struct trip_dest *dest, struct trip_draft *draft)
{
	const struct trip_route *best = dest->best;

	if (best->source->kind == TRIP_FROM_HERE &&
	    trip_attrs_have(best->attrs, TRIP_MULTI_EXIT_DISC))
		(void)trip_draft_set(
		    draft, 0, TRIP_MULTI_EXIT_DISC,
		    trip_attrs_find(best->attrs, TRIP_MULTI_EXIT_DISC));
}

static bool
make_export(struct trip_rib_peer *peer, const struct trip_dest *dest)
{
	struct trip_rib *rib = peer->rib;
	struct trip_draft *draft = &rib->draft;
	struct trip_prefix prefix = trip_dest_prefix(dest);
	const struct trip_rule *rule;
	const char *server = peer->set.next_hop;

	trip_draft_copy(draft, dest->loc_attrs);
	rule = trip_policy_match(&peer->set.export, &prefix, draft);
	if (rule != NULL && rule->action == TRIP_DENY)
		return false;
	if (rule != NULL && rule->next_hop != NULL)
		server = rule->next_hop;
	drop_internal(rib, draft);
	put_own_med(dest, draft);
	if (trip_rule_apply(rule, draft) != 0)
		return false;
	trip_draft_remove(draft, TRIP_LOCAL_PREFERENCE);
	if (server != NULL && !put_next_hop(rib, draft, server))
		return false;
	return put_paths(rib, draft, server != NULL);
}

/* The set for this peer, counted; NULL when it is not to have the route. */
static struct trip_attrs *
export_attrs(struct trip_rib_peer *peer, const struct trip_dest *dest)
{
	struct trip_rib *rib = peer->rib;
	struct trip_attrs *attrs;
	struct str communities;

	/* 1. nothing selected, or it is the peer's own */
	if (dest->best == NULL || dest->best->source == &peer->source)
		return NULL;
	/* 2. a type of route that it has not listed (4.2.1.1.1) */
	if (!trip_open_has_type(&peer->open, dest->family, dest->protocol))
		return NULL;
	/* 3. NO_EXPORT (5.9.1) */
	communities = trip_attrs_find(dest->loc_attrs, TRIP_COMMUNITIES);
	if (trip_communities_have(communities, 0, TRIP_COMMUNITY_NO_EXPORT))
		return NULL;
	/* 4. policy, 5. what changes on the way out */
	if (!make_export(peer, dest))
		return NULL;
	if (trip_attrs_get(&rib->table, &rib->draft, &attrs) != 0) {
		rib->starved++;
		return NULL;
	}
	if (attrs->len > ATTRS_MAX) {
		rib->starved++;
		trip_attrs_unref(attrs);
		return NULL;
	}
	return attrs;
}

/* --- entries --- */

void
trip_out_enqueue(struct trip_out *out)
{
	if (out->is_pending)
		return;
	out->is_pending = true;
	trip_link_remove(&out->link);
	trip_link_append(&out->peer->pending, &out->link);
}

static void
settle(struct trip_out *out)
{
	out->is_pending = false;
	trip_link_remove(&out->link);
	trip_link_append(&out->peer->idle, &out->link);
}

static void
free_out(struct trip_out *out)
{
	struct trip_out **link = &out->dest->outs;

	while (*link != out)
		link = &(*link)->next;
	*link = out->next;
	trip_link_remove(&out->link);
	trip_link_remove(&out->hold);
	if (out->attrs != NULL)
		out->peer->n_advertised--;
	trip_attrs_unref(out->attrs);
	trip_attrs_unref(out->whole);
	mem_free(out);
}

/* Nothing told, nothing to wait for: the entry goes, and perhaps its
 * destination. */
static void
tidy(struct trip_out *out)
{
	struct trip_rib *rib = out->peer->rib;
	struct trip_dest *dest = out->dest;

	if (out->attrs != NULL || out->whole != NULL || out->is_pending ||
	    !trip_link_is_alone(&out->hold))
		return;
	free_out(out);
	trip_dest_tidy(rib, dest);
}

static struct trip_out *
find_out(const struct trip_rib_peer *peer, const struct trip_dest *dest)
{
	struct trip_out *out = dest->outs;

	while (out != NULL && out->peer != peer)
		out = out->next;
	return out;
}

struct trip_out *
trip_out_get(struct trip_rib_peer *peer, struct trip_dest *dest)
{
	struct trip_out *out = find_out(peer, dest);

	if (out != NULL)
		return out;
	out = mem_zalloc(1, sizeof(*out));
	if (out == NULL) {
		peer->rib->starved++;
		return NULL;
	}
	out->peer = peer;
	out->dest = dest;
	out->next = dest->outs;
	dest->outs = out;
	trip_link_init(&out->hold);
	trip_link_init(&out->link);
	trip_link_append(&peer->idle, &out->link);
	return out;
}

static void
changed_for(struct trip_rib_peer *peer, struct trip_dest *dest)
{
	struct trip_out *out;

	if (!peer->is_up || peer->is_internal || !peer->may_send)
		return;
	/* Of its own route it needs to hear only the end of another. */
	out = dest->best != NULL && dest->best->source != &peer->source
		  ? trip_out_get(peer, dest)
		  : find_out(peer, dest);
	if (out != NULL)
		trip_out_enqueue(out);
}

void
trip_out_changed(struct trip_rib *rib, struct trip_dest *dest)
{
	struct trip_link *link;

	for (link = rib->peers.next; link != &rib->peers; link = link->next)
		changed_for(TRIP_ENTRY(link, struct trip_rib_peer, of_rib),
			    dest);
}

static bool
offer(void *arg, struct trip_dest *dest)
{
	if (dest->best != NULL)
		changed_for(arg, dest);
	return true;
}

void
trip_out_peer_up(struct trip_rib_peer *peer)
{
	(void)trip_tree_walk(&peer->rib->tree, NULL, offer, peer);
}

static void
free_all(struct trip_rib *rib, struct trip_link *head)
{
	while (!trip_link_is_alone(head)) {
		struct trip_out *out = of_link(head->next);
		struct trip_dest *dest = out->dest;

		free_out(out);
		trip_dest_tidy(rib, dest);
	}
}

void
trip_out_peer_down(struct trip_rib_peer *peer)
{
	free_all(peer->rib, &peer->idle);
	free_all(peer->rib, &peer->pending);
	assert(peer->n_advertised == 0);
}

/* --- messages --- */

/* A message in the making: routes that share these attributes. */
struct bundle {
	struct trip_rib_peer *peer;
	struct trip_writer writer;
	struct trip_attrs *attrs; /* NULL: none yet; counted */
	bool is_withdrawal;
	uint8_t others[TRIP_MESSAGE_MAX];
};

static bool
begin_bundle(struct bundle *bundle, struct trip_attrs *attrs,
	     bool is_withdrawal)
{
	struct str others = str_make((char *)attrs->bytes, attrs->len);
	struct wbuf w;

	bundle->attrs = trip_attrs_ref(attrs);
	bundle->is_withdrawal = is_withdrawal;
	if (is_withdrawal) { /* trap 6 */
		wbuf_init(&w, bundle->others, sizeof(bundle->others));
		trip_attr_encode(&w, 0, TRIP_NEXT_HOP,
				 trip_attrs_find(attrs, TRIP_NEXT_HOP));
		trip_attr_encode(
		    &w, 0, TRIP_ADVERTISEMENT_PATH,
		    trip_attrs_find(attrs, TRIP_ADVERTISEMENT_PATH));
		others = str_make((char *)bundle->others, w.len);
	}
	return trip_writer_init(&bundle->writer,
				is_withdrawal ? TRIP_WITHDRAWN
					      : TRIP_REACHABLE,
				others) == 0;
}

/* Add what is to be told about out to the bundle: false when it belongs into
 * another message. */
static bool
bundle_add(struct bundle *bundle, const struct trip_out *out,
	   struct trip_attrs *attrs, bool is_withdrawal)
{
	struct trip_prefix prefix = trip_dest_prefix(out->dest);

	if (bundle->attrs == NULL) {
		if (!begin_bundle(bundle, attrs, is_withdrawal))
			return false;
	} else if (bundle->attrs != attrs ||
		   bundle->is_withdrawal != is_withdrawal) {
		return false;
	}
	return trip_writer_add(&bundle->writer, &prefix);
}

/* 10.3.3: for a while this destination is not told to this peer again. */
static void
start_hold(struct trip_out *out)
{
	struct trip_rib *rib = out->peer->rib;
	/* an aggregate has none: it is of what others told */
	const struct trip_attrs *loc = out->dest->loc_attrs;
	enum trip_hold kind =
	    loc != NULL &&
		    trip_attrs_find(loc, TRIP_ADVERTISEMENT_PATH).len == 0
		? TRIP_HOLD_OWN
		: TRIP_HOLD_FOREIGN;
	int64_t ms = kind == TRIP_HOLD_OWN ? rib->set.min_origination_ms
					   : rib->set.min_advertisement_ms;

	if (ms <= 0)
		return;
	out->due_ms = trip_rib_now(rib) + ms;
	trip_link_remove(&out->hold);
	trip_link_append(&out->peer->hold[kind], &out->hold);
}

static void
mark_told(struct trip_out *out, struct trip_attrs *attrs)
{
	if ((out->attrs != NULL) != (attrs != NULL))
		out->peer->n_advertised += attrs != NULL ? 1 : (size_t)-1;
	trip_attrs_unref(out->attrs);
	out->attrs = trip_attrs_ref(attrs);
	out->is_released = false;
	settle(out);
	if (attrs != NULL)
		start_hold(out);
}

/* Deal with the first pending entry: false when it has to wait for the next
 * message. */
static bool
take_pending(struct bundle *bundle, struct trip_out *out)
{
	struct trip_attrs *attrs = export_attrs(bundle->peer, out->dest);
	bool is_done = true, again = false;

	if (bundle->peer->set.aggregate)
		attrs = trip_aggregate_look(out, attrs, &again);
	out->is_dirty = false;
	if (attrs == out->attrs) {
		settle(out); /* the peer knows */
		if (again)
			trip_out_enqueue(out);
	} else if (attrs == NULL) {
		/* Withdrawals do not wait (10.3.3.1). */
		is_done = bundle_add(bundle, out, out->attrs, true);
		if (is_done)
			mark_told(out, NULL);
	} else if (!trip_link_is_alone(&out->hold) && !out->is_released) {
		out->is_dirty = true;
		settle(out);
	} else {
		is_done = bundle_add(bundle, out, attrs, false);
		if (is_done)
			mark_told(out, attrs);
	}
	trip_attrs_unref(attrs);
	if (is_done)
		tidy(out);
	return is_done;
}

bool
trip_out_fill(struct trip_rib_peer *peer, struct wbuf *w)
{
	struct bundle bundle = { .peer = peer };

	while (!trip_link_is_alone(&peer->pending)) {
		if (w->cap - w->len < TRIP_MESSAGE_MAX)
			return true;
		bundle.attrs = NULL;
		while (!trip_link_is_alone(&peer->pending) &&
		       take_pending(&bundle, of_link(peer->pending.next)))
			;
		if (bundle.attrs == NULL)
			continue;
		trip_writer_finish(&bundle.writer, w);
		trip_attrs_unref(bundle.attrs);
	}
	return false;
}

void
trip_out_run(struct trip_rib_peer *peer)
{
	int64_t now_ms = trip_rib_now(peer->rib);

	for (int i = 0; i < TRIP_N_HOLDS; i++) {
		for (int n = 0;
		     n < RUN_MAX && !trip_link_is_alone(&peer->hold[i]); n++) {
			struct trip_out *out = of_hold(peer->hold[i].next);

			if (out->due_ms > now_ms)
				break;
			trip_link_remove(&out->hold);
			if (out->is_dirty)
				trip_out_enqueue(out);
			else
				tidy(out);
		}
	}
}
