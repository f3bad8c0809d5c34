/* test_hash.c - SipHash-2-4 against its published vectors */
#include "base/hash.h"

#include "tests/unit/harness.h"

/* The key 00 01 .. 0f of the paper's appendix A. */
static const struct hash_key key = { UINT64_C(0x0706050403020100),
				     UINT64_C(0x0f0e0d0c0b0a0908) };

static void
the_published_vectors_hold(void)
{
	static const struct {
		size_t len; /* of the input 00 01 02 .. */
		uint64_t hash;
	} rows[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 2, UINT64_C(0x0d6c8009d9a94f5a) },
		{ 3, UINT64_C(0x85676696d7fb7e2d) },
		{ 4, UINT64_C(0xcf2794e0277187b7) },
		{ 5, UINT64_C(0x18765564cd99a68d) },
		{ 6, UINT64_C(0xcbc9466e58fee3ce) },
		{ 7, UINT64_C(0xab0200f58b01d137) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
	};
	uint8_t in[16];

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(hash_bytes(&key, in, rows[i].len) == rows[i].hash);
}

static void
the_length_counts(void)
{
	static const uint8_t zeros[300];

	/* 256 and 0 agree modulo 256, yet differ in words hashed. */
	for (size_t a = 0; a < sizeof(zeros); a++)
		CHECK(hash_bytes(&key, zeros, a) !=
		      hash_bytes(&key, zeros, (a + 256) % sizeof(zeros)));
}

static void
alignment_does_not_count(void)
{
	char in[40] = { 0 };
	uint64_t good;

	for (size_t i = 0; i < 20; i++)
		in[i] = (char)('a' + i);
	good = hash_bytes(&key, in, 20);
	for (size_t shift = 1; shift < 9; shift++) {
		for (size_t i = 0; i < 20; i++)
			in[shift + i] = (char)('a' + i);
		CHECK(hash_bytes(&key, in + shift, 20) == good);
	}
}

static void
random_keys_differ(void)
{
	struct hash_key a, b;

	if (!OK(hash_key_random(&a)) || !OK(hash_key_random(&b)))
		return;
	CHECK(a.k0 != b.k0 && a.k1 != b.k1);
	CHECK(hash_bytes(&a, "x", 1) != hash_bytes(&b, "x", 1));
}

static void
domains_are_the_same_in_any_case(void)
{
	uint64_t good = hash_domain(&key, str_of("pbx.example.net"));
	char name[258];

	CHECK(good != 0);
	CHECK(hash_domain(&key, str_of("PBX.Example.NET")) == good);
	CHECK(hash_domain(&key, str_of("pbx.example.net.")) == good);
	CHECK(hash_domain(&key, str_of("pbx.example.net..")) != good);
	CHECK(hash_domain(&key, str_of("pb.example.net")) != good);
	CHECK(hash_domain(&key, str_make("pbx.example.net\0", 16)) != good);
	CHECK(hash_domain(&key, str_of("")) == 0);
	memset(name, 'a', sizeof(name));
	CHECK(hash_domain(&key, str_make(name, 255)) != 0);
	CHECK(hash_domain(&key, str_make(name, 256)) == 0);
}

static const struct test tests[] = {
	{ "the published vectors hold", the_published_vectors_hold, true },
	{ "the length counts", the_length_counts, true },
	{ "alignment does not count", alignment_does_not_count, true },
	{ "domains are the same in any case", domains_are_the_same_in_any_case,
	  true },
	{ "random keys differ", random_keys_differ, true },
};

const struct test_suite suite_hash = TEST_SUITE("hash", tests);
