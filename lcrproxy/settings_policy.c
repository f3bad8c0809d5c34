/* settings_policy.c - one rule of the policy */
#include "base/err.h"
#include "lcrproxy/policy_build.h"
#include "lcrproxy/settings_private.h"

#define AT(member) offsetof(struct settings_rule, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST(name, text)                                     \
	{ .key = #name, .type = CONF_STRINGS, .offset = AT(name), \
	  .max = 1000, .help = (text) }
#define TEXT(name, text)                                    \
	{ .key = #name, .type = CONF_STRING, .offset = AT(name), \
	  .help = (text) }

struct place {
	struct conf_errors *errors;
	const char *path;
	int line;
	int err;
};

static void
complain(void *arg, const char *setting, const char *value,
	 const char *expected)
{
	struct place *place = arg;

	place->err = conf_error(place->errors, place->path, place->line,
				"policy: %s is \"%.60s\", expected %s", setting,
				value, expected);
}

/* It can be compiled, alone as well as among others. */
static int
check_rule(const void *item, struct conf_errors *errors, const char *path,
	   int line)
{
	struct conf_list one = { (void *)(uintptr_t)item, 1 };
	struct place place = { errors, path, line, 0 };
	struct policy *policy;
	int err = policy_new(&one, complain, &place, &policy);

	if (err == 0)
		policy_unref(policy);
	return err == ERR_NOMEM || place.err == ERR_NOMEM ? ERR_NOMEM : err;
}

static const char *const action_words[] = {
	"route",    "proxy",  "local",	   "foreign",
	"redirect", "reject", "challenge", NULL
};

static const struct conf_field rule_fields[] = {
	{ .key = "", .type = CONF_WHERE, .offset = AT(where) },
	TEXT(name, "of the rule, for records and lcrctl route"),
	LIST(method, "INVITE, MESSAGE ..., or other"),
	LIST(source, "trunk, login, gateway, unknown"),
	LIST(account, "names of accounts"),
	LIST(group, "names of account groups"),
	LIST(to, "number, national, international, local, foreign, node"),
	LIST(class, "mobile, premium ..., of numbers"),
	LIST(prefix, "what E.164 numbers begin with"),
	LIST(domain, "of the Request-URI; .example.net = below it"),
	LIST(header, "\"Name\", \"!Name\", \"Name: value\", \"Name: begin*\""),
	LIST(transport, "udp, tcp, tls"),
	TEXT(hours, "e.g. mon-fri 08:00-18:00"),
	TEXT(timezone, "of hours, UTC unless set"),
	{ .key = "action", .type = CONF_ENUM, .words = action_words,
	  .preset = POLICY_N_ACTIONS, .required = true, .offset = AT(action),
	  .help = "what is done with a request that matches" },
	LIST(by, "route: static, enum, trip in order"),
	TEXT(target, "proxy: a SIP URI"),
	LIST(gateways, "proxy: gateways in order"),
	{ .key = "code", .type = CONF_INT, .min = 400, .max = 699,
	  .offset = AT(code), .help = "reject: of the response (403)" },
	TEXT(reason, "reject: its phrase"),
};
const struct conf_table settings_rule_table = {
	rule_fields, COUNT(rule_fields), sizeof(struct settings_rule),
	check_rule
};
