/* arena.c - bump allocation from the owner's block, then from the heap */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define ALIGN ((size_t)16)
#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)65536)

/* In front of every heap block; as wide as the alignment. */
struct arena_block {
	struct arena_block *next;
	size_t len; /* without this header */
};

_Static_assert(sizeof(struct arena_block) % 16 == 0,
	       "what follows the block header must be aligned");

static void
use(struct arena *arena, char *p, size_t len)
{
	size_t skip = (ALIGN - (uintptr_t)p % ALIGN) % ALIGN;

	if (p == NULL || len < skip + ALIGN) {
		arena->p = NULL;
		arena->left = 0;
		return;
	}
	arena->p = p + skip;
	arena->left = (len - skip) / ALIGN * ALIGN;
}

static void
free_blocks(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		mem_free(block);
	}
}

void
arena_init(struct arena *arena, void *first, size_t len, size_t limit)
{
	*arena = (struct arena){ .first = first,
				 .first_len = len,
				 .block_size = BLOCK_MIN,
				 .limit = limit };
	use(arena, first, len);
}

void
arena_reset(struct arena *arena)
{
	free_blocks(arena);
	arena->block_size = BLOCK_MIN;
	arena->used = 0;
	use(arena, arena->first, arena->first_len);
}

void
arena_fini(struct arena *arena)
{
	free_blocks(arena);
	*arena = (struct arena){ 0 };
}

/* A heap block of at least size bytes; NULL when there is none. */
static struct arena_block *
add_block(struct arena *arena, size_t size)
{
	size_t len = size > arena->block_size ? size : arena->block_size;
	struct arena_block *block = mem_alloc(sizeof(*block) + len);

	if (block == NULL)
		return NULL;
	block->len = len;
	block->next = arena->blocks;
	arena->blocks = block;
	if (arena->block_size < BLOCK_MAX)
		arena->block_size *= 2;
	return block;
}

/* size bytes, a multiple of ALIGN, from a new block. The rest of it becomes
 * the free space unless the old block has more. */
static void *
alloc_from_heap(struct arena *arena, size_t size)
{
	struct arena_block *block = add_block(arena, size);
	char *p;

	if (block == NULL)
		return NULL;
	p = (char *)(block + 1);
	if (block->len - size > arena->left)
		use(arena, p + size, block->len - size);
	return p;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = size > 0 ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	if (arena->limit > 0 &&
	    (arena->used > arena->limit || size > arena->limit - arena->used))
		return NULL;
	if (size <= arena->left) {
		p = arena->p;
		arena->p += size;
		arena->left -= size;
	} else {
		p = alloc_from_heap(arena, size);
	}
	if (p != NULL)
		arena->used += size;
	return p;
}

void *
arena_zalloc(struct arena *arena, size_t size)
{
	void *p = arena_alloc(arena, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

struct str
arena_join(struct arena *arena, const struct str *parts, size_t n)
{
	size_t len = 0, at = 0;
	char *out;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	out = arena_alloc(arena, len + 1);
	if (out == NULL)
		return str_make(NULL, 0);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > 0)
			memcpy(out + at, parts[i].p, parts[i].len);
		at += parts[i].len;
	}
	out[len] = '\0';
	return str_make(out, len);
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	char *there = arena->p;
	size_t left = arena->left;
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vsnprintf(there, left, format, args);
	va_end(args);
	if (n < 0)
		return NULL;
	text = arena_alloc(arena, (size_t)n + 1);
	if (text == NULL || (text == there && (size_t)n < left))
		return text; /* the usual case: written in place already */
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}
