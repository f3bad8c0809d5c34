/* test_clock.c - time that runs and time that is moved */
#include "base/clock.h"

#include <time.h>

#include "tests/unit/harness.h"

static void
a_fake_clock_stands_until_moved(void)
{
	struct clock clock;

	clock_init_fake(&clock, 1234567);
	CHECK(clock_wall(&clock) == 1234567);
	CHECK(clock_mono_ms(&clock) == 0);
	clock_advance_us(&clock, 1999);
	CHECK(clock_wall(&clock) == 1236566);
	CHECK(clock_mono_ms(&clock) == 1);
	CHECK(clock.mono_us(&clock) == 1999);
	clock_advance_us(&clock, US_PER_S);
	CHECK(clock_wall(&clock) == 2236566);
	CHECK(clock_mono_ms(&clock) == 1001);
}

static void
the_system_clock_is_the_systems(void)
{
	struct clock clock;
	struct timespec before, after;
	int64_t mono;
	time_us wall;

	clock_init_system(&clock);
	clock_gettime(CLOCK_REALTIME, &before);
	wall = clock_wall(&clock);
	clock_gettime(CLOCK_REALTIME, &after);
	CHECK(wall >= before.tv_sec * US_PER_S + before.tv_nsec / 1000);
	CHECK(wall <= after.tv_sec * US_PER_S + after.tv_nsec / 1000);
	clock_gettime(CLOCK_MONOTONIC, &before);
	mono = clock_mono_ms(&clock);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK(mono >= before.tv_sec * 1000 + before.tv_nsec / 1000000);
	CHECK(mono <= after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

static void
a_held_clock_tells_one_moment(void)
{
	struct clock clock;
	time_us wall;
	int64_t mono;

	clock_init_system(&clock);
	clock_hold(&clock);
	wall = clock_wall(&clock);
	mono = clock.mono_us(&clock);
	for (int64_t start = mono; mono - start < 2000;) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		mono = now.tv_sec * US_PER_S + now.tv_nsec / 1000;
	}
	CHECK(clock_wall(&clock) == wall);
	CHECK(clock.mono_us(&clock) <= mono - 2000);
	clock_hold(&clock);
	CHECK(clock.mono_us(&clock) >= mono);
	clock_let_go(&clock);
	CHECK(clock.mono_us(&clock) >= mono);
	clock_init_fake(&clock, wall);
	clock_hold(&clock);
	clock_advance_us(&clock, 7);
	CHECK(clock_wall(&clock) == wall + 7);
}

static const struct test tests[] = {
	{ "a fake clock stands until moved", a_fake_clock_stands_until_moved,
	  true },
	{ "a held clock tells one moment", a_held_clock_tells_one_moment, true },
	{ "the system clock is the system's", the_system_clock_is_the_systems,
	  true },
};

const struct test_suite suite_clock = TEST_SUITE("clock", tests);
