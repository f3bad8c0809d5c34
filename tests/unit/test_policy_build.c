/* test_policy_build.c - rules from settings, and what is wrong with them */
#include "lcrproxy/policy_build.h"

#include "tests/unit/harness.h"
#include "tests/unit/policy_sample.h"

extern const struct test_suite suite_policy_build;

static void
test_errors(void)
{
	static const struct {
		const char *rule, *said;
	} rows[] = {
		{ "method = \"INVIT\"; action = \"local\";",
		  "t:1: policy: method is \"INVIT\", expected INVITE," },
		{ "source = \"me\"; action = \"local\";",
		  "source is \"me\", expected trunk, login, gateway" },
		{ "to = \"mars\"; action = \"local\";",
		  "to is \"mars\", expected number, national" },
		{ "class = \"gold\"; action = \"local\";",
		  "class is \"gold\", expected geographic" },
		{ "transport = \"ws\"; action = \"local\";",
		  "transport is \"ws\", expected udp, tcp or tls" },
		{ "account = \"\"; action = \"local\";",
		  "account is \"\", expected a name" },
		{ "prefix = \"4x\"; action = \"local\";",
		  "prefix is \"4x\", expected up to 15 digits" },
		{ "domain = \"a b\"; action = \"local\";",
		  "domain is \"a b\", expected a domain" },
		{ "header = \"X Y: 1\"; action = \"local\";",
		  "header is \"X Y: 1\", expected \"Name\"" },
		{ "header = \"!X: 1\"; action = \"local\";",
		  "header is \"!X: 1\"" },
		{ "header = \"X: *\"; action = \"local\";",
		  "header is \"X: *\"" },
		{ "hours = \"always\"; action = \"local\";",
		  "hours is \"always\", expected days and times" },
		{ "timezone = \"UTC\"; action = \"local\";",
		  "timezone is \"UTC\", expected hours beside it" },
		{ "hours = \"sun 00:00-01:00\"; timezone = \"Mars/X\";"
		  " action = \"local\";",
		  "timezone is \"Mars/X\", expected a zone" },
		{ "action = \"route\"; by = [ \"enum\", \"enum\" ];",
		  "by is \"enum\", expected static, enum and trip" },
		{ "action = \"local\"; by = \"enum\";",
		  "by is \"there\", expected action route" },
		{ "action = \"proxy\";", "target is \"missing\"" },
		{ "action = \"proxy\"; target = \"h\";",
		  "target is \"h\", expected a SIP URI" },
		{ "action = \"proxy\"; target = \"sip:h\"; gateways = \"g\";",
		  "target is \"beside gateways\"" },
		{ "action = \"route\"; target = \"sip:h\";",
		  "target is \"sip:h\", expected action proxy" },
		{ "action = \"route\"; gateways = \"g\";",
		  "gateways is \"there\", expected action proxy" },
		{ "action = \"reject\"; reason = \"a\\\"b\";",
		  "reason is \"a\"b\", expected 1 to 64 printable" },
		{ "action = \"reject\"; code = 302;",
		  "code is 302, expected 400..699" },
		{ "action = \"route\"; reason = \"x\";",
		  "code or reason is \"there\", expected action reject" },
		{ "name = \"\"; action = \"local\";",
		  "name is \"\", expected 1 to 64" },
		{ "action = \"fly\";", "action is \"fly\", expected one of" },
		{ "name = \"x\";", "action is missing" },
		{ "action = \"local\"; colour = \"red\";",
		  "colour is an unknown setting" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[300], said[2000];
		struct policy *policy = NULL;
		int err;

		test_row(rows[i].rule);
		snprintf(text, sizeof(text), "( { %s } )", rows[i].rule);
		err = policy_sample(text, &policy, said, sizeof(said));
		CHECK(err == ERR_SYNTAX);
		CHECK(strstr(said, rows[i].said) != NULL);
		policy_unref(err == 0 ? policy : NULL);
	}
	test_row(NULL);
}

static void
test_all_at_once(void)
{
	struct policy *policy;
	char said[2000];

	CHECK(policy_sample("( { method = \"X\"; to = \"y\";\n"
			    "    action = \"local\"; },\n"
			    "  { action = \"reject\"; prefix = \"z\"; } )",
			    &policy, said, sizeof(said)) == ERR_SYNTAX);
	CHECK(strstr(said, "t:1: policy: method is") != NULL);
	CHECK(strstr(said, "t:1: policy: to is") != NULL);
	CHECK(strstr(said, "t:3: policy: prefix is") != NULL);
}

static void
test_values(void)
{
	const struct policy_rule *rules;
	struct policy *policy;
	char said[1000];
	size_t n;

	if (!OK(policy_sample(
		"( { action = \"reject\"; },\n"
		"  { name = \"two\"; action = \"reject\"; code = 486;"
		"    reason = \"Busy\"; hours = \"sat 00:00-01:00\";"
		"    timezone = \"Europe/Berlin\"; },\n"
		"  { action = \"challenge\"; hours = \"sun 00:00-01:00\";"
		"    timezone = \"Europe/Berlin\"; },\n"
		"  { action = \"route\"; by = [ \"enum\", \"static\" ]; } )",
		&policy, said, sizeof(said))))
		return;
	rules = policy_rules(policy, &n);
	CHECK(n == 4 + 6);
	CHECK(strcmp(rules[0].name, "rule 1") == 0 && rules[0].code == 403);
	CHECK(strcmp(rules[0].file, "t") == 0 && rules[0].line == 1);
	CHECK(strcmp(rules[1].name, "two") == 0 && rules[1].code == 486);
	CHECK(strcmp(rules[1].reason, "Busy") == 0 && rules[1].line == 2);
	CHECK(rules[1].zone != NULL && rules[1].zone == rules[2].zone);
	CHECK((rules[2].sources & 1U << POLICY_LOGIN) == 0);
	CHECK(rules[3].n_by == 2 && rules[3].by[0] == POLICY_BY_ENUM);
	CHECK(rules[n - 1].action == POLICY_REJECT &&
	      rules[n - 1].code == 405);
	policy_unref(policy);
}

static const struct test tests[] = {
	{ "errors name the setting, its value and what was expected",
	  test_errors, false },
	{ "all errors are told at once", test_all_at_once, false },
	{ "rules have what was set, and the built-in ones follow",
	  test_values, false },
};
const struct test_suite suite_policy_build =
    TEST_SUITE("policy_build", tests);
