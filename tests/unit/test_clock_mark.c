/* test_clock_mark.c - steps of the wall clock, seen and missed */
#include "acct/clock_mark.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/harness.h"

#define WALL INT64_C(1795417200000000)
#define HOUR (3600 * US_PER_S)
#define BOOT_A "01234567-89ab-cdef-0123-456789abcdef"
#define BOOT_B "11234567-89ab-cdef-0123-456789abcdef"

static struct clock_reading
reading(const char *boot, time_us wall, int64_t up_us)
{
	struct clock_reading out = { .wall = wall, .up_us = up_us };

	snprintf(out.boot, sizeof(out.boot), "%s", boot);
	return out;
}

static int
open_at(struct clock_mark *mark, const char *dir, struct clock_reading now)
{
	return clock_mark_open(mark, dir, "pop1", &now, NULL);
}

static void
look_at(struct clock_mark *mark, struct clock_reading now)
{
	clock_mark_look(mark, &now, NULL);
}

/* While the node was down for an hour, the clock did this. */
static void
test_set_while_down(void)
{
	static const struct {
		const char *what, *boot;
		int64_t wall, up, step;
	} rows[] = {
		{ "nothing", BOOT_A, HOUR, HOUR, 0 },
		{ "a little slewing", BOOT_A, HOUR + 400000, HOUR, 0 },
		{ "set ahead", BOOT_A, 3 * HOUR, HOUR, 2 * HOUR },
		{ "set back", BOOT_A, -HOUR, HOUR, -2 * HOUR },
		{ "boot", BOOT_B, HOUR, 1, 0 },
		{ "boot, set back", BOOT_B, -HOUR, 1, -HOUR },
		{ "not known", "", HOUR, HOUR, 0 },
	};
	struct clock_mark mark;
	char dir[PATH_LEN];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		fresh_dir(dir);
		if (OK(open_at(&mark, dir, reading(BOOT_A, WALL, 5 * HOUR))))
			CHECK(clock_mark_since(&mark, WALL - HOUR) == 0);
		clock_mark_close(&mark);
		if (OK(open_at(&mark, dir,
			       reading(rows[i].boot, WALL + rows[i].wall,
				       rows[i].boot[0] == '1'
					   ? rows[i].up
					   : 5 * HOUR + rows[i].up)))) {
			CHECK(clock_mark_since(&mark, WALL - HOUR) ==
			      rows[i].step);
			CHECK(clock_mark_since(&mark, WALL + 99 * HOUR) == 0);
		}
		clock_mark_close(&mark);
	}
}

/* Steps add up, and outlive a restart; the oldest are forgotten. */
static void
test_steps_add_up(void)
{
	struct clock_mark mark;
	char dir[PATH_LEN];
	time_us wall = WALL;

	fresh_dir(dir);
	if (OK(open_at(&mark, dir, reading(BOOT_A, wall, HOUR)))) {
		look_at(&mark, reading(BOOT_A, wall += 61 * US_PER_S,
				       HOUR + US_PER_S));
		look_at(&mark, reading(BOOT_A, wall += 31 * US_PER_S,
				       HOUR + 2 * US_PER_S));
		CHECK(clock_mark_since(&mark, WALL) == 90 * US_PER_S);
		CHECK(clock_mark_since(&mark, WALL + 30 * US_PER_S) ==
		      30 * US_PER_S);
	}
	clock_mark_close(&mark);
	if (OK(open_at(&mark, dir,
		       reading(BOOT_A, wall + 8 * US_PER_S,
			       HOUR + 10 * US_PER_S)))) {
		CHECK(clock_mark_since(&mark, WALL) == 90 * US_PER_S);
		for (int i = 0; i < 2 * CLOCK_MARK_STEPS; i++)
			look_at(&mark,
				reading(BOOT_A,
					wall + (9 + 2 * i) * US_PER_S,
					HOUR + (11 + i) * US_PER_S));
		CHECK(clock_mark_since(&mark, WALL) ==
		      CLOCK_MARK_STEPS * US_PER_S);
	}
	clock_mark_close(&mark);
}

/* Whatever is in the file, nothing worse comes of it than a step. */
static void
test_damaged_file(void)
{
	static const char *const texts[] = {
		"", "\n", "boot\nlook\nstep\n", "look x y\n", "look -1 -1\n",
		"boot " BOOT_A BOOT_B "\nlook 1 1\n", "step 1 2 3\nstep",
		"boot " BOOT_A "\nlook 18446744073709551615\n",
	};
	struct clock_mark mark;
	char dir[PATH_LEN], path[PATH_LEN + 20];
	FILE *file;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		test_row(texts[i]);
		fresh_dir(dir);
		snprintf(path, sizeof(path), "%s/pop1.clock", dir);
		file = fopen(path, "w");
		if (file != NULL) {
			fputs(texts[i], file);
			fclose(file);
		}
		if (OK(open_at(&mark, dir, reading(BOOT_A, WALL, HOUR))))
			CHECK(clock_mark_since(&mark, WALL + HOUR) == 0);
		clock_mark_close(&mark);
	}
}

static void
test_reading(void)
{
	struct clock_reading a, b;

	clock_reading_take(&a);
	clock_reading_take(&b);
	CHECK(strlen(a.boot) == CLOCK_BOOT_LEN);
	CHECK(strcmp(a.boot, b.boot) == 0);
	CHECK(b.up_us >= a.up_us && a.up_us > 0 && a.wall > WALL / 2);
}

static const struct test tests[] = {
	{ "what happened while the node was down", test_set_while_down, false },
	{ "steps add up and are kept", test_steps_add_up, false },
	{ "a damaged file costs nothing", test_damaged_file, false },
	{ "the system's clocks are read", test_reading, false },
};

const struct test_suite suite_clock_mark = TEST_SUITE("clock_mark", tests);
