/* test_txn_client.c - client transactions to the millisecond */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
check_sent_at(const struct world *w, const int64_t *ms, size_t n)
{
	if (!CHECK(w->n_sent == n))
		return;
	for (size_t i = 0; i < n; i++) {
		CHECK(w->sent[i].at_ms == ms[i]);
		CHECK(strcmp(w->sent[i].text, w->sent[0].text) == 0);
		CHECK(addr_eq(&w->sent[i].to.addr, &w->carrier.addr));
	}
}

/* --- INVITE: A, B, D, M --- */

static void
test_a_and_b(void)
{
	static const int64_t ms[] = { 0, 500, 1500, 3500, 7500, 15500, 31500 };
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_run_until(&w, 31999);
	check_sent_at(&w, ms, N(ms));
	CHECK(world_counters(&w)->retransmissions_out == N(ms) - 1);
	CHECK(w.failures == 0);
	world_run_until(&w, 32000);
	CHECK(w.failures == 1 && w.failure == ERR_TIMEOUT);
	CHECK(w.client == client && w.failed_ms == 32000);
	CHECK(world_counters(&w)->timeouts == 1);
	CHECK(w.n_sent == N(ms));
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
test_provisional_stops_a_and_b(void)
{
	static const int64_t ms[] = { 0, 500 };
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_run_until(&w, 900);
	world_answer(&w, 100, "INVITE");
	world_answer(&w, 180, "INVITE");
	world_answer(&w, 180, "INVITE");
	CHECK(w.responses == 3 && w.status == 180 && w.client == client);
	world_run_until(&w, 600000);
	check_sent_at(&w, ms, N(ms));
	CHECK(w.failures == 0 && w.gone == 0);
	CHECK(w.timers.n == 0);
	world_fini(&w);
}

/* From Calling and from Proceeding. */
static void
failed_invite(bool rings)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	if (rings)
		world_answer(&w, 180, "INVITE");
	world_run_until(&w, 100);
	world_answer(&w, 486, "INVITE");
	CHECK(w.status == 486 && w.responses == (rings ? 2 : 1));
	CHECK(w.n_sent == 2 && world_last_is(&w, "ACK "));
	CHECK(world_counters(&w)->bytes < 1024);
	world_run_until(&w, 1000);
	world_answer(&w, 486, "INVITE");
	world_answer(&w, 603, "INVITE"); /* another, but the first counted */
	CHECK(w.responses == (rings ? 2 : 1));
	CHECK(w.n_sent == 4 && world_count(&w, "ACK ") == 3);
	CHECK(strcmp(w.sent[3].text, w.sent[1].text) == 0);
	CHECK(addr_eq(&w.sent[3].to.addr, &w.carrier.addr));
	CHECK(world_counters(&w)->retransmissions_in == 2);
	world_answer(&w, 200, "INVITE"); /* too late */
	world_answer(&w, 180, "INVITE");
	CHECK(w.responses == (rings ? 2 : 1) && w.n_sent == 4);
	world_run_until(&w, 32099);
	CHECK(w.gone == 0);
	world_run_until(&w, 32100); /* D */
	CHECK(w.gone_ms == 32100 && w.failures == 0);
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
test_failure_is_acknowledged(void)
{
	failed_invite(false);
	failed_invite(true);
}

/* 17.1.1.3 */
static void
test_ack(void)
{
	struct sip_client *client;
	struct world w;
	const char *ack;
	char value[200];

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_answer(&w, 404, "INVITE");
	ack = world_last(&w)->text;
	CHECK(strncmp(ack, "ACK sip:+4930123456@gw.example.net SIP/2.0\r\n",
		      44) == 0);
	CHECK(strcmp(world_header(ack, SIP_HDR_VIA, value, sizeof(value)),
		     "SIP/2.0/UDP 192.0.2.1:5060;branch=" WORLD_BRANCH) == 0);
	CHECK(strstr(ack, "z9hG4bKcaller") == NULL);
	CHECK(strcmp(world_header(ack, SIP_HDR_CSEQ, value, sizeof(value)),
		     "1 ACK") == 0);
	CHECK(strstr(world_header(ack, SIP_HDR_TO, value, sizeof(value)),
		     ";tag=to1") != NULL);
	CHECK(strstr(world_header(ack, SIP_HDR_FROM, value, sizeof(value)),
		     ";tag=from1") != NULL);
	world_fini(&w);
}

static void
accepted_invite(bool rings)
{
	int before = rings ? 1 : 0;
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	if (rings)
		world_answer(&w, 183, "INVITE");
	world_run_until(&w, 10);
	world_answer(&w, 200, "INVITE");
	CHECK(w.responses == before + 1 && w.status == 200);
	CHECK(world_counters(&w)->bytes < 512); /* the request is gone */
	world_run_until(&w, 32009);
	world_answer(&w, 200, "INVITE"); /* again, or of another fork */
	CHECK(w.responses == before + 2);
	world_answer(&w, 486, "INVITE");
	world_answer(&w, 180, "INVITE");
	CHECK(w.responses == before + 2 && w.strays == 0);
	CHECK(w.n_sent == 1 && w.gone == 0); /* no ACK from here */
	world_run_until(&w, 32010);          /* M */
	CHECK(w.gone_ms == 32010 && w.failures == 0);
	world_check_clients_gone(&w);
	world_answer(&w, 200, "INVITE");
	CHECK(w.strays == 1 && world_counters(&w)->stray_responses == 1);
	world_fini(&w);
}

static void
test_2xx_goes_up_each_time(void)
{
	accepted_invite(false);
	accepted_invite(true);
}

/* --- others: E, F, K --- */

static void
test_e_and_f(void)
{
	static const int64_t ms[] = { 0,     500,   1500,  3500,  7500, 11500,
				      15500, 19500, 23500, 27500, 31500 };
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "BYE", &client))
		return;
	world_run_until(&w, 31999);
	check_sent_at(&w, ms, N(ms));
	CHECK(w.failures == 0);
	world_run_until(&w, 32000);
	CHECK(w.failures == 1 && w.failure == ERR_TIMEOUT);
	CHECK(w.n_sent == N(ms));
	world_check_clients_gone(&w);
	world_fini(&w);
}

/* In Proceeding E goes on, every T2 after it ran out once; so does F. */
static void
test_e_in_proceeding(void)
{
	static const int64_t ms[] = { 0,     500,   1500,  5500,  9500,
				      13500, 17500, 21500, 25500, 29500 };
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "BYE", &client))
		return;
	world_run_until(&w, 600);
	world_answer(&w, 100, "BYE");
	CHECK(w.responses == 1);
	world_run_until(&w, 32000);
	check_sent_at(&w, ms, N(ms));
	CHECK(w.failures == 1 && w.failure == ERR_TIMEOUT);
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
final_response(int status, bool provisional)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "BYE", &client))
		return;
	if (provisional)
		world_answer(&w, 100, "BYE");
	world_run_until(&w, 40);
	world_answer(&w, status, "BYE");
	CHECK(w.responses == (provisional ? 2 : 1) && w.status == status);
	world_answer(&w, status, "BYE");
	CHECK(w.responses == (provisional ? 2 : 1));
	CHECK(world_counters(&w)->retransmissions_in == 1);
	world_run_until(&w, 5039);
	CHECK(w.gone == 0);
	world_run_until(&w, 5040); /* K */
	CHECK(w.gone_ms == 5040 && w.n_sent == 1 && w.failures == 0);
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
test_final_and_k(void)
{
	final_response(200, false);
	final_response(481, false);
	final_response(200, true);
	final_response(481, true);
}

/* --- errors of the transport --- */

static void
test_undelivered(void)
{
	static const struct {
		const char *what, *method;
		int status; /* before the error, or 0 */
		int failures, gone;
	} table[] = {
		{ "INVITE in Calling", "INVITE", 0, 1, 1 },
		{ "INVITE in Proceeding", "INVITE", 180, 0, 0 },
		{ "INVITE in Accepted", "INVITE", 200, 0, 0 },
		{ "INVITE in Completed", "INVITE", 500, 0, 1 },
		{ "BYE in Trying", "BYE", 0, 1, 1 },
		{ "BYE in Proceeding", "BYE", 100, 1, 1 },
		{ "BYE in Completed", "BYE", 200, 0, 0 },
		{ "a method without a name", "FOO", 0, 1, 1 },
	};

	for (size_t i = 0; i < N(table); i++) {
		struct sip_client *client;
		struct world w;

		test_row(table[i].what);
		if (!world_begin_client(&w, table[i].method, &client))
			return;
		if (table[i].status != 0)
			world_answer(&w, table[i].status, table[i].method);
		sip_txns_undelivered(w.txns, w.sent[0].text, 150);
		CHECK(w.failures == table[i].failures);
		CHECK(w.failures == 0 || w.failure == ERR_IO);
		CHECK(w.gone == table[i].gone);
		CHECK(world_counters(&w)->transport_errors == 1);
		world_fini(&w);
	}
}

/* An ACK that did not arrive ends what lingers for it, without a word. */
static void
test_ack_undelivered(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_answer(&w, 503, "INVITE");
	sip_txns_undelivered(w.txns, world_last(&w)->text, world_last(&w)->len);
	CHECK(w.failures == 0);
	world_check_clients_gone(&w);
	world_fini(&w);
}

/* What cannot belong to a client of ours. */
static void
test_undelivered_others(void)
{
	static const char *const table[] = {
		"",
		"INVITE",
		"INVITE sip:a SIP/2.0\r\n",
		"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKte",
		"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;x=y\r\n",
		"BYE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=" WORLD_BRANCH
		"\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=" WORLD_BRANCH
		"\r\n",
		"\r\n\r\n",
		"\n\n\n::::",
	};
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	for (size_t i = 0; i < N(table); i++) {
		test_row(table[i]);
		sip_txns_undelivered(w.txns, table[i], strlen(table[i]));
		CHECK(w.failures == 0 && w.gone == 0);
	}
	CHECK(world_counters(&w)->transport_errors == N(table));
	world_fini(&w);
}

/* The transport refuses at once: told by the next timer run. */
static void
test_refused_send(void)
{
	struct sip_client *client = NULL;
	struct world w;

	if (!OK(world_init(&w)))
		return;
	w.send_err = ERR_LIMIT;
	if (!OK(world_start(&w, "INVITE", WORLD_BRANCH, &client)))
		goto out;
	CHECK(client != NULL && w.failures == 0 && w.gone == 0);
	world_run_until(&w, 0);
	CHECK(w.failures == 1 && w.failure == ERR_IO && w.failed_ms == 0);
	CHECK(world_counters(&w)->transport_errors == 1);
	CHECK(world_counters(&w)->timeouts == 0);
	world_check_clients_gone(&w);
out:
	world_fini(&w);
}

/* A response that was faster than the news of the failure wins. */
static void
test_refused_retransmission(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	w.send_err = ERR_IO;
	clock_advance_us(&w.clock, 500 * US_PER_MS);
	timers_run(&w.timers, 500);
	CHECK(w.failures == 0);
	world_answer(&w, 180, "INVITE");
	w.send_err = 0;
	world_run_until(&w, 40000);
	CHECK(w.failures == 0 && w.gone == 0 && w.status == 180);
	world_fini(&w);
}

static const struct test tests[] = {
	{ "INVITE goes out by timer A until timer B", test_a_and_b, false },
	{ "a provisional response stops A and B",
	  test_provisional_stops_a_and_b, false },
	{ "a failure is acknowledged each time it comes, until D",
	  test_failure_is_acknowledged, false },
	{ "the ACK is made as 17.1.1.3 says", test_ack, false },
	{ "each 2xx goes up, until M", test_2xx_goes_up_each_time, false },
	{ "other requests go out by timer E until timer F", test_e_and_f,
	  false },
	{ "after a provisional response E is T2", test_e_in_proceeding, false },
	{ "one final response goes up, until K", test_final_and_k, false },
	{ "what was not delivered fails at once", test_undelivered, false },
	{ "an ACK not delivered ends the transaction", test_ack_undelivered,
	  false },
	{ "errors of others' datagrams change nothing", test_undelivered_others,
	  false },
	{ "a refused send is told later", test_refused_send, false },
	{ "a response overtakes the news of a refused send",
	  test_refused_retransmission, false },
};

const struct test_suite suite_txn_client = TEST_SUITE("txn_client", tests);
