/* test_policy_check.c - rules that can never match */
#include "lcrproxy/policy.h"

#include "tests/unit/harness.h"
#include "tests/unit/policy_sample.h"

extern const struct test_suite suite_policy_check;

#define LOCAL " action = \"local\"; }"

/* The last rule is the one that is asked about. */
static const struct {
	const char *what, *rules;
	bool is_dead;
	const char *by; /* NULL: itself */
} cases[] = {
	{ "behind one that takes all",
	  "( { name = \"all\";" LOCAL ", { method = \"INVITE\";" LOCAL " )",
	  true, "all" },
	{ "behind one that takes others",
	  "( { method = \"MESSAGE\";" LOCAL ", { method = \"INVITE\";" LOCAL
	  " )", false, NULL },
	{ "behind several that take all together",
	  "( { method = [ \"INVITE\", \"MESSAGE\" ]; source = \"trunk\";" LOCAL
	  ", { name = \"b\"; source = [ \"login\", \"gateway\", \"unknown\" ];"
	  LOCAL ", { method = \"INVITE\";" LOCAL " )",
	  true, "b" },
	{ "behind several that leave something",
	  "( { method = \"INVITE\"; source = \"trunk\";" LOCAL
	  ", { source = [ \"login\", \"gateway\" ];" LOCAL
	  ", { method = \"INVITE\";" LOCAL " )", false, NULL },
	{ "a longer prefix", "( { name = \"p\"; prefix = \"49\"; to = \"number\";"
	  LOCAL ", { prefix = [ \"4930\", \"4940\" ]; to = \"number\";" LOCAL
	  " )", true, "p" },
	{ "a shorter prefix", "( { prefix = \"4930\"; to = \"number\";" LOCAL
	  ", { prefix = [ \"4930\", \"49\" ]; to = \"number\";" LOCAL " )",
	  false, NULL },
	{ "a domain below another",
	  "( { name = \"d\"; domain = \".example\";" LOCAL
	  ", { domain = [ \"A.example\", \".b.EXAMPLE\" ];" LOCAL " )", true,
	  "d" },
	{ "a domain that is not below another",
	  "( { domain = \".example\";" LOCAL ", { domain = \"example\";" LOCAL
	  " )", false, NULL },
	{ "some of the accounts", "( { name = \"a\"; account = [ \"x\", \"y\" ];"
	  LOCAL ", { account = \"y\";" LOCAL " )", true, "a" },
	{ "other accounts", "( { account = \"x\";" LOCAL
	  ", { account = [ \"x\", \"y\" ];" LOCAL " )", false, NULL },
	{ "everybody is more than an account", "( { account = \"x\";" LOCAL
	  ", {" LOCAL " )", false, NULL },
	{ "the same hours", "( { name = \"h\"; hours = \"mon 08:00-09:00\";"
	  LOCAL ", { hours = \"mon 08:00-09:00\"; method = \"INVITE\";" LOCAL
	  " )", true, "h" },
	{ "the same hours elsewhere", "( { hours = \"mon 08:00-09:00\";" LOCAL
	  ", { hours = \"mon 08:00-09:00\"; timezone = \"Europe/Berlin\";"
	  LOCAL " )", false, NULL },
	{ "more headers", "( { name = \"x\"; header = \"X: 1\";" LOCAL
	  ", { header = [ \"Y\", \"x: 1\" ];" LOCAL " )", true, "x" },
	{ "fewer headers", "( { header = [ \"X\", \"Y\" ];" LOCAL
	  ", { header = \"X\";" LOCAL " )", false, NULL },
	{ "classes cover numbers, not domains",
	  "( { class = \"mobile\";" LOCAL ", { class = [ \"unknown\","
	  " \"geographic\", \"premium\", \"shared_cost\", \"toll_free\","
	  " \"satellite\", \"personal\", \"voip\", \"pager\", \"corporate\","
	  " \"emergency\", \"short_code\" ];" LOCAL ", { to = [ \"number\","
	  " \"foreign\" ];" LOCAL " )", false, NULL },
	{ "and all classes all numbers",
	  "( { class = \"mobile\";" LOCAL ", { name = \"c\"; class = ["
	  " \"unknown\", \"geographic\", \"premium\", \"shared_cost\","
	  " \"toll_free\", \"satellite\", \"personal\", \"voip\", \"pager\","
	  " \"corporate\", \"emergency\", \"short_code\" ];" LOCAL
	  ", { to = \"number\";" LOCAL " )", true, "c" },
	{ "a challenge leaves those who have logged in",
	  "( { action = \"challenge\"; }, { source = \"login\";" LOCAL " )",
	  false, NULL },
	{ "and nobody else", "( { name = \"q\"; action = \"challenge\"; },"
	  " { source = \"trunk\";" LOCAL " )", true, "q" },
	{ "a class of a domain", "( { class = \"mobile\"; to = \"foreign\";"
	  LOCAL " )", true, NULL },
	{ "a challenge of who has logged in",
	  "( { source = \"login\"; action = \"challenge\"; } )", true, NULL },
	{ "an account of nobody", "( { source = \"unknown\"; account = \"x\";"
	  LOCAL " )", true, NULL },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct policy_rule *rules, *by;
		struct policy *policy;
		char said[1000];
		bool is_dead;
		size_t n;

		test_row(cases[i].what);
		if (!OK(policy_sample(cases[i].rules, &policy, said,
				      sizeof(said))))
			continue;
		rules = policy_rules(policy, &n);
		while (strncmp(rules[n - 1].name, "built-in", 8) == 0)
			n--;
		is_dead = policy_is_dead(policy, n - 1, &by);
		CHECK(is_dead == cases[i].is_dead);
		if (is_dead && cases[i].by != NULL)
			CHECK(by != NULL && strcmp(by->name, cases[i].by) == 0);
		else if (is_dead)
			CHECK(by == NULL);
		policy_unref(policy);
	}
	test_row(NULL);
}

static void
test_built_in(void)
{
	const struct policy_rule *by;
	struct policy *policy;
	char said[1000];
	size_t n;

	if (!OK(policy_sample("( )", &policy, said, sizeof(said))))
		return;
	policy_rules(policy, &n);
	for (size_t i = 0; i < n; i++)
		CHECK(!policy_is_dead(policy, i, &by));
	policy_unref(policy);
}

static const struct test tests[] = {
	{ "dead rules are found, and no others", test_cases, false },
	{ "none of the built-in rules is dead", test_built_in, false },
};
const struct test_suite suite_policy_check =
    TEST_SUITE("policy_check", tests);
