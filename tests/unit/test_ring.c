/* test_ring.c - one producer, one consumer */
#include "base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N_ITEMS 200000

static void
items_come_out_in_order(void)
{
	int items[8];
	struct ring *ring;

	if (!OK(ring_new(8, &ring)))
		return;
	CHECK(ring_pop(ring) == NULL);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 5; i++)
			CHECK(ring_push(ring, &items[i]));
		for (int i = 0; i < 5; i++)
			CHECK(ring_pop(ring) == &items[i]);
		CHECK(ring_pop(ring) == NULL);
	}
	ring_free(ring);
	ring_free(NULL);
}

static void
a_full_ring_refuses(void)
{
	static const struct {
		size_t asked, room;
	} rows[] = { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 3, 4 }, { 100, 128 } };
	struct ring *ring;
	int item, late;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!OK(ring_new(rows[i].asked, &ring)))
			return;
		for (size_t n = 0; n < rows[i].room; n++)
			CHECK(ring_push(ring, &item));
		CHECK(!ring_push(ring, &late));
		CHECK(ring_pop(ring) == &item);
		CHECK(ring_push(ring, &late));
		CHECK(!ring_push(ring, &late));
		ring_free(ring);
	}
	CHECK(ring_new(SIZE_MAX, &ring) == ERR_NOMEM);
	CHECK(ring_new(SIZE_MAX / sizeof(void *), &ring) == ERR_NOMEM);
}

static int numbers[N_ITEMS];

static void *
produce(void *arg)
{
	struct ring *ring = arg;

	for (int i = 0; i < N_ITEMS; i++) {
		numbers[i] = i;
		while (!ring_push(ring, &numbers[i]))
			sched_yield();
	}
	return NULL;
}

static void
nothing_is_lost_between_threads(void)
{
	pthread_t producer;
	struct ring *ring;
	int n_wrong = 0;

	if (!OK(ring_new(64, &ring)))
		return;
	if (CHECK(pthread_create(&producer, NULL, produce, ring) == 0)) {
		for (int i = 0; i < N_ITEMS; i++) {
			const int *item;

			while ((item = ring_pop(ring)) == NULL)
				sched_yield();
			n_wrong += *item != i;
		}
		pthread_join(producer, NULL);
		CHECK(n_wrong == 0);
		CHECK(ring_pop(ring) == NULL);
	}
	ring_free(ring);
}

static const struct test tests[] = {
	{ "items come out in order", items_come_out_in_order, false },
	{ "a full ring refuses", a_full_ring_refuses, false },
	{ "nothing is lost between threads", nothing_is_lost_between_threads,
	  false },
};

const struct test_suite suite_ring = TEST_SUITE("ring", tests);
