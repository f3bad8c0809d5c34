/*
 * rib_private.h - what the files of the rib share
 *
 * rib_in.c takes messages apart, rib_decide.c selects (phases 1 and 2),
 * rib_own.c gives what is selected to rib_flood.c, which tells other LSs of the
 * ITAD, and rib_out.c external peers (phase 3), gateway.c merges gateways'
 * routes, topology.c knows who is reachable.
 */
#ifndef TRIP_RIB_PRIVATE_H
#define TRIP_RIB_PRIVATE_H

#include "trip/rib.h"

/* Bounds what strangers inside the ITAD can make us keep. */
#define TRIP_ORIGINATORS_MAX 1024

enum trip_source_kind { TRIP_FROM_PEER, TRIP_FROM_HERE, TRIP_FROM_LS };

/* Whose Adj-TRIB-In: an external peer's, ours of local routes, or that of an
 * LS in our ITAD, by originator. */
struct trip_source {
	enum trip_source_kind kind;
	struct trip_rib_peer *peer; /* TRIP_FROM_PEER */
	uint32_t id;		    /* TRIP Identifier */
	struct trip_link routes;
	size_t n_routes, n_rejected;
	/* TRIP_FROM_LS and our own: ITAD Topology (5.10) */
	struct trip_link of_rib;
	bool has_topology, is_reachable;
	uint32_t topology_seq, topology_session;
	uint64_t topology_version; /* grows with every change anywhere */
	uint32_t *neighbours;
	size_t n_neighbours;
};

/* Kinds of intervals: routes from outside, and from our own ITAD. */
enum trip_hold { TRIP_HOLD_FOREIGN, TRIP_HOLD_OWN, TRIP_N_HOLDS };

/* What one external peer was told of one destination. */
struct trip_out {
	struct trip_out *next;	 /* of the destination */
	struct trip_dest *dest;
	struct trip_rib_peer *peer;
	struct trip_attrs *attrs; /* counted; NULL: not advertised */
	struct trip_link link;	 /* idle or pending */
	struct trip_link hold;	 /* told recently: in a queue by due_ms */
	int64_t due_ms;
	bool is_pending, is_dirty; /* dirty: look again when the hold ends */
	/* where prefixes are aggregated: */
	bool is_aggregate;	  /* of the prefixes one digit longer */
	bool is_released;	  /* its aggregate is no more: tell it at once */
	struct trip_attrs *whole; /* counted; told unless an aggregate is */
};

struct trip_rib_peer {
	struct trip_rib *rib;
	struct trip_link of_rib;
	struct trip_rib_peer_settings set;
	bool is_up, is_internal, may_send;
	uint32_t session;	 /* number of the current session */
	struct trip_open open;
	struct trip_source source; /* external */
	/* to internal peers */
	struct trip_link *cursor; /* next in the flood list; its head: none */
	uint64_t topology_sent;
	/* to external peers */
	struct trip_link idle, pending, hold[TRIP_N_HOLDS];
	size_t n_advertised;
	uint64_t loops, ignored;
};

struct trip_rib {
	struct trip_rib_settings set;
	const struct clock *clock;
	struct trip_rib_events events;
	struct trip_attrs_table table;
	struct trip_tree tree;
	struct trip_link peers, sources; /* sources: of other LSs */
	size_t n_sources;
	struct trip_source local, self;
	struct trip_link flood;		 /* in order of the last change */
	struct trip_link hold[TRIP_N_HOLDS]; /* ours, told recently */
	struct trip_link purge_own, purge_others;
	uint64_t topology_version;
	int64_t check_ms; /* look for unreachable LSs then; INT64_MAX: no */
	uint32_t seq_floor; /* the highest number of ours that was forgotten */
	uint32_t n_sessions;
	size_t n_selected;
	uint64_t decisions, starved;
	bool is_exhausted;
	bool has_internal; /* LSs to flood to are configured */
	struct trip_draft draft;    /* for one step at a time */
	struct trip_update update;
};

int64_t trip_rib_now(const struct trip_rib *rib);
bool trip_route_is_candidate(const struct trip_route *route);
/* The ITAD a route came from: the first of its path, else its peer's. */
uint32_t trip_route_neighbour(const struct trip_rib *rib,
			      const struct trip_route *route);
/* The route of source for dest, or NULL. */
struct trip_route *trip_dest_route(const struct trip_dest *dest,
				   const struct trip_source *source);
void trip_rib_view(const struct trip_rib *rib, const struct trip_route *route,
		   struct trip_view *out);

/* --- rib_decide.c --- */

/* Phases 1 and 2 for one destination, and all that follows from the result.
 * touched: the route whose attributes have changed, or NULL. May free dest. */
void trip_rib_decide(struct trip_rib *rib, struct trip_dest *dest,
		     const struct trip_route *touched);
/* Frees dest when nothing is known of it any more. */
void trip_dest_tidy(struct trip_rib *rib, struct trip_dest *dest);

/* --- rib_in.c --- */

/* Put or replace a route; takes over attrs. NULL: no memory (attrs is gone
 * too). The caller decides. */
struct trip_route *trip_route_put(struct trip_rib *rib,
				  struct trip_source *source,
				  struct trip_dest *dest,
				  struct trip_attrs *attrs, unsigned flags);
/* Takes a route out, decides, frees. */
void trip_route_drop(struct trip_rib *rib, struct trip_route *route);
void trip_source_clear(struct trip_rib *rib, struct trip_source *source);
/* Whether a more specific route of the source is rejected (10.2.4). */
bool trip_route_is_shadowed(struct trip_rib *rib, struct trip_source *source,
			    struct trip_dest *dest);
/* Add or take away our AtomicAggregate on shorter prefixes of the source. */
void trip_route_shadow_above(struct trip_rib *rib, struct trip_source *source,
			     struct trip_dest *dest);

/* --- rib_flood.c --- */

/* To the end of the list: it has changed. */
void trip_flood_touch(struct trip_rib *rib, struct trip_flood_route *route);
/* Out of list and timers. */
void trip_flood_remove(struct trip_rib *rib, struct trip_flood_route *route);
/* Into a queue of those that are looked at after so long, out of any other. */
void trip_flood_queue(struct trip_rib *rib, struct trip_flood_route *route,
		      struct trip_link *head, int64_t after_ms);
/* WithdrawnRoutes and ReachableRoutes of an internal peer: 0 or ERR_NOMEM. */
int trip_flood_receive(struct trip_rib_peer *peer,
		       const struct trip_update *update);
bool trip_flood_fill(struct trip_rib_peer *peer, struct wbuf *w);
void trip_flood_run(struct trip_rib *rib);

/* --- rib_own.c --- */

/* Our own flooded route of dest shall have these attributes (NULL: none);
 * kind: where it is from. */
void trip_flood_own(struct trip_rib *rib, struct trip_dest *dest,
		    struct trip_attrs *wanted, enum trip_hold kind);
/* 10.1.6: somebody has a version of our route that we do not know. */
void trip_flood_take_own(struct trip_rib *rib, struct trip_dest *dest,
			 uint32_t seq);
/* Our own route of dest is forgotten. */
void trip_flood_free_own(struct trip_rib *rib, struct trip_dest *dest);

/* --- topology.c --- */

/* The LS with this identifier, made when there is none; NULL: no memory or too
 * many. */
struct trip_source *trip_source_get(struct trip_rib *rib, uint32_t id);
struct trip_source *trip_source_find(struct trip_rib *rib, uint32_t id);
/* Routes of all LSs but us, with those that are withdrawn. */
size_t trip_source_n_routes(const struct trip_rib *rib);
/* Our internal peers have changed. */
void trip_topology_own(struct trip_rib *rib);
int trip_topology_receive(struct trip_rib_peer *peer,
			  const struct trip_list *list);
/* One message, if there is a topology that the peer does not have. */
bool trip_topology_fill(struct trip_rib_peer *peer, struct wbuf *w);
/* LSs that became known by their routes alone have to be reachable by now. */
void trip_topology_run(struct trip_rib *rib);
void trip_source_free(struct trip_rib *rib, struct trip_source *source);

/* --- rib_out.c --- */

/* The Loc-TRIB has changed there. */
void trip_out_changed(struct trip_rib *rib, struct trip_dest *dest);
void trip_out_peer_up(struct trip_rib_peer *peer);
void trip_out_peer_down(struct trip_rib_peer *peer);
bool trip_out_fill(struct trip_rib_peer *peer, struct wbuf *w);
void trip_out_run(struct trip_rib_peer *peer);

/* The entry of a destination, made when there is none; NULL: no memory. */
struct trip_out *trip_out_get(struct trip_rib_peer *peer,
			      struct trip_dest *dest);
void trip_out_enqueue(struct trip_out *out);

/* --- rib_aggregate.c --- */

/* What the peer is to be told of this entry, where own is what it would be by
 * itself (taken over; NULL: nothing): counted, or NULL. *again: it stays what
 * it is, and is to be looked at once more behind those that are enqueued. */
struct trip_attrs *trip_aggregate_look(struct trip_out *out,
				       struct trip_attrs *own, bool *again);

/* --- gateway.c --- */

/* What routes of gateways to the same destination look like from outside the
 * LS that receives them: 5140 4.2, 4.3, 7.1. Changes draft, which is a copy of
 * best's attributes. */
void trip_gateway_merge(const struct trip_rib *rib,
			const struct trip_dest *dest,
			const struct trip_route *best,
			struct trip_draft *draft);
bool trip_route_is_gateway(const struct trip_route *route);

#endif
