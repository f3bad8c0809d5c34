/* test_crc32c.c - published sums, and both ways against each other */
#include "base/crc32c.h"

#include <string.h>

#include "tests/unit/harness.h"

typedef uint32_t crc_fn(uint32_t crc, const void *data, size_t len);

/* The examples of RFC 3720, B.4, and the usual check value. */
static void
check_published(crc_fn *crc)
{
	static const uint8_t read_pdu[48] = {
		0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
		0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
		0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0,
	};
	uint8_t in[32];

	CHECK(crc(0, "123456789", 9) == 0xe3069283);
	CHECK(crc(0, "", 0) == 0);
	memset(in, 0, sizeof(in));
	CHECK(crc(0, in, sizeof(in)) == 0x8a9136aa);
	memset(in, 0xff, sizeof(in));
	CHECK(crc(0, in, sizeof(in)) == 0x62a8ab43);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	CHECK(crc(0, in, sizeof(in)) == 0x46dd794e);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(31 - i);
	CHECK(crc(0, in, sizeof(in)) == 0x113fdb5c);
	CHECK(crc(0, read_pdu, sizeof(read_pdu)) == 0xd9963a56);
}

static void
the_published_sums_hold(void)
{
	check_published(crc32c);
	check_published(crc32c_portable);
}

/* One bit at a time, as the polynomial says. */
static uint32_t
by_bits(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void
all_ways_agree_at_any_length_and_alignment(void)
{
	uint8_t in[600];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(in); i++) {
		seed = seed * 1664525 + 1013904223;
		in[i] = (uint8_t)(seed >> 24);
	}
	for (size_t len = 0; len < 512; len++) {
		const uint8_t *p = in + len % 9;
		uint32_t good = by_bits((uint32_t)len, p, len);

		CHECK(crc32c((uint32_t)len, p, len) == good);
		CHECK(crc32c_portable((uint32_t)len, p, len) == good);
	}
}

static void
a_sum_can_be_continued(void)
{
	static const char text[] = "INVITE sip:+4930123456@example.net";
	uint32_t whole = crc32c(0, text, sizeof(text));

	for (size_t cut = 0; cut <= sizeof(text); cut++) {
		uint32_t crc = crc32c(0, text, cut);

		CHECK(crc32c(crc, text + cut, sizeof(text) - cut) == whole);
		crc = crc32c_portable(0, text, cut);
		CHECK(crc32c_portable(crc, text + cut, sizeof(text) - cut) ==
		      whole);
	}
}

static const struct test tests[] = {
	{ "the published sums hold", the_published_sums_hold, true },
	{ "all ways agree at any length and alignment",
	  all_ways_agree_at_any_length_and_alignment, true },
	{ "a sum can be continued", a_sum_can_be_continued, true },
};

const struct test_suite suite_crc32c = TEST_SUITE("crc32c", tests);
