/* policy.c - rules for routes that come and go */
#include "trip/policy.h"

#include "base/err.h"

static struct str
item(const struct conf_list *list, size_t i)
{
	return str_of(((char *const *)list->items)[i]);
}

int
trip_community_parse(struct str text, uint32_t *itad, uint32_t *id)
{
	uint64_t a, b;
	struct str rest = text;

	if (str_eq_nocase(text, str_of("NO_EXPORT"))) {
		*itad = 0;
		*id = TRIP_COMMUNITY_NO_EXPORT;
		return 0;
	}
	if (str_parse_u64(str_cut(&rest, ':'), UINT32_MAX, &a) != 0 ||
	    rest.p == NULL || str_parse_u64(rest, UINT32_MAX, &b) != 0)
		return ERR_SYNTAX;
	*itad = (uint32_t)a;
	*id = (uint32_t)b;
	return 0;
}

static bool
all_communities(const struct conf_list *list, const char **bad)
{
	uint32_t itad, id;

	for (size_t i = 0; i < list->n; i++) {
		*bad = item(list, i).p;
		if (trip_community_parse(item(list, i), &itad, &id) != 0)
			return false;
	}
	return true;
}

int
trip_rule_check(const struct trip_rule *rule, const char **bad)
{
	uint64_t itad;

	for (size_t i = 0; i < rule->prefixes.n; i++) {
		*bad = item(&rule->prefixes, i).p;
		if (!trip_address_is_valid(TRIP_AF_PENTADECIMAL,
					   item(&rule->prefixes, i)))
			return ERR_SYNTAX;
	}
	for (size_t i = 0; i < rule->itads.n; i++) {
		*bad = item(&rule->itads, i).p;
		if (str_parse_u64(item(&rule->itads, i), UINT32_MAX, &itad))
			return ERR_SYNTAX;
	}
	if (!all_communities(&rule->communities, bad) ||
	    !all_communities(&rule->add_communities, bad) ||
	    !all_communities(&rule->remove_communities, bad))
		return ERR_SYNTAX;
	*bad = rule->next_hop;
	if (rule->next_hop != NULL &&
	    !trip_server_is_valid(str_of(rule->next_hop)))
		return ERR_SYNTAX;
	*bad = NULL;
	return 0;
}

/* --- conditions --- */

static bool
matches_prefix(const struct conf_list *list, const struct trip_prefix *prefix)
{
	if (list->n > 0 && !trip_family_is_digits(prefix->family))
		return false;
	for (size_t i = 0; i < list->n; i++) {
		struct str one = item(list, i);

		if (one.len <= prefix->address.len &&
		    memcmp(one.p, prefix->address.p, one.len) == 0)
			return true;
	}
	return list->n == 0;
}

static bool
matches_itad(const struct conf_list *list, const struct trip_draft *draft)
{
	struct str path = trip_draft_get(draft, TRIP_ADVERTISEMENT_PATH);
	uint64_t itad;

	for (size_t i = 0; i < list->n; i++) {
		if (str_parse_u64(item(list, i), UINT32_MAX, &itad) == 0 &&
		    trip_path_has(path, (uint32_t)itad))
			return true;
	}
	return list->n == 0;
}

static bool
listed(const struct conf_list *list, uint32_t itad, uint32_t id)
{
	uint32_t a, b;

	for (size_t i = 0; i < list->n; i++) {
		if (trip_community_parse(item(list, i), &a, &b) == 0 &&
		    a == itad && b == id)
			return true;
	}
	return false;
}

static bool
matches_community(const struct conf_list *list, const struct trip_draft *draft)
{
	struct str have = trip_draft_get(draft, TRIP_COMMUNITIES);
	struct rbuf r;

	rbuf_init(&r, have.p, have.len);
	while (list->n > 0 && rbuf_left(&r) >= 8) {
		uint32_t itad = rbuf_u32(&r);

		if (listed(list, itad, rbuf_u32(&r)))
			return true;
	}
	return list->n == 0;
}

const struct trip_rule *
trip_policy_match(const struct trip_policy *policy,
		  const struct trip_prefix *prefix,
		  const struct trip_draft *draft)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct trip_rule *rule = &policy->rules[i];

		if (matches_prefix(&rule->prefixes, prefix) &&
		    matches_itad(&rule->itads, draft) &&
		    matches_community(&rule->communities, draft))
			return rule;
	}
	return NULL;
}

/* --- changes --- */

static int
change_communities(const struct trip_rule *rule, struct trip_draft *draft)
{
	struct str have = trip_draft_get(draft, TRIP_COMMUNITIES);
	struct wbuf w = trip_draft_scratch(draft);
	struct rbuf r;
	uint32_t itad, id;

	rbuf_init(&r, have.p, have.len);
	while (rbuf_left(&r) >= 8) {
		itad = rbuf_u32(&r);
		id = rbuf_u32(&r);
		if (listed(&rule->remove_communities, itad, id))
			continue;
		wbuf_u32(&w, itad);
		wbuf_u32(&w, id);
	}
	for (size_t i = 0; i < rule->add_communities.n; i++) {
		if (trip_community_parse(item(&rule->add_communities, i),
					 &itad, &id) != 0 ||
		    trip_communities_have(have, itad, id))
			continue;
		wbuf_u32(&w, itad);
		wbuf_u32(&w, id);
	}
	if (w.err == 0 && w.len == 0) {
		trip_draft_remove(draft, TRIP_COMMUNITIES);
		return 0;
	}
	return trip_draft_set_written(draft, TRIP_COMMUNITIES, &w) ? 0
								   : ERR_SPACE;
}

int
trip_rule_apply(const struct trip_rule *rule, struct trip_draft *draft)
{
	int err = 0;

	if (rule == NULL)
		return 0;
	if (rule->local_preference >= 0 &&
	    !trip_draft_set_u32(draft, TRIP_LOCAL_PREFERENCE,
				(uint32_t)rule->local_preference))
		err = ERR_SPACE;
	if (rule->med >= 0 && !trip_draft_set_u32(draft, TRIP_MULTI_EXIT_DISC,
						  (uint32_t)rule->med))
		err = ERR_SPACE;
	if (err == 0 &&
	    (rule->add_communities.n > 0 || rule->remove_communities.n > 0))
		err = change_communities(rule, draft);
	return err;
}
