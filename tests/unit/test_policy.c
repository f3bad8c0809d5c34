/* test_policy.c - which rule decides, and why the others do not */
#include "lcrproxy/policy.h"

#include "tests/unit/harness.h"
#include "tests/unit/policy_sample.h"

extern const struct test_suite suite_policy;

static const char message[] =
    "INVITE sip:a@b SIP/2.0\r\n"
    "v: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\n"
    "t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 INVITE\r\nX-Plan: Gold Member\r\n"
    "s: on sale today\r\nContent-Length: 0\r\n\r\n";

static const char rules[] =
    "( { name = \"sms\"; method = \"MESSAGE\"; to = \"number\";"
    "    action = \"proxy\"; gateways = [ \"sms1\", \"sms2\" ]; },"
    "  { name = \"acme abroad\"; account = [ \"acme\", \"best\" ];"
    "    to = \"international\"; prefix = [ \"44\", \"+1\" ];"
    "    action = \"reject\"; code = 488; reason = \"Not You\"; },"
    "  { name = \"resellers\"; group = \"resellers\"; method = \"INVITE\";"
    "    class = [ \"premium\", \"mobile\" ]; action = \"route\";"
    "    by = [ \"enum\", \"static\" ]; },"
    "  { name = \"partner\"; domain = [ \"a.example\", \".b.example\" ];"
    "    action = \"proxy\"; target = \"sip:192.0.2.7\"; },"
    "  { name = \"office\"; source = [ \"trunk\", \"login\" ];"
    "    to = \"local\"; hours = \"mon-fri 08:00-18:00\";"
    "    timezone = \"Europe/Berlin\"; action = \"local\"; },"
    "  { name = \"gold\"; header = [ \"X-Plan: gold*\", \"Subject: *SALE*\","
    "    \"!X-None\" ]; action = \"foreign\"; },"
    "  { name = \"tls only\"; transport = \"tls\"; source = \"trunk\";"
    "    method = [ \"other\", \"PUBLISH\" ]; action = \"challenge\"; } )";

/* Monday 2026-11-23, in Berlin an hour later than in UTC. */
#define MONDAY (INT64_C(1795392000) * US_PER_S) /* 00:00 UTC */
#define HOUR (3600 * US_PER_S)

static const struct {
	const char *what;
	enum sip_method method;
	enum policy_source source;
	enum policy_target target;
	enum sip_transport transport;
	const char *account, *group, *number, *domain;
	time_us now;
	bool has_msg;
	const char *rule;
} cases[] = {
	{ "a message to a number", SIP_MESSAGE, POLICY_LOGIN, POLICY_NATIONAL,
	  SIP_UDP, "acme", "", "498912345678", "d", MONDAY, false, "sms" },
	{ "a message to a user", SIP_MESSAGE, POLICY_LOGIN, POLICY_LOCAL,
	  SIP_UDP, "acme", "", "", "d", MONDAY, false,
	  "built-in: a user of ours" },
	{ "an account's rule", SIP_INVITE, POLICY_TRUNK, POLICY_INTERNATIONAL,
	  SIP_UDP, "best", "", "442079460123", "d", MONDAY, false,
	  "acme abroad" },
	{ "its prefix with a plus", SIP_INVITE, POLICY_TRUNK,
	  POLICY_INTERNATIONAL, SIP_UDP, "acme", "", "12125550123", "d",
	  MONDAY, false, "acme abroad" },
	{ "not one of its prefixes", SIP_INVITE, POLICY_TRUNK,
	  POLICY_INTERNATIONAL, SIP_UDP, "acme", "", "33142685300", "d",
	  MONDAY, false, "built-in: a number" },
	{ "another account", SIP_INVITE, POLICY_TRUNK, POLICY_INTERNATIONAL,
	  SIP_UDP, "acm", "", "442079460123", "d", MONDAY, false,
	  "built-in: a number" },
	{ "a group, and a class", SIP_INVITE, POLICY_TRUNK, POLICY_NATIONAL,
	  SIP_UDP, "x", "resellers", "447700900000", "d", MONDAY, false,
	  "resellers" },
	{ "the group, another class", SIP_INVITE, POLICY_TRUNK,
	  POLICY_NATIONAL, SIP_UDP, "x", "resellers", "4930123456", "d",
	  MONDAY, false, "built-in: a number" },
	{ "a domain has no class", SIP_INVITE, POLICY_TRUNK, POLICY_FOREIGN,
	  SIP_UDP, "x", "resellers", "", "d.example", MONDAY, false,
	  "built-in: another domain" },
	{ "a domain in any case, with its dot", SIP_INVITE, POLICY_UNKNOWN,
	  POLICY_FOREIGN, SIP_UDP, "", "", "", "A.Example.", MONDAY, false,
	  "partner" },
	{ "below a domain", SIP_INVITE, POLICY_UNKNOWN, POLICY_FOREIGN,
	  SIP_UDP, "", "", "", "x.b.example", MONDAY, false, "partner" },
	{ "the domain itself is not below it", SIP_INVITE, POLICY_UNKNOWN,
	  POLICY_FOREIGN, SIP_UDP, "", "", "", "b.example", MONDAY, false,
	  "built-in: who are you" },
	{ "one that looks alike", SIP_INVITE, POLICY_UNKNOWN, POLICY_FOREIGN,
	  SIP_UDP, "", "", "", "xa.example", MONDAY, false,
	  "built-in: who are you" },
	{ "one that goes on", SIP_INVITE, POLICY_UNKNOWN, POLICY_FOREIGN,
	  SIP_UDP, "", "", "", "a.example.evil", MONDAY, false,
	  "built-in: who are you" },
	{ "before office hours, in the rule's zone", SIP_INVITE, POLICY_TRUNK,
	  POLICY_LOCAL, SIP_UDP, "x", "", "", "d", MONDAY + 7 * HOUR - 1,
	  false, "built-in: a user of ours" },
	{ "office hours", SIP_INVITE, POLICY_TRUNK, POLICY_LOCAL, SIP_UDP, "x",
	  "", "", "d", MONDAY + 7 * HOUR, false, "office" },
	{ "headers", SIP_INVITE, POLICY_TRUNK, POLICY_NATIONAL, SIP_UDP, "x",
	  "", "4930123456", "d", MONDAY, true, "gold" },
	{ "another method", SIP_PUBLISH, POLICY_TRUNK, POLICY_LOCAL, SIP_TLS,
	  "x", "", "", "d", MONDAY, false, "tls only" },
	{ "a method without a name here", SIP_METHOD_OTHER, POLICY_TRUNK,
	  POLICY_LOCAL, SIP_TLS, "x", "", "", "d", MONDAY, false,
	  "tls only" },
	{ "another transport", SIP_PUBLISH, POLICY_TRUNK, POLICY_LOCAL,
	  SIP_TCP, "x", "", "", "d", MONDAY, false,
	  "built-in: a user of ours" },
	{ "nobody we know", SIP_INVITE, POLICY_UNKNOWN, POLICY_NATIONAL,
	  SIP_UDP, "", "", "4930123456", "d", MONDAY, false,
	  "built-in: who are you" },
	{ "a carrier calls a user", SIP_INVITE, POLICY_GATEWAY, POLICY_LOCAL,
	  SIP_UDP, "", "", "4930123456", "d", MONDAY, false,
	  "built-in: a user of ours" },
	{ "a carrier calls a number", SIP_INVITE, POLICY_GATEWAY,
	  POLICY_NATIONAL, SIP_UDP, "", "", "4930123456", "d", MONDAY, false,
	  "built-in: carriers call users of ours only" },
	{ "registration", SIP_REGISTER, POLICY_UNKNOWN, POLICY_NODE, SIP_UDP,
	  "", "", "", "d", MONDAY, false, "built-in: not here" },
	{ "a subscription to a number", SIP_SUBSCRIBE, POLICY_TRUNK,
	  POLICY_NATIONAL, SIP_UDP, "x", "", "4930123456", "d", MONDAY, false,
	  "built-in: not here" },
};

static void
fill(size_t i, const struct sip_msg *msg, struct policy_facts *out)
{
	*out = (struct policy_facts){
		.method = cases[i].method,
		.source = cases[i].source,
		.target = cases[i].target,
		.transport = cases[i].transport,
		.account = cases[i].account,
		.group = cases[i].group,
		.domain = str_of(cases[i].domain),
		.now = cases[i].now,
		.msg = cases[i].has_msg ? msg : NULL,
	};
	if (cases[i].number[0] != '\0')
		CHECK(number_parse(str_of(cases[i].number), &out->number) ==
		      0);
}

static void
test_cases(void)
{
	struct policy *policy;
	struct sip_msg msg;
	char said[1000];

	CHECK(sip_scan(&msg, message, sizeof(message) - 1, NULL) == 0);
	if (!OK(policy_sample(rules, &policy, said, sizeof(said))))
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_facts facts;
		const struct policy_rule *rule;

		test_row(cases[i].what);
		fill(i, &msg, &facts);
		rule = policy_judge(policy, &facts);
		CHECK(strcmp(rule->name, cases[i].rule) == 0);
		CHECK(policy_why_not(rule, &facts) == POLICY_MATCHES);
	}
	test_row(NULL);
	policy_unref(policy);
}

/* Index or not, the first rule by number decides. */
static void
test_order(void)
{
	struct policy *policy;
	char said[1000];
	struct policy_facts facts = { .method = SIP_INVITE,
				      .account = "a",
				      .group = "g",
				      .domain = str_of("d") };

	if (!OK(policy_sample(
		"( { name = \"1\"; group = \"x\"; action = \"local\"; },"
		"  { name = \"2\"; group = \"g\"; account = \"z\";"
		"    method = \"MESSAGE\"; action = \"local\"; },"
		"  { name = \"3\"; account = [ \"a\", \"b\" ];"
		"    group = \"g\"; action = \"local\"; },"
		"  { name = \"4\"; action = \"local\"; },"
		"  { name = \"5\"; account = \"c\"; action = \"local\"; } )",
		&policy, said, sizeof(said))))
		return;
	CHECK(strcmp(policy_judge(policy, &facts)->name, "3") == 0);
	facts.account = "c";
	CHECK(strcmp(policy_judge(policy, &facts)->name, "3") == 0);
	facts.group = "";
	CHECK(strcmp(policy_judge(policy, &facts)->name, "4") == 0);
	facts.group = "x";
	CHECK(strcmp(policy_judge(policy_ref(policy), &facts)->name, "1") ==
	      0);
	policy_unref(policy);
	policy_unref(policy);
}

static void
test_reasons(void)
{
	static const struct {
		const char *rule;
		enum policy_condition why;
	} rows[] = {
		{ "method = \"MESSAGE\";", POLICY_METHOD },
		{ "source = \"login\";", POLICY_SOURCE },
		{ "to = \"local\";", POLICY_TARGET },
		{ "transport = \"tls\";", POLICY_TRANSPORT },
		{ "account = \"b\";", POLICY_WHO },
		{ "class = \"mobile\";", POLICY_CLASS },
		{ "prefix = \"44\";", POLICY_PREFIX },
		{ "domain = \"e\";", POLICY_DOMAIN },
		{ "hours = \"sun 00:00-01:00\";", POLICY_HOURS },
		{ "header = \"X-Plan: silver*\";", POLICY_HEADER },
		{ "header = \"!Subject\";", POLICY_HEADER },
		{ "header = \"Subject: *today\";", POLICY_MATCHES },
		{ "prefix = \"\";", POLICY_MATCHES },
	};
	struct policy_facts facts = { .method = SIP_INVITE,
				      .account = "a",
				      .group = "",
				      .domain = str_of("d"),
				      .now = MONDAY };
	struct sip_msg msg;

	CHECK(sip_scan(&msg, message, sizeof(message) - 1, NULL) == 0);
	CHECK(number_parse(str_of("4930123456"), &facts.number) == 0);
	facts.msg = &msg;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200], said[1000];
		struct policy *policy;
		size_t n;

		test_row(rows[i].rule);
		snprintf(text, sizeof(text), "( { %s action = \"local\"; } )",
			 rows[i].rule);
		if (!OK(policy_sample(text, &policy, said, sizeof(said))))
			continue;
		CHECK(policy_why_not(policy_rules(policy, &n), &facts) ==
		      rows[i].why);
		policy_unref(policy);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "the first rule that matches decides", test_cases, false },
	{ "rules of accounts and groups keep their places", test_order,
	  false },
	{ "a rule tells what speaks against it", test_reasons, false },
};
const struct test_suite suite_policy = TEST_SUITE("policy", tests);
