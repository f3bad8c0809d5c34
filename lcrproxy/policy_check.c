/* policy_check.c - rules that can never match */
#include "lcrproxy/policy_private.h"

#define N_DIMENSIONS 5
#define NO_CLASS (1U << NUMBER_N_CLASSES)
#define STEPS_MAX 100000 /* beyond, a rule is thought to be alive */

/* What a rule asks of things that are few: a box of bits. */
struct box {
	uint32_t bits[N_DIMENSIONS];
};

/* Where a rule asks for no class it is for what is no number, too. */
static void
box_of(const struct policy_rule *rule, struct box *out)
{
	uint32_t classes = rule->classes;

	if (classes == ANY_CLASS && (rule->targets & ~NUMBERS) != 0)
		classes |= NO_CLASS;
	*out = (struct box){ { rule->methods, rule->sources, rule->targets,
			       classes, rule->transports } };
}

static bool
is_empty(const struct box *box)
{
	for (int i = 0; i < N_DIMENSIONS; i++) {
		if (box->bits[i] == 0)
			return true;
	}
	return false;
}

/* Every name of the inner list is in the outer one. */
static bool
are_among(const char *const *inner, size_t n_inner, const char *const *outer,
	  size_t n_outer)
{
	for (size_t i = 0; i < n_inner; i++) {
		size_t k = 0;

		while (k < n_outer && strcmp(outer[k], inner[i]) != 0)
			k++;
		if (k == n_outer)
			return false;
	}
	return true;
}

static bool
covers_who(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->n_accounts == 0 && a->n_groups == 0)
		return true;
	return (b->n_accounts > 0 || b->n_groups > 0) &&
	       are_among(b->accounts, b->n_accounts, a->accounts,
			 a->n_accounts) &&
	       are_among(b->groups, b->n_groups, a->groups, a->n_groups);
}

static bool
begins_with(prefix_word longer, prefix_word prefix)
{
	unsigned len = prefix_len(prefix);
	prefix_word mask = len == 0 ? 0 : ~(prefix_word)0 << (64 - 4 * len);

	return prefix_len(longer) >= len && (longer & mask) == prefix;
}

static bool
covers_prefixes(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->n_prefixes == 0)
		return true;
	for (size_t i = 0; i < b->n_prefixes; i++) {
		size_t k = 0;

		while (k < a->n_prefixes &&
		       !begins_with(b->prefixes[i], a->prefixes[k]))
			k++;
		if (k == a->n_prefixes)
			return false;
	}
	return b->n_prefixes > 0;
}

/* What one domain or ".domain" means lies within another. */
static bool
is_within(const char *inner, const char *outer)
{
	struct str in = str_of(inner), out = str_of(outer);

	if (str_eq_nocase(in, out))
		return true;
	return out.p[0] == '.' && in.len > out.len &&
	       str_eq_nocase(str_make(in.p + in.len - out.len, out.len), out);
}

static bool
covers_domains(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->n_domains == 0)
		return true;
	for (size_t i = 0; i < b->n_domains; i++) {
		size_t k = 0;

		while (k < a->n_domains &&
		       !is_within(b->domains[i], a->domains[k]))
			k++;
		if (k == a->n_domains)
			return false;
	}
	return b->n_domains > 0;
}

static bool
covers_hours(const struct policy_rule *a, const struct policy_rule *b)
{
	const struct band *x = &a->hours, *y = &b->hours;

	if (x->kind == BAND_ALWAYS)
		return true;
	return y->kind == BAND_WEEKLY && x->days == y->days &&
	       x->from_min == y->from_min && x->until_min == y->until_min &&
	       a->zone == b->zone;
}

static bool
texts_are_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return str_eq_nocase(str_of(a), str_of(b));
}

static bool
is_same_header(const struct policy_header *a, const struct policy_header *b)
{
	return texts_are_equal(a->name, b->name) &&
	       texts_are_equal(a->value, b->value) &&
	       a->is_absent == b->is_absent &&
	       a->is_open_front == b->is_open_front &&
	       a->is_open_end == b->is_open_end;
}

/* What a asks of headers, b asks as well. */
static bool
covers_headers(const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < a->n_headers; i++) {
		size_t k = 0;

		while (k < b->n_headers &&
		       !is_same_header(&a->headers[i], &b->headers[k]))
			k++;
		if (k == b->n_headers)
			return false;
	}
	return true;
}

/* All that is not in boxes. */
static bool
covers_rest(const struct policy_rule *a, const struct policy_rule *b)
{
	return covers_who(a, b) && covers_prefixes(a, b) &&
	       covers_domains(a, b) && covers_hours(a, b) &&
	       covers_headers(a, b);
}

struct search {
	const struct policy *policy;
	const struct policy_rule *rule;
	size_t end; /* rules before this one are looked at */
	size_t last; /* that took something away */
	size_t steps;
};

/* Whether nothing of box is left once the rules from `from` on have taken what
 * is theirs: what remains of a box is up to five boxes. */
static bool
is_eaten(struct search *search, struct box box, size_t from)
{
	const struct policy_rule *rules = search->policy->rules;

	if (is_empty(&box))
		return true;
	if (from >= search->end || search->steps++ > STEPS_MAX)
		return false;
	for (size_t i = from; i < search->end; i++) {
		struct box other, common = box;

		box_of(&rules[i], &other);
		for (int k = 0; k < N_DIMENSIONS; k++)
			common.bits[k] &= other.bits[k];
		if (is_empty(&common) || !covers_rest(&rules[i], search->rule))
			continue;
		if (i > search->last)
			search->last = i;
		for (int k = 0; k < N_DIMENSIONS; k++) {
			struct box left = box;

			left.bits[k] &= ~other.bits[k];
			if (!is_eaten(search, left, i + 1))
				return false;
			box.bits[k] &= other.bits[k];
		}
		return true;
	}
	return false;
}

/* A domain is no number and has no class. */
static bool
contradicts_itself(const struct policy_rule *rule)
{
	bool wants_number =
	    rule->classes != ANY_CLASS || rule->n_prefixes > 0;
	struct box box;

	box_of(rule, &box);
	if (is_empty(&box))
		return true;
	if ((rule->n_accounts > 0 || rule->n_groups > 0) &&
	    (rule->sources & CUSTOMERS) == 0)
		return true;
	return wants_number && (rule->targets & (NUMBERS | LOCALS)) == 0;
}

bool
policy_is_dead(const struct policy *policy, size_t rule,
	       const struct policy_rule **by)
{
	struct search search = { .policy = policy,
				 .rule = &policy->rules[rule],
				 .end = rule };
	struct box box;

	*by = NULL;
	if (contradicts_itself(search.rule))
		return true;
	box_of(search.rule, &box);
	if (!is_eaten(&search, box, 0))
		return false;
	*by = &policy->rules[search.last];
	return true;
}
