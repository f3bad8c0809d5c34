/* test_rule_rare.c - what is rare, and rules that meet (RFC 3261 16, 18.3) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_rare;

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct proxy_world w;
static const struct pw_config preset = { .name = "rz" };

static bool
was(const char *records)
{
	return pw_was(&w, records);
}

/* text with every row of a header left out, and another body. */
static const char *
without(const char *text, const char *name, const char *body)
{
	static char out[PW_TEXT_MAX];
	size_t len = strlen(name), n = 0;

	while (strncmp(text, "\r\n", 2) != 0) {
		size_t row = strcspn(text, "\n") + 1;

		if (strncasecmp(text, name, len) != 0 || text[len] != ':') {
			memcpy(out + n, text, row);
			n += row;
		}
		text += row;
	}
	snprintf(out + n, sizeof(out) - n, "\r\n%s", body);
	return out;
}

/* --- a call that comes through here twice (RFC 5393) --- */

static const struct route_csv sbc[] = {
	{ "accounts", "account,tariff,country_code\nsbc,sell,49\n" },
	{ "trunks", "account,address\nsbc,198.51.100.1\n" },
	{ NULL, NULL }
};

struct spiral {
	struct pw_dialog caller, callee;
	bool records_route; /* G1, which sends the call back */
};

/* Insert text before the first place in out (of PW_TEXT_MAX) that begins so. */
static void
insert(char *out, const char *before, const char *text)
{
	char *at = strstr(out, before);
	size_t len = strlen(text);

	if (!CHECK(at != NULL && strlen(out) + len < PW_TEXT_MAX) || at == NULL)
		return;
	memmove(at + len, at, strlen(at) + 1);
	memcpy(at, text, len);
}

/* G1 sends the INVITE on, to another number, by way of us. */
static void
send_back(const struct spiral *s, const char *invite)
{
	char text[PW_TEXT_MAX];

	snprintf(text, sizeof(text), "INVITE sip:+4930123457@203.0.113.1%s",
		 strstr(invite, " SIP/2.0"));
	insert(text, "Via: ",
	       "Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKsbc\r\n");
	if (s->records_route)
		insert(text, "Record-Route: ",
		       "Record-Route: <sip:198.51.100.1;lr>\r\n");
	pw_send(&w, PW_G1, text);
}

/* A response that G1 passes on: its own Via goes. */
static void
pass_on(const char *response)
{
	char text[PW_TEXT_MAX];
	const char *via = strstr(response, "Via: ");

	snprintf(text, sizeof(text), "%.*s%s", (int)(via - response), response,
		 strstr(via, "\r\n") + 2);
	pw_send(&w, PW_G1, text);
}

/* What the caller or the callee sends inside: its way through G1, where G1
 * wants to be on it, and through us. What comes to the other side, or "". */
static const char *
inside(const struct spiral *s, struct pw_dialog *from, enum pw_peer to,
       const char *method, unsigned cseq)
{
	char start[20], text[PW_TEXT_MAX];
	const char *got;

	snprintf(start, sizeof(start), "%s ", method);
	pw_inside_as(&w, from, method, cseq, NULL);
	pw_loop(&w);
	if (s->records_route) {
		char *route;

		snprintf(text, sizeof(text), "%s", pw_get(&w, PW_G1, start));
		route = strstr(text, "Route: <sip:198.51.100.1;lr>\r\n");
		if (!CHECK(route != NULL) || route == NULL)
			return "";
		memmove(route, route + 30, strlen(route + 30) + 1);
		insert(text, "Via: ",
		       "Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKin\r\n");
		pw_send(&w, PW_G1, text);
	}
	got = pw_get(&w, to, start);
	CHECK(pw_count(got, "Route") == 0);
	return got;
}

static void
answer_inside(const struct spiral *s, enum pw_peer from, const char *request,
	      enum pw_peer to)
{
	pw_answer(&w, from, request, 200, "", NULL);
	if (s->records_route)
		pass_on(pw_get(&w, PW_G1, "SIP/2.0 200 "));
	pw_loop(&w);
	pw_get(&w, to, "SIP/2.0 200 ");
}

static bool
begin_spiral(struct spiral *s)
{
	const struct pw_config config = { .name = "rs", .more = sbc };
	char invite[PW_TEXT_MAX];
	const char *got;

	if (!pw_open(&w, &config))
		return false;
	pw_call(&w, NULL);
	pw_run(&w, 1);
	send_back(s, pw_get(&w, PW_G1, "INVITE "));
	snprintf(invite, sizeof(invite), "%s", pw_get(&w, PW_G1, "INVITE "));
	pw_of_invite(&s->callee, PW_G1, invite, "g1");
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	pass_on(pw_get(&w, PW_G1, "SIP/2.0 200 "));
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&s->caller, PW_CALLER, got);
	CHECK(was("attempt 1 answered 200; start 1; "
		  "attempt 1 answered 200; start 1"));
	CHECK(w.worker.live.map.n == 2);
	inside(s, &s->caller, PW_G1, "ACK", 1);
	return true;
}

/* As after a restart: no call is known. */
static void
forget_calls(void)
{
	while (w.worker.live.oldest != NULL) {
		struct live_call *call = w.worker.live.oldest;
		struct live_id id = {
			.call_id = live_call_id(call),
			.from_tag = str_make(call->text + call->call_id_len,
					     call->from_tag_len),
			.to_tag = str_make(call->text + call->call_id_len +
					       call->from_tag_len,
					   call->to_tag_len),
			.setup = call->setup,
		};

		if (!CHECK(live_remove(&w.worker.live, &id, call->answer) == 0))
			return;
	}
}

static void
one_spiral(bool records_route, bool by_caller, bool is_known)
{
	struct spiral s = { .records_route = records_route };
	struct pw_dialog *from = by_caller ? &s.caller : &s.callee;
	enum pw_peer to = by_caller ? PW_G1 : PW_CALLER;
	enum pw_peer self = by_caller ? PW_CALLER : PW_G1;
	const char *got;

	if (!begin_spiral(&s))
		goto out;
	if (!is_known)
		forget_calls();
	got = inside(&s, from, to, "INVITE", 200);
	answer_inside(&s, to, got, self);
	inside(&s, from, to, "ACK", 200);
	/* the caller's ACK has the token of the answer: a witness of both */
	CHECK(was(is_known || !by_caller ? "life; life"
					 : "life; life; life; life"));
	got = inside(&s, from, to, "BYE", 201);
	answer_inside(&s, to, got, self);
	CHECK(was(by_caller ? "stop caller; stop caller"
			    : "stop callee; stop callee"));
	CHECK(w.worker.live.map.n == 0);
	CHECK(w.worker.counters.astray == 0);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static void
spirals(void)
{
	static const struct {
		const char *what;
		bool records_route, by_caller;
	} rows[] = {
		{ "the caller's requests", false, true },
		{ "the callee's", false, false },
		{ "the caller's, and another proxy in between", true, true },
		{ "the callee's, likewise", true, false },
	};

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		one_spiral(rows[i].records_route, rows[i].by_caller, true);
		one_spiral(rows[i].records_route, rows[i].by_caller, false);
	}
}

/* --- 16.6 step 9, 18.3: how long a body is --- */

/* The body of what goes to a peer; its Content-Length says how long it is, or,
 * in a datagram, nothing does. */
static bool
is_framed(const char *text, bool by_stream, const char *body)
{
	const char *end = strstr(text, "\r\n\r\n");
	char length[20] = "";

	if (by_stream)
		snprintf(length, sizeof(length), "%zu", strlen(body));
	return end != NULL && strcmp(end + 4, body) == 0 &&
	       pw_count(text, "Content-Length") == by_stream &&
	       strcmp(pw_header(text, "Content-Length", 0), length) == 0;
}

#define BODY "v=0\r\n"

/* A datagram without Content-Length. */
static void
send_bare(enum pw_peer from, const char *text)
{
	pw_send(&w, from, without(text, "Content-Length", BODY));
}

static void
requests_to_streams(enum sip_transport by)
{
	struct pw_dialog caller;
	char text[PW_TEXT_MAX], answer[PW_TEXT_MAX];
	const char *invite;

	w.by[PW_G1] = by;
	pw_call(&w, NULL); /* one that is framed, to make a copy of */
	invite = pw_get(&w, PW_G1, "INVITE ");
	snprintf(text, sizeof(text),
		 "INVITE " PW_RURI " SIP/2.0\r\nVia: SIP/2.0/UDP "
		 "192.0.2.10;branch=z9hG4bKb\r\nFrom: %s\r\nTo: <" PW_RURI
		 ">\r\nCall-ID: bare\r\nCSeq: 1 INVITE\r\nContact: "
		 "<sip:me@192.0.2.10>\r\n\r\n" BODY,
		 pw_header(invite, "From", 0));
	pw_send(&w, PW_CALLER, text);
	invite = pw_get(&w, PW_G1, "INVITE ");
	CHECK(is_framed(invite, by != SIP_UDP, BODY));
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	snprintf(answer, sizeof(answer), "%s",
		 pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_of_answer(&caller, PW_CALLER, answer);
	if (by != SIP_UDP)
		strcat(caller.target, ";transport=tcp");
	send_bare(PW_CALLER, pw_inside_as(&w, &caller, "ACK", 1, NULL));
	pw_get(&w, PW_G1, "ACK ");
	CHECK(is_framed(pw_get(&w, PW_G1, "ACK "), by != SIP_UDP, BODY));
	snprintf(text, sizeof(text), "%s",
		 pw_inside(&w, &caller, "INFO", NULL));
	pw_get(&w, PW_G1, "INFO ");
	insert(text, "branch=z9hG4bK", "branch=z9hG4bKx;x");
	send_bare(PW_CALLER, text);
	CHECK(is_framed(pw_get(&w, PW_G1, "INFO "), by != SIP_UDP, BODY));
	pw_inside(&w, &caller, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
}

static void
answers_to_streams(enum sip_transport by)
{
	char answer[PW_TEXT_MAX], text[PW_TEXT_MAX];
	const char *invite, *call;
	struct pw_dialog caller;

	w.by[PW_CALLER] = by;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_make_answer(answer, PW_G1, invite, 183, "g1", NULL);
	send_bare(PW_G1, answer);
	CHECK(is_framed(pw_get(&w, PW_CALLER, "SIP/2.0 183 "), by != SIP_UDP,
			BODY));
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_G1, "CANCEL ");
	pw_make_answer(answer, PW_G1, invite, 487, "g1", NULL);
	send_bare(PW_G1, answer);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(is_framed(pw_get(&w, PW_CALLER, "SIP/2.0 487 "), by != SIP_UDP,
			BODY));
	/* a 2xx behind a final response goes on without a transaction */
	snprintf(text, sizeof(text), "%s", pw_call(&w, NULL));
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_cancel(&w, text);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	pw_make_answer(answer, PW_G1, invite, 200, "g1", NULL);
	send_bare(PW_G1, answer);
	call = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(is_framed(call, by != SIP_UDP, BODY));
	pw_of_answer(&caller, PW_CALLER, call);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
}

static void
frames(void)
{
	static const struct {
		const char *what, *gateways;
		enum sip_transport by;
	} rows[] = {
		{ "datagrams stay as they are", NULL, SIP_UDP },
		{ "streams",
		  "gateway,carrier,uri\ng1,c1,sip:198.51.100.1;transport=tcp\n",
		  SIP_TCP },
	};

	for (size_t i = 0; i < N(rows); i++) {
		const struct pw_config config = {
			.name = rows[i].gateways != NULL ? "rw" : "rz",
			.gateways = rows[i].gateways
		};

		test_row(rows[i].what);
		if (pw_open(&w, &config))
			requests_to_streams(rows[i].by);
		pw_close(&w);
		if (pw_open(&w, &preset))
			answers_to_streams(rows[i].by);
		pw_close(&w);
	}
}

/* A MESSAGE likewise. */
static void
framed_message(void)
{
	const struct pw_config config = {
		.name = "rw",
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n",
		.settings = "policy = ( { name = \"m\"; to = \"number\"; "
			    "method = [ \"MESSAGE\" ]; action = \"route\"; "
			    "} );",
	};
	static const struct pw_request message = { .method = "MESSAGE" };
	char text[PW_TEXT_MAX];

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = SIP_TCP;
	snprintf(text, sizeof(text), "%s", pw_ask(&w, PW_CALLER, &message));
	pw_get(&w, PW_G1, "MESSAGE ");
	insert(text, "branch=z9hG4bK", "branch=z9hG4bKx;x");
	send_bare(PW_CALLER, text);
	CHECK(is_framed(pw_get(&w, PW_G1, "MESSAGE "), true, BODY));
out:
	pw_close(&w);
}

/* --- hunts --- */

/* 9.1: further ringing behind a CANCEL gives nobody another time. */
static void
ringing_on(void)
{
	const char *call, *invite;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_run(&w, 50000); /* of 60 s that it may ring */
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "CANCEL "), 200, "g1", NULL);
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_run(&w, 31900);
	CHECK(pw_all_quiet(&w));
	pw_run(&w, 100);
	pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	CHECK(pw_quiet(&w, PW_G2));
	CHECK(was("attempt 1 cancelled; fail cancelled 487"));
out:
	pw_close(&w);
}

/* 16.7 step 5: also of a gateway that was given up. */
static void
late_refusals(void)
{
	static const struct {
		const char *what;
		int status;
		bool ends;
	} rows[] = {
		{ "603", 603, true },
		{ "600", 600, true },
		{ "any other failure is too late", 404, false },
	};

	for (size_t i = 0; i < N(rows); i++) {
		const char *call, *invite, *got;
		char first[PW_TEXT_MAX], start[20];

		test_row(rows[i].what);
		if (!pw_open(&w, &preset))
			goto next;
		call = pw_call(&w, NULL);
		snprintf(first, sizeof(first), "%s",
			 pw_get(&w, PW_G1, "INVITE "));
		pw_run(&w, 3000);
		pw_skip(&w, PW_G1);
		pw_skip(&w, PW_CALLER);
		invite = pw_get(&w, PW_G2, "INVITE ");
		pw_answer(&w, PW_G2, invite, 180, "g2", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
		pw_answer(&w, PW_G1, first, rows[i].status, "g1", "X-By: g1\r\n");
		pw_get(&w, PW_G1, "ACK ");
		if (!rows[i].ends) {
			CHECK(pw_all_quiet(&w));
			goto next;
		}
		snprintf(start, sizeof(start), "SIP/2.0 %d ", rows[i].status);
		got = pw_get(&w, PW_CALLER, start);
		CHECK(strcmp(pw_header(got, "X-By", 0), "g1") == 0);
		pw_ack(&w, call, got);
		got = pw_get(&w, PW_G2, "CANCEL ");
		CHECK(pw_count(got, "Reason") == 0);
		pw_answer(&w, PW_G2, invite, 487, "g2", NULL);
		pw_get(&w, PW_G2, "ACK ");
		CHECK(pw_all_quiet(&w));
		snprintf(first, sizeof(first),
			 "attempt 1 timeout; attempt 2 cancelled; "
			 "fail failed %d", rows[i].status);
		CHECK(was(first));
next:
		pw_close(&w);
	}
}

/* 9.1, 12.2.1.2: of a re-INVITE, whose 408 would end the call. */
static void
cancelled_inside(void)
{
	static const int rings[] = { 0, 180 };
	struct pw_talk talk;

	for (size_t i = 0; i < N(rings); i++) {
		const char *invite, *got;

		if (!pw_open(&w, &preset) || !pw_talk(&w, &talk, NULL))
			goto next;
		invite = pw_inside(&w, &talk.caller, "INVITE", NULL);
		got = pw_get(&w, PW_G1, "INVITE ");
		if (rings[i] != 0) {
			pw_answer(&w, PW_G1, got, rings[i], "", NULL);
			pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
		}
		pw_cancel(&w, invite);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		pw_run(&w, 33000);
		pw_skip(&w, PW_G1);
		if (rings[i] == 0) /* of ours, 17.2.1 */
			pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
		pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
		CHECK(was(""));
next:
		pw_close(&w);
	}
}

/* 17.1.4: the connection of a gateway that was given up is not made anew. */
static void
lost_behind(void)
{
	const struct pw_config config = {
		.name = "ry",
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n"
			    "g2,c2,sip:198.51.100.2\n",
	};
	struct sip_flow flow = { .transport = SIP_TCP, .listener = 1 };
	const char *invite;

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = SIP_TCP;
	flow.conn = w.conn[PW_G1];
	pw_call(&w, NULL);
	pw_get(&w, PW_G1, "INVITE ");
	pw_run(&w, 3000);
	pw_skip(&w, PW_CALLER);
	invite = pw_get(&w, PW_G2, "INVITE ");
	pw_answer(&w, PW_G2, invite, 180, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	sip_txns_lost(w.worker.txns, &flow, true);
	pw_run(&w, 1000);
	CHECK(pw_all_quiet(&w));
	pw_answer(&w, PW_G2, invite, 200, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(was("attempt 1 timeout; attempt 2 answered 200; start 2"));
out:
	pw_close(&w);
}

/* RFC 3262, RFC 3311: what belongs to an early dialog of a gateway that was given
 * up goes to that one. */
static void
early_of_another(void)
{
	struct pw_dialog first, second;
	const char *one, *two, *got;
	char copy[PW_TEXT_MAX];

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, "Supported: 100rel\r\n");
	one = pw_get(&w, PW_G1, "INVITE ");
	/* progress that is no ringing: given up after a while */
	snprintf(copy, sizeof(copy), "%s", one);
	pw_answer(&w, PW_G1, copy, 199, "g1", "Require: 100rel\r\nRSeq: 1\r\n");
	pw_of_answer(&first, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 199 "));
	pw_run(&w, w.worker.tuning.progress_timeout_ms);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "CANCEL "), 200, "g1", NULL);
	two = pw_get(&w, PW_G2, "INVITE ");
	pw_inside(&w, &first, "PRACK", "RAck: 1 1 INVITE\r\n");
	got = pw_get(&w, PW_G1, "PRACK ");
	pw_answer(&w, PW_G2, two, 183, "g2", "Require: 100rel\r\nRSeq: 9\r\n");
	pw_of_answer(&second, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 183 "));
	pw_answer(&w, PW_G1, got, 481, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
	pw_inside(&w, &second, "PRACK", "RAck: 9 1 INVITE\r\n");
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "PRACK "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G2, two, 200, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	/* behind the answer as well, and no INVITE by what was none */
	pw_inside(&w, &first, "UPDATE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "UPDATE "), 481, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
	pw_inside(&w, &first, "INVITE", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 403 ");
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 timeout; attempt 2 answered 200; start 2"));
out:
	pw_close(&w);
}

/* 12.1, 13.2.2.4: two forks of one gateway, each with its dialog; the second
 * answers when the first has long. */
static void
forks(void)
{
	struct pw_dialog a, b;
	const char *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "a", NULL);
	pw_of_answer(&a, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 180 "));
	pw_answer(&w, PW_G1, invite, 183, "b", NULL);
	pw_of_answer(&b, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 183 "));
	pw_inside(&w, &b, "UPDATE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "UPDATE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	/* 15: the caller ends one early dialog: no call has ended by it */
	pw_inside(&w, &b, "BYE", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(was(""));
	pw_answer(&w, PW_G1, invite, 200, "a", NULL);
	pw_of_answer(&a, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_run(&w, 20000);
	pw_answer(&w, PW_G1, invite, 200, "b", NULL); /* it crossed */
	pw_of_answer(&b, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	CHECK(was("attempt 1 answered 200; start 1; start 1"));
	for (int i = 0; i < 2; i++) {
		struct pw_dialog *d = i == 0 ? &b : &a;

		pw_inside_as(&w, d, "ACK", 1, NULL);
		got = pw_get(&w, PW_G1, "ACK ");
		CHECK(strcmp(pw_to_tag(got), i == 0 ? "b" : "a") == 0);
		pw_inside(&w, d, "BYE", NULL);
		got = pw_get(&w, PW_G1, "BYE ");
		pw_answer(&w, PW_G1, got, 200, "", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(was("stop caller"));
	}
	CHECK(w.worker.live.map.n == 0);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "who was given up is not connected to again", lost_behind, true },
	{ "an early dialog stays with its gateway", early_of_another, true },
	{ "two forks: early, answered, late, and each ended", forks, true },
	{ "a CANCEL of a re-INVITE that has no effect: 487", cancelled_inside,
	  true },
	{ "ringing behind a CANCEL changes nothing", ringing_on, true },
	{ "6xx of who was given up ends the hunt", late_refusals, true },
	{ "what goes by a stream says how long it is", frames, true },
	{ "a MESSAGE, too", framed_message, true },
	{ "a call that comes through twice is two calls, and ends twice",
	  spirals, true },
};

const struct test_suite suite_rule_rare = TEST_SUITE("rule_rare", tests);
