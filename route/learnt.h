/*
 * learnt.h - routes that were told by neighbours, beside the tables
 *
 * A snapshot is loaded whole; what peers announce and withdraw (TRIP) changes
 * all the time and one by one. It is kept in a book that one thread writes, and
 * read from versions: immutable, counted, made from the last one by copying what
 * has changed. Workers have a version each and get the next one by mail.
 *
 * Whose routes they are is a carrier's name: what it is worth is found in the
 * snapshot of a plan. A gateway that is learnt is one that is in no table; it
 * has a state of its own, which outlives its routes for a while, so that one
 * that comes and goes is not forgotten.
 */
#ifndef ROUTE_LEARNT_H
#define ROUTE_LEARNT_H

#include "base/clock.h"
#include "route/gateway_state.h"
#include "route/snapshot.h"

#define LEARNT_GATEWAYS_MAX 4096
#define LEARNT_OFFERS_MAX 32	  /* to one prefix */
#define LEARNT_GATEWAY_ID (1U << 31) /* above those of the tables */

/* Whom a route is from, as it is configured. */
struct learnt_source {
	const char *carrier;
	bool sells_unpriced; /* also what its tariff has no price for */
	int32_t priority;    /* among the carrier's gateways */
};

/* A way to reach a prefix. */
struct learnt_offer {
	const struct gateway *gateway;
	const struct learnt_source *source; /* borrowed for the book's life */
	uint32_t preference;	 /* the higher first */
	int32_t circuits;	 /* calls it may have in all; -1: not told */
	int32_t success_percent; /* of its calls, as it says; -1: not told */
};

/* All ways to one prefix, in order. */
struct learnt_set;
size_t learnt_set_n(const struct learnt_set *set);
const struct learnt_offer *learnt_set_at(const struct learnt_set *set,
					 size_t i);

/* --- reading, from any thread --- */

struct learnt;

struct learnt *learnt_ref(struct learnt *learnt);
/* NULL is accepted. Frees nothing: that is the writer's. */
void learnt_unref(struct learnt *learnt);

struct learnt_match {
	prefix_word prefix;
	const struct learnt_set *set;
};
/* The prefixes of a number that are there, the longest first; their number.
 * Good as long as the reference. */
size_t learnt_find(const struct learnt *learnt, const struct number *number,
		   struct learnt_match out[PREFIX_MAX + 1]);
/* The offer of a gateway at exactly this prefix, NULL when there is none. */
const struct learnt_offer *learnt_find_offer(const struct learnt *learnt,
					     prefix_word prefix,
					     const struct gateway *gateway);

/* Whether a gateway that is in no table has this address, whatever the port, and
 * routes or calls; of those that are host names nothing is known here. learnt
 * may be NULL. */
bool learnt_has_addr(const struct learnt *learnt, const struct addr *addr);

/* Keep a gateway that was found in a version, beyond that version. Gateways of
 * tables are accepted: the snapshot keeps those. */
void learnt_gateway_hold(const struct gateway *gateway);
void learnt_gateway_release(const struct gateway *gateway);
bool learnt_gateway_is(const struct gateway *gateway);

/* --- writing, in one thread --- */

struct learnt_book;

struct learnt_counters {
	size_t n_routes, n_sets, n_gateways, n_versions;
	uint64_t versions, changes, refused; /* refused: too many gateways */
};

/* 0, ERR_NOMEM, ERR_IO. clock is borrowed. */
int learnt_book_new(const struct clock *clock, struct learnt_book **out);
/* No version and no gateway is in use any more. NULL is accepted. */
void learnt_book_free(struct learnt_book *book);

/*
 * The gateway behind a server ("host", "host:port", "[IPv6]:port") for a
 * carrier, made when it is new: 0, ERR_SYNTAX (not a host as gateway_uri.h has
 * them), ERR_LIMIT (too many) or ERR_NOMEM. Good until the next call of
 * learnt_book_reap, or as long as an offer with it is in the book.
 */
int learnt_book_gateway(struct learnt_book *book, struct str server,
			const char *carrier, const struct gateway **out);
/* From the next version on the prefix is reached by these, in this order (n 0:
 * not any more): 0, or ERR_NOMEM, and it stays as it is. */
int learnt_book_put(struct learnt_book *book, prefix_word prefix,
		    const struct learnt_offer *offers, size_t n);
/* A version of what is there now, borrowed: reference it. NULL when there is no
 * memory: the last one stays the newest. */
struct learnt *learnt_book_publish(struct learnt_book *book);
/* Whether there may be changes that no version has. */
bool learnt_book_has_changed(const struct learnt_book *book);
/* Free what no version in use needs, and gateways without routes and calls after
 * a while. Returns whether older versions are still in use. */
bool learnt_book_reap(struct learnt_book *book);
/* What is measured of gateways counts for these carriers. snapshot is borrowed
 * until the next call; NULL: for none. */
void learnt_book_bind(struct learnt_book *book,
		      const struct snapshot *snapshot);
void learnt_book_counters(const struct learnt_book *book,
			  struct learnt_counters *out);

typedef void learnt_gateway_fn(void *arg, const struct gateway *gateway,
			       const char *carrier, size_t n_sets);
/* All gateways, in no order. */
void learnt_book_each(const struct learnt_book *book, learnt_gateway_fn *fn,
		      void *arg);
/* The same in the order of names: 0 or ERR_NOMEM. */
int learnt_book_gateways(const struct learnt_book *book, learnt_gateway_fn *fn,
			 void *arg);

#endif
