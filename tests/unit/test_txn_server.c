/* test_txn_server.c - server transactions to the millisecond */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct str no_headers = { "", 0 };

static void
check_times(const struct world *w, const char *start, const int64_t *ms,
	    size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < w->n_sent && i < WORLD_SENT_MAX; i++) {
		if (strncmp(w->sent[i].text, start, strlen(start)) != 0)
			continue;
		CHECK(k < n && w->sent[i].at_ms == ms[k]);
		k++;
	}
	CHECK(k == n);
}

/* --- 100 --- */

static void
test_trying_invite(void)
{
	static const int64_t ms[] = { 200, 300, 400 };
	struct world w;
	char value[200];

	if (!world_begin_server(&w, "INVITE"))
		return;
	world_run_until(&w, 100);
	world_call_as(&w, "INVITE", ""); /* nothing to send again yet */
	world_run_until(&w, 199);
	CHECK(w.n_sent == 0);
	world_run_until(&w, 300);
	world_call_as(&w, "INVITE", "");
	world_run_until(&w, 400);
	world_call_as(&w, "INVITE", "");
	world_run_until(&w, 10000);
	check_times(&w, "SIP/2.0 100 Trying\r\n", ms, N(ms));
	CHECK(strstr(world_header(world_last(&w)->text, SIP_HDR_TO, value,
				  sizeof(value)),
		     "tag=") == NULL);
	CHECK(w.requests == 1 && world_counters(&w)->retransmissions_in == 3);
	CHECK(world_counters(&w)->requests[SIP_INVITE] == 4);
	world_fini(&w);
}

static void
test_no_trying_after_answer(void)
{
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	world_run_until(&w, 199);
	CHECK(OK(sip_server_reply(w.server, 183, "On its way", no_headers)));
	world_run_until(&w, 10000);
	CHECK(w.n_sent == 1);
	CHECK(world_last_is(&w, "SIP/2.0 183 On its way\r\n"));
	world_call_as(&w, "INVITE", "");
	CHECK(w.n_sent == 2);
	CHECK(world_last_is(&w, "SIP/2.0 183 On its way\r\n") ||
	      test_starved());
	world_fini(&w);
}

/* RFC 4320 4.1 */
static void
test_trying_others(void)
{
	static const int64_t ms[] = { 3500, 4000 };
	struct world w;

	if (!world_begin_server(&w, "BYE"))
		return;
	CHECK(OK(sip_server_reply(w.server, 100, NULL, no_headers)));
	CHECK(OK(sip_server_reply(w.server, 183, NULL, no_headers)));
	CHECK(world_relay(&w, 182, "BYE") == 0);
	world_call_as(&w, "BYE", ""); /* Trying: dropped */
	world_run_until(&w, 3499);
	CHECK(w.n_sent == 0);
	world_run_until(&w, 4000);
	world_call_as(&w, "BYE", ""); /* Proceeding: answered */
	check_times(&w, "SIP/2.0 100 Trying\r\n", ms, N(ms));
	CHECK(w.n_sent == N(ms));
	CHECK(OK(sip_server_reply(w.server, 200, NULL, no_headers)));
	CHECK(world_last_is(&w, "SIP/2.0 200 OK\r\n"));
	world_fini(&w);
}

/* --- INVITE, failed: G, H, I --- */

static void
test_g_and_h(void)
{
	static const int64_t ms[] = { 1000,  1500,  2500,  4500,  8500, 12500,
				      16500, 20500, 24500, 28500, 32500 };
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	world_run_until(&w, 1000);
	CHECK(OK(sip_server_reply(w.server, 486, NULL,
				  str_of("Warning: 399 x \"y\"\r\n"))));
	CHECK(sip_server_has_final(w.server));
	CHECK(sip_server_request(w.server) == NULL);
	CHECK(strstr(world_last(&w)->text, "\r\nWarning: 399 ") != NULL);
	world_run_until(&w, 32999);
	if (!test_starved())
		check_times(&w, "SIP/2.0 486 Busy Here\r\n", ms, N(ms));
	CHECK(w.servers_gone == 0 && world_counters(&w)->timeouts == 0);
	world_run_until(&w, 33000); /* H */
	CHECK(w.gone_ms == 33000 && world_counters(&w)->timeouts == 1);
	world_check_servers_gone(&w);
	world_fini(&w);
}

static void
test_ack_stops_g(void)
{
	static const int64_t ms[] = { 0, 500, 700 };
	struct world w;
	size_t bytes;

	if (!world_begin_server(&w, "INVITE"))
		return;
	CHECK(OK(sip_server_reply(w.server, 404, NULL, no_headers)));
	bytes = world_counters(&w)->bytes;
	world_run_until(&w, 700);
	world_call_as(&w, "INVITE", ""); /* Completed: the response again */
	world_acknowledge(&w);
	CHECK(world_counters(&w)->bytes < bytes || test_starved());
	CHECK(w.acks == 0);
	world_run_until(&w, 3000);
	world_acknowledge(&w);           /* absorbed */
	world_call_as(&w, "INVITE", ""); /* Confirmed: nothing */
	/* the INVITE twice, the ACK once */
	CHECK(world_counters(&w)->retransmissions_in == 3);
	world_run_until(&w, 5699);
	if (!test_starved())
		check_times(&w, "SIP/2.0 404 ", ms, N(ms));
	CHECK(w.acks == 0 && w.requests == 1 && w.servers_gone == 0);
	world_run_until(&w, 5700); /* I */
	CHECK(w.gone_ms == 5700 && world_counters(&w)->timeouts == 0);
	world_check_servers_gone(&w);
	world_acknowledge(&w); /* even now, by its To tag */
	CHECK(w.acks == 0);
	world_fini(&w);
}

/* --- INVITE, accepted: L --- */

static void
test_accepted(void)
{
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	world_run_until(&w, 1000);
	CHECK(world_relay(&w, 180, "INVITE") == 0);
	CHECK(world_relay(&w, 200, "INVITE") == 0);
	CHECK(sip_server_has_final(w.server));
	CHECK(world_counters(&w)->bytes < 512); /* nothing but itself is left */
	world_call_as(&w, "INVITE", "");
	CHECK(w.n_sent == 3 && w.requests == 1); /* 100, 180, 200 */
	world_call_as(&w, "ACK", "to1");
	CHECK(w.acks == 1);
	CHECK(world_relay(&w, 200, "INVITE") == 0);
	CHECK(w.n_sent == 4 && world_last_is(&w, "SIP/2.0 200 "));
	CHECK(world_relay(&w, 486, "INVITE") == ERR_INVAL);
	CHECK(world_relay(&w, 180, "INVITE") == ERR_INVAL);
	CHECK(sip_server_reply(w.server, 200, NULL, no_headers) == ERR_INVAL);
	world_run_until(&w, 32999);
	CHECK(w.n_sent == 4 && w.servers_gone == 0);
	world_run_until(&w, 33000); /* L */
	CHECK(w.gone_ms == 33000);
	world_check_servers_gone(&w);
	world_fini(&w);
}

static void
test_ack_of_2xx_goes_up(void)
{
	char text[WORLD_TEXT_MAX];
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	CHECK(world_relay(&w, 200, "INVITE") == 0);
	/* a transaction of its own, by its branch (13.2.2.4) */
	world_call(&w, world_request_to(text, "ACK", "z9hG4bKack", "to1"));
	CHECK(w.acks == 1 && w.requests == 1);
	CHECK(world_counters(&w)->requests[SIP_ACK] == 1);
	world_fini(&w);
}

/* --- others: J --- */

static void
final_response(int status, bool late)
{
	struct world w;
	int64_t at_ms = late ? 5000 : 100;

	if (!world_begin_server(&w, "BYE"))
		return;
	world_run_until(&w, at_ms);
	CHECK(OK(sip_server_reply(w.server, status, NULL, no_headers)));
	CHECK(w.n_sent == (late ? 2 : 1)); /* late: 100 before */
	world_run_until(&w, at_ms + 31999);
	CHECK(w.n_sent == (late ? 2 : 1) && w.servers_gone == 0);
	world_call_as(&w, "BYE", "");
	CHECK(w.n_sent == (late ? 3 : 2) || test_starved());
	CHECK(world_counters(&w)->bytes < 1024);
	CHECK(sip_server_reply(w.server, 200, NULL, no_headers) == ERR_INVAL);
	CHECK(world_relay(&w, 200, "BYE") == ERR_INVAL);
	CHECK(world_relay(&w, 100, "BYE") == ERR_INVAL);
	world_run_until(&w, at_ms + 32000); /* J */
	CHECK(w.gone_ms == at_ms + 32000);
	CHECK(w.requests == 1);
	world_check_servers_gone(&w);
	world_fini(&w);
}

static void
test_j(void)
{
	final_response(200, false);
	final_response(481, false);
	final_response(200, true);
	final_response(481, true);
}

/* RFC 4320 4.2: no 408, but the transaction has had its final response. */
static void
no_408(bool relayed)
{
	struct world w;

	if (!world_begin_server(&w, "OPTIONS"))
		return;
	world_run_until(&w, 3000);
	if (relayed)
		CHECK(world_relay(&w, 408, "OPTIONS") == 0);
	else
		CHECK(OK(sip_server_reply(w.server, 408, NULL, no_headers)));
	CHECK(sip_server_has_final(w.server));
	CHECK(sip_server_request(w.server) == NULL);
	CHECK(sip_server_reply(w.server, 200, NULL, no_headers) == ERR_INVAL);
	world_run_until(&w, 34999);
	world_call_as(&w, "OPTIONS", "");
	CHECK(w.n_sent == 0 && w.requests == 1 && w.servers_gone == 0);
	world_run_until(&w, 35000);
	world_check_servers_gone(&w);
	world_fini(&w);
}

static void
test_no_408(void)
{
	no_408(false);
	no_408(true);
}

static void
test_408_to_invite(void)
{
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	CHECK(OK(sip_server_reply(w.server, 408, NULL, no_headers)));
	CHECK(world_last_is(&w, "SIP/2.0 408 Request Timeout\r\n"));
	world_fini(&w);
}

/* --- the transport refuses --- */

/* RFC 6026 8.8: the transaction stays. */
static void
test_refused_send(void)
{
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	w.send_err = ERR_IO;
	CHECK(OK(sip_server_reply(w.server, 486, NULL, no_headers)));
	CHECK(world_counters(&w)->transport_errors == 1 && w.servers_gone == 0);
	w.send_err = 0;
	world_run_until(&w, 500);
	CHECK(w.n_sent == 1 || test_starved());
	world_run_until(&w, 32000);
	CHECK(w.gone_ms == 32000);
	world_check_servers_gone(&w);
	world_fini(&w);
}

/* The callback itself may answer. */
static void
test_answer_at_once(void)
{
	struct world w;

	if (!OK(world_init(&w)))
		return;
	w.answer_at_once = 404;
	world_call_as(&w, "INVITE", "");
	CHECK(w.n_sent == 1 && world_last_is(&w, "SIP/2.0 404 "));
	world_run_until(&w, 400);
	CHECK(w.n_sent == 1); /* no 100 afterwards */
	world_fini(&w);
}

/* Only what is new is turned away: what has begun goes on. */
static void
test_admits(void)
{
	char text[WORLD_TEXT_MAX];
	struct world w;

	if (!world_begin_server(&w, "INVITE"))
		return;
	w.is_shut = true;
	world_call(&w, world_request(text, "INVITE", "z9hG4bKother"));
	world_call(&w, world_request(text, "OPTIONS", "z9hG4bKthird"));
	CHECK(w.n_sent == 0);
	CHECK(world_counters(&w)->servers == 1);
	CHECK(world_relay(&w, 180, "INVITE") == 0);
	world_call(&w, world_request(text, "CANCEL", WORLD_CALLER));
	CHECK(w.n_sent >= 1);
	world_fini(&w);
}

static const struct test tests[] = {
	{ "requests that are not admitted get no answer", test_admits, false },
	{ "an INVITE gets 100 after 200 ms", test_trying_invite, false },
	{ "an INVITE that was answered gets no 100",
	  test_no_trying_after_answer, false },
	{ "others get 100 after 3.5 s and no other 1xx", test_trying_others,
	  false },
	{ "a failure is repeated by timer G until timer H", test_g_and_h,
	  false },
	{ "ACK stops timer G, I ends it", test_ack_stops_g, false },
	{ "in Accepted 2xx pass, INVITEs do not, until L", test_accepted,
	  false },
	{ "the ACK of a 2xx goes up", test_ack_of_2xx_goes_up, false },
	{ "a final response is repeated on request until J", test_j, false },
	{ "408 to anything but INVITE is not sent", test_no_408, false },
	{ "408 to INVITE is sent", test_408_to_invite, false },
	{ "a refused send leaves the transaction", test_refused_send, false },
	{ "a request may be answered from within", test_answer_at_once, false },
};

const struct test_suite suite_txn_server = TEST_SUITE("txn_server", tests);
