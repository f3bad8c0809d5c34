/* test_location_order.c - priorities first, then chance by weight */
#include <string.h>

#include "sip/location_private.h"
#include "tests/unit/harness.h"

#define ROUNDS 20000

static void
lower_priorities_come_first(void)
{
	struct location_srv srvs[6];
	static const uint16_t priorities[6] = { 30, 10, 20, 10, 30, 20 };
	uint64_t random = 7;

	for (int round = 0; round < 100; round++) {
		for (size_t i = 0; i < 6; i++)
			srvs[i] = (struct location_srv){ .priority =
							     priorities[i],
							 .weight = 5,
							 .port = (uint16_t)i };
		location_order(srvs, 6, &random);
		for (size_t i = 1; i < 6; i++)
			CHECK(srvs[i - 1].priority <= srvs[i].priority);
	}
}

/* How often each of three with these weights comes first, in 10000ths. */
static void
share(const uint16_t weights[3], unsigned out[3])
{
	uint64_t random = 42;

	memset(out, 0, 3 * sizeof(out[0]));
	for (int round = 0; round < ROUNDS; round++) {
		struct location_srv srvs[3];
		unsigned seen = 0;

		for (size_t i = 0; i < 3; i++)
			srvs[i] = (struct location_srv){ .weight = weights[i],
							 .port = (uint16_t)i };
		location_order(srvs, 3, &random);
		out[srvs[0].port]++;
		for (size_t i = 0; i < 3; i++)
			seen |= 1U << srvs[i].port;
		CHECK(seen == 7); /* none lost, none doubled */
	}
	for (size_t i = 0; i < 3; i++)
		out[i] = out[i] * 10000 / ROUNDS;
}

static bool
about(unsigned v, unsigned expected)
{
	return v + 150 >= expected && v <= expected + 150;
}

static void
weights_are_shares(void)
{
	static const uint16_t weights[3] = { 10, 30, 60 },
			      equal[3] = { 0, 0, 0 }, one[3] = { 0, 0, 100 };
	unsigned got[3];

	share(weights, got);
	CHECK(about(got[0], 1090) && about(got[1], 2970) &&
	      about(got[2], 5940));
	share(equal, got); /* RFC 2782: no choice to make; any order */
	CHECK(got[0] + got[1] + got[2] >= 9999);
	share(one, got); /* a small chance for those of weight 0 */
	CHECK(got[2] > 9800 && got[2] < 10000);
}

/* RFC 2782: one is drawn by a number of 0 to the sum of weights, both included,
 * and the running sum; those of weight 0 stand in front, so the very first has
 * one chance more than its weight. Then the next of those that are left. */
static double
chance_of(const uint16_t weights[3], const unsigned order[3])
{
	bool is_left[3] = { true, true, true };
	double chance = 1;

	for (int place = 0; place < 3; place++) {
		unsigned sum = 0, first = 3;

		for (unsigned i = 0; i < 3; i++) {
			if (!is_left[i])
				continue;
			sum += weights[i];
			if (first == 3 ||
			    (weights[first] != 0 && weights[i] == 0))
				first = i;
		}
		chance *= (double)(weights[order[place]] +
				   (order[place] == first)) /
			  (double)(sum + 1);
		is_left[order[place]] = false;
	}
	return chance;
}

static double
chi_square(const uint16_t weights[3], uint64_t random)
{
	static const unsigned orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 },
					       { 1, 0, 2 }, { 1, 2, 0 },
					       { 2, 0, 1 }, { 2, 1, 0 } };
	unsigned seen[27] = { 0 };
	double sum = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct location_srv srvs[3];

		for (size_t i = 0; i < 3; i++)
			srvs[i] = (struct location_srv){ .weight = weights[i],
							 .port = (uint16_t)i };
		location_order(srvs, 3, &random);
		seen[srvs[0].port * 9 + srvs[1].port * 3 + srvs[2].port]++;
	}
	for (size_t i = 0; i < 6; i++) {
		const unsigned *o = orders[i];
		double want = chance_of(weights, o) * ROUNDS;
		double got = seen[o[0] * 9 + o[1] * 3 + o[2]];

		if (want < 0.5)
			CHECK(got == 0);
		else
			sum += (got - want) * (got - want) / want;
	}
	return sum;
}

/* Not only who is first: each order as often as RFC 2782 has it. */
static void
each_order_has_its_chance(void)
{
	static const uint16_t table[][3] = {
		{ 10, 30, 60 }, { 1, 1, 1 },	     { 0, 1, 5 },
		{ 7, 0, 3 },    { 65535, 65535, 1000 }, { 100, 200, 50 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		double worst = 0;

		for (uint64_t seed = 1; seed <= 5; seed++) {
			double x = chi_square(table[i], seed * 7919);

			worst = x > worst ? x : worst;
		}
		CHECK(worst < 25.7); /* 1 of 10,000 at 5 degrees of freedom */
	}
}

static void
nothing_and_one_are_orders_too(void)
{
	struct location_srv one = { .port = 9, .weight = 65535 };
	uint64_t random = 1;

	location_order(&one, 0, &random);
	location_order(&one, 1, &random);
	CHECK(one.port == 9);
}

static const struct test tests[] = {
	{ "lower priorities come first", lower_priorities_come_first, true },
	{ "weights are shares", weights_are_shares, true },
	{ "each order has its chance", each_order_has_its_chance, true },
	{ "nothing and one are orders too", nothing_and_one_are_orders_too,
	  true },
};

const struct test_suite suite_location_order =
    TEST_SUITE("location_order", tests);
