/* clock.c - the system's clocks and one that tests move */
#include "base/clock.h"

#include <time.h>

static int64_t
read_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static time_us
system_wall(const struct clock *clock)
{
	return clock->is_held ? clock->fake_wall : read_us(CLOCK_REALTIME);
}

static int64_t
system_mono_us(const struct clock *clock)
{
	return clock->is_held ? clock->fake_mono_us : read_us(CLOCK_MONOTONIC);
}

static time_us
fake_wall(const struct clock *clock)
{
	return clock->fake_wall;
}

static int64_t
fake_mono_us(const struct clock *clock)
{
	return clock->fake_mono_us;
}

void
clock_init_system(struct clock *clock)
{
	*clock = (struct clock){ .wall = system_wall,
				 .mono_us = system_mono_us };
}

void
clock_init_fake(struct clock *clock, time_us wall)
{
	*clock = (struct clock){ .wall = fake_wall,
				 .mono_us = fake_mono_us,
				 .fake_wall = wall };
}

void
clock_advance_us(struct clock *clock, int64_t us)
{
	clock->fake_wall += us;
	clock->fake_mono_us += us;
}

void
clock_hold(struct clock *clock)
{
	clock->is_held = false;
	clock->fake_wall = clock_wall(clock);
	clock->fake_mono_us = clock->mono_us(clock);
	clock->is_held = true;
}

void
clock_let_go(struct clock *clock)
{
	clock->is_held = false;
}
