/*
 * route_world_private.h - what the maker of worlds and the oracle both know
 */
#ifndef TESTS_UNIT_ROUTE_WORLD_PRIVATE_H
#define TESTS_UNIT_ROUTE_WORLD_PRIVATE_H

#include <stdint.h>

#include "tests/unit/route_world.h"

#define WORLD_CENT INT64_C(1000000)

/* Local days since 1970-01-01: of every tariff, and of tariff 0 alone. */
extern const int64_t world_common_holiday;
extern const int64_t world_own_holiday;
/* The class of numbers that some blocks and failures are about. */
extern const enum number_class world_class;

/* Random choices of a world. */
int64_t world_below(struct world *world, int64_t n);
bool world_one_in(struct world *world, int64_t n);
/* Few digits, so that prefixes meet. */
void world_put_digits(struct world *world, char *out, int64_t n,
		      int64_t n_digits);
/* Exchange rates, blocks, durations, shares and what was measured: made, and
 * the first four stored. Accounts and carriers are there. */
void world_make_rules(struct world *world);
int world_store_rules(const struct world *world, struct store *store);
int world_insert(struct store *store, const char *sql,
		 const struct store_value *values, size_t n);
struct store_value world_reference(int i);
struct store_value world_time_or_null(int64_t t);
/* "YYYY-MM-DD" of a day since 1970-01-01. */
void world_date(int64_t day, char out[16]);

/* One call that is to be planned. */
struct world_asked {
	int account;
	const char *number, *currency;
	time_us at;
};

/* In route_oracle_rules.c. The tables of classes have tests of their own. */
enum number_class world_class_of(const char *digits);
/* Whether the call may not be made, or not with this carrier. */
bool world_is_blocked(const struct world *world,
		      const struct world_asked *asked, int carrier);
/* How long a call is expected to last, in seconds. */
int64_t world_expect(const struct world *world, int account,
		     const char *number);
/* False without an exchange rate, also by way of another currency. */
bool world_convert(const struct world *world, const char *from, const char *to,
		   time_us at, int64_t amount, int64_t *out);

/* The order of hops, and what lies behind the last, from candidates. Of each
 * carrier: whether it takes the call, and its cost in the plan's currency. */
void world_order(const struct world *world, int account, int max_hops,
		 struct world_plan *plan, const bool *takes,
		 const int64_t *value);
/* The carrier's measured percentage of answered attempts, average duration in
 * s and delay in ms; -1 when there are too few. */
void world_quality(const struct world *world, int carrier, int out[3]);

#endif
