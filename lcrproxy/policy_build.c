/* policy_build.c - settings into rules, and the built-in rules */
#include "lcrproxy/policy_build.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/policy_private.h"
#include "route/gateway_uri.h"

#define CODE_MIN 400
#define CODE_MAX 699

/* The usual provider's: customers call numbers and anybody, carriers call
 * users of ours, and nobody else anything. */
const struct policy_rule policy_built_in[] = {
	{ .name = "built-in: who are you",
	  .methods = ANY_METHOD & ~(1U << SIP_REGISTER),
	  .sources = 1U << POLICY_UNKNOWN,
	  .targets = ANY_TARGET,
	  .classes = ANY_CLASS,
	  .transports = ANY_TRANSPORT,
	  .action = POLICY_CHALLENGE },
	{ .name = "built-in: a number",
	  .methods = 1U << SIP_INVITE,
	  .sources = CUSTOMERS,
	  .targets = NUMBERS,
	  .classes = ANY_CLASS,
	  .transports = ANY_TRANSPORT,
	  .action = POLICY_ROUTE },
	{ .name = "built-in: a user of ours",
	  .methods = ANY_METHOD & ~(1U << SIP_REGISTER),
	  .sources = CUSTOMERS | 1U << POLICY_GATEWAY,
	  .targets = 1U << POLICY_LOCAL,
	  .classes = ANY_CLASS,
	  .transports = ANY_TRANSPORT,
	  .action = POLICY_TO_LOCAL },
	{ .name = "built-in: another domain",
	  .methods = ANY_METHOD,
	  .sources = CUSTOMERS,
	  .targets = 1U << POLICY_FOREIGN,
	  .classes = ANY_CLASS,
	  .transports = ANY_TRANSPORT,
	  .action = POLICY_TO_FOREIGN },
	{ .name = "built-in: carriers call users of ours only",
	  .methods = ANY_METHOD,
	  .sources = 1U << POLICY_GATEWAY,
	  .targets = NUMBERS | 1U << POLICY_FOREIGN,
	  .classes = ANY_CLASS,
	  .transports = ANY_TRANSPORT,
	  .action = POLICY_REJECT,
	  .code = 403 },
	{ .name = "built-in: not here",
	  .methods = ANY_METHOD,
	  .sources = ANY_SOURCE,
	  .targets = ANY_TARGET,
	  .classes = ANY_CLASS,
	  .transports = ANY_TRANSPORT,
	  .action = POLICY_REJECT,
	  .code = 405 },
};
const size_t n_policy_built_in =
    sizeof(policy_built_in) / sizeof(policy_built_in[0]);

/* --- actions --- */

static void
read_by(struct policy_builder *b, const struct conf_list *list,
	struct policy_rule *out)
{
	char *const *items = list->items;

	for (size_t i = 0; i < list->n; i++) {
		int by = policy_word(policy_by_texts, items[i]);

		for (size_t k = 0; k < out->n_by && by >= 0; k++) {
			if (out->by[k] == by)
				by = -1;
		}
		if (by < 0)
			policy_complain_of(b, "by", items[i],
				 "static, enum and trip, each at most once");
		else
			out->by[out->n_by++] = (uint8_t)by;
	}
}

static void
read_proxy(struct policy_builder *b, const struct settings_rule *from,
	   struct policy_rule *out)
{
	struct addr addr;
	struct str host;

	out->gateways =
	    policy_read_names(b, &from->gateways, "gateways", &out->n_gateways);
	if (from->target != NULL) {
		if (gateway_uri_parse(str_of(from->target), &host, &addr) != 0)
			policy_complain_of(b, "target", from->target,
				 "a SIP URI such as sip:192.0.2.1:5060");
		out->target = policy_keep(b, str_of(from->target));
	}
	if ((from->target != NULL) == (out->n_gateways > 0))
		policy_complain_of(b, "target",
			 from->target != NULL ? "beside gateways" : "missing",
			 "either a target or gateways with action proxy");
}

static void
read_reject(struct policy_builder *b, const struct settings_rule *from,
	    struct policy_rule *out)
{
	char number[24];

	out->code = (int)from->code;
	if (from->code == 0)
		out->code = 403;
	else if (from->code < CODE_MIN || from->code > CODE_MAX) {
		snprintf(number, sizeof(number), "%lld", (long long)from->code);
		policy_complain_of(b, "code", number, "400 to 699");
	}
	if (from->reason == NULL)
		return;
	if (!str_is_printable(str_of(from->reason)) ||
	    from->reason[0] == '\0' || strpbrk(from->reason, "\"\\") != NULL ||
	    strlen(from->reason) > POLICY_NAME_MAX)
		policy_complain_of(b, "reason", from->reason,
			 "1 to 64 printable characters, no quotes and no "
			 "backslashes");
	out->reason = policy_keep(b, str_of(from->reason));
}

/* What belongs to another action is a mistake. */
static void
check_others(struct policy_builder *b, const struct settings_rule *from)
{
	bool is_proxy = from->action == POLICY_PROXY;
	bool is_reject = from->action == POLICY_REJECT;

	if (from->by.n > 0 && from->action != POLICY_ROUTE)
		policy_complain_of(b, "by", "there", "action route");
	if (!is_proxy && from->target != NULL)
		policy_complain_of(b, "target", from->target, "action proxy");
	if (!is_proxy && from->gateways.n > 0)
		policy_complain_of(b, "gateways", "there", "action proxy");
	if (!is_reject && (from->code != 0 || from->reason != NULL))
		policy_complain_of(b, "code or reason", "there", "action reject");
}

static void
read_action(struct policy_builder *b, const struct settings_rule *from,
	    struct policy_rule *out)
{
	out->action = (enum policy_action)from->action;
	check_others(b, from);
	switch (out->action) {
	case POLICY_ROUTE:
		read_by(b, &from->by, out);
		break;
	case POLICY_PROXY:
		read_proxy(b, from, out);
		break;
	case POLICY_REJECT:
		read_reject(b, from, out);
		break;
	case POLICY_CHALLENGE:
		out->sources &= ~(1U << POLICY_LOGIN);
		break;
	case POLICY_REDIRECT:
	case POLICY_TO_LOCAL:
	case POLICY_TO_FOREIGN:
		break;
	case POLICY_N_ACTIONS: /* the setting is required */
		break;
	}
}

/* --- all together --- */

static void
read_rule(struct policy_builder *b, const struct settings_rule *from, size_t index)
{
	struct policy_rule *out = &b->policy->rules[index];
	char number[32];

	snprintf(number, sizeof(number), "rule %zu", index + 1);
	if (from->name != NULL && (from->name[0] == '\0' ||
				   strlen(from->name) > POLICY_NAME_MAX ||
				   !str_is_printable(str_of(from->name))))
		policy_complain_of(b, "name", from->name, "1 to 64 printable characters");
	out->name = policy_keep(b, str_of(from->name != NULL ? from->name : number));
	out->file = policy_keep(
	    b, str_of(from->where.file != NULL ? from->where.file : ""));
	out->line = from->where.line;
	policy_read_conditions(b, from, out);
	read_action(b, from, out);
}

static int
compare_who(const void *a, const void *b)
{
	const struct policy_who *x = a, *y = b;
	int order = x->is_group - y->is_group;

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order != 0 ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

static size_t
add_who(struct policy *policy, size_t rule, bool is_group)
{
	const struct policy_rule *from = &policy->rules[rule];
	size_t n = is_group ? from->n_groups : from->n_accounts;

	for (size_t i = 0; i < n; i++)
		policy->who[policy->n_who++] = (struct policy_who){
			is_group ? from->groups[i] : from->accounts[i],
			is_group, (uint32_t)rule
		};
	return n;
}

static int
index_rules(struct policy *policy)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_rules; i++)
		n += policy->rules[i].n_accounts + policy->rules[i].n_groups;
	policy->who = mem_zalloc(n + 1, sizeof(*policy->who));
	policy->open = mem_zalloc(policy->n_rules, sizeof(*policy->open));
	if (policy->who == NULL || policy->open == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < policy->n_rules; i++) {
		if (add_who(policy, i, false) + add_who(policy, i, true) == 0)
			policy->open[policy->n_open++] = (uint32_t)i;
	}
	qsort(policy->who, policy->n_who, sizeof(*policy->who), compare_who);
	return 0;
}

static struct policy *
make(size_t n)
{
	struct policy *policy = mem_zalloc(1, sizeof(*policy));

	if (policy == NULL)
		return NULL;
	atomic_init(&policy->n_refs, 1);
	arena_init(&policy->texts, NULL, 0, 0);
	policy->n_rules = n + n_policy_built_in;
	policy->rules = mem_zalloc(policy->n_rules, sizeof(*policy->rules));
	policy->zones = mem_zalloc(n + 1, sizeof(*policy->zones));
	if (policy->rules == NULL || policy->zones == NULL) {
		policy_unref(policy);
		return NULL;
	}
	return policy;
}

int
policy_new(const struct conf_list *rules, policy_complain *complain_to,
	   void *arg, struct policy **out)
{
	struct policy_builder b = { .policy = make(rules->n),
			     .complain = complain_to,
			     .arg = arg };
	const struct settings_rule *items = rules->items;

	if (b.policy == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < rules->n && b.err == 0; i++)
		read_rule(&b, &items[i], i);
	for (size_t i = 0; i < n_policy_built_in; i++) {
		b.policy->rules[rules->n + i] = policy_built_in[i];
		b.policy->rules[rules->n + i].file = "";
	}
	if (b.err == 0 && b.is_bad)
		b.err = ERR_INVAL;
	if (b.err == 0)
		b.err = index_rules(b.policy);
	if (b.err != 0) {
		policy_unref(b.policy);
		return b.err;
	}
	*out = b.policy;
	return 0;
}
