/* test_prefix_rules.c - rules by owner and prefix */
#include "route/prefix_rules.h"

#include "base/err.h"
#include "tests/unit/harness.h"

static const struct {
	uint32_t owner, value;
	const char *prefix;
} rows[] = {
	{ 2, 20, "49" },  { 1, 10, "" },      { 1, 11, "49" },
	{ 1, 12, "493" }, { 1, 13, "49" },    { PREFIX_RULES_ALL, 1, "4930" },
	{ 3, 30, "33" },  { 1, 14, "49301" }, { 3, 31, "332" },
};

static const struct {
	const char *number;
	uint32_t owner;
	int value; /* -1 = none */
} finds[] = {
	{ "493012", 1, 14 },
	{ "493112", 1, 12 },
	{ "4", 1, 10 },
	{ "4930", PREFIX_RULES_ALL, 1 },
	{ "493", PREFIX_RULES_ALL, -1 },
	{ "491", 2, 20 },
	{ "331", 3, 30 },
	{ "332", 3, 31 },
	{ "34", 3, -1 },
	{ "49", 4, -1 },
};

static void
longest_prefixes(void)
{
	struct prefix_rules rules = { 0 };
	struct number number;
	size_t n;

	CHECK(number_parse(str_of("493012"), &number) == 0);
	CHECK(prefix_rules_find(&rules, 1, &number) == NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prefix_word prefix;

		CHECK(prefix_parse(str_of(rows[i].prefix), &prefix) == 0);
		if (!OK(prefix_rules_add(&rules, rows[i].owner, prefix,
					 rows[i].value, 0)))
			goto out;
	}
	prefix_rules_sort(&rules);
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		const struct prefix_rule *rule;

		test_row(finds[i].number);
		CHECK(number_parse(str_of(finds[i].number), &number) == 0);
		rule = prefix_rules_find(&rules, finds[i].owner, &number);
		CHECK(rule == NULL ? finds[i].value == -1
				   : (int)rule->value == finds[i].value);
	}
	test_row(NULL);
	CHECK(number_parse(str_of("4930"), &number) == 0);
	CHECK(prefix_rules_at(&rules, 1, &number, 2, &n) != NULL && n == 2);
	CHECK(prefix_rules_at(&rules, 1, &number, 5, &n) == NULL && n == 0);
out:
	prefix_rules_fini(&rules);
}

static const struct test tests[] = {
	{ "the longest prefix of its owner counts", longest_prefixes, false },
};

const struct test_suite suite_prefix_rules = TEST_SUITE("prefix_rules", tests);
