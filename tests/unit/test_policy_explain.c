/* test_policy_explain.c - which rule, and why none before it, in words */
#include "lcrproxy/policy_explain.h"

#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/policy_sample.h"

extern const struct test_suite suite_policy_explain;

static const char rules[] =
    "( { name = \"m\"; method = \"MESSAGE\"; action = \"local\"; },\n"
    "  { name = \"p\"; prefix = \"44\"; action = \"local\"; },\n"
    "  { name = \"w\"; account = \"best\"; action = \"local\"; },\n"
    "  { name = \"n\"; to = \"number\"; action = \"reject\"; } )";

static const struct policy_facts facts = {
	.method = SIP_INVITE,
	.source = POLICY_LOGIN,
	.target = POLICY_NATIONAL,
	.account = "acme",
	.group = "",
	.number = { 10, "4930123456" },
	.domain = { "d", 1 },
};

static void
told_as_json(void)
{
	static const char *const whys[] = {
		"method is INVITE", "number is +4930123456",
		"account is \"acme\", group \"\"", NULL
	};
	json_t *object = json_object(), *list;
	struct policy *policy;
	char said[1000];

	if (OK(policy_sample(rules, &policy, said, sizeof(said)))) {
		if (CHECK(policy_explain_json(policy, &facts, object) == 0)) {
			list = json_object_get(object, "rules");
			CHECK(json_array_size(list) == 4);
			for (size_t i = 0; i < json_array_size(list); i++) {
				const char *why = json_string_value(
				    json_object_get(json_array_get(list, i),
						    "why"));

				CHECK((why == NULL) == (whys[i] == NULL));
				CHECK(why == NULL || strcmp(why, whys[i]) == 0);
			}
			CHECK(strcmp(json_string_value(json_object_get(
					 object, "rule")), "n") == 0);
			CHECK(strcmp(json_string_value(json_object_get(
					 object, "action")), "reject") == 0);
			CHECK(strcmp(json_string_value(json_object_get(
					 object, "source")), "login") == 0);
			CHECK(strcmp(json_string_value(json_object_get(
					 object, "target")), "national") == 0);
		}
		policy_unref(policy);
	}
	json_decref(object);
}

static void
told_to_people(void)
{
	char *text = NULL, said[1000];
	struct policy *policy;
	size_t size;
	FILE *file;

	if (!OK(policy_sample(rules, &policy, said, sizeof(said))))
		return;
	file = open_memstream(&text, &size);
	if (CHECK(file != NULL)) {
		policy_explain_text(file, policy, &facts);
		fclose(file);
		CHECK(strcmp(text,
			     "INVITE from login to national\n"
			     "rule \"m\" (line 1) does not match: method is "
			     "INVITE\n"
			     "rule \"p\" (line 2) does not match: number is "
			     "+4930123456\n"
			     "rule \"w\" (line 3) does not match: account is "
			     "\"acme\", group \"\"\n"
			     "rule \"n\" (line 4) decides: reject\n") == 0);
		free(text);
	}
	policy_unref(policy);
}

static const struct test tests[] = {
	{ "as JSON", told_as_json, false },
	{ "for people", told_to_people, false },
};
const struct test_suite suite_policy_explain =
    TEST_SUITE("policy_explain", tests);
