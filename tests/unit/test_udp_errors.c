/* test_udp_errors.c - datagrams that nobody takes */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/udp_world.h"

static const struct sip_udp_counters *
counters(const struct udp_world *w)
{
	return sip_udp_counters(w->udp);
}

/* --- what cannot be delivered --- */

static void
test_refused_by_peer(void)
{
	struct udp_world w;
	struct addr nobody = udp_world_closed_port();
	char data[700];

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	memset(data, 'd', sizeof(data));
	memcpy(data, "INVITE", 6);
	CHECK(sip_udp_send(w.udp, &nobody, data, sizeof(data)) == 0);
	if (!udp_world_wait(&w, &w.undelivered, 1))
		goto out;
	CHECK(w.err == ECONNREFUSED && addr_eq(&w.to, &nobody));
	CHECK(w.lost_len == 512 && memcmp(w.lost, data, 512) == 0);
	CHECK(counters(&w)->undelivered == 1);
	CHECK(counters(&w)->send_errors == 0 && counters(&w)->sent == 1);
	/* and all goes on */
	udp_world_peer_send(&w, "still here", 10);
	udp_world_wait(&w, &w.received, 1);
	CHECK(strcmp(w.text, "still here") == 0);
out:
	udp_world_fini(&w);
}

/* Errors that wait in the socket are not taken for those of other datagrams:
 * many to a closed port and to the peer, in turns. */
static void
test_pending_errors(void)
{
	struct udp_world w;
	struct addr nobody = udp_world_closed_port();
	char got[100];
	int arrived = 0;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	for (int i = 0; i < 50; i++) {
		CHECK(sip_udp_send(w.udp, &nobody, "lost", 4) == 0);
		CHECK(udp_world_send(&w, "good") == 0);
		sip_udp_flush(w.udp);
	}
	udp_world_wait(&w, &w.undelivered, 50);
	while (udp_world_peer_receive(&w, got, sizeof(got), 0) >= 0)
		arrived++;
	CHECK(arrived == 50);
	CHECK(w.undelivered == 50 && addr_eq(&w.to, &nobody));
	CHECK(counters(&w)->send_errors == 0 && counters(&w)->sent == 100);
	udp_world_peer_send(&w, "in", 2);
	udp_world_wait(&w, &w.received, 1);
	udp_world_fini(&w);
}

/* The kernel takes no datagrams for the broadcast address from us. */
static void
test_refused_by_kernel(void)
{
	struct udp_world w;
	struct addr broadcast;
	char got[100];

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	(void)addr_parse(str_of("255.255.255.255:5060"), 0, &broadcast);
	CHECK(udp_world_send(&w, "first") == 0);
	CHECK(sip_udp_send(w.udp, &broadcast, "refused", 7) == 0);
	CHECK(udp_world_send(&w, "second") == 0);
	sip_udp_flush(w.udp);
	CHECK(w.undelivered == 0); /* told later, from the loop */
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 5);
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 6);
	if (!test_starved())
		udp_world_wait(&w, &w.undelivered, 1);
	CHECK(w.err == EACCES && addr_eq(&w.to, &broadcast));
	CHECK(w.lost_len == 7 && memcmp(w.lost, "refused", 7) == 0);
	CHECK(counters(&w)->send_errors == 1 && counters(&w)->sent == 2);
	udp_world_fini(&w);
}

/* The receive buffer is full: errors find no room in the socket's queue of
 * them, and the socket itself is in error. */
static void
test_no_room_for_errors(void)
{
	static char large[60000];
	struct udp_world w;
	struct addr nobody = udp_world_closed_port();

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	for (int i = 0; i < 500; i++)
		udp_world_peer_send(&w, large, sizeof(large));
	for (int i = 0; i < 500; i++)
		udp_world_peer_send(&w, "small", 5);
	CHECK(sip_udp_send(w.udp, &nobody, "lost", 4) == 0);
	sip_udp_flush(w.udp);
	udp_world_wait(&w, &w.received, 10);
	CHECK(udp_world_rests(&w));
	CHECK(w.received < 1000); /* it was full indeed */
	udp_world_fini(&w);
}

/* --- the kernel takes no more for a while --- */

static void
test_blocked(void)
{
	struct udp_world w;
	char got[100];

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	CHECK(udp_world_send(&w, "1") == 0);
	udp_world_refuse(EAGAIN, 1);
	sip_udp_flush(w.udp);
	CHECK(counters(&w)->sent == 0 && counters(&w)->send_errors == 0);
	/* it waits until the socket can be written to; others line up */
	CHECK(udp_world_send(&w, "2") == 0);
	sip_udp_flush(w.udp);
	CHECK(counters(&w)->send_calls == 1);
	udp_world_wait(&w, &w.flushes, 2);
	CHECK(counters(&w)->sent == 2);
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 1);
	CHECK(got[0] == '1');
	CHECK(udp_world_peer_receive(&w, got, sizeof(got), 1000) == 1);
	CHECK(got[0] == '2');
	CHECK(udp_world_rests(&w));
	udp_world_fini(&w);
}

/* The loop does not wait with a failure to be told. */
static void
test_blocked_and_refused(void)
{
	struct udp_world w;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	CHECK(udp_world_send(&w, "1") == 0);
	udp_world_refuse(EAGAIN, 1);
	udp_world_refuse(EACCES, 3);
	sip_udp_flush(w.udp);
	udp_world_wait(&w, &w.flushes, 2);
	if (!test_starved())
		udp_world_wait(&w, &w.undelivered, 1);
	CHECK(!w.timed_out && w.err == EACCES);
	CHECK(udp_world_rests(&w));
	udp_world_fini(&w);
}

static void
test_blocked_and_full(void)
{
	struct udp_world w;

	if (!OK(udp_world_init(&w, "127.0.0.1")))
		return;
	udp_world_refuse(EAGAIN, 1);
	for (int i = 0; i < 300; i++)
		CHECK(udp_world_send(&w, "x") == 0);
	CHECK(counters(&w)->send_errors == 300 - 256);
	CHECK(sip_udp_reserve(w.udp, 1) == NULL);
	udp_world_wait(&w, &w.flushes, 2);
	CHECK(counters(&w)->sent == 256 && w.undelivered == 0);
	udp_world_fini(&w);
}

static const struct test tests[] = {
	{ "a refusal of the peer comes back", test_refused_by_peer, false },
	{ "waiting errors do no harm to other datagrams", test_pending_errors,
	  false },
	{ "a refusal of the kernel costs that datagram only",
	  test_refused_by_kernel, false },
	{ "what the kernel does not take now goes later", test_blocked, false },
	{ "a full receive buffer with errors is emptied",
	  test_no_room_for_errors, false },
	{ "a failure after waiting is told at once", test_blocked_and_refused,
	  false },
	{ "a queue that cannot leave is bounded", test_blocked_and_full,
	  false },
};

const struct test_suite suite_udp_errors = TEST_SUITE("udp_errors", tests);
