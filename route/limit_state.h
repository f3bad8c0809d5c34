/*
 * limit_state.h - what an account has used up of a limit, over all workers
 *
 * One struct per account, class and trunk, kept across snapshots, so a reload forgets
 * nothing. Calls are counted while they go on; their minutes and their price
 * go into slots of 10 minutes (the last hour) and of 2 hours (the last day), a
 * running call's as it runs. A window is never shorter than it says: it ends
 * up to one slot later. Small locks, no allocation after limit_states_get; may
 * be called from any thread.
 */
#ifndef ROUTE_LIMIT_STATE_H
#define ROUTE_LIMIT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "tel/money.h"

enum limit_kind {
	LIMIT_NONE,
	LIMIT_CPS,
	LIMIT_CHANNELS,
	LIMIT_CALLS,
	LIMIT_MINUTES_HOUR,
	LIMIT_MINUTES_DAY,
	LIMIT_SPEND_HOUR,
	LIMIT_SPEND_DAY,
	LIMIT_HOURS,  /* outside of working hours */
	LIMIT_PREFIX, /* barred */
	LIMIT_N_KINDS,
};

/* -1 = no bound. */
struct limit_bounds {
	int32_t channels, cps;
	int64_t calls, window_s; /* calls admitted within window_s */
	int64_t minutes_hour, minutes_day;
	money_e8 spend_hour, spend_day;
	int32_t warn_percent; /* of a bound; 0 = never */
};

/* What is in use, by kind: calls, minutes begun, 1e-8 units; LIMIT_CPS and
 * those behind LIMIT_SPEND_DAY are always 0. */
struct limit_usage {
	int64_t used[LIMIT_N_KINDS];
};

/* What one call holds of the states it counts in. All zero: nothing. */
#define LIMIT_USE_MAX 6 /* all, near or far, its class: of account and trunk */

struct limit_state;

struct limit_use {
	struct limit_state *states[LIMIT_USE_MAX];
	uint8_t n, n_priced; /* the first n_priced have expected */
	bool is_answered;
	int64_t expected_us, start_us[LIMIT_USE_MAX];
	money_e8 expected;   /* price of expected_us */
	money_e8 per_minute; /* by it */
};

/* What came of asking a state. */
struct limit_answer {
	enum limit_kind kind; /* the bound that is reached, or LIMIT_NONE */
	bool is_news;	      /* for the first time since it was free */
	enum limit_kind warn; /* another one that is near, for the first time */
	int64_t used;	      /* of kind, else of warn */
};

struct limit_states;

/* clock is borrowed, and shared by all threads. 0 or ERR_NOMEM. */
int limit_states_new(const struct clock *clock, struct limit_states **out);
void limit_states_free(struct limit_states *states);
/* The state of an account (its id) in a class, by a trunk ("" = any way), made
 * when new: 0 or ERR_NOMEM.
 * The pointer is good until limit_states_free. */
int limit_states_get(struct limit_states *states, uint32_t account,
		     uint32_t class, const char *trunk,
		     struct limit_state **out);

/* Whether calls may begin at this hour: they need no bound for it. */
struct limit_answer limit_hours(struct limit_state *state, bool are_open);
/* A new call: count it in, unless a bound is reached and force is false. */
struct limit_answer limit_enter(struct limit_use *use,
				struct limit_state *state,
				const struct limit_bounds *bounds, bool force);
/* Its price is known (price of expected_us, above 0; the same for all states):
 * count it in the next state of use, unless minutes or money do not allow for
 * it and force is false. */
struct limit_answer limit_price(struct limit_use *use,
				const struct limit_bounds *bounds, bool force,
				money_e8 price, int64_t expected_us);
/* From now on it costs. */
void limit_talk(struct limit_use *use);
/* The call is over; use is empty then. Also of an empty one. */
void limit_leave(struct limit_use *use);
void limit_state_usage(struct limit_state *state,
		       const struct limit_bounds *bounds,
		       struct limit_usage *out);
/* "channels", "minutes_hour", ...: NULL for LIMIT_NONE. */
const char *limit_kind_text(enum limit_kind kind);

#endif
