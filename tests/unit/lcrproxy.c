/* lcrproxy.c - the unit tests of lcrproxy/, one suite per source file */
#include "tests/unit/harness.h"

extern const struct test_suite suite_counters, suite_guard, suite_hunt,
    suite_live, suite_load, suite_meter, suite_nat, suite_settings, suite_strict,
    suite_table, suite_way;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_counters, suite_guard,	suite_hunt,
		suite_live,	suite_load,	suite_meter,	suite_nat,
		suite_settings, suite_strict,	suite_table,
		suite_way,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
