/* test_crypto.c - MACs and digests against published vectors */
#include "base/crypto.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define MAX_INPUT 200

/* Text, or (n_bytes > 0) n_bytes bytes that begin with first and differ by
 * step. */
struct input {
	const char *text;
	size_t n_bytes;
	uint8_t first, step;
};

static size_t
expand(const struct input *input, uint8_t out[MAX_INPUT])
{
	if (input->n_bytes == 0) {
		memcpy(out, input->text, strlen(input->text));
		return strlen(input->text);
	}
	for (size_t i = 0; i < input->n_bytes; i++)
		out[i] = (uint8_t)(input->first + i * input->step);
	return input->n_bytes;
}

/* RFC 4231, 4.2 to 4.5, 4.7 and 4.8. */
static const struct {
	struct input key, data;
	const char *sum;
} macs[] = {
	{ { NULL, 20, 0x0b, 0 },
	  { "Hi There", 0, 0, 0 },
	  "b0344c61d8db38535ca8afceaf0bf12b"
	  "881dc200c9833da726e9376c2e32cff7" },
	{ { "Jefe", 0, 0, 0 },
	  { "what do ya want for nothing?", 0, 0, 0 },
	  "5bdcc146bf60754e6a042426089575c7"
	  "5a003f089d2739839dec58b964ec3843" },
	{ { NULL, 20, 0xaa, 0 },
	  { NULL, 50, 0xdd, 0 },
	  "773ea91e36800e46854db8ebd09181a7"
	  "2959098b3ef8c122d9635514ced565fe" },
	{ { NULL, 25, 1, 1 },
	  { NULL, 50, 0xcd, 0 },
	  "82558a389a443c0ea4cc819899f2083a"
	  "85f0faa3e578f8077a2e3ff46729665b" },
	{ { NULL, 131, 0xaa, 0 },
	  { "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0, 0 },
	  "60e431591ee0b67f0d8a26aacbf5b77f"
	  "8e0bc6213728c5140546040f0ee37f54" },
	{ { NULL, 131, 0xaa, 0 },
	  { "This is a test using a larger than block-size key and a larger t"
	    "han block-size data. The key needs to be hashed before being used"
	    " by the HMAC algorithm.",
	    0, 0, 0 },
	  "9b09ffa71b942fcb27635fbcd5b0e944"
	  "bfdc63644f0713938a7f51535c3a35e2" },
};

/* The sum of data cut into three parts at a and b, in hex. */
static bool
sum_hex(struct hmac *hmac, const uint8_t *data, size_t len, size_t a, size_t b,
	char out[65])
{
	const struct hmac_part parts[] = { { data, a },
					   { data + a, b - a },
					   { data + b, len - b } };
	uint8_t sum[SHA256_LEN];

	if (!OK(hmac_sum(hmac, parts, N_ROWS(parts), sum)))
		return false;
	hex_encode(sum, sizeof(sum), out);
	return true;
}

static void
macs_are_those_of_rfc_4231(void)
{
	uint8_t key[MAX_INPUT], data[MAX_INPUT];
	struct hmac *hmac;
	char hex[65];

	for (size_t i = 0; i < N_ROWS(macs); i++) {
		size_t key_len = expand(&macs[i].key, key);
		size_t len = expand(&macs[i].data, data);

		test_row(macs[i].sum);
		if (!OK(hmac_new(key, key_len, &hmac)))
			return;
		memset(key, 0, sizeof(key)); /* it is not borrowed */
		for (size_t cut = 0; cut <= len; cut++) {
			if (sum_hex(hmac, data, len, cut / 2, cut, hex))
				CHECK(strcmp(hex, macs[i].sum) == 0);
		}
		hmac_free(hmac);
	}
}

static void
a_mac_of_nothing_is_one_too(void)
{
	const struct hmac_part none = { NULL, 0 };
	uint8_t a[SHA256_LEN], b[SHA256_LEN];
	struct hmac *hmac;

	if (!OK(hmac_new("key", 3, &hmac)))
		return;
	if (OK(hmac_sum(hmac, NULL, 0, a)) && OK(hmac_sum(hmac, &none, 1, b))) {
		char hex[65];

		hex_encode(a, sizeof(a), hex);
		CHECK(memcmp(a, b, sizeof(a)) == 0);
		CHECK(strcmp(hex, "5d5d139563c95b5967b9bd9a8c9b233a"
				  "9dedb45072794cd232dc1b74832607d0") == 0);
	}
	hmac_free(hmac);
	hmac_free(NULL);
	CHECK(hmac_new("", 0, &hmac) == ERR_INVAL);
}

/* Short ones are gathered, long ones are not. */
static void
a_mac_is_that_of_its_parts_together(void)
{
	static uint8_t data[700];
	struct hmac *hmac;
	char whole[65], hex[65];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	if (!OK(hmac_new("key", 3, &hmac)))
		return;
	if (sum_hex(hmac, data, sizeof(data), 0, 0, whole)) {
		for (size_t cut = 0; cut <= sizeof(data); cut += 5) {
			if (sum_hex(hmac, data, sizeof(data), cut / 3, cut,
				    hex))
				CHECK(strcmp(hex, whole) == 0);
		}
	}
	hmac_free(hmac);
}

static void
hex_goes_there_and_back(void)
{
	uint8_t bytes[4];
	char text[9];

	CHECK(hex_decode("00fFa9C1", 8, bytes, 4) == 0);
	hex_encode(bytes, 4, text);
	CHECK(strcmp(text, "00ffa9c1") == 0);
	CHECK(hex_decode("00ffa9c", 7, bytes, 4) == ERR_SYNTAX);
	CHECK(hex_decode("00ffa9c11", 9, bytes, 4) == ERR_SYNTAX);
	CHECK(hex_decode("00ffa9cg", 8, bytes, 4) == ERR_SYNTAX);
	CHECK(hex_decode("00ffa9 1", 8, bytes, 4) == ERR_SYNTAX);
	CHECK(hex_decode("00ffa9`1", 8, bytes, 4) == ERR_SYNTAX);
	CHECK(hex_decode("00ffa9@1", 8, bytes, 4) == ERR_SYNTAX);
	CHECK(hex_decode("", 0, bytes, 0) == 0);
}

/* The example of RFC 7616, 3.9.1. */
static void
check_digest(int (*hex_of)(const void *, size_t, char *), const char *good)
{
	static const char a1[] = "Mufasa:http-auth@example.org:Circle of Life";
	static const char a2[] = "GET:/dir/index.html";
	char h1[65], h2[65], response[65], text[300];

	if (!OK(hex_of(a1, strlen(a1), h1)) || !OK(hex_of(a2, strlen(a2), h2)))
		return;
	snprintf(text, sizeof(text), "%s:%s:00000001:%s:auth:%s", h1,
		 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
		 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", h2);
	if (OK(hex_of(text, strlen(text), response)))
		CHECK(strcmp(response, good) == 0);
}

static void
digests_are_those_of_rfc_7616(void)
{
	char hex[65];

	check_digest(md5_hex, "8ca523f5e9506fed4657c9700eebdbec");
	check_digest(sha256_hex, "753927fa0e85d155564e2e272a28d180"
				 "2ca10daf4496794697cf8db5856cb6c1");
	if (OK(md5_hex(NULL, 0, hex)))
		CHECK(strcmp(hex, "d41d8cd98f00b204e9800998ecf8427e") == 0);
	if (OK(sha256_hex("abc", 3, hex)))
		CHECK(strcmp(hex, "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad") == 0);
}

static void
a_prepared_digest_gives_the_same(void)
{
	uint8_t one[SHA256_LEN], many[SHA256_LEN];
	struct sha256 *prepared;

	if (!OK(sha256_new(&prepared)))
		return;
	for (size_t len = 0; len < 3; len++) {
		if (OK(sha256("abc", len, one)) &&
		    OK(sha256_sum(prepared, "abc", len, many)))
			CHECK(memcmp(one, many, sizeof(one)) == 0);
	}
	sha256_free(prepared);
	sha256_free(NULL);
}

static void
random_bytes_fill_all_of_it(void)
{
	uint8_t a[1000], seen[1000] = { 0 };

	/* A byte stays zero 16 times in a row once in 2^128. */
	for (int i = 0; i < 16; i++) {
		memset(a, 0, sizeof(a));
		if (!OK(random_bytes(a, sizeof(a))))
			return;
		for (size_t k = 0; k < sizeof(a); k++)
			seen[k] |= a[k];
	}
	CHECK(memchr(seen, 0, sizeof(seen)) == NULL);
	CHECK(random_bytes(NULL, 0) == 0);
}

static void
constant_time_equality_sees_every_byte(void)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	CHECK(bytes_eq_const_time(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] = 0x80;
		CHECK(!bytes_eq_const_time(a, b, sizeof(a)));
		CHECK(bytes_eq_const_time(a, b, i));
		b[i] = 0;
	}
	CHECK(bytes_eq_const_time(a, b, 0));
}

/* RFC 4648, 10, without padding; and the two letters that differ. */
static const struct {
	const char *bytes;
	size_t n;
	const char *text;
} base64s[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg" },
	{ "fo", 2, "Zm8" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg" },
	{ "fooba", 5, "Zm9vYmE" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\xfb\xff\xfe", 3, "-__-" },
};

static void
base64url_is_that_of_rfc_4648(void)
{
	uint8_t back[8];
	char text[16];

	for (size_t i = 0; i < N_ROWS(base64s); i++) {
		size_t len = strlen(base64s[i].text);

		test_row(base64s[i].text);
		CHECK(BASE64URL_LEN(base64s[i].n) == len);
		memset(text, '!', sizeof(text));
		base64url_encode((const uint8_t *)base64s[i].bytes,
				 base64s[i].n, text);
		CHECK(memcmp(text, base64s[i].text, len) == 0);
		CHECK(text[len] == '!');
		if (OK(base64url_decode(text, len, back, base64s[i].n)))
			CHECK(memcmp(back, base64s[i].bytes, base64s[i].n) ==
			      0);
	}
}

static void
base64url_has_one_text_per_value(void)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{ "Zh", 1 },  /* unused bits set */
		{ "Zm9", 2 }, /* unused bits set */
		{ "Zg==", 1 }, { "Zg", 2 },   { "Zm8", 1 },
		{ "Z", 0 },    { "Z", 1 },    { "Zm9+", 3 },
		{ "Zm9/", 3 }, { "Zm 9", 3 }, { "Zm9\xc3", 3 },
	};
	uint8_t out[8];

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].text);
		CHECK(base64url_decode(rows[i].text, strlen(rows[i].text), out,
				       rows[i].n) == ERR_SYNTAX);
	}
	CHECK(base64url_decode("Zm9\0", 4, out, 3) == ERR_SYNTAX);
}

static void
base64url_comes_back_at_any_length(void)
{
	uint8_t in[64], out[64];
	char text[BASE64URL_LEN(64)];

	for (size_t n = 0; n <= sizeof(in); n++) {
		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(i * 73 + n * 31);
		base64url_encode(in, n, text);
		if (OK(base64url_decode(text, BASE64URL_LEN(n), out, n)))
			CHECK(memcmp(in, out, n) == 0);
	}
}

static const struct test tests[] = {
	{ "MACs are those of RFC 4231", macs_are_those_of_rfc_4231, false },
	{ "a MAC is that of its parts together",
	  a_mac_is_that_of_its_parts_together, false },
	{ "a MAC of nothing is one too", a_mac_of_nothing_is_one_too, false },
	{ "hex goes there and back", hex_goes_there_and_back, true },
	{ "digests are those of RFC 7616", digests_are_those_of_rfc_7616,
	  true },
	{ "a prepared digest gives the same", a_prepared_digest_gives_the_same,
	  false },
	{ "random bytes fill all of it", random_bytes_fill_all_of_it, true },
	{ "constant time equality sees every byte",
	  constant_time_equality_sees_every_byte, true },
	{ "base64url is that of RFC 4648", base64url_is_that_of_rfc_4648,
	  true },
	{ "base64url has one text per value", base64url_has_one_text_per_value,
	  true },
	{ "base64url comes back at any length",
	  base64url_comes_back_at_any_length, true },
};

const struct test_suite suite_crypto = TEST_SUITE("crypto", tests);
