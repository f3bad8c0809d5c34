/*
 * route.c - how long a snapshot takes to load, what it holds, and what a
 * look-up and a whole decision cost
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "route/plan.h"

#define N_NUMBERS 65536
#define N_DECISIONS 400000

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int64_t
thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* A line of /proc/self/status in KB. */
static long
status_kb(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kb = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0)
			kb = atol(line + strlen(name) + 1);
	}
	if (file != NULL)
		fclose(file);
	return kb;
}

static void
make_numbers(struct number *numbers)
{
	unsigned seed = 1;

	for (size_t i = 0; i < N_NUMBERS; i++) {
		char text[16];

		for (int k = 0; k < 12; k++)
			text[k] = (char)('0' + rand_r(&seed) % 10);
		text[0] = (char)('2' + rand_r(&seed) % 8);
		number_parse(str_make(text, 12), &numbers[i]);
	}
}

static int
by_value(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
bench_lookups(const struct pricebook *book, const struct number *numbers,
	      time_us at)
{
	uint32_t n = (uint32_t)pricebook_n_tariffs(book);
	struct price_match match;
	size_t found = 0;
	int64_t start = now_ns();

	for (uint32_t i = 0; i < N_DECISIONS; i++)
		found += pricebook_find(book, i % n,
					&numbers[i % N_NUMBERS], at,
					&match) == 0;
	printf("look-ups: %lld ns each (one tariff), %.0f per second, %zu of "
	       "%d found\n",
	       (long long)((now_ns() - start) / N_DECISIONS),
	       N_DECISIONS * 1e9 / (double)(now_ns() - start), found,
	       N_DECISIONS);
}

static void
bench_decisions(const struct snapshot *snapshot, const struct number *numbers,
		time_us at)
{
	static char first[262144];
	static int32_t took[N_DECISIONS];
	struct plan_query query = { .at = at, .max_hops = 8, .only_hops = true };
	struct arena arena;
	size_t hops = 0;

	query.account = snapshot_account_by_name(snapshot, str_of("bench"));
	arena_init(&arena, first, sizeof(first), 0);
	for (size_t i = 0; i < N_DECISIONS; i++) {
		struct plan plan;
		int64_t start = now_ns();

		query.number = numbers[i % N_NUMBERS];
		if (plan_make(snapshot, &query, &arena, &plan) == 0)
			hops += plan.n_hops;
		arena_reset(&arena);
		took[i] = (int32_t)(now_ns() - start);
	}
	qsort(took, N_DECISIONS, sizeof(took[0]), by_value);
	printf("decisions (%zu carriers): median %d ns, 99%% %d ns, %.1f hops "
	       "each\n",
	       snapshot_n_carriers(snapshot), took[N_DECISIONS / 2],
	       took[N_DECISIONS / 100 * 99], (double)hops / N_DECISIONS);
	arena_fini(&arena);
}

/* A second generation beside the first, as while a daemon reloads. */
static int
bench_second(struct store *store, const struct snapshot_settings *settings,
	     long before)
{
	struct snapshot *second;
	char error[STORE_ERROR_MAX];
	int64_t start;
	int err;

	start = now_ns();
	err = snapshot_load(store, settings, 2, NULL, &second, error);
	if (err != 0) {
		fprintf(stderr, "route: %s\n", error);
		return err;
	}
	printf("a second generation beside it: loaded in %.2f s, %ld MB more "
	       "resident for both, %ld MB more at the peak, prices_checksum "
	       "%016llx\n",
	       (double)(now_ns() - start) / 1e9,
	       (status_kb("VmRSS:") - before) / 1024,
	       (status_kb("VmHWM:") - before) / 1024,
	       (unsigned long long)snapshot_report(second)->prices.checksum);
	start = thread_ns();
	snapshot_unref(second);
	printf("its last reference given up in %.2f ms of the thread's time\n",
	       (double)(thread_ns() - start) / 1e6);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct number numbers[N_NUMBERS];
	struct snapshot_settings settings = { 0 };
	struct snapshot *snapshot;
	struct store *store;
	char error[STORE_ERROR_MAX];
	long before, loaded, peak;
	int64_t start;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: route STORE_URL\n");
		return 2;
	}
	err = gateway_states_new(&settings.states);
	if (err == 0)
		err = store_open(argv[1], STORE_READ_ONLY, &store, error);
	if (err != 0) {
		fprintf(stderr, "route: %s\n", error);
		return 1;
	}
	before = status_kb("VmRSS:");
	start = now_ns();
	err = snapshot_load(store, &settings, 1, NULL, &snapshot, error);
	if (err != 0) {
		fprintf(stderr, "route: %s\n", error);
		return 1;
	}
	loaded = status_kb("VmRSS:");
	peak = status_kb("VmHWM:");
	printf("%zu rates in %zu tariffs: loaded in %.2f s, %.1f MB in the "
	       "book, %ld MB more resident, %ld MB more at the peak\n",
	       snapshot_report(snapshot)->rates,
	       snapshot_report(snapshot)->tariffs,
	       (double)(now_ns() - start) / 1e9,
	       (double)pricebook_bytes(snapshot_prices(snapshot)) / 1e6,
	       (loaded - before) / 1024, (peak - before) / 1024);
	if (bench_second(store, &settings, before) != 0)
		return 1;
	make_numbers(numbers);
	bench_lookups(snapshot_prices(snapshot), numbers,
		      INT64_C(1790000000) * US_PER_S);
	bench_decisions(snapshot, numbers, INT64_C(1790000000) * US_PER_S);
	snapshot_unref(snapshot);
	store_close(store);
	gateway_states_free(settings.states);
	return 0;
}
