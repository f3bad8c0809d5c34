/*
 * policy_explain.h - which rule a request meets, and why none before it
 */
#ifndef LCRPROXY_POLICY_EXPLAIN_H
#define LCRPROXY_POLICY_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "lcrproxy/policy.h"

/* Add to object: rule (its name), action, source, target, and rules: those up
 * to the one that matches, each with rule, file, line, action and why (what
 * speaks against it; null of the one that matches). 0 or ERR_NOMEM. */
int policy_explain_json(const struct policy *policy,
			const struct policy_facts *facts, json_t *object);
/* The same for people, in lines. */
void policy_explain_text(FILE *out, const struct policy *policy,
			 const struct policy_facts *facts);

#endif
