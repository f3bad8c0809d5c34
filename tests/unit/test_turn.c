/* test_turn.c - shares by turns */
#include "route/turn.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

enum { N_TURNS = 100000, MAX = 4 };

static const struct {
	const char *what;
	size_t n;
	uint32_t weights[MAX];
	int off; /* at most, from the exact share after any number of turns */
} cases[] = {
	{ "one alone", 1, { 7 }, 0 },
	{ "two alike", 2, { 1, 1 }, 3 },
	{ "three alike", 3, { 100, 100, 100 }, 4 },
	{ "one in a hundred", 2, { 99, 1 }, 3 },
	{ "four", 4, { 40, 30, 20, 10 }, 5 },
	{ "none for one", 3, { 3, 0, 1 }, 5 },
	{ "far apart", 3, { 65535, 1, 300 }, 4 },
	{ "at the bound", 2, { UINT32_MAX, TURN_MAX_WEIGHT }, 3 },
};

static void
exact_shares(void)
{
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		int64_t taken[MAX] = { 0 };
		uint64_t sum = 0;
		bool good = true;

		test_row(cases[c].what);
		for (size_t i = 0; i < cases[c].n; i++)
			sum += cases[c].weights[i] < TURN_MAX_WEIGHT
				   ? cases[c].weights[i]
				   : TURN_MAX_WEIGHT;
		for (int64_t turn = 0; turn < N_TURNS && good; turn++) {
			uint64_t place = turn_place((uint64_t)turn);
			size_t won = turn_draw(cases[c].weights, cases[c].n,
					       &place);

			taken[won]++;
			for (size_t i = 0; i < cases[c].n; i++) {
				uint32_t weight =
				    cases[c].weights[i] < TURN_MAX_WEIGHT
					? cases[c].weights[i]
					: TURN_MAX_WEIGHT;
				int64_t due =
				    (turn + 1) * weight / (int64_t)sum;

				good = good &&
				       CHECK(llabs(taken[i] - due) <=
					     cases[c].off);
			}
		}
	}
}

/* The second choice has its share too, whatever the first was. */
static void
second_choices(void)
{
	int64_t seconds[3][3] = { { 0 } };

	for (uint64_t turn = 0; turn < N_TURNS; turn++) {
		uint32_t weights[3] = { 50, 30, 20 };
		uint64_t place = turn_place(turn);
		size_t first = turn_draw(weights, 3, &place);

		weights[first] = 0;
		seconds[first][turn_draw(weights, 3, &place)]++;
	}
	/* of 50,000 that began with the first: 3 to 2 */
	CHECK(llabs(seconds[0][1] - 30000) < 100);
	CHECK(llabs(seconds[0][2] - 20000) < 100);
	CHECK(llabs(seconds[1][0] - 30000 * 5 / 7) < 100);
	CHECK(llabs(seconds[2][1] - 20000 * 3 / 8) < 100);
	CHECK(seconds[0][0] == 0 && seconds[1][1] == 0 && seconds[2][2] == 0);
}

static void
turn_zero(void)
{
	uint32_t weights[3] = { 0, 2, 1 };
	uint64_t place = turn_place(0);

	CHECK(turn_draw(weights, 3, &place) == 1);
	weights[1] = 0;
	CHECK(turn_draw(weights, 3, &place) == 2);
	place = UINT64_MAX;
	CHECK(turn_draw(weights, 3, &place) == 2);
}

static const struct test tests[] = {
	{ "each weight has its share, at all times", exact_shares, true },
	{ "so have those that come second", second_choices, true },
	{ "turn 0 goes by the order", turn_zero, true },
};

const struct test_suite suite_turn = TEST_SUITE("turn", tests);
