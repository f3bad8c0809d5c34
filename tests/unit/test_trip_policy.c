/* test_trip_policy.c - rules for routes */
#include "trip/policy.h"

#include "base/err.h"
#include "tests/unit/trip_help.h"

#define LIST(...)                                                             \
	{ (char *[]){ __VA_ARGS__ },                                          \
	  sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) }
#define UNSET .local_preference = -1, .med = -1

static char p49[] = "49", p4930[] = "4930", i300[] = "300", i301[] = "301",
	    c1[] = "300:1", no_export[] = "no_export", c2[] = "300:2";

static void
fill(struct trip_draft *draft)
{
	trip_draft_init(draft);
	CHECK(trip_draft_set(draft, 0, TRIP_ADVERTISEMENT_PATH,
			     str_make("\2\1\0\0\1\54", 6)));
	CHECK(trip_draft_set(draft, 0, TRIP_COMMUNITIES,
			     str_make("\0\0\1\54\0\0\0\1", 8)));
}

static void
test_matching(void)
{
	static struct trip_draft draft;
	const struct trip_rule rules[] = {
		{ .prefixes = LIST(p4930), .itads = LIST(i301), UNSET },
		{ .prefixes = LIST(p4930), .communities = LIST(c2), UNSET },
		{ .prefixes = LIST(p4930, p49), .itads = LIST(i301, i300),
		  .communities = LIST(c2, c1), UNSET },
		{ .prefixes = LIST(p49), UNSET },
	};
	struct trip_policy policy = { rules, 4 };
	struct trip_prefix prefix = { 3, 1, str_of("493012") };

	fill(&draft);
	CHECK(trip_policy_match(&policy, &prefix, &draft) == &rules[2]);
	prefix.address = str_of("49");
	CHECK(trip_policy_match(&policy, &prefix, &draft) == &rules[2]);
	trip_draft_remove(&draft, TRIP_COMMUNITIES);
	CHECK(trip_policy_match(&policy, &prefix, &draft) == &rules[3]);
	prefix.address = str_of("4");
	CHECK(trip_policy_match(&policy, &prefix, &draft) == NULL);
	prefix = (struct trip_prefix){ TRIP_AF_CARRIER, 1, str_of("49") };
	CHECK(trip_policy_match(&policy, &prefix, &draft) == NULL);
	policy.n_rules = 0;
	CHECK(trip_policy_match(&policy, &prefix, &draft) == NULL);
}

static void
test_changes(void)
{
	static struct trip_draft draft;
	const struct trip_rule marks = { .local_preference = 5, .med = 6,
					 .add_communities = LIST(no_export, c1),
					 .remove_communities = LIST(c2) };
	const struct trip_rule strips = { UNSET,
					  .remove_communities = LIST(c1) };
	struct str value;

	fill(&draft);
	OK(trip_rule_apply(NULL, &draft));
	CHECK(draft.n == 2);
	OK(trip_rule_apply(&marks, &draft));
	value = trip_draft_get(&draft, TRIP_COMMUNITIES);
	CHECK(trip_is_bytes(value.p, value.len,
			    "0000012C 00000001 00000000 FFFFFF01"));
	CHECK(trip_draft_get(&draft, TRIP_LOCAL_PREFERENCE).p[3] == 5);
	CHECK(trip_draft_get(&draft, TRIP_MULTI_EXIT_DISC).p[3] == 6);
	fill(&draft);
	OK(trip_rule_apply(&strips, &draft));
	CHECK(trip_draft_get(&draft, TRIP_COMMUNITIES).p == NULL);
}

static void
test_checking(void)
{
	char plus[] = "+49", host[] = "a b", word[] = "x:y", big[] = "1:4294967296";
	const struct {
		const char *what;
		struct trip_rule rule;
		const char *bad;
	} rows[] = {
		{ "good", { .prefixes = LIST(p49), .itads = LIST(i300),
			    .communities = LIST(no_export, c1) }, NULL },
		{ "a plus", { .prefixes = LIST(p49, plus) }, plus },
		{ "an ITAD that is none", { .itads = LIST(c1) }, c1 },
		{ "a community that is none", { .communities = LIST(word) },
		  word },
		{ "an id too large", { .add_communities = LIST(big) }, big },
		{ "a removed one", { .remove_communities = LIST(i300) }, i300 },
		{ "a server that is none", { .next_hop = host }, host },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *bad = "";

		test_row(rows[i].what);
		CHECK((trip_rule_check(&rows[i].rule, &bad) == 0) ==
		      (rows[i].bad == NULL));
		CHECK(bad == rows[i].bad);
	}
}

static const struct test tests[] = {
	{ "the first rule that matches decides", test_matching, true },
	{ "rules mark routes", test_changes, true },
	{ "a wrong rule is named", test_checking, true },
};

const struct test_suite suite_trip_policy = TEST_SUITE("trip_policy", tests);
