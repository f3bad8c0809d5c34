/* trip_feed.c - from routes of TRIP to offers in a book of learnt routes */
#include "lcrproxy/trip_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "lcrproxy/taboo.h"

#define SAMPLES_MIN 20	 /* calls that make a success ratio, as for our own */
#define STEP_PERCENT 5	 /* less does not count as better */
#define UNKNOWN_PERCENT 50

/* Each kept once, and as long as the book, which has them in its versions. */
struct source {
	struct source *next;
	struct learnt_source is;
	char carrier[];
};

struct trip_mapping {
	const struct trip_settings *set;
	const struct learnt_source **of_peers;	  /* as set->peers; NULL: none */
	const struct learnt_source **of_carriers; /* as set->carriers */
};

struct trip_feed {
	struct learnt_book *book;
	const struct listeners *listeners;
	struct log *log;
	struct trip_feed_counters counters;
	struct source *sources;
	struct trip_mapping *mapping;
};

/* NULL: no memory. */
static const struct learnt_source *
get_source(struct trip_feed *feed, const char *carrier, int unpriced,
	   int64_t priority)
{
	const struct learnt_source wanted = {
		carrier, unpriced == TRIP_UNPRICED_ALLOW, (int32_t)priority
	};
	struct source *source = feed->sources;

	for (; source != NULL; source = source->next) {
		if (strcmp(source->carrier, carrier) == 0 &&
		    source->is.sells_unpriced == wanted.sells_unpriced &&
		    source->is.priority == wanted.priority)
			return &source->is;
	}
	source = mem_zalloc(1, sizeof(*source) + strlen(carrier) + 1);
	if (source == NULL)
		return NULL;
	source->is = wanted;
	source->is.carrier = strcpy(source->carrier, carrier);
	source->next = feed->sources;
	feed->sources = source;
	return &source->is;
}

static bool
map_peers(struct trip_feed *feed, const struct trip_settings *set,
	  const struct learnt_source **out)
{
	const struct trip_peer_settings *peers = set->peers.items;

	for (size_t i = 0; i < set->peers.n; i++) {
		if (peers[i].carrier == NULL)
			continue;
		out[i] = get_source(feed, peers[i].carrier, peers[i].unpriced,
				    peers[i].priority);
		if (out[i] == NULL)
			return false;
	}
	return true;
}

static bool
map_carriers(struct trip_feed *feed, const struct trip_settings *set,
	     const struct learnt_source **out)
{
	const struct trip_carrier_settings *carriers = set->carriers.items;

	for (size_t i = 0; i < set->carriers.n; i++) {
		out[i] = get_source(feed, carriers[i].carrier,
				    carriers[i].unpriced,
				    carriers[i].priority);
		if (out[i] == NULL)
			return false;
	}
	return true;
}

void
trip_mapping_free(struct trip_mapping *mapping)
{
	if (mapping == NULL)
		return;
	mem_free(mapping->of_peers);
	mem_free(mapping->of_carriers);
	mem_free(mapping);
}

int
trip_mapping_new(struct trip_feed *feed, const struct trip_settings *settings,
		 struct trip_mapping **out)
{
	struct trip_mapping *made = mem_zalloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->set = settings;
	made->of_peers =
	    mem_zalloc(settings->peers.n + 1, sizeof(*made->of_peers));
	made->of_carriers =
	    mem_zalloc(settings->carriers.n + 1, sizeof(*made->of_carriers));
	if (made->of_peers == NULL || made->of_carriers == NULL ||
	    !map_peers(feed, settings, made->of_peers) ||
	    !map_carriers(feed, settings, made->of_carriers)) {
		trip_mapping_free(made);
		return ERR_NOMEM;
	}
	*out = made;
	return 0;
}

struct trip_mapping *
trip_feed_use(struct trip_feed *feed, struct trip_mapping *mapping)
{
	struct trip_mapping *last = feed->mapping;

	feed->mapping = mapping;
	return last;
}

int
trip_feed_new(const struct trip_settings *settings, struct learnt_book *book,
	      const struct listeners *listeners, struct log *log,
	      struct trip_feed **out)
{
	struct trip_feed *feed = mem_zalloc(1, sizeof(*feed));
	int err;

	if (feed == NULL)
		return ERR_NOMEM;
	feed->book = book;
	feed->listeners = listeners;
	feed->log = log;
	err = trip_mapping_new(feed, settings, &feed->mapping);
	if (err != 0)
		trip_feed_free(feed);
	else
		*out = feed;
	return err;
}

void
trip_feed_free(struct trip_feed *feed)
{
	if (feed == NULL)
		return;
	trip_mapping_free(feed->mapping);
	while (feed->sources != NULL) {
		struct source *source = feed->sources;

		feed->sources = source->next;
		mem_free(source);
	}
	mem_free(feed);
}

void
trip_feed_counters(const struct trip_feed *feed,
		   struct trip_feed_counters *out)
{
	*out = feed->counters;
}

/* --- whose it is --- */

static const struct learnt_source *
find_itad(const struct trip_feed *feed, uint32_t itad)
{
	const struct trip_carrier_settings *carriers = feed->mapping->set->carriers.items;

	for (size_t i = 0; i < feed->mapping->set->carriers.n; i++) {
		if (carriers[i].itad == itad)
			return feed->mapping->of_carriers[i];
	}
	return NULL;
}

static const struct learnt_source *
find_peer(const struct trip_feed *feed, const struct trip_view *view)
{
	const struct trip_peer_settings *peers = feed->mapping->set->peers.items;
	const struct trip_peer *peer = trip_peer_of(view->peer);
	const struct trip_peer_settings *set;

	if (peer == NULL)
		return NULL;
	/* one that is about to be removed is not among them */
	set = trip_peer_settings_of(peer);
	for (size_t i = 0; i < feed->mapping->set->peers.n; i++) {
		if (&peers[i] == set)
			return feed->mapping->of_peers[i];
	}
	return NULL;
}

const struct learnt_source *
trip_feed_source(const struct trip_feed *feed, const struct trip_view *view)
{
	struct str server;
	const struct learnt_source *source =
	    find_itad(feed, trip_attrs_next_hop(view->attrs, &server));

	if (source == NULL)
		source = find_peer(feed, view);
	return source != NULL ? source : find_itad(feed, view->itad);
}

/* --- what a gateway says of itself --- */

/*
 * How many calls the gateway may have in all: those it has now and as many as
 * it says are free; never more than it has circuits. All its calls count, also
 * those to other prefixes: rather too few than too many until it tells again.
 */
static int32_t
circuits_of(const struct trip_attrs *attrs, const struct gateway *gateway)
{
	int64_t most = -1;

	if (trip_attrs_have(attrs, TRIP_TOTAL_CAPACITY))
		most = trip_attrs_u32(attrs, TRIP_TOTAL_CAPACITY, 0);
	if (trip_attrs_have(attrs, TRIP_AVAILABLE_CIRCUITS)) {
		int64_t now =
		    (int64_t)atomic_load(&gateway->state->pending) +
		    atomic_load(&gateway->state->answered) +
		    trip_attrs_u32(attrs, TRIP_AVAILABLE_CIRCUITS, 0);

		if (most < 0 || now < most)
			most = now;
	}
	return most < INT32_MAX ? (int32_t)most : INT32_MAX;
}

static int32_t
success_of(const struct trip_attrs *attrs)
{
	struct str value = trip_attrs_find(attrs, TRIP_CALL_SUCCESS);
	uint32_t good, all;
	struct rbuf r;

	if (value.p == NULL)
		return -1;
	rbuf_init(&r, value.p, value.len);
	good = rbuf_u32(&r);
	all = rbuf_u32(&r);
	if (all < SAMPLES_MIN || good > all)
		return -1;
	return (int32_t)((uint64_t)good * 100 / all);
}

/* --- one destination --- */

struct collection {
	struct trip_feed *feed;
	bool takes_all;	     /* and not only the selected one's */
	bool best_is_gateway;
	size_t n;
	struct learnt_offer offers[LEARNT_OFFERS_MAX]; /* not zeroed */
};

static bool
is_gateway(const struct trip_view *view)
{
	const struct trip_peer *peer = trip_peer_of(view->peer);

	return peer != NULL && trip_peer_settings_of(peer)->tgrep;
}

/* What is set here is for neighbours: our gateways are in the tables. */
static bool
is_offered(const struct collection *c, const struct trip_view *view)
{
	if (view->is_local)
		return false;
	return view->is_best || c->takes_all ||
	       (c->best_is_gateway && is_gateway(view));
}

static bool
is_here(const struct trip_feed *feed, const struct gateway *gateway)
{
	/* of a name the loop shows in the call */
	return gateway->addr.family != 0 &&
	       taboo_is_us(feed->listeners, &gateway->addr);
}

/* The same gateway may be told twice: by the better route. */
static void
put_offer(struct collection *c, const struct learnt_offer *offer)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->offers[i].gateway != offer->gateway)
			continue;
		if (offer->preference > c->offers[i].preference)
			c->offers[i] = *offer;
		return;
	}
	if (c->n < LEARNT_OFFERS_MAX)
		c->offers[c->n++] = *offer;
}

static bool
collect(void *arg, const struct trip_view *view)
{
	struct collection *c = arg;
	struct trip_feed *feed = c->feed;
	struct learnt_offer offer = { 0 };
	struct str server;
	int err;

	if (!is_offered(c, view))
		return true;
	offer.source = trip_feed_source(feed, view);
	if (offer.source == NULL) {
		feed->counters.unmapped++;
		return true;
	}
	(void)trip_attrs_next_hop(view->attrs, &server);
	err = learnt_book_gateway(feed->book, server, offer.source->carrier,
				  &offer.gateway);
	if (err == 0 && is_here(feed, offer.gateway))
		err = ERR_NOTOURS;
	if (err != 0) {
		feed->counters.unusable += err != ERR_NOMEM;
		feed->counters.lost += err == ERR_NOMEM;
		return true;
	}
	offer.preference =
	    trip_attrs_u32(view->attrs, TRIP_LOCAL_PREFERENCE, 0);
	offer.circuits = circuits_of(view->attrs, offer.gateway);
	offer.success_percent = success_of(view->attrs);
	put_offer(c, &offer);
	return true;
}

static int32_t
success_step(const struct learnt_offer *offer)
{
	int32_t percent = offer->success_percent >= 0 ? offer->success_percent
						      : UNKNOWN_PERCENT;

	return percent / STEP_PERCENT;
}

/* Who does not count its circuits has enough. */
static int32_t
room(const struct learnt_offer *offer)
{
	return offer->circuits >= 0 ? offer->circuits : INT32_MAX;
}

/* By preference, success, circuits, name. */
static int
compare_offers(const void *a, const void *b)
{
	const struct learnt_offer *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference > y->preference ? -1 : 1;
	if (success_step(x) != success_step(y))
		return success_step(x) > success_step(y) ? -1 : 1;
	if (room(x) != room(y))
		return room(x) > room(y) ? -1 : 1;
	return strcmp(x->gateway->name, y->gateway->name);
}

void
trip_feed_change(struct trip_feed *feed, const struct trip_rib *rib,
		 const struct trip_view *view)
{
	struct collection c;
	prefix_word prefix;
	struct trip_prefix dest = view->prefix;

	if (dest.family != TRIP_AF_E164 || dest.protocol != TRIP_APP_SIP ||
	    prefix_parse(dest.address, &prefix) != 0)
		return;
	c.feed = feed;
	c.n = 0;
	c.takes_all = feed->mapping->set->offer == TRIP_OFFER_ALL;
	c.best_is_gateway = view->attrs != NULL && is_gateway(view);
	if (c.best_is_gateway || c.takes_all)
		trip_rib_candidates(rib, &dest, collect, &c);
	else if (view->attrs != NULL)
		(void)collect(&c, view);
	if (c.n > 1)
		qsort(c.offers, c.n, sizeof(c.offers[0]), compare_offers);
	if (learnt_book_put(feed->book, prefix, c.offers, c.n) == 0)
		return;
	if (feed->counters.lost++ == 0)
		log_error(feed->log, "trip: out of memory, calls do not see a "
				     "change of a route");
}
