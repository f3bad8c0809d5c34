/* route.c - the unit tests of route/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_callers;
extern const struct test_suite suite_blocks;
extern const struct test_suite suite_users;
extern const struct test_suite suite_emergencies;
extern const struct test_suite suite_explain;
extern const struct test_suite suite_enrolments;
extern const struct test_suite suite_gateway_logins;
extern const struct test_suite suite_gateway_state;
extern const struct test_suite suite_gateway_uri;
extern const struct test_suite suite_health;
extern const struct test_suite suite_intern;
extern const struct test_suite suite_learnt;
extern const struct test_suite suite_learnt_tree;
extern const struct test_suite suite_limit_state;
extern const struct test_suite suite_limits;
extern const struct test_suite suite_logins;
extern const struct test_suite suite_plan;
extern const struct test_suite suite_plan_learnt;
extern const struct test_suite suite_plan_limits;
extern const struct test_suite suite_plan_policy;
extern const struct test_suite suite_plan_random;
extern const struct test_suite suite_portability;
extern const struct test_suite suite_prefix_rules;
extern const struct test_suite suite_pricebook;
extern const struct test_suite suite_pricebook_load;
extern const struct test_suite suite_pricebook_survey;
extern const struct test_suite suite_quality;
extern const struct test_suite suite_snapshot;
extern const struct test_suite suite_snapshot_checksum;
extern const struct test_suite suite_snapshot_limits;
extern const struct test_suite suite_snapshot_load;
extern const struct test_suite suite_trunks;
extern const struct test_suite suite_turn;
extern const struct test_suite suite_tally;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_intern,      suite_logins, suite_gateway_state, suite_gateway_uri,
		suite_trunks,      suite_pricebook,     suite_pricebook_load,
		suite_snapshot,    suite_snapshot_load, suite_plan,
		suite_snapshot_checksum,
		suite_plan_random, suite_explain,       suite_prefix_rules,
		suite_quality,     suite_turn,          suite_tally, suite_plan_policy,
		suite_health,      suite_pricebook_survey,
		suite_limit_state,    suite_limits,      suite_snapshot_limits,
		suite_emergencies,    suite_callers,
		suite_blocks,
		suite_learnt_tree,    suite_learnt,      suite_plan_learnt,
		suite_enrolments,
		suite_gateway_logins,
		suite_users,
		suite_portability,
		suite_plan_limits,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
