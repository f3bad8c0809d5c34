/* test_intern.c - equal pieces get equal numbers */
#include "route/intern.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static bool
add(struct intern *intern, const char *text, uint32_t expected)
{
	uint32_t number = UINT32_MAX;

	return OK(intern_add(intern, text, strlen(text), &number)) &&
	       CHECK(number == expected);
}

static void
numbers_from_zero(void)
{
	struct intern intern;

	if (!OK(intern_init(&intern, true)))
		return;
	/* "" is a piece like others; a prefix of a piece is another piece */
	if (add(&intern, "Germany", 0) && add(&intern, "Germany", 0) &&
	    add(&intern, "", 1) && add(&intern, "German", 2) &&
	    add(&intern, "Germany", 0) && add(&intern, "", 1)) {
		intern_seal(&intern);
		CHECK(intern.n == 3);
		CHECK(strcmp(intern_get(&intern, 0), "Germany") == 0);
		CHECK(strcmp(intern_get(&intern, 1), "") == 0);
		CHECK(strcmp(intern_get(&intern, 2), "German") == 0);
	}
	intern_fini(&intern);
	intern_fini(&intern);
}

static void
grows(void)
{
	struct intern intern;
	char text[32];
	bool good = true;

	if (!OK(intern_init(&intern, true)))
		return;
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 1000 && good; i++) {
			snprintf(text, sizeof(text), "destination %u", i);
			good = add(&intern, text, i);
		}
	}
	if (good) {
		size_t before = intern_bytes(&intern);

		intern_seal(&intern);
		CHECK(strcmp(intern_get(&intern, 999), "destination 999") == 0);
		CHECK(intern_bytes(&intern) < before);
		/* 1,000 texts with their NULs, and 4 bytes each */
		CHECK(test_starved() ||
		      intern_bytes(&intern) <= 1000 * (16 + 4));
	}
	intern_fini(&intern);
}

static void
pieces_of_bytes(void)
{
	struct intern intern;
	uint64_t words[] = { 1, 0, 1, 256, 0 };
	uint32_t expected[] = { 0, 1, 0, 2, 1 };
	uint32_t number;

	if (!OK(intern_init(&intern, false)))
		return;
	for (size_t i = 0; i < 5; i++) {
		if (!OK(intern_add(&intern, &words[i], sizeof(words[i]),
				   &number)))
			goto out;
		CHECK(number == expected[i]);
	}
	/* nothing between them: they are an array */
	CHECK(((const uint64_t *)intern_get(&intern, 0))[2] == 256);
	CHECK(intern.len == 24);
out:
	intern_fini(&intern);
}

static const struct test tests[] = {
	{ "numbers are given from zero, once per piece", numbers_from_zero,
	  false },
	{ "a thousand pieces are found again", grows, false },
	{ "pieces of one size lie like an array", pieces_of_bytes, false },
};

const struct test_suite suite_intern = TEST_SUITE("intern", tests);
