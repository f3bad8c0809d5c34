/* test_alloc.c - memory, and running out of it on purpose */
#include "base/alloc.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static void
sizes_of_zero_give_memory(void)
{
	char *a = mem_alloc(0);
	char *b = mem_zalloc(0, 8);
	char *c = mem_zalloc(8, 0);

	CHECK(a != NULL && b != NULL && c != NULL);
	CHECK(b == NULL || b[0] == 0);
	CHECK(c == NULL || c[0] == 0);
	mem_free(a);
	mem_free(b);
	mem_free(c);
	mem_free(NULL);
}

static void
zeroed_memory_is_zero_and_never_wraps(void)
{
	char *p = mem_zalloc(16, 16);

	for (size_t i = 0; p != NULL && i < 256; i++)
		CHECK(p[i] == 0);
	CHECK(p != NULL);
	mem_free(p);
	CHECK(mem_zalloc(SIZE_MAX / 2, 3) == NULL);
	CHECK(mem_strndup("x", SIZE_MAX) == NULL);
}

static void
copies_are_terminated(void)
{
	char *a = mem_strdup("hunting");
	char *b = mem_strndup("hunting", 4);
	char *c = mem_strndup(NULL, 0);

	CHECK(a != NULL && strcmp(a, "hunting") == 0);
	CHECK(b != NULL && strcmp(b, "hunt") == 0);
	CHECK(c != NULL && strcmp(c, "") == 0);
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

static void
resizing_keeps_what_was_there(void)
{
	char *p = mem_strdup("abc");
	char *q;

	if (!CHECK(p != NULL) || p == NULL)
		return;
	q = mem_realloc(p, 1000);
	if (CHECK(q != NULL) && q != NULL)
		p = q;
	CHECK(strcmp(p, "abc") == 0);
	mem_free(p);
}

static void
the_nth_allocation_fails_and_all_after_it(void)
{
	char *a, *b, *c;

	alloc_fail_after(2);
	a = mem_alloc(1);
	b = mem_zalloc(1, 1);
	CHECK(a != NULL && b != NULL);
	CHECK(!alloc_has_failed());
	CHECK(mem_alloc(1) == NULL);
	CHECK(alloc_has_failed());
	CHECK(mem_zalloc(1, 1) == NULL);
	CHECK(mem_strdup("x") == NULL);
	CHECK(mem_realloc(a, 100) == NULL); /* a stays valid */
	alloc_fail_after(-5);
	CHECK(!alloc_has_failed());
	c = mem_alloc(1);
	CHECK(c != NULL);
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

static void *
allocate(void *arg)
{
	void **out = arg;

	*out = mem_alloc(1);
	return NULL;
}

static void
other_threads_do_not_starve(void)
{
	void *p = NULL;
	pthread_t thread;

	alloc_fail_after(0);
	if (CHECK(pthread_create(&thread, NULL, allocate, &p) == 0))
		pthread_join(thread, NULL);
	CHECK(p != NULL);
	CHECK(!alloc_has_failed());
	alloc_fail_after(-1);
	mem_free(p);
}

static void
arrays_double_from_eight(void)
{
	int *array = NULL;
	size_t cap = 0;

	for (int i = 0; i < 100; i++) {
		if (!OK(mem_grow((void **)&array, &cap, (size_t)i,
				 sizeof(*array))))
			break;
		array[i] = i;
		CHECK(cap == 8 || i >= 8);
		CHECK(cap == 128 || i < 64);
	}
	for (int i = 0; cap == 128 && i < 100; i++)
		CHECK(array[i] == i);
	mem_free(array);
}

static void
an_array_that_cannot_grow_is_unchanged(void)
{
	int *array = NULL;
	int *before;
	size_t cap = 0;

	if (!OK(mem_grow((void **)&array, &cap, 0, sizeof(*array))))
		return;
	before = array;
	alloc_fail_after(0);
	CHECK(mem_grow((void **)&array, &cap, 8, sizeof(*array)) == ERR_NOMEM);
	CHECK(array == before && cap == 8);
	alloc_fail_after(-1);
	CHECK(mem_grow((void **)&array, &cap, 8, SIZE_MAX / 8) == ERR_NOMEM);
	CHECK(array == before && cap == 8);
	CHECK(mem_grow((void **)&array, &cap, 7, sizeof(*array)) == 0);
	CHECK(array == before && cap == 8);
	mem_free(array);
	cap = SIZE_MAX / 2 + 1;
	array = NULL;
	CHECK(mem_grow((void **)&array, &cap, cap, 1) == ERR_NOMEM);
}

static const struct test tests[] = {
	{ "sizes of zero give memory", sizes_of_zero_give_memory, false },
	{ "zeroed memory is zero and never wraps",
	  zeroed_memory_is_zero_and_never_wraps, false },
	{ "copies are terminated", copies_are_terminated, false },
	{ "resizing keeps what was there", resizing_keeps_what_was_there,
	  false },
	{ "the n-th allocation fails and all after it",
	  the_nth_allocation_fails_and_all_after_it, true },
	{ "other threads do not starve", other_threads_do_not_starve, true },
	{ "arrays double from eight", arrays_double_from_eight, false },
	{ "an array that cannot grow is unchanged",
	  an_array_that_cannot_grow_is_unchanged, true },
};

const struct test_suite suite_alloc = TEST_SUITE("alloc", tests);
