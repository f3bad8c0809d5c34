/* enum_rules.c - from settings to what workers hold */
#include "lcrproxy/enum_rules.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/settings.h"

/* In one piece, so that two can be compared as octets. */
struct kept {
	struct enum_rules rules; /* first */
	_Atomic int refs;
	size_t text_len;
	char text[];
};

static struct kept *
kept_of(struct enum_rules *rules)
{
	return (struct kept *)(void *)rules;
}

static size_t
text_len(const struct conf_list *list)
{
	char *const *items = list->items;
	size_t len = 0;

	for (size_t i = 0; i < list->n; i++)
		len += strlen(items[i]) + 1;
	return len;
}

static char *
put_domains(const struct conf_list *list, char *at, struct enum_domains *out)
{
	char *const *items = list->items;

	*out = (struct enum_domains){ list->n, at };
	for (size_t i = 0; i < list->n; i++) {
		size_t len = strlen(items[i]) + 1;

		memcpy(at, items[i], len);
		at += len;
	}
	return at;
}

/* The settings were checked. */
static size_t
read_servers(const struct conf_list *list, struct addr *out)
{
	char *const *items = list->items;

	for (size_t i = 0; i < list->n; i++)
		(void)addr_parse(str_of(items[i]), DNS_PORT, &out[i]);
	return list->n;
}

static void
read_services(const struct conf_list *list, struct enum_services *out)
{
	char *const *items = list->items;
	struct enum_services one;

	if (list->n == 0)
		(void)enum_services_parse(str_of(SETTINGS_ENUM_SERVICES), out);
	for (size_t i = 0; i < list->n; i++) {
		memset(&one, 0, sizeof(one));
		if (enum_services_parse(str_of(items[i]), &one) == 0)
			memcpy(out->item[out->n++], one.item[0],
			       sizeof(one.item[0]));
	}
}

static void
read_tree(const struct settings_enum_tree *from, struct enum_tree *out)
{
	(void)dns_name_parse(str_of(from->suffix), &out->suffix);
	out->form = (enum enum_form)from->form;
	out->is_private = from->private_services;
	out->timeout_ms = (int)from->timeout_ms;
	read_services(&from->services, &out->services);
	out->n_servers = read_servers(&from->servers, out->servers);
}

static void
read_client(const struct settings_enum *from, struct enum_settings *out)
{
	out->timeout_ms = (int)from->timeout_ms;
	out->min_ttl_s = (uint32_t)from->min_ttl_s;
	out->max_ttl_s = (uint32_t)from->max_ttl_s;
	out->negative_max_s = (uint32_t)from->negative_max_s;
	out->failure_s = (uint32_t)from->failure_s;
	out->stale_s = (uint32_t)from->stale_s;
	out->cache_size = (size_t)from->cache_mb << 20;
	out->max_lookups = (unsigned)from->max_lookups;
	out->lenient = from->lenient;
}

int
enum_rules_new(const struct settings_enum *settings,
	       const struct settings_dns *dns, struct enum_rules **out)
{
	const struct settings_enum_tree *trees = settings->trees.items;
	size_t len = text_len(&settings->allowed_domains) +
		     text_len(&settings->refused_domains);
	struct enum_rules *rules;
	struct kept *kept;
	char *at;

	*out = NULL;
	if (settings->trees.n == 0)
		return 0;
	kept = mem_zalloc(1, sizeof(*kept) + len);
	if (kept == NULL)
		return ERR_NOMEM;
	rules = &kept->rules;
	kept->refs = 1;
	kept->text_len = len;
	at = put_domains(&settings->allowed_domains, kept->text,
			 &rules->allowed);
	put_domains(&settings->refused_domains, at, &rules->refused);
	for (size_t i = 0; i < settings->trees.n; i++)
		read_tree(&trees[i], &rules->trees[i]);
	read_client(settings, &rules->client);
	rules->client.trees = rules->trees;
	rules->client.n_trees = settings->trees.n;
	rules->n_servers = read_servers(settings->servers.n > 0
					    ? &settings->servers
					    : &dns->servers,
					rules->servers);
	rules->by_cost = settings->order == SETTINGS_ENUM_BY_COST;
	rules->refuses_void = settings->void_numbers == SETTINGS_ENUM_REFUSE;
	rules->max_targets = (size_t)settings->max_targets;
	*out = rules;
	return 0;
}

struct enum_rules *
enum_rules_ref(struct enum_rules *rules)
{
	if (rules != NULL)
		atomic_fetch_add(&kept_of(rules)->refs, 1);
	return rules;
}

void
enum_rules_unref(struct enum_rules *rules)
{
	if (rules != NULL && atomic_fetch_sub(&kept_of(rules)->refs, 1) == 1)
		mem_free(kept_of(rules));
}

/* The same but for where they lie. */
static struct enum_rules *
without_places(const struct enum_rules *rules)
{
	struct enum_rules *copy = mem_alloc(sizeof(*copy));

	if (copy == NULL)
		return NULL;
	memcpy(copy, rules, sizeof(*copy));
	copy->client.trees = NULL;
	copy->allowed.first = copy->refused.first = NULL;
	return copy;
}

bool
enum_rules_equal(const struct enum_rules *a, const struct enum_rules *b)
{
	const struct kept *ka = (const struct kept *)(const void *)a;
	const struct kept *kb = (const struct kept *)(const void *)b;
	struct enum_rules *ca, *cb;
	bool equal;

	if (a == NULL || b == NULL)
		return a == b;
	if (ka->text_len != kb->text_len ||
	    memcmp(ka->text, kb->text, ka->text_len) != 0)
		return false;
	ca = without_places(a);
	cb = without_places(b);
	/* without memory they are new ones: that is always right */
	equal = ca != NULL && cb != NULL && memcmp(ca, cb, sizeof(*ca)) == 0;
	mem_free(ca);
	mem_free(cb);
	return equal;
}

/* host is the domain, or below it. */
static bool
is_in(struct str host, struct str domain)
{
	size_t more;

	if (domain.len > 0 && domain.p[domain.len - 1] == '.')
		domain.len--;
	if (host.len < domain.len)
		return false;
	more = host.len - domain.len;
	return str_eq_nocase(str_make(host.p + more, domain.len), domain) &&
	       (more == 0 || host.p[more - 1] == '.');
}

static bool
has_domain(const struct enum_domains *domains, struct str host)
{
	const char *at = domains->first;

	for (size_t i = 0; i < domains->n; i++) {
		if (is_in(host, str_of(at)))
			return true;
		at += strlen(at) + 1;
	}
	return false;
}

bool
enum_rules_allow(const struct enum_rules *rules, struct str host)
{
	if (host.len > 0 && host.p[host.len - 1] == '.')
		host.len--;
	if (host.len > 2 && host.p[0] == '[')
		host = str_make(host.p + 1, host.len - 2);
	return !has_domain(&rules->refused, host) &&
	       (rules->allowed.n == 0 || has_domain(&rules->allowed, host));
}
