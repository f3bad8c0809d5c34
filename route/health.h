/*
 * health.h - whether a gateway works: up, probing or down, and why
 *
 * Any thread notes what happened to calls and probes; one thread, the watcher,
 * looks at it now and then (health_tick) and is the only one to change the
 * state. Up goes down when too many calls of the last window failed or probes
 * stayed unanswered; down becomes probing when the back-off is over and, where
 * there are probes, one was answered; probing lets few calls through, twice as
 * many each second that none fails, until it is up again; one that fails takes
 * it down with a longer back-off. What is configured is elsewhere, and is never
 * changed by what is observed.
 */
#ifndef ROUTE_HEALTH_H
#define ROUTE_HEALTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum health_state { HEALTH_UP, HEALTH_PROBING, HEALTH_DOWN };

enum health_cause {
	HEALTH_NEVER_CHANGED,
	HEALTH_CALLS_FAILED,	  /* n of total in the window */
	HEALTH_PROBES_FAILED,	  /* n in a row */
	HEALTH_TRIAL_FAILED,	  /* while probing */
	HEALTH_BACK_OFF_OVER,
	HEALTH_PROBE_ANSWERED,
	HEALTH_TRIALS_PASSED,
};

#define HEALTH_SLOTS 6	     /* that a window is made of */
#define HEALTH_FULL_RATE 32  /* trial calls in a second that make it up */
#define HEALTH_TEXT_MAX 64

struct health_rules {
	int64_t window_s, min_samples, failure_percent;
	int64_t probe_failures;		/* in a row */
	int64_t back_off_s, back_off_max_s;
};

struct health {
	_Atomic int state, cause; /* enums */
	_Atomic uint32_t cause_n, cause_total;
	_Atomic int64_t since_us; /* 0 = since the start */
	/* noted, and taken by the watcher */
	_Atomic uint32_t good, bad, probes_good, probes_bad;
	_Atomic int32_t trials;	  /* calls that may still be tried now */
	/* the watcher's own */
	struct health_slot {
		int64_t number;	  /* of the slot since 1970 */
		uint32_t good, bad;
	} slots[HEALTH_SLOTS];
	uint32_t probes_failed;	  /* in a row */
	int64_t back_off_s;
	time_us down_until, refill_at;
	int32_t rate;		  /* trial calls a second */
	bool has_passed;	  /* a trial, since the last refill */
	time_us next_probe;	  /* for who sends probes; 0 = at once */
};

/* A call to it has ended; is_bad when it failed by the gateway's fault. */
void health_note_call(struct health *health, bool is_bad);
void health_note_probe(struct health *health, bool is_answered);
/* Whether a call may be sent there now: HEALTH_DOWN never, HEALTH_PROBING as
 * long as there are trials. */
bool health_has_room(const struct health *health);
/* One is sent. */
void health_take_room(struct health *health);
/* Look at what was noted; has_probes: it is being probed. True when the state
 * has changed. */
bool health_tick(struct health *health, const struct health_rules *rules,
		 bool has_probes, time_us now);

/* "up", "probing", "down" */
const char *health_state_text(enum health_state state);
/* The cause in words, "" when it never changed. Returns out. */
const char *health_cause_text(const struct health *health,
			      char out[HEALTH_TEXT_MAX]);

#endif
