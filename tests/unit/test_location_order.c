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
	{ "nothing and one are orders too", nothing_and_one_are_orders_too,
	  true },
};

const struct test_suite suite_location_order =
    TEST_SUITE("location_order", tests);
