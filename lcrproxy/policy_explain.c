/* policy_explain.c - rules and what speaks against them, in words */
#include "lcrproxy/policy_explain.h"

#include "base/err.h"

#define WHY_MAX 160

static const char *
number_words(const struct policy_facts *facts, char out[WHY_MAX])
{
	if (facts->number.len == 0)
		return "it is no number";
	snprintf(out, WHY_MAX, "number is +%s", facts->number.digits);
	return out;
}

/* What the request has, where the rule wants something else. */
static const char *
why_words(enum policy_condition why, const struct policy_facts *facts,
	  char out[WHY_MAX])
{
	const char *value = NULL;

	switch (why) {
	case POLICY_MATCHES:
		return NULL;
	case POLICY_METHOD:
		value = sip_method_text(facts->method);
		break;
	case POLICY_SOURCE:
		value = policy_source_texts[facts->source];
		break;
	case POLICY_TARGET:
		value = policy_target_texts[facts->target];
		break;
	case POLICY_CLASS:
		if (facts->number.len == 0)
			return "it is no number";
		value = number_class_text(number_classify(&facts->number));
		break;
	case POLICY_TRANSPORT:
		value = sip_transport_param(facts->transport);
		break;
	case POLICY_WHO:
		snprintf(out, WHY_MAX, "account is \"%.60s\", group \"%.60s\"",
			 facts->account, facts->group);
		return out;
	case POLICY_PREFIX:
		return number_words(facts, out);
	case POLICY_DOMAIN:
		snprintf(out, WHY_MAX, "domain is \"%.*s\"",
			 facts->domain.len < 100 ? (int)facts->domain.len : 100,
			 facts->domain.p != NULL ? facts->domain.p : "");
		return out;
	case POLICY_HOURS:
		return "it is outside of its hours";
	case POLICY_HEADER:
		return "a header is not as it wants";
	case POLICY_N_CONDITIONS:
		break;
	}
	snprintf(out, WHY_MAX, "%s is %s", policy_condition_texts[why],
		 value != NULL && value[0] != '\0' ? value : "other");
	return out;
}

static json_t *
row_of(const struct policy_rule *rule, const char *why)
{
	return json_pack("{s:s s:s s:i s:s s:s?}", "rule", rule->name, "file",
			 rule->file, "line", rule->line, "action",
			 policy_action_texts[rule->action], "why", why);
}

int
policy_explain_json(const struct policy *policy,
		    const struct policy_facts *facts, json_t *object)
{
	const struct policy_rule *chosen = policy_judge(policy, facts);
	json_t *list = json_array();
	size_t n;

	for (const struct policy_rule *rule = policy_rules(policy, &n);
	     rule <= chosen; rule++) {
		char text[WHY_MAX];
		const char *why = rule == chosen
				      ? NULL
				      : why_words(policy_why_not(rule, facts),
						  facts, text);

		if (json_array_append_new(list, row_of(rule, why)) != 0) {
			json_decref(list);
			return ERR_NOMEM;
		}
	}
	if (json_object_set_new(object, "rules", list) != 0 ||
	    json_object_set_new(object, "rule", json_string(chosen->name)) !=
		0 ||
	    json_object_set_new(
		object, "action",
		json_string(policy_action_texts[chosen->action])) != 0 ||
	    json_object_set_new(
		object, "source",
		json_string(policy_source_texts[facts->source])) != 0 ||
	    json_object_set_new(
		object, "target",
		json_string(policy_target_texts[facts->target])) != 0)
		return ERR_NOMEM;
	return 0;
}

static void
print_rule(FILE *out, const struct policy_rule *rule, const char *why)
{
	char place[32] = "";

	if (rule->line > 0)
		snprintf(place, sizeof(place), " (line %d)", rule->line);
	if (why == NULL)
		fprintf(out, "rule \"%s\"%s decides: %s\n", rule->name, place,
			policy_action_texts[rule->action]);
	else
		fprintf(out, "rule \"%s\"%s does not match: %s\n", rule->name,
			place, why);
}

void
policy_explain_text(FILE *out, const struct policy *policy,
		    const struct policy_facts *facts)
{
	const struct policy_rule *chosen = policy_judge(policy, facts);
	size_t n;

	fprintf(out, "%s from %s to %s\n", sip_method_text(facts->method),
		policy_source_texts[facts->source],
		policy_target_texts[facts->target]);
	for (const struct policy_rule *rule = policy_rules(policy, &n);
	     rule <= chosen; rule++) {
		char text[WHY_MAX];

		print_rule(out, rule,
			   rule == chosen
			       ? NULL
			       : why_words(policy_why_not(rule, facts), facts,
					   text));
	}
}
