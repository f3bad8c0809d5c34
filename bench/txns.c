/*
 * txns.c - what finding a transaction costs while few or very many are pending
 *
 * For 1,000, 10,000 and 100,000 pairs (a server and a client each): ringing
 * calls, each of whose clients then gets a 180 and each of whose callers sends
 * its INVITE again, in an order that caches do not know. Prints CPU time per
 * message and how many transactions were looked at to find one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/txn_layer.h"

#define ROUNDS 400000 /* messages of each kind and size */
#define STEP 7919     /* a prime: goes through all, far apart */

static const char request[] =
    "INVITE sip:+498912345678@192.0.2.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=%s\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=f%zu\r\n"
    "To: <sip:+498912345678@192.0.2.1>\r\nCall-ID: call-%zu@bench\r\n"
    "CSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.1:5062>\r\n"
    "Content-Length: 0\r\n\r\n";
static const char response[] =
    "SIP/2.0 180 Ringing\r\n"
    "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=%s\r\n"
    "From: <sip:a@b>;tag=f%zu\r\nTo: <sip:c@d>;tag=t\r\n"
    "Call-ID: call-%zu@bench\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";

struct bench {
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	struct sip_txns *txns;
	struct sip_flow from, to;
	char (*branches)[SIP_BRANCH_LEN + 1]; /* of the clients */
	size_t n, n_heard;
};

static int64_t
now_us(const struct clock *clock)
{
	(void)clock;
	return 1000000;
}

static int
swallow(void *arg, struct sip_flow *to, const char *data, size_t len)
{
	(void)arg;
	(void)to;
	(void)data;
	(void)len;
	return 0;
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct bench *bench = arg;

	(void)client;
	(void)msg;
	bench->n_heard++;
}

static void
on_end(void *arg, struct sip_client *client)
{
	(void)arg;
	(void)client;
}

static const struct sip_client_events events = { .on_response = on_response,
						 .on_gone = on_end };

static void
on_request(void *arg, struct sip_server *server, const struct sip_msg *msg,
	   const struct sip_flow *from)
{
	(void)server;
	(void)msg;
	(void)from;
	((struct bench *)arg)->n_heard++;
}

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
die(const char *what)
{
	fprintf(stderr, "txns: %s\n", what);
	exit(1);
}

static void
open_bench(struct bench *bench, size_t n)
{
	const struct sip_txns_env env = {
		.clock = &bench->clock,
		.timers = &bench->timers,
		.key = &bench->key,
		.send = swallow,
		.t1_ms = 500,
		.t2_ms = 4000,
		.t4_ms = 5000,
		.max_transactions = 4 * n,
	};
	const struct sip_user user = { .arg = bench, .on_request = on_request };

	memset(bench, 0, sizeof(*bench));
	bench->clock.mono_us = now_us;
	bench->clock.wall = now_us;
	bench->n = n;
	addr_parse(str_of("192.0.2.1:5062"), 0, &bench->from.addr);
	addr_parse(str_of("198.51.100.7:5060"), 0, &bench->to.addr);
	timers_init(&bench->timers, 1000);
	bench->branches = calloc(n, sizeof(bench->branches[0]));
	if (bench->branches == NULL || hash_key_random(&bench->key) != 0 ||
	    sip_txns_new(&env, &user, &bench->txns) != 0)
		die("no memory");
}

/* The INVITE of call i comes. */
static void
invite(struct bench *bench, size_t i)
{
	char branch[40], text[1000];
	int len;

	snprintf(branch, sizeof(branch), "z9hG4bKbench%zu", i);
	len = snprintf(text, sizeof(text), request, branch, i, i);
	sip_txns_receive(bench->txns, text, (size_t)len, &bench->from);
}

static void
fill(struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++) {
		struct sip_client *client;
		char text[1000];
		int len;

		invite(bench, i);
		sip_branch_make(bench->txns, 0, bench->branches[i]);
		len = snprintf(text, sizeof(text), request, bench->branches[i],
			       i, i);
		if (sip_client_start(bench->txns, &bench->to, text, (size_t)len,
				     &events, bench, &client) != 0)
			die("a client was not started");
	}
}

/* Transactions per bucket that is not empty, and the longest chain. */
static void
print_chains(const struct map *map)
{
	size_t used = 0, longest = 0;

	for (size_t i = 0; i < map->n_buckets; i++) {
		size_t len = 0;

		for (struct map_node *node = map->buckets[i]; node != NULL;
		     node = node->next)
			len++;
		used += len > 0;
		longest = len > longest ? len : longest;
	}
	printf("  chains of %.2f, the longest %zu", (double)map->n / (double)used,
	       longest);
}

static void
measure(size_t n)
{
	static struct bench bench;
	double start, again, rings;

	open_bench(&bench, n);
	fill(&bench);
	start = cpu_ns();
	for (size_t i = 0; i < ROUNDS; i++)
		invite(&bench, i * STEP % n);
	again = cpu_ns() - start;
	if (bench.n_heard != n)
		die("an INVITE was taken for a new one");
	start = cpu_ns();
	for (size_t i = 0; i < ROUNDS; i++) {
		size_t k = i * STEP % n;
		char text[1000];
		int len = snprintf(text, sizeof(text), response,
				   bench.branches[k], k, k);

		sip_txns_receive(bench.txns, text, (size_t)len, &bench.to);
	}
	rings = cpu_ns() - start;
	if (bench.n_heard != n + ROUNDS)
		die("a response found no client");
	printf("%7zu pairs: INVITE again %.0f ns, 180 %.0f ns;", n,
	       again / ROUNDS, rings / ROUNDS);
	print_chains(&bench.txns->servers);
	print_chains(&bench.txns->clients);
	printf("\n");
	sip_txns_free(bench.txns);
	free(bench.branches);
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 1000, 10000, 100000 };

	if (argc > 1) {
		measure((size_t)atol(argv[1]));
		return 0;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		measure(sizes[i]);
	return 0;
}
