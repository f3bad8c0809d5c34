/* settings_routing.c - the settings of hunting, and of registering at gateways */
#include "lcrproxy/settings.h"
#include "lcrproxy/settings_private.h"
#include "tel/codes.h"

#define AT(type, member) offsetof(struct type, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const redirect_words[] = { "pass", "follow", "fail",
					      NULL };

static int
check_routing(const void *item, struct conf_errors *errors, const char *path,
	      int line)
{
	const struct settings_routing *routing = item;
	struct codes codes;

	if (codes_parse(str_of(routing->reroute_codes), &codes) == 0)
		return 0;
	return conf_error(errors, path, line,
			  "reroute_codes is \"%s\", expected response codes "
			  "like \"408, 500-504, 6xx\"",
			  routing->reroute_codes);
}

static const struct conf_field routing_fields[] = {
	{ .key = "first_response_timeout_ms", .type = CONF_INT, .min = 100,
	  .max = 32000, .preset = 3000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_routing, first_response_timeout_ms),
	  .help = "a gateway that is silent so long is given up" },
	{ .key = "ringing_timeout_ms", .type = CONF_INT, .min = 0,
	  .max = 3600000, .preset = 60000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_routing, ringing_timeout_ms),
	  .help = "from a gateway's first 18x to its answer, 0 = timer_c_ms "
		  "alone" },
	{ .key = "timer_c_ms", .type = CONF_INT, .min = 1000,
	  .max = 3600000, .preset = 190000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_routing, timer_c_ms),
	  .help = "between two provisional responses to an INVITE that rings, "
		  "or is inside a call" },
	{ .key = "progress_timeout_ms", .type = CONF_INT, .min = 1000,
	  .max = 600000, .preset = 20000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_routing, progress_timeout_ms),
	  .help = "a gateway that has not rung for so long is given up" },
	{ .key = "hunt_timeout_ms", .type = CONF_INT, .min = 1000,
	  .max = 600000, .preset = 60000, .unit = "ms", .reloadable = true,
	  .offset = AT(settings_routing, hunt_timeout_ms),
	  .help = "no further gateway is tried after so long" },
	{ .key = "reroute_codes", .type = CONF_STRING,
	  .preset_text = "408, 500, 502-504", .reloadable = true,
	  .offset = AT(settings_routing, reroute_codes),
	  .help = "responses that lead to the next gateway" },
	{ .key = "q850_decides", .type = CONF_BOOL, .preset = 1,
	  .reloadable = true, .offset = AT(settings_routing, q850_decides),
	  .help = "a Q.850 cause counts as the response of RFC 3398" },
	{ .key = "redirects", .type = CONF_ENUM, .words = redirect_words,
	  .preset = REDIRECTS_PASS, .reloadable = true,
	  .offset = AT(settings_routing, redirects),
	  .help = "3xx of gateways that do not say otherwise themselves" },
	{ .key = "redirect_hosts", .type = CONF_STRINGS,
	  .offset = AT(settings_routing, redirect_hosts),
	  .help = "where they may lead besides the carrier's own gateways: "
		  "names, .domains, addresses, networks" },
	{ .key = "max_hops", .type = CONF_INT, .min = 1, .max = 16, .preset = 8,
	  .reloadable = true, .offset = AT(settings_routing, max_hops),
	  .help = "gateways tried for one call" },
	{ .key = "expected_duration_s", .type = CONF_INT, .min = 1,
	  .max = 86400, .preset = 180, .unit = "s", .reloadable = true,
	  .offset = AT(settings_routing, expected_duration_s),
	  .help = "of the call whose cost is compared" },
};
const struct conf_table settings_routing_table = {
	routing_fields, COUNT(routing_fields), sizeof(struct settings_routing),
	check_routing
};

static const struct conf_field register_fields[] = {
	{ .key = "enabled", .type = CONF_BOOL, .preset = 1, .reloadable = true,
	  .offset = AT(settings_register, enabled),
	  .help = "this node registers at gateways that want it; else others "
		  "do" },
	{ .key = "back_off_s", .type = CONF_INT, .min = 1, .max = 86400,
	  .preset = 30, .unit = "s", .reloadable = true,
	  .offset = AT(settings_register, back_off_s),
	  .help = "at most, after the first failure; twice with each other" },
	{ .key = "back_off_max_s", .type = CONF_INT, .min = 1, .max = 86400,
	  .preset = 1800, .unit = "s", .reloadable = true,
	  .offset = AT(settings_register, back_off_max_s),
	  .help = "but never longer" },
};
const struct conf_table settings_register_table = {
	register_fields, COUNT(register_fields),
	sizeof(struct settings_register), NULL
};
