/*
 * plan_private.h - what the steps of a decision hand on; private to route/
 */
#ifndef ROUTE_PLAN_PRIVATE_H
#define ROUTE_PLAN_PRIVATE_H

#include "route/plan.h"

/* What one tariff asks for the expected call. */
struct offer {
	enum plan_exclusion excluded; /* NO_PREFIX, NOT_SOLD, NO_PRICE, or 0 */
	money_e8 amount;              /* unless excluded */
};

/* One offer of a peer. */
struct learnt_pick {
	const struct learnt_offer *offer;
	const struct carrier *carrier;
	prefix_word prefix;
	struct learnt_pick *next; /* of the choice */
};

/* One carrier; twice where what it has no price for may be sold as well. */
struct choice {
	const struct carrier *carrier;
	uint32_t index;			 /* of it */
	bool is_unpriced;		 /* only learnt ones, and free */
	struct learnt_pick *learnt;	 /* by priority */
	const struct price_match *match; /* NULL without a tariff */
	enum plan_exclusion excluded;    /* of all its gateways */
	bool has_cost, has_value;
	money_e8 cost, value; /* in its and in the plan's currency */
};

/* One gateway. */
struct pick {
	const struct gateway *gateway;
	const struct choice *choice;
	enum plan_exclusion excluded;
	const struct learnt_pick *learnt; /* NULL: of the tables */
};

typedef unsigned __int128 rank_key;

/* Smallest first: by group, then by key. */
struct ranked {
	uint64_t group;
	rank_key key;
	const struct choice *choice;
};

struct decision {
	const struct snapshot *snapshot;
	const struct plan_query *query;
	time_us now;
	enum number_class class;
	int64_t duration_us;
	const struct tariff *base;   /* its currency is the plan's */
	struct price_match *matches; /* of each tariff that carriers have, and
				      * room for those of a routing number */
	struct offer *offers;        /* likewise */
	struct choice *choices;      /* carriers, by name */
	size_t n_choices;
	struct learnt_pick *learnt; /* in the order they were found */
	size_t n_learnt;
	struct ranked *order; /* those that are not excluded; a heap */
	size_t n_order;
	struct pick *picks; /* hops, then the others reversed */
	size_t n_picks, n_hops, n_excluded;
	uint32_t *weights;  /* room for one of each gateway or carrier */
	uint32_t *places;   /* likewise */
	struct plan_candidate *candidates;
};

/* In plan_price.c: (a), (c). */

/* How long the call is expected to last, in seconds. */
int64_t plan_expect(const struct snapshot *snapshot,
		    const struct plan_query *query);
/* Seconds as microseconds; what no tariff can price stays so. */
int64_t plan_duration_us(int64_t seconds);
/* The one of both numbers that a tariff rates by; routing of len 0: it was not
 * ported. */
const struct number *plan_rated_number(const struct pricebook *book,
				       uint32_t tariff,
				       const struct number *number,
				       const struct number *routing);
/* PLAN_NO_PREFIX, PLAN_NOT_SOLD or PLAN_NOT_EXCLUDED. */
enum plan_exclusion plan_sells(const struct price_match *match);
/* The price of the expected call in a tariff, exact. */
struct offer plan_price(const struct pricebook *book,
			const struct price_match *match, time_us at,
			int64_t duration_us);
/* Why a cost is too much for what the account pays, both in one currency. */
enum plan_exclusion plan_check_margin(const struct account *account,
				      money_e8 sell, money_e8 cost);

/* In plan_learnt.c: what peers told. */

/* Most offers of peers that one plan looks at. */
#define PLAN_LEARNT_MAX 64

/* The offers for the number into d->learnt: of each carrier those with the
 * longest prefix. 0 or ERR_NOMEM. */
int plan_learnt_collect(struct decision *d, struct arena *arena);
/* Carriers have been chosen by price: give them their offers. Adds choices,
 * for which there is room, where an offer needs no price. */
void plan_learnt_attach(struct decision *d);
/* (b) of one offer. */
enum plan_exclusion plan_look_at_offer(const struct learnt_offer *offer,
				       const struct carrier *carrier);

/* In plan_order.c: (d). */

/* Rank those in d->order. Draws from the account's turns. */
void plan_order(struct decision *d);
/* Take the first out of what plan_order has ranked; NULL: none is left. Few of
 * many carriers become hops, so no more are sorted than are asked for. */
const struct choice *plan_order_take(struct decision *d);

/* In plan_gateways.c: (e), and (b) of single gateways. */

/* What of a call a gateway is looked at for. */
struct plan_look {
	const struct account *account; /* NULL: nobody pays */
	enum number_class class;
	uint32_t media;
	time_us now;
};

enum plan_exclusion plan_look_at_gateway(const struct gateway *gateway,
					 const struct plan_look *look);
/* All gateways into the picks: those of d->order first. */
void plan_pick(struct decision *d);

#endif
