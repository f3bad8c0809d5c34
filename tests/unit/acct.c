/* acct.c - the unit tests of acct/, one suite per source file */
#include "tests/unit/db_help.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_acct;
extern const struct test_suite suite_batch_load;
extern const struct test_suite suite_batch_merge;
extern const struct test_suite suite_batch_store;
extern const struct test_suite suite_clock_mark;
extern const struct test_suite suite_event;
extern const struct test_suite suite_journal;
extern const struct test_suite suite_journal_front;
extern const struct test_suite suite_journal_read;
extern const struct test_suite suite_journal_sync;
extern const struct test_suite suite_open_calls;
extern const struct test_suite suite_shipper;
extern const struct test_suite suite_shipper_orders;
extern const struct test_suite suite_skew;
extern const struct test_suite suite_source;
extern const struct test_suite suite_stopper;
extern const struct test_suite suite_store_faults;
extern const struct test_suite suite_sweep;
extern const struct test_suite suite_token;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_acct,    suite_batch_load,     suite_batch_merge,
		suite_batch_store, suite_clock_mark, suite_source,
		suite_event,   suite_journal,        suite_journal_front, suite_journal_read,
		suite_shipper, suite_shipper_orders, suite_stopper,
		suite_sweep,   suite_skew,           suite_token,
		suite_open_calls, suite_journal_sync, suite_store_faults,
	};
	int status = db_help_start();

	if (status == 0)
		status = test_main(argc, argv, suites,
				   sizeof(suites) / sizeof(suites[0]));
	db_help_stop();
	return status;
}
