/* test_arena.c - memory that goes all at once */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "tests/unit/harness.h"

static bool
is_inside(const void *p, const char *block, size_t len)
{
	return (uintptr_t)p >= (uintptr_t)block &&
	       (uintptr_t)p < (uintptr_t)block + len;
}

static void
the_first_block_comes_first_and_again(void)
{
	_Alignas(16) char first[64];
	struct arena arena;
	void *p;

	arena_init(&arena, first, sizeof(first), 0);
	p = arena_alloc(&arena, 64);
	CHECK(p == first);
	CHECK(arena.blocks == NULL && arena.used == 64);
	p = arena_alloc(&arena, 1);
	CHECK(p != NULL && !is_inside(p, first, sizeof(first)));
	arena_reset(&arena);
	CHECK(arena.used == 0 && arena.blocks == NULL);
	CHECK(arena_alloc(&arena, 16) == first);
	arena_fini(&arena);
}

static void
every_piece_is_aligned_and_its_own(void)
{
	char first[101];
	struct arena arena;
	unsigned char *pieces[200];
	size_t n = 0;

	arena_init(&arena, first + 1, sizeof(first) - 1, 0);
	for (; n < 200; n++) {
		pieces[n] = arena_alloc(&arena, n);
		if (!CHECK(pieces[n] != NULL) || pieces[n] == NULL)
			break;
		CHECK((uintptr_t)pieces[n] % 16 == 0);
		memset(pieces[n], (int)n, n);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			CHECK(pieces[i][k] == i);
	}
	arena_fini(&arena);
}

static void
a_tiny_first_block_is_passed_over(void)
{
	char first[8];
	struct arena arena;
	void *p;

	arena_init(&arena, first, sizeof(first), 0);
	p = arena_alloc(&arena, 1);
	CHECK(p != NULL && !is_inside(p, first, sizeof(first)));
	arena_fini(&arena);
	arena_init(&arena, NULL, 0, 0);
	CHECK(arena_alloc(&arena, 1) != NULL);
	arena_fini(&arena);
}

static void
a_big_piece_does_not_waste_the_current_block(void)
{
	struct arena arena;
	char *a, *big, *b;

	arena_init(&arena, NULL, 0, 0);
	a = arena_alloc(&arena, 16);
	big = arena_zalloc(&arena, 1000000);
	b = arena_alloc(&arena, 16);
	CHECK(a != NULL && big != NULL && b == a + 16);
	for (size_t i = 0; big != NULL && i < 1000000; i += 999)
		CHECK(big[i] == 0);
	arena_fini(&arena);
	CHECK(arena_alloc(&arena, SIZE_MAX) == NULL);
	CHECK(arena_strndup(&arena, "", SIZE_MAX) == NULL);
}

static void
the_limit_counts_what_pieces_take(void)
{
	struct arena arena;

	arena_init(&arena, NULL, 0, 64);
	CHECK(arena_alloc(&arena, 65) == NULL);
	CHECK(arena_alloc(&arena, 33) != NULL); /* takes 48 */
	CHECK(arena_alloc(&arena, 17) == NULL);
	CHECK(arena_alloc(&arena, 0) != NULL); /* takes 16 */
	CHECK(arena_alloc(&arena, 1) == NULL);
	arena_reset(&arena);
	CHECK(arena_alloc(&arena, 64) != NULL);
	arena_fini(&arena);
}

static void
copies_are_terminated(void)
{
	struct arena arena;
	char *text;

	arena_init(&arena, NULL, 0, 0);
	text = arena_strndup(&arena, "hunting", 4);
	CHECK(text != NULL && strcmp(text, "hunt") == 0);
	text = arena_strndup(&arena, NULL, 0);
	CHECK(text != NULL && strcmp(text, "") == 0);
	arena_fini(&arena);
}

static void
parts_are_joined(void)
{
	const struct str parts[] = { str_of("sip:"), str_make(NULL, 0),
				     str_make("hunting", 4), str_of("") };
	struct arena arena;
	struct str text;

	arena_init(&arena, NULL, 0, 0);
	text = arena_join(&arena, parts, 4);
	CHECK(text.p != NULL && text.len == 8 &&
	      strcmp(text.p, "sip:hunt") == 0);
	text = arena_join(&arena, parts, 0);
	CHECK(text.p != NULL && text.len == 0 && text.p[0] == '\0');
	arena_fini(&arena);
	arena_init(&arena, NULL, 0, 16);
	CHECK(arena_join(&arena, parts, 4).p != NULL);
	CHECK(arena_join(&arena, parts, 4).p == NULL); /* over the limit */
	arena_fini(&arena);
}

static void
formats_fit_in_place_or_elsewhere(void)
{
	_Alignas(16) char first[32];
	struct arena arena;
	char *a, *b, *c;

	arena_init(&arena, first, sizeof(first), 0);
	a = arena_printf(&arena, "%s-%d", "abc", 12345678);
	b = arena_printf(&arena, "%s", "0123456789abcde"); /* fills it */
	c = arena_printf(&arena, "%0100d", 7);
	CHECK(a == first && strcmp(a, "abc-12345678") == 0);
	CHECK(b == first + 16 && strcmp(b, "0123456789abcde") == 0);
	CHECK(c != NULL && strlen(c) == 100 && c[99] == '7');
	arena_reset(&arena);
	a = arena_printf(&arena, "%032d", 5); /* one too long for it */
	CHECK(a != NULL && !is_inside(a, first, sizeof(first)));
	CHECK(a == NULL || (strlen(a) == 32 && a[31] == '5'));
	arena_fini(&arena);
}

static const struct test tests[] = {
	{ "the first block comes first and again",
	  the_first_block_comes_first_and_again, false },
	{ "every piece is aligned and its own",
	  every_piece_is_aligned_and_its_own, false },
	{ "a tiny first block is passed over",
	  a_tiny_first_block_is_passed_over, false },
	{ "a big piece does not waste the current block",
	  a_big_piece_does_not_waste_the_current_block, false },
	{ "the limit counts what pieces take",
	  the_limit_counts_what_pieces_take, false },
	{ "copies are terminated", copies_are_terminated, false },
	{ "parts are joined", parts_are_joined, false },
	{ "formats fit in place or elsewhere",
	  formats_fit_in_place_or_elsewhere, false },
};

const struct test_suite suite_arena = TEST_SUITE("arena", tests);
