/* test_udp.c - datagrams through real sockets on the loopback */
#include "sip/udp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/udp_world.h"

#define MANY 1000
#define LARGEST 65507

static const struct sip_udp_counters *
counters(const struct udp_world *w)
{
	return sip_udp_counters(w->udp);
}

static void
one_each_way(const char *ip)
{
	struct udp_world w;
	char got[100];

	if (!OK(udp_world_init(&w, ip)))
		return;
	CHECK(sip_udp_local(w.udp)->port != 0);
	w.echo = true;
	udp_world_peer_send(&w, "hello", 5);
	if (!udp_world_wait(&w, &w.received, 1))
		goto out;
	CHECK(w.len == 5 && strcmp(w.text, "hello") == 0);
	CHECK(addr_eq(&w.from, &w.peer_addr));
	udp_world_wait(&w, &w.flushes, 1);
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 5);
	CHECK(memcmp(got, "hello", 5) == 0);
	CHECK(counters(&w)->received == 1 && counters(&w)->sent == 1);
	CHECK(counters(&w)->received_bytes == 5);
	CHECK(counters(&w)->sent_bytes == 5);
	CHECK(counters(&w)->receive_calls == 1);
	CHECK(counters(&w)->send_calls == 1);
	udp_world_peer_send(&w, "hi", 2); /* over the longer one */
	udp_world_wait(&w, &w.received, 2);
	CHECK(w.len == 2 && strcmp(w.text, "hi") == 0);
	CHECK(udp_world_rests(&w));
out:
	udp_world_fini(&w);
}

static void
test_ip4(void)
{
	one_each_way("127.0.0.1");
}

static void
test_ip6(void)
{
	struct udp_world w;
	int err = udp_world_init(&w, "::1");

	if (err == ERR_IO) {
		test_skip("there is no ::1");
		return;
	}
	if (err == 0)
		udp_world_fini(&w);
	one_each_way("::1");
}

/* Nothing is told to anybody before before_flush has run. */
static void
test_before_flush(void)
{
	struct udp_world w;
	char got[100];

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	for (int i = 0; i < 3; i++) {
		CHECK(udp_world_send(&w, "a") == 0);
		CHECK(udp_world_send(&w, "b") == 0);
		CHECK(w.flushes == i &&
		      counters(&w)->send_calls == (unsigned)i);
		CHECK(udp_world_peer_receive(&w, got, sizeof(got), 0) < 0);
		udp_world_wait(&w, &w.flushes, i + 1);
		CHECK(w.peer_had_at_flush == 0);
		CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 1);
		CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 1);
		CHECK(got[0] == 'b');
	}
	(void)uv_run(&w.loop, UV_RUN_NOWAIT);
	CHECK(w.flushes == 3); /* not without anything queued */
	udp_world_fini(&w);
}

static void
test_many_in(void)
{
	struct udp_world w;
	char text[20];

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		udp_world_peer_send(&w, text, strlen(text));
	}
	(void)uv_run(&w.loop, UV_RUN_ONCE);
	CHECK(w.received == 8 * 64); /* then others get their turn */
	udp_world_wait(&w, &w.received, MANY);
	CHECK(strcmp(w.text, "999") == 0);
	CHECK(counters(&w)->receive_calls == (MANY + 63) / 64);
	udp_world_fini(&w);
}

/* More than the queue holds leave in the middle, in order. */
static void
test_many_out(void)
{
	struct udp_world w;
	char text[20], got[20] = "";

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		CHECK(udp_world_send(&w, text) == 0);
	}
	CHECK(w.flushes == MANY / 256);
	udp_world_wait(&w, &w.flushes, MANY / 256 + 1);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		memset(got, 0, sizeof(got));
		(void)udp_world_peer_receive(&w, got, sizeof(got) - 1, 1000);
		if (!CHECK(strcmp(got, text) == 0))
			break;
	}
	CHECK(counters(&w)->sent == MANY && counters(&w)->send_errors == 0);
	udp_world_fini(&w);
}

static void
test_largest(void)
{
	static char data[LARGEST + 1], got[LARGEST + 1];
	struct udp_world w;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	memset(data, 'x', sizeof(data));
	data[LARGEST - 1] = 'y';
	CHECK(sip_udp_send(w.udp, &w.peer_addr, data, LARGEST + 1) ==
	      ERR_LIMIT);
	CHECK(sip_udp_reserve(w.udp, LARGEST + 1) == NULL);
	/* 20 of them are more than the slab holds */
	for (int i = 0; i < 20; i++) {
		CHECK(sip_udp_send(w.udp, &w.peer_addr, data, LARGEST) == 0);
		CHECK(i < 16 || w.flushes == 1);
	}
	udp_world_wait(&w, &w.flushes, 2);
	for (int i = 0; i < 20; i++) {
		CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) ==
		      LARGEST);
		CHECK(got[LARGEST - 1] == 'y');
	}
	udp_world_peer_send(&w, data, LARGEST);
	udp_world_peer_send(&w, "", 0);
	udp_world_wait(&w, &w.received, 2);
	CHECK(w.len == 0 && counters(&w)->received_bytes == LARGEST);
	udp_world_fini(&w);
}

static void
test_reserve(void)
{
	struct udp_world w;
	char got[100], *room;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	room = sip_udp_reserve(w.udp, 1500);
	if (!CHECK(room != NULL))
		goto out;
	memcpy(room, "in place", 8);
	CHECK(sip_udp_commit(w.udp, &w.peer_addr, 8) == 0);
	CHECK(udp_world_send(&w, "copied") == 0);
	udp_world_wait(&w, &w.flushes, 1);
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 8);
	CHECK(memcmp(got, "in place", 8) == 0);
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 6);
out:
	udp_world_fini(&w);
}

/* --- the queue leaves at once, whoever filled it --- */

struct sender {
	struct udp_world *w;
	uv_timer_t timer;
	uv_async_t async;
	uv_prepare_t prepare;
	uv_poll_t poll; /* of the peer */
	int arrived;
	bool has_sent;
};

static void
send_once(struct sender *s)
{
	if (!s->has_sent)
		CHECK(udp_world_send(s->w, "x") == 0);
	s->has_sent = true;
}

static void
on_timer(uv_timer_t *timer)
{
	send_once(timer->data);
}

static void
on_async(uv_async_t *async)
{
	send_once(async->data);
}

static void
on_prepare(uv_prepare_t *prepare)
{
	send_once(prepare->data);
}

static void
on_peer(uv_poll_t *poll, int status, int events)
{
	struct sender *s = poll->data;
	char got[100];

	(void)status;
	(void)events;
	while (udp_world_peer_receive(s->w, got, sizeof(got), 0) >= 0)
		s->arrived++;
}

static void
init_sender(struct sender *s, uv_loop_t *loop)
{
	s->timer.data = s;
	s->async.data = s;
	s->prepare.data = s;
	s->poll.data = s;
	(void)uv_timer_init(loop, &s->timer);
	(void)uv_async_init(loop, &s->async, on_async);
	(void)uv_prepare_init(loop, &s->prepare);
	(void)uv_poll_init(loop, &s->poll, s->w->peer);
	(void)uv_poll_start(&s->poll, UV_READABLE, on_peer);
}

static void
fini_sender(struct sender *s)
{
	uv_close((uv_handle_t *)&s->timer, NULL);
	uv_close((uv_handle_t *)&s->async, NULL);
	uv_close((uv_handle_t *)&s->prepare, NULL);
	uv_close((uv_handle_t *)&s->poll, NULL);
}

enum way { BY_TIMER, BY_ASYNC, BY_PREPARE, N_WAYS };

/* The guard is the only timer that could wake a loop that waits. */
static void
leaves_at_once(enum way way)
{
	struct udp_world w;
	struct sender s = { .w = &w };

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	init_sender(&s, &w.loop);
	(void)uv_run(&w.loop, UV_RUN_NOWAIT); /* now all is at rest */
	if (way == BY_TIMER)
		(void)uv_timer_start(&s.timer, on_timer, 1, 0);
	else if (way == BY_ASYNC)
		(void)uv_async_send(&s.async);
	else
		(void)uv_prepare_start(&s.prepare, on_prepare);
	udp_world_wait(&w, &s.arrived, 1);
	CHECK(!w.timed_out);
	fini_sender(&s);
	udp_world_fini(&w);
}

static void
test_leaves_at_once(void)
{
	for (int way = 0; way < N_WAYS; way++)
		leaves_at_once((enum way)way);
}

/* libuv runs prepare handles from the one started last to the first: this one
 * was there before ours and runs when our queue has left. */
static void
test_filled_after_flush(void)
{
	struct udp_world w, other;
	struct sender s = { .w = &w };

	if (!OK(udp_world_init(&other, "127.0.0.1")))
		return;
	if (!OK(udp_world_init(&w, "127.0.0.1")))
		goto out;
	/* a second world's socket on the loop where the handle is older */
	init_sender(&s, &other.loop);
	(void)uv_prepare_start(&s.prepare, on_prepare);
	sip_udp_close(w.udp);
	w.udp = NULL;
	if (OK(udp_world_reopen(&w, &other.loop)))
		udp_world_wait(&other, &s.arrived, 1);
	CHECK(!other.timed_out);
	sip_udp_close(w.udp);
	w.udp = NULL;
	fini_sender(&s);
	udp_world_fini(&w);
out:
	udp_world_fini(&other);
}

/* --- opening and closing --- */

static void
test_two_on_a_port(void)
{
	struct sip_udp_events none = { 0 };
	struct sip_udp *second = NULL;
	struct udp_world w;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	if (OK(sip_udp_open(&w.loop, sip_udp_local(w.udp), NULL, &none,
			    &second)))
		CHECK(addr_eq(sip_udp_local(second), sip_udp_local(w.udp)));
	sip_udp_close(second);
	udp_world_fini(&w);
}

static void
test_cannot_bind(void)
{
	struct sip_udp_events none = { 0 };
	struct sip_udp *udp = NULL;
	struct addr at;
	uv_loop_t loop;
	int err;

	(void)addr_parse(str_of("192.0.2.1:5060"), 0, &at);
	(void)uv_loop_init(&loop);
	err = sip_udp_open(&loop, &at, NULL, &none, &udp);
	CHECK(err == ERR_IO && errno == EADDRNOTAVAIL);
	CHECK(udp == NULL);
	sip_udp_close(NULL);
	CHECK(uv_loop_close(&loop) == 0);
}

static void
test_close_flushes(void)
{
	struct udp_world w;
	char got[100];

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	CHECK(udp_world_send(&w, "bye") == 0);
	sip_udp_close(w.udp);
	w.udp = NULL;
	CHECK(w.flushes == 1);
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 3);
	udp_world_fini(&w);
}

static void
test_close_in_callback(void)
{
	struct udp_world w;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	w.close_on_datagram = true;
	for (int i = 0; i < 100; i++)
		udp_world_peer_send(&w, "x", 1);
	udp_world_wait(&w, &w.received, 1);
	(void)uv_run(&w.loop, UV_RUN_NOWAIT);
	CHECK(w.received == 1);
	udp_world_fini(&w);
}

static const struct test tests[] = {
	{ "datagrams go both ways over IPv4", test_ip4, false },
	{ "datagrams go both ways over IPv6", test_ip6, false },
	{ "nothing leaves before before_flush", test_before_flush, false },
	{ "many come in batches, in order, and not for ever", test_many_in,
	  false },
	{ "many leave in batches, in order", test_many_out, false },
	{ "the largest datagram passes, a larger one does not", test_largest,
	  false },
	{ "a datagram may be written in place", test_reserve, false },
	{ "the queue leaves at once, whoever filled it", test_leaves_at_once,
	  false },
	{ "the queue leaves at once when filled behind our back",
	  test_filled_after_flush, false },
	{ "two may share a port", test_two_on_a_port, false },
	{ "an address that is not ours cannot be opened", test_cannot_bind,
	  false },
	{ "closing sends what is queued", test_close_flushes, false },
	{ "it may be closed by its callback", test_close_in_callback, false },
};

const struct test_suite suite_udp = TEST_SUITE("udp", tests);
