/* test_rule_requests.c - what RFC 3261 16.3 to 16.6 asks of new requests */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_requests;

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct proxy_world w;
static const struct pw_config preset = {
	.name = "rr", .settings = "domains = [ \"us.example\" ];"
};
static const struct pw_config messages = {
	.name = "rr",
	.settings = "policy = ( { name = \"m\"; to = \"number\"; "
		    "method = [ \"MESSAGE\", \"other\" ]; action = \"route\"; } "
		    ");",
};

/* --- 16.3 --- */

#define TEN(row) row row row row row row row row row row
#define FORTY(row) TEN(row) TEN(row) TEN(row) TEN(row)

/* status 0: it goes on. */
static const struct {
	const char *what;
	struct pw_request request;
	int status;
	const char *header, *value;
} checks[] = {
	{ "step 2: a scheme that is not known", { .ruri = "http://x" }, 416,
	  NULL, NULL },
	{ "a URI nobody can read", { .ruri = "sip:a@[::" }, 400, NULL, NULL },
	{ "step 3: no Max-Forwards: 70 is put in", { .max_forwards = "" }, 0,
	  "Max-Forwards", "70" },
	{ "counted down", { .max_forwards = "70" }, 0, "Max-Forwards", "69" },
	{ "the last hop but one", { .max_forwards = "1" }, 0, "Max-Forwards",
	  "0" },
	{ "the last one", { .max_forwards = "0" }, 483, NULL, NULL },
	{ "the most there is", { .max_forwards = "255" }, 0, "Max-Forwards",
	  "254" },
	{ "more than there is", { .max_forwards = "256" }, 400, NULL, NULL },
	{ "none that is a number", { .max_forwards = "many" }, 400, NULL,
	  NULL },
	{ "step 5: Proxy-Require", { .headers = "Proxy-Require: a\r\n" }, 420,
	  "Unsupported", "a" },
	{ "all of it",
	  { .headers = "Proxy-Require: a, b\r\nProxy-Require: c\r\n" }, 420,
	  "Unsupported", "a, b" },
	{ "Require is the other side's", { .headers = "Require: a\r\n" }, 0,
	  "Require", "a" },
	{ "the first check that fails is told",
	  { .max_forwards = "0", .headers = "Proxy-Require: a\r\n" }, 483,
	  NULL, NULL },
	{ "16.4: a Route of ours goes", { .headers =
	  "Route: <sip:203.0.113.1;lr>\r\n" }, 0, "Route", "" },
	{ "two of them", { .headers =
	  "Route: <sip:203.0.113.1;lr>, <sip:203.0.113.1:5060;lr>\r\n" }, 0,
	  "Route", "" },
	{ "five of them, by all our names", { .headers =
	  "Route: <sip:203.0.113.1;lr>,<sip:203.0.113.1:5060;lr>\r\n"
	  "Route: <sip:203.0.113.1;transport=tcp;lr>, <sip:us.example;lr>\r\n"
	  "Route: \"us\" <sip:US.Example;lr>\r\n" }, 0, "Route", "" },
	{ "one of others among them", { .headers =
	  "Route: <sip:203.0.113.1;lr>,<sip:203.0.113.1:5060;lr>\r\n"
	  "Route: <sip:192.0.2.77;lr>, <sip:us.example;lr>\r\n" }, 403, NULL,
	  NULL },
	{ "a Route of others: no way through us to anywhere", { .headers =
	  "Route: <sip:192.0.2.77;lr>\r\n" }, 403, NULL, NULL },
	{ "behind ours", { .headers = "Route: <sip:203.0.113.1;lr>\r\n"
	  "Route: <sip:192.0.2.77;lr>\r\n" }, 403, NULL, NULL },
	{ "no Route at all", { .headers = "Route: !\r\n" }, 400, NULL, NULL },
	{ "a dialog we know nothing of", { .to_tag = "x" }, 481, NULL, NULL },
	{ "BYE without a dialog", { .method = "BYE" }, 481, NULL, NULL },
	{ "PRACK", { .method = "PRACK" }, 481, NULL, NULL },
	{ "UPDATE", { .method = "UPDATE" }, 481, NULL, NULL },
	{ "INFO", { .method = "INFO" }, 481, NULL, NULL },
	{ "as many rows as leave room for ours",
	  { .headers = FORTY("A:\r\n") FORTY("A:\r\n") FORTY("A:\r\n")
	    FORTY("A:\r\n") FORTY("A:\r\n") TEN("A:\r\n") TEN("A:\r\n") }, 0,
	  "A", "" },
	{ "more rows than that",
	  { .headers = FORTY("A:\r\n") FORTY("A:\r\n") FORTY("A:\r\n")
	    FORTY("A:\r\n") FORTY("A:\r\n") FORTY("A:\r\n") }, 513, NULL, NULL },
	{ "many rows of which one may stay",
	  { .headers = FORTY("Max-Breadth: 5\r\n") }, 0, "Max-Breadth", "5" },
	{ "no number, no user", { .ruri = "sip:nobody@203.0.113.1" }, 404,
	  NULL, NULL },
};

static void
check(size_t i)
{
	char start[20];
	const char *got;

	pw_ask(&w, PW_CALLER, &checks[i].request);
	if (checks[i].status == 0) {
		got = pw_get(&w, PW_G1, "INVITE ");
	} else {
		snprintf(start, sizeof(start), "SIP/2.0 %d ",
			 checks[i].status);
		got = pw_get(&w, PW_CALLER, start);
		CHECK(pw_to_tag(got)[0] != '\0');
	}
	if (checks[i].header != NULL)
		CHECK(strcmp(pw_header(got, checks[i].header, 0),
			     checks[i].value) == 0);
	if (strstr(checks[i].what, "all of it") != NULL)
		CHECK(strcmp(pw_header(got, "Unsupported", 1), "c") == 0);
	CHECK(pw_all_quiet(&w));
}

static void
validation(void)
{
	for (size_t i = 0; i < N(checks); i++) {
		test_row(checks[i].what);
		if (pw_open(&w, &preset))
			check(i);
		pw_close(&w);
	}
}

/* Step 4, RFC 5393 4.2.2: the INVITE as G1 got it comes back. */
static void
loops(void)
{
	static const struct {
		const char *what, *from, *to;
		int status; /* 0: it goes on */
	} rows[] = {
		{ "unchanged", "", "", 482 },
		{ "another number", "INVITE sip:+4930123456@",
		  "INVITE sip:+4930123457@", 0 },
		{ "another From", "+49891234@", "+49891235@", 0 },
		{ "another Call-ID", "@pw\r\n", "@pq\r\n", 0 },
		{ "another CSeq", "CSeq: 1 ", "CSeq: 2 ", 0 },
		{ "Via of others", "203.0.113.1:5060;branch",
		  "203.0.113.9:5060;branch", 0 },
		{ "an odd Via below does not disturb", "Via: SIP/2.0/UDP 192",
		  "Via: SIP/2.0/UDP 191", 482 },
	};
	char text[PW_TEXT_MAX];

	for (size_t i = 0; i < N(rows); i++) {
		char *at;

		test_row(rows[i].what);
		if (!pw_open(&w, &preset))
			goto next;
		pw_call(&w, NULL);
		snprintf(text, sizeof(text), "%s",
			 pw_get(&w, PW_G1, "INVITE "));
		/* back to us as it was asked for */
		at = strstr(text, "@198.51.100.1");
		if (at == NULL)
			goto next;
		memmove(at + 12, at + 13, strlen(at + 13) + 1);
		memcpy(at, "@203.0.113.1", 12);
		at = strstr(text, rows[i].from);
		if (CHECK(at != NULL) && at != NULL)
			memcpy(at, rows[i].to, strlen(rows[i].to));
		pw_send(&w, PW_CALLER, text);
		if (rows[i].status != 0)
			pw_get(&w, PW_CALLER, "SIP/2.0 482 ");
		else
			pw_get(&w, PW_G1, "INVITE ");
next:
		pw_close(&w);
	}
}

/* 16.6 step 8: each branch is new, and so is each attempt's. */
static void
branches(void)
{
	const char *a, *b;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	a = pw_get(&w, PW_G1, "INVITE ");
	pw_run(&w, 3000);
	b = pw_get(&w, PW_G2, "INVITE ");
	CHECK(strstr(pw_header(a, "Via", 0), "branch=z9hG4bK") != NULL);
	CHECK(strcmp(pw_header(a, "Via", 0), pw_header(b, "Via", 0)) != 0);
	/* 16.6 step 1: all else is as it came */
	CHECK(strcmp(strstr(a, "From:"), strstr(b, "From:")) == 0);
out:
	pw_close(&w);
}

/* RFC 5393 5.3.3 */
static void
breadth(void)
{
	static const struct {
		const char *what, *headers, *value;
	} rows[] = {
		{ "none: 60", NULL, "60" },
		{ "one that is low stays", "Max-Breadth: 1\r\n", "1" },
		{ "60 stays", "Max-Breadth: 60\r\n", "60" },
		{ "in any case", "max-breadth :  7\r\n", "7" },
		{ "more becomes 60", "Max-Breadth: 61\r\n", "60" },
		{ "far more", "Max-Breadth: 99999999999999999999\r\n", "60" },
		{ "what is no number becomes 60", "Max-Breadth: x\r\n", "60" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (pw_open(&w, &preset)) {
			const char *got;

			pw_call(&w, rows[i].headers);
			got = pw_get(&w, PW_G1, "INVITE ");
			CHECK(strcmp(pw_header(got, "Max-Breadth", 0),
				     rows[i].value) == 0 ||
			      strstr(got, "max-breadth :  7\r\n") != NULL);
			CHECK(pw_count(got, "Max-Breadth") +
				      pw_count(got, "max-breadth ") <=
			      1);
		}
		pw_close(&w);
	}
}

/* 11: what is for us. */
static void
options(void)
{
	static const struct pw_request to_us = { .method = "OPTIONS",
						 .ruri = "sip:203.0.113.1" };
	static const struct pw_request last_hop = { .method = "OPTIONS",
						    .ruri = "sip:203.0.113.1",
						    .max_forwards = "0" };
	static const struct pw_request too_far = { .method = "OPTIONS",
						   .max_forwards = "0" };
	static const struct pw_request forced = {
		.method = "OPTIONS",
		.ruri = "sip:203.0.113.1",
		.headers = "Require: 100rel, a\r\nRequire: b\r\n",
	};
	static const char *const rows[] = { "Accept", "Accept-Encoding",
					    "Accept-Language", "Supported" };
	const char *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_ask(&w, PW_CALLER, &to_us);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	for (size_t i = 0; i < N(rows); i++)
		CHECK(pw_count(got, rows[i]) == 1);
	CHECK(pw_count(got, "Allow") == 0);
	pw_ask(&w, PW_CALLER, &last_hop); /* it goes nowhere */
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_ask(&w, PW_CALLER, &too_far);
	pw_get(&w, PW_CALLER, "SIP/2.0 483 ");
	pw_ask(&w, PW_CALLER, &forced); /* 8.2.2.3 */
	got = pw_get(&w, PW_CALLER, "SIP/2.0 420 ");
	CHECK(strcmp(pw_header(got, "Unsupported", 0), "100rel, a") == 0 &&
	      strcmp(pw_header(got, "Unsupported", 1), "b") == 0);
	w.node.stopping = true; /* 11.2: as an INVITE */
	pw_ask(&w, PW_CALLER, &to_us);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 503 ");
	CHECK(strcmp(pw_header(got, "Retry-After", 0), "10") == 0);
	pw_ask(&w, PW_CALLER, &(struct pw_request){ .method = "INVITE" });
	pw_get(&w, PW_CALLER, "SIP/2.0 503 ");
	w.node.stopping = false;
	w.node.draining = true;
	pw_ask(&w, PW_CALLER, &to_us);
	pw_get(&w, PW_CALLER, "SIP/2.0 503 ");
	CHECK(w.worker.counters.refused_stopping == 2);
	CHECK(w.worker.counters.refused_draining == 1);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* RFC 5658: in by UDP, out by TCP, and back. */
static void
two_transports(void)
{
	const struct pw_config config = {
		.name = "rt",
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n",
	};
	struct pw_dialog caller, callee;
	const char *invite, *answer, *got;

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = SIP_TCP;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	CHECK(strncmp(pw_header(invite, "Via", 0), "SIP/2.0/TCP 203.", 16) ==
	      0);
	got = pw_header(invite, "Record-Route", 0);
	CHECK(strstr(got, "transport=tcp") != NULL &&
	      strstr(got, ">,") != NULL); /* two of them, its own first */
	CHECK(strstr(got, "transport=tcp") < strstr(got, ">,"));
	CHECK(strstr(strstr(got, ">,"), "transport=tcp") == NULL);
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	answer = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&caller, PW_CALLER, answer);
	pw_of_invite(&callee, PW_G1, invite, "g1");
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	got = pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_count(got, "Route") == 0);
	pw_inside(&w, &callee, "INFO", NULL);
	got = pw_get(&w, PW_CALLER, "INFO ");
	CHECK(strncmp(pw_header(got, "Via", 0), "SIP/2.0/UDP 203.", 16) == 0);
	CHECK(pw_count(got, "Route") == 0);
	pw_answer(&w, PW_CALLER, got, 200, "", NULL);
	pw_get(&w, PW_G1, "SIP/2.0 200 ");
	pw_inside(&w, &caller, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* By a reliable transport nothing is sent twice (17.1.1.2, 17.2.1). */
static void
reliable(void)
{
	const struct pw_config config = {
		.name = "rt",
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n",
	};
	const char *invite, *call, *got;

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = w.by[PW_CALLER] = SIP_TCP;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_run(&w, 2900);
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	CHECK(pw_all_quiet(&w)); /* no timer A */
	pw_answer(&w, PW_G1, invite, 486, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	pw_run(&w, 5000);
	CHECK(pw_all_quiet(&w)); /* no timer G */
	CHECK(sip_txns_counters(w.worker.txns)->clients == 0); /* D is 0 */
	pw_ack(&w, call, got);
	pw_run(&w, 64);
	CHECK(sip_txns_counters(w.worker.txns)->servers == 0); /* I is 0 */
out:
	pw_close(&w);
}

/* --- session timers (RFC 4028 8) --- */

static void
session_timers(void)
{
	static const struct {
		const char *what, *headers;
		const char *expires, *min_se; /* as the gateway gets it */
		int status;		      /* or this */
	} rows[] = {
		{ "none is asked for: ours", NULL, "1800", "", 0 },
		{ "a longer one is cut", "Session-Expires: 3600\r\n", "1800",
		  "", 0 },
		{ "a shorter one stays", "Session-Expires: 900\r\n", "900", "",
		  0 },
		{ "too short, from one that knows",
		  "Supported: timer\r\nSession-Expires: 119\r\n", NULL,
		  "120", 422 },
		{ "too short, from one that does not",
		  "Session-Expires: 60\r\n", "120", "120", 0 },
		{ "Min-SE is kept", "Min-SE: 2000\r\n", "2000", "2000", 0 },
	};

	const struct pw_config config = {
		.name = "rr", .settings = "sip = { session_min_s = 120; };",
	};

	for (size_t i = 0; i < N(rows); i++) {
		const char *got;

		test_row(rows[i].what);
		if (pw_open(&w, &config)) {
			pw_call(&w, rows[i].headers);
			got = rows[i].status == 0
				  ? pw_get(&w, PW_G1, "INVITE ")
				  : pw_get(&w, PW_CALLER, "SIP/2.0 422 ");
			if (rows[i].status == 0)
				CHECK(strcmp(pw_header(got, "Session-Expires",
						       0),
					     rows[i].expires) == 0);
			CHECK(strcmp(pw_header(got, "Min-SE", 0),
				     rows[i].min_se) == 0);
			CHECK(pw_all_quiet(&w));
			CHECK(pw_records(&w)[0] == '\0');
		}
		pw_close(&w);
	}
}

/* 8.2, and a 422 of the other side, which is the caller's to deal with. */
static void
session_answers(void)
{
	const char *invite, *got, *call;
	struct pw_talk talk;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, "Supported: timer\r\n");
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(strcmp(pw_header(got, "Session-Expires", 0),
		     "1800;refresher=uac") == 0);
	CHECK(strcmp(pw_header(got, "Require", 0), "timer") == 0);
	call = pw_call(&w, NULL); /* who knows no timers is not told of any */
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_count(got, "Session-Expires") == 0 &&
	      pw_count(got, "Require") == 0);
	call = pw_call(&w, "Supported: timer\r\nSession-Expires: 100\r\n");
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 422, "g1", "Min-SE: 200\r\n");
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 422 ");
	CHECK(strcmp(pw_header(got, "Min-SE", 0), "200") == 0);
	CHECK(pw_quiet(&w, PW_G2));
	pw_ack(&w, call, got);
	if (!pw_talk(&w, &talk, NULL))
		goto out;
	/* refreshes, whoever sends them, are signs of life (8.3: no BYE) */
	pw_inside(&w, &talk.caller, "UPDATE", "Supported: timer\r\n"
					       "Session-Expires: 60\r\n");
	pw_get(&w, PW_CALLER, "SIP/2.0 422 ");
	pw_inside(&w, &talk.callee, "UPDATE", "Supported: timer\r\n");
	got = pw_get(&w, PW_CALLER, "UPDATE ");
	CHECK(strcmp(pw_header(got, "Session-Expires", 0), "1800") == 0);
	pw_answer(&w, PW_CALLER, got, 200, "", NULL);
	got = pw_get(&w, PW_G1, "SIP/2.0 200 ");
	CHECK(strcmp(pw_header(got, "Session-Expires", 0),
		     "1800;refresher=uac") == 0);
	CHECK(strcmp(pw_records(&w), "life") == 0);
	pw_run(&w, 300000);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_CALLER));
out:
	pw_close(&w);
}

/* --- requests that are no INVITE --- */

static const struct pw_request message = { .method = "MESSAGE" };

static const char *
begin_message(void)
{
	if (!pw_open(&w, &messages))
		return NULL;
	pw_ask(&w, PW_CALLER, &message);
	return pw_get(&w, PW_G1, "MESSAGE ");
}

static void
messages_go_on(void)
{
	static const int codes[][2] = { { 200, 200 }, { 202, 202 },
					{ 302, 302 }, { 404, 404 },
					{ 500, 500 }, { 603, 603 } };
	char start[20];

	for (size_t i = 0; i < N(codes); i++) {
		const char *got = begin_message();

		if (got != NULL) {
			CHECK(pw_count(got, "Record-Route") == 0);
			pw_answer(&w, PW_G1, got, 180, "g1", NULL);
			CHECK(pw_all_quiet(&w)); /* RFC 4320 4.1 */
			pw_answer(&w, PW_G1, got, codes[i][0], "g1", NULL);
			snprintf(start, sizeof(start), "SIP/2.0 %d ",
				 codes[i][1]);
			pw_get(&w, PW_CALLER, start);
			pw_answer(&w, PW_G1, got, 200, "g1", NULL);
			CHECK(pw_all_quiet(&w)); /* 17.2.2: one answer */
		}
		pw_close(&w);
	}
}

static void
messages_lead_on(void)
{
	const char *first, *second;

	first = begin_message();
	if (first == NULL)
		goto out;
	pw_answer(&w, PW_G1, first, 503, "g1", NULL);
	second = pw_get(&w, PW_G2, "MESSAGE ");
	pw_answer(&w, PW_G2, second, 503, "g2", NULL);
	pw_answer(&w, PW_G3, pw_get(&w, PW_G3, "MESSAGE "), 503, "g3", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 "); /* 16.7 step 6 */
	CHECK(pw_all_quiet(&w));
	w.send_err[PW_G1] = ERR_IO; /* 16.9 */
	pw_ask(&w, PW_CALLER, &message);
	pw_run(&w, 1);
	second = pw_get(&w, PW_G2, "MESSAGE ");
	pw_answer(&w, PW_G2, second, 200, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* 16.7 steps 5, 6: what was given up has had its turn; a 2xx is heard. */
static void
late_answers_to_messages(void)
{
	static const struct {
		const char *what;
		int late; /* of the one that was given up */
		bool told;
	} rows[] = {
		{ "its failure is not waited for", 404, false },
		{ "nor its 503", 503, false },
		{ "nor its 100", 100, false },
		{ "its 2xx is heard", 202, true },
		{ "and its 6xx", 603, true },
	};
	char start[20];

	for (size_t i = 0; i < N(rows); i++) {
		const char *first = begin_message(), *second;

		test_row(rows[i].what);
		if (first == NULL)
			goto next;
		pw_run(&w, 3000);
		pw_skip(&w, PW_G1);
		second = pw_get(&w, PW_G2, "MESSAGE ");
		pw_answer(&w, PW_G1, first, rows[i].late, "g1", NULL);
		snprintf(start, sizeof(start), "SIP/2.0 %d ", rows[i].late);
		if (rows[i].told)
			pw_get(&w, PW_CALLER, start);
		CHECK(pw_quiet(&w, PW_CALLER) && pw_quiet(&w, PW_G3));
		if (rows[i].told)
			goto next;
		pw_run(&w, 2999);
		CHECK(pw_quiet(&w, PW_G3));
		pw_run(&w, 1); /* the second is not waited for longer */
		pw_get(&w, PW_G3, "MESSAGE ");
		pw_answer(&w, PW_G2, second, 200, "g2", NULL);
		pw_skip(&w, PW_CALLER);
		CHECK(pw_quiet(&w, PW_G3));
next:
		pw_close(&w);
	}
}

/* RFC 4320 4.2, RFC 4321: nobody answers, and that is what is said. */
static void
nobody_answers(void)
{
	const char *got = begin_message();

	if (got == NULL)
		goto out;
	pw_run(&w, 3500);
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	pw_run(&w, 100000);
	CHECK(pw_quiet(&w, PW_CALLER));
	CHECK(sip_txns_counters(w.worker.txns)->servers == 0);
out:
	pw_close(&w);
}

/* Unknown methods, bodies, folded rows and odd headers pass as they are. */
static void
unharmed(void)
{
	static const struct pw_request odd = {
		.method = "Frob~nicate",
		.headers = "s: compact\r\nX-Long: a\r\n\t b\r\n"
			   "Subject2:\r\nx-long:c , d\r\n",
	};
	const char *got;

	if (!pw_open(&w, &messages))
		goto out;
	pw_ask(&w, PW_CALLER, &odd);
	got = pw_get(&w, PW_G1, "Frob~nicate ");
	CHECK(strstr(got, odd.headers) != NULL);
	pw_answer(&w, PW_G1, got, 299, "g1", odd.headers);
	CHECK(strstr(pw_get(&w, PW_CALLER, "SIP/2.0 299 "), odd.headers) !=
	      NULL);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "16.3 and 16.4, step by step", validation, true },
	{ "loops end, spirals go on", loops, true },
	{ "each attempt has a branch of its own", branches, true },
	{ "Max-Breadth is there, and not over 60", breadth, true },
	{ "OPTIONS for us is answered", options, true },
	{ "two transports: two Record-Routes", two_transports, true },
	{ "reliable transports repeat nothing", reliable, true },
	{ "session intervals are asked for, cut, raised and refused",
	  session_timers, true },
	{ "answers get what they lack, and refreshes are signs of life",
	  session_answers, true },
	{ "a MESSAGE and its one answer", messages_go_on, true },
	{ "503 and errors lead a MESSAGE on", messages_lead_on, false },
	{ "late answers to a MESSAGE", late_answers_to_messages, true },
	{ "no 408 to a MESSAGE", nobody_answers, true },
	{ "what we have no business with passes unharmed", unharmed, true },
};

const struct test_suite suite_rule_requests =
    TEST_SUITE("rule_requests", tests);
