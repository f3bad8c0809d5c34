/* test_rule_calls.c - calls through a whole proxy: hunting and answers */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/txn_layer.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_calls;

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define HUNT_ON "routing = { reroute_codes = \"300-699\"; };"

static struct proxy_world w;
static const struct pw_config preset = { .name = "rc" };

static bool
was(const char *records)
{
	return pw_was(&w, records);
}

/* A gateway gets the INVITE of the call at hand. */
static const char *
offered(enum pw_peer gateway)
{
	return pw_get(&w, gateway, "INVITE ");
}

/* A gateway fails, and its failure is acknowledged by us (17.1.1.3). */
static void
fails(enum pw_peer gateway, const char *invite, int status, const char *headers)
{
	const char *ack;

	pw_answer(&w, gateway, invite, status, "failed", headers);
	ack = pw_get(&w, gateway, "ACK ");
	CHECK(strcmp(pw_header(ack, "Via", 0), pw_header(invite, "Via", 0)) ==
	      0);
	CHECK(pw_count(ack, "Via") == 1);
	CHECK(strcmp(pw_to_tag(ack), "failed") == 0);
	CHECK(strstr(pw_header(ack, "CSeq", 0), " ACK") != NULL);
}

static void
a_call(void)
{
	struct pw_talk talk;

	if (pw_open(&w, &preset) && pw_talk(&w, &talk, NULL)) {
		pw_inside(&w, &talk.caller, "BYE", NULL);
		pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(was("stop caller"));
		CHECK(pw_all_quiet(&w));
	}
	pw_close(&w);
}

/* 16.7 step 5, 17.2.1 */
static void
provisionals(void)
{
	const char *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	pw_run(&w, 199);
	CHECK(pw_quiet(&w, PW_CALLER));
	pw_run(&w, 1);
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	CHECK(pw_quiet(&w, PW_CALLER));
	pw_answer(&w, PW_G1, invite, 183, "a",
		  "Require: 100rel\r\nRSeq: 77\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 183 ");
	CHECK(strcmp(pw_header(got, "Require", 0), "100rel") == 0);
	CHECK(strcmp(pw_header(got, "RSeq", 0), "77") == 0);
	CHECK(pw_count(got, "Via") == 1);
	pw_answer(&w, PW_G1, invite, 180, "b", NULL); /* of another fork */
	got = pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	CHECK(strcmp(pw_to_tag(got), "b") == 0);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* 16.7 steps 5 to 7, the codes of three gateways, 0: it was not asked. */
static const struct {
	const char *what;
	int codes[3], told, best; /* best: whose answer it is, 0: ours */
} choices[] = {
	{ "one class, the last", { 404, 480, 486 }, 486, 3 },
	{ "4xx before 5xx, first", { 404, 500, 502 }, 404, 1 },
	{ "4xx before 5xx, in between", { 500, 404, 502 }, 404, 2 },
	{ "4xx before 5xx, last", { 500, 502, 404 }, 404, 3 },
	{ "6xx before 4xx", { 603, 404, 500 }, 603, 1 },
	{ "6xx before all, last", { 404, 500, 600 }, 600, 3 },
	{ "415 tells more than 404", { 415, 404, 403 }, 415, 1 },
	{ "420 tells more", { 404, 420, 403 }, 420, 2 },
	{ "484 tells more", { 404, 484, 500 }, 484, 2 },
	{ "the last of what tells more", { 415, 484, 404 }, 484, 2 },
	{ "503 becomes 500", { 503, 503, 503 }, 500, 0 },
	{ "500 is not 503", { 503, 500, 503 }, 500, 2 },
	{ "502 before 503", { 502, 503, 503 }, 502, 1 },
	{ "a challenge is none of the caller's", { 401, 407, 503 }, 500, 0 },
	{ "nor when it comes last", { 503, 503, 407 }, 500, 0 },
	{ "a challenge tells nothing", { 407, 404, 503 }, 404, 2 },
	{ "3xx is no answer when another is", { 302, 404, 302 }, 404, 2 },
	{ "3xx alone", { 302, 302, 302 }, 480, 0 },
};

static void
choose(size_t i)
{
	const char *invite, *got, *call = pw_call(&w, NULL);
	char who[20], which[40];

	for (int k = 0; k < 3; k++) {
		snprintf(which, sizeof(which), "X-Which: %d\r\n", k + 1);
		invite = offered((enum pw_peer)(PW_G1 + k));
		fails((enum pw_peer)(PW_G1 + k), invite, choices[i].codes[k],
		      which);
	}
	snprintf(who, sizeof(who), "SIP/2.0 %d ", choices[i].told);
	got = pw_get(&w, PW_CALLER, who);
	snprintf(which, sizeof(which), "%d", choices[i].best);
	CHECK(strcmp(pw_header(got, "X-Which", 0),
		     choices[i].best != 0 ? which : "") == 0);
	CHECK(pw_count(got, "Via") == 1 && pw_count(got, "To") == 1);
	CHECK(pw_count(got, "Reason") > 0 || choices[i].best == 3);
	pw_ack(&w, call, got);
	CHECK(pw_all_quiet(&w));
}

static void
best_response(void)
{
	const struct pw_config config = {
		.name = "rc",
		.settings = HUNT_ON "health = { min_samples = 1000; };",
	};

	for (size_t i = 0; i < N(choices); i++) {
		test_row(choices[i].what);
		if (pw_open(&w, &config))
			choose(i);
		pw_close(&w);
	}
}

/* What ends the hunt is one of all that came (16.7 step 6): by default a 404
 * does not lead on, a 502 does. */
static void
best_at_the_end(void)
{
	const struct pw_config config = {
		.name = "rc",
		.settings = "routing = { reroute_codes = \"404, 503\"; };",
	};
	const char *got;

	if (!pw_open(&w, &config))
		goto out;
	pw_call(&w, NULL);
	fails(PW_G1, offered(PW_G1), 404, "X-Which: 1\r\n");
	fails(PW_G2, offered(PW_G2), 501, "X-Which: 2\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 404 ");
	CHECK(strcmp(pw_header(got, "X-Which", 0), "1") == 0);
	CHECK(was("attempt 1 rejected 404; attempt 2 rejected 501; "
		  "fail failed 404"));
	CHECK(pw_quiet(&w, PW_G3));
out:
	pw_close(&w);
}

static void
six_ends_the_hunt(void)
{
	const char *got, *call;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	fails(PW_G1, offered(PW_G1), 503, NULL);
	fails(PW_G2, offered(PW_G2), 603, "Retry-After: 60\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 603 ");
	CHECK(strcmp(pw_header(got, "Retry-After", 0), "60") == 0);
	pw_ack(&w, call, got);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 rejected 503; attempt 2 rejected 603; "
		  "fail failed 603"));
out:
	pw_close(&w);
}

/* 16.7: what a gateway asks of the caller goes up at once. */
static void
passed_up(void)
{
	static const int codes[] = { 301, 302, 401, 407, 404, 486, 480, 488 };
	char start[20];

	for (size_t i = 0; i < N(codes); i++) {
		if (pw_open(&w, &preset)) {
			const char *got, *call = pw_call(&w, NULL);

			fails(PW_G1, offered(PW_G1), codes[i],
			      "Contact: <sip:x@192.0.2.77>\r\n"
			      "Proxy-Authenticate: Digest realm=\"g\"\r\n"
			      "WWW-Authenticate: Digest realm=\"g\"\r\n");
			snprintf(start, sizeof(start), "SIP/2.0 %d ",
				 codes[i]);
			got = pw_get(&w, PW_CALLER, start);
			CHECK(pw_count(got, "Contact") == 1 &&
			      pw_count(got, "WWW-Authenticate") == 1 &&
			      pw_count(got, "Proxy-Authenticate") == 1);
			CHECK(strcmp(pw_to_tag(got), "failed") == 0);
			pw_ack(&w, call, got);
			CHECK(pw_all_quiet(&w));
		}
		pw_close(&w);
	}
}

/* 16.7 step 7: what others have asked of the caller goes up with the challenge that
 * ends the hunt. */
static void
challenges_together(void)
{
	const struct pw_config config = {
		.name = "rc",
		.settings = "routing = { reroute_codes = \"401, 503\"; };",
	};
	const char *got, *call;

	if (!pw_open(&w, &config))
		goto out;
	call = pw_call(&w, NULL);
	fails(PW_G1, offered(PW_G1), 401,
	      "WWW-Authenticate: Digest realm=\"a\"\r\n"
	      "www-authenticate: Digest realm=\"b\"\r\n");
	fails(PW_G2, offered(PW_G2), 503, NULL);
	fails(PW_G3, offered(PW_G3), 407,
	      "Proxy-Authenticate: Digest realm=\"c\"\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 407 ");
	CHECK(strcmp(pw_header(got, "Proxy-Authenticate", 0),
		     "Digest realm=\"c\"") == 0);
	CHECK(strstr(got, "WWW-Authenticate: Digest realm=\"a\"\r\n"
			  "www-authenticate: Digest realm=\"b\"\r\n") != NULL);
	pw_ack(&w, call, got);
	call = pw_call(&w, NULL); /* any other failure goes up as it came */
	fails(PW_G1, offered(PW_G1), 401,
	      "WWW-Authenticate: Digest realm=\"a\"\r\n");
	fails(PW_G2, offered(PW_G2), 486, NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(strstr(got, "realm") == NULL);
	pw_ack(&w, call, got);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* --- gateways that are given up --- */

static void
silence_leads_on(void)
{
	const char *first, *second, *cancel;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	first = offered(PW_G1);
	pw_run(&w, 2999);
	CHECK(pw_quiet(&w, PW_G2));
	pw_run(&w, 1);
	second = offered(PW_G2);
	pw_skip(&w, PW_G1); /* retransmissions */
	pw_answer(&w, PW_G1, first, 100, "", NULL);
	cancel = pw_get(&w, PW_G1, "CANCEL ");
	CHECK(strcmp(pw_header(cancel, "Via", 0),
		     pw_header(first, "Via", 0)) == 0);
	pw_answer(&w, PW_G1, cancel, 200, "g1", NULL);
	pw_answer(&w, PW_G1, first, 487, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_skip(&w, PW_CALLER); /* 100 */
	fails(PW_G2, second, 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(pw_quiet(&w, PW_G3));
	CHECK(was("attempt 1 timeout; attempt 2 rejected 486; "
		  "fail failed 486"));
out:
	pw_close(&w);
}

static void
late_answer_wins(void)
{
	struct pw_dialog caller;
	const char *first, *second, *answer, *cancel;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	first = offered(PW_G1);
	pw_run(&w, 3000);
	second = offered(PW_G2);
	pw_skip(&w, PW_CALLER);
	pw_skip(&w, PW_G1);
	pw_answer(&w, PW_G2, second, 180, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_answer(&w, PW_G1, first, 200, "g1", NULL);
	answer = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(strcmp(pw_to_tag(answer), "g1") == 0);
	cancel = pw_get(&w, PW_G2, "CANCEL ");
	CHECK(strstr(pw_header(cancel, "Reason", 0), "cause=200") != NULL);
	pw_answer(&w, PW_G2, cancel, 200, "g2", NULL);
	pw_answer(&w, PW_G2, second, 487, "g2", NULL);
	pw_get(&w, PW_G2, "ACK ");
	pw_of_answer(&caller, PW_CALLER, answer);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 timeout; attempt 1 late_answer 200; start 1; "
		  "attempt 2 cancelled"));
	/* and the other one answers nevertheless: both are calls (16.7 5) */
out:
	pw_close(&w);
}

/* Both gateways answer: two dialogs, each with its record and its ACK. */
static void
both_answer(void)
{
	struct pw_dialog a, b;
	const char *first, *second;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	first = offered(PW_G1);
	pw_run(&w, 3000);
	second = offered(PW_G2);
	pw_skip(&w, PW_CALLER);
	pw_skip(&w, PW_G1);
	pw_answer(&w, PW_G1, first, 200, "g1", NULL);
	pw_of_answer(&a, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_answer(&w, PW_G2, second, 200, "g2", NULL);
	pw_of_answer(&b, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_inside_as(&w, &a, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_inside_as(&w, &b, "ACK", 1, NULL);
	pw_get(&w, PW_G2, "ACK ");
	pw_inside(&w, &b, "BYE", NULL);
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 timeout; attempt 1 late_answer 200; start 1; "
		  "attempt 2 cancelled; attempt 2 late_answer 200; start 2; "
		  "stop caller"));
out:
	pw_close(&w);
}

/* 16.7 step 5: a 2xx goes on although the caller has had a failure. */
static void
answer_after_the_failure(void)
{
	const char *call, *first, *got;
	struct pw_dialog caller;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	first = offered(PW_G1);
	pw_run(&w, 3000);
	pw_skip(&w, PW_CALLER);
	pw_skip(&w, PW_G1);
	fails(PW_G2, offered(PW_G2), 486, NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	pw_ack(&w, call, got);
	pw_answer(&w, PW_G1, first, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_count(got, "Via") == 1);
	pw_answer(&w, PW_G1, first, 200, "g1", NULL); /* again */
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&caller, PW_CALLER, got);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_inside(&w, &caller, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 timeout; attempt 2 rejected 486; "
		  "fail failed 486; attempt 1 late_answer 200; start 1; "
		  "stop caller"));
out:
	pw_close(&w);
}

/* RFC 6026 8.9: no transaction, no forwarding, be it a 2xx. */
static void
strays_stay(void)
{
	char stray[PW_TEXT_MAX], *branch;
	const char *invite;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	for (int status = 180; status <= 480; status += 100) {
		pw_make_answer(stray, PW_G1, invite, status, "g1", NULL);
		branch = strstr(stray, "branch=z9hG4bK");
		branch[20] = branch[20] == 'x' ? 'y' : 'x';
		pw_send(&w, PW_G1, stray);
	}
	/* the branch alone is not the name (17.1.3) */
	pw_make_answer(stray, PW_G1, invite, 200, "g1", NULL);
	memcpy(strstr(stray, "1 INVITE"), "1 UPDATE", 8);
	pw_send(&w, PW_G1, stray);
	CHECK(pw_all_quiet(&w));
	CHECK(was(""));
out:
	pw_close(&w);
}

/* 16.7 step 3: a response with no Via below ours was for nobody else; a failure is
 * told in our own words. */
static void
nobody_below(void)
{
	static const int codes[] = { 180, 200, 486 };
	char answer[PW_TEXT_MAX], *second, *end;
	const char *invite;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	for (size_t i = 0; i < N(codes); i++) {
		pw_make_answer(answer, PW_G1, invite, codes[i], "g1", NULL);
		second = strstr(strstr(answer, "Via:") + 4, "Via:");
		end = strstr(second, "\r\n") + 2;
		memmove(second, end, strlen(end) + 1);
		pw_send(&w, PW_G1, answer);
	}
	for (size_t i = 0; i < w.n_sent; i++)
		CHECK(pw_count(w.sent[i].text, "Via") > 0);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
out:
	pw_close(&w);
}

/* --- retransmissions --- */

static void
invites_again(void)
{
	const char *call, *invite, *got;
	static char again[PW_TEXT_MAX];

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	snprintf(again, sizeof(again), "%s", call);
	invite = offered(PW_G1);
	pw_send(&w, PW_CALLER, again); /* nothing was said yet */
	CHECK(pw_all_quiet(&w));
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_send(&w, PW_CALLER, again);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_answer(&w, PW_G1, invite, 183, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 183 ");
	pw_send(&w, PW_CALLER, again); /* the latest */
	pw_get(&w, PW_CALLER, "SIP/2.0 183 ");
	fails(PW_G1, invite, 486, NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	pw_send(&w, PW_CALLER, again);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	pw_run(&w, 500); /* timer G */
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	pw_ack(&w, again, got);
	pw_send(&w, PW_CALLER, again);
	pw_run(&w, 4000);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 rejected 486; fail failed 486"));
out:
	pw_close(&w);
}

static void
answers_again(void)
{
	static char again[PW_TEXT_MAX];
	struct pw_talk talk;

	if (!pw_open(&w, &preset) || !pw_talk(&w, &talk, NULL))
		goto out;
	for (int i = 0; i < 3; i++) {
		pw_answer(&w, PW_G1, talk.invite, 200, "g1", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		pw_inside_as(&w, &talk.caller, "ACK", 1, NULL);
		pw_get(&w, PW_G1, "ACK ");
	}
	/* later than all of them (timer M): RFC 6026 8.9 */
	pw_run(&w, 33000);
	pw_answer(&w, PW_G1, talk.invite, 200, "g1", NULL);
	CHECK(pw_all_quiet(&w));
	/* what is no 2xx, behind one */
	pw_make_answer(again, PW_G1, talk.invite, 180, "g1", NULL);
	pw_send(&w, PW_G1, again);
	CHECK(pw_all_quiet(&w));
	CHECK(was(""));
out:
	pw_close(&w);
}

/* Provisional and final responses of any kind behind a final one. */
static void
behind_the_final(void)
{
	static const int after_failure[] = { 100, 180, 486, 603, 200 };
	static const int after_answer[] = { 100, 180, 486, 603 };
	const char *call, *invite, *got;
	struct pw_talk talk;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = offered(PW_G1);
	fails(PW_G1, invite, 486, NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	pw_ack(&w, call, got);
	for (size_t i = 0; i < N(after_failure); i++)
		pw_answer(&w, PW_G1, invite, after_failure[i], "failed", NULL);
	pw_get(&w, PW_G1, "ACK "); /* 17.1.1.2, of 486 and 603 */
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 rejected 486; fail failed 486"));
	if (!pw_talk(&w, &talk, NULL))
		goto out;
	for (size_t i = 0; i < N(after_answer); i++)
		pw_answer(&w, PW_G1, talk.invite, after_answer[i], "g1", NULL);
	CHECK(pw_all_quiet(&w));
	CHECK(was(""));
out:
	pw_close(&w);
}

/* Two 2xx with different tags: a fork behind the gateway. */
static void
forked_answers(void)
{
	struct pw_dialog a, b;
	const char *invite;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	pw_answer(&w, PW_G1, invite, 200, "one", NULL);
	pw_of_answer(&a, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_answer(&w, PW_G1, invite, 200, "two", NULL);
	pw_of_answer(&b, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	CHECK(strcmp(a.routes, b.routes) != 0); /* a token each */
	CHECK(was("attempt 1 answered 200; start 1; start 1"));
	pw_inside_as(&w, &a, "ACK", 1, NULL);
	pw_inside_as(&w, &b, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_get(&w, PW_G1, "ACK ");
	pw_inside(&w, &a, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(was("stop caller"));
	pw_inside(&w, &b, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(was("stop caller"));
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* --- transport errors (16.9) --- */

static void
unreachable_leads_on(void)
{
	const char *got;

	if (!pw_open(&w, &preset))
		goto out;
	w.send_err[PW_G1] = ERR_IO;
	pw_call(&w, NULL);
	pw_run(&w, 1);
	fails(PW_G2, offered(PW_G2), 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(was("attempt 1 unreachable; attempt 2 rejected 486; "
		  "fail failed 486"));
	w.send_err[PW_G2] = w.send_err[PW_G3] = ERR_IO;
	pw_call(&w, NULL);
	pw_run(&w, 10);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 500 "); /* as if 503 */
	CHECK(strstr(pw_header(got, "Reason", 0), "cause=503") != NULL);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 unreachable; attempt 2 unreachable; "
		  "attempt 3 unreachable; fail failed 500"));
out:
	pw_close(&w);
}

static uint32_t
failures_of(const char *gateway)
{
	const struct gateway *g = snapshot_gateway_by_name(w.worker.snapshot,
							   str_of(gateway));

	return CHECK(g != NULL) && g != NULL
		   ? atomic_load(&g->state->health.bad)
		   : 0;
}

/* Our own limit says nothing of the gateways behind it. */
static void
ours_is_not_theirs(void)
{
	size_t max;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	max = w.worker.txns->env.max_transactions;
	w.worker.txns->env.max_transactions = 0;
	fails(PW_G1, offered(PW_G1), 503, NULL);
	w.worker.txns->env.max_transactions = max;
	pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(was("attempt 1 rejected 503; attempt 2 unreachable; "
		  "attempt 3 unreachable; fail failed 500"));
	CHECK(failures_of("g1") == 1);
	CHECK(failures_of("g2") == 0 && failures_of("g3") == 0);
	w.send_err[PW_G1] = w.send_err[PW_G2] = ERR_IO;
	pw_call(&w, NULL);
	pw_run(&w, 10);
	CHECK(failures_of("g2") == 1);
out:
	pw_close(&w);
}

/* Errors of what is sent later cost nothing more than the message. */
static void
errors_later(void)
{
	const char *call, *invite;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = offered(PW_G1);
	w.send_err[PW_CALLER] = ERR_IO; /* RFC 6026 7.1: stays */
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	w.send_err[PW_CALLER] = 0;
	pw_send(&w, PW_CALLER, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	w.send_err[PW_G1] = ERR_IO; /* of the ACK */
	pw_answer(&w, PW_G1, invite, 486, "g1", NULL);
	pw_ack(&w, call, pw_get(&w, PW_CALLER, "SIP/2.0 486 "));
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 rejected 486; fail failed 486"));
	w.send_err[PW_G1] = 0;
	call = pw_call(&w, NULL);
	invite = offered(PW_G1);
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	w.send_err[PW_G1] = ERR_IO; /* of the CANCEL */
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_run(&w, 32000);
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	CHECK(was("attempt 1 cancelled; fail cancelled 487"));
out:
	pw_close(&w);
}

/* --- timers --- */

static void
timer_c(void)
{
	const struct pw_config config = {
		.name = "rc",
		.settings = "routing = { ringing_timeout_ms = 0; };",
	};
	const char *invite, *cancel;

	if (!pw_open(&w, &config))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_run(&w, 100000);
	pw_answer(&w, PW_G1, invite, 181, "g1", NULL); /* 16.7 step 2 */
	pw_run(&w, 180000);
	pw_answer(&w, PW_G1, invite, 100, "g1", NULL); /* no */
	CHECK(pw_quiet(&w, PW_G1));
	pw_run(&w, 9999);
	CHECK(pw_quiet(&w, PW_G1));
	pw_run(&w, 1);
	cancel = pw_get(&w, PW_G1, "CANCEL "); /* 16.8 */
	pw_skip(&w, PW_CALLER);
	pw_answer(&w, PW_G1, cancel, 200, "g1", NULL);
	pw_answer(&w, PW_G1, invite, 487, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_quiet(&w, PW_G2));
	CHECK(was("attempt 1 timeout; fail failed 408"));
out:
	pw_close(&w);
}

static void
ringing_is_not_for_ever(void)
{
	const char *invite;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	for (int i = 0; i < 6; i++) {
		pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
		pw_run(&w, i < 5 ? 10000 : 9999);
	}
	CHECK(pw_all_quiet(&w));
	pw_run(&w, 1);
	pw_get(&w, PW_G1, "CANCEL ");
	pw_get(&w, PW_CALLER, "SIP/2.0 408 ");
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL); /* crosses it */
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(was("attempt 1 timeout; fail failed 408; "
		  "attempt 1 late_answer 200; start 1"));
out:
	pw_close(&w);
}

static void
trying_is_no_ringing(void)
{
	const char *invite;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = offered(PW_G1);
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	pw_run(&w, 10000);
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	pw_run(&w, 9999);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_G2));
	pw_run(&w, 1);
	pw_get(&w, PW_G1, "CANCEL ");
	(void)offered(PW_G2);
	CHECK(was("attempt 1 timeout"));
out:
	pw_close(&w);
}

/* Nobody ever says anything: timer B of each, and one end (17.1.1.2). */
static void
all_are_silent(void)
{
	const char *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	pw_run(&w, 9000);
	pw_skip(&w, PW_CALLER);
	got = "";
	CHECK(was("attempt 1 timeout; attempt 2 timeout; attempt 3 timeout; "
		  "fail failed 408"));
	pw_run(&w, 60000);
	for (size_t i = 0; i < w.n_sent; i++) {
		if (strncmp(w.sent[i].text, "CANCEL", 6) == 0)
			got = w.sent[i].text;
	}
	CHECK(got[0] == '\0'); /* 9.1: nothing came, none may go */
	CHECK(was(""));
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "a call from beginning to end", a_call, false },
	{ "100 is ours, other provisionals go on as they are", provisionals,
	  true },
	{ "the best of several failures goes up, as it came", best_response,
	  true },
	{ "what ends the hunt is measured with the rest", best_at_the_end,
	  true },
	{ "6xx ends the hunt", six_ends_the_hunt, true },
	{ "what the caller is asked for goes up", passed_up, true },
	{ "what others have asked for goes up with it", challenges_together,
	  false },
	{ "silence leads on, and is cancelled once it ends", silence_leads_on,
	  false },
	{ "a late answer wins over what rings", late_answer_wins, false },
	{ "two gateways that answer are two calls", both_answer, true },
	{ "a 2xx goes up behind a failure", answer_after_the_failure, true },
	{ "responses without a transaction stay here", strays_stay, true },
	{ "no response leaves without a Via", nobody_below, true },
	{ "an INVITE that comes again gets what was said last", invites_again,
	  true },
	{ "a 2xx that comes again goes up, and is one answer", answers_again,
	  true },
	{ "nothing but a 2xx goes up behind a final response",
	  behind_the_final, true },
	{ "each fork that answers is a call", forked_answers, true },
	{ "who cannot be reached is as one who said 503",
	  unreachable_leads_on, true },
	{ "what we cannot send is no fault of a gateway", ours_is_not_theirs,
	  true },
	{ "errors of what is sent later end nothing", errors_later, true },
	{ "timer C begins anew with 101 to 199", timer_c, true },
	{ "ringing is not for ever, and may cross the answer",
	  ringing_is_not_for_ever, true },
	{ "100 is no ringing", trying_is_no_ringing, true },
	{ "all are silent: 408, and no CANCEL", all_are_silent, true },
};

const struct test_suite suite_rule_calls = TEST_SUITE("rule_calls", tests);
