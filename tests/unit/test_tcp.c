/* test_tcp.c - connections: chosen, shared, lost, limited, timed */
#include "sip/tcp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/tcp_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"
#include "tests/unit/tcp_world.h"
#include "tests/unit/tls_help.h"

#define MESSAGE COMPLETE "Content-Length: 4\r\n\r\nbody"
#define OTHER COMPLETE "Content-Length: 0\r\n\r\n"

static bool
init(struct tcp_world *w)
{
	memset(w, 0, sizeof(*w));
	return OK(tcp_world_init(w, NULL, NULL));
}

/* And a message of a's has come to b, by to->conn. */
static bool
init_talking(struct tcp_world *w, struct sip_flow *to)
{
	if (!init(w))
		return false;
	*to = tcp_world_flow(&w->a);
	if (OK(tcp_world_send(&w->a, to, MESSAGE)) &&
	    tcp_world_wait(w, &w->b.received, 1))
		return true;
	tcp_world_fini(w);
	return false;
}

/* A plain peer is connected to a, and has sent something. */
static bool
init_connected(struct tcp_world *w, const char *text)
{
	if (!init(w))
		return false;
	tcp_world_connect(w);
	tcp_world_write(w, text);
	return true;
}

static void
messages_share_a_connection(void)
{
	struct tcp_world w;
	struct sip_flow to;
	uint32_t first;

	if (!init_talking(&w, &to))
		return;
	CHECK(strcmp(w.b.text, MESSAGE) == 0);
	CHECK(w.b.from.transport == SIP_TCP);
	CHECK(w.b.from.listener == 5 && w.b.from.worker == 5);
	CHECK(w.a.flushes >= 1 && to.conn != 0 && to.worker == 3);
	first = to.conn;
	to = tcp_world_flow(&w.a);
	OK(tcp_world_send(&w.a, &to, OTHER));
	OK(tcp_world_send(&w.a, &to, MESSAGE));
	tcp_world_wait(&w, &w.b.received, 3);
	CHECK(to.conn == first || test_starved());
	CHECK(sip_tcp_counters(w.a.tcp)->opened == 1 || test_starved());
	tcp_world_fini(&w);
}

static void
an_answer_takes_the_way_back(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init(&w))
		return;
	to = tcp_world_flow(&w.a);
	w.b.echo = OTHER;
	if (OK(tcp_world_send(&w.a, &to, MESSAGE))) {
		tcp_world_wait(&w, &w.a.received, 1);
		CHECK(strcmp(w.a.text, OTHER) == 0 || test_starved());
		CHECK(sip_tcp_counters(w.b.tcp)->opened == 0);
		CHECK(w.a.from.conn == to.conn || test_starved());
	}
	tcp_world_fini(&w);
}

/* 18.2.2: the connection is gone by the time of the answer. */
static void
an_answer_finds_another_way(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init(&w))
		return;
	to = tcp_world_flow(&w.b);
	to.conn = 77;
	if (OK(tcp_world_send(&w.b, &to, OTHER))) {
		tcp_world_wait(&w, &w.a.received, 1);
		CHECK(to.conn != 77);
	}
	tcp_world_fini(&w);
}

static void
who_does_not_listen_is_lost(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init(&w))
		return;
	to = tcp_world_flow(&w.a);
	sip_tcp_close(w.b.tcp);
	w.b.tcp = NULL;
	tcp_world_settle(&w);
	if (OK(tcp_world_send(&w.a, &to, MESSAGE))) {
		tcp_world_wait(&w, &w.a.lost, 1);
		CHECK(w.a.lost_err == ECONNREFUSED && !w.a.lost_was_open);
		CHECK(w.a.lost_flow.conn == to.conn);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	}
	tcp_world_fini(&w);
}

static void
a_peer_that_goes_is_told_of(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init_talking(&w, &to))
		return;
	sip_tcp_close(w.b.tcp);
	w.b.tcp = NULL;
	tcp_world_wait(&w, &w.a.lost, 1);
	CHECK(w.a.lost_was_open);
	tcp_world_fini(&w);
}

/* As a request inside a dialog goes by the connection of its caller. */
static void
one_that_was_named_is_told_of_too(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init_talking(&w, &to))
		return;
	to = w.b.from;
	CHECK(sip_tcp_has(w.b.tcp, to.conn));
	OK(tcp_world_send(&w.b, &to, MESSAGE));
	CHECK(to.conn == w.b.from.conn || test_starved());
	sip_tcp_close(w.a.tcp);
	w.a.tcp = NULL;
	tcp_world_wait(&w, &w.b.lost, 1);
	CHECK(w.b.lost_flow.conn == w.b.from.conn || test_starved());
	CHECK(!sip_tcp_has(w.b.tcp, w.b.from.conn));
	tcp_world_fini(&w);
}

static void
an_owner_may_close_in_a_callback(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init(&w))
		return;
	w.b.close_on_message = true;
	to = tcp_world_flow(&w.a);
	if (OK(tcp_world_send(&w.a, &to, MESSAGE OTHER)))
		tcp_world_wait(&w, &w.b.received, 1);
	tcp_world_settle(&w);
	CHECK(w.b.received <= 1);
	tcp_world_fini(&w);
}

static void
a_stream_comes_in_pieces(void)
{
	struct tcp_world w;
	char text[100];

	if (!init(&w))
		return;
	tcp_world_connect(&w);
	w.a.echo = "answer";
	tcp_world_write(&w, "\r\n");
	tcp_world_write(&w, "\r\n" INVITE_LINE);
	CHECK(tcp_world_read(&w, text, sizeof(text)) == 2 || test_starved());
	tcp_world_write(&w, H_VIA H_DIALOG "Content-Length: 4\r\n\r");
	CHECK(w.a.received == 0);
	tcp_world_write(&w, "\nbody" OTHER OTHER INVITE_LINE);
	CHECK(w.a.received == 3 || test_starved());
	tcp_world_read(&w, text, sizeof(text));
	CHECK(strcmp(text, "answeransweranswer") == 0 || test_starved());
	CHECK(sip_tcp_counters(w.a.tcp)->pings == 1 || test_starved());
	tcp_world_fini(&w);
}

static void
a_bad_stream_is_answered_and_closed(void)
{
	struct tcp_world w;
	char text[100];

	if (!init_connected(&w, MESSAGE COMPLETE "\r\n"))
		return;
	if (!test_starved()) {
		CHECK(w.a.received == 1 && w.a.bad == 1);
		CHECK(w.a.bad_status == 400);
		CHECK(tcp_world_read(&w, text, sizeof(text)) == 7);
		CHECK(tcp_world_read(&w, text, sizeof(text)) == 0);
		/* what still comes is not looked at */
		tcp_world_write(&w, OTHER);
		CHECK(w.a.received == 1);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 1);
		tcp_world_pass(&w, 2001);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	}
	tcp_world_fini(&w);
}

/* A peer that is done sending still gets what is on its way to it. */
static void
half_a_close_loses_nothing(void)
{
	struct tcp_world w;
	char text[100];

	if (!init(&w))
		return;
	tcp_world_connect(&w);
	w.a.echo = "answer";
	CHECK(send(w.peer, MESSAGE, sizeof(MESSAGE) - 1, 0) > 0);
	(void)shutdown(w.peer, SHUT_WR);
	tcp_world_read(&w, text, sizeof(text));
	CHECK(strcmp(text, "answer") == 0 || test_starved());
	CHECK(tcp_world_read(&w, text, sizeof(text)) <= 0);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 0 || test_starved());
	tcp_world_fini(&w);
}

/* --- limits and times --- */

static void
a_peer_has_a_bounded_number(void)
{
	struct tcp_world w = { .limits = sip_tcp_limits_default };
	int fds[3];

	w.limits.max_per_peer = 2;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	for (int i = 0; i < 3; i++) {
		tcp_world_connect(&w);
		fds[i] = w.peer;
	}
	if (!test_starved()) {
		CHECK(sip_tcp_counters(w.a.tcp)->open == 2);
		CHECK(sip_tcp_counters(w.a.tcp)->refused == 1);
		close(fds[0]);
		tcp_world_settle(&w);
		fds[0] = fds[2];
		tcp_world_connect(&w);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 2);
		fds[2] = w.peer;
	}
	w.peer = -1;
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	tcp_world_settle(&w);
	tcp_world_fini(&w);
}

static void
all_have_a_bounded_number(void)
{
	struct tcp_world w = { .limits = sip_tcp_limits_default };
	struct sip_flow to;
	int fds[6];

	w.limits.max = 4;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	for (int i = 0; i < 6; i++) {
		tcp_world_connect(&w);
		fds[i] = w.peer;
	}
	to = tcp_world_flow(&w.a);
	if (!test_starved()) {
		CHECK(sip_tcp_counters(w.a.tcp)->open == 3);
		CHECK(sip_tcp_counters(w.a.tcp)->refused == 3);
		/* whoever connects, there is one left for us */
		OK(tcp_world_send(&w.a, &to, MESSAGE));
		to = tcp_world_serve(&w);
		CHECK(tcp_world_send(&w.a, &to, MESSAGE) == ERR_LIMIT ||
		      test_starved());
	}
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	tcp_world_fini(&w);
}

/* A turn may bring more than may wait: who reads gets it all. */
static void
a_burst_is_not_slowness(void)
{
	struct tcp_world w = { .limits = sip_tcp_limits_default };
	static char big[20000], got[200000];
	struct sip_flow to;
	long n, all = 0;

	w.limits.max_queue = 50000;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	memset(big, 'x', sizeof(big) - 1);
	tcp_world_connect(&w);
	tcp_world_write(&w, MESSAGE);
	to = w.a.from;
	for (int i = 0; i < 8; i++)
		CHECK(tcp_world_send(&w.a, &to, big) == 0);
	while ((n = tcp_world_read(&w, got, sizeof(got))) > 0)
		all += n;
	CHECK(all == 8 * (long)(sizeof(big) - 1));
	CHECK(sip_tcp_counters(w.a.tcp)->slow == 0);
	CHECK(w.a.flushes > 1); /* each time what is on record first */
	tcp_world_fini(&w);
}

/* What waits for a connection to be open is bounded; what is in goes. */
static void
what_waits_to_be_connected_is_bounded(void)
{
	struct tcp_world w = { .limits = sip_tcp_limits_default };
	static char big[20000];
	struct sip_flow to;

	w.limits.max_queue_opened = 50000;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	memset(big, 'x', sizeof(big) - 1);
	memcpy(big, MESSAGE, sizeof(MESSAGE) - 1);
	to = tcp_world_flow(&w.a);
	CHECK(tcp_world_send(&w.a, &to, big) == 0);
	CHECK(tcp_world_send(&w.a, &to, big) == 0);
	CHECK(tcp_world_send(&w.a, &to, big) == ERR_LIMIT);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 1);
	CHECK(tcp_world_wait(&w, &w.b.received, 1));
	CHECK(sip_tcp_counters(w.a.tcp)->slow == 0 && w.a.lost == 0);
	tcp_world_fini(&w);
}

static void
who_does_not_read_is_dropped(void)
{
	struct tcp_world w = { .limits = sip_tcp_limits_default };
	static char big[20000];
	struct sip_flow to;
	int sent = 0, err = 0;

	w.limits.max_queue = 100000;
	if (!OK(tcp_world_init(&w, NULL, NULL)))
		return;
	memset(big, 'x', sizeof(big) - 1);
	tcp_world_connect(&w);
	tcp_world_write(&w, MESSAGE);
	to = w.a.from;
	while (err == 0 && sent < 5000 && !test_starved()) {
		err = tcp_world_send(&w.a, &to, big);
		sent++;
		(void)uv_run(&w.loop, UV_RUN_NOWAIT);
	}
	if (!test_starved()) {
		CHECK(err == ERR_IO && sent > 5);
		CHECK(sip_tcp_counters(w.a.tcp)->slow == 1);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	}
	tcp_world_fini(&w);
}

static void
who_reads_nothing_for_long_is_dropped(void)
{
	struct tcp_world w;
	static char big[50000];
	struct sip_flow to;
	int err = 0;

	if (!init(&w))
		return;
	memset(big, 'x', sizeof(big) - 1);
	tcp_world_connect(&w);
	tcp_world_write(&w, MESSAGE);
	to = w.a.from;
	for (int i = 0; i < 1000 && err == 0 && !test_starved(); i++) {
		uint64_t before = sip_tcp_counters(w.a.tcp)->sent_bytes;

		err = tcp_world_send(&w.a, &to, big);
		tcp_world_settle(&w);
		if (sip_tcp_counters(w.a.tcp)->sent_bytes == before)
			break; /* the kernel takes no more */
	}
	if (!test_starved()) {
		CHECK(err == 0);
		tcp_world_pass(&w, w.limits.write_ms - 1);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 1);
		tcp_world_pass(&w, 1);
		CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
		CHECK(sip_tcp_counters(w.a.tcp)->slow == 1);
	}
	tcp_world_fini(&w);
}

static void
a_message_must_come_to_its_end(void)
{
	struct tcp_world w;

	if (!init_connected(&w, "OPTIONS "))
		return;
	/* an octet now and then does not help */
	for (int i = 0; i < 31; i++) {
		tcp_world_write(&w, "x");
		tcp_world_pass(&w, 1000);
	}
	CHECK(sip_tcp_counters(w.a.tcp)->open == 1 || test_starved());
	tcp_world_pass(&w, 1000);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	tcp_world_fini(&w);
}

static void
an_idle_one_is_closed(void)
{
	struct tcp_world w;
	char text[10];

	if (!init_connected(&w, MESSAGE))
		return;
	tcp_world_pass(&w, w.limits.idle_ms - 1000);
	tcp_world_write(&w, MESSAGE);
	tcp_world_pass(&w, w.limits.idle_ms - 1000);
	tcp_world_write(&w, "\r\n\r\n"); /* a keep-alive keeps it */
	tcp_world_pass(&w, w.limits.idle_ms - 1);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 1 || test_starved());
	CHECK(tcp_world_read(&w, text, sizeof(text)) == 2 || test_starved());
	tcp_world_pass(&w, 1);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	CHECK(sip_tcp_counters(w.a.tcp)->slow == 0);
	CHECK(tcp_world_read(&w, text, sizeof(text)) == 0 || test_starved());
	tcp_world_fini(&w);
}

/* Who connects and says nothing must not hold the place for as long. */
static void
who_never_speaks_is_dropped_soon(void)
{
	struct tcp_world w;

	if (!init(&w))
		return;
	tcp_world_connect(&w);
	tcp_world_write(&w, "\r\n");
	tcp_world_pass(&w, w.limits.message_ms - 1);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 1 || test_starved());
	tcp_world_pass(&w, 1);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	CHECK(sip_tcp_counters(w.a.tcp)->slow == 1 || test_starved());
	tcp_world_fini(&w);
}

/* --- TLS --- */

static struct sip_flow
tls_flow(struct tcp_world *w, const char *name)
{
	struct sip_flow to = tcp_world_flow(&w->a);

	to.transport = SIP_TLS;
	to.name = sip_tcp_name(w->a.tcp, str_of(name));
	return to;
}

static bool
init_tls(struct tcp_world *w, const char *server)
{
	struct tls_ctx *a = NULL, *b = NULL;
	bool good = false;

	memset(w, 0, sizeof(*w));
	if (OK(tls_help_ctx("cn", "ca", false, &a)) &&
	    OK(tls_help_ctx(server, "ca", true, &b)))
		good = OK(tcp_world_init(w, a, b));
	tls_ctx_unref(a);
	tls_ctx_unref(b);
	return good;
}

static void
tls_carries_the_same(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init_tls(&w, "dns"))
		return;
	to = tls_flow(&w, "sip.example.net");
	w.b.echo = OTHER OTHER;
	to.proof = 7; /* of a request before */
	if (to.name != 0 && OK(tcp_world_send(&w.a, &to, MESSAGE MESSAGE))) {
		uint64_t proof = hash_domain(&w.key, str_of("cn.example.net"));

		tcp_world_wait(&w, &w.a.received, 4);
		CHECK(w.b.n_proofs == 1 || test_starved());
		CHECK(w.b.from.proof == proof || test_starved());
		/* what the server sends of its own is its domain's, too */
		proof = hash_domain(&w.key, str_of("*.wild.example.net"));
		CHECK(w.a.n_proofs == 2 || test_starved());
		CHECK(w.a.from.proof == proof || test_starved());
		CHECK(strcmp(w.b.text, MESSAGE) == 0 || test_starved());
		CHECK(w.b.received == 2 || test_starved());
		CHECK(w.b.from.transport == SIP_TLS || test_starved());
		CHECK(sip_tcp_counters(w.a.tcp)->opened == 1);
	}
	tcp_world_fini(&w);
}

static void
tls_to_another_domain_fails(void)
{
	struct tcp_world w;
	struct sip_flow to;

	if (!init_tls(&w, "dns"))
		return;
	to = tls_flow(&w, "other.example.net");
	if (to.name != 0 && OK(tcp_world_send(&w.a, &to, MESSAGE))) {
		tcp_world_wait(&w, &w.a.lost, 1);
		tcp_world_settle(&w);
		CHECK(!w.a.lost_was_open && w.b.received == 0);
		CHECK(w.a.lost_err == EACCES || test_starved());
	}
	/* and what one domain proved is no proof for another */
	to = tls_flow(&w, "sip.example.net");
	if (to.name != 0 && OK(tcp_world_send(&w.a, &to, MESSAGE)))
		tcp_world_wait(&w, &w.b.received, 1);
	to = tls_flow(&w, "other.example.net");
	if (to.name != 0 && OK(tcp_world_send(&w.a, &to, MESSAGE))) {
		tcp_world_wait(&w, &w.a.lost, 2);
		CHECK(w.b.received == 1 || test_starved());
	}
	tcp_world_fini(&w);
}

static void
tls_must_get_open_in_time(void)
{
	struct tcp_world w;

	if (!init_tls(&w, "dns"))
		return;
	tcp_world_connect(&w);
	tcp_world_pass(&w, w.limits.connect_ms - 1);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 1 || test_starved());
	tcp_world_pass(&w, 1);
	CHECK(sip_tcp_counters(w.a.tcp)->open == 0);
	tcp_world_fini(&w);
}

/* A reload: new connections get the new certificate, the old ones go on. */
static void
certificates_can_be_changed(void)
{
	struct tls_ctx *ctx = NULL;
	struct tcp_world w;
	struct sip_flow old, new;

	if (!init_tls(&w, "dns"))
		return;
	old = tls_flow(&w, "sip.example.net");
	new = tls_flow(&w, "example.net");
	if (OK(tcp_world_send(&w.a, &old, MESSAGE)) &&
	    tcp_world_wait(&w, &w.b.received, 1) &&
	    OK(tls_help_ctx("uri", "ca", true, &ctx))) {
		sip_tcp_set_ctx(w.b.tcp, 5, ctx);
		OK(tcp_world_send(&w.a, &old, MESSAGE));
		OK(tcp_world_send(&w.a, &new, MESSAGE));
		tcp_world_wait(&w, &w.b.received, 3);
		CHECK(w.a.lost == 0 || test_starved());
	}
	tls_ctx_unref(ctx);
	tcp_world_fini(&w);
}

static void
names_have_numbers(void)
{
	struct tcp_world w;
	uint32_t first;

	if (!init(&w))
		return;
	first = sip_tcp_name(w.a.tcp, str_of("a.example"));
	CHECK(first != 0);
	CHECK(sip_tcp_name(w.a.tcp, str_of("A.EXAMPLE")) == first);
	CHECK(sip_tcp_name(w.a.tcp, str_of("b.example")) != first);
	tcp_world_fini(&w);
}

static const struct test tests[] = {
	{ "messages share a connection", messages_share_a_connection, false },
	{ "an answer takes the way back", an_answer_takes_the_way_back,
	  false },
	{ "an answer finds another way", an_answer_finds_another_way, false },
	{ "who does not listen is lost", who_does_not_listen_is_lost, false },
	{ "a peer that goes is told of", a_peer_that_goes_is_told_of, false },
	{ "one that was named is told of too",
	  one_that_was_named_is_told_of_too, false },
	{ "an owner may close in a callback", an_owner_may_close_in_a_callback,
	  false },
	{ "a stream comes in pieces", a_stream_comes_in_pieces, false },
	{ "a bad stream is answered and closed",
	  a_bad_stream_is_answered_and_closed, false },
	{ "half a close loses nothing", half_a_close_loses_nothing, false },
	{ "a peer has a bounded number", a_peer_has_a_bounded_number, false },
	{ "all have a bounded number", all_have_a_bounded_number, false },
	{ "a burst is not slowness", a_burst_is_not_slowness, false },
	{ "what waits to be connected is bounded",
	  what_waits_to_be_connected_is_bounded, false },
	{ "who does not read is dropped", who_does_not_read_is_dropped, false },
	{ "who reads nothing for long is dropped",
	  who_reads_nothing_for_long_is_dropped, true },
	{ "a message must come to its end", a_message_must_come_to_its_end,
	  false },
	{ "an idle one is closed", an_idle_one_is_closed, false },
	{ "who never speaks is dropped soon", who_never_speaks_is_dropped_soon,
	  false },
	{ "TLS carries the same", tls_carries_the_same, false },
	{ "TLS to another domain fails", tls_to_another_domain_fails, false },
	{ "TLS must get open in time", tls_must_get_open_in_time, false },
	{ "certificates can be changed", certificates_can_be_changed, false },
	{ "names have numbers", names_have_numbers, false },
};

const struct test_suite suite_tcp = TEST_SUITE("tcp", tests);
