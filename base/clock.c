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
	(void)clock;
	return read_us(CLOCK_REALTIME);
}

static int64_t
system_mono_us(const struct clock *clock)
{
	(void)clock;
	return read_us(CLOCK_MONOTONIC);
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
	*clock = (struct clock){ system_wall, system_mono_us, 0, 0 };
}

void
clock_init_fake(struct clock *clock, time_us wall)
{
	*clock = (struct clock){ fake_wall, fake_mono_us, wall, 0 };
}

void
clock_advance_us(struct clock *clock, int64_t us)
{
	clock->fake_wall += us;
	clock->fake_mono_us += us;
}
