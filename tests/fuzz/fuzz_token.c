/* fuzz_token.c - any text as a token, and any payload properly signed */
#include <assert.h>
#include <string.h>

#include "acct/token.h"
#include "base/crypto.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

#define PAYLOAD_LEN 36

static const struct token_key key = { 1, "a secret of tests", 17 };

/* The text of the payload with the signature that belongs to it. */
static void
sign(const uint8_t *payload, char text[TOKEN_LEN])
{
	static const uint8_t bound[] = "\0\1c\0\1f\0\1t";
	size_t n_bound = payload[3] & 1 ? 9 : 6;
	const struct hmac_part parts[] = { { payload, PAYLOAD_LEN },
					   { bound, n_bound } };
	uint8_t raw[TOKEN_RAW_LEN], mac[SHA256_LEN];
	struct hmac *hmac;

	assert(hmac_new(key.secret, key.secret_len, &hmac) == 0);
	assert(hmac_sum(hmac, parts, 2, mac) == 0);
	hmac_free(hmac);
	memcpy(raw, payload, PAYLOAD_LEN);
	memcpy(raw + PAYLOAD_LEN, mac, TOKEN_RAW_LEN - PAYLOAD_LEN);
	base64url_encode(raw, sizeof(raw), text);
}

/* What is accepted is what would have been written. */
static void
check(struct token_keys *keys, struct str text)
{
	const struct str c = str_of("c"), f = str_of("f"), t = str_of("t");
	struct token token;
	char again[TOKEN_LEN];
	int err = token_decode(keys, text, c, f, t, 0, 0, &token);

	assert(err == 0 || err == ERR_SYNTAX || err == ERR_AUTH);
	if (err != 0)
		return;
	assert(token.setup > 0);
	assert(token.answer == 0 || token.answer >= token.setup);
	assert(token_encode(keys, &token, c, f, t, again) == 0);
	assert(memcmp(again, text.p, TOKEN_LEN) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token_keys *keys;
	char text[TOKEN_LEN];

	assert(token_keys_new(&key, 1, &keys) == 0);
	check(keys, str_make((const char *)data, size));
	if (size >= PAYLOAD_LEN) {
		sign(data, text);
		check(keys, str_make(text, TOKEN_LEN));
	}
	token_keys_free(keys);
	return 0;
}
