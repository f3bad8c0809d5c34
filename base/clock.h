/*
 * clock.h - time, injectable
 *
 * Wall time is microseconds since 1970-01-01 UTC (time_us); monotonic time is
 * milliseconds from an arbitrary start and drives timers. Code receives a
 * struct clock, so that tests can stop and move time, and so that what is done
 * in one go needs to ask for it once only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t time_us; /* microseconds since 1970 UTC; 0 = not known */

#define US_PER_S INT64_C(1000000)
#define US_PER_MS INT64_C(1000)

struct clock {
	time_us (*wall)(const struct clock *clock);
	int64_t (*mono_us)(const struct clock *clock);
	time_us fake_wall;    /* the fake clock's, and what a held one tells */
	int64_t fake_mono_us;
	bool is_held;
};

/* The operating system's clocks. */
void clock_init_system(struct clock *clock);
/* A clock that stands at wall and moves by clock_advance_us only. */
void clock_init_fake(struct clock *clock, time_us wall);
void clock_advance_us(struct clock *clock, int64_t us);

/* From now on the clock tells this moment, until it is let go: no more than
 * some microseconds, while one message is dealt with. A fake one stands
 * anyhow. */
void clock_hold(struct clock *clock);
void clock_let_go(struct clock *clock);

static inline time_us
clock_wall(const struct clock *clock)
{
	return clock->wall(clock);
}

static inline int64_t
clock_mono_ms(const struct clock *clock)
{
	return clock->mono_us(clock) / 1000;
}

#endif
