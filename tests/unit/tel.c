/* tel.c - the unit tests of tel/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_band;
extern const struct test_suite suite_cdr;
extern const struct test_suite suite_money;
extern const struct test_suite suite_codes;
extern const struct test_suite suite_media;
extern const struct test_suite suite_number;
extern const struct test_suite suite_porting;
extern const struct test_suite suite_tariff;
extern const struct test_suite suite_tariff_random;
extern const struct test_suite suite_tariff_time;
extern const struct test_suite suite_trie;
extern const struct test_suite suite_number_class;
extern const struct test_suite suite_tariff_properties;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_band,
		suite_cdr,
		suite_money,
		suite_codes,
		suite_media,
		suite_number,
		suite_porting,
		suite_tariff,
		suite_tariff_random,
		suite_tariff_time,
		suite_trie,
		suite_number_class,
		suite_tariff_properties,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
