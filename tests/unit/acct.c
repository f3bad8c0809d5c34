/* acct.c - the unit tests of acct/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_event;
extern const struct test_suite suite_journal;
extern const struct test_suite suite_journal_read;
extern const struct test_suite suite_token;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_event,
		suite_journal,
		suite_journal_read,
		suite_token,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
