/* test_guard.c - failures, blocks that grow, and forgiving */
#include "lcrproxy/guard.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define NOW INT64_C(1000000)
#define S(text) str_make((text), sizeof(text) - 1)

static const struct guard_settings settings = {
	.max_subjects = 1000,
	.free_failures = { 3, 3 },
	.forget_ms = 600000,
	.max_block_ms = 60000,
	.known_ms = 86400000,
};

static void
test_blocks_grow(void)
{
	static const int64_t blocks[] = { 0,	0,     0,     1000,  2000,
					  4000, 8000,  16000, 32000, 60000,
					  60000 };
	struct guard *guard;

	if (!OK(guard_new(&settings, &guard)))
		return;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		CHECK(guard_fail(guard, GUARD_SOURCE, S("a"), NOW) ==
		      blocks[i]);
	CHECK(guard_is_blocked(guard, GUARD_SOURCE, S("a"), NOW + 59999));
	CHECK(!guard_is_blocked(guard, GUARD_SOURCE, S("a"), NOW + 60000));
	CHECK(!guard_is_blocked(guard, GUARD_SOURCE, S("b"), NOW));
	CHECK(!guard_is_blocked(guard, GUARD_USER, S("a"), NOW));
	guard_free(guard);
}

static void
test_forgiving(void)
{
	struct guard *guard;
	int64_t later = NOW + 600001;

	if (!OK(guard_new(&settings, &guard)))
		return;
	for (int i = 0; i < 4; i++)
		guard_fail(guard, GUARD_USER, S("u"), NOW);
	CHECK(guard_is_blocked(guard, GUARD_USER, S("u"), NOW));
	guard_succeed(guard, GUARD_USER, S("u"), NOW);
	CHECK(!guard_is_blocked(guard, GUARD_USER, S("u"), NOW));
	CHECK(guard_fail(guard, GUARD_USER, S("u"), NOW) == 0);
	for (int i = 0; i < 3; i++)
		guard_fail(guard, GUARD_USER, S("u"), NOW);
	CHECK(guard_fail(guard, GUARD_USER, S("u"), later) == 0);
	guard_free(guard);
}

static void
test_known(void)
{
	struct guard *guard;

	if (!OK(guard_new(&settings, &guard)))
		return;
	CHECK(!guard_is_known(guard, GUARD_PAIR, S("p"), NOW));
	guard_succeed(guard, GUARD_PAIR, S("p"), NOW);
	CHECK(guard_is_known(guard, GUARD_PAIR, S("p"), NOW + 86399999));
	CHECK(!guard_is_known(guard, GUARD_PAIR, S("p"), NOW + 86400000));
	CHECK(!guard_is_known(guard, GUARD_PAIR, S("q"), NOW));
	guard_free(guard);
}

/* A flood of others does not unblock who is blocked. */
static void
test_flood(void)
{
	struct guard *guard;
	char name[16];
	int64_t now = NOW;

	if (!OK(guard_new(&settings, &guard)))
		return;
	for (int i = 0; i < 20; i++)
		guard_fail(guard, GUARD_SOURCE, S("eve"), now);
	for (int i = 0; i < 50000; i++, now++) {
		snprintf(name, sizeof(name), "n%d", i);
		CHECK(guard_fail(guard, GUARD_SOURCE, str_of(name), now) == 0);
	}
	CHECK(guard_is_blocked(guard, GUARD_SOURCE, S("eve"), now));
	guard_free(guard);
}

static const struct test tests[] = {
	{ "blocks grow up to a limit", test_blocks_grow, false },
	{ "a success or a quiet time forgives", test_forgiving, false },
	{ "a success is remembered", test_known, false },
	{ "a flood makes room only for the quiet", test_flood, true },
};

const struct test_suite suite_guard = TEST_SUITE("guard", tests);
