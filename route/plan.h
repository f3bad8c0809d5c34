/*
 * plan.h - the decision: which gateways one call is offered to, in what order
 *
 * One function decides for calls, for lcrctl route and for simulation, and it
 * explains itself: every gateway of every carrier becomes a candidate with its
 * price, or with the reason why it is left out. Steps (doc/routing.md):
 * (a) per carrier the longest prefix in force, (b) exclusions, (c) the price of
 * the expected call, (d) order of carriers, (e) gateways inside a carrier.
 */
#ifndef ROUTE_PLAN_H
#define ROUTE_PLAN_H

#include "base/arena.h"
#include "route/learnt.h"
#include "route/snapshot.h"
#include "tel/number_class.h"
#include "tel/porting.h"

#define PLAN_MAX_HOPS 16
#define PLAN_DURATION_S 180 /* of the expected call unless somebody says */

enum plan_exclusion {
	PLAN_NOT_EXCLUDED,
	PLAN_CARRIER_DISABLED,	/* by configuration */
	PLAN_CARRIER_NO_TARIFF,
	PLAN_NO_PREFIX,		/* the carrier does not sell this number */
	PLAN_NOT_SOLD,		/* a row says so */
	PLAN_NO_PRICE,		/* no amount could be computed */
	PLAN_BLOCKED,		/* by a row of blocks */
	PLAN_QUALITY,		/* below the carrier's own floor */
	PLAN_CURRENCY,		/* not the account's, and no exchange rate */
	PLAN_UNBILLABLE,	/* the account has no price for the number */
	PLAN_MARGIN,		/* below the account's minimum */
	PLAN_MARGIN_PERCENT,	/* likewise, of what the account pays */
	PLAN_LOSS,		/* more than the account allows */
	PLAN_GATEWAY_DISABLED,	/* by configuration */
	PLAN_GATEWAY_OFF,	/* by an operator */
	PLAN_UNREGISTERED,	/* this node must be there, and is not */
	PLAN_DOWN,		/* by what was observed (health.h) */
	PLAN_CLASS_DOWN,	/* likewise, for numbers of this class */
	PLAN_ON_TRIAL,		/* as many trial calls as may be */
	PLAN_CAPACITY,		/* all its channels are in use */
	PLAN_PAUSE,		/* it asked for a pause (Retry-After) */
	PLAN_CPS,		/* as many calls per second as it takes */
	PLAN_TRANSPORT,		/* it wants one that we have not */
	PLAN_INSECURE,		/* the account wants TLS, it has none */
	PLAN_MEDIA,		/* it takes nothing of what is offered */
	PLAN_CIRCUITS,		/* learnt: as many as it said are in use */
	PLAN_WITHDRAWN,		/* learnt, and told no more */
	PLAN_MAX_HOPS_REACHED,	/* enough better ones */
	PLAN_N_EXCLUSIONS,
};

/* "carrier is disabled", ...: for people and for JSON; NULL for the first. */
const char *plan_exclusion_text(enum plan_exclusion exclusion);

struct plan_query {
	const struct account *account; /* NULL: nobody pays, no margin rule */
	struct number number;
	struct porting porting;	       /* where to, as far as is known */
	struct number caller;	       /* for explanations; len 0 = not said */
	const char *caller_said;       /* likewise, as it was written; or NULL */
	bool hides;		       /* likewise: the caller wants privacy */
	uint32_t media;		       /* offered, tel/media.h; 0 = not known */
	time_us at;
	time_us now;		       /* for what was measured; 0 = at */
	int64_t duration_s;	       /* 0 = by durations and account */
	int64_t default_duration_s;    /* when these say nothing; 0 =
					* PLAN_DURATION_S */
	int32_t max_hops;	       /* 1..PLAN_MAX_HOPS, others = that */
	const struct learnt *learnt;   /* beside the snapshot; NULL: nothing */
	bool only_hops;		       /* candidates are the hops alone, as
					* far as there are any: for calls */
	bool takes_turn;	       /* a call: the next one has the next
					* turn. Otherwise nothing changes */
};

struct plan_candidate {
	const struct gateway *gateway;
	const struct carrier *carrier;
	enum plan_exclusion excluded;
	uint32_t rank;		       /* 1.. for those in the plan, else 0 */
	const struct learnt_offer *learnt; /* NULL: of the tables */
	const struct rate *rate;       /* row in force; NULL without */
	prefix_word prefix;	       /* told by a peer, else that of rate */
	prefix_word rate_prefix;       /* this and terms: of rate, if any */
	const struct rate_terms *terms;
	bool has_cost;		       /* a price could be computed */
	money_e8 cost;		       /* of the expected call, to 1e-8, in
					* the currency of the carrier */
	bool has_value;		       /* and there is an exchange rate */
	money_e8 value;		       /* cost in the plan's currency */
};

struct plan {
	const struct plan_candidate *candidates; /* in the arena: the plan in
				* order first, then the excluded ones */
	size_t n_candidates, n_hops;
	bool has_sell;		       /* the account pays, and has a price */
	money_e8 sell;		       /* of the expected call, to 1e-8 */
	prefix_word sell_prefix;
	const char *currency;	       /* of sell and values; "" when nobody's */
	int64_t duration_s;	       /* of the expected call */
	enum number_class class;
};

/*
 * Decide. The order is total and depends on nothing but the snapshot, the
 * query and the states of gateways, carriers and account. Everything in *out lives in arena and points
 * into the snapshot: keep a reference. Returns 0 with n_hops >= 1; ERR_NOROUTE
 * (candidates say why); ERR_NOPRICE (the account's tariff has no price for the
 * number: it could not be billed; n_hops is 0); ERR_NOMEM. out is filled in
 * for the first three.
 */
int plan_make(const struct snapshot *snapshot, const struct plan_query *query,
	      struct arena *arena, struct plan *out);

/*
 * One hop, looked at again when its turn has come: the plan was made a while
 * ago. What the account pays stays what it was; the cost is that of a call
 * that begins now.
 */
struct plan_hop {
	const struct account *account; /* NULL: nobody pays */
	const struct number *number, *routing; /* len 0: not ported */
	uint32_t media;		       /* likewise */
	const struct carrier *carrier;
	const struct gateway *gateway;
	bool is_learnt, is_unpriced;   /* of the candidate */
	const struct learnt *learnt;   /* as it is now; of learnt ones */
	prefix_word prefix;	       /* likewise: by which it was found */
	enum number_class class;       /* plan.class */
	int64_t duration_s;	       /* plan.duration_s */
	bool has_sell;		       /* plan.has_sell */
	money_e8 sell;		       /* plan.sell */
	time_us now;
};

/* PLAN_NOT_EXCLUDED, or why the hop is passed over. Allocates nothing. */
enum plan_exclusion plan_check_hop(const struct snapshot *snapshot,
				   const struct plan_hop *hop);

/*
 * The number as a gateway wants it: in its format, where national means with
 * plan's national or international prefix; then strip digits off, and prefix
 * in front, behind the "+" of those that have one. Always from the number as
 * normalised. What is known of its porting (NULL: nothing) goes behind it as
 * RFC 4694 says, or in its place, where the gateway wants that. out[cap]; 0 or
 * ERR_SPACE.
 */
int plan_gateway_user(const struct gateway *gateway,
		      const struct dial_plan *plan,
		      const struct number *number,
		      const struct porting *porting, char *out, size_t cap);
/* Likewise the caller's number; caller_format is not FORMAT_PRESET. */
int plan_gateway_caller(const struct gateway *gateway,
			const struct dial_plan *plan,
			const struct number *number, char *out, size_t cap);

#endif
