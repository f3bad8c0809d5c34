/* test_pool.c - blocks of many sizes, and the memory under them */
#include "base/pool.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/unit/harness.h"

#define MANY 70000 /* of 64 bytes: more than a chunk holds */

struct block {
	unsigned char *p;
	size_t size;
};

static bool
take(struct pool *pool, struct block *block, size_t size, unsigned mark)
{
	block->size = size;
	block->p = pool_take(pool, size);
	if (block->p == NULL)
		return false;
	memset(block->p, (int)(mark & 0xff), size);
	return true;
}

static bool
is_whole(const struct block *block, unsigned mark)
{
	for (size_t i = 0; i < block->size; i++) {
		if (block->p[i] != (mark & 0xff))
			return false;
	}
	return true;
}

static void
blocks_of_all_sizes_keep_what_is_in_them(void)
{
	static const size_t sizes[] = { 0,   1,	   63,	 64,   65,   200,
					700, 1400, 4096, 4097, 9000, 65507 };
	struct block blocks[4 * sizeof(sizes) / sizeof(sizes[0])] = { 0 };
	size_t n = sizeof(blocks) / sizeof(blocks[0]);

	for (int watched = 0; watched < 2; watched++) {
		struct pool *pool;
		bool got_all = true;

		if (!OK(pool_new(watched == 1, &pool)))
			return;
		for (size_t i = 0; i < n; i++)
			got_all &= take(pool, &blocks[i], sizes[i / 4],
					(unsigned)i);
		CHECK(got_all);
		for (size_t i = 0; i < n; i++) {
			bool good = blocks[i].p == NULL ||
				    (is_whole(&blocks[i], (unsigned)i) &&
				     (uintptr_t)blocks[i].p % 16 == 0);

			CHECK(good);
			pool_give(pool, blocks[i].p, blocks[i].size);
		}
		pool_give(pool, NULL, 64);
		pool_free(pool);
	}
}

static void
a_block_given_back_is_the_next_one_taken(void)
{
	struct pool *pool;
	void *first, *again;

	if (!OK(pool_new(false, &pool)))
		return;
	first = pool_take(pool, 100);
	pool_give(pool, first, 100);
	again = pool_take(pool, 128);
	CHECK(again != NULL && again == first);
	pool_give(pool, again, 128);
	pool_free(pool);
}

static size_t
take_many(struct pool *pool, struct block *blocks, size_t n, size_t size)
{
	size_t got = 0;

	while (got < n && take(pool, &blocks[got], size, (unsigned)got))
		got++;
	return got;
}

static void
give_many(struct pool *pool, struct block *blocks, size_t n)
{
	/* every other one first, so that slabs are half full for a while */
	for (size_t i = 0; i < n; i += 2)
		pool_give(pool, blocks[i].p, blocks[i].size);
	for (size_t i = 1; i < n; i += 2)
		pool_give(pool, blocks[i].p, blocks[i].size);
}

/* 70,000 blocks of 64 bytes are 4.5 MB: 3 chunks. What they took serves 1,000 of
 * 4,096 bytes, which are less, without a new allocation. */
static void
memory_of_one_size_serves_another(void)
{
	struct block *blocks = mem_zalloc(MANY, sizeof(*blocks));
	struct pool *pool;
	size_t got;

	if (!CHECK(blocks != NULL) || !OK(pool_new(false, &pool))) {
		mem_free(blocks);
		return;
	}
	got = take_many(pool, blocks, MANY, 64);
	if (CHECK(got == MANY)) {
		bool whole = true;

		for (size_t i = 0; i < got; i++)
			whole &= is_whole(&blocks[i], (unsigned)i);
		CHECK(whole);
	}
	give_many(pool, blocks, got);
	if (got == MANY && !test_starved()) {
		alloc_fail_after(0);
		got = take_many(pool, blocks, 1000, 4096);
		alloc_fail_after(-1);
		CHECK(got == 1000);
		give_many(pool, blocks, got);
	}
	pool_free(pool);
	mem_free(blocks);
}

static const struct test tests[] = {
	{ "blocks of all sizes keep what is in them",
	  blocks_of_all_sizes_keep_what_is_in_them, false },
	{ "a block given back is the next one taken",
	  a_block_given_back_is_the_next_one_taken, false },
	{ "memory of one size serves another", memory_of_one_size_serves_another,
	  true },
};

const struct test_suite suite_pool = TEST_SUITE("pool", tests);
