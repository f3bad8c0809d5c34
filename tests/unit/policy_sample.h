/*
 * policy_sample.h - a policy from the text of its setting
 */
#ifndef TESTS_UNIT_POLICY_SAMPLE_H
#define TESTS_UNIT_POLICY_SAMPLE_H

#include <stdio.h>

#include "base/err.h"
#include "lcrproxy/policy_build.h"
#include "lcrproxy/settings_private.h"

struct policy_sample {
	struct conf_list policy;
};

/* Compile "( { ... }, ... )"; what is wrong goes to said, one line each. 0,
 * ERR_SYNTAX, ERR_NOMEM. */
static inline int
policy_sample(const char *rules, struct policy **out, char *said, size_t cap)
{
	static const struct conf_field fields[] = {
		{ .key = "policy", .type = CONF_LIST,
		  .sub = &settings_rule_table },
	};
	const struct conf_table table = { fields, 1,
					  sizeof(struct policy_sample), NULL };
	struct conf_errors errors = { 0 };
	struct policy_sample sample;
	char text[4096];
	int err;

	snprintf(text, sizeof(text), "policy = %s;\n", rules);
	err = conf_read_text("t", text, &table, &sample, &errors);
	said[0] = '\0';
	for (size_t i = 0; i < errors.n; i++)
		snprintf(said + strlen(said), cap - strlen(said), "%s\n",
			 errors.lines[i]);
	conf_errors_fini(&errors);
	if (err != 0)
		return err;
	err = policy_new(&sample.policy, NULL, NULL, out);
	conf_free(&table, &sample);
	return err;
}

#endif
