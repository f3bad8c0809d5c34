/* test_tcp_elsewhere.c - connections of other workers that carry requests */
#include <string.h>

#include "base/err.h"
#include "sip/tcp.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"
#include "tests/unit/tcp_world.h"
#include "tests/unit/tls_help.h"

#define MESSAGE COMPLETE "Content-Length: 4\r\n\r\nbody"

/* An offer of worker 7: its connection conn serves 192.0.2.1 and this port. */
static struct sip_tcp_offer
offer_of(enum sip_transport transport, uint16_t port, uint32_t conn)
{
	struct sip_tcp_offer offer = { .n_proofs = 0 };

	(void)addr_parse(str_of("192.0.2.1"), port, &offer.flow.addr);
	offer.flow.transport = (uint8_t)transport;
	offer.flow.listener = 3;
	offer.flow.worker = 7;
	offer.flow.conn = conn;
	return offer;
}

/* Whose connection a message to the offer's address would go by: 0 = none. */
static uint32_t
conn_for(struct tcp_world *w, const struct sip_tcp_offer *offer,
	 const char *name)
{
	struct sip_flow to = offer->flow;

	to.worker = 1;
	to.conn = 0;
	if (name != NULL)
		to.name = sip_tcp_name(w->a.tcp, str_of(name));
	if (!sip_tcp_elsewhere(w->a.tcp, &to))
		return 0;
	CHECK(to.worker == 7);
	return to.conn;
}

static bool
init(struct tcp_world *w)
{
	memset(w, 0, sizeof(*w));
	return OK(tcp_world_init(w, NULL, NULL));
}

static void
what_was_told_is_known_until_it_is_gone(void)
{
	struct sip_tcp_offer one = offer_of(SIP_TCP, 5060, 4);
	struct sip_tcp_offer its_own = offer_of(SIP_TCP, 31234, 4);
	struct sip_tcp_offer two = offer_of(SIP_TCP, 5070, 5), other = one;
	struct tcp_world w;

	if (!init(&w))
		return;
	CHECK(conn_for(&w, &one, NULL) == 0);
	sip_tcp_learn(w.a.tcp, &one);
	sip_tcp_learn(w.a.tcp, &its_own);
	sip_tcp_learn(w.a.tcp, &two);
	CHECK(conn_for(&w, &one, NULL) == 4 || test_starved());
	CHECK(conn_for(&w, &its_own, NULL) == 4 || test_starved());
	CHECK(conn_for(&w, &two, NULL) == 5 || test_starved());
	other.flow.listener = 4;
	CHECK(conn_for(&w, &other, NULL) == 0);
	other.flow.listener = 3;
	other.flow.transport = SIP_TLS;
	CHECK(conn_for(&w, &other, NULL) == 0);
	other.flow = two.flow;
	other.flow.worker = 6; /* its connection 5 is another */
	sip_tcp_unlearn(w.a.tcp, &other.flow);
	CHECK(conn_for(&w, &two, NULL) == 5 || test_starved());
	sip_tcp_unlearn(w.a.tcp, &one.flow);
	CHECK(conn_for(&w, &one, NULL) == 0);
	CHECK(conn_for(&w, &its_own, NULL) == 0);
	CHECK(conn_for(&w, &two, NULL) == 5 || test_starved());
	tcp_world_fini(&w);
}

/* RFC 5923 8.2, whichever worker has the connection. */
static void
by_tls_only_who_proved_it(void)
{
	struct sip_tcp_offer offer = offer_of(SIP_TLS, 5061, 4);
	struct tcp_world w;

	if (!init(&w))
		return;
	offer.proofs[0] = hash_domain(&w.key, str_of("sip.example.net"));
	offer.n_proofs = 1;
	sip_tcp_learn(w.a.tcp, &offer);
	CHECK(conn_for(&w, &offer, "SIP.example.net") == 4 || test_starved());
	CHECK(conn_for(&w, &offer, "sip.example.org") == 0);
	CHECK(conn_for(&w, &offer, NULL) == 0);
	offer.proves_address = true;
	offer.flow.conn = 5;
	sip_tcp_learn(w.a.tcp, &offer);
	CHECK(conn_for(&w, &offer, NULL) == 5 || test_starved());
	tcp_world_fini(&w);
}

/* The newest of a peer that connected again; no more than there is room for. */
static void
the_latest_counts(void)
{
	struct sip_tcp_offer offer = offer_of(SIP_TCP, 5060, 1);
	struct tcp_world w;

	memset(&w, 0, sizeof(w));
	w.limits = sip_tcp_limits_default;
	w.limits.max = 1;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	for (uint32_t conn = 1; conn <= 3000; conn++) {
		offer.flow.conn = conn;
		sip_tcp_learn(w.a.tcp, &offer);
		if (conn % 100 == 0)
			CHECK(conn_for(&w, &offer, NULL) == conn ||
			      test_starved());
	}
	for (uint32_t conn = 1; conn <= 1000; conn++) {
		offer.flow.conn = conn;
		sip_tcp_unlearn(w.a.tcp, &offer.flow);
	}
	CHECK(conn_for(&w, &offer, NULL) != 0 || test_starved());
	tcp_world_fini(&w);
}

/* b has a connection of a's: what it tells of it, and what it does not. */
static void
a_connection_is_offered_once(void)
{
	struct sip_tcp_offer told = { .n_proofs = 0 };
	struct tcp_world w;
	struct sip_flow to;

	if (!init(&w))
		return;
	to = tcp_world_flow(&w.a);
	if (OK(tcp_world_send(&w.a, &to, MESSAGE)) &&
	    tcp_world_wait(&w, &w.b.received, 1)) {
		CHECK(!sip_tcp_offer_address(w.a.tcp, to.conn, &told));
		CHECK(sip_tcp_offer_address(w.b.tcp, w.b.from.conn, &told));
		CHECK(addr_eq(&told.flow.addr, &w.b.from.addr));
		CHECK(told.flow.conn == w.b.from.conn);
		CHECK(!sip_tcp_offer_address(w.b.tcp, w.b.from.conn, &told));
		/* whoever has one needs no other's */
		told.flow.worker = 7;
		sip_tcp_learn(w.b.tcp, &told);
		CHECK(!sip_tcp_elsewhere(w.b.tcp, &w.b.from));
		/* nothing was sent by it, and its end is told all the same */
		tcp_world_pass(&w, sip_tcp_limits_default.idle_ms);
		CHECK(w.b.lost == 1);
		CHECK(w.b.lost_flow.conn == told.flow.conn);
	}
	tcp_world_fini(&w);
}

static const struct test tests[] = {
	{ "what was told is known until it is gone",
	  what_was_told_is_known_until_it_is_gone, true },
	{ "by TLS only who proved it", by_tls_only_who_proved_it, true },
	{ "the latest counts", the_latest_counts, false },
	{ "a connection is offered once", a_connection_is_offered_once, false },
};

const struct test_suite suite_tcp_elsewhere =
    TEST_SUITE("tcp_elsewhere", tests);
