/* lcrproxy.c - the unit tests of lcrproxy/, one suite per source file */
#include "tests/unit/harness.h"

extern const struct test_suite suite_challenge;
extern const struct test_suite suite_counters;
extern const struct test_suite suite_cseq;
extern const struct test_suite suite_emergency;
extern const struct test_suite suite_enum_rules;
extern const struct test_suite suite_failure;
extern const struct test_suite suite_files;
extern const struct test_suite suite_guard;
extern const struct test_suite suite_listeners;
extern const struct test_suite suite_heal;
extern const struct test_suite suite_live;
extern const struct test_suite suite_load;
extern const struct test_suite suite_meter;
extern const struct test_suite suite_nat;
extern const struct test_suite suite_secure;
extern const struct test_suite suite_patience;
extern const struct test_suite suite_registrants;
extern const struct test_suite suite_settings;
extern const struct test_suite suite_redirect;
extern const struct test_suite suite_shun;
extern const struct test_suite suite_exposition;
extern const struct test_suite suite_metrics;
extern const struct test_suite suite_strict;
extern const struct test_suite suite_table;
extern const struct test_suite suite_told;
extern const struct test_suite suite_trip_export;
extern const struct test_suite suite_trip_feed;
extern const struct test_suite suite_uri_hop;
extern const struct test_suite suite_way;
extern const struct test_suite suite_policy;
extern const struct test_suite suite_policy_build;
extern const struct test_suite suite_policy_check;
extern const struct test_suite suite_policy_explain;
extern const struct test_suite suite_target;
extern const struct test_suite suite_reason;
extern const struct test_suite suite_records;
extern const struct test_suite suite_verdict;
extern const struct test_suite suite_caller_from;
extern const struct test_suite suite_present;
extern const struct test_suite suite_caller_id;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_challenge,
		suite_counters,
		suite_cseq,
		suite_emergency,
		suite_enum_rules,
		suite_failure,
		suite_files,
		suite_guard,
		suite_listeners,
		suite_heal,
		suite_live,
		suite_load,
		suite_meter,
		suite_nat,
		suite_secure,
		suite_patience,
		suite_registrants,
		suite_settings,
		suite_redirect,
		suite_shun,
		suite_exposition,
		suite_metrics,
		suite_strict,
		suite_table,
		suite_told,
		suite_trip_export,
		suite_trip_feed,
		suite_uri_hop,
		suite_way,
		suite_policy,
		suite_policy_build,
		suite_policy_check,
		suite_policy_explain,
		suite_target,
		suite_reason,
		suite_records,
		suite_verdict,
		suite_caller_from,
		suite_present,
		suite_caller_id,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
