/* test_deck_codes.c - codes as carriers and spreadsheets write them */
#include "db/deck_codes.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static const struct {
	const char *country, *field;
	const char *codes; /* NULL: refused */
} cases[] = {
	{ "", "1242", "1242" },
	{ "", "", "" },
	{ "49", "", "49" },
	{ "", "1242-1246", "1242 1243 1244 1245 1246" },
	{ "", "1242-6", "1242 1243 1244 1245 1246" },
	{ "", "1298 - 1301", "1298 1299 1300 1301" },
	{ "", "007-009", "007 008 009" },
	{ "1", "242,246;250-251", "1242 1246 1250 1251" },
	{ "+49", " 30 , 89", "4930 4989" },
	{ "44.0", "=\"20\"", "4420" },
	{ "", "'1242", "1242" },
	{ "", "=\"1242\"", "1242" },
	{ "", "1242.0", "1242" },
	{ "", "1242.00", "1242" },
	{ "", "1.242E+03", "1242" },
	{ "", "1.2420E+04", "12420" },
	{ "", "1.242e3", "1242" },
	{ "", "12E+0", "12" },
	/* how many zeros there were nobody knows */
	{ "", "1.242E+04", NULL },
	{ "", "1.242E+11", NULL },
	{ "", "1242.5", NULL },
	{ "", "1.2E-1", NULL },
	{ "", "E+3", NULL },
	{ "", "12a", NULL },
	{ "", "1246-1242", NULL },
	{ "", "1-99999", NULL },
	{ "", "10000-20000", NULL },
	{ "", "12-", NULL },
	{ "", "-12", NULL },
	{ "", "12-1234", NULL },
	{ "49", "123456789012345", NULL },
	{ "4x", "30", NULL },
};

static int
list(const char *country, const char *field, char *out, size_t cap)
{
	struct deck_codes codes;
	char code[PREFIX_MAX + 1];
	size_t len = 0;
	int err = deck_codes_start(&codes, str_of(country), str_of(field));

	out[0] = '\0';
	while (err == 0) {
		err = deck_codes_next(&codes, code);
		if (err == 0)
			len += (size_t)snprintf(out + len, cap - len, "%s%s",
						len > 0 ? " " : "", code);
	}
	CHECK(err != ERR_SYNTAX || codes.why != NULL);
	return err;
}

static void
codes_of_fields(void)
{
	char text[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = list(cases[i].country, cases[i].field, text,
			       sizeof(text));

		test_row(cases[i].field);
		if (cases[i].codes == NULL)
			CHECK(err == ERR_SYNTAX);
		else
			CHECK(err == ERR_END &&
			      strcmp(text, cases[i].codes) == 0);
	}
}

static void
as_many_as_may_be(void)
{
	struct deck_codes codes;
	char code[PREFIX_MAX + 1];
	int n = 0;

	CHECK(deck_codes_start(&codes, str_of(""), str_of("10000-19999")) == 0);
	while (deck_codes_next(&codes, code) == 0)
		n++;
	CHECK(n == DECK_CODES_MAX && strcmp(code, "19999") == 0);
}

static void
plain_ones(void)
{
	CHECK(deck_codes_is_plain(str_of("")));
	CHECK(deck_codes_is_plain(str_of("+4930")));
	CHECK(deck_codes_is_plain(str_of("4930")));
	CHECK(!deck_codes_is_plain(str_of("49-50")));
	CHECK(!deck_codes_is_plain(str_of("'49")));
	CHECK(!deck_codes_is_plain(str_of("49 ")));
}

static const struct test tests[] = {
	{ "codes come out of fields, or say why not", codes_of_fields, true },
	{ "ranges are bounded", as_many_as_may_be, true },
	{ "plain codes are plain", plain_ones, true },
};

const struct test_suite suite_deck_codes = TEST_SUITE("deck_codes", tests);
