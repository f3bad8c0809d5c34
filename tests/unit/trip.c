/* trip.c - the unit tests of trip/, one suite per source file and more */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_trip_aggregate, suite_trip_attr, suite_trip_attrs, suite_trip_dest,
    suite_trip_flood, suite_trip_fsm, suite_trip_line, suite_trip_message, suite_trip_policy, suite_trip_rib, suite_trip_settings, suite_trip_show, suite_trip_speaker,
    suite_trip_update,
    suite_trip_value;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_trip_message, suite_trip_value,  suite_trip_update,
		suite_trip_aggregate, suite_trip_attr,
		suite_trip_attrs,   suite_trip_policy, suite_trip_dest,
		suite_trip_rib,
		suite_trip_flood,  suite_trip_fsm,
		suite_trip_settings, suite_trip_line,
		suite_trip_show,   suite_trip_speaker,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
