/*
 * pool.h - many small blocks of one thread, close together
 *
 * For what a worker keeps of each call for half a minute: at thousands of calls
 * a second the heap would ask the system for one more page every moment. Here
 * they are cut from chunks of 2 MiB. A block's place serves blocks of other
 * sizes again when all around it (64 KiB) are free; chunks stay with the pool,
 * which so takes what it took at its busiest. Huge pages were tried: to have
 * them cleared cost more than they saved.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

/* watched: each block comes from the heap (alloc.h), so that sanitizers see
 * what is done to it. 0 or ERR_NOMEM. */
int pool_new(bool watched, struct pool **out);
/* All blocks are gone with it; those of a watched one must have been freed. */
void pool_free(struct pool *pool);

/* A block of size bytes, aligned for anything; NULL when there is no memory. */
void *pool_take(struct pool *pool, size_t size);
/* The same, zeroed. */
void *pool_take_zeroed(struct pool *pool, size_t size);
/* size is what was asked for; block may be NULL. */
void pool_give(struct pool *pool, void *block, size_t size);

#endif
