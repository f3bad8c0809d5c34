/* rules.c - rules of the RFCs, shown with a whole proxy and scripted peers */
#include "tests/unit/harness.h"

extern const struct test_suite suite_rule_calls;
extern const struct test_suite suite_rule_cancel;
extern const struct test_suite suite_rule_dialogs;
extern const struct test_suite suite_rule_flows;
extern const struct test_suite suite_rule_login;
extern const struct test_suite suite_rule_long;
extern const struct test_suite suite_rule_names;
extern const struct test_suite suite_rule_others;
extern const struct test_suite suite_rule_places;
extern const struct test_suite suite_rule_rare;
extern const struct test_suite suite_rule_redirect;
extern const struct test_suite suite_rule_repeat;
extern const struct test_suite suite_rule_requests;
extern const struct test_suite suite_rule_routes;
extern const struct test_suite suite_rule_variants;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_rule_calls,
		suite_rule_cancel,
		suite_rule_dialogs,
		suite_rule_flows,
		suite_rule_login,
		suite_rule_long,
		suite_rule_names,
		suite_rule_others,
		suite_rule_places,
		suite_rule_rare,
		suite_rule_redirect,
		suite_rule_repeat,
		suite_rule_requests,
		suite_rule_routes,
		suite_rule_variants,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
