/* test_meter.c - sources that send too much, and their silence */
#include "lcrproxy/meter.h"

#include "base/err.h"
#include "tests/unit/harness.h"

#define RATE 10

static const struct hash_key key = { 1, 2 };

static struct addr
source(uint32_t n)
{
	struct addr addr = { .family = 4, .port = (uint16_t)n };

	for (int i = 0; i < 4; i++)
		addr.ip[i] = (uint8_t)(n >> 8 * i);
	return addr;
}

/* How many of n requests at one moment pass. */
static int
pass(struct meter *meter, uint32_t from, int n, int64_t now_ms)
{
	struct addr addr = source(from);
	int passed = 0;

	for (int i = 0; i < n; i++)
		passed += meter_take(meter, &addr, RATE, now_ms) == METER_PASS;
	return passed;
}

static void
a_second_s_worth_passes_at_once(void)
{
	struct meter *meter;

	if (!OK(meter_new(&key, &meter)))
		return;
	CHECK(pass(meter, 1, 10, 5000) == 10);
	CHECK(pass(meter, 2, 10, 5000) == 10);
	meter_free(meter);
}

/* Who has one IPv6 address has all of its /64. */
static void
a_network_is_one_source(void)
{
	struct addr addr = { .family = 6, .ip = { 0x20, 1, 0xd, 0xb8 } };
	struct meter *meter;

	if (!OK(meter_new(&key, &meter)))
		return;
	for (int i = 0; i < RATE; i++) {
		addr.ip[8 + i % 8] = (uint8_t)(i + 1);
		CHECK(meter_take(meter, &addr, RATE, 5000) == METER_PASS);
	}
	addr.ip[15] = 99;
	CHECK(meter_take(meter, &addr, RATE, 5000) == METER_SILENCED);
	addr.ip[15] = 100;
	CHECK(meter_is_silent(meter, &addr, 5001));
	CHECK(meter_take(meter, &addr, RATE, 5001) == METER_DROP);
	addr.ip[7] = 1; /* another network */
	CHECK(!meter_is_silent(meter, &addr, 5001));
	CHECK(meter_take(meter, &addr, RATE, 5001) == METER_PASS);
	meter_free(meter);
}

static void
a_steady_rate_passes_for_ever(void)
{
	struct meter *meter;
	int passed = 0;

	if (!OK(meter_new(&key, &meter)))
		return;
	for (int64_t ms = 0; ms < 100000; ms += 1000 / RATE)
		passed += pass(meter, 1, 1, ms);
	CHECK(passed == 1000);
	meter_free(meter);
}

static void
one_too_many_brings_silence_that_doubles(void)
{
	static const int64_t silences[] = { 1000,  2000,  4000,  8000, 16000,
					    32000, 64000, 64000, 64000 };
	struct meter *meter;
	struct addr addr = source(1);
	int64_t now = 1000;

	if (!OK(meter_new(&key, &meter)))
		return;
	for (size_t i = 0; i < sizeof(silences) / sizeof(silences[0]); i++) {
		/* what has filled up during the silence, and one more */
		CHECK(pass(meter, 1, RATE, now) == RATE);
		CHECK(meter_take(meter, &addr, RATE, now) == METER_SILENCED);
		CHECK(meter_take(meter, &addr, RATE, now) == METER_DROP);
		CHECK(pass(meter, 2, 1, now) == 1);
		CHECK(pass(meter, 1, 1, now + silences[i] - 1) == 0);
		now += silences[i] + 1000;
	}
	/* forgiven */
	now += METER_SILENCE_MAX_MS;
	CHECK(pass(meter, 1, RATE + 1, now) == RATE);
	CHECK(pass(meter, 1, 1, now + METER_SILENCE_MS + 100) == 1);
	meter_free(meter);
}

static void
other_ports_of_an_address_are_the_same_source(void)
{
	struct meter *meter;
	struct addr addr = source(1);

	if (!OK(meter_new(&key, &meter)))
		return;
	CHECK(pass(meter, 1, RATE, 0) == RATE);
	addr.port = 4711;
	CHECK(meter_take(meter, &addr, RATE, 0) == METER_SILENCED);
	meter_free(meter);
}

static void
a_flood_of_sources_does_not_forgive_one_that_goes_on(void)
{
	struct meter *meter;

	if (!OK(meter_new(&key, &meter)))
		return;
	CHECK(pass(meter, 1, RATE + 1, 1000) == RATE);
	for (uint32_t i = 0; i < 100000; i++) {
		pass(meter, 1000 + i, 1, 1001 + i / 200);
		if (i % 100 == 0)
			CHECK(pass(meter, 1, 1, 1001 + i / 200) == 0);
	}
	meter_free(meter);
}

static void
who_is_silent_is_known(void)
{
	struct meter *meter;
	struct addr one = source(1), two = source(2);

	if (!OK(meter_new(&key, &meter)))
		return;
	CHECK(!meter_has_silent(meter, 1000) &&
	      !meter_is_silent(meter, &one, 1000));
	pass(meter, 1, RATE, 1000);
	CHECK(!meter_has_silent(meter, 1000));
	pass(meter, 1, 1, 1000);
	CHECK(meter_has_silent(meter, 1999) &&
	      meter_is_silent(meter, &one, 1999));
	CHECK(!meter_is_silent(meter, &two, 1999));
	CHECK(!meter_has_silent(meter, 2000) &&
	      !meter_is_silent(meter, &one, 2000));
	/* to look is not to count */
	CHECK(pass(meter, 1, RATE + 1, 3000) == RATE);
	meter_free(meter);
}

static const struct test tests[] = {
	{ "a /64 of IPv6 is one source", a_network_is_one_source, false },
	{ "a second's worth passes at once", a_second_s_worth_passes_at_once,
	  false },
	{ "a steady rate passes for ever", a_steady_rate_passes_for_ever,
	  false },
	{ "one too many brings silence that doubles",
	  one_too_many_brings_silence_that_doubles, false },
	{ "other ports of an address are the same source",
	  other_ports_of_an_address_are_the_same_source, false },
	{ "a flood of sources does not forgive one that goes on",
	  a_flood_of_sources_does_not_forgive_one_that_goes_on, false },
	{ "who is silent is known", who_is_silent_is_known, false },
};

extern const struct test_suite suite_meter;
const struct test_suite suite_meter = TEST_SUITE("meter", tests);
