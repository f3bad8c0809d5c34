/* alloc.c - malloc with a switch that lets tests run out of memory */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/err.h"

#define FIRST_CAP 8
#define LARGE (1 << 20) /* a block that is worth a mapping of its own */
#define HEAPS_MAX 4

static _Thread_local long allowed = -1; /* allocations left; < 0: no bound */
static _Thread_local bool failed;

static bool
is_refused(void)
{
	if (__builtin_expect(allowed < 0, 1))
		return false;
	if (allowed > 0) {
		allowed--;
		return false;
	}
	failed = true;
	return true;
}

void *
mem_alloc(size_t size)
{
	if (is_refused())
		return NULL;
	return malloc(size > 0 ? size : 1);
}

void
mem_settle(void)
{
#ifdef __GLIBC__
	/* else the limit grows to the largest block that was ever freed */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	(void)mallopt(M_ARENA_MAX, HEAPS_MAX);
#endif
}

void *
mem_zalloc(size_t n, size_t size)
{
	size_t bytes;

	if (is_refused() || __builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return calloc(1, bytes > 0 ? bytes : 1);
}

void *
mem_alloc_aligned(size_t size)
{
	return is_refused() ? NULL : aligned_alloc(size, size);
}

void *
mem_realloc(void *old, size_t size)
{
	if (is_refused())
		return NULL;
	return realloc(old, size > 0 ? size : 1);
}

char *
mem_strndup(const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? mem_alloc(len + 1) : NULL;

	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

void
mem_free(void *memory)
{
	free(memory);
}

int
mem_grow(void **array, size_t *cap, size_t n, size_t element_size)
{
	size_t new_cap = FIRST_CAP;
	size_t bytes;
	void *moved;

	if (n < *cap)
		return 0;
	if (*cap > 0 && __builtin_mul_overflow(*cap, 2, &new_cap))
		return ERR_NOMEM;
	if (__builtin_mul_overflow(new_cap, element_size, &bytes))
		return ERR_NOMEM;
	/* The caller's pointer is of another type than void *: copy its bytes
	 * instead of accessing it as one (C11 6.5p7). */
	memcpy(&moved, array, sizeof(moved));
	moved = mem_realloc(moved, bytes);
	if (moved == NULL)
		return ERR_NOMEM;
	memcpy(array, &moved, sizeof(moved));
	*cap = new_cap;
	return 0;
}

void
alloc_fail_after(long n)
{
	allowed = n < 0 ? -1 : n;
	failed = false;
}

bool
alloc_has_failed(void)
{
	return failed;
}
