/* test_codes.c - sets of response codes */
#include "tel/codes.h"

#include "base/err.h"
#include "tests/unit/harness.h"

static const struct {
	const char *text, *has; /* NULL: refused */
} cases[] = {
	{ "", "" },
	{ "408", "408" },
	{ " 503,,500-501 ", "500 501 503" },
	{ "300 699", "300 699" },
	{ "698-699", "698 699" },
	{ "299", NULL },
	{ "700", NULL },
	{ "7xx", NULL },
	{ "2xx", NULL },
	{ "5x", NULL },
	{ "501-500", NULL },
	{ "500-", NULL },
	{ "-500", NULL },
	{ "500;501", NULL },
	{ "all", NULL },
};

static void
sets(void)
{
	struct codes codes, expected;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = codes_parse(str_of(cases[i].text), &codes);

		test_row(cases[i].text);
		if (cases[i].has == NULL) {
			CHECK(err == ERR_SYNTAX);
			continue;
		}
		CHECK(err == 0);
		CHECK(codes_parse(str_of(cases[i].has), &expected) == 0);
		for (int code = 0; code < 1000; code++)
			CHECK(codes_has(&codes, code) ==
			      codes_has(&expected, code));
	}
	test_row(NULL);
	CHECK(codes_parse(str_of("4XX"), &codes) == 0);
	for (int code = -1; code < 1000; code++)
		CHECK(codes_has(&codes, code) == (code / 100 == 4));
}

static const struct test tests[] = {
	{ "codes, ranges and classes", sets, true },
};

const struct test_suite suite_codes = TEST_SUITE("codes", tests);
