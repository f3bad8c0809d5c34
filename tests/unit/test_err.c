/* test_err.c - every error has a text of its own */
#include "base/err.h"

#include <limits.h>
#include <string.h>

#include "tests/unit/harness.h"

static void
every_code_has_its_own_text(void)
{
	for (int a = 0; a >= ERR_END; a--) {
		const char *text = err_text(a);

		CHECK(text != NULL && text[0] != '\0');
		CHECK(strcmp(text, "unknown error") != 0);
		CHECK(text[strlen(text) - 1] != '.');
		for (int b = 0; b > a; b--)
			CHECK(strcmp(text, err_text(b)) != 0);
	}
	CHECK(strcmp(err_text(ERR_NOMEM), "out of memory") == 0);
	CHECK(strcmp(err_text(ERR_END), "no more items") == 0);
}

static void
any_other_number_is_unknown(void)
{
	const int others[] = { 1, INT_MAX, ERR_END - 1, INT_MIN };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK(strcmp(err_text(others[i]), "unknown error") == 0);
}

static const struct test tests[] = {
	{ "every code has its own text", every_code_has_its_own_text, true },
	{ "any other number is unknown", any_other_number_is_unknown, true },
};

const struct test_suite suite_err = TEST_SUITE("err", tests);
