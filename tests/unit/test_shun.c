/* test_shun.c - addresses that failed of late */
#include "lcrproxy/shun.h"

#include <string.h>

#include "tests/unit/harness.h"

static const struct hash_key key = { 1, 2 };

static struct sip_place
place(const char *text, enum sip_transport transport)
{
	struct sip_place place = { .transport = (uint8_t)transport };

	CHECK(addr_parse(str_of(text), 0, &place.addr) == 0);
	return place;
}

static void
one(void)
{
	static struct shun shun;
	struct sip_place a = place("192.0.2.1:5060", SIP_UDP);
	const struct sip_place others[] = {
		place("192.0.2.1:5061", SIP_UDP),
		place("192.0.2.2:5060", SIP_UDP),
		place("192.0.2.1:5060", SIP_TCP),
		place("[2001:db8::1]:5060", SIP_UDP),
	};

	CHECK(!shun_has(&shun, &key, &a, 0));
	shun_add(&shun, &key, &a, 1000);
	CHECK(shun_has(&shun, &key, &a, 999));
	CHECK(!shun_has(&shun, &key, &a, 1000));
	for (size_t i = 0; i < 4; i++) {
		CHECK(!shun_has(&shun, &key, &others[i], 0));
		shun_remove(&shun, &key, &others[i]);
	}
	CHECK(shun_has(&shun, &key, &a, 0));
	shun_remove(&shun, &key, &a);
	CHECK(!shun_has(&shun, &key, &a, 0));
}

static void
rest(void)
{
	static struct shun shun;
	struct sip_places places = { .n = 2 };

	places.at[0] = place("192.0.2.1:5060", SIP_UDP);
	places.at[1] = place("192.0.2.2:5060", SIP_UDP);
	shun_add(&shun, &key, &places.at[0], 1000);
	CHECK(shun_rest_ms(&shun, &key, &places, 10) == 0);
	shun_add(&shun, &key, &places.at[1], 400);
	CHECK(shun_rest_ms(&shun, &key, &places, 10) == 390);
	CHECK(shun_rest_ms(&shun, &key, &places, 399) == 1);
	CHECK(shun_rest_ms(&shun, &key, &places, 400) == 0);
	places.n = 0;
	CHECK(shun_rest_ms(&shun, &key, &places, 10) == 0);
}

static void
order(void)
{
	static struct shun shun;
	struct sip_places places = { .n = SIP_PLACES_MAX };
	static const uint16_t expected[SIP_PLACES_MAX] = {
		1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 0, 3, 6, 9, 12, 15
	};

	for (uint16_t i = 0; i < SIP_PLACES_MAX; i++) {
		places.at[i] = place("192.0.2.1:5060", SIP_UDP);
		places.at[i].addr.port = i;
		if (i % 3 == 0)
			shun_add(&shun, &key, &places.at[i], 5);
	}
	shun_order(&shun, &key, &places, 6);
	for (uint16_t i = 0; i < SIP_PLACES_MAX; i++)
		CHECK(places.at[i].addr.port == i);
	shun_order(&shun, &key, &places, 4);
	for (uint16_t i = 0; i < SIP_PLACES_MAX; i++)
		CHECK(places.at[i].addr.port == expected[i]);
}

static const struct test tests[] = {
	{ "the rest of several is that of the first", rest, true },
	{ "an address is shunned for a time, or until it answers", one, true },
	{ "those that are shunned come last", order, true },
};

const struct test_suite suite_shun = TEST_SUITE("shun", tests);
