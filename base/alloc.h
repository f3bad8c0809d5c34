/*
 * alloc.h - the one door to heap memory
 *
 * All memory of the project comes through here, so that a test can make the
 * n-th allocation fail and see that it costs one call and not the process.
 * The counters behind alloc_fail_after are the only mutable globals of base/;
 * they are per thread and untouched outside tests.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a sanitizer watches the heap: allocators of our own (pool.h) stand
 * aside then. */
#if defined(__SANITIZE_ADDRESS__)
#define ALLOC_IS_WATCHED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOC_IS_WATCHED true
#endif
#endif
#ifndef ALLOC_IS_WATCHED
#define ALLOC_IS_WATCHED false
#endif

/* Have large blocks go back to the system when they are freed, and the threads
 * share few heaps: for a daemon that makes and drops tables of many megabytes.
 * Before there are threads; no-op where the C library knows no such thing. */
void mem_settle(void);
/* Memory of size bytes (at least one), yours to free with mem_free; NULL when
 * there is none. */
void *mem_alloc(size_t size);
/* The same, n times size bytes, zeroed; NULL too when n * size overflows. */
void *mem_zalloc(size_t n, size_t size);
/* The same as mem_alloc for a power of two of bytes, at an address that is a
 * multiple of it. */
void *mem_alloc_aligned(size_t size);
/* Grow or shrink; on failure NULL is returned and old stays valid. */
void *mem_realloc(void *old, size_t size);
/* A copy of len bytes with a NUL behind it. */
char *mem_strndup(const char *text, size_t len);
char *mem_strdup(const char *text);
void mem_free(void *memory);

/*
 * Make room for one more element in a growing array: when n == *cap, double
 * *cap (from 8) and move *array. Returns 0 or ERR_NOMEM; array and cap are
 * unchanged then.
 */
int mem_grow(void **array, size_t *cap, size_t n, size_t element_size);

/* Tests: let the next n allocations of this thread succeed and every later
 * one fail; a negative n ends that. */
void alloc_fail_after(long n);
/* Tests: whether an allocation has failed since alloc_fail_after. */
bool alloc_has_failed(void);

#endif
