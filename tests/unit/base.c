/* base.c - the unit tests of base/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_str;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_str,
	};

	return test_main(argc, argv, suites, sizeof(suites) / sizeof(suites[0]));
}
