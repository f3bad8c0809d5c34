/*
 * ship.c - how fast events go into the journal, and records into the store
 *
 *	bench/ship STORE-URL DIRECTORY CALLS [APART]
 *
 * Writes the events of so many calls (start with attempt, stop) into a journal, the
 * stop so many calls later than the start (0), with
 * a sync every 50 ms as the daemon's, then ships them all and says how many
 * records (calls and attempts) a second the store took. The store is made by
 * lcrdb init; the directory must be empty.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "acct/event.h"
#include "acct/journal.h"
#include "acct/shipper.h"
#include "base/err.h"

#define EVENTS_PER_COMMIT 20
#define SYNC_US 50000

struct bench {
	struct journal *journal;
	struct clock clock;
	time_us began;
	_Atomic bool ended;
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "bench/ship: %s: %s\n", what, why);
	exit(1);
}

static double
cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
add(struct bench *bench, const struct event *event)
{
	uint8_t bytes[EVENT_MAX];
	struct wbuf w;

	wbuf_init(&w, bytes, sizeof(bytes));
	event_encode(&w, event);
	if (w.err != 0 || journal_add(bench->journal, bytes, w.len) != 0)
		die("event", "refused");
}

static void
fill_call(struct cdr *cdr, const struct bench *bench, const char *call_id, int i)
{
	cdr->setup_time = bench->began + (int64_t)i * 1000;
	cdr->call_id = call_id;
	cdr->from_tag = "9fxced76sl";
	cdr->to_tag = "314159";
	cdr->account = "acme";
	cdr->carrier = "blue";
	cdr->gateway = "blue1";
	cdr->hop = 1;
	cdr->generation = 7;
	cdr->answer_time = cdr->setup_time + 3 * US_PER_S;
	cdr->sip_code = 200;
	cdr->token = "valid";
}

static void
name_call(int i, char call_id[40])
{
	snprintf(call_id, 40, "%d-2890844526@192.0.2.1", i);
}

static void
add_start(struct bench *bench, int i)
{
	char call_id[40];
	struct event event;

	name_call(i, call_id);
	event_init(&event, EVENT_START);
	fill_call(&event.cdr, bench, call_id, i);
	event.cdr.node = "bench";
	event.cdr.source = "192.0.2.1:5060";
	event.cdr.caller = event.cdr.caller_asserted = "+49891234567";
	event.cdr.dialled = event.cdr.number = "493012345678";
	event.cdr.destination_class = "national";
	event.cdr.route_source = "static";
	event.cdr.matched_prefix = "4930";
	event.cdr.pdd_us = US_PER_S;
	event_add_attempt(&event);
	event.attempt.target = "198.51.100.7:5060";
	event.attempt.start_time = event.cdr.setup_time + 100;
	event.attempt.end_us = 3 * US_PER_S;
	event.attempt.outcome = "answered";
	event.attempt.rate_row = "blue/4930";
	add(bench, &event);
}

static void
add_stop(struct bench *bench, int i)
{
	char call_id[40];
	struct event event;

	name_call(i, call_id);
	event_init(&event, EVENT_STOP);
	fill_call(&event.cdr, bench, call_id, i);
	event.cdr.end_time = event.cdr.answer_time + 60 * US_PER_S;
	event.cdr.end_source = "caller";
	event.cdr.q850_cause = 16;
	add(bench, &event);
}

static void *
sync_often(void *arg)
{
	struct bench *bench = arg;

	while (!atomic_load(&bench->ended)) {
		usleep(SYNC_US);
		journal_sync(bench->journal);
	}
	return NULL;
}

static void
report(const char *what, int n, const char *of, time_us took, double cpu)
{
	printf("%-8s %9.0f %s/s  %6.2f s  %5.2f us CPU each\n", what,
	       n * 1e6 / (double)took, of, (double)took / 1e6, cpu * 1e6 / n);
}

static void
write_all(struct bench *bench, const char *directory, int calls, int apart)
{
	const struct journal_settings settings = { .directory = directory,
						   .node = "bench" };
	double cpu = cpu_s();
	pthread_t syncer;

	if (journal_open(&settings, NULL, &bench->journal) != 0)
		die(directory, "no journal can be opened");
	pthread_create(&syncer, NULL, sync_often, bench);
	for (int i = 0; i < calls + apart; i++) {
		if (i < calls)
			add_start(bench, i);
		if (i >= apart)
			add_stop(bench, i - apart);
		if (i % (EVENTS_PER_COMMIT / 2) == 0 &&
		    journal_commit(bench->journal) != 0)
			die(directory, "cannot be written");
	}
	journal_commit(bench->journal);
	atomic_store(&bench->ended, true);
	pthread_join(syncer, NULL);
	journal_close(bench->journal);
	report("journal", 2 * calls, "events",
	       clock_wall(&bench->clock) - bench->began, cpu_s() - cpu);
}

static void
ship_all(struct bench *bench, const char *url, const char *directory, int calls)
{
	const struct shipper_settings settings = { .directory = directory };
	char error[STORE_ERROR_MAX];
	struct shipper *shipper;
	struct store *store;
	double cpu;
	time_us began;
	size_t n = 1;
	int err = 0;

	if (store_open(url, 0, &store, error) != 0)
		die("store", error);
	if (shipper_new(&settings, NULL, &shipper) != 0)
		die("shipper", "out of memory");
	cpu = cpu_s();
	began = clock_wall(&bench->clock);
	while (err == 0 && n > 0)
		err = shipper_run(shipper, store, &n);
	if (err != 0)
		die("store", store_error(store));
	report("shipping", 2 * calls, "records",
	       clock_wall(&bench->clock) - began, cpu_s() - cpu);
	shipper_free(shipper);
	store_close(store);
}

int
main(int argc, char **argv)
{
	struct bench bench = { 0 };
	int calls = argc >= 4 ? atoi(argv[3]) : 0;
	int apart = argc == 5 ? atoi(argv[4]) : 0;

	if (calls < 1 || apart < 0 || argc > 5)
		die("usage", "bench/ship STORE-URL DIRECTORY CALLS [APART]");
	clock_init_system(&bench.clock);
	bench.began = clock_wall(&bench.clock);
	write_all(&bench, argv[2], calls, apart);
	ship_all(&bench, argv[1], argv[2], calls);
	return 0;
}
