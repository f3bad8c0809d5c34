/* enum.c - the unit tests of enum/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_awkward, suite_enum, suite_enum_cache,
    suite_enum_lookup, suite_enum_uri, suite_enum_zone, suite_ere, suite_service;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_ere,	 suite_service,	   suite_enum_uri,
		suite_enum_zone, suite_enum_cache, suite_awkward,
		suite_enum_lookup, suite_enum,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
