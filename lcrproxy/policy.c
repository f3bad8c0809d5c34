/* policy.c - facts against rules */
#include "lcrproxy/policy_private.h"

#include "base/alloc.h"

const char *const policy_source_texts[] = { "trunk", "login", "gateway",
					    "unknown", NULL };
const char *const policy_target_texts[] = { "national", "international",
					    "local", "foreign", "node", NULL };
const char *const policy_action_texts[] = { "route",	"proxy",   "local",
					    "foreign",	"redirect", "reject",
					    "challenge", NULL };
const char *const policy_by_texts[] = { "static", "enum", "trip", NULL };
const char *const policy_condition_texts[] = {
	[POLICY_MATCHES] = "",		   [POLICY_METHOD] = "method",
	[POLICY_SOURCE] = "source",	   [POLICY_TARGET] = "to",
	[POLICY_CLASS] = "class",	   [POLICY_TRANSPORT] = "transport",
	[POLICY_WHO] = "account or group", [POLICY_PREFIX] = "prefix",
	[POLICY_DOMAIN] = "domain",	   [POLICY_HOURS] = "hours",
	[POLICY_HEADER] = "header",
};

struct policy *
policy_ref(struct policy *policy)
{
	if (policy != NULL)
		atomic_fetch_add(&policy->n_refs, 1);
	return policy;
}

void
policy_unref(struct policy *policy)
{
	if (policy == NULL || atomic_fetch_sub(&policy->n_refs, 1) > 1)
		return;
	for (size_t i = 0; i < policy->n_zones; i++)
		zone_free(policy->zones[i].zone);
	mem_free(policy->zones);
	mem_free(policy->rules);
	mem_free(policy->open);
	mem_free(policy->who);
	arena_fini(&policy->texts);
	mem_free(policy);
}

const struct policy_rule *
policy_rules(const struct policy *policy, size_t *n)
{
	*n = policy->n_rules;
	return policy->rules;
}

static bool
has_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static bool
is_for_whom(const struct policy_rule *rule, const struct policy_facts *facts)
{
	if (rule->n_accounts == 0 && rule->n_groups == 0)
		return true;
	return (facts->account[0] != '\0' &&
		has_name(rule->accounts, rule->n_accounts, facts->account)) ||
	       (facts->group[0] != '\0' &&
		has_name(rule->groups, rule->n_groups, facts->group));
}

static bool
has_prefix(const struct policy_rule *rule, const struct number *number)
{
	if (rule->n_prefixes == 0)
		return true;
	for (size_t i = 0; i < rule->n_prefixes; i++) {
		unsigned len = prefix_len(rule->prefixes[i]);

		if (number->len > 0 && len <= number->len &&
		    prefix_of(number, len) == rule->prefixes[i])
			return true;
	}
	return false;
}

/* "a.example.net" is below ".example.net"; "badexample.net" is not. A dot at
 * the end of a name is the same name. */
static bool
is_domain(struct str host, const char *text)
{
	struct str domain = str_of(text);

	if (host.len > 0 && host.p[host.len - 1] == '.')
		host.len--;
	if (domain.p[0] != '.')
		return str_eq_nocase(host, domain);
	return host.len > domain.len &&
	       str_eq_nocase(str_make(host.p + host.len - domain.len,
				      domain.len),
			     domain);
}

static bool
has_domain(const struct policy_rule *rule, struct str host)
{
	if (rule->n_domains == 0)
		return true;
	for (size_t i = 0; i < rule->n_domains; i++) {
		if (host.p != NULL && is_domain(host, rule->domains[i]))
			return true;
	}
	return false;
}

static bool
contains(struct str text, struct str part)
{
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (str_eq_nocase(str_make(text.p + i, part.len), part))
			return true;
	}
	return false;
}

static bool
is_value(const struct policy_header *header, struct str value)
{
	struct str wanted = str_of(header->value);

	if (header->value == NULL)
		return true;
	if (value.len < wanted.len)
		return false;
	if (header->is_open_front && header->is_open_end)
		return contains(value, wanted);
	if (header->is_open_end)
		value.len = wanted.len;
	if (header->is_open_front)
		value = str_make(value.p + value.len - wanted.len, wanted.len);
	return str_eq_nocase(value, wanted);
}

/* Any of the rows of its name. Compact forms are the same header. */
static bool
has_header(const struct policy_header *header, const struct sip_msg *msg)
{
	struct str name = str_of(header->name);
	enum sip_header id = sip_header_parse(name);

	for (int i = 0; msg != NULL && i < msg->n_fields; i++) {
		const struct sip_field *field = &msg->fields[i];

		if (field->id != id ||
		    (id == SIP_HDR_OTHER &&
		     !str_eq_nocase(sip_field_name(msg, field), name)))
			continue;
		if (is_value(header, sip_field_value(msg, field)))
			return !header->is_absent;
	}
	return header->is_absent;
}

static bool
has_headers(const struct policy_rule *rule, const struct sip_msg *msg)
{
	for (size_t i = 0; i < rule->n_headers; i++) {
		if (!has_header(&rule->headers[i], msg))
			return false;
	}
	return true;
}

static uint32_t
class_bit(const struct policy_facts *facts)
{
	return facts->number.len > 0 ? 1U << number_classify(&facts->number)
				     : 0;
}

/* The class of a number costs a search: asked for only where it matters. */
static bool
has_class(const struct policy_rule *rule, const struct policy_facts *facts)
{
	return rule->classes == ANY_CLASS ||
	       (rule->classes & class_bit(facts)) != 0;
}

enum policy_condition
policy_why_not(const struct policy_rule *rule,
	       const struct policy_facts *facts)
{
	if ((rule->methods & 1U << facts->method) == 0)
		return POLICY_METHOD;
	if ((rule->sources & 1U << facts->source) == 0)
		return POLICY_SOURCE;
	if ((rule->targets & 1U << facts->target) == 0)
		return POLICY_TARGET;
	if ((rule->transports & 1U << facts->transport) == 0)
		return POLICY_TRANSPORT;
	if (!is_for_whom(rule, facts))
		return POLICY_WHO;
	if (!has_class(rule, facts))
		return POLICY_CLASS;
	if (!has_prefix(rule, &facts->number))
		return POLICY_PREFIX;
	if (!has_domain(rule, facts->domain))
		return POLICY_DOMAIN;
	if (!band_has(&rule->hours, rule->zone, NULL, facts->now))
		return POLICY_HOURS;
	if (!has_headers(rule, facts->msg))
		return POLICY_HEADER;
	return POLICY_MATCHES;
}

int
policy_place_of(const struct policy_rule *rule, enum policy_by by)
{
	if (rule == NULL || rule->n_by == 0)
		return 0;
	for (int i = 0; i < rule->n_by; i++) {
		if (rule->by[i] == by)
			return i;
	}
	return -1;
}

/* Rules in their order out of several ascending lists. */
struct heads {
	const uint32_t *open, *open_end;
	const struct policy_who *who[2], *who_end[2];
};

static int
compare_who(const struct policy_who *who, bool is_group, const char *name)
{
	if (who->is_group != is_group)
		return who->is_group ? 1 : -1;
	return strcmp(who->name, name);
}

/* The rows of a name, between *from and *end. */
static void
find_who(const struct policy *policy, bool is_group, const char *name,
	 const struct policy_who **from, const struct policy_who **end)
{
	size_t low = 0, high = policy->n_who;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_who(&policy->who[middle], is_group, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*from = *end = policy->who + low;
	while (*end < policy->who + policy->n_who &&
	       compare_who(*end, is_group, name) == 0)
		(*end)++;
}

/* The lowest of the heads, taken off all that have it; UINT32_MAX at the
 * end. */
static uint32_t
next_rule(struct heads *heads)
{
	uint32_t rule = UINT32_MAX;

	if (heads->open < heads->open_end)
		rule = *heads->open;
	for (int i = 0; i < 2; i++) {
		if (heads->who[i] < heads->who_end[i] &&
		    heads->who[i]->rule < rule)
			rule = heads->who[i]->rule;
	}
	if (heads->open < heads->open_end && *heads->open == rule)
		heads->open++;
	for (int i = 0; i < 2; i++) {
		if (heads->who[i] < heads->who_end[i] &&
		    heads->who[i]->rule == rule)
			heads->who[i]++;
	}
	return rule;
}

const struct policy_rule *
policy_judge(const struct policy *policy, const struct policy_facts *facts)
{
	struct heads heads = { .open = policy->open,
			       .open_end = policy->open + policy->n_open };
	uint32_t rule;

	if (policy->n_who > 0) {
		find_who(policy, false, facts->account, &heads.who[0],
			 &heads.who_end[0]);
		find_who(policy, true, facts->group, &heads.who[1],
			 &heads.who_end[1]);
	}
	while ((rule = next_rule(&heads)) != UINT32_MAX) {
		if (policy_why_not(&policy->rules[rule], facts) ==
		    POLICY_MATCHES)
			return &policy->rules[rule];
	}
	/* the last built-in rule asks nothing */
	return &policy->rules[policy->n_rules - 1];
}
