/* policy_conditions.c - what a rule asks, from its settings */
#include <ctype.h>
#include <stdio.h>

#include "base/err.h"
#include "lcrproxy/policy_private.h"

void
policy_complain_of(struct policy_builder *b, const char *setting, const char *value,
	 const char *expected)
{
	b->is_bad = true;
	if (b->complain != NULL)
		b->complain(b->arg, setting, value, expected);
}

const char *
policy_keep(struct policy_builder *b, struct str text)
{
	char *copy = arena_strndup(&b->policy->texts, text.p, text.len);

	if (copy == NULL)
		b->err = ERR_NOMEM;
	return copy;
}

void *
policy_room(struct policy_builder *b, size_t n, size_t size)
{
	void *at = arena_zalloc(&b->policy->texts, n * size + 1);

	if (at == NULL)
		b->err = ERR_NOMEM;
	return at;
}

int
policy_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

/* One bit for each word; "number" is both kinds. */
static uint32_t
read_words(struct policy_builder *b, const struct conf_list *list,
	   const char *setting, const char *const *words, uint32_t all,
	   const char *expected)
{
	char *const *items = list->items;
	uint32_t bits = 0;

	for (size_t i = 0; i < list->n; i++) {
		int word = policy_word(words, items[i]);

		if (word >= 0)
			bits |= 1U << word;
		else if (words == policy_target_texts &&
			 strcmp(items[i], "number") == 0)
			bits |= NUMBERS;
		else
			policy_complain_of(b, setting, items[i], expected);
	}
	return bits != 0 ? bits : all;
}

static uint32_t
read_methods(struct policy_builder *b, const struct conf_list *list)
{
	char *const *items = list->items;
	uint32_t bits = 0;

	for (size_t i = 0; i < list->n; i++) {
		enum sip_method method = sip_method_parse(str_of(items[i]));

		if (method != SIP_METHOD_OTHER ||
		    strcmp(items[i], "other") == 0)
			bits |= 1U << method;
		else
			policy_complain_of(b, "method", items[i],
				 "INVITE, OPTIONS, REGISTER, REFER, SUBSCRIBE, "
				 "NOTIFY, MESSAGE, PUBLISH ..., or other");
	}
	return bits != 0 ? bits : ANY_METHOD;
}

static uint32_t
read_classes(struct policy_builder *b, const struct conf_list *list)
{
	const char *words[NUMBER_N_CLASSES + 1] = { NULL };

	for (int i = 0; i < NUMBER_N_CLASSES; i++)
		words[i] = number_class_text((enum number_class)i);
	return read_words(b, list, "class", words, ANY_CLASS,
			  "geographic, mobile, premium, shared_cost, "
			  "toll_free, satellite, personal, voip, pager, "
			  "corporate, emergency, short_code or unknown");
}

static uint32_t
read_transports(struct policy_builder *b, const struct conf_list *list)
{
	static const char *const words[] = { [SIP_UDP] = "udp",
					     [SIP_TCP] = "tcp",
					     [SIP_TLS] = "tls",
					     [SIP_N_TRANSPORTS] = NULL };

	return read_words(b, list, "transport", words, ANY_TRANSPORT,
			  "udp, tcp or tls");
}

const char *const *
policy_read_names(struct policy_builder *b, const struct conf_list *list,
	   const char *setting, size_t *n)
{
	char *const *items = list->items;
	const char **names = policy_room(b, list->n, sizeof(*names));

	*n = 0;
	for (size_t i = 0; i < list->n && b->err == 0; i++) {
		size_t len = strlen(items[i]);

		if (len == 0 || len > POLICY_NAME_MAX)
			policy_complain_of(b, setting, items[i],
				 "a name of 1 to 64 characters");
		else
			names[(*n)++] = policy_keep(b, str_of(items[i]));
	}
	return names;
}

static void
read_prefixes(struct policy_builder *b, const struct conf_list *list,
	      struct policy_rule *out)
{
	char *const *items = list->items;
	prefix_word *prefixes = policy_room(b, list->n, sizeof(*prefixes));

	for (size_t i = 0; i < list->n && b->err == 0; i++) {
		prefix_word prefix;

		if (prefix_parse(str_of(items[i]), &prefix) != 0)
			policy_complain_of(b, "prefix", items[i],
				 "up to 15 digits that E.164 numbers begin "
				 "with");
		else
			prefixes[out->n_prefixes++] = prefix;
	}
	out->prefixes = prefixes;
}

static bool
is_domain(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("-._:", text[i]) == NULL)
			return false;
	}
	return n > 0 && n < 254 && strcmp(text, ".") != 0 && text[n - 1] != '.' &&
	       strstr(text, "..") == NULL;
}

static void
read_domains(struct policy_builder *b, const struct conf_list *list,
	     struct policy_rule *out)
{
	char *const *items = list->items;
	const char **domains = policy_room(b, list->n, sizeof(*domains));

	for (size_t i = 0; i < list->n && b->err == 0; i++) {
		if (!is_domain(items[i]))
			policy_complain_of(b, "domain", items[i],
				 "a domain (\"example.net\"), an address, or "
				 "all domains below one (\".example.net\")");
		else
			domains[out->n_domains++] = policy_keep(b, str_of(items[i]));
	}
	out->domains = domains;
}

static bool
read_header(struct policy_builder *b, struct str text, struct policy_header *out)
{
	struct str rest = text, name;

	out->is_absent = text.len > 0 && text.p[0] == '!';
	if (out->is_absent)
		rest = str_make(text.p + 1, text.len - 1);
	name = str_trim(str_cut(&rest, ':'));
	for (size_t i = 0; i < name.len; i++) {
		if (!isalnum((unsigned char)name.p[i]) &&
		    strchr("-.!%*_+`'~", name.p[i]) == NULL)
			return false;
	}
	if (name.len == 0 || (out->is_absent && rest.p != NULL) ||
	    (rest.p != NULL && !str_is_printable(rest)))
		return false;
	out->name = policy_keep(b, name);
	if (rest.p == NULL)
		return true;
	rest = str_trim(rest);
	out->is_open_front = rest.len > 0 && rest.p[0] == '*';
	if (out->is_open_front)
		rest = str_make(rest.p + 1, rest.len - 1);
	out->is_open_end = rest.len > 0 && rest.p[rest.len - 1] == '*';
	rest.len -= out->is_open_end;
	out->value = policy_keep(b, rest);
	return rest.len > 0;
}

static void
read_headers(struct policy_builder *b, const struct conf_list *list,
	     struct policy_rule *out)
{
	char *const *items = list->items;
	struct policy_header *headers = policy_room(b, list->n, sizeof(*headers));

	for (size_t i = 0; i < list->n && b->err == 0; i++) {
		if (!read_header(b, str_of(items[i]), &headers[i]))
			policy_complain_of(b, "header", items[i],
				 "\"Name\", \"!Name\", \"Name: value\", "
				 "\"Name: begin*\" or \"Name: *part*\"");
	}
	out->headers = headers;
	out->n_headers = list->n;
}

/* The same zone is the same pointer in all rules. */
static void
find_zone(struct policy_builder *b, const char *name, const struct zone **out)
{
	struct policy *policy = b->policy;
	struct policy_zone *new = &policy->zones[policy->n_zones];
	int err;

	for (size_t i = 0; i < policy->n_zones; i++) {
		if (strcmp(policy->zones[i].name, name) == 0) {
			*out = policy->zones[i].zone;
			return;
		}
	}
	new->name = policy_keep(b, str_of(name));
	err = zone_new(name, &new->zone);
	if (err == ERR_NOMEM)
		b->err = err;
	else if (err != 0)
		policy_complain_of(b, "timezone", name,
				   "a zone of this system like Europe/Berlin");
	else
		*out = new->zone;
	policy->n_zones += err == 0 && new->name != NULL;
}

static void
read_hours(struct policy_builder *b, const struct settings_rule *from,
	   struct policy_rule *out)
{
	if (from->hours == NULL) {
		if (from->timezone != NULL)
			policy_complain_of(b, "timezone", from->timezone,
					   "hours beside it");
		return;
	}
	if (band_parse(str_of(from->hours), &out->hours) != 0 ||
	    out->hours.kind != BAND_WEEKLY)
		policy_complain_of(b, "hours", from->hours,
				   "days and times like mon-fri 08:00-18:00");
	if (from->timezone != NULL && strcmp(from->timezone, "UTC") != 0)
		find_zone(b, from->timezone, &out->zone);
}

void
policy_read_conditions(struct policy_builder *b, const struct settings_rule *from,
		struct policy_rule *out)
{
	out->methods = read_methods(b, &from->method);
	out->sources = read_words(b, &from->source, "source",
				  policy_source_texts, ANY_SOURCE,
				  "trunk, login, gateway or unknown");
	out->targets = read_words(b, &from->to, "to", policy_target_texts,
				  ANY_TARGET,
				  "number, national, international, local, "
				  "foreign or node");
	out->classes = read_classes(b, &from->class);
	out->transports = read_transports(b, &from->transport);
	out->accounts =
	    policy_read_names(b, &from->account, "account", &out->n_accounts);
	out->groups = policy_read_names(b, &from->group, "group", &out->n_groups);
	read_prefixes(b, &from->prefix, out);
	read_domains(b, &from->domain, out);
	read_headers(b, &from->header, out);
	read_hours(b, from, out);
}
