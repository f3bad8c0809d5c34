/* test_cseq.c - spaced CSeq numbers */
#include "lcrproxy/cseq.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static const struct cseq_again none;

static void
numbers(void)
{
	static const struct {
		const char *what;
		uint32_t invite, cseq;
		unsigned tries;
		uint32_t expected;
	} rows[] = {
		{ "the INVITE itself", 1, 1, 0, 4 },
		{ "the INVITE again", 1, 1, 1, 5 },
		{ "and again", 1, 1, 3, 7 },
		{ "once too often", 1, 1, 4, 1 },
		{ "the next request", 1, 2, 0, 8 },
		{ "a new request of the same Call-ID", 2, 2, 0, 8 },
		{ "the next request again", 1, 2, 2, 10 },
		{ "a request with a gap", 100, 110, 1, 441 },
		{ "beyond 16 bits", 70000, 70001, 0, 280004 },
		{ "low bits that turn over", 65535, 65536, 0, 262144 },
		{ "the 65,535th", 3, 65538, 0, 262152 },
		{ "the highest that counts in fours", 268435455, 268435455, 3,
		  1073741823 },
		{ "one from there on", 268435455, 268435456, 0, 1073741824 },
		{ "higher: from itself on", 268435456, 268435456, 0, 268435456 },
		{ "and on", 268435456, 268435457, 1, 268435461 },
		{ "lower than the INVITE", 9, 8, 0, 8 },
		{ "0", 0, 0, 1, 1 },
		{ "no room", 2147483640, 2147483644, 0, 2147483644 },
		{ "just room", 2147483640, 2147483641, 3, 2147483647 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token_space space = cseq_space(rows[i].invite, true);

		test_row(rows[i].what);
		CHECK(space.is_spaced);
		CHECK(cseq_out(&space, rows[i].cseq, rows[i].tries) ==
		      rows[i].expected);
	}
}

static void
not_spaced(void)
{
	struct token_space space = cseq_space(7, false);

	CHECK(!space.is_spaced && space.cseq == 0);
	CHECK(cseq_out(&space, 8, 1) == 8 && cseq_tries(&space, &none, 7) == 0);
	CHECK(!cseq_space(2147483644, true).is_spaced);
	CHECK(cseq_space(2147483643, true).is_spaced);
}

static void
tries(void)
{
	struct token_space space = cseq_space(66000, true);
	const struct cseq_again again = { 66001, 3 };

	space.tries = 2;
	CHECK(cseq_tries(&space, &none, 66000) == 2);
	CHECK(cseq_tries(&space, &none, 66001) == 0);
	CHECK(cseq_tries(&space, &again, 66001) == 3);
	CHECK(cseq_tries(&space, &again, 66000) == 2);
	CHECK(cseq_tries(&space, &none, 0) == 0);
}

/* What the message becomes; out holds it. */
static const char *
edited(const char *text, uint32_t number, const struct token_space *space,
       char out[1000])
{
	char first[1000];
	struct arena arena;
	struct sip_edit edit;
	struct sip_msg msg;
	size_t len = 0;

	arena_init(&arena, first, sizeof(first), 1 << 16);
	if (OK(sip_scan(&msg, text, strlen(text), NULL))) {
		sip_edit_init(&edit, &msg);
		if (number != 0)
			cseq_edit(&edit, &arena, number);
		cseq_edit_rack(&edit, &arena, space, &none);
		OK(sip_edit_apply(&edit, out, 999, &len));
	}
	out[len] = '\0';
	arena_fini(&arena);
	return out;
}

#define MESSAGE(cseq, more)                                            \
	"PRACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n" \
	"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c\r\n" \
	"CSeq: " cseq " PRACK\r\n" more "\r\n"

static void
edits(void)
{
	static const struct {
		const char *what, *before;
		uint32_t number;
		const char *after;
	} rows[] = {
		{ "a number", MESSAGE("2", ""), 5, MESSAGE("5", "") },
		{ "a longer one", MESSAGE("0009  ", ""), 2147483647,
		  MESSAGE("2147483647  ", "") },
		{ "the same", MESSAGE("007", ""), 7, MESSAGE("007", "") },
		{ "a RAck", MESSAGE("2", "RAck: 17 1 INVITE\r\n"), 5,
		  MESSAGE("5", "RAck: 17 5 INVITE\r\n") },
		{ "a folded RAck", MESSAGE("2", "rack:  17\r\n 3  INVITE\r\n"),
		  0, MESSAGE("2", "rack:  17\r\n 12  INVITE\r\n") },
		{ "half a RAck", MESSAGE("2", "RAck: 17\r\n"), 0,
		  MESSAGE("2", "RAck: 17\r\n") },
		{ "no RAck", MESSAGE("2", "RAck: a b\r\n"), 0,
		  MESSAGE("2", "RAck: a b\r\n") },
		{ "a RAck of 2^31",
		  MESSAGE("2", "RAck: 1 2147483648 INVITE\r\n"), 0,
		  MESSAGE("2", "RAck: 1 2147483648 INVITE\r\n") },
	};
	struct token_space space = cseq_space(1, true);
	char out[1000];

	space.tries = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(strcmp(edited(rows[i].before, rows[i].number, &space,
				    out),
			     rows[i].after) == 0);
	}
	space = cseq_space(1, false);
	CHECK(strcmp(edited(rows[3].before, 0, &space, out), rows[3].before) ==
	      0);
}

static const struct test tests[] = {
	{ "numbers go out spaced", numbers, true },
	{ "or as they are", not_spaced, true },
	{ "the token knows the tries of the first INVITE", tries, true },
	{ "CSeq and RAck are replaced in place", edits, false },
};

const struct test_suite suite_cseq = TEST_SUITE("cseq", tests);
