/* test_session.c - session timers: each rule of RFC 4028 8 */
#include "sip/session.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define OUT_MAX 2048

static const struct sip_session_rule rule = { 1800, 120 };

/* A message with rows, scanned where it lies. */
static bool
scan_rows(const char *line, const char *rows, char *text, struct sip_msg *msg)
{
	snprintf(text, OUT_MAX, "%s" H_VIA H_DIALOG "%s\r\n", line, rows);
	return OK(sip_scan(msg, text, strlen(text), NULL));
}

/* Whether the result is the message with these rows instead. */
static bool
becomes(const struct sip_edit *edit, const char *line, const char *before,
	const char *after)
{
	char out[OUT_MAX], expected[OUT_MAX];
	size_t len = 0;

	if (!OK(sip_edit_apply(edit, out, sizeof(out), &len)))
		return test_starved();
	snprintf(expected, sizeof(expected), "%s%s" H_VIA H_DIALOG "%s\r\n",
		 line, before, after);
	return len == strlen(expected) && memcmp(out, expected, len) == 0;
}

struct ask_row {
	const char *what, *rows;
	const char *added, *left; /* NULL: as they were */
	uint32_t interval_s;
	bool too_short;
};

static const struct ask_row asks[] = {
	{ "none is added", "", "Session-Expires: 1800\r\n", "", 1800, false },
	{ "also for a caller that knows", "Supported: 100rel, timer\r\n",
	  "Session-Expires: 1800\r\n", NULL, 1800, false },
	{ "not below Min-SE", "Min-SE: 3600\r\n", "Session-Expires: 3600\r\n",
	  NULL, 3600, false },
	{ "one in range stays", "Session-Expires: 600;refresher=uac\r\n", "",
	  NULL, 600, false },
	{ "a longer one is cut, parameters stay",
	  "x:  7200 ; refresher=uas\r\nk: timer\r\n", "",
	  "x:  1800 ; refresher=uas\r\nk: timer\r\n", 1800, false },
	{ "but not below Min-SE",
	  "Session-Expires: 7200\r\nMin-SE: 3600;a=b\r\n", "",
	  "Session-Expires: 3600\r\nMin-SE: 3600;a=b\r\n", 3600, false },
	{ "one of Min-SE itself is not raised",
	  "Session-Expires: 3600\r\nMin-SE: 3600\r\n", "", NULL, 3600, false },
	{ "one below Min-SE is raised to it",
	  "Session-Expires: 200\r\nMin-SE: 300\r\n", "",
	  "Session-Expires: 300\r\nMin-SE: 300\r\n", 300, false },
	{ "too short, from one that knows",
	  "Supported: timer\r\nSession-Expires: 119\r\n", "", NULL, 119, true },
	{ "not too short by one",
	  "Supported: timer\r\nSession-Expires: 120\r\n", "", NULL, 120,
	  false },
	{ "too short, from one that knows nothing", "Session-Expires: 100\r\n",
	  "Min-SE: 120\r\n", "Session-Expires: 120\r\n", 120, false },
	{ "and has a Min-SE that is too short",
	  "Min-SE: 95\r\nSession-Expires: 100\r\n", "",
	  "Min-SE: 120\r\nSession-Expires: 120\r\n", 120, false },
	{ "and has a longer one", "Min-SE: 150\r\nSession-Expires: 100\r\n", "",
	  "Min-SE: 150\r\nSession-Expires: 150\r\n", 150, false },
	{ "what cannot be read is left alone", "Session-Expires: soon\r\n", "",
	  NULL, 0, false },
	{ "two are left alone", "Session-Expires: 5\r\nSession-Expires: 6\r\n",
	  "", NULL, 0, false },
	{ "a list is left alone", "Session-Expires: 5, 6\r\n", "", NULL, 0,
	  false },
	{ "a Min-SE nobody can read", "Min-SE: x\r\n", "", NULL, 0, false },
	{ "over all bounds", "Session-Expires: 4294967296\r\n", "", NULL, 0,
	  false },
	{ "an option with timer in its name is another",
	  "Supported: timers\r\nSession-Expires: 100\r\n", "Min-SE: 120\r\n",
	  "Supported: timers\r\nSession-Expires: 120\r\n", 120, false },
};

static void
requests_are_brought_to_what_8_1_wants(void)
{
	char text[OUT_MAX], block[512];
	struct sip_session session = { .min_s = 0 };
	struct sip_edit edit;
	struct sip_msg msg;
	struct arena arena;

	for (size_t i = 0; i < N_ROWS(asks); i++) {
		const struct ask_row *row = &asks[i];

		test_row(row->what);
		if (!scan_rows(INVITE_LINE, row->rows, text, &msg))
			continue;
		CHECK(sip_session_is_too_short(&rule, &msg) == row->too_short);
		arena_init(&arena, block, sizeof(block), 0);
		sip_edit_init(&edit, &msg);
		sip_session_ask(&rule, &edit, &arena, &session);
		CHECK(session.interval_s == row->interval_s);
		CHECK(becomes(&edit, INVITE_LINE, row->added,
			      row->left != NULL ? row->left : row->rows));
		arena_fini(&arena);
	}
	test_row(NULL);
}

struct answer_row {
	const char *what, *rows;
	struct sip_session session;
	const char *added;
};

static const struct answer_row answers[] = {
	{ "the callee does not know, the caller does",
	  "",
	  { 1800, true, 0 },
	  "Session-Expires: 1800;refresher=uac\r\nRequire: timer\r\n" },
	{ "and it is required already",
	  "Require: 100rel, Timer\r\n",
	  { 600, true, 0 },
	  "Session-Expires: 600;refresher=uac\r\n" },
	{ "neither knows", "", { 1800, false, 0 }, "" },
	{ "the callee decides",
	  "Session-Expires: 90;refresher=uas\r\n",
	  { 1800, true, 0 },
	  "" },
	{ "nothing was asked", "", { 0, true, 0 }, "" },
};

static void
answers_are_completed_as_8_2_wants(void)
{
	char text[OUT_MAX], block[512];
	struct sip_edit edit;
	struct sip_msg msg;
	struct arena arena;

	for (size_t i = 0; i < N_ROWS(answers); i++) {
		const struct answer_row *row = &answers[i];

		test_row(row->what);
		if (!scan_rows("SIP/2.0 200 OK\r\n", row->rows, text, &msg))
			continue;
		arena_init(&arena, block, sizeof(block), 0);
		sip_edit_init(&edit, &msg);
		sip_session_answer(&row->session, &edit, &arena);
		CHECK(becomes(&edit, "SIP/2.0 200 OK\r\n", row->added,
			      row->rows));
		arena_fini(&arena);
	}
	test_row(NULL);
}

static void
a_required_tag_joins_others_in_a_row_of_its_own(void)
{
	const struct sip_session session = { 1800, true, 0 };
	char text[OUT_MAX], block[512], out[OUT_MAX];
	struct sip_edit edit;
	struct sip_msg msg;
	struct arena arena;
	size_t len = 0;

	if (!scan_rows("SIP/2.0 200 OK\r\n", "Require: a\r\n", text, &msg))
		return;
	arena_init(&arena, block, sizeof(block), 0);
	sip_edit_init(&edit, &msg);
	sip_session_answer(&session, &edit, &arena);
	if (OK(sip_edit_apply(&edit, out, sizeof(out) - 1, &len))) {
		out[len] = '\0';
		CHECK(strstr(out, "Require: timer\r\nRequire: a\r\n") != NULL);
	}
	arena_fini(&arena);
}

/* Else the refresh of what we have asked for would be refused by ourselves. */
static void
what_is_asked_for_is_never_too_short(void)
{
	static const struct sip_session_rule odd = { 100, 300 };
	static const char *const rows[] = { "", "Session-Expires: 400\r\n",
					    "Session-Expires: 120\r\n",
					    "Min-SE: 110\r\n" };
	char text[OUT_MAX], block[512];
	struct sip_msg msg;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct sip_session session = { .min_s = 0 };
		struct sip_edit edit;
		struct arena arena;

		test_row(rows[i]);
		if (!scan_rows(INVITE_LINE, rows[i], text, &msg))
			continue;
		arena_init(&arena, block, sizeof(block), 0);
		sip_edit_init(&edit, &msg);
		sip_session_ask(&odd, &edit, &arena, &session);
		CHECK(session.interval_s == 300 || test_starved());
		arena_fini(&arena);
	}
	test_row(NULL);
}

static void
without_an_interval_nothing_is_done(void)
{
	static const struct sip_session_rule off = { 0, 90 };
	char text[OUT_MAX], block[512];
	struct sip_session session = { .min_s = 0 };
	struct sip_edit edit;
	struct sip_msg msg;
	struct arena arena;

	if (!scan_rows(INVITE_LINE, "k: timer\r\nx: 30\r\n", text, &msg))
		return;
	arena_init(&arena, block, sizeof(block), 0);
	sip_edit_init(&edit, &msg);
	sip_session_ask(&off, &edit, &arena, &session);
	CHECK(!sip_session_is_too_short(&off, &msg));
	CHECK(session.interval_s == 0);
	CHECK(edit.n == 0);
	arena_fini(&arena);
}

/* A 422 of the other side, once the caller's interval is 1800. */
static const struct {
	const char *what, *asked; /* rows of the INVITE */
	const char *refused;	  /* of the response */
	const char *added, *left; /* of the INVITE that goes out again; NULL:
				   * none does */
	int status;
} brief[] = {
	{ "ours was too short", "", "Min-SE: 3600\r\n",
	  "Min-SE: 3600\r\nSession-Expires: 3600\r\n", "", 422 },
	{ "his own, which he cannot lengthen", "Session-Expires: 900\r\n",
	  "Min-SE: 1000\r\n", "Min-SE: 1000\r\n",
	  "Session-Expires: 1000\r\n", 422 },
	{ "his Min-SE goes up, too",
	  "Min-SE: 100\r\nSession-Expires: 900;refresher=uac\r\n",
	  "Min-SE: 1000\r\n", "",
	  "Min-SE: 1000\r\nSession-Expires: 1000;refresher=uac\r\n", 422 },
	{ "he knows how", "Supported: timer\r\n", "Min-SE: 3600\r\n", NULL,
	  NULL, 422 },
	{ "without Min-SE", "", "", NULL, NULL, 422 },
	{ "what was sent is long enough", "", "Min-SE: 1800\r\n", NULL, NULL,
	  422 },
	{ "more than anybody needs", "", "Min-SE: 86401\r\n", NULL, NULL,
	  422 },
	{ "another status", "", "Min-SE: 3600\r\n", NULL, NULL, 500 },
};

static void
what_was_too_short_is_asked_for_again(void)
{
	char text[OUT_MAX], refused[OUT_MAX], line[40], block[512];
	struct sip_msg msg, response;

	for (size_t i = 0; i < N_ROWS(brief); i++) {
		struct sip_session session = { .min_s = 0 };
		struct sip_edit edit;
		struct arena arena;

		test_row(brief[i].what);
		snprintf(line, sizeof(line), "SIP/2.0 %d No\r\n",
			 brief[i].status);
		if (!scan_rows(INVITE_LINE, brief[i].asked, text, &msg) ||
		    !scan_rows(line, brief[i].refused, refused, &response))
			continue;
		arena_init(&arena, block, sizeof(block), 0);
		sip_edit_init(&edit, &msg);
		sip_session_ask(&rule, &edit, &arena, &session);
		CHECK(sip_session_may_lengthen(&session, &response) ==
		      (brief[i].added != NULL));
		sip_edit_init(&edit, &msg);
		sip_session_ask(&rule, &edit, &arena, &session);
		if (brief[i].added != NULL) {
			CHECK(becomes(&edit, INVITE_LINE, brief[i].added,
				      brief[i].left));
			CHECK(!sip_session_may_lengthen(&session, &response));
		}
		arena_fini(&arena);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "requests are brought to what 8.1 wants",
	  requests_are_brought_to_what_8_1_wants, false },
	{ "answers are completed as 8.2 wants",
	  answers_are_completed_as_8_2_wants, false },
	{ "a required tag joins others in a row of its own",
	  a_required_tag_joins_others_in_a_row_of_its_own, false },
	{ "what was too short is asked for again",
	  what_was_too_short_is_asked_for_again, false },
	{ "what is asked for is never too short for ourselves",
	  what_is_asked_for_is_never_too_short, false },
	{ "without an interval nothing is done",
	  without_an_interval_nothing_is_done, false },
};

const struct test_suite suite_session = TEST_SUITE("session", tests);
