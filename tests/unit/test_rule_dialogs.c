/* test_rule_dialogs.c - requests inside dialogs, and their answers */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_dialogs;

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct proxy_world w;
static struct pw_talk talk;
static const struct pw_config preset = { .name = "rd" };
static const struct pw_config domains = {
	.name = "rd", .settings = "domains = [ \"us.example\", "
				  "\"other.example\" ];"
};

static bool
was(const char *records)
{
	return pw_was(&w, records);
}

static bool
begin(void)
{
	return pw_open(&w, &preset) && pw_talk(&w, &talk, NULL);
}

/* --- methods --- */

static const char *const methods[] = { "INFO",	  "UPDATE",  "OPTIONS",
				       "REFER",	  "NOTIFY",  "SUBSCRIBE",
				       "MESSAGE", "PUBLISH", "INVITE",
				       "PRACK",	  "BREW" };

static void
one_method(const char *method, struct pw_dialog *from, enum pw_peer to)
{
	char start[40];
	const char *got;

	snprintf(start, sizeof(start), "%s ", method);
	pw_inside(&w, from, method, "X-Odd : a\t,\"b\"\r\n");
	got = pw_get(&w, to, start);
	CHECK(strncmp(pw_header(got, "Max-Forwards", 0), "69", 2) == 0);
	CHECK(pw_count(got, "Route") == 0); /* ours was the only one */
	CHECK(pw_count(got, "Via") == 2);
	CHECK(strstr(got, "X-Odd : a\t,\"b\"\r\n") != NULL);
	pw_answer(&w, to, got, 202, "", "X-Says: so\r\n");
	got = pw_get(&w, from->self, "SIP/2.0 202 ");
	CHECK(strcmp(pw_header(got, "X-Says", 0), "so") == 0);
	if (strcmp(method, "INVITE") == 0) {
		pw_inside_as(&w, from, "ACK", from->cseq, NULL);
		pw_get(&w, to, "ACK ");
	}
	CHECK(pw_all_quiet(&w));
}

static void
both_directions(void)
{
	for (size_t i = 0; i < N(methods); i++) {
		test_row(methods[i]);
		if (begin()) {
			one_method(methods[i], &talk.caller, PW_G1);
			one_method(methods[i], &talk.callee, PW_CALLER);
		}
		pw_close(&w);
	}
}

#define DIGEST(realm)                                                      \
	"Proxy-Authorization: Digest username=\"u\", realm=\"" realm      \
	"\", nonce=\"n\", uri=\"sip:x\", response=\"" \
	"0123456789abcdef0123456789abcdef\"\r\n"

/* 22.1, 22.3: the caller goes on to send what he was asked for here; that is for
 * nobody else. */
static void
our_credentials(void)
{
	static const char *const with[] = { "ACK", "INFO", "BYE" };
	const char *got;
	char start[20];

	if (!pw_open(&w, &domains) || !pw_talk(&w, &talk, NULL))
		goto out;
	for (size_t i = 0; i < N(with); i++) {
		test_row(with[i]);
		snprintf(start, sizeof(start), "%s ", with[i]);
		pw_inside_as(&w, &talk.caller, with[i],
			     (unsigned)i + 1,
			     DIGEST("us.example") DIGEST("theirs.example")
				 DIGEST("other.example"));
		got = pw_get(&w, PW_G1, start);
		CHECK(pw_count(got, "Proxy-Authorization") == 1 &&
		      strstr(got, "theirs.example") != NULL);
	}
out:
	pw_close(&w);
}

/* RFC 3262, RFC 3311: before the answer, by the route of the 183. */
static void
early(void)
{
	struct pw_dialog caller, callee;
	const char *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, "Supported: 100rel\r\n");
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 183, "g1",
		  "Require: 100rel\r\nRSeq: 1\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 183 ");
	pw_of_answer(&caller, PW_CALLER, got);
	pw_of_invite(&callee, PW_G1, invite, "g1");
	pw_inside(&w, &caller, "PRACK", "RAck: 1 1 INVITE\r\n");
	got = pw_get(&w, PW_G1, "PRACK ");
	CHECK(strcmp(pw_header(got, "RAck", 0), "1 1 INVITE") == 0);
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside(&w, &callee, "UPDATE", NULL);
	got = pw_get(&w, PW_CALLER, "UPDATE ");
	pw_answer(&w, PW_CALLER, got, 200, "", NULL);
	pw_get(&w, PW_G1, "SIP/2.0 200 ");
	CHECK(was("")); /* no sign of life of a call that is none yet */
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 answered 200; start 1"));
out:
	pw_close(&w);
}

/* --- failures --- */

/* Answers go up as they came; 503 as 500, for it would be ours (16.7 6). */
static void
answers(void)
{
	static const int codes[][2] = { { 200, 200 }, { 302, 302 },
					{ 401, 401 }, { 407, 407 },
					{ 481, 481 }, { 488, 488 },
					{ 491, 491 }, { 500, 500 },
					{ 503, 500 }, { 603, 603 } };
	char start[20];

	for (size_t i = 0; i < N(codes); i++) {
		if (begin()) {
			pw_inside(&w, &talk.caller, "INFO", NULL);
			pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "INFO "),
				  codes[i][0], "", "Retry-After: 9\r\n");
			snprintf(start, sizeof(start), "SIP/2.0 %d ",
				 codes[i][1]);
			pw_get(&w, PW_CALLER, start);
			pw_inside(&w, &talk.caller, "INVITE", NULL);
			pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "INVITE "),
				  codes[i][0], "", NULL);
			if (codes[i][0] > 299)
				pw_get(&w, PW_G1, "ACK ");
			pw_get(&w, PW_CALLER, start);
			CHECK(pw_all_quiet(&w));
		}
		pw_close(&w);
	}
}

/* RFC 4320 4.2: no 408 to what is no INVITE. */
static void
silent_peer(void)
{
	if (!begin())
		goto out;
	pw_inside(&w, &talk.caller, "INFO", NULL);
	pw_run(&w, 3499);
	CHECK(pw_quiet(&w, PW_CALLER));
	pw_run(&w, 1);
	pw_get(&w, PW_CALLER, "SIP/2.0 100 "); /* RFC 4320 4.1 */
	pw_run(&w, 60000);
	CHECK(pw_quiet(&w, PW_CALLER));
	pw_skip(&w, PW_G1);
	pw_inside(&w, &talk.caller, "INFO", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "INFO "), 408, "", NULL);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static void
unreachable_peer(void)
{
	if (!begin())
		goto out;
	w.send_err[PW_G1] = ERR_IO;
	pw_inside(&w, &talk.caller, "INFO", NULL);
	pw_run(&w, 1);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 "); /* 16.9: as 503, so 500 */
	pw_inside(&w, &talk.caller, "INVITE", NULL);
	pw_run(&w, 1);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	pw_inside(&w, &talk.caller, "BYE", NULL);
	pw_run(&w, 1);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(was("stop caller")); /* who said BYE is gone */
out:
	pw_close(&w);
}

/* --- INVITE inside --- */

static void
reinvite(void)
{
	const char *invite, *ack;

	if (!begin())
		goto out;
	pw_inside(&w, &talk.callee, "INVITE", NULL);
	invite = pw_get(&w, PW_CALLER, "INVITE ");
	pw_run(&w, 200);
	pw_get(&w, PW_G1, "SIP/2.0 100 ");
	pw_answer(&w, PW_CALLER, invite, 180, "", NULL);
	pw_get(&w, PW_G1, "SIP/2.0 180 ");
	for (int i = 0; i < 2; i++) { /* and again */
		pw_answer(&w, PW_CALLER, invite, 200, "", NULL);
		pw_get(&w, PW_G1, "SIP/2.0 200 ");
		pw_inside_as(&w, &talk.callee, "ACK", talk.callee.cseq, NULL);
		ack = pw_get(&w, PW_CALLER, "ACK ");
		CHECK(pw_count(ack, "Via") == 2 && pw_count(ack, "Route") == 0);
	}
	pw_run(&w, 30000);
	CHECK(pw_all_quiet(&w));
	CHECK(was("life; life"));
out:
	pw_close(&w);
}

/* The gateway refreshes through a node that does not know the call. */
static void
refresh_elsewhere(void)
{
	static const struct {
		const char *name, *method, *headers;
		int64_t after_ms;
		const char *records;
	} rows[] = {
		{ "UPDATE", "UPDATE", "Session-Expires: 90;refresher=uac\r\n",
		  45000, "life" },
		{ "one that may be of before the answer", "UPDATE",
		  "Session-Expires: 90;refresher=uac\r\n", 44000, "" },
		{ "one that refreshes nothing", "UPDATE", NULL, 45000, "" },
		{ "INVITE", "INVITE", NULL, 0, "life" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		char start[40];

		test_row(rows[i].name);
		if (begin()) {
			live_age(&w.worker.live, INT64_MAX);
			pw_run(&w, rows[i].after_ms);
			pw_inside(&w, &talk.callee, rows[i].method,
				  rows[i].headers);
			snprintf(start, sizeof(start), "%s ", rows[i].method);
			pw_answer(&w, PW_CALLER, pw_get(&w, PW_CALLER, start),
				  200, "", rows[i].headers);
			pw_get(&w, PW_G1, "SIP/2.0 200 ");
			CHECK(was(rows[i].records));
		}
		pw_close(&w);
	}
}

static void
cancel_inside(void)
{
	const char *asked, *invite, *got;
	static char copy[PW_TEXT_MAX];

	if (!begin())
		goto out;
	asked = pw_inside(&w, &talk.caller, "INVITE", NULL);
	snprintf(copy, sizeof(copy), "%s", asked);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_cancel(&w, copy);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	got = pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_answer(&w, PW_G1, invite, 487, "", NULL);
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	pw_ack(&w, copy, got);
	CHECK(pw_all_quiet(&w));
	/* and one that the answer crosses */
	asked = pw_inside(&w, &talk.caller, "INVITE", NULL);
	snprintf(copy, sizeof(copy), "%s", asked);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_cancel(&w, copy);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, invite, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside_as(&w, &talk.caller, "ACK", talk.caller.cseq, NULL);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("life"));
out:
	pw_close(&w);
}

/* 9.1: the CANCEL waits for a response, with its Reason (RFC 3326 2). */
static void
cancel_inside_early(void)
{
	static char copy[PW_TEXT_MAX];
	const char *invite, *got;

	if (!begin())
		goto out;
	snprintf(copy, sizeof(copy), "%s",
		 pw_inside(&w, &talk.caller, "INVITE", NULL));
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_cancel(&w, copy);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_quiet(&w, PW_G1));
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	got = pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_answer(&w, PW_G1, invite, 487, "", NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* 16.6 step 11, 16.8 */
static void
timer_c_inside(void)
{
	const char *invite;

	if (!begin())
		goto out;
	pw_inside(&w, &talk.caller, "INVITE", NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "", NULL);
	pw_run(&w, 189000);
	pw_answer(&w, PW_G1, invite, 180, "", NULL);
	pw_run(&w, 189999);
	CHECK(pw_quiet(&w, PW_G1));
	pw_run(&w, 1);
	pw_get(&w, PW_G1, "CANCEL ");
	pw_skip(&w, PW_CALLER);
	pw_answer(&w, PW_G1, invite, 487, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
out:
	pw_close(&w);
}

/* --- BYE --- */

static void
byes(void)
{
	static const struct {
		const char *what, *records;
		int code, told;
	} rows[] = {
		{ "2xx", "stop caller", 200, 200 },
		{ "481: the other side knows nothing of it", "stop caller", 481,
		  481 },
		{ "408", "stop caller", 408, 0 },
		{ "a challenge is no end", "", 401, 401 },
		{ "a rejection is none", "", 403, 403 },
		{ "nor is 500", "", 500, 500 },
	};
	char start[20];

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (begin()) {
			pw_inside(&w, &talk.caller, "BYE", NULL);
			pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "),
				  rows[i].code, "", NULL);
			snprintf(start, sizeof(start), "SIP/2.0 %d ",
				 rows[i].told);
			if (rows[i].told != 0)
				pw_get(&w, PW_CALLER, start);
			CHECK(was(rows[i].records));
			CHECK(pw_all_quiet(&w));
		}
		pw_close(&w);
	}
}

/* Both hang up at once; a BYE that comes again; one that nobody answers. */
static void
odd_byes(void)
{
	static char copy[PW_TEXT_MAX];
	const char *a, *b;

	if (!begin())
		goto out;
	snprintf(copy, sizeof(copy), "%s",
		 pw_inside(&w, &talk.caller, "BYE", NULL));
	a = pw_get(&w, PW_G1, "BYE ");
	pw_send(&w, PW_CALLER, copy);
	CHECK(pw_all_quiet(&w)); /* absorbed */
	pw_inside(&w, &talk.callee, "BYE", NULL);
	b = pw_get(&w, PW_CALLER, "BYE ");
	pw_answer(&w, PW_G1, a, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_CALLER, b, 200, "", NULL);
	pw_get(&w, PW_G1, "SIP/2.0 200 ");
	pw_send(&w, PW_CALLER, copy);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 "); /* 17.2.2 */
	CHECK(pw_all_quiet(&w));
	CHECK(was("stop caller; stop callee")); /* merged by time, once */
	if (!pw_talk(&w, &talk, NULL))
		goto out;
	pw_inside(&w, &talk.caller, "BYE", NULL);
	pw_run(&w, 40000);
	CHECK(was("stop caller"));
out:
	pw_close(&w);
}

/* --- what does not belong there --- */

static void
strangers(void)
{
	char text[PW_TEXT_MAX];
	struct pw_dialog forged;

	if (!begin())
		goto out;
	/* no Route of ours */
	forged = talk.caller;
	forged.routes[0] = '\0';
	pw_inside(&w, &forged, "INFO", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
	/* a token of another call */
	forged = talk.caller;
	snprintf(forged.call_id, sizeof(forged.call_id), "another");
	pw_inside(&w, &forged, "INVITE", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 403 ");
	/* what can only end or report goes on, and counts for nothing */
	pw_inside(&w, &forged, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 481, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
	CHECK(was(""));
	/* an ACK of nothing */
	snprintf(text, sizeof(text),
		 "ACK sip:x@198.51.100.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKnone\r\n"
		 "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
		 "Call-ID: none\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\n"
		 "Content-Length: 0\r\n\r\n");
	pw_send(&w, PW_CALLER, text);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "each method, in both directions", both_directions, true },
	{ "our credentials go no further", our_credentials, true },
	{ "PRACK and UPDATE before the answer", early, true },
	{ "answers go up as they came, but 503", answers, true },
	{ "silence: 100 after 3.5 s, never 408", silent_peer, true },
	{ "who cannot be reached: 500", unreachable_peer, true },
	{ "a re-INVITE, its 2xx and ACKs, again and again", reinvite, false },
	{ "a refresh through another node", refresh_elsewhere, true },
	{ "CANCEL of a re-INVITE, and one that crosses its answer",
	  cancel_inside, true },
	{ "CANCEL of a re-INVITE waits for a response", cancel_inside_early,
	  true },
	{ "timer C inside a dialog", timer_c_inside, true },
	{ "which answers to BYE end a call", byes, true },
	{ "BYEs that cross, come again, or are never answered", odd_byes,
	  true },
	{ "strangers in a dialog", strangers, true },
};

const struct test_suite suite_rule_dialogs = TEST_SUITE("rule_dialogs", tests);
