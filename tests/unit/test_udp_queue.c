/* test_udp_queue.c - the send queue, with a kernel that refuses on demand */
#include "sip/udp_queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/udp_world.h"

#define QUEUE_MAX 256

/* A queue that sends through a world's peer to itself. */
struct fixture {
	struct udp_world w;
	struct udp_queue *queue;
	struct sip_udp_counters counters;
};

static bool
begin(struct fixture *f)
{
	memset(&f->counters, 0, sizeof(f->counters));
	if (!OK(udp_world_init(&f->w, "127.0.0.1")))
		return false;
	if (OK(udp_queue_new(&f->queue)))
		return true;
	udp_world_fini(&f->w);
	return false;
}

static void
end(struct fixture *f)
{
	udp_world_refuse(0, 0);
	udp_queue_free(f->queue);
	udp_world_fini(&f->w);
}

static bool
put(struct fixture *f, const char *text)
{
	char *room = udp_queue_reserve(f->queue, strlen(text));

	if (room == NULL)
		return false;
	memcpy(room, text, strlen(text));
	udp_queue_commit(f->queue, &f->w.peer_addr, strlen(text));
	return true;
}

static int
send_all(struct fixture *f)
{
	return udp_queue_send(f->queue, f->w.peer, &f->counters);
}

static bool
arrives(struct fixture *f, const char *text)
{
	char got[100] = "";

	(void)udp_world_peer_receive(&f->w, got, sizeof(got) - 1, 1000);
	return strcmp(got, text) == 0;
}

static bool
nothing_arrives(struct fixture *f)
{
	char got[100];

	return udp_world_peer_receive(&f->w, got, sizeof(got), 0) < 0;
}

static void
test_send(void)
{
	struct fixture f;

	if (!begin(&f))
		return;
	CHECK(udp_queue_is_empty(f.queue));
	CHECK(send_all(&f) == 0 && f.counters.send_calls == 0);
	CHECK(put(&f, "one") && put(&f, "") && put(&f, "three"));
	CHECK(!udp_queue_is_empty(f.queue));
	CHECK(send_all(&f) == 0);
	CHECK(udp_queue_is_empty(f.queue));
	CHECK(f.counters.sent == 3 && f.counters.sent_bytes == 8);
	CHECK(f.counters.send_calls == 1);
	CHECK(arrives(&f, "one") && arrives(&f, "") && arrives(&f, "three"));
	CHECK(!udp_queue_has_failure(f.queue));
	end(&f);
}

static void
test_bounds(void)
{
	struct fixture f;
	int n = 0;

	if (!begin(&f))
		return;
	while (put(&f, "x"))
		n++;
	CHECK(n == QUEUE_MAX);
	CHECK(send_all(&f) == 0);
	for (n = 0; udp_queue_reserve(f.queue, UDP_DATAGRAM_MAX) != NULL; n++)
		udp_queue_commit(f.queue, &f.w.peer_addr, UDP_DATAGRAM_MAX);
	CHECK(n == 16); /* 1 MB */
	CHECK(put(&f, "a small one"));
	end(&f);
}

/* A reservation that is not used, or used in part, is given back. */
static void
test_reserve(void)
{
	struct fixture f;
	char *first, *second;

	if (!begin(&f))
		return;
	first = udp_queue_reserve(f.queue, 1000);
	second = udp_queue_reserve(f.queue, 10);
	CHECK(first == second && udp_queue_is_empty(f.queue));
	memcpy(second, "abcd", 4);
	udp_queue_commit(f.queue, &f.w.peer_addr, 2);
	CHECK(udp_queue_reserve(f.queue, 10) == second + 2);
	CHECK(send_all(&f) == 0);
	CHECK(arrives(&f, "ab") && nothing_arrives(&f));
	end(&f);
}

static void
test_busy(void)
{
	struct fixture f;

	if (!begin(&f))
		return;
	CHECK(put(&f, "one"));
	udp_world_refuse(EAGAIN, 1);
	CHECK(send_all(&f) == ERR_BUSY);
	CHECK(!udp_queue_is_empty(f.queue) && nothing_arrives(&f));
	CHECK(put(&f, "two"));
	CHECK(send_all(&f) == 0);
	CHECK(arrives(&f, "one") && arrives(&f, "two"));
	CHECK(f.counters.send_errors == 0);
	end(&f);
}

static void
test_retries(void)
{
	static const struct {
		const char *what;
		int err, times;
		size_t sent, failures;
	} table[] = {
		{ "a signal", EINTR, 9, 2, 0 },
		{ "an older datagram's error", ECONNREFUSED, 1, 2, 0 },
		{ "two of them", EHOSTUNREACH, 2, 2, 0 },
		{ "its own error", EACCES, 3, 1, 1 },
		{ "that of both", ENETUNREACH, 6, 0, 2 },
		{ "no buffer", ENOBUFS, 3, 1, 0 },
		{ "no memory", ENOMEM, 6, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct udp_error error;
		struct fixture f;
		size_t failures = 0;

		test_row(table[i].what);
		if (!begin(&f))
			return;
		CHECK(put(&f, "one") && put(&f, "two"));
		udp_world_refuse(table[i].err, table[i].times);
		CHECK(send_all(&f) == 0);
		CHECK(udp_queue_is_empty(f.queue));
		CHECK(f.counters.sent == table[i].sent);
		CHECK(f.counters.send_errors == 2 - table[i].sent);
		while (udp_queue_next_failure(f.queue, &error)) {
			CHECK(error.err == table[i].err);
			CHECK(error.len == 3);
			CHECK(addr_eq(&error.to, &f.w.peer_addr));
			CHECK(memcmp(error.data, failures == 0 ? "one" : "two",
				     3) == 0);
			failures++;
		}
		CHECK(failures == table[i].failures);
		CHECK(!udp_queue_has_failure(f.queue));
		end(&f);
	}
}

static void
test_many_failures(void)
{
	struct udp_error error;
	struct fixture f;
	int n = 0;

	if (!begin(&f))
		return;
	udp_world_refuse(EPERM, 3 * 300);
	for (int i = 0; i < 300; i++)
		CHECK(put(&f, "x") && send_all(&f) == 0);
	CHECK(f.counters.send_errors == 300);
	while (udp_queue_next_failure(f.queue, &error))
		n++;
	CHECK(n == 256);
	/* and it works again */
	udp_world_refuse(EPERM, 3);
	CHECK(put(&f, "y") && send_all(&f) == 0);
	CHECK(udp_queue_has_failure(f.queue));
	end(&f); /* frees what nobody asked for */
}

static const struct test tests[] = {
	{ "what is queued is sent at once and in order", test_send, false },
	{ "datagrams and bytes are bounded", test_bounds, false },
	{ "reserved room is good for one datagram", test_reserve, false },
	{ "what the kernel does not take stays", test_busy, false },
	{ "errors are retried, then remembered, losses are not", test_retries,
	  false },
	{ "remembered failures are bounded", test_many_failures, true },
};

const struct test_suite suite_udp_queue = TEST_SUITE("udp_queue", tests);
