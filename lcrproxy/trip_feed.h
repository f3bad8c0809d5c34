/*
 * trip_feed.h - from routes of TRIP to offers in a book of learnt routes
 *
 * A prefix of E.164 that is reached by SIP is offered by the carrier that its
 * next hop's ITAD is mapped to, else its peer, else the neighbour's ITAD. What
 * is mapped nowhere is carried by TRIP, and offered to no call.
 */
#ifndef LCRPROXY_TRIP_FEED_H
#define LCRPROXY_TRIP_FEED_H

#include "base/log.h"
#include "lcrproxy/listeners.h"
#include "route/learnt.h"
#include "trip/speaker.h"

struct trip_feed;

struct trip_feed_counters {
	uint64_t unmapped; /* routes without a carrier */
	uint64_t unusable; /* with a server that is none for us */
	uint64_t lost;	   /* for lack of memory */
};

/* settings are borrowed, and book, and listeners: a next hop that is one of
 * these is unusable, for calls would come back. 0 or ERR_NOMEM. */
int trip_feed_new(const struct trip_settings *settings,
		  struct learnt_book *book, const struct listeners *listeners,
		  struct log *log, struct trip_feed **out);
/* Whose routes are whose by other settings, which are borrowed as long as it is
 * used: 0 or ERR_NOMEM. */
struct trip_mapping;
int trip_mapping_new(struct trip_feed *feed,
		     const struct trip_settings *settings,
		     struct trip_mapping **out);
/* NULL is accepted. */
void trip_mapping_free(struct trip_mapping *mapping);
/* Take this one over, and give back the last. What is offered is not looked
 * at. */
struct trip_mapping *trip_feed_use(struct trip_feed *feed,
				   struct trip_mapping *mapping);
/* The book is gone by now: it borrows from the feed. NULL is accepted. */
void trip_feed_free(struct trip_feed *feed);
/* What is offered for this destination is to be found out anew. */
void trip_feed_change(struct trip_feed *feed, const struct trip_rib *rib,
		      const struct trip_view *view);
/* The source that a route is mapped to; NULL without. */
const struct learnt_source *trip_feed_source(const struct trip_feed *feed,
					     const struct trip_view *view);
void trip_feed_counters(const struct trip_feed *feed,
			struct trip_feed_counters *out);

#endif
