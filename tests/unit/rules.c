/* rules.c - rules of the RFCs, shown with a whole proxy and scripted peers */
#include "tests/unit/harness.h"

extern const struct test_suite suite_rule_calls;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_rule_calls,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
