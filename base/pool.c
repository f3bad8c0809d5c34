/*
 * pool.c - slabs of equal blocks in chunks
 *
 * A chunk lies at an address that is a multiple of its size, so that a block's
 * address tells its chunk and slab. The heads of its slabs lie together at its
 * beginning: a few cache lines and one page, not one of each per slab.
 */
#include "base/pool.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define CHUNK_BYTES ((size_t)2 << 20)
#define SLAB_BYTES ((size_t)64 << 10)
#define N_SLABS (CHUNK_BYTES / SLAB_BYTES)
#define STEP 64 /* blocks are multiples of a cache line */
#define BLOCK_MAX ((size_t)4096) /* larger ones are the heap's */
#define N_CLASSES (BLOCK_MAX / STEP + 1)

/* The beginning of a block that is free. */
struct spare {
	struct spare *next;
};

struct slab {
	struct slab *next, **link; /* in the list of its class, or of none */
	struct spare *spares;	   /* blocks that were given back */
	uint32_t fresh, end;	   /* offsets in the chunk: never given out */
	uint32_t n_taken;
	uint32_t block_size;	   /* 0: of no class */
};

struct chunk {
	struct slab slabs[N_SLABS];
};

struct pool {
	bool watched;
	struct slab *empty;		 /* of no class */
	struct slab *with_room[N_CLASSES]; /* by block_size / STEP */
	struct chunk **chunks;
	size_t n_chunks, cap_chunks;
};

_Static_assert(sizeof(struct chunk) < SLAB_BYTES / 2, "heads leave room");

static struct chunk *
chunk_of(const void *at)
{
	return (struct chunk *)((uintptr_t)at & ~(uintptr_t)(CHUNK_BYTES - 1));
}

static void
push(struct slab **list, struct slab *slab)
{
	slab->next = *list;
	slab->link = list;
	if (slab->next != NULL)
		slab->next->link = &slab->next;
	*list = slab;
}

static void
unlink_slab(struct slab *slab)
{
	*slab->link = slab->next;
	if (slab->next != NULL)
		slab->next->link = slab->link;
	slab->next = NULL;
	slab->link = NULL;
}

int
pool_new(bool watched, struct pool **out)
{
	struct pool *pool = mem_zalloc(1, sizeof(*pool));

	if (pool == NULL)
		return ERR_NOMEM;
	pool->watched = watched;
	*out = pool;
	return 0;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->n_chunks; i++)
		mem_free(pool->chunks[i]);
	mem_free(pool->chunks);
	mem_free(pool);
}

static int
add_chunk(struct pool *pool)
{
	struct chunk *chunk;

	if (mem_grow((void **)&pool->chunks, &pool->cap_chunks, pool->n_chunks,
		     sizeof(struct chunk *)) != 0)
		return ERR_NOMEM;
	chunk = mem_alloc_aligned(CHUNK_BYTES);
	if (chunk == NULL)
		return ERR_NOMEM;
	pool->chunks[pool->n_chunks++] = chunk;
	for (size_t i = N_SLABS; i-- > 0;) {
		chunk->slabs[i] = (struct slab){ .block_size = 0 };
		push(&pool->empty, &chunk->slabs[i]);
	}
	return 0;
}

/* An empty slab becomes one of blocks of this size. */
static struct slab *
open_slab(struct pool *pool, size_t block_size)
{
	struct slab *slab;
	size_t index;

	if (pool->empty == NULL && add_chunk(pool) != 0)
		return NULL;
	slab = pool->empty;
	unlink_slab(slab);
	index = (size_t)(slab - chunk_of(slab)->slabs);
	slab->spares = NULL;
	slab->block_size = (uint32_t)block_size;
	slab->fresh = (uint32_t)(index > 0 ? index * SLAB_BYTES
					   : sizeof(struct chunk));
	slab->end = (uint32_t)((index + 1) * SLAB_BYTES);
	push(&pool->with_room[block_size / STEP], slab);
	return slab;
}

static bool
has_room(const struct slab *slab)
{
	return slab->spares != NULL ||
	       slab->end - slab->fresh >= slab->block_size;
}

static void *
take_block(struct slab *slab)
{
	struct spare *spare = slab->spares;

	slab->n_taken++;
	if (spare != NULL) {
		slab->spares = spare->next;
		return spare;
	}
	slab->fresh += slab->block_size;
	return (char *)chunk_of(slab) + slab->fresh - slab->block_size;
}

void *
pool_take(struct pool *pool, size_t size)
{
	size_t block_size = (size + STEP - 1) / STEP * STEP;
	struct slab *slab;
	void *block;

	if (pool->watched || size == 0 || size > BLOCK_MAX)
		return mem_alloc(size);
	slab = pool->with_room[block_size / STEP];
	if (slab == NULL)
		slab = open_slab(pool, block_size);
	if (slab == NULL)
		return NULL;
	block = take_block(slab);
	if (!has_room(slab))
		unlink_slab(slab);
	return block;
}

void *
pool_take_zeroed(struct pool *pool, size_t size)
{
	void *block = pool_take(pool, size);

	if (block != NULL)
		memset(block, 0, size);
	return block;
}

/* Whether it is the only one of its class that has room. It stays, even empty:
 * else a block that comes and goes would open and close it. */
static bool
is_only(const struct pool *pool, const struct slab *slab)
{
	return slab->next == NULL &&
	       pool->with_room[slab->block_size / STEP] == slab;
}

void
pool_give(struct pool *pool, void *block, size_t size)
{
	struct spare *spare = block;
	struct slab *slab;

	if (block == NULL || pool->watched || size == 0 || size > BLOCK_MAX) {
		mem_free(block);
		return;
	}
	slab = &chunk_of(block)->slabs[(uintptr_t)block % CHUNK_BYTES /
				       SLAB_BYTES];
	spare->next = slab->spares;
	slab->spares = spare;
	slab->n_taken--;
	if (slab->link == NULL) /* it was full */
		push(&pool->with_room[slab->block_size / STEP], slab);
	if (slab->n_taken > 0 || is_only(pool, slab))
		return;
	unlink_slab(slab);
	slab->block_size = 0;
	push(&pool->empty, slab);
}
