/* topology.c - which LSs of our ITAD can be reached (RFC 3219 5.10) */
#include "base/alloc.h"
#include "base/err.h"
#include "trip/rib_private.h"

struct trip_source *
trip_source_find(struct trip_rib *rib, uint32_t id)
{
	struct trip_link *link;

	for (link = rib->sources.next; link != &rib->sources;
	     link = link->next) {
		struct trip_source *source =
		    TRIP_ENTRY(link, struct trip_source, of_rib);

		if (source->id == id)
			return source;
	}
	return NULL;
}

struct trip_source *
trip_source_get(struct trip_rib *rib, uint32_t id)
{
	struct trip_source *source = trip_source_find(rib, id);

	if (source != NULL || rib->n_sources >= TRIP_ORIGINATORS_MAX)
		return source;
	source = mem_zalloc(1, sizeof(*source));
	if (source == NULL)
		return NULL;
	source->kind = TRIP_FROM_LS;
	source->id = id;
	source->is_reachable = true;
	trip_link_init(&source->routes);
	/* The most often asked for in front. */
	trip_link_append(rib->sources.next, &source->of_rib);
	rib->n_sources++;
	/* Routes may have been under way while their LS was purged: it must
	 * turn out to be reachable soon. */
	if (rib->check_ms == INT64_MAX)
		rib->check_ms = trip_rib_now(rib) + rib->set.max_purge_ms;
	return source;
}

size_t
trip_source_n_routes(const struct trip_rib *rib)
{
	const struct trip_link *link;
	size_t n = 0;

	for (link = rib->sources.next; link != &rib->sources; link = link->next)
		n += TRIP_ENTRY(link, struct trip_source, of_rib)->n_routes;
	return n;
}

void
trip_source_free(struct trip_rib *rib, struct trip_source *source)
{
	trip_source_clear(rib, source);
	trip_link_remove(&source->of_rib);
	rib->n_sources--;
	mem_free(source->neighbours);
	mem_free(source);
}

/* --- who can be reached --- */

static bool
lists(const struct trip_source *source, uint32_t id)
{
	for (size_t i = 0; i < source->n_neighbours; i++) {
		if (source->neighbours[i] == id)
			return true;
	}
	return false;
}

/* Whether a, which is reachable, leads to b. An edge is up when both ends say
 * so; an LS that has not said anything yet is believed to agree. */
static bool
leads_to(const struct trip_source *a, const struct trip_source *b)
{
	return lists(a, b->id) && (!b->has_topology || lists(b, a->id));
}

static bool
spread(struct trip_rib *rib, struct trip_source *to)
{
	struct trip_link *link;

	if (leads_to(&rib->self, to))
		return true;
	for (link = rib->sources.next; link != &rib->sources;
	     link = link->next) {
		const struct trip_source *from =
		    TRIP_ENTRY(link, struct trip_source, of_rib);

		if (from->is_reachable && leads_to(from, to))
			return true;
	}
	return false;
}

/* From us outwards, until nobody is added. Direct peers count at once: that
 * they list us comes with their first UPDATE. */
static void
find_reachable(struct trip_rib *rib)
{
	struct trip_link *link;
	bool grew = true;

	for (link = rib->sources.next; link != &rib->sources;
	     link = link->next) {
		struct trip_source *source =
		    TRIP_ENTRY(link, struct trip_source, of_rib);

		source->is_reachable = lists(&rib->self, source->id);
	}
	while (grew) {
		grew = false;
		for (link = rib->sources.next; link != &rib->sources;
		     link = link->next) {
			struct trip_source *source =
			    TRIP_ENTRY(link, struct trip_source, of_rib);

			if (!source->is_reachable && spread(rib, source))
				source->is_reachable = grew = true;
		}
	}
}

/* Forget the LSs that are gone, with their routes. Everyone comes to the same
 * result: nothing is flooded (5.10.3). */
static void
purge_unreachable(struct trip_rib *rib)
{
	struct trip_link *link = rib->sources.next;

	find_reachable(rib);
	while (link != &rib->sources) {
		struct trip_source *source =
		    TRIP_ENTRY(link, struct trip_source, of_rib);

		link = link->next;
		if (!source->is_reachable)
			trip_source_free(rib, source);
	}
}

void
trip_topology_run(struct trip_rib *rib)
{
	if (rib->check_ms > trip_rib_now(rib))
		return;
	rib->check_ms = INT64_MAX;
	purge_unreachable(rib);
}

/* --- what is told --- */

static int
set_neighbours(struct trip_source *source, struct str list)
{
	size_t n = list.len / 4;
	uint32_t *ids = mem_zalloc(n > 0 ? n : 1, sizeof(*ids));
	struct rbuf r;

	if (ids == NULL)
		return ERR_NOMEM;
	rbuf_init(&r, list.p, list.len);
	for (size_t i = 0; i < n; i++)
		ids[i] = rbuf_u32(&r);
	mem_free(source->neighbours);
	source->neighbours = ids;
	source->n_neighbours = n;
	return 0;
}

static void
reissue_own(struct trip_rib *rib, uint32_t at_least)
{
	struct trip_source *self = &rib->self;

	if (self->topology_seq < at_least)
		self->topology_seq = at_least;
	if (self->topology_seq >= TRIP_SEQ_MAX - 1 && !rib->is_exhausted) {
		rib->is_exhausted = true;
		if (rib->events.on_exhausted != NULL)
			rib->events.on_exhausted(rib->events.arg);
	}
	if (self->topology_seq < TRIP_SEQ_MAX)
		self->topology_seq++;
	self->topology_version = ++rib->topology_version;
}

/* The list of one message holds this many; more peers nobody has. */
#define NEIGHBOURS_MAX 1000

void
trip_topology_own(struct trip_rib *rib)
{
	uint8_t ids[4 * NEIGHBOURS_MAX];
	struct trip_link *link;
	struct wbuf w;

	wbuf_init(&w, ids, sizeof(ids));
	for (link = rib->peers.next; link != &rib->peers; link = link->next) {
		const struct trip_rib_peer *peer =
		    TRIP_ENTRY(link, struct trip_rib_peer, of_rib);

		if (peer->is_up && peer->is_internal)
			wbuf_u32(&w, peer->open.id);
	}
	if (set_neighbours(&rib->self, str_make((char *)ids, w.len)) != 0)
		rib->starved++;
	reissue_own(rib, 0);
	purge_unreachable(rib);
}

int
trip_topology_receive(struct trip_rib_peer *peer, const struct trip_list *list)
{
	struct trip_rib *rib = peer->rib;
	struct trip_source *source;
	int err;

	if (list->originator == rib->set.id) {
		if (list->seq > rib->self.topology_seq) /* 10.1.6 */
			reissue_own(rib, list->seq);
		return 0;
	}
	source = trip_source_get(rib, list->originator);
	if (source == NULL)
		return ERR_NOMEM;
	if (source->has_topology && list->seq <= source->topology_seq)
		return 0;
	err = set_neighbours(source, list->value);
	if (err != 0)
		return err;
	source->has_topology = true;
	source->topology_seq = list->seq;
	source->topology_session = peer->session;
	source->topology_version = ++rib->topology_version;
	purge_unreachable(rib);
	return 0;
}

/* The oldest topology that the peer does not have. */
static const struct trip_source *
next_topology(const struct trip_rib_peer *peer)
{
	const struct trip_rib *rib = peer->rib;
	const struct trip_source *next = NULL;
	const struct trip_link *link;

	if (rib->self.topology_version > peer->topology_sent)
		next = &rib->self;
	for (link = rib->sources.next; link != &rib->sources;
	     link = link->next) {
		const struct trip_source *source =
		    TRIP_ENTRY(link, struct trip_source, of_rib);

		if (source->has_topology &&
		    source->topology_version > peer->topology_sent &&
		    (next == NULL ||
		     source->topology_version < next->topology_version))
			next = source;
	}
	return next;
}

bool
trip_topology_fill(struct trip_rib_peer *peer, struct wbuf *w)
{
	const struct trip_source *source = next_topology(peer);
	struct trip_writer writer;

	if (source == NULL)
		return false;
	peer->topology_sent = source->topology_version;
	if (source->topology_session == peer->session &&
	    source != &peer->rib->self)
		return true; /* it told us */
	if (trip_writer_init(&writer, TRIP_TOPOLOGY, str_of("")) != 0 ||
	    trip_writer_link_state(&writer, source->id,
				   source->topology_seq) != 0)
		return true;
	for (size_t i = 0; i < source->n_neighbours; i++)
		(void)trip_writer_add_u32(&writer, source->neighbours[i]);
	trip_writer_finish(&writer, w);
	return true;
}
