/* test_frame.c - messages cut out of a stream, whatever pieces it comes in */
#include "sip/frame.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define MAX 4096
#define MESSAGE COMPLETE "Content-Length: 4\r\n\r\nbody"

struct got {
	int err;
	size_t used;
	enum sip_frame_kind kind;
	const char *why;
};

static struct got
look(struct sip_frame *frame, const char *data, size_t len)
{
	struct got got;

	got.err = sip_frame_next(frame, data, len, MAX, &got.kind, &got.used,
				 &got.why);
	return got;
}

static struct got
look_once(const char *text)
{
	struct sip_frame frame = { 0, 0 };

	return look(&frame, text, strlen(text));
}

static void
whole_things_are_cut_out(void)
{
	static const struct {
		const char *what, *text;
		size_t used;
		enum sip_frame_kind kind;
	} rows[] = {
		{ "a message", MESSAGE, sizeof(MESSAGE) - 1,
		  SIP_FRAME_MESSAGE },
		{ "two of them: the first", MESSAGE MESSAGE,
		  sizeof(MESSAGE) - 1, SIP_FRAME_MESSAGE },
		{ "compact, folded",
		  "X\r\nl:\r\n  1\r\n\r\nbx", 15, SIP_FRAME_MESSAGE },
		{ "white space before the colon",
		  "X\r\nCONTENT-LENGTH \t:0\r\n\r\n", 25, SIP_FRAME_MESSAGE },
		{ "twice the same", "X\r\nl: 1\r\nl: 1\r\n\r\nbb", 18,
		  SIP_FRAME_MESSAGE },
		{ "a ping", "\r\n\r\n" MESSAGE, 4, SIP_FRAME_PING },
		{ "an empty line before", "\r\n" MESSAGE, 2, SIP_FRAME_PONG },
		{ "half a ping", "\r\n\r", 0, SIP_FRAME_MORE },
		{ "a pong, or half a ping", "\r\n", 0, SIP_FRAME_MORE },
		{ "nothing", "", 0, SIP_FRAME_MORE },
		{ "half a head", INVITE_LINE H_VIA, 0, SIP_FRAME_MORE },
		{ "half a body", COMPLETE "Content-Length: 5\r\n\r\nbody", 0,
		  SIP_FRAME_MORE },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct got got = look_once(rows[i].text);

		test_row(rows[i].what);
		CHECK(got.err == 0 && got.why == NULL);
		CHECK(got.kind == rows[i].kind);
		CHECK(got.used == rows[i].used);
	}
	test_row(NULL);
}

static void
what_has_no_end_is_refused(void)
{
	static const struct {
		const char *what, *text;
		int err;
		bool has_head;
	} rows[] = {
		{ "no Content-Length", COMPLETE "\r\n", ERR_SYNTAX, true },
		{ "in the body only", COMPLETE "\r\nl: 0\r\n", ERR_SYNTAX,
		  true },
		{ "in a fold only", "X\r\nA: b\r\n l: 0\r\n\r\n", ERR_SYNTAX,
		  true },
		{ "negative", "X\r\nl: -1\r\n\r\n", ERR_SYNTAX, true },
		{ "empty", "X\r\nl:\r\n\r\n", ERR_SYNTAX, true },
		{ "two that differ", "X\r\nl: 1\r\nl: 2\r\n\r\n", ERR_SYNTAX,
		  true },
		{ "far too long", "X\r\nl: 99999999999999999999\r\n\r\n",
		  ERR_LIMIT, true },
		{ "too long", "X\r\nl: 4096\r\n\r\n", ERR_LIMIT, true },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct got got = look_once(rows[i].text);

		test_row(rows[i].what);
		CHECK(got.err == rows[i].err && got.why != NULL);
		CHECK((got.used > 0) == rows[i].has_head);
	}
	test_row(NULL);
}

static void
a_head_without_end_is_refused(void)
{
	struct sip_frame frame = { 0, 0 };
	char text[MAX + 1];
	struct got got;

	memset(text, 'a', sizeof(text));
	got = look(&frame, text, MAX - 1);
	CHECK(got.err == 0 && got.kind == SIP_FRAME_MORE);
	got = look(&frame, text, MAX);
	CHECK(got.err == ERR_LIMIT && got.used == 0);
}

/* A message of exactly max passes, one octet more does not. */
static void
the_limit_is_exact(void)
{
	struct sip_frame frame = { 0, 0 };
	char text[MAX + 1];
	struct got got;

	memset(text, 'b', sizeof(text));
	memcpy(text, "X\r\nl: 4082\r\n\r\n", 14);
	got = look(&frame, text, MAX);
	CHECK(got.kind == SIP_FRAME_MESSAGE && got.used == MAX);
	memcpy(text, "X\r\nl: 4083\r\n\r\n", 14);
	got = look(&frame, text, MAX);
	CHECK(got.err == ERR_LIMIT);
}

/* Every way to cut the stream in two gives the same things. */
static void
pieces_do_not_matter(void)
{
	static const char stream[] = "\r\n\r\n" MESSAGE "\r\n" MESSAGE "\r\n\r\n"
				     MESSAGE;
	static const enum sip_frame_kind expected[] = {
		SIP_FRAME_PING,	 SIP_FRAME_MESSAGE, SIP_FRAME_PONG,
		SIP_FRAME_MESSAGE, SIP_FRAME_PING, SIP_FRAME_MESSAGE,
	};
	size_t len = sizeof(stream) - 1;

	for (size_t cut = 0; cut <= len; cut++) {
		const size_t ends[2] = { cut, len };
		struct sip_frame frame = { 0, 0 };
		size_t at = 0, n = 0;

		for (int i = 0; i < 2; i++) {
			struct got got = look(&frame, stream + at,
					      ends[i] - at);

			while (got.kind != SIP_FRAME_MORE) {
				CHECK(n < 6 && got.kind == expected[n]);
				n++;
				at += got.used;
				got = look(&frame, stream + at, ends[i] - at);
			}
		}
		CHECK(n == 6 && at == len);
	}
}

/* Octet by octet, and nothing is told before the last. */
static void
one_octet_at_a_time(void)
{
	struct sip_frame frame = { 0, 0 };
	size_t len = sizeof(MESSAGE) - 1;
	struct got got;

	for (size_t n = 0; n < len; n++) {
		got = look(&frame, MESSAGE, n);
		CHECK(got.err == 0 && got.kind == SIP_FRAME_MORE);
	}
	got = look(&frame, MESSAGE, len);
	CHECK(got.kind == SIP_FRAME_MESSAGE && got.used == len);
	CHECK(frame.seen == 0 && frame.total == 0);
}

static const struct test tests[] = {
	{ "whole things are cut out", whole_things_are_cut_out, true },
	{ "what has no end is refused", what_has_no_end_is_refused, true },
	{ "a head without end is refused", a_head_without_end_is_refused,
	  true },
	{ "the limit is exact", the_limit_is_exact, true },
	{ "pieces do not matter", pieces_do_not_matter, true },
	{ "one octet at a time", one_octet_at_a_time, true },
};

const struct test_suite suite_frame = TEST_SUITE("frame", tests);
