/* load_policy.c - the policy, and what is odd in it */
#include "base/err.h"
#include "lcrproxy/load.h"
#include "lcrproxy/policy_build.h"

struct look {
	const struct policy *policy;
	const struct snapshot *snapshot;
	struct log *log;
	size_t n_odd;
};

static void
look_at_gateways(struct look *look, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->n_gateways; i++) {
		if (snapshot_gateway_by_name(look->snapshot,
					     str_of(rule->gateways[i])) != NULL)
			continue;
		look->n_odd++;
		log_warning(look->log,
			    "%s:%d: policy rule \"%s\": there is no gateway "
			    "%s",
			    rule->file, rule->line, rule->name,
			    rule->gateways[i]);
	}
}

static void
look_at_accounts(struct look *look, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->n_accounts; i++) {
		if (snapshot_account_by_name(look->snapshot,
					     str_of(rule->accounts[i])) != NULL)
			continue;
		look->n_odd++;
		log_warning(look->log,
			    "%s:%d: policy rule \"%s\": there is no account "
			    "%s",
			    rule->file, rule->line, rule->name,
			    rule->accounts[i]);
	}
}

static void
look_at_life(struct look *look, const struct policy_rule *rule, size_t index)
{
	const struct policy_rule *by;

	if (!policy_is_dead(look->policy, index, &by))
		return;
	look->n_odd++;
	if (by == NULL)
		log_warning(look->log,
			    "%s:%d: policy rule \"%s\" can never match: its "
			    "conditions contradict each other",
			    rule->file, rule->line, rule->name);
	else
		log_warning(look->log,
			    "%s:%d: policy rule \"%s\" can never match: what "
			    "it asks for meets rules before it, the last of "
			    "them \"%s\" in line %d",
			    rule->file, rule->line, rule->name, by->name,
			    by->line);
}

int
load_policy(const struct settings *settings, const struct snapshot *snapshot,
	    struct log *log, struct policy **out, size_t *n_odd)
{
	struct look look = { .snapshot = snapshot, .log = log };
	const struct policy_rule *rules;
	int err = policy_new(&settings->policy, NULL, NULL, out);
	size_t n;

	if (err != 0)
		return err;
	look.policy = *out;
	rules = policy_rules(*out, &n);
	for (size_t i = 0; i < settings->policy.n; i++) {
		look_at_gateways(&look, &rules[i]);
		look_at_accounts(&look, &rules[i]);
		look_at_life(&look, &rules[i], i);
	}
	if (n_odd != NULL)
		*n_odd = look.n_odd;
	return 0;
}
