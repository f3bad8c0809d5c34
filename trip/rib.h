/*
 * rib.h - the routes of one LS: what came in, what is selected, what goes out
 *
 * Pure of sockets: UPDATE messages go in, UPDATE messages come out when the
 * session has room for them. What is still to be told is kept as state, not
 * as messages: a peer that does not read costs nothing more, and gets the
 * last state when it reads again. The decision is incremental, one destination
 * at a time; phases 2 and 3 (RFC 3219 10.2) never run inside each other.
 *
 * One thread. Out of memory costs a route, which then is not advertised.
 */
#ifndef TRIP_RIB_H
#define TRIP_RIB_H

#include "base/clock.h"
#include "trip/dest.h"
#include "trip/message.h"
#include "trip/policy.h"

struct trip_rib;
struct trip_rib_peer;

struct trip_rib_settings {
	uint32_t itad, id;
	uint32_t default_preference; /* of routes that no rule gives one */
	bool compare_med;	     /* tie-break (a) of 10.2.2.1 */
	bool lower_med_wins;	     /* as 10.3.1.1, against 5.8: trap 4 */
	bool is_receiver;	     /* false in send-only mode */
	bool is_gateway;	     /* our peers are no LSs like us */
	bool consolidate;	     /* RFC 5140 7.1 */
	bool tells_all;		     /* on_change for every candidate */
	const char *next_hop;	     /* our signalling server; NULL: none.
				      * Borrowed */
	int64_t min_advertisement_ms, min_origination_ms; /* with jitter */
	int64_t max_purge_ms;
};

/* What may differ from peer to peer; policies are borrowed. */
struct trip_rib_peer_settings {
	void *owner;		/* given back by trip_rib_peer_owner */
	uint32_t itad;		/* the peer's */
	bool is_tgrep;		/* a gateway, RFC 5140 */
	bool strict_withdraw, legacy_converted; /* traps 6 and 1 */
	const char *next_hop;	/* told to it instead of the route's; NULL */
	bool aggregate;		/* tell it of shorter prefixes where all
				 * longer ones are alike (5.2.4, 5.1.5) */
	size_t max_prefixes;	/* 0: no limit; of an internal peer: of all
				 * LSs inside together */
	struct trip_policy import, export;
};

enum trip_change_kind { TRIP_ADDED, TRIP_CHANGED, TRIP_GONE };

/* One selected route, or a candidate; all borrowed for the call. */
struct trip_view {
	struct trip_prefix prefix;
	const struct trip_attrs *attrs; /* as received or set here, with the
					 * preference and gateways' figures */
	struct trip_rib_peer *peer;	/* NULL: local or another LS's */
	uint32_t itad;	     /* of the neighbour it came from; ours if none */
	uint32_t originator; /* TRIP Identifier of the LS inside our ITAD */
	bool is_local;	     /* set here by trip_rib_set */
	bool is_best;	     /* in the Loc-TRIB */
};

struct trip_rib_events {
	/* The Loc-TRIB has changed; of TRIP_GONE only the prefix counts. Of a
	 * destination with several gateways (RFC 5140) also when one that was
	 * not selected has changed, and with tells_all of any destination:
	 * trip_rib_candidates tells them all. Must not change routes. */
	void (*on_change)(void *arg, enum trip_change_kind kind,
			  const struct trip_view *view);
	/* A sequence number is used up: the speaker has to be silent for
	 * TripDisableTime (10.1.4), then call trip_rib_renumber. */
	void (*on_exhausted)(void *arg);
	void *arg;
};

struct trip_rib_counters {
	size_t n_destinations, n_selected, n_attribute_sets, n_originators;
	uint64_t decisions, starved; /* starved: lost for lack of memory */
};

struct trip_peer_counters {
	size_t n_routes, n_rejected; /* Adj-TRIB-In (external peers) */
	size_t n_advertised;	     /* Adj-TRIB-Out (external peers) */
	uint64_t loops, ignored;     /* routes received: with our ITAD, and of
				      * types or lengths not taken */
};

/* 0, ERR_NOMEM, ERR_IO. settings, events are copied; clock is borrowed. */
int trip_rib_new(const struct trip_rib_settings *settings,
		 const struct clock *clock,
		 const struct trip_rib_events *events, struct trip_rib **out);
/* Other settings of the same LS: copied, and all is decided again if that may
 * come out differently. Preferences of routes that are there stay. What the last
 * settings pointed to is there until this returns. */
void trip_rib_change(struct trip_rib *rib,
		     const struct trip_rib_settings *settings);
/* No events any more. NULL is accepted. */
void trip_rib_free(struct trip_rib *rib);
void trip_rib_counters(const struct trip_rib *rib,
		       struct trip_rib_counters *out);

/* settings are copied. 0 or ERR_NOMEM. Freed with the rib. */
int trip_rib_peer_add(struct trip_rib *rib,
		      const struct trip_rib_peer_settings *settings,
		      struct trip_rib_peer **out);
/* Other settings; its session is to begin anew where they change what is taken
 * from it or told to it. */
void trip_rib_peer_change(struct trip_rib_peer *peer,
			  const struct trip_rib_peer_settings *settings);
/* With all its routes; freed. */
void trip_rib_peer_remove(struct trip_rib_peer *peer);
void *trip_rib_peer_owner(const struct trip_rib_peer *peer);
void trip_rib_peer_counters(const struct trip_rib_peer *peer,
			    struct trip_peer_counters *out);
/* Its session is established; open is what it sent. ours: the mode we are in.
 * 0 or ERR_NOMEM (then it is not up). */
int trip_rib_peer_up(struct trip_rib_peer *peer, const struct trip_open *open,
		     enum trip_mode ours);
/* Its session has ended: an external peer's routes go, an internal peer's stay
 * as long as it can be reached (6, 10.1, 5.10.3). */
void trip_rib_peer_down(struct trip_rib_peer *peer);

/* An UPDATE of an established peer, header checked: 0, ERR_SYNTAX (answer in
 * error), ERR_LIMIT (too many prefixes) or ERR_NOMEM; after all of which the
 * session is to be ended. */
int trip_rib_update(struct trip_rib_peer *peer, const uint8_t *msg, size_t len,
		    struct trip_error *error);
/* Write whole messages that the peer should get, as many as fit (w has room for
 * at least one of 4,096 octets). False when nothing is left to write. */
bool trip_rib_fill(struct trip_rib_peer *peer, struct wbuf *w);

/* When trip_rib_run is due next: monotonic ms, INT64_MAX when never. */
int64_t trip_rib_due_ms(const struct trip_rib *rib);
void trip_rib_run(struct trip_rib *rib);
/* After TripDisableTime, with all sessions down: sequence numbers of ours
 * begin anew. */
void trip_rib_renumber(struct trip_rib *rib);

/* A local route (10.5), set or replaced: NextHopServer and others from draft;
 * the paths are ours to make. 0, ERR_NOMEM, ERR_SPACE, ERR_INVAL (no
 * NextHopServer, or an address that its family does not allow). */
int trip_rib_set(struct trip_rib *rib, const struct trip_prefix *prefix,
		 struct trip_draft *draft);
/* 0 or ERR_NOTFOUND. */
int trip_rib_unset(struct trip_rib *rib, const struct trip_prefix *prefix);
void trip_rib_unset_all(struct trip_rib *rib);

typedef bool trip_view_fn(void *arg, const struct trip_view *view);
/* The Loc-TRIB below prefix (NULL: all), in order; false ends the walk. */
bool trip_rib_walk(const struct trip_rib *rib,
		   const struct trip_prefix *prefix, trip_view_fn *fn,
		   void *arg);
/* All candidates of exactly this destination. */
void trip_rib_candidates(const struct trip_rib *rib,
			 const struct trip_prefix *prefix, trip_view_fn *fn,
			 void *arg);
/* The selected route of the longest prefix of prefix->address: 0 or
 * ERR_NOTFOUND. out's members are borrowed until the next change. */
int trip_rib_lookup(const struct trip_rib *rib,
		    const struct trip_prefix *prefix, struct trip_view *out);
/* The set that all LSs of the ITAD have for this destination's selected route;
 * NULL when there is none. Borrowed. */
const struct trip_attrs *
trip_rib_selected(const struct trip_rib *rib, const struct trip_prefix *prefix);

#endif
