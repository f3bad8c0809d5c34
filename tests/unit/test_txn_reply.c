/* test_txn_reply.c - what a server transaction answers, to whom and where */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct str no_headers = { "", 0 };

/* --- what is sent, and where --- */

static void
test_reply(void)
{
	char tag[100], other[100];
	struct world w;
	const char *text;

	if (!world_begin_server(&w, "INVITE"))
		return;
	CHECK(OK(sip_server_reply(w.server, 180, NULL, no_headers)));
	world_last_tag(&w, tag, sizeof(tag));
	CHECK(strlen(tag) >= 10);
	CHECK(OK(sip_server_reply(w.server, 603, "No", str_of("X: y\r\n"))));
	world_last_tag(&w, other, sizeof(other));
	CHECK(strcmp(tag, other) == 0);
	text = world_last(&w)->text;
	CHECK(strncmp(text, "SIP/2.0 603 No\r\n", 16) == 0);
	CHECK(strstr(text, "\r\nX: y\r\n") != NULL);
	CHECK(strstr(
		  text,
		  "\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=" WORLD_CALLER) !=
	      NULL);
	world_fini(&w);
}

static void
test_relay(void)
{
	struct world w;
	const char *text;

	if (!world_begin_server(&w, "INVITE"))
		return;
	CHECK(world_relay(&w, 183, "INVITE") == 0);
	text = world_last(&w)->text;
	CHECK(strncmp(text, "SIP/2.0 183 Whatever\r\n", 22) == 0);
	CHECK(strstr(text, "z9hG4bKours") == NULL);
	CHECK(strstr(text, "\r\nVia: SIP/2.0/UDP 192.0.2.1:5062;branch="
			   "z9hG4bKcaller\r\n") != NULL);
	world_call_as(&w, "INVITE", "");
	CHECK(w.n_sent == 2 || test_starved());
	CHECK(strncmp(world_last(&w)->text, "SIP/2.0 183 ", 12) == 0);
	CHECK(world_relay(&w, 503, "INVITE") == 0);
	world_acknowledge(&w);
	CHECK(w.acks == 0);
	world_fini(&w);
}

/* A response that breaks the rules of edit is not sent. */
static void
test_bad_relay(void)
{
	char text[WORLD_TEXT_MAX];
	struct sip_edit edit;
	struct sip_msg msg;
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	world_response(text, 200, "INVITE", "z9hG4bKours");
	if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
		goto out;
	sip_edit_init(&edit, &msg);
	edit.err = ERR_LIMIT;
	CHECK(sip_server_relay(w.server, &edit) == ERR_LIMIT);
	CHECK(w.n_sent == 0 && !sip_server_has_final(w.server));
	CHECK(sip_server_request(w.server) != NULL);
out:
	world_fini(&w);
}

static void
test_long_reply(void)
{
	static char headers[70000];
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	memset(headers, 'x', sizeof(headers));
	CHECK(sip_server_reply(w.server, 500, NULL,
			       str_make(headers, sizeof(headers))) ==
	      ERR_LIMIT);
	CHECK(w.n_sent == 0 && !sip_server_has_final(w.server));
	world_fini(&w);
}

/* 18.2.2, RFC 3581: requests come from 192.0.2.1:5062. */
static void
test_addresses(void)
{
	static const struct {
		const char *via, *to;
	} table[] = {
		{ "192.0.2.1:5090", "192.0.2.1:5090" },
		{ "192.0.2.1", "192.0.2.1:5060" },
		{ "10.1.1.1:5090", "192.0.2.1:5090" }, /* received */
		{ "pbx.example:5091", "192.0.2.1:5091" },
		{ "192.0.2.1:5090;rport", "192.0.2.1:5062" },
		{ "10.1.1.1;rport", "192.0.2.1:5062" },
		{ "10.1.1.1;received=10.9.9.9", "192.0.2.1:5060" },
		{ "10.1.1.1:5070;maddr=203.0.113.9;rport", "192.0.2.1:5062" },
		{ "10.1.1.1;maddr=203.0.113.9", "192.0.2.1:5060" },
		{ "10.1.1.1;maddr=name.example", "192.0.2.1:5060" },
	};

	for (size_t i = 0; i < N(table); i++) {
		char text[WORLD_TEXT_MAX], via[200], to[ADDR_TEXT_MAX];
		struct world w;

		test_row(table[i].via);
		if (!OK(world_init(&w)))
			return;
		snprintf(via, sizeof(via),
			 "x\r\nVia: SIP/2.0/UDP %s;branch=" WORLD_CALLER,
			 table[i].via);
		/* a second Via row, so that the one under test is on top */
		world_request(text, "INVITE", WORLD_CALLER);
		snprintf(text, sizeof(text),
			 "INVITE sip:a SIP/2.0\r\n%s\r\nFrom: <sip:a@b>;tag=1"
			 "\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE"
			 "\r\n\r\n",
			 via + 3);
		w.answer_at_once = 404;
		world_call(&w, text);
		CHECK(w.n_sent == 1);
		CHECK(strcmp(addr_format(&world_last(&w)->to.addr, to),
			     table[i].to) == 0);
		world_fini(&w);
	}
}

static void
test_request(void)
{
	const struct sip_msg *msg;
	struct sip_server *first;
	char text[WORLD_TEXT_MAX];
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	first = w.server;
	world_call(&w, world_request(text, "OPTIONS", "z9hG4bKother"));
	if (!CHECK(w.server != first) || w.server == first)
		goto out;
	msg = sip_server_request(w.server);
	CHECK(msg != NULL && msg->method == SIP_OPTIONS);
	msg = sip_server_request(first);
	CHECK(msg != NULL && msg->method == SIP_INVITE);
	CHECK(msg == sip_server_request(first));
	CHECK(OK(sip_server_reply(first, 200, NULL, no_headers)));
	CHECK(sip_server_request(first) == NULL);
	msg = sip_server_request(w.server);
	CHECK(msg != NULL && msg->method == SIP_OPTIONS);
out:
	world_fini(&w);
}

/* A transaction that lies where another one was has its own request. */
static void
test_request_anew(void)
{
	const struct sip_msg *msg;
	char text[WORLD_TEXT_MAX];
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	CHECK(sip_server_request(w.server) != NULL);
	CHECK(OK(sip_server_reply(w.server, 200, NULL, no_headers)));
	world_run_until(&w, 32000);
	CHECK(w.servers_gone == 1);
	world_call(&w, world_request(text, "OPTIONS", "z9hG4bKCALLER"));
	msg = w.server != NULL ? sip_server_request(w.server) : NULL;
	CHECK(msg != NULL && msg->method == SIP_OPTIONS);
	world_fini(&w);
}

/* --- CANCEL --- */

static void
test_cancel(void)
{
	char tag[100], cancel_tag[100];
	struct world w;
	struct sip_server *invite;

	if (!world_begin_server(&w, "INVITE"))
		return;
	invite = w.server;
	CHECK(OK(sip_server_reply(invite, 180, NULL, no_headers)));
	world_last_tag(&w, tag, sizeof(tag));
	world_call_as(&w, "CANCEL", "");
	CHECK(w.cancels == 1 && w.cancelled == invite);
	CHECK(world_last_is(&w, "SIP/2.0 200 OK\r\n"));
	world_last_tag(&w, cancel_tag, sizeof(cancel_tag));
	CHECK(strcmp(tag, cancel_tag) == 0); /* 9.2 */
	world_call_as(&w, "CANCEL", "");
	CHECK(w.cancels == 1 && w.n_sent == 3); /* 200 again */
	CHECK(OK(sip_server_reply(invite, 487, NULL, no_headers)));
	world_acknowledge(&w);
	CHECK(w.requests == 1 && w.acks == 0);
	world_run_until(&w, 32000);
	/* the CANCEL's own transaction ends unheard */
	world_check_servers_gone(&w);
	world_fini(&w);
}

static void
test_cancel_too_late(void)
{
	static const int statuses[] = { 200, 486 };

	for (size_t i = 0; i < N(statuses); i++) {
		struct world w;

		if (!world_begin_server(&w, "INVITE"))
			return;
		CHECK(OK(
		    sip_server_reply(w.server, statuses[i], NULL, no_headers)));
		world_call_as(&w, "CANCEL", "");
		CHECK(w.cancels == 0);
		CHECK(world_last_is(&w, "SIP/2.0 200 OK\r\n"));
		world_fini(&w);
	}
}

static void
test_cancel_unknown(void)
{
	struct world w;
	char tag[100];

	if (!OK(world_init(&w)))
		return;
	world_call_as(&w, "CANCEL", "");
	CHECK(world_last_is(&w, "SIP/2.0 481 "));
	world_last_tag(&w, tag, sizeof(tag));
	CHECK(tag[0] != '\0');
	CHECK(w.cancels == 0 && world_counters(&w)->servers == 0);
	world_fini(&w);
}

/* 9.2: the method does not matter for the answer, but for the effect. */
static void
test_cancel_of_others(void)
{
	static const char *const methods[] = { "OPTIONS", "MESSAGE", "FOO" };
	char of_answer[100], of_cancel[100];
	struct world w;

	for (size_t i = 0; i < 3; i++) {
		test_row(methods[i]);
		if (!world_begin_server(&w, methods[i]))
			continue;
		world_call_as(&w, "CANCEL", "");
		CHECK(world_last_is(&w, "SIP/2.0 200 "));
		world_last_tag(&w, of_cancel, sizeof(of_cancel));
		world_call_as(&w, "CANCEL", ""); /* again */
		CHECK(world_count(&w, "SIP/2.0 200 ") == 2 || test_starved());
		CHECK(w.cancels == 0 && w.requests == 1);
		CHECK(sip_server_reply(w.server, 202, NULL, str_of("")) == 0 ||
		      test_starved());
		world_last_tag(&w, of_answer, sizeof(of_answer));
		CHECK(strcmp(of_cancel, of_answer) == 0 || test_starved());
		world_call_as(&w, "BAR", ""); /* is another one's */
		CHECK(w.requests == 2 || test_starved());
		world_fini(&w);
	}
	test_row(NULL);
}

/* --- RFC 2543 elements --- */

static const char *
old_request(char *out, const char *method, const char *extra_tag,
	    const char *ruri)
{
	snprintf(out, WORLD_TEXT_MAX,
		 "%s %s SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.1:5060\r\n"
		 "From: <sip:a@example.net>;tag=from1\r\n"
		 "To: <sip:b@example.net>%s%s\r\n"
		 "Call-ID: old1\r\n"
		 "CSeq: 7 %s\r\n"
		 "\r\n",
		 method, ruri, extra_tag[0] != '\0' ? ";tag=" : "", extra_tag,
		 method);
	return out;
}

static void
old_call(struct world *w, const char *method, const char *tag)
{
	char text[WORLD_TEXT_MAX];

	world_call(w, old_request(text, method, tag, "sip:b@example.net"));
}

static void
test_old_invite(void)
{
	char text[WORLD_TEXT_MAX], tag[100];
	struct world w;

	if (!OK(world_init(&w)))
		return;
	old_call(&w, "INVITE", "");
	if (!CHECK(w.server != NULL) || w.server == NULL)
		goto out;
	old_call(&w, "INVITE", "");
	CHECK(w.requests == 1);
	CHECK(OK(sip_server_reply(w.server, 486, NULL, no_headers)));
	world_last_tag(&w, tag, sizeof(tag));
	old_call(&w, "INVITE", "");
	CHECK(w.requests == 1 && (w.n_sent == 2 || test_starved()));
	old_call(&w, "ACK", "another"); /* of a 2xx of another fork */
	CHECK(w.acks == 1);
	old_call(&w, "ACK", tag);
	CHECK(w.acks == 1);
	old_call(&w, "ACK", tag); /* absorbed */
	CHECK(w.acks == 1);
	world_run_until(&w, 2000);
	CHECK(w.n_sent == 2 || test_starved()); /* G has stopped */
	/* another Request-URI, another To tag: other transactions */
	world_call(&w, old_request(text, "INVITE", "", "sip:c@example.net"));
	CHECK(w.requests == 2);
	old_call(&w, "INVITE", "totag");
	CHECK(w.requests == 3);
	old_call(&w, "INVITE", "totag");
	CHECK(w.requests == 3);
out:
	world_fini(&w);
}

static void
test_old_cancel(void)
{
	struct world w;

	if (!OK(world_init(&w)))
		return;
	old_call(&w, "CANCEL", "");
	CHECK(world_last_is(&w, "SIP/2.0 481 "));
	old_call(&w, "INVITE", "");
	old_call(&w, "CANCEL", "");
	CHECK(w.cancels == 1 && w.cancelled == w.server);
	CHECK(world_last_is(&w, "SIP/2.0 200 OK\r\n"));
	old_call(&w, "BYE", "to1");
	old_call(&w, "BYE", "to1");
	CHECK(w.requests == 2);
	world_fini(&w);
}

static const struct test tests[] = {
	{ "replies have one To tag, the reason and the headers", test_reply,
	  false },
	{ "relayed responses lose our Via", test_relay, false },
	{ "an edit in error is not sent", test_bad_relay, false },
	{ "a reply that fits no datagram is refused", test_long_reply, false },
	{ "responses go where the Via says", test_addresses, false },
	{ "the request can be read until the final response", test_request,
	  false },
	{ "a new request is not taken for an old one", test_request_anew,
	  false },
	{ "CANCEL is answered, and told once", test_cancel, false },
	{ "CANCEL after the final response is only answered",
	  test_cancel_too_late, false },
	{ "CANCEL of nothing gets 481", test_cancel_unknown, false },
	{ "CANCEL of another method gets 200, and has no effect",
	  test_cancel_of_others, false },
	{ "an RFC 2543 INVITE is matched by what it says", test_old_invite,
	  false },
	{ "an RFC 2543 CANCEL finds its INVITE", test_old_cancel, false },
};

const struct test_suite suite_txn_reply = TEST_SUITE("txn_reply", tests);
