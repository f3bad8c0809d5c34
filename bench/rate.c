/*
 * rate.c - how many call records are priced in a second of CPU, in memory
 *
 * Usage: rate STORE [CALLS]     prices and records come from the store first
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/rate.h"

struct record {
	char account[24], carrier[24], number[24];
	time_us answer;
	int64_t duration_us;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
fail(const char *what)
{
	fprintf(stderr, "rate: %s\n", what);
	return 1;
}

static size_t
load_records(struct store *store, struct record *records, size_t max)
{
	struct store_stmt *stmt;
	size_t n = 0;

	if (store_prepare(store,
			  "SELECT account, carrier, number, answer_time,"
			  " duration_us FROM cdr WHERE duration_us IS NOT NULL",
			  &stmt) != 0)
		return 0;
	if (store_start(stmt, NULL, 0) == 0) {
		while (n < max && store_next(stmt) == 0) {
			struct record *record = &records[n++];

			(void)str_copy(store_col_text(stmt, 0),
				       record->account, 24);
			(void)str_copy(store_col_text(stmt, 1),
				       record->carrier, 24);
			(void)str_copy(store_col_text(stmt, 2), record->number,
				       24);
			record->answer = store_col_time(stmt, 3);
			record->duration_us = store_col_int(stmt, 4);
		}
	}
	store_finish(stmt);
	return n;
}

static void
price_all(const struct pricebook *book, const struct parties *parties,
	  const struct record *records, size_t n)
{
	static struct charge charge;
	money_e8 sum = 0;
	size_t priced = 0;
	double start = now(), took;

	for (size_t i = 0; i < n; i++) {
		const struct record *record = &records[i];
		const struct rate_call call = {
			.account = str_of(record->account),
			.carrier = str_of(record->carrier),
			.number = str_of(record->number),
			.route_source = str_of("static"),
			.answer = record->answer,
			.duration_us = record->duration_us,
		};
		struct rating rating;

		rate_call(book, parties, &call, &charge, &rating);
		sum += rating.margin;
		priced += rating.has_margin;
	}
	took = now() - start;
	printf("%zu records, both sides, %zu prices: %.0f a second (%zu with a "
	       "margin, sum %lld)\n",
	       n, pricebook_n_rates(book), (double)n / took, priced,
	       (long long)sum);
}

int
main(int argc, char **argv)
{
	size_t max = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	struct record *records = mem_zalloc(max, sizeof(*records));
	char error[STORE_ERROR_MAX] = "out of memory";
	struct pricebook *book = NULL;
	struct parties parties;
	struct store *store;
	size_t n;

	if (argc < 2)
		return fail("usage: rate STORE [CALLS]");
	if (records == NULL ||
	    store_open(argv[1], STORE_READ_ONLY, &store, error) != 0 ||
	    pricebook_load(store, &book, error) != 0 ||
	    parties_load(&parties, store, book, error) != 0)
		return fail(error);
	n = load_records(store, records, max);
	for (int i = 0; i < 3; i++)
		price_all(book, &parties, records, n);
	parties_fini(&parties);
	pricebook_free(book);
	store_close(store);
	mem_free(records);
	return 0;
}
