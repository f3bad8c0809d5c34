/* test_token.c - signing, checking, and the vectors of doc/token.md */
#include "acct/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/err.h"
#include "tests/unit/harness.h"

#define SETUP INT64_C(1795417200000000)
#define S(text) str_make((text), sizeof(text) - 1)
#define N_VECTORS 5

static const char secret_a[] = "0123456789abcdef", secret_b[] = "fedcba9876543"
								"210";

static const struct token_key key_a = { 1, secret_a, 16 };
static const struct token_key key_b = { 2, secret_b, 16 };

static const struct token unanswered = {
	.hop = 2,
	.node = 0xdeadbeef,
	.account = 42,
	.gateway = 7,
	.generation = 3,
	.setup = SETUP,
};

static struct token
answered_at(time_us answer)
{
	struct token token = unanswered;

	token.answer = answer;
	return token;
}

static bool
same(const struct token *a, const struct token *b)
{
	return a->hop == b->hop && a->node == b->node &&
	       a->account == b->account && a->gateway == b->gateway &&
	       a->generation == b->generation && a->setup == b->setup &&
	       a->answer == b->answer;
}

static int
encode(struct token_keys *keys, const struct token *token, char out[TOKEN_LEN])
{
	return token_encode(keys, token, S("call"), S("from"), S("to"), out);
}

static int
decode(struct token_keys *keys, const char text[TOKEN_LEN], struct token *out)
{
	return token_decode(keys, str_make(text, TOKEN_LEN), S("call"),
			    S("from"), S("to"), SETUP, 0, out);
}

static void
test_round_trip(void)
{
	const time_us answers[] = { 0, SETUP, SETUP + 1, SETUP + 3500000,
				    SETUP + (INT64_C(1) << 48) - 1 };
	struct token_keys *keys;

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct token token = answered_at(answers[i]), back;
		char text[TOKEN_LEN];

		if (!OK(encode(keys, &token, text)) ||
		    !OK(decode(keys, text, &back)))
			break;
		CHECK(same(&token, &back));
		CHECK(back.key_id == 1);
	}
	token_keys_free(keys);
}

static void
test_ranges(void)
{
	static const struct {
		const char *what;
		time_us setup, answer;
	} rows[] = {
		{ "no setup", 0, 0 },
		{ "setup before 1970", -1, 0 },
		{ "setup at the end of time", INT64_MAX, 0 },
		{ "answer before setup", SETUP, SETUP - 1 },
		{ "answer before 1970", SETUP, -5 },
		{ "answer 2^48 us late", SETUP, SETUP + (INT64_C(1) << 48) },
	};
	struct token_keys *keys;
	char text[TOKEN_LEN];

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token token = answered_at(rows[i].answer);

		token.setup = rows[i].setup;
		test_row(rows[i].what);
		CHECK(encode(keys, &token, text) == ERR_RANGE);
	}
	token_keys_free(keys);
}

static void
test_space(void)
{
	static const struct {
		const char *what;
		struct token_space space;
		int expected;
	} rows[] = {
		{ "the first", { true, 0, 0 }, 0 },
		{ "the last", { true, 3, 65535 }, 0 },
		{ "one more", { true, 4, 1 }, ERR_RANGE },
		{ "tries, not spaced", { false, 1, 0 }, ERR_RANGE },
		{ "a CSeq, not spaced", { false, 0, 1 }, ERR_RANGE },
	};
	struct token_keys *keys;

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token token = answered_at(SETUP + 9), back;
		char text[TOKEN_LEN];

		token.space = rows[i].space;
		test_row(rows[i].what);
		CHECK(encode(keys, &token, text) == rows[i].expected);
		if (rows[i].expected == 0 && OK(decode(keys, text, &back)))
			CHECK(same(&token, &back));
	}
	token_keys_free(keys);
}

static void
test_long_texts(void)
{
	static const char zeros[65536];
	struct token answered = answered_at(SETUP + 1), back;
	struct token_keys *keys;
	char text[TOKEN_LEN];

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	CHECK(token_encode(keys, &answered, str_make(zeros, 65535), S("f"),
			   S("t"), text) == 0);
	CHECK(token_decode(keys, str_make(text, TOKEN_LEN),
			   str_make(zeros, 65535), S("f"), S("t"), 0, 0,
			   &back) == 0);
	CHECK(token_decode(keys, str_make(text, TOKEN_LEN),
			   str_make(zeros, 65536), S("f"), S("t"), 0, 0,
			   &back) == ERR_AUTH);
	CHECK(token_encode(keys, &answered, str_make(zeros, 65536), S("f"),
			   S("t"), text) == ERR_RANGE);
	CHECK(token_encode(keys, &answered, S("c"), str_make(zeros, 65536),
			   S("t"), text) == ERR_RANGE);
	CHECK(token_encode(keys, &answered, S("c"), S("f"),
			   str_make(zeros, 65536), text) == ERR_RANGE);
	CHECK(token_encode(keys, &unanswered, S("c"), S("f"),
			   str_make(zeros, 65536), text) == 0);
	token_keys_free(keys);
}

/* Every single bit of the 48 octets, turned over. */
static void
test_altered(void)
{
	struct token answered = answered_at(SETUP + 9), back;
	struct token_keys *keys;
	char text[TOKEN_LEN];
	uint8_t raw[TOKEN_RAW_LEN];

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	if (!OK(encode(keys, &answered, text)))
		goto out;
	if (!OK(base64url_decode(text, TOKEN_LEN, raw, sizeof(raw))))
		goto out;
	for (size_t bit = 0; bit < 8 * sizeof(raw); bit++) {
		int expected = bit < 8 ? ERR_SYNTAX : ERR_AUTH;

		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		base64url_encode(raw, sizeof(raw), text);
		CHECK(decode(keys, text, &back) == expected);
		raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	base64url_encode(raw, sizeof(raw), text);
	CHECK(decode(keys, text, &back) == 0);
out:
	token_keys_free(keys);
}

static void
test_bound_to_dialog(void)
{
	static const struct {
		const char *what;
		struct str call_id, from_tag, to_tag;
		int before, after; /* the answer */
	} rows[] = {
		{ "its own", { "call", 4 }, { "from", 4 }, { "to", 2 }, 0, 0 },
		{ "another Call-ID",
		  { "cull", 4 },
		  { "from", 4 },
		  { "to", 2 },
		  ERR_AUTH,
		  ERR_AUTH },
		{ "another caller",
		  { "call", 4 },
		  { "fram", 4 },
		  { "to", 2 },
		  ERR_AUTH,
		  ERR_AUTH },
		{ "another callee",
		  { "call", 4 },
		  { "from", 4 },
		  { "ta", 2 },
		  0,
		  ERR_AUTH },
		{ "legs swapped",
		  { "call", 4 },
		  { "to", 2 },
		  { "from", 4 },
		  ERR_AUTH,
		  ERR_AUTH },
		{ "an octet moved",
		  { "callf", 5 },
		  { "rom", 3 },
		  { "to", 2 },
		  ERR_AUTH,
		  ERR_AUTH },
		{ "an octet moved back",
		  { "call", 4 },
		  { "fro", 3 },
		  { "mto", 3 },
		  ERR_AUTH,
		  ERR_AUTH },
		{ "no tags",
		  { "call", 4 },
		  { NULL, 0 },
		  { NULL, 0 },
		  ERR_AUTH,
		  ERR_AUTH },
	};
	struct token answered = answered_at(SETUP + 9), back;
	struct token_keys *keys;
	char before[TOKEN_LEN], after[TOKEN_LEN];

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	if (!OK(encode(keys, &unanswered, before)) ||
	    !OK(encode(keys, &answered, after)))
		goto out;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(token_decode(keys, str_make(before, TOKEN_LEN),
				   rows[i].call_id, rows[i].from_tag,
				   rows[i].to_tag, SETUP, 0,
				   &back) == rows[i].before);
		CHECK(token_decode(keys, str_make(after, TOKEN_LEN),
				   rows[i].call_id, rows[i].from_tag,
				   rows[i].to_tag, SETUP, 0,
				   &back) == rows[i].after);
	}
out:
	token_keys_free(keys);
}

static void
test_not_a_token(void)
{
	char text[TOKEN_LEN + 1];
	struct token back;
	struct token_keys *keys;

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	if (!OK(encode(keys, &unanswered, text)))
		goto out;
	for (size_t len = 0; len < TOKEN_LEN; len++)
		CHECK(token_decode(keys, str_make(text, len), S("call"),
				   S("from"), S("to"), SETUP, 0,
				   &back) == ERR_SYNTAX);
	text[TOKEN_LEN] = 'A';
	CHECK(token_decode(keys, str_make(text, TOKEN_LEN + 1), S("call"),
			   S("from"), S("to"), SETUP, 0, &back) == ERR_SYNTAX);
	text[30] = '+'; /* of base64, not of base64url */
	CHECK(decode(keys, text, &back) == ERR_SYNTAX);
out:
	token_keys_free(keys);
}

/* Properly signed, but of a writer this version does not know. */
static void
test_unknown_bits(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
		int expected;
	} rows[] = {
		{ "as it was", 3, 0, 0 },
		{ "an unknown flag", 3, 16, ERR_SYNTAX },
		{ "spaced", 3, 2, 0 },
		{ "spaced, the fourth", 3, 2 | 3 << 2, 0 },
		{ "tries, not spaced", 3, 1 << 2, ERR_SYNTAX },
		{ "ringing, not answered", 33, 1, ERR_SYNTAX },
		{ "a CSeq, not spaced", 35, 1, ERR_SYNTAX },
		{ "setup beyond time", 20, 0x80, ERR_SYNTAX },
	};
	static const uint8_t bound[] = "\0\4call\0\4from";
	struct token_keys *keys;
	struct hmac *hmac = NULL;
	struct token back;
	char text[TOKEN_LEN];

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	if (!OK(hmac_new(secret_a, 16, &hmac)))
		goto out;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t raw[TOKEN_RAW_LEN], mac[SHA256_LEN];
		const struct hmac_part parts[] = {
			{ raw, 36 }, { bound, sizeof(bound) - 1 }
		};

		test_row(rows[i].what);
		if (!OK(encode(keys, &unanswered, text)) ||
		    !OK(base64url_decode(text, TOKEN_LEN, raw, sizeof(raw))))
			goto out;
		raw[rows[i].at] |= rows[i].value;
		if (!OK(hmac_sum(hmac, parts, 2, mac)))
			goto out;
		memcpy(raw + 36, mac, 12);
		base64url_encode(raw, sizeof(raw), text);
		CHECK(decode(keys, text, &back) == rows[i].expected);
	}
out:
	hmac_free(hmac);
	token_keys_free(keys);
}

static void
test_keys(void)
{
	const struct token_key both[] = { key_b, key_a },
			       twice[] = { key_a, { 1, secret_b, 16 } };
	const struct token_key short_key = { 1, secret_a, 15 };
	struct token_keys *old, *new = NULL;
	struct token back;
	char text[TOKEN_LEN];

	if (!OK(token_keys_new(&key_a, 1, &old)))
		return;
	if (!OK(encode(old, &unanswered, text)))
		goto out;
	if (!OK(token_keys_new(both, 2, &new)))
		goto out;
	CHECK(decode(new, text, &back) == 0 && back.key_id == 1);
	if (OK(encode(new, &unanswered, text)))
		CHECK(decode(new, text, &back) == 0 && back.key_id == 2);
	CHECK(decode(old, text, &back) == ERR_AUTH);
	token_keys_free(new);
	new = NULL;
	CHECK(token_keys_new(both, 0, &new) == ERR_INVAL);
	CHECK(token_keys_new(&short_key, 1, &new) == ERR_INVAL);
	CHECK(token_keys_new(twice, 2, &new) == ERR_INVAL);
out:
	token_keys_free(new);
	token_keys_free(old);
	token_keys_free(NULL);
}

static void
test_age(void)
{
	static const struct {
		time_us now;
		int64_t max_age_s;
		int expected;
	} rows[] = {
		{ SETUP + 10 * US_PER_S, 10, 0 },
		{ SETUP + 10 * US_PER_S + 1, 10, ERR_EXPIRED },
		{ SETUP - 99 * US_PER_S, 10, 0 }, /* another node's clock */
		{ SETUP * 2, 0, 0 },
		{ SETUP * 2, INT64_MAX, 0 },
	};
	struct token_keys *keys;
	struct token back;
	char text[TOKEN_LEN];

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	if (!OK(encode(keys, &unanswered, text)))
		goto out;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&back, 0, sizeof(back));
		CHECK(token_decode(keys, str_make(text, TOKEN_LEN), S("call"),
				   S("from"), S("to"), rows[i].now,
				   rows[i].max_age_s,
				   &back) == rows[i].expected);
		CHECK(back.account == 42);
	}
out:
	token_keys_free(keys);
}

static void
test_node_id(void)
{
	CHECK(token_node_id("pop1") == UINT32_C(3402731202));
	CHECK(token_node_id("pop1") != token_node_id("pop2"));
}

struct vector {
	struct token token;
	uint8_t secret[64];
	size_t secret_len;
	char call_id[100], from_tag[100], to_tag[100], text[100];
};

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	while (sscanf(hex + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

/* One line of doc/token.md: a name, a space, and the value up to the end. */
static void
take_line(struct vector *v, const char *name, const char *value)
{
	uint64_t number = strtoull(value, NULL, 10);

	if (strcmp(name, "key_id") == 0)
		v->token.key_id = (uint8_t)number;
	else if (strcmp(name, "hop") == 0)
		v->token.hop = (uint8_t)number;
	else if (strcmp(name, "node") == 0)
		v->token.node = (uint32_t)number;
	else if (strcmp(name, "account") == 0)
		v->token.account = (uint32_t)number;
	else if (strcmp(name, "gateway") == 0)
		v->token.gateway = (uint32_t)number;
	else if (strcmp(name, "generation") == 0)
		v->token.generation = (uint32_t)number;
	else if (strcmp(name, "setup") == 0)
		v->token.setup = (time_us)number;
	else if (strcmp(name, "answer") == 0)
		v->token.answer = (time_us)number;
	else if (strcmp(name, "spaced") == 0)
		v->token.space.is_spaced = number != 0;
	else if (strcmp(name, "tries") == 0)
		v->token.space.tries = (uint8_t)number;
	else if (strcmp(name, "cseq") == 0)
		v->token.space.cseq = (uint16_t)number;
	else if (strcmp(name, "secret") == 0)
		v->secret_len = from_hex(value, v->secret);
	else if (strcmp(name, "call_id") == 0)
		snprintf(v->call_id, sizeof(v->call_id), "%s", value);
	else if (strcmp(name, "from_tag") == 0)
		snprintf(v->from_tag, sizeof(v->from_tag), "%s", value);
	else if (strcmp(name, "to_tag") == 0)
		snprintf(v->to_tag, sizeof(v->to_tag), "%s", value);
	else if (strcmp(name, "token") == 0)
		snprintf(v->text, sizeof(v->text), "%s", value);
	else
		CHECK(strcmp(name, "a name that is known") == 0);
}

/* The vectors in the last fenced block; returns how many. */
static size_t
read_vectors(FILE *file, struct vector vectors[N_VECTORS])
{
	char line[300];
	size_t n = 0;

	memset(vectors, 0, N_VECTORS * sizeof(vectors[0]));
	while (fgets(line, sizeof(line), file) != NULL) {
		char *space;

		line[strcspn(line, "\n")] = '\0';
		space = strchr(line, ' ');
		if (strncmp(line, "vector ", 7) == 0) {
			n++;
		} else if (n > 0 && n <= N_VECTORS && line[0] >= 'a') {
			if (space != NULL)
				*space = '\0';
			take_line(&vectors[n - 1], line,
				  space != NULL ? space + 1 : "");
		}
	}
	return n;
}

static void
check_vector(const struct vector *v)
{
	struct token_key key = { v->token.key_id, v->secret, v->secret_len };
	struct str call_id = str_of(v->call_id), from = str_of(v->from_tag),
		   to = str_of(v->to_tag);
	struct token_keys *keys;
	struct token back;
	char text[TOKEN_LEN];

	CHECK(strlen(v->text) == TOKEN_LEN);
	if (!OK(token_keys_new(&key, 1, &keys)))
		return;
	if (OK(token_encode(keys, &v->token, call_id, from, to, text)))
		CHECK(memcmp(text, v->text, TOKEN_LEN) == 0);
	if (OK(token_decode(keys, str_of(v->text), call_id, from, to, 0, 0,
			    &back))) {
		CHECK(same(&back, &v->token));
		CHECK(back.key_id == v->token.key_id);
	}
	token_keys_free(keys);
}

static void
test_vectors(void)
{
	struct vector vectors[N_VECTORS];
	char path[500];
	FILE *file = fopen(test_file("doc/token.md", path, sizeof(path)), "r");

	if (!CHECK(file != NULL))
		return;
	if (CHECK(read_vectors(file, vectors) == N_VECTORS)) {
		for (size_t i = 0; i < N_VECTORS; i++)
			check_vector(&vectors[i]);
	}
	fclose(file);
}

static void
test_find(void)
{
	char token[TOKEN_LEN], text[3 * TOKEN_LEN];

	memset(token, 'A', sizeof(token));
	token[TOKEN_LEN - 1] = 'B';
	CHECK(token_find(str_make(NULL, 0), token) == NULL);
	for (size_t at = 0; at <= sizeof(text) - TOKEN_LEN; at++) {
		memset(text, 'A', sizeof(text));
		memcpy(text + at, token, TOKEN_LEN);
		CHECK(token_find(str_make(text, sizeof(text)), token) ==
		      text + at);
		CHECK(token_find(str_make(text, at + TOKEN_LEN), token) ==
		      text + at);
		CHECK(token_find(str_make(text, at + TOKEN_LEN - 1), token) ==
		      NULL);
	}
}

static void
test_read_own(void)
{
	const struct token in = answered_at(SETUP + 1);
	struct token_keys *keys;
	char text[TOKEN_LEN];
	struct token out;

	if (!OK(token_keys_new(&key_a, 1, &keys)))
		return;
	if (!OK(encode(keys, &in, text)))
		goto out;
	CHECK(token_read_own(str_make(text, TOKEN_LEN), SETUP, 0, &out) == 0 &&
	      same(&in, &out));
	CHECK(token_read_own(str_make(text, TOKEN_LEN), SETUP + 1000001, 1,
			     &out) == ERR_EXPIRED);
	CHECK(token_read_own(str_make(text, TOKEN_LEN - 1), SETUP, 0, &out) ==
	      ERR_SYNTAX);
	text[0] = 'B'; /* another version */
	CHECK(token_read_own(str_make(text, TOKEN_LEN), SETUP, 0, &out) ==
	      ERR_SYNTAX);
out:
	token_keys_free(keys);
}

/* The address counts, not its port; the key that is asked for, or the first. */
static void
test_mark(void)
{
	const struct token_key both[] = { key_a, key_b };
	struct token_keys *keys, *other;
	struct addr addr, moved, far;
	uint32_t mark;

	if (!OK(addr_parse(str_of("192.0.2.1:5060"), 0, &addr)) ||
	    !OK(addr_parse(str_of("192.0.2.1:5070"), 0, &moved)) ||
	    !OK(addr_parse(str_of("[2001:db8::1]"), 0, &far)) ||
	    !OK(token_keys_new(both, 2, &keys)))
		return;
	mark = token_mark(keys, TOKEN_KEY_SIGNS, &addr);
	CHECK((mark & TOKEN_MARK) != 0);
	CHECK(token_mark(keys, key_a.id, &moved) == mark);
	CHECK(token_mark(keys, key_b.id, &addr) != mark);
	CHECK(token_mark(keys, TOKEN_KEY_SIGNS, &far) != mark);
	CHECK(token_mark(keys, 200, &addr) == 0);
	if (OK(token_keys_new(&key_b, 1, &other))) {
		CHECK(token_mark(other, TOKEN_KEY_SIGNS, &addr) ==
		      token_mark(keys, key_b.id, &addr));
		token_keys_free(other);
	}
	token_keys_free(keys);
}

static const struct test tests[] = {
	{ "a gateway's address has a mark under each key", test_mark, true },
	{ "what was encoded comes back", test_round_trip, false },
	{ "times without meaning are refused", test_ranges, false },
	{ "a spaced CSeq comes back", test_space, true },
	{ "texts of more than 65,535 bytes are refused", test_long_texts,
	  false },
	{ "every altered bit is noticed", test_altered, false },
	{ "a token is valid in its own dialog only", test_bound_to_dialog,
	  false },
	{ "other lengths and alphabets are no tokens", test_not_a_token,
	  false },
	{ "signed but unknown bits are no token", test_unknown_bits, false },
	{ "a token is found wherever it is", test_find, true },
	{ "what was signed here is read without a sum", test_read_own, false },
	{ "the first key signs and all verify", test_keys, false },
	{ "an age bound is kept to the microsecond", test_age, false },
	{ "a node's id is the CRC-32C of its name", test_node_id, true },
	{ "the vectors of doc/token.md hold", test_vectors, false },
};

const struct test_suite suite_token = TEST_SUITE("token", tests);
