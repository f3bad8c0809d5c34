/*
 * timers.h - a timer wheel: many timers, cheap to start and to cancel
 *
 * A timer is a member of its owner; the owner cancels it before it goes away.
 * A timer fires at most once per start, never before its due time and never
 * from within timer_start; after timer_cancel it does not fire.
 */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer;
typedef void timer_fn(struct timer *timer, void *arg);

struct timer {
	struct timer *next, **link; /* link NULL: not started */
	int64_t due_ms;
	timer_fn *fn;
	void *arg;		    /* given to fn */
};

#define TIMERS_LEVELS 4
#define TIMERS_SLOTS 256

/* Four levels of 256 slots, 4 ms wide at the lowest: 198 days ahead; what is
 * due later waits in the last slot and is sorted again. */
struct timers {
	int64_t now_tick;
	size_t n;
	struct timer *expired; /* taken out of the slots, about to fire */
	int64_t soonest_ms;    /* the least due_ms given to timer_start since
				* the owner set this (INT64_MAX): whether
				* timers_next_ms needs to be asked again */
	uint64_t used[TIMERS_LEVELS][TIMERS_SLOTS / 64]; /* slots not empty */
	struct timer *slot[TIMERS_LEVELS][TIMERS_SLOTS];
};

void timers_init(struct timers *timers, int64_t now_ms);
/* Set once before the first start. */
void timer_init(struct timer *timer, timer_fn *fn, void *arg);
/* (Re)start to fire at due_ms; one in the past fires at the next run. */
void timer_start(struct timers *timers, struct timer *timer, int64_t due_ms);
/* No-op when it is not running. */
void timer_cancel(struct timers *timers, struct timer *timer);
bool timer_is_running(const struct timer *timer);
/* Fire all that are due at now_ms, to the millisecond and in order of ticks.
 * Callbacks may start and cancel any timer; one they start fires in a later
 * run, even when it is due already. Not to be called from a callback. */
void timers_run(struct timers *timers, int64_t now_ms);
/* Milliseconds from now_ms until timers_run should be called (0 = at once),
 * or -1 when no timer runs. May be early, never late. */
int64_t timers_next_ms(const struct timers *timers, int64_t now_ms);

#endif
