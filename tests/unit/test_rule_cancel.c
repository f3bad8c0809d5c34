/* test_rule_cancel.c - CANCEL at every stage of a call (RFC 3261 9, 16.10) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_cancel;

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct proxy_world w;
static const struct pw_config preset = { .name = "rx" };

static bool
was(const char *records)
{
	return pw_was(&w, records);
}

/* The caller cancels, and is told 200 (9.2). */
static void
cancel(const char *call)
{
	pw_cancel(&w, call);
	CHECK(strstr(pw_header(pw_get(&w, PW_CALLER, "SIP/2.0 200 "), "CSeq",
			       0),
		     " CANCEL") != NULL);
}

static void
before_any_response(void)
{
	const char *call, *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	cancel(call);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	pw_ack(&w, call, got);
	CHECK(pw_quiet(&w, PW_G1)); /* 9.1: not yet */
	pw_run(&w, 500);
	pw_get(&w, PW_G1, "INVITE "); /* timer A goes on */
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "CANCEL "), 200, "g1", NULL);
	pw_answer(&w, PW_G1, invite, 487, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_run(&w, 10000);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 cancelled; fail cancelled 487"));
out:
	pw_close(&w);
}

/* The gateway never heard of it, or its answer is all that comes. */
static void
before_the_answer(void)
{
	struct pw_dialog caller;
	const char *call, *invite;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	cancel(call);
	pw_ack(&w, call, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	pw_of_answer(&caller, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	CHECK(pw_quiet(&w, PW_G1)); /* nothing to cancel any more */
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(was("attempt 1 cancelled; fail cancelled 487; "
		  "attempt 1 late_answer 200; start 1"));
out:
	pw_close(&w);
}

static void
while_it_rings(void)
{
	const char *call, *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	cancel(call);
	got = pw_get(&w, PW_G1, "CANCEL ");
	CHECK(strcmp(pw_header(got, "Via", 0), pw_header(invite, "Via", 0)) ==
		      0 &&
	      strcmp(pw_header(got, "To", 0), pw_header(invite, "To", 0)) ==
		      0 &&
	      strncmp(pw_header(got, "CSeq", 0), pw_header(invite, "CSeq", 0),
		      2) == 0);
	CHECK(pw_quiet(&w, PW_CALLER)); /* the gateway's 487 ends it */
	pw_cancel(&w, call);		/* again: absorbed */
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G1, got, 200, "g1", NULL);
	pw_answer(&w, PW_G1, invite, 487, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	CHECK(strcmp(pw_to_tag(got), "g1") == 0);
	pw_ack(&w, call, got);
	pw_run(&w, 10000);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 cancelled 487; fail cancelled 487"));
out:
	pw_close(&w);
}

/* RFC 3326 2: Reason goes on. */
static void
with_a_reason(void)
{
	char text[PW_TEXT_MAX];
	const char *call, *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_skip(&w, PW_CALLER);
	snprintf(text, sizeof(text),
		 "CANCEL %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n"
		 "Call-ID: %s\r\nCSeq: 1 CANCEL\r\n"
		 "Reason: SIP;cause=200;text=\"elsewhere\"\r\n"
		 "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		 PW_RURI, pw_header(call, "Via", 0), pw_header(call, "From", 0),
		 pw_header(call, "To", 0), pw_header(call, "Call-ID", 0));
	pw_send(&w, PW_CALLER, text);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	got = pw_get(&w, PW_G1, "CANCEL ");
	CHECK(strstr(pw_header(got, "Reason", 0), "elsewhere") != NULL);
out:
	pw_close(&w);
}

/* The 200 was on its way when the CANCEL left. */
static void
crossing_the_answer(void)
{
	struct pw_dialog caller;
	const char *call, *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_skip(&w, PW_CALLER);
	cancel(call);
	got = pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	pw_of_answer(&caller, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_answer(&w, PW_G1, got, 481, "g1", NULL);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_inside(&w, &caller, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_run(&w, 70000);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 answered 200; start 1; stop caller"));
out:
	pw_close(&w);
}

/* The gateway has other answers than 487, or none: no other gateway is tried. */
static void
other_endings(void)
{
	static const struct {
		const char *what;
		int answer, told;
	} rows[] = {
		{ "busy", 486, 486 },	    { "declined", 603, 603 },
		{ "out of service", 503, 500 }, { "silent then", 408, 408 },
		{ "moved", 302, 302 },	    { "a challenge", 407, 487 },
	};
	char start[20];

	for (size_t i = 0; i < N(rows); i++) {
		const char *call, *invite;

		test_row(rows[i].what);
		if (!pw_open(&w, &preset))
			goto next;
		call = pw_call(&w, NULL);
		invite = pw_get(&w, PW_G1, "INVITE ");
		pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
		pw_skip(&w, PW_CALLER);
		cancel(call);
		pw_get(&w, PW_G1, "CANCEL ");
		pw_answer(&w, PW_G1, invite, rows[i].answer, "g1", NULL);
		pw_get(&w, PW_G1, "ACK ");
		snprintf(start, sizeof(start), "SIP/2.0 %d ", rows[i].told);
		pw_ack(&w, call, pw_get(&w, PW_CALLER, start));
		pw_run(&w, 400);
		CHECK(pw_quiet(&w, PW_G2) && pw_quiet(&w, PW_CALLER));
next:
		pw_close(&w);
	}
}

/* 9.1: 64*T1 for a gateway that ignores it. */
static void
without_effect(void)
{
	const char *call, *invite;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_skip(&w, PW_CALLER);
	cancel(call);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "CANCEL "), 200, "g1", NULL);
	pw_run(&w, 31999);
	CHECK(pw_all_quiet(&w));
	pw_run(&w, 1);
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	CHECK(was("attempt 1 cancelled; fail cancelled 487"));
	CHECK(pw_quiet(&w, PW_G2));
out:
	pw_close(&w);
}

static void
between_gateways(void)
{
	const char *call, *first, *second;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	first = pw_get(&w, PW_G1, "INVITE ");
	pw_run(&w, 3000);
	second = pw_get(&w, PW_G2, "INVITE ");
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	cancel(call);
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	/* both are cancelled as soon as they say something */
	pw_answer(&w, PW_G1, first, 100, "", NULL);
	pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G2, second, 100, "", NULL);
	pw_get(&w, PW_G2, "CANCEL ");
	pw_run(&w, 450);
	CHECK(pw_quiet(&w, PW_G3));
	CHECK(was("attempt 1 timeout; attempt 2 cancelled; "
		  "fail cancelled 487"));
out:
	pw_close(&w);
}

static void
after_the_end(void)
{
	struct pw_talk talk;
	const char *call, *got;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "INVITE "), 486, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	cancel(call);
	pw_ack(&w, call, got);
	CHECK(pw_all_quiet(&w));
	if (pw_talk(&w, &talk, NULL)) {
		/* pw_call's text was that call's */
		pw_cancel(&w, call);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(pw_all_quiet(&w));
		CHECK(was(""));
	}
out:
	pw_close(&w);
}

static void
of_nothing(void)
{
	char other[PW_TEXT_MAX];
	const char *call;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	pw_get(&w, PW_G1, "INVITE ");
	snprintf(other, sizeof(other), "%s", call);
	strstr(other, "branch=z9hG4bKpw")[10] = 'x'; /* no cookie, no call */
	pw_cancel(&w, other);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
	snprintf(other, sizeof(other), "%s", call);
	strstr(other, "branch=z9hG4bKpw")[15] = 'x';
	pw_cancel(&w, other);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "before any response: 487 at once, CANCEL with the first 1xx",
	  before_any_response, true },
	{ "an answer instead of it goes up", before_the_answer, true },
	{ "while it rings: CANCEL at once, the gateway's 487 goes up",
	  while_it_rings, false },
	{ "its Reason goes on", with_a_reason, true },
	{ "it crosses the answer: a call", crossing_the_answer, true },
	{ "whatever ends it, no other gateway is tried", other_endings, true },
	{ "a gateway that ignores it has 64*T1", without_effect, true },
	{ "between two gateways", between_gateways, true },
	{ "after the final response it is answered, no more", after_the_end,
	  true },
	{ "of nothing: 481", of_nothing, true },
};

const struct test_suite suite_rule_cancel = TEST_SUITE("rule_cancel", tests);
