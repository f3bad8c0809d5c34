/* settings_control.c - how the running daemon is asked: lcrctl and HTTP */
#include <string.h>

#include "base/err.h"
#include "lcrproxy/settings.h"
#include "lcrproxy/settings_private.h"

#define AT(type, member) offsetof(struct type, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int
settings_http_parse(const struct settings_control *control, struct addr *out)
{
	*out = (struct addr){ 0 };
	if (control->http[0] == '\0')
		return 0;
	if (addr_parse(str_of(control->http), 0, out) == 0 && out->port != 0)
		return 0;
	return ERR_SYNTAX;
}

static int
check_control(const void *item, struct conf_errors *errors, const char *path,
	      int line)
{
	const struct settings_control *control = item;
	struct addr addr;

	if (settings_http_parse(control, &addr) == 0)
		return 0;
	return conf_error(errors, path, line,
			  "control.http is \"%s\", expected an address of this "
			  "machine with a port, \"127.0.0.1:9060\" or "
			  "\"[::1]:9060\"",
			  control->http);
}

static const struct conf_field control_fields[] = {
	{ .key = "socket", .type = CONF_STRING,
	  .preset_text = "/run/lcrproxy/control.sock",
	  .offset = AT(settings_control, socket),
	  .help = "Unix socket of lcrctl" },
	{ .key = "http", .type = CONF_STRING, .preset_text = "",
	  .offset = AT(settings_control, http),
	  .help = "address and port of /metrics, /healthz and /readyz; empty = "
		  "none" },
	{ .key = "http_accounts", .type = CONF_INT, .min = 0, .max = 1000000,
	  .preset = 1000, .offset = AT(settings_control, http_accounts),
	  .help = "with metrics of their own; the others are summed up" },
};
const struct conf_table settings_control_table = {
	control_fields, COUNT(control_fields), sizeof(struct settings_control),
	check_control
};
