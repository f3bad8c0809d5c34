/* enum.c - the unit tests of enum/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_awkward;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_awkward,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
