/*
 * cdrs.c - a month of call records with the shape of real traffic, seeded
 *
 * Usage: cdrs STORE CALLS ACCOUNTS [SEED]     STORE has tariffs, rates, carriers
 *
 * Records come in the order of their beginnings, as they do from a proxy. Days of the week and hours have their usual shares, destinations and accounts
 * are few that have much and many that have little, durations are many short
 * and some long ones. Calls are of October 2026, answered, of the accounts
 * acct-00001 ...; numbers begin with prefixes of the table rates.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/bulk.h"
#include "db/store.h"

#define BEGIN_S INT64_C(1790805600) /* 2026-10-01 00:00 in Berlin */
#define DAYS 31
#define FIRST_WEEKDAY 3 /* a Thursday; 0 = Monday */
#define BATCH 100000
#define MAX_PREFIXES 100000

/* Shares of the hours of a working day, and of the days of a week. */
static const double hours[24] = { 1,  1,  1,  1,  1,  2,  8,  25,
				  60, 90, 100, 98, 75, 80, 95, 98,
				  90, 75, 50, 40, 30, 20, 10, 3 };
static const double weekdays[7] = { 100, 105, 104, 102, 95, 35, 25 };

struct world {
	uint64_t state; /* of the random numbers */
	char (*prefixes)[20];
	size_t n_prefixes;
	char carriers[64][65];
	size_t n_carriers;
	double slots[DAYS * 24]; /* cumulated shares */
	size_t n_accounts;
	time_us *setups; /* in order */
};

/* xorshift64* */
static uint64_t
next(struct world *world)
{
	world->state ^= world->state >> 12;
	world->state ^= world->state << 25;
	world->state ^= world->state >> 27;
	return world->state * UINT64_C(2685821657736338717);
}

static double
chance(struct world *world)
{
	return (double)(next(world) >> 11) / 9007199254740992.0;
}

/* 0..n-1, the first ones much more often. */
static size_t
few_have_much(struct world *world, size_t n)
{
	double x = pow((double)n + 1, chance(world)) - 1;

	return (size_t)x < n ? (size_t)x : n - 1;
}

static int
fail(struct store *store, const char *what, int err)
{
	fprintf(stderr, "cdrs: %s: %s\n", what,
		err == ERR_DB ? store_error(store) : err_text(err));
	return 1;
}

static int
load_names(struct world *world, struct store *store)
{
	struct store_stmt *stmt;
	int err = store_prepare(store,
				"SELECT prefix FROM rates GROUP BY prefix"
				" ORDER BY count(*) DESC, prefix",
				&stmt);

	if (err == 0)
		err = store_start(stmt, NULL, 0);
	while (err == 0 && (err = store_next(stmt)) == 0 &&
	       world->n_prefixes < MAX_PREFIXES)
		(void)str_copy(store_col_text(stmt, 0),
			       world->prefixes[world->n_prefixes++], 20);
	store_finish(stmt);
	if (err != ERR_END && err != 0)
		return err;
	err = store_prepare(
	    store, "SELECT carrier FROM carriers ORDER BY carrier", &stmt);
	if (err == 0)
		err = store_start(stmt, NULL, 0);
	while (err == 0 && (err = store_next(stmt)) == 0 &&
	       world->n_carriers < 64)
		(void)str_copy(store_col_text(stmt, 0),
			       world->carriers[world->n_carriers++], 65);
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

static void
share_out(struct world *world)
{
	double sum = 0;

	for (int i = 0; i < DAYS * 24; i++) {
		sum += hours[i % 24] * weekdays[(i / 24 + FIRST_WEEKDAY) % 7];
		world->slots[i] = sum;
	}
}

/* An instant of the month. */
static time_us
make_time(struct world *world)
{
	double at = chance(world) * world->slots[DAYS * 24 - 1];
	int low = 0, high = DAYS * 24 - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (world->slots[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return (BEGIN_S + low * 3600) * US_PER_S +
	       (time_us)(next(world) % (3600 * (uint64_t)US_PER_S));
}

static int
compare_times(const void *a, const void *b)
{
	time_us x = *(const time_us *)a, y = *(const time_us *)b;

	return (x > y) - (x < y);
}

static int
make_times(struct world *world, uint64_t n)
{
	world->setups = mem_zalloc(n, sizeof(*world->setups));
	if (world->setups == NULL)
		return ERR_NOMEM;
	for (uint64_t i = 0; i < n; i++)
		world->setups[i] = make_time(world);
	qsort(world->setups, n, sizeof(*world->setups), compare_times);
	return 0;
}

/* A third is soon over, most last minutes, a few last hours. */
static int64_t
make_duration(struct world *world)
{
	double mean = chance(world) < 0.35 ? 18 : 190;
	double seconds = -mean * log(1 - chance(world));

	if (chance(world) < 0.002)
		seconds *= 20;
	return (int64_t)(seconds * 1e6) + 1;
}

static int
add_call(struct world *world, struct bulk *bulk, uint64_t i)
{
	char key[40], account[24], number[32], caller[24];
	time_us setup = world->setups[i];
	time_us answer = setup + 2000000 + (time_us)(next(world) % 9000000);
	const char *prefix =
	    world->prefixes[few_have_much(world, world->n_prefixes)];
	size_t a = few_have_much(world, world->n_accounts) + 1;
	const char *carrier = world->carriers[few_have_much(
	    world, world->n_carriers)];

	snprintf(key, sizeof(key), "%016llx%016llx",
		 (unsigned long long)next(world), (unsigned long long)i);
	snprintf(account, sizeof(account), "acct-%05zu", a);
	snprintf(number, sizeof(number), "%s%08llu", prefix,
		 (unsigned long long)(next(world) % 100000000));
	number[15] = '\0';
	snprintf(caller, sizeof(caller), "4930%07zu", a);
	{
		const struct store_value values[] = {
			store_text(key),     store_text("t"),
			store_text("bench"),
			store_text(account), store_text(caller),
			store_text(number),  store_text(number),
			store_text(carrier), store_text("static"),
			store_time(setup),   store_time(answer),
			store_time(answer + make_duration(world)),
			store_text("answered"),
			store_int(200),      store_int(answer - setup),
		};

		return bulk_row(bulk, values);
	}
}

static int
add_calls(struct world *world, struct store *store, uint64_t from, uint64_t n)
{
	static const struct bulk_column columns[] = {
		{ .name = "call_key", .type = STORE_TEXT },
		{ .name = "to_tag", .type = STORE_TEXT },
		{ .name = "node", .type = STORE_TEXT },
		{ .name = "account", .type = STORE_TEXT },
		{ .name = "caller", .type = STORE_TEXT },
		{ .name = "dialled", .type = STORE_TEXT },
		{ .name = "number", .type = STORE_TEXT },
		{ .name = "carrier", .type = STORE_TEXT },
		{ .name = "route_source", .type = STORE_TEXT },
		{ .name = "setup_time", .type = STORE_TIME },
		{ .name = "answer_time", .type = STORE_TIME },
		{ .name = "end_time", .type = STORE_TIME },
		{ .name = "status", .type = STORE_TEXT },
		{ .name = "sip_code", .type = STORE_INT },
		{ .name = "pdd_us", .type = STORE_INT },
	};
	struct bulk *bulk;
	int err = store_begin(store);

	if (err == 0)
		err = bulk_load_begin(store, "cdr", columns,
				      sizeof(columns) / sizeof(columns[0]),
				      &bulk);
	if (err != 0)
		return err;
	for (uint64_t i = 0; i < n && err == 0; i++)
		err = add_call(world, bulk, from + i);
	if (err == 0)
		err = bulk_end(bulk);
	return err == 0 ? store_commit(store) : err;
}

int
main(int argc, char **argv)
{
	struct world world = { .state = 88172645463325252u };
	char error[STORE_ERROR_MAX];
	struct store *store;
	uint64_t n, done = 0;
	int err;

	if (argc < 4) {
		fputs("usage: cdrs STORE CALLS ACCOUNTS [SEED]\n", stderr);
		return 2;
	}
	n = strtoull(argv[2], NULL, 10);
	world.n_accounts = strtoull(argv[3], NULL, 10);
	world.state += argc > 4 ? strtoull(argv[4], NULL, 10) * 7919 : 0;
	world.prefixes = mem_zalloc(MAX_PREFIXES, 20);
	if (world.prefixes == NULL || store_open(argv[1], 0, &store, error) != 0)
		return fail(NULL, error, ERR_IO);
	err = load_names(&world, store);
	if (err != 0 || world.n_prefixes == 0 || world.n_carriers == 0)
		return fail(store, "prices and carriers", err);
	share_out(&world);
	err = make_times(&world, n);
	while (done < n && err == 0) {
		uint64_t batch = n - done < BATCH ? n - done : BATCH;

		err = add_calls(&world, store, done, batch);
		done += batch;
	}
	if (err != 0)
		return fail(store, "call records", err);
	store_close(store);
	mem_free(world.setups);
	mem_free(world.prefixes);
	return 0;
}
