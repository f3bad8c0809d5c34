/* test_txn_stream.c - transactions over TCP: no timers that repeat or linger,
 * answers by the connection, and what its end means (17.1.1.2, 18.2.2, 17.1.4)
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/txn_layer.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"
#include "tests/unit/txn_world.h"

/* All the way to the end of every timer. */
#define FOR_EVER 200000

static bool
init(struct world *w)
{
	if (!OK(world_init(w)))
		return false;
	w->caller.transport = w->carrier.transport = SIP_TCP;
	w->caller.conn = 7;
	w->caller.worker = 2;
	w->carrier.conn = 9;
	return true;
}

static struct sip_client *
start(struct world *w, const char *method)
{
	struct sip_client *client = NULL;

	if (!OK(world_start(w, method, WORLD_BRANCH, &client)))
		return NULL;
	return client;
}

static void
requests_are_sent_once(void)
{
	static const char *const methods[] = { "INVITE", "OPTIONS" };

	for (size_t i = 0; i < N_ROWS(methods); i++) {
		struct world w;

		test_row(methods[i]);
		if (!init(&w))
			continue;
		if (start(&w, methods[i]) != NULL) {
			world_run_until(&w, 31999);
			CHECK(w.n_sent == 1 && w.failures == 0);
			world_run_until(&w, 32000);
			CHECK(w.failures == 1 && w.failure == ERR_TIMEOUT);
			CHECK(w.n_sent == 1);
			world_check_clients_gone(&w);
		}
		world_fini(&w);
	}
	test_row(NULL);
}

/* D and K are zero; M is not (RFC 6026 8.11). */
static void
clients_do_not_linger(void)
{
	static const struct {
		const char *method;
		int status;
		int64_t gone_ms;
	} rows[] = {
		{ "INVITE", 486, 100 },
		{ "INVITE", 200, 32100 },
		{ "OPTIONS", 200, 100 },
		{ "BYE", 481, 100 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct world w;

		test_row(rows[i].method);
		if (!init(&w))
			continue;
		if (start(&w, rows[i].method) != NULL) {
			world_run_until(&w, 100);
			world_answer(&w, rows[i].status, rows[i].method);
			world_run_until(&w, FOR_EVER);
			CHECK(w.responses == 1 && w.status == rows[i].status);
			CHECK(w.gone_ms == rows[i].gone_ms);
			CHECK(world_count(&w, "ACK") ==
			      (rows[i].status == 486 ? 1U : 0U));
			world_check_clients_gone(&w);
		}
		world_fini(&w);
	}
	test_row(NULL);
}

/* I and J are zero, G does not run, H does. */
static void
servers_answer_once(void)
{
	struct world w;
	char text[WORLD_TEXT_MAX];

	if (!init(&w))
		return;
	world_call(&w, world_request(text, "INVITE", WORLD_CALLER));
	if (w.server != NULL && OK(sip_server_reply(w.server, 486, NULL,
						    str_of("")))) {
		world_run_until(&w, 10000);
		CHECK(world_count(&w, "SIP/2.0 486") == 1);
		CHECK(w.servers_gone == 0);
		world_acknowledge(&w);
		world_run_until(&w, 10001);
		CHECK(w.servers_gone == 1 && w.gone_ms == 10000);
	}
	world_call(&w, world_request(text, "OPTIONS", "z9hG4bKother"));
	if (w.server != NULL && OK(sip_server_reply(w.server, 200, NULL,
						    str_of("")))) {
		world_run_until(&w, 10002);
		CHECK(w.servers_gone == 2);
	}
	world_run_until(&w, FOR_EVER);
	world_fini(&w);
}

static void
answers_go_by_the_connection(void)
{
	static const struct {
		const char *what, *sent_by;
		enum sip_transport transport;
		unsigned port; /* of another connection */
	} rows[] = {
		{ "with a port", "10.1.1.1:5070", SIP_TCP, 5070 },
		{ "without", "10.1.1.1", SIP_TCP, 5060 },
		{ "TLS without", "10.1.1.1", SIP_TLS, 5061 },
		{ "rport is of no matter", "10.1.1.1:5071;rport", SIP_TCP,
		  5071 },
		{ "maddr is of no matter", "10.1.1.1;maddr=192.0.2.77",
		  SIP_TCP, 5060 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const struct sip_flow *to;
		char text[WORLD_TEXT_MAX];
		struct world w;

		test_row(rows[i].what);
		if (!init(&w))
			continue;
		w.caller.transport = (uint8_t)rows[i].transport;
		snprintf(text, sizeof(text),
			 "OPTIONS sip:x@y SIP/2.0\r\n"
			 "Via: SIP/2.0/TCP %s;branch=z9hG4bKq\r\n" H_FROM H_TO
			     H_CALL_ID "CSeq: 1 OPTIONS\r\n\r\n",
			 rows[i].sent_by);
		world_call(&w, text);
		if (w.server != NULL &&
		    OK(sip_server_reply(w.server, 200, NULL, str_of("")))) {
			to = &world_last(&w)->to;
			CHECK(to->conn == 7 && to->worker == 2);
			CHECK(to->transport == rows[i].transport);
			CHECK(addr_eq_ip(&to->addr, &w.caller.addr));
			CHECK(to->addr.port == rows[i].port);
		}
		world_run_until(&w, FOR_EVER);
		world_fini(&w);
	}
	test_row(NULL);
}

static void
lose(struct world *w, uint8_t worker, uint32_t conn, bool was_open)
{
	const struct sip_flow by = { .worker = worker, .conn = conn };

	sip_txns_lost(w->txns, &by, was_open);
}

static void
a_connection_that_was_open_is_tried_again(void)
{
	struct world w;

	if (!init(&w))
		return;
	if (start(&w, "BYE") != NULL) {
		lose(&w, 0, 8, true); /* others' */
		lose(&w, 1, 9, true);
		CHECK(w.n_sent == 1);
		w.new_conn = 10;
		lose(&w, 0, 9, true);
		CHECK(w.n_sent == 2 && world_last_is(&w, "BYE"));
		CHECK(world_last(&w)->to.conn == 0);
		CHECK(w.failures == 0);
		lose(&w, 0, 9, true); /* it is no longer by this one */
		CHECK(w.n_sent == 2);
		lose(&w, 0, 10, true);
		CHECK(w.failures == 0);
		world_run_until(&w, 1);
		CHECK(w.failures == 1 && w.failure == ERR_IO);
		CHECK(w.n_sent == 2);
		world_check_clients_gone(&w);
	}
	world_fini(&w);
}

/* As many as there may be by one connection, beside as many by another. */
static void
the_end_of_a_connection_costs_what_went_by_it(void)
{
	struct world w;
	char branch[40];
	struct sip_client *client;
	int n = 0;

	if (!init(&w))
		return;
	for (int i = 0; i < 20; i++) {
		w.carrier.conn = i % 2 == 0 ? 9 : 9 + TXN_CONN_LISTS;
		snprintf(branch, sizeof(branch), "z9hG4bK%d", i);
		if (OK(world_start(&w, "INVITE", branch, &client)))
			n += i % 2;
	}
	lose(&w, 0, 9 + TXN_CONN_LISTS, false);
	world_run_until(&w, 1);
	CHECK(w.failures == n && w.failure == ERR_IO);
	world_run_until(&w, FOR_EVER);
	CHECK(w.failures == 20 || test_starved());
	world_fini(&w);
}

static void
a_connection_that_never_was_open_is_a_failure(void)
{
	struct world w;

	if (!init(&w))
		return;
	if (start(&w, "INVITE") != NULL) {
		lose(&w, 0, 9, false);
		CHECK(w.failures == 0); /* not from within */
		world_run_until(&w, 1);
		CHECK(w.failures == 1 && w.failure == ERR_IO);
		CHECK(w.n_sent == 1);
		world_check_clients_gone(&w);
	}
	world_fini(&w);
}

static void
a_call_that_rings_outlives_its_connection(void)
{
	struct world w;

	if (!init(&w))
		return;
	if (start(&w, "INVITE") != NULL) {
		world_answer(&w, 180, "INVITE");
		lose(&w, 0, 9, true);
		world_run_until(&w, 40000);
		CHECK(w.failures == 0 && w.n_sent == 1);
		world_answer(&w, 200, "INVITE");
		CHECK(w.responses == 2 && w.status == 200);
	}
	world_run_until(&w, FOR_EVER);
	world_fini(&w);
}

static void
a_request_that_is_pending_fails_with_its_connection(void)
{
	struct world w;

	if (!init(&w))
		return;
	if (start(&w, "INFO") != NULL) {
		world_answer(&w, 100, "INFO");
		lose(&w, 0, 9, true);
		world_run_until(&w, 1);
		CHECK(w.failures == 1 && w.failure == ERR_IO);
		CHECK(w.n_sent == 1);
	}
	world_run_until(&w, FOR_EVER);
	world_fini(&w);
}

static void
half_a_message_is_answered(void)
{
	static const char head[] =
	    "INVITE sip:x@y SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP h;branch=z9hG4bKq\r\n" H_DIALOG
	    "Content-Length: 99999\r\n\r\n";
	struct world w;

	if (!init(&w))
		return;
	sip_txns_refuse(w.txns, head, sizeof(head) - 1, &w.caller, 413,
			"Message Too Large");
	CHECK(world_last_is(&w, "SIP/2.0 413 Message Too Large\r\n"));
	CHECK(world_last(&w)->to.conn == 7);
	sip_txns_refuse(w.txns, "rubbish\r\n\r\n", 11, &w.caller, 400, "x");
	CHECK(w.n_sent == 1 && world_counters(&w)->bad == 2);
	CHECK(world_counters(&w)->servers == 0);
	world_fini(&w);
}

/* By another connection of the same host: it may be the only way to it. */
static void
answers_follow_who_says_it_again(void)
{
	static const struct {
		const char *what, *from;
		enum sip_transport transport;
		uint32_t conn, answered_by;
	} rows[] = {
		{ "another connection", "192.0.2.1:40001", SIP_TCP, 8, 8 },
		{ "of another host", "192.0.2.2:5062", SIP_TCP, 8, 7 },
		{ "of another transport", "192.0.2.1:40001", SIP_TLS, 8, 7 },
		{ "a datagram", "192.0.2.1:5062", SIP_UDP, 0, 7 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		char text[WORLD_TEXT_MAX];
		struct world w;

		test_row(rows[i].what);
		if (!init(&w))
			continue;
		world_call(&w, world_request(text, "INVITE", WORLD_CALLER));
		if (w.server != NULL)
			OK(sip_server_reply(w.server, 180, NULL, str_of("")));
		(void)addr_parse(str_of(rows[i].from), 0, &w.caller.addr);
		w.caller.transport = (uint8_t)rows[i].transport;
		w.caller.conn = rows[i].conn;
		world_call(&w, world_request(text, "INVITE", WORLD_CALLER));
		CHECK(w.requests == 1 || test_starved());
		CHECK(world_count(&w, "SIP/2.0 180") == 2 || test_starved());
		CHECK(world_last(&w)->to.conn == rows[i].answered_by ||
		      test_starved());
		if (w.server != NULL &&
		    OK(sip_server_reply(w.server, 486, NULL, str_of("")))) {
			CHECK(world_last(&w)->to.conn == rows[i].answered_by);
			CHECK(sip_server_from(w.server)->conn ==
			      rows[i].answered_by);
		}
		world_run_until(&w, FOR_EVER);
		world_fini(&w);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "requests are sent once", requests_are_sent_once, false },
	{ "clients do not linger", clients_do_not_linger, false },
	{ "servers answer once", servers_answer_once, false },
	{ "answers go by the connection", answers_go_by_the_connection, false },
	{ "answers follow who says it again", answers_follow_who_says_it_again,
	  false },
	{ "a connection that was open is tried again",
	  a_connection_that_was_open_is_tried_again, false },
	{ "the end of a connection costs what went by it",
	  the_end_of_a_connection_costs_what_went_by_it, false },
	{ "a connection that never was open is a failure",
	  a_connection_that_never_was_open_is_a_failure, false },
	{ "a call that rings outlives its connection",
	  a_call_that_rings_outlives_its_connection, false },
	{ "a request that is pending fails with its connection",
	  a_request_that_is_pending_fails_with_its_connection, false },
	{ "half a message is answered", half_a_message_is_answered, false },
};

const struct test_suite suite_txn_stream = TEST_SUITE("txn_stream", tests);
