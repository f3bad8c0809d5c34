/* test_number_class.c - kinds of numbers, by published ranges */
#include "tel/number_class.h"

#include <string.h>

#include "tests/unit/harness.h"

/* Of the countries whose ranges are known, and of some others. */
static const struct {
	const char *number;
	enum number_class class;
	enum number_fit fit;
} cases[] = {
	{ "442079460000", NUMBER_GEOGRAPHIC, NUMBER_FITS },
	{ "447700900000", NUMBER_MOBILE, NUMBER_FITS },
	{ "448001234567", NUMBER_TOLL_FREE, NUMBER_FITS },
	{ "449098790000", NUMBER_PREMIUM, NUMBER_FITS },
	{ "448431234567", NUMBER_PREMIUM, NUMBER_FITS },
	{ "33884012345", NUMBER_SHARED_COST, NUMBER_FITS },
	{ "445612345678", NUMBER_VOIP, NUMBER_FITS },
	{ "33612345678", NUMBER_MOBILE, NUMBER_FITS },
	{ "33123456789", NUMBER_GEOGRAPHIC, NUMBER_FITS },
	{ "43664123456", NUMBER_MOBILE, NUMBER_FITS },
	{ "431234567890", NUMBER_GEOGRAPHIC, NUMBER_FITS },
	{ "390212345678", NUMBER_GEOGRAPHIC, NUMBER_FITS },
	{ "393123456789", NUMBER_MOBILE, NUMBER_FITS },
	{ "79123456789", NUMBER_MOBILE, NUMBER_FITS },
	{ "870773111632", NUMBER_SATELLITE, NUMBER_FITS },
	{ "881612345678", NUMBER_SATELLITE, NUMBER_FITS },
	{ "80012345678", NUMBER_TOLL_FREE, NUMBER_FITS },
	{ "979123456789", NUMBER_PREMIUM, NUMBER_FITS },
	{ "493012345678", NUMBER_UNKNOWN, NUMBER_FITS },
	{ "12125550100", NUMBER_UNKNOWN, NUMBER_FITS },
	{ "121255501000", NUMBER_UNKNOWN, NUMBER_TOO_LONG },
	{ "331234567890", NUMBER_GEOGRAPHIC, NUMBER_TOO_LONG },
	{ "3312345678", NUMBER_GEOGRAPHIC, NUMBER_TOO_SHORT },
	{ "33112", NUMBER_EMERGENCY, NUMBER_FITS },
	{ "49112", NUMBER_EMERGENCY, NUMBER_FITS },
	{ "1911", NUMBER_EMERGENCY, NUMBER_FITS },
	{ "33118218", NUMBER_SHORT, NUMBER_FITS },
	{ "999123456", NUMBER_UNKNOWN, NUMBER_NO_COUNTRY },
	{ "2101234567", NUMBER_UNKNOWN, NUMBER_NO_COUNTRY },
	{ "49", NUMBER_UNKNOWN, NUMBER_NO_COUNTRY },
	{ "4", NUMBER_UNKNOWN, NUMBER_NO_COUNTRY },
};

static void
classes_and_lengths(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct number number;

		test_row(cases[i].number);
		CHECK(number_parse(str_of(cases[i].number), &number) == 0);
		CHECK(number_classify(&number) == cases[i].class);
		CHECK(number_check(&number) == cases[i].fit);
	}
}

/* The look-ups rely on it. */
static void
tables_are_in_order(void)
{
	for (size_t i = 1; i < n_number_countries; i++)
		CHECK(number_countries[i - 1][0] < number_countries[i][0]);
	for (size_t i = 0; i < n_number_countries; i++)
		CHECK(number_countries[i][1] != 0 &&
		      number_countries[i][1] <= 0xffff);
	for (size_t i = 1; i < n_number_ranges; i++)
		CHECK(number_ranges[i - 1] >> 4 < number_ranges[i] >> 4);
	for (size_t i = 0; i < n_number_ranges; i++)
		CHECK((number_ranges[i] & 15) > NUMBER_UNKNOWN &&
		      (number_ranges[i] & 15) < NUMBER_EMERGENCY);
}

static void
texts(void)
{
	for (int i = 0; i < NUMBER_N_CLASSES; i++)
		CHECK(number_class_text((enum number_class)i)[0] != '\0');
	CHECK(strcmp(number_class_text(NUMBER_SHORT), "short_code") == 0);
	CHECK(strcmp(number_class_text(NUMBER_MOBILE), "mobile") == 0);
}

static const struct test tests[] = {
	{ "classes and lengths are known", classes_and_lengths, true },
	{ "the tables are in order", tables_are_in_order, true },
	{ "classes have names", texts, true },
};

const struct test_suite suite_number_class = TEST_SUITE("number_class", tests);
