/*
 * enum.c - what ENUM look-ups cost: from memory, over the network, with a
 * server that is dead, and how much memory a million of them take
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "enum/fetch.h"

#define AT_A_TIME 100
#define MAX_CALLS 100000

static int64_t
now_us(void)
{
	return (int64_t)(uv_hrtime() / 1000);
}

static int64_t
cpu_us(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * INT64_C(1000000) +
	       use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

static long
resident_kb(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kb = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = atol(line + 6);
	}
	if (file != NULL)
		fclose(file);
	return kb;
}

struct bench {
	uv_loop_t loop;
	struct dns *dns;
	struct enum_client *client;
	unsigned n_wanted, n_started, n_running;
	unsigned n_outcomes[ENUM_N_OUTCOMES];
	int64_t *latency_us; /* of dead: in order of the calls */
	uv_timer_t pace;
	int64_t started_us;
};

static void
open_client(struct bench *bench, const char *server, size_t cache_size)
{
	struct enum_tree tree = { 0 };
	struct enum_settings settings = { .trees = &tree,
					  .n_trees = 1,
					  .cache_size = cache_size };
	struct dns_settings dns_settings = { .n_servers = 1 };
	struct enum_source source;
	struct addr addr;

	uv_loop_init(&bench->loop);
	if (addr_parse(str_of(server), DNS_PORT, &addr) != 0)
		exit(2);
	dns_settings.servers = &addr;
	dns_name_parse(str_of("e164.arpa"), &tree.suffix);
	enum_services_parse(str_of("sip,pstn:sip,pstn:tel"), &tree.services);
	if (dns_new(&bench->loop, &dns_settings, &bench->dns) != 0)
		exit(1);
	source = enum_source_dns(bench->dns);
	if (enum_client_new(&bench->loop, &source, &settings, &bench->client) !=
	    0)
		exit(1);
}

static void
make_number(unsigned n, struct enum_number *number)
{
	char text[24];

	snprintf(text, sizeof(text), "+4920%09u", n);
	enum_number_parse(str_of(text), number);
}

/* The same number with other last digits, as from a message: no memory of the
 * caller's is looked for. */
static void
set_digits(unsigned n, struct enum_number *number)
{
	for (size_t i = 0; i < 9; i++) {
		number->digits[number->len - 1 - i] = (char)('0' + n % 10);
		n /= 10;
	}
}

/* An answer as of a server: one record with the number's own URI. */
static void
fill(struct bench *bench, unsigned n)
{
	uint8_t data[512];
	struct dns_message message;
	struct enum_name_key key;
	struct enum_number number;
	struct enum_set *set;
	struct dns_name suffix, name;
	struct wbuf w;
	char regexp[128];
	bool has_ttl;
	size_t len;

	make_number(n, &number);
	dns_name_parse(str_of("e164.arpa"), &suffix);
	enum_number_domain(&number, &suffix, &name);
	snprintf(regexp, sizeof(regexp), "!^.*$!sip:+4920%09u@gw.example.net!",
		 n);
	len = strlen(regexp);
	wbuf_init(&w, data, sizeof(data));
	wbuf_bytes(&w, "\0\0\205\200\0\1\0\1\0\0\0\0", 12);
	wbuf_bytes(&w, name.wire, name.len);
	wbuf_bytes(&w, "\0\043\0\1\300\014\0\043\0\1\0\0\016\020", 14);
	wbuf_u16(&w, (uint16_t)(4 + 2 + 8 + 1 + len + 1));
	wbuf_bytes(&w, "\0\144\0\012\1u\7E2U+sip", 14);
	wbuf_u8(&w, (uint8_t)len);
	wbuf_bytes(&w, regexp, len);
	wbuf_u8(&w, 0);
	if (dns_message_parse(data, w.len, &message) != 0 ||
	    enum_set_make(&message, &set, &has_ttl) != 0)
		exit(1);
	enum_cache_key(&bench->client->cache, 0, &name, &key);
	enum_cache_put(&bench->client->cache, &key, set, wheel_now_ms(), 3600);
	enum_set_unref(set);
}

/* A million numbers in memory, and look-ups of them. */
static void
run_memory(struct bench *bench, unsigned n)
{
	static struct enum_answer answer;
	struct enum_number number;
	struct enum_counters counters;
	unsigned n_found = 0, seed = 1;
	int64_t began_us;
	long before_kb;

	before_kb = resident_kb();
	for (unsigned i = 0; i < n; i++)
		fill(bench, i);
	enum_counters(bench->client, &counters);
	printf("%zu numbers: %ld MB resident, %zu MB counted, %ld octets "
	       "each\n",
	       counters.n_sets, (resident_kb() - before_kb) / 1024,
	       counters.cache_size >> 20,
	       (resident_kb() - before_kb) * 1024 / (long)n);
	began_us = cpu_us();
	make_number(0, &number);
	for (unsigned i = 0; i < 2000000; i++) {
		set_digits(i % 16, &number);
		n_found += enum_cached(bench->client, &number, &answer);
	}
	printf("from memory, 16 numbers: %" PRId64 " ns of CPU each\n",
	       (cpu_us() - began_us) / 2000);
	began_us = cpu_us();
	for (unsigned i = 0; i < 2000000; i++) {
		set_digits((unsigned)rand_r(&seed) % n, &number);
		n_found += enum_cached(bench->client, &number, &answer);
	}
	printf("from memory, any of %u: %" PRId64 " ns of CPU each\n", n,
	       (cpu_us() - began_us) / 2000);
	if (n_found != 4000000)
		printf("only %u found\n", n_found);
}

static void start_next(struct bench *bench);

static void
on_done(void *arg, const struct enum_answer *answer)
{
	struct bench *bench = arg;

	uv_stop(&bench->loop);
	bench->n_running--;
	bench->n_outcomes[answer->outcome]++;
	start_next(bench);
}

static void
start_next(struct bench *bench)
{
	struct enum_number number;
	struct enum_lookup *lookup;

	while (bench->n_started < bench->n_wanted &&
	       bench->n_running < AT_A_TIME) {
		make_number(bench->n_started++, &number);
		if (enum_start(bench->client, &number, NULL, on_done, bench,
			       &lookup) != 0)
			exit(1);
		bench->n_running++;
	}
}

static void
print_outcomes(const struct bench *bench)
{
	for (int i = 0; i < ENUM_N_OUTCOMES; i++) {
		if (bench->n_outcomes[i] > 0)
			printf("  %s %u",
			       enum_outcome_text((enum enum_outcome)i),
			       bench->n_outcomes[i]);
	}
	printf("\n");
}

/* Every number once, AT_A_TIME under way. */
static void
run_network(struct bench *bench, unsigned n)
{
	int64_t began_us = now_us(), cpu = cpu_us(), took_us;

	bench->n_wanted = n;
	start_next(bench);
	while (bench->n_running > 0)
		uv_run(&bench->loop, UV_RUN_ONCE);
	took_us = now_us() - began_us;
	cpu = cpu_us() - cpu;
	printf("%u look-ups: %" PRId64 " per second, %" PRId64 ".%02" PRId64
	       " us of CPU each, %" PRId64 " per second and core;",
	       n, (int64_t)n * 1000000 / took_us, cpu / n, cpu * 100 / n % 100,
	       (int64_t)n * 1000000 / cpu);
	print_outcomes(bench);
}

/* One call of many at a rate. */
struct call {
	struct bench *bench;
	unsigned index;
};

static void
on_call_done(void *arg, const struct enum_answer *answer)
{
	struct call *call = arg;

	uv_stop(&call->bench->loop);
	call->bench->n_running--;
	call->bench->n_outcomes[answer->outcome]++;
	call->bench->latency_us[call->index] = answer->latency_us;
	free(call);
}

static void
start_call(struct bench *bench)
{
	struct call *call = calloc(1, sizeof(*call));
	struct enum_number number;
	struct enum_lookup *lookup;

	call->bench = bench;
	call->index = bench->n_started++;
	make_number(call->index, &number);
	if (enum_start(bench->client, &number, NULL, on_call_done, call,
		       &lookup) != 0)
		exit(1);
	bench->n_running++;
}

static void
on_pace(uv_timer_t *timer)
{
	struct bench *bench = timer->data;
	int64_t due = (now_us() - bench->started_us) / 2000; /* 500 a second */

	while (bench->n_started < bench->n_wanted && bench->n_started < due)
		start_call(bench);
	if (bench->n_started == bench->n_wanted)
		uv_timer_stop(timer);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
print_calls(const char *what, int64_t *latency_us, unsigned n)
{
	if (n == 0)
		return;
	qsort(latency_us, n, sizeof(*latency_us), compare);
	printf("%s: %u calls, median %" PRId64 ", 99 %% %" PRId64
	       ", longest %" PRId64 " us\n",
	       what, n, latency_us[n / 2], latency_us[n * 99 / 100],
	       latency_us[n - 1]);
}

/* 500 calls a second while the server is dead. */
static void
run_dead(struct bench *bench, unsigned n)
{
	unsigned n_first = 0;

	bench->latency_us = calloc(n, sizeof(*bench->latency_us));
	bench->n_wanted = n;
	bench->started_us = now_us();
	uv_timer_init(&bench->loop, &bench->pace);
	bench->pace.data = bench;
	uv_timer_start(&bench->pace, on_pace, 1, 1);
	while (bench->n_started < n || bench->n_running > 0)
		uv_run(&bench->loop, UV_RUN_ONCE);
	/* The first calls end with the first one that costs nothing. */
	while (n_first < n && bench->latency_us[n_first] > 20000)
		n_first++;
	print_calls("before the breaker opens", bench->latency_us, n_first);
	print_calls("after that", bench->latency_us + n_first, n - n_first);
	print_outcomes(bench);
	free(bench->latency_us);
	uv_close((uv_handle_t *)&bench->pace, NULL);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	const char *mode = argc > 1 ? argv[1] : "";
	const char *server = argc > 2 ? argv[2] : "127.0.0.1";
	unsigned n = argc > 3 ? (unsigned)atoi(argv[3]) : 0;

	if (strcmp(mode, "memory") == 0) {
		open_client(&bench, server, (size_t)1 << 30);
		run_memory(&bench, n > 0 ? n : 1000000);
	} else if (strcmp(mode, "network") == 0) {
		open_client(&bench, server, 1);
		run_network(&bench, n > 0 ? n : 200000);
	} else if (strcmp(mode, "dead") == 0) {
		open_client(&bench, server, 1);
		run_dead(&bench, n > 0 && n < MAX_CALLS ? n : 2500);
	} else {
		fprintf(stderr,
			"usage: enum memory|network|dead [SERVER [N]]\n");
		return 2;
	}
	enum_client_close(bench.client);
	dns_close(bench.dns);
	uv_run(&bench.loop, UV_RUN_DEFAULT);
	return 0;
}
