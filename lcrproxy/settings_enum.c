/* settings_enum.c - the group enum of the configuration */
#include "lcrproxy/settings_enum.h"

#include <string.h>

#include "base/addr.h"
#include "base/dns.h"
#include "base/err.h"
#include "enum/aus.h"
#include "enum/service.h"
#include "lcrproxy/enum_rules.h"
#include "tel/codes.h"

#define AT(type, member) offsetof(struct type, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const form_words[] = {
	[ENUM_PLUS] = "plus", [ENUM_DIGITS] = "digits", [ENUM_ISN] = "isn", NULL
};
static const char *const order_words[] = { "first", "cost", NULL };
static const char *const void_words[] = { "refuse", "go_on", NULL };

static int
check_servers(const struct conf_list *servers, struct conf_errors *errors,
	      const char *path, int line)
{
	char *const *items = servers->items;
	struct addr addr;

	for (size_t i = 0; i < servers->n; i++) {
		if (addr_parse(str_of(items[i]), DNS_PORT, &addr) != 0)
			return conf_error(errors, path, line,
					  "servers has \"%s\", expected IP "
					  "addresses, with or without a port",
					  items[i]);
	}
	return 0;
}

static int
check_services(const struct conf_list *services, struct conf_errors *errors,
	       const char *path, int line)
{
	char *const *items = services->items;
	struct enum_services parsed;

	for (size_t i = 0; i < services->n; i++) {
		if (enum_services_parse(str_of(items[i]), &parsed) != 0 ||
		    parsed.n != 1)
			return conf_error(errors, path, line,
					  "services has \"%s\", expected "
					  "types as \"sip\" or \"pstn:tel\"",
					  items[i]);
	}
	return 0;
}

static int
check_tree(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	const struct settings_enum_tree *tree = item;
	struct dns_name name;
	int err;

	if (tree->suffix == NULL)
		return 0; /* reported as missing already */
	if (dns_name_parse(str_of(tree->suffix), &name) != 0)
		return conf_error(errors, path, line,
				  "suffix is \"%s\", expected a domain as "
				  "\"e164.arpa.\"",
				  tree->suffix);
	err = check_services(&tree->services, errors, path, line);
	if (err != 0)
		return err;
	return check_servers(&tree->servers, errors, path, line);
}

static int
check_domains(const struct conf_list *domains, const char *what,
	      struct conf_errors *errors, const char *path, int line)
{
	char *const *items = domains->items;

	for (size_t i = 0; i < domains->n; i++) {
		size_t len = strlen(items[i]);

		if (len == 0 || len > 253 ||
		    !str_is_printable(str_of(items[i])))
			return conf_error(errors, path, line,
					  "%s has \"%s\", expected domains or "
					  "addresses",
					  what, items[i]);
	}
	return 0;
}

static int
check_enum(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	const struct settings_enum *settings = item;
	struct codes codes;
	int err;

	if (codes_parse(str_of(settings->reroute_codes), &codes) != 0)
		return conf_error(errors, path, line,
				  "reroute_codes is \"%s\", expected response "
				  "codes like \"404, 410, 6xx\"",
				  settings->reroute_codes);
	if (settings->min_ttl_s > settings->max_ttl_s)
		return conf_error(errors, path, line,
				  "min_ttl_s is %lld, expected at most "
				  "max_ttl_s",
				  (long long)settings->min_ttl_s);
	err = check_servers(&settings->servers, errors, path, line);
	if (err == 0)
		err = check_domains(&settings->allowed_domains,
				    "allowed_domains", errors, path, line);
	if (err != 0)
		return err;
	return check_domains(&settings->refused_domains, "refused_domains",
			     errors, path, line);
}

static const struct conf_field tree_fields[] = {
	{ .key = "suffix", .type = CONF_STRING, .required = true,
	  .reloadable = true, .offset = AT(settings_enum_tree, suffix),
	  .help = "domain of the tree, e.g. e164.arpa." },
	{ .key = "form", .type = CONF_ENUM, .words = form_words,
	  .preset = ENUM_PLUS, .reloadable = true,
	  .offset = AT(settings_enum_tree, form),
	  .help = "what patterns see: plus = \"+49301234567\", digits = "
		  "\"49301234567\", isn = \"1234*256\"" },
	{ .key = "services", .type = CONF_STRINGS, .max = ENUM_SERVICES_MAX,
	  .reloadable = true, .offset = AT(settings_enum_tree, services),
	  .help = "that are used, of \"sip\", \"pstn:sip\", \"pstn:tel\" and "
		  "others; none: these three" },
	{ .key = "servers", .type = CONF_STRINGS, .max = DNS_SERVERS_MAX,
	  .reloadable = true, .offset = AT(settings_enum_tree, servers),
	  .help = "addresses of its name servers, instead of those of enum" },
	{ .key = "private_services", .type = CONF_BOOL, .preset = 0,
	  .reloadable = true,
	  .offset = AT(settings_enum_tree, private_services),
	  .help = "services \"P-...\" count (a private tree)" },
	{ .key = "timeout_ms", .type = CONF_INT, .min = 0, .max = 30000,
	  .preset = 0, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_enum_tree, timeout_ms),
	  .help = "longest wait for one answer of this tree, 0 = that of enum" },
};
static const struct conf_table tree_table = {
	tree_fields, COUNT(tree_fields), sizeof(struct settings_enum_tree),
	check_tree
};

static const struct conf_field enum_fields[] = {
	{ .key = "trees", .type = CONF_LIST, .sub = &tree_table,
	  .max = ENUM_RULES_TREES, .reloadable = true,
	  .offset = AT(settings_enum, trees),
	  .help = "asked in this order; none: no ENUM" },
	{ .key = "servers", .type = CONF_STRINGS, .max = DNS_SERVERS_MAX,
	  .reloadable = true, .offset = AT(settings_enum, servers),
	  .help = "addresses of name servers, instead of those of dns" },
	{ .key = "timeout_ms", .type = CONF_INT, .min = 10, .max = 30000,
	  .preset = 1500, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_enum, timeout_ms),
	  .help = "longest wait of a call for all trees together" },
	{ .key = "order", .type = CONF_ENUM, .words = order_words,
	  .preset = SETTINGS_ENUM_FIRST, .reloadable = true,
	  .offset = AT(settings_enum, order),
	  .help = "URIs go before the plan, or into it at cost 0" },
	{ .key = "void", .type = CONF_ENUM, .words = void_words,
	  .preset = SETTINGS_ENUM_REFUSE, .reloadable = true,
	  .offset = AT(settings_enum, void_numbers),
	  .help = "calls to numbers that a tree says are nobody's: 404, or on "
		  "to the gateways" },
	{ .key = "max_targets", .type = CONF_INT, .min = 1, .max = 16,
	  .preset = 4, .reloadable = true,
	  .offset = AT(settings_enum, max_targets),
	  .help = "URIs tried for one call" },
	{ .key = "reroute_codes", .type = CONF_STRING,
	  .preset_text = "404, 410, 416", .reloadable = true,
	  .offset = AT(settings_enum, reroute_codes),
	  .help = "responses of a URI that lead on, beside those of routing" },
	{ .key = "allowed_domains", .type = CONF_STRINGS, .reloadable = true,
	  .offset = AT(settings_enum, allowed_domains),
	  .help = "hosts of URIs, with all below them; none: all" },
	{ .key = "refused_domains", .type = CONF_STRINGS, .reloadable = true,
	  .offset = AT(settings_enum, refused_domains),
	  .help = "likewise; goes first" },
	{ .key = "lenient", .type = CONF_BOOL, .preset = 0, .reloadable = true,
	  .offset = AT(settings_enum, lenient),
	  .help = "mend common mistakes in patterns, as \"^+49\"" },
	{ .key = "min_ttl_s", .type = CONF_INT, .min = 0, .max = 86400,
	  .preset = 0, .unit = "s", .reloadable = true,
	  .offset = AT(settings_enum, min_ttl_s),
	  .help = "answers are kept so long at least" },
	{ .key = "max_ttl_s", .type = CONF_INT, .min = 1, .max = 604800,
	  .preset = 86400, .unit = "s", .reloadable = true,
	  .offset = AT(settings_enum, max_ttl_s),
	  .help = "and at most" },
	{ .key = "negative_max_s", .type = CONF_INT, .min = 1, .max = 86400,
	  .preset = 300, .unit = "s", .reloadable = true,
	  .offset = AT(settings_enum, negative_max_s),
	  .help = "that there is no record, at most" },
	{ .key = "failure_s", .type = CONF_INT, .min = 1, .max = 300,
	  .preset = 2, .unit = "s", .reloadable = true,
	  .offset = AT(settings_enum, failure_s),
	  .help = "a failure; nobody is asked meanwhile" },
	{ .key = "stale_s", .type = CONF_INT, .min = 0, .max = 604800,
	  .preset = 0, .unit = "s", .reloadable = true,
	  .offset = AT(settings_enum, stale_s),
	  .help = "answers past their time serve on while nobody answers "
		  "(RFC 8767), 0 = never" },
	{ .key = "cache_mb", .type = CONF_INT, .min = 1, .max = 65536,
	  .preset = 64, .unit = "MB", .reloadable = true,
	  .offset = AT(settings_enum, cache_mb),
	  .help = "memory of each SIP thread for answers" },
	{ .key = "max_lookups", .type = CONF_INT, .min = 1, .max = 1000000,
	  .preset = 20000, .reloadable = true,
	  .offset = AT(settings_enum, max_lookups),
	  .help = "at a time at each SIP thread; calls above go on without" },
};
const struct conf_table settings_enum_table = {
	enum_fields, COUNT(enum_fields), sizeof(struct settings_enum),
	check_enum
};
