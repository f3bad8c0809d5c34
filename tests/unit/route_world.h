/*
 * route_world.h - random price lists, carriers and gateways, and an oracle
 *
 * The oracle answers from the rules as people read them: a linear search over
 * all rows, prefixes compared as text, a call priced increment by increment,
 * carriers ordered by asking each pair. It shares no code with route/ or
 * tel/tariff, only zone_local for local time.
 */
#ifndef TESTS_UNIT_ROUTE_WORLD_H
#define TESTS_UNIT_ROUTE_WORLD_H

#include "db/store.h"
#include "route/plan.h"

#define WORLD_TARIFFS 7
#define WORLD_RATES 220
#define WORLD_CARRIERS 7
#define WORLD_GATEWAYS 12
#define WORLD_ACCOUNTS 10
#define WORLD_EXCHANGES 8
#define WORLD_CURRENCIES 3
#define WORLD_BLOCKS 16
#define WORLD_RULES 8	/* durations */
#define WORLD_PORTED 12
#define WORLD_MEDIA 7	/* words of tel/media.h */
#define WORLD_EVENTS 90 /* per carrier, of which quality is made */

/* No two of the weekly ones overlap. */
enum world_band { WORLD_ALWAYS, WORLD_OFFICE, WORLD_NIGHT, WORLD_WEEKEND,
		  WORLD_HOLIDAYS, WORLD_N_BANDS };

struct world_tariff {
	char name[16];
	const char *currency; /* one of world_currencies */
	bool in_berlin; /* else UTC */
	bool by_ported;
};

struct world_rate {
	int tariff;
	char prefix[8];
	bool is_sold;
	int64_t per_min, fee; /* 1e-8 */
	int first, increment, grace, from;
	enum world_band band;
	int64_t valid_from, valid_until; /* INT64_MIN, INT64_MAX: open */
};

struct world_carrier {
	char name[16];
	int tariff; /* -1 = none */
	int priority, weight;
	bool enabled;
	int min_asr, min_acd; /* -1 = none */
	struct world_event {
		time_us at; /* ascending */
		bool is_attempt, is_answered;
		int value; /* delay in ms, -1 = none; duration in s */
	} events[WORLD_EVENTS];
	int n_events;
	uint64_t turn, later_turn;
};

struct world_gateway {
	char name[16], uri[40];
	int carrier;
	int priority, weight, capacity; /* capacity -1 = unlimited */
	int pending, answered;
	int cps;	/* -1 = unlimited */
	int calls_sent; /* at once, at world->now */
	int health, trials; /* enum health_state */
	int class_health;   /* of numbers of world->class */
	int pause_s;	/* from then on; 0 = none */
	bool enabled, is_off, has_transport, is_tls, is_registered;
	int registers; /* enum gateway_registers */
	bool takes[WORLD_MEDIA];
};

struct world_account {
	char name[16];
	int tariff; /* -1 = none */
	enum route_strategy strategy;
	bool has_margin, has_percent, has_loss;
	int64_t margin, percent, loss, tolerance; /* 1e-8 */
	int expected_s;				  /* 0 = not said */
	int shares[WORLD_CARRIERS];		  /* -1 = no row */
	uint64_t turn;
	bool is_secure;
};

struct world_exchange {
	const char *from, *to;
	int64_t rate, day; /* since 1970-01-01 */
};

struct world_rule {
	int account, carrier; /* -1 = all */
	char prefix[8];
	int class; /* -1 = all */
	int seconds;
	bool is_allowed; /* of a block, as until: exclusive */
	time_us until;
};

/* A number that was ported. */
struct world_ported {
	char number[8], routing[8];
};

struct world {
	uint64_t seed;
	struct zone *berlin;
	struct world_tariff tariffs[WORLD_TARIFFS];
	struct world_rate rates[WORLD_RATES];
	int n_rates;
	struct world_carrier carriers[WORLD_CARRIERS];
	struct world_gateway gateways[WORLD_GATEWAYS];
	struct world_account accounts[WORLD_ACCOUNTS];
	struct world_exchange exchanges[WORLD_EXCHANGES];
	struct world_rule blocks[WORLD_BLOCKS], durations[WORLD_RULES];
	struct world_rule measured[WORLD_RULES];
	struct world_ported ported[WORLD_PORTED];
	int n_exchanges, n_blocks, n_durations, n_measured, n_ported;
	time_us now; /* when states are looked at */
};

/* 0 or an error of zone_new. */
int world_init(struct world *world, uint64_t seed);
void world_fini(struct world *world);
/* Some instant and some number, of those where it matters. */
time_us world_time(struct world *world);
void world_number(struct world *world, struct number *out);
/* The same price lists by pricebook_build; tariff i is index i. */
int world_build(const struct world *world, struct pricebook **out);
/* All of it into an empty store; ids of carriers and gateways descend. */
int world_store(const struct world *world, struct store *store);
int world_gateway_id(int gateway);
int world_carrier_id(int carrier);
/* What the world knows of gateways, carriers and accounts, into their states,
 * which are those of a snapshot of it. */
int world_set_states(const struct world *world, struct gateway_states *states);

/* The row in force of the longest prefix that has one; NULL for none. */
const struct world_rate *world_find(const struct world *world, int tariff,
				    const char *number, time_us t);
/* The cost of a call under the rows of rate's prefix, or false. */
bool world_price(const struct world *world, const struct world_rate *rate,
		 time_us answer, int64_t duration_s, int64_t *out);

struct world_candidate {
	enum plan_exclusion excluded;
	const struct world_rate *rate; /* NULL for none */
	bool has_cost, has_value;
	int64_t cost, value;
};

struct world_plan {
	int err; /* 0, ERR_NOROUTE, ERR_NOPRICE */
	int hops[WORLD_GATEWAYS], n_hops;
	struct world_candidate candidates[WORLD_GATEWAYS]; /* by gateway */
	bool has_sell;
	int64_t sell, duration_s;
};

/* A call: account -1 = nobody, duration_s 0 = by the rules. */
struct world_call {
	int account;
	const char *number;
	time_us at;
	int64_t duration_s;
	int max_hops;
	bool offers[WORLD_MEDIA]; /* of world_media */
};

extern const char *const world_currencies[WORLD_CURRENCIES];
extern const char *const world_media[WORLD_MEDIA];
/* Words that are set, as a gateway's column has them; returns out. */
const char *world_media_text(const bool *words, char out[64]);
extern const char *const world_registers[];
/* The routing number of a number that was ported, else NULL. */
const char *world_routing(const struct world *world, const char *number);
void world_decide(const struct world *world, const struct world_call *call,
		  struct world_plan *out);

#endif
