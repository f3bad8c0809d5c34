/*
 * arena.h - memory that goes all at once
 *
 * For what lives as long as one message or one decision. The first block may
 * be the owner's own storage, so that the usual case touches no heap.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* heap blocks, newest first */
	char *p;		    /* free space of the current block */
	size_t left;
	char *first;		    /* the owner's block, or NULL */
	size_t first_len;
	size_t block_size;	    /* of the next heap block */
	size_t used;		    /* bytes handed out since the last reset */
	size_t limit;		    /* most bytes to hand out, 0 = no bound */
};

/* first may be NULL with len 0; it is borrowed until arena_fini. limit bounds
 * the bytes handed out between two resets (0: unbounded); each piece counts
 * with its size rounded up to 16. */
void arena_init(struct arena *arena, void *first, size_t len, size_t limit);
/* Everything handed out is gone; the first block is used again, heap blocks
 * are freed. */
void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);
/* 16-byte aligned, not zeroed; NULL when out of memory or over the limit. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
/* A terminated copy. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
/* The parts one behind the other, in one piece with a NUL behind it; p == NULL
 * when out of memory. What is made for every call is made with this: printf
 * costs ten times as much. */
struct str arena_join(struct arena *arena, const struct str *parts, size_t n);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
