/*
 * clock_mark.h - whether the wall clock was set, also while nobody looked;
 * private to acct/
 *
 * A file beside the journal keeps what the wall clock and the clock since boot
 * said together, and the steps that were seen since. Between two looks of one boot
 * both must have gone on alike. After a boot only a step back can be told: the
 * wall clock is before the last look. A call that was answered before a step and
 * ends after it is as wrong as the step is long.
 */
#ifndef ACCT_CLOCK_MARK_H
#define ACCT_CLOCK_MARK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"

#define CLOCK_MARK_STEPS 16
#define CLOCK_BOOT_LEN 36 /* a UUID as text */

struct clock_reading {
	char boot[CLOCK_BOOT_LEN + 1]; /* "" = not known */
	time_us wall;
	int64_t up_us; /* since boot, suspended times too */
};

/* One step: before it the clock had come to `wall`. */
struct clock_step {
	time_us wall;
	int64_t by_us;
};

struct clock_mark {
	pthread_mutex_t lock; /* for steps, n_steps and n_seen */
	struct clock_step steps[CLOCK_MARK_STEPS]; /* the latest ones */
	int n_steps;
	uint64_t n_seen; /* by this process */
	char *path;
	struct clock_reading last;
	int64_t written_us; /* up_us */
};

/* What the clocks say now. */
void clock_reading_take(struct clock_reading *out);
/* Read the file in directory, if there is a good one, and look: 0 or
 * ERR_NOMEM. log is borrowed for this call. */
int clock_mark_open(struct clock_mark *mark, const char *directory,
		    const char *node, const struct clock_reading *now,
		    struct log *log);
/* Frees what it holds, without writing. */
void clock_mark_close(struct clock_mark *mark);
/* To be called about once a second, by one thread: notes and logs a step of half
 * a second or more, and writes the file now and then. */
void clock_mark_look(struct clock_mark *mark, const struct clock_reading *now,
		     struct log *log);
/* How many steps this process has seen, the one before its start too; from any
 * thread. */
uint64_t clock_mark_count(struct clock_mark *mark);
/* The steps that are kept, oldest first; how many. From any thread. */
int clock_mark_steps(struct clock_mark *mark,
		     struct clock_step out[CLOCK_MARK_STEPS]);
/* By how much the clock has been set ahead, in all, since it said `wall`. From
 * any thread. */
int64_t clock_mark_since(struct clock_mark *mark, time_us wall);

#endif
