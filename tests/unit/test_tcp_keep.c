/* test_tcp_keep.c - connections that are kept alive, offered and taken up again
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/socket.h>

#include "base/err.h"
#include "sip/tcp.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"
#include "tests/unit/tcp_world.h"
#include "tests/unit/tls_help.h"

#define MESSAGE COMPLETE "Content-Length: 4\r\n\r\nbody"
#define PING_MS 100000

/* --- keep-alives (RFC 5626 4.4.1) --- */

static bool
init_pings(struct tcp_world *w, struct sip_flow *to)
{
	memset(w, 0, sizeof(*w));
	w->limits = sip_tcp_limits_default;
	w->limits.ping_ms = PING_MS;
	w->limits.idle_ms = 150000;
	if (!OK(tcp_world_init(w, NULL, NULL)))
		return false;
	*to = tcp_world_flow(&w->a);
	if (OK(tcp_world_send(&w->a, to, MESSAGE)) &&
	    tcp_world_wait(w, &w->b.received, 1))
		return true;
	tcp_world_fini(w);
	return false;
}

static const struct sip_tcp_counters *
of(const struct tcp_side *side)
{
	return sip_tcp_counters(side->tcp);
}

static void
what_we_opened_is_kept_alive(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init_pings(&w, &to))
		return;
	tcp_world_pass(&w, PING_MS * 8 / 10 - 1);
	CHECK(of(&w.a)->pings_sent == 0);
	tcp_world_pass(&w, PING_MS * 2 / 10 + 1);
	CHECK(of(&w.a)->pings_sent == 1 || test_starved());
	/* it was answered, and that is on record on both sides */
	CHECK(of(&w.b)->pings == 1 || test_starved());
	CHECK(of(&w.a)->pongs == 1 || test_starved());
	for (int i = 0; i < 10; i++)
		tcp_world_pass(&w, PING_MS);
	/* over six times the idle time */
	CHECK(of(&w.a)->open == 1 || test_starved());
	CHECK(of(&w.a)->pongs >= 10 || test_starved());
	/* who was connected to sends none of its own */
	CHECK(of(&w.b)->pings_sent == 0);
	CHECK(of(&w.a)->sent == 1 && of(&w.b)->sent == 0);
	tcp_world_fini(&w);
}

/* Sooner than a pong would have been too late. */
static void
short_times_are_kept(void)
{
	struct tcp_world w;
	struct sip_flow to;

	memset(&w, 0, sizeof(w));
	w.limits = sip_tcp_limits_default;
	w.limits.ping_ms = 1000;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	to = tcp_world_flow(&w.a);
	OK(tcp_world_send(&w.a, &to, MESSAGE));
	for (int i = 0; i < 50; i++)
		tcp_world_pass(&w, 100);
	CHECK(of(&w.a)->pings_sent >= 4 || test_starved());
	CHECK(of(&w.a)->pings_sent <= 6);
	tcp_world_fini(&w);
}

/* So that many connections do not send theirs at once. */
static void
the_time_between_two_is_by_chance(void)
{
	struct tcp_world w;
	struct sip_flow to;
	int n_early = 0, n = 0;

	if (!init_pings(&w, &to))
		return;
	for (int i = 0; i < 40 && !test_starved(); i++) {
		uint64_t before = of(&w.a)->pings_sent;

		tcp_world_pass(&w, PING_MS * 9 / 10);
		n_early += of(&w.a)->pings_sent > before;
		n++;
		while (of(&w.a)->pings_sent == before)
			tcp_world_pass(&w, 500);
	}
	CHECK((n_early > n / 5 && n_early < n * 4 / 5) || test_starved());
	tcp_world_fini(&w);
}

/* A server of bytes is at the other end. */
static bool
init_bare(struct tcp_world *w)
{
	struct sip_flow to;

	memset(w, 0, sizeof(*w));
	w->limits = sip_tcp_limits_default;
	w->limits.ping_ms = PING_MS;
	if (!OK(tcp_world_init(w, NULL, NULL)))
		return false;
	to = tcp_world_serve(w);
	if (OK(tcp_world_send(&w->a, &to, MESSAGE)) && tcp_world_take(w))
		return true;
	tcp_world_fini(w);
	return false;
}

static void
who_gives_no_answer_is_gone(void)
{
	struct tcp_world w;

	if (!init_bare(&w))
		return;
	while (of(&w.a)->pings_sent == 0 && !test_starved())
		tcp_world_pass(&w, 100);
	/* whatever else comes, it is no answer */
	tcp_world_write(&w, MESSAGE);
	tcp_world_pass(&w, w.limits.pong_ms - 1);
	CHECK(of(&w.a)->open == 1 || test_starved());
	tcp_world_pass(&w, 1);
	CHECK(of(&w.a)->open == 0);
	CHECK(of(&w.a)->slow == 1 || test_starved());
	tcp_world_wait(&w, &w.a.lost, 1);
	CHECK(w.a.lost_was_open || test_starved());
	tcp_world_fini(&w);
}

static void
answers_are_known_in_pieces_and_among_messages(void)
{
	static const struct {
		const char *what, *first, *second;
		int received;
	} rows[] = {
		{ "alone", "\r\n", "", 0 },
		{ "in pieces", "\r", "\n", 0 },
		{ "before a message", "\r\n" MESSAGE, "", 1 },
		{ "behind a message", MESSAGE "\r\n", "", 1 },
		{ "before a ping", "\r\n", "\r\n\r\n", 0 },
		{ "with a ping", "\r\n\r\n\r\n", "", 0 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct tcp_world w;

		test_row(rows[i].what);
		if (!init_bare(&w))
			continue;
		while (of(&w.a)->pings_sent == 0 && !test_starved())
			tcp_world_pass(&w, 100);
		tcp_world_write(&w, rows[i].first);
		tcp_world_write(&w, rows[i].second);
		CHECK(of(&w.a)->pongs == 1 || test_starved());
		CHECK(w.a.received == rows[i].received || test_starved());
		tcp_world_pass(&w, w.limits.pong_ms);
		CHECK(of(&w.a)->open == 1 || test_starved());
		tcp_world_fini(&w);
	}
	test_row(NULL);
}

/* Some send single empty lines: that is no message which never ends. */
static void
an_empty_line_now_and_then_is_no_message(void)
{
	struct tcp_world w;
	char text[10];

	memset(&w, 0, sizeof(w));
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	tcp_world_connect(&w);
	tcp_world_write(&w, MESSAGE "\r\n");
	tcp_world_pass(&w, w.limits.message_ms + 1000);
	CHECK(of(&w.a)->open == 1 || test_starved());
	tcp_world_write(&w, MESSAGE);
	CHECK(w.a.received == 2 || test_starved());
	/* but a message behind it has to come to its end */
	tcp_world_write(&w, "\r\nOPTIONS");
	tcp_world_pass(&w, w.limits.message_ms);
	CHECK(of(&w.a)->open == 0);
	CHECK(tcp_world_read(&w, text, sizeof(text)) <= 0);
	tcp_world_fini(&w);
}

/* --- times in which an INVITE may be answered (RFC 3261 18) --- */

#define OPTIONS "OPTIONS sip:x@y SIP/2.0\r\nContent-Length: 0\r\n\r\n"

/* Either side asks; sent: by us. */
static void
wait_for_an_answer(const char *text, bool sent, int64_t open_ms)
{
	struct tcp_world w;
	struct sip_flow to;

	memset(&w, 0, sizeof(w));
	w.limits = sip_tcp_limits_default;
	w.limits.idle_ms = 50000;
	w.limits.invite_ms = 70000;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	to = tcp_world_serve(&w);
	if (sent && OK(tcp_world_send(&w.a, &to, text)))
		tcp_world_take(&w);
	if (!sent) {
		tcp_world_connect(&w);
		tcp_world_write(&w, text);
	}
	tcp_world_pass(&w, open_ms - 1);
	CHECK(of(&w.a)->open == 1 || test_starved());
	tcp_world_pass(&w, 1);
	CHECK(of(&w.a)->open == 0 && of(&w.a)->slow == 0);
	tcp_world_fini(&w);
}

static void
a_ringing_call_keeps_its_connection(void)
{
	wait_for_an_answer(MESSAGE, false, 70000);
	wait_for_an_answer(MESSAGE, true, 70000);
	wait_for_an_answer(OPTIONS, false, 50000);
	wait_for_an_answer(OPTIONS, true, 50000);
}

/* The system's clock: it is the system that finds out. What is sent fits into its
 * buffers, so that nothing tells us that nobody takes it. */
static void
what_is_never_acknowledged_ends_it(void)
{
	static char big[20000];
	struct tcp_world w;
	struct sip_flow to;
	int little = 1;

	memset(&w, 0, sizeof(w));
	w.limits = sip_tcp_limits_default;
	w.limits.write_ms = 300;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	memset(big, 'x', sizeof(big) - 1);
	to = tcp_world_serve(&w);
	(void)setsockopt(w.server, SOL_SOCKET, SO_RCVBUF, &little,
			 sizeof(little));
	if (OK(tcp_world_send(&w.a, &to, MESSAGE)) && tcp_world_take(&w) &&
	    OK(tcp_world_send(&w.a, &to, big))) {
		tcp_world_wait(&w, &w.a.lost, 1);
		CHECK(w.a.lost_err == ETIMEDOUT || test_starved());
		CHECK(w.a.lost_was_open || test_starved());
		CHECK(of(&w.a)->slow == 0); /* by our clock no time passed */
	}
	tcp_world_fini(&w);
}

/* --- aliases (RFC 5923) --- */

struct offer {
	const char *what, *client; /* the certificate of who connects */
	bool mutual;		   /* is it asked for */
	enum sip_tcp_alias policy;
	const char *domain;	   /* of the request that goes back; NULL: its
				    * address */
	uint16_t port;		   /* of that, besides the one advertised */
	bool is_used;
};

static bool
init_offer(struct tcp_world *w, const struct offer *offer, bool is_tls)
{
	struct tls_ctx *a = NULL, *b = NULL;
	bool good = true;

	memset(w, 0, sizeof(*w));
	w->alias = offer->policy;
	if (is_tls)
		good = OK(tls_help_ctx(offer->client, "ca", false, &a)) &&
		       OK(tls_help_ctx("dns", "ca", offer->mutual, &b));
	good = good && OK(tcp_world_init(w, a, b));
	tls_ctx_unref(a);
	tls_ctx_unref(b);
	return good;
}

/* a connects to b and offers; then b has a request for a. */
static void
try_offer(const struct offer *offer, bool is_tls)
{
	struct sip_tcp_offer told;
	struct sip_flow to, back;
	struct tcp_world w;
	uint16_t port;
	bool is_used;

	if (!init_offer(&w, offer, is_tls))
		return;
	port = sip_tcp_local(w.a.tcp, 3)->port;
	to = tcp_world_flow(&w.a);
	if (is_tls) {
		to.transport = SIP_TLS;
		to.name = sip_tcp_name(w.a.tcp, str_of("sip.example.net"));
	}
	if (!OK(tcp_world_send(&w.a, &to, MESSAGE)) ||
	    !tcp_world_wait(&w, &w.b.received, 1)) {
		tcp_world_fini(&w);
		return;
	}
	(void)sip_tcp_alias(w.b.tcp, w.b.from.conn, port, &told);
	back = tcp_world_flow(&w.b);
	back.transport = to.transport;
	back.addr.port = (uint16_t)(port + offer->port);
	if (offer->domain != NULL)
		back.name = sip_tcp_name(w.b.tcp, str_of(offer->domain));
	(void)tcp_world_send(&w.b, &back, MESSAGE);
	is_used = back.conn == w.b.from.conn;
	CHECK(is_used == offer->is_used || test_starved());
	CHECK((of(&w.b)->opened == 0) == is_used || test_starved());
	if (is_used) {
		tcp_world_wait(&w, &w.a.received, 1);
		/* and no more once it is gone */
		sip_tcp_close(w.a.tcp);
		w.a.tcp = NULL;
		tcp_world_wait(&w, &w.b.lost, 1);
		back.conn = 0;
		(void)tcp_world_send(&w.b, &back, MESSAGE);
		CHECK(back.conn != w.b.from.conn);
	}
	tcp_world_fini(&w);
}

static void
tls_connections_are_shared_by_proof(void)
{
	static const struct offer rows[] = {
		{ "its domain", "cn", true, SIP_ALIAS_TLS, "cn.example.net", 0,
		  true },
		{ "in any case", "cn", true, SIP_ALIAS_TLS, "CN.example.net", 0,
		  true },
		{ "another domain", "cn", true, SIP_ALIAS_TLS,
		  "other.example.net", 0, false },
		{ "its address, which it proves", "ip", true, SIP_ALIAS_TLS,
		  NULL, 0, true },
		{ "its address, which it does not prove", "cn", true,
		  SIP_ALIAS_TLS, NULL, 0, false },
		{ "another port", "cn", true, SIP_ALIAS_TLS, "cn.example.net",
		  1, false },
		{ "it was not asked for proof", "cn", false, SIP_ALIAS_TLS,
		  "cn.example.net", 0, false },
		{ "nor where all is allowed", "cn", false, SIP_ALIAS_ALL,
		  "cn.example.net", 0, false },
		{ "none are wanted", "cn", true, SIP_ALIAS_OFF,
		  "cn.example.net", 0, false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		try_offer(&rows[i], true);
	}
	test_row(NULL);
}

static void
tcp_connections_are_shared_if_that_is_set(void)
{
	static const struct offer rows[] = {
		{ "all", NULL, false, SIP_ALIAS_ALL, NULL, 0, true },
		{ "another port", NULL, false, SIP_ALIAS_ALL, NULL, 1, false },
		{ "TLS only", NULL, false, SIP_ALIAS_TLS, NULL, 0, false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		try_offer(&rows[i], false);
	}
	test_row(NULL);
}

/* One that is not the other side's is no alias: it is found by its address. */
static void
only_who_connected_can_offer(void)
{
	struct offer all = { .policy = SIP_ALIAS_ALL };
	struct sip_tcp_offer told;
	struct tcp_world w;
	struct sip_flow to;

	if (!init_offer(&w, &all, false))
		return;
	to = tcp_world_flow(&w.a);
	if (OK(tcp_world_send(&w.a, &to, MESSAGE)) &&
	    tcp_world_wait(&w, &w.b.received, 1)) {
		CHECK(!sip_tcp_may_alias(w.a.tcp, to.conn));
		CHECK(!sip_tcp_may_alias(w.a.tcp, 4711));
		CHECK(sip_tcp_may_alias(w.b.tcp, w.b.from.conn) ||
		      test_starved());
		CHECK(sip_tcp_alias(w.b.tcp, w.b.from.conn, 5060, &told) ||
		      test_starved());
		CHECK(!sip_tcp_alias(w.b.tcp, w.b.from.conn, 5060, &told));
		CHECK(!sip_tcp_may_alias(w.b.tcp, w.b.from.conn));
		CHECK(of(&w.b)->aliases == 1 || test_starved());
	}
	tcp_world_fini(&w);
}

/* --- TLS sessions --- */

/* Break the connection, and wait until both know. */
static void
break_off(struct tcp_world *w)
{
	tcp_world_pass(w, w->limits.idle_ms);
	CHECK(of(&w->a)->open == 0 && of(&w->b)->open == 0);
}

static void
a_session_is_taken_up_again(void)
{
	struct offer mutual = { .client = "cn", .mutual = true };
	struct tls_ctx *ctx = NULL;
	struct sip_flow to;
	struct tcp_world w;

	if (!init_offer(&w, &mutual, true))
		return;
	to = tcp_world_flow(&w.a);
	to.transport = SIP_TLS;
	to.name = sip_tcp_name(w.a.tcp, str_of("sip.example.net"));
	for (int i = 1; i <= 3 && !test_starved(); i++) {
		to.conn = 0;
		OK(tcp_world_send(&w.a, &to, MESSAGE));
		tcp_world_wait(&w, &w.b.received, i);
		tcp_world_settle(&w); /* the ticket comes behind */
		CHECK(of(&w.a)->tls_resumed == (uint64_t)i - 1);
		CHECK(of(&w.b)->tls_resumed == (uint64_t)i - 1);
		break_off(&w);
	}
	/* for another domain nothing is proved by it, nor after a reload */
	if (!test_starved()) {
		to.conn = 0;
		to.name = sip_tcp_name(w.a.tcp, str_of("other.example.net"));
		OK(tcp_world_send(&w.a, &to, MESSAGE));
		tcp_world_wait(&w, &w.a.lost, 4);
		CHECK(of(&w.a)->tls_resumed == 2 && w.b.received == 3);
	}
	if (!test_starved() && OK(tls_help_ctx("cn", "ca", false, &ctx))) {
		sip_tcp_set_ctx(w.a.tcp, 3, ctx);
		to.conn = 0;
		to.name = sip_tcp_name(w.a.tcp, str_of("sip.example.net"));
		OK(tcp_world_send(&w.a, &to, MESSAGE));
		tcp_world_wait(&w, &w.b.received, 4);
		CHECK(of(&w.a)->tls_resumed == 2);
	}
	tls_ctx_unref(ctx);
	tcp_world_fini(&w);
}

/* --- names --- */

static void
names_make_room_for_others(void)
{
	struct tcp_world w;
	char text[40];
	uint32_t first, id = 0;
	struct sip_flow to;

	memset(&w, 0, sizeof(w));
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	first = sip_tcp_name(w.a.tcp, str_of("first.example"));
	CHECK(first != 0);
	CHECK(sip_tcp_name(w.a.tcp, str_of("")) == 0);
	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "n%d.example", i);
		id = sip_tcp_name(w.a.tcp, str_of(text));
		CHECK(id != 0 && id != first);
		if (i % 4000 == 0) /* what is used stays */
			CHECK(sip_tcp_name(w.a.tcp, str_of("First.example")) ==
			      first);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "m%d.example", i);
		(void)sip_tcp_name(w.a.tcp, str_of(text));
	}
	/* its number is nobody else's, and good for nothing */
	to = tcp_world_flow(&w.a);
	to.transport = SIP_TLS;
	to.name = first;
	CHECK(tcp_world_send(&w.a, &to, MESSAGE) == ERR_IO);
	CHECK(sip_tcp_name(w.a.tcp, str_of("first.example")) != first);
	tcp_world_fini(&w);
}

static const struct test tests[] = {
	{ "what we opened is kept alive", what_we_opened_is_kept_alive, false },
	{ "short times are kept", short_times_are_kept, false },
	{ "the time between two is by chance",
	  the_time_between_two_is_by_chance, false },
	{ "who gives no answer is gone", who_gives_no_answer_is_gone, false },
	{ "answers are known in pieces and among messages",
	  answers_are_known_in_pieces_and_among_messages, false },
	{ "an empty line now and then is no message",
	  an_empty_line_now_and_then_is_no_message, false },
	{ "a ringing call keeps its connection",
	  a_ringing_call_keeps_its_connection, false },
	{ "what is never acknowledged ends it",
	  what_is_never_acknowledged_ends_it, true },
	{ "TLS connections are shared by proof",
	  tls_connections_are_shared_by_proof, false },
	{ "TCP connections are shared if that is set",
	  tcp_connections_are_shared_if_that_is_set, false },
	{ "only who connected can offer", only_who_connected_can_offer, false },
	{ "a session is taken up again", a_session_is_taken_up_again, false },
	{ "names make room for others", names_make_room_for_others, true },
};

const struct test_suite suite_tcp_keep = TEST_SUITE("tcp_keep", tests);
