/* test_tcp_peers.c - how many connections each address has opened */
#include "sip/tcp_peers.h"

#include <pthread.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define THREADS 4
#define TIMES 2000

extern const struct test_suite suite_tcp_peers;

static const struct hash_key key = { 1, 2 };

/* Whether one more from this address is let in, of two that may. */
static void
addresses_of_one_host_count_together(void)
{
	static const struct {
		const char *addr;
		int err;
	} rows[] = {
		{ "[2001:db8::1]:5060", 0 },
		{ "[2001:db8::2]:5060", 0 },
		{ "[2001:db8::3:4:5:6]:7", ERR_LIMIT },
		{ "[2001:db8:0:1::1]:5060", 0 },
		{ "192.0.2.1:1", 0 },
		{ "192.0.2.1:2", 0 },
		{ "192.0.2.1:3", ERR_LIMIT },
		{ "192.0.2.2:1", 0 },
	};
	struct tcp_peer *in[N_ROWS(rows)] = { NULL };
	struct sip_tcp_peers *peers;
	struct addr addr;

	if (!OK(sip_tcp_peers_new(&key, &peers)))
		return;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].addr);
		(void)addr_parse(str_of(rows[i].addr), 0, &addr);
		CHECK(sip_tcp_peers_enter(peers, &addr, 2, &in[i]) ==
			  rows[i].err ||
		      test_starved());
	}
	test_row(NULL);
	for (size_t i = 0; i < N_ROWS(rows); i++)
		sip_tcp_peers_leave(peers, in[i]);
	/* who has left may come again */
	CHECK(sip_tcp_peers_enter(peers, &addr, 1, &in[0]) == 0 ||
	      test_starved());
	CHECK(sip_tcp_peers_enter(peers, &addr, 1, &in[1]) != 0);
	sip_tcp_peers_leave(peers, in[0]);
	sip_tcp_peers_free(peers);
}

static void *
come_and_go(void *arg)
{
	struct addr addr;

	(void)addr_parse(str_of("192.0.2.1:1"), 0, &addr);
	for (int i = 0; i < TIMES; i++) {
		struct tcp_peer *peer;

		if (sip_tcp_peers_enter(arg, &addr, THREADS, &peer) != 0)
			return arg;
		sip_tcp_peers_leave(arg, peer);
	}
	return NULL;
}

static void
threads_count_together(void)
{
	struct sip_tcp_peers *peers;
	pthread_t threads[THREADS];
	struct tcp_peer *peer;
	struct addr addr;
	void *bad;

	(void)addr_parse(str_of("192.0.2.1:1"), 0, &addr);
	if (!OK(sip_tcp_peers_new(&key, &peers)))
		return;
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, come_and_go, peers) ==
		      0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &bad);
		CHECK(bad == NULL);
	}
	/* nobody is left */
	CHECK(sip_tcp_peers_enter(peers, &addr, 1, &peer) == 0);
	sip_tcp_peers_leave(peers, peer);
	sip_tcp_peers_free(peers);
}

static const struct test tests[] = {
	{ "addresses of one host count together",
	  addresses_of_one_host_count_together, true },
	{ "threads count together", threads_count_together, false },
};

const struct test_suite suite_tcp_peers = TEST_SUITE("tcp_peers", tests);
