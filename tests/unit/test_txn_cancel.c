/* test_txn_cancel.c - client transactions that are cancelled, or left alone */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* --- CANCEL --- */

static void
test_cancel_while_ringing(void)
{
	struct sip_client *client;
	struct world w;
	const char *cancel;
	char value[200];

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_answer(&w, 180, "INVITE");
	world_run_until(&w, 1000);
	sip_client_cancel(client, str_of("Reason: SIP;cause=200\r\n"));
	sip_client_cancel(client, str_of(""));
	CHECK(w.n_sent == 2 && world_last_is(&w, "CANCEL sip:+4930123456@"));
	CHECK(world_counters(&w)->clients == 2 || test_starved());
	cancel = w.sent[1].text;
	CHECK(addr_eq(&w.sent[1].to.addr, &w.carrier.addr));
	CHECK(strstr(cancel, "\r\nReason: SIP;cause=200\r\n") != NULL);
	CHECK(strcmp(world_header(cancel, SIP_HDR_VIA, value, sizeof(value)),
		     "SIP/2.0/UDP 192.0.2.1:5060;branch=" WORLD_BRANCH) == 0);
	CHECK(strcmp(world_header(cancel, SIP_HDR_CSEQ, value, sizeof(value)),
		     "1 CANCEL") == 0);
	world_answer(&w, 200, "CANCEL");
	CHECK(w.responses == 1); /* that answer is the layer's own matter */
	world_answer(&w, 487, "INVITE");
	CHECK(w.responses == 2 && w.status == 487);
	CHECK(world_last_is(&w, "ACK "));
	world_run_until(&w, 33000);
	CHECK(w.failures == 0);
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
test_cancel_before_provisional(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	sip_client_cancel(client, str_of("Reason: x\r\n"));
	world_run_until(&w, 600);
	CHECK(world_count(&w, "CANCEL ") == 0);
	CHECK(world_count(&w, "INVITE ") == 2); /* A goes on */
	world_answer(&w, 100, "INVITE");
	CHECK(w.responses == 1);
	CHECK(world_last_is(&w, "CANCEL "));
	CHECK(strstr(world_last(&w)->text, "\r\nReason: x\r\n") != NULL);
	world_answer(&w, 180, "INVITE");
	CHECK(world_count(&w, "CANCEL ") == 1);
	world_fini(&w);
}

/* The CANCEL is a transaction of its own: E, F. */
static void
test_cancel_is_repeated(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_answer(&w, 180, "INVITE");
	sip_client_cancel(client, str_of(""));
	world_run_until(&w, 1600);
	CHECK(world_count(&w, "CANCEL ") == 3); /* 0, 500, 1500 */
	world_answer(&w, 200, "CANCEL");
	world_run_until(&w, 20000);
	CHECK(world_count(&w, "CANCEL ") == 3);
	CHECK(world_counters(&w)->clients == 1);
	CHECK(w.gone == 0 && w.failures == 0);
	world_fini(&w);
}

/* 9.1: no final response within 64*T1 of the CANCEL. */
static void
test_cancel_without_effect(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_answer(&w, 180, "INVITE");
	world_run_until(&w, 5000);
	sip_client_cancel(client, str_of(""));
	world_answer(&w, 200, "CANCEL");
	world_run_until(&w, 36999);
	CHECK(w.failures == 0);
	world_run_until(&w, 37000);
	CHECK(w.failures == 1 && w.failure == ERR_TIMEOUT);
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
test_cancel_crosses_200(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	world_answer(&w, 180, "INVITE");
	sip_client_cancel(client, str_of(""));
	world_run_until(&w, 20);
	world_answer(&w, 200, "INVITE");
	CHECK(w.status == 200);
	world_answer(&w, 481, "CANCEL");
	world_run_until(&w, 32019);
	CHECK(w.gone == 0 && w.failures == 0);
	world_run_until(&w, 32020); /* M, not what the CANCEL had started */
	CHECK(w.gone_ms == 32020);
	world_check_clients_gone(&w);
	world_fini(&w);
}

static void
test_cancel_too_late(void)
{
	static const struct {
		const char *what, *method;
		int status;
	} table[] = {
		{ "after 200", "INVITE", 200 },
		{ "after 486", "INVITE", 486 },
		{ "of a BYE", "BYE", 0 },
		{ "of a BYE that proceeds", "BYE", 100 },
	};

	for (size_t i = 0; i < N(table); i++) {
		struct sip_client *client;
		struct world w;

		test_row(table[i].what);
		if (!world_begin_client(&w, table[i].method, &client))
			return;
		if (table[i].status != 0)
			world_answer(&w, table[i].status, table[i].method);
		sip_client_cancel(client, str_of(""));
		CHECK(world_count(&w, "CANCEL ") == 0);
		world_fini(&w);
	}
}

/* The final response comes before any provisional one. */
static void
test_cancel_overtaken(void)
{
	struct sip_client *client;
	struct world w;
	char reason[600];

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	memset(reason, 'x', sizeof(reason));
	sip_client_cancel(client, str_make(reason, sizeof(reason)));
	world_answer(&w, 200, "INVITE");
	CHECK(world_count(&w, "CANCEL ") == 0);
	CHECK(w.status == 200);
	CHECK(world_counters(&w)->bytes < 512);
	world_fini(&w);
}

/* --- detached --- */

static void
test_detached(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	sip_client_detach(client);
	world_answer(&w, 180, "INVITE");
	CHECK(w.responses == 0);
	world_answer(&w, 486, "INVITE");
	CHECK(world_last_is(&w, "ACK "));
	world_run_until(&w, 32000);
	CHECK(w.responses == 0 && w.failures == 0 && w.gone == 0);
	CHECK(w.strays == 0);
	CHECK(world_counters(&w)->clients == 0 &&
	      world_counters(&w)->bytes == 0);
	world_fini(&w);
}

/* Nobody would ever end a call that rings for nobody. */
static void
detached_ringing(bool rings_before)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	if (rings_before)
		world_answer(&w, 180, "INVITE");
	world_run_until(&w, 100);
	sip_client_detach(client);
	if (!rings_before)
		world_answer(&w, 180, "INVITE");
	world_run_until(&w, 32099);
	CHECK(world_counters(&w)->clients == 1);
	world_run_until(&w, 32100);
	CHECK(world_counters(&w)->clients == 0 &&
	      world_counters(&w)->bytes == 0);
	CHECK(w.failures == 0 && w.gone == 0);
	world_fini(&w);
}

static void
test_detached_ringing(void)
{
	detached_ringing(false);
	detached_ringing(true);
}

/* Cancelled, then detached: the time runs from the CANCEL. */
static void
test_detached_cancelled(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	sip_client_cancel(client, str_of(""));
	sip_client_detach(client);
	world_run_until(&w, 100);
	world_answer(&w, 180, "INVITE");
	CHECK(world_last_is(&w, "CANCEL "));
	world_answer(&w, 200, "CANCEL");
	world_run_until(&w, 200);
	world_answer(&w, 200, "INVITE");
	world_answer(&w, 200, "INVITE");
	CHECK(w.strays == 2 && w.responses == 0);
	world_run_until(&w, 32200);
	CHECK(world_counters(&w)->clients == 0);
	world_fini(&w);
}

static void
test_detach_in_callback(void)
{
	struct sip_client *client;
	struct world w;

	if (!world_begin_client(&w, "INVITE", &client))
		return;
	w.detach_on_response = true;
	world_answer(&w, 200, "INVITE");
	world_answer(&w, 200, "INVITE");
	CHECK(w.responses == 1 && w.strays == 1);
	world_run_until(&w, 32000);
	CHECK(w.gone == 0 && world_counters(&w)->clients == 0);
	world_fini(&w);
}

static const struct test tests[] = {
	{ "CANCEL leaves at once while it rings", test_cancel_while_ringing,
	  false },
	{ "CANCEL waits for a provisional response",
	  test_cancel_before_provisional, false },
	{ "CANCEL is repeated until it is answered", test_cancel_is_repeated,
	  false },
	{ "a cancelled INVITE ends after 64*T1", test_cancel_without_effect,
	  false },
	{ "CANCEL crosses 200", test_cancel_crosses_200, false },
	{ "CANCEL does nothing after the final response, nor to a BYE",
	  test_cancel_too_late, false },
	{ "no CANCEL leaves when the final response comes first",
	  test_cancel_overtaken, false },
	{ "a detached client finishes alone", test_detached, false },
	{ "a detached client rings for 64*T1 only", test_detached_ringing,
	  false },
	{ "a 2xx for a detached client is a stray", test_detached_cancelled,
	  false },
	{ "a client may be detached by its callback", test_detach_in_callback,
	  false },
};

const struct test_suite suite_txn_cancel = TEST_SUITE("txn_cancel", tests);
