/* test_reason.c - what Reason headers say */
#include "lcrproxy/reason.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_reason;

#define HEAD                                                      \
	"SIP/2.0 503 No\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:a@b>\r\n" \
	"To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"

static const struct {
	const char *lines;
	int sip, q850;
} rows[] = {
	{ "", 0, 0 },
	{ "Reason: Q.850;cause=17;text=\"x\"\r\n", 0, 17 },
	{ "Reason: q.850 ; text=\"a, SIP;cause=1\" ; cause=34\r\n", 0, 34 },
	{ "Reason: SIP;cause=503, Q.850;cause=42\r\n", 503, 42 },
	{ "Reason: SIP;cause=480\r\nX: y\r\nReason: Q.850;cause=3\r\n", 480, 3 },
	{ "Reason: Q.850;cause=1000\r\n", 0, 0 },
	{ "Reason: Q.850;cause=x\r\n", 0, 0 },
	{ "Reason: \r\n", 0, 0 },
	{ "Reason: ,,;cause=3\r\n", 0, 0 },
};

static void
causes(void)
{
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_msg msg;
		char *text;

		test_row(rows[i].lines);
		text = arena_printf(&arena, "%s%s\r\n", HEAD, rows[i].lines);
		if (!OK(text != NULL ? 0 : ERR_NOMEM))
			break;
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
			break;
		CHECK(reason_cause(&msg, "SIP") == rows[i].sip);
		CHECK(reason_cause(&msg, "Q.850") == rows[i].q850);
	}
	arena_fini(&arena);
}

static void
lines(void)
{
	static const char text[] = HEAD "Reason: SIP;cause=480\r\nX: y\r\n"
					"Reason: Q.850\r\n ;cause=3\r\n\r\n";
	struct sip_msg msg;
	struct arena arena;
	const char *kept;

	arena_init(&arena, NULL, 0, 0);
	if (OK(sip_scan(&msg, text, sizeof(text) - 1, NULL))) {
		kept = reason_lines(&msg, 1000, &arena);
		if (OK(kept != NULL ? 0 : ERR_NOMEM))
			CHECK(strcmp(kept, "Reason: SIP;cause=480\r\nReason: "
					   "Q.850\r\n ;cause=3\r\n") == 0);
		kept = reason_lines(&msg, 30, &arena);
		if (OK(kept != NULL ? 0 : ERR_NOMEM))
			CHECK(strcmp(kept, "Reason: SIP;cause=480\r\n") == 0);
		kept = reason_lines(&msg, 3, &arena);
		if (OK(kept != NULL ? 0 : ERR_NOMEM))
			CHECK(kept[0] == '\0');
	}
	arena_fini(&arena);
}

static void
pauses(void)
{
	static const struct {
		const char *header;
		int64_t seconds;
	} says[] = {
		{ "", -1 },
		{ "Retry-After: 5\r\n", 5 },
		{ "Retry-After: 0 (now)\r\n", 0 },
		{ "Retry-After: 60;duration=3600 (busy)\r\n", 60 },
		{ "Retry-After: 301\r\n", 300 },
		{ "Retry-After: 99999999999999999999999\r\n", 300 },
		{ "Retry-After: soon\r\n", -1 },
		{ "Retry-After: -5\r\n", -1 },
	};

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		struct sip_msg msg;
		char text[500];

		test_row(says[i].header);
		snprintf(text, sizeof(text), HEAD "%s\r\n", says[i].header);
		if (OK(sip_scan(&msg, text, strlen(text), NULL)))
			CHECK(reason_retry_after_s(&msg, 300) ==
			      says[i].seconds);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "causes are found by their protocol", causes, false },
	{ "whole lines are kept", lines, false },
	{ "pauses are numbers, bounded", pauses, false },
};
const struct test_suite suite_reason = TEST_SUITE("reason", tests);
