/* test_settings.c - the configuration of the daemon */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/settings.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_settings;

#define KEYS "record_route = { keys = ( { id = 1; secret_file = \"k\"; } ); };\n"
#define LISTEN "listen = ( { uri = \"sip:192.0.2.1:5061\"; } );\n"

static void
test_presets(void)
{
	struct conf_errors errors = { 0 };
	struct settings settings;
	struct dial_plan plan;
	struct addr addr;
	char text[ADDR_TEXT_MAX];

	if (!OK(conf_read_text("t", LISTEN KEYS, &settings_table, &settings,
			       &errors)))
		goto out;
	settings_listen_addr(&settings, &addr);
	CHECK(strcmp(addr_format(&addr, text), "192.0.2.1:5061") == 0);
	settings_dial_plan(&settings, &plan);
	CHECK(strcmp(plan.international_prefix, "00") == 0);
	CHECK(plan.country_code[0] == '\0');
	CHECK(settings.routing.first_response_timeout_ms == 3000);
	CHECK(settings.routing.max_hops == 8);
	CHECK(settings.journal.when_full == WHEN_FULL_REFUSE);
	settings_fini(&settings);
out:
	conf_errors_fini(&errors);
}

/* Whether an error line has the text. */
static bool
says(const struct conf_errors *errors, const char *text)
{
	for (size_t i = 0; i < errors->n; i++) {
		if (strstr(errors->lines[i], text) != NULL)
			return true;
	}
	return false;
}

static void
test_errors(void)
{
	static const struct {
		const char *what, *text, *error;
	} rows[] = {
		{ "no listener", KEYS, "listen" },
		{ "no key", LISTEN, "keys" },
		{ "wildcard", "listen = ( { uri = \"sip:0.0.0.0:5060\"; } );\n" KEYS,
		  "t:1: " },
		{ "a name", "listen = ( { uri = \"sip:example.net\"; } );\n" KEYS,
		  "IP address" },
		{ "tcp",
		  "listen = ( { uri = \"sip:192.0.2.1;transport=tcp\"; } );\n" KEYS,
		  "transport=udp" },
		{ "bad node", LISTEN KEYS "node = \"a b\";\n", "node" },
		{ "bad number", LISTEN KEYS "routing = { max_hops = 17; };\n",
		  "1..16" },
		{ "bad country", LISTEN KEYS
		  "numbering = { country_code = \"+49\"; };\n", "+49" },
		{ "unknown setting", LISTEN KEYS "colour = 1;\n", "colour" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors = { 0 };
		struct settings settings;

		test_row(rows[i].what);
		CHECK(conf_read_text("t", rows[i].text, &settings_table,
				     &settings, &errors) == ERR_SYNTAX);
		CHECK(says(&errors, rows[i].error));
		conf_errors_fini(&errors);
	}
}

static void
test_example(void)
{
	struct conf_errors errors = { 0 };
	struct settings settings;
	char path[512];

	test_file("etc/lcrproxy.conf", path, sizeof(path));
	if (OK(conf_read_file(path, &settings_table, &settings, &errors)))
		settings_fini(&settings);
	conf_errors_fini(&errors);
}

static const struct test tests[] = {
	{ "a listener and a key are enough", test_presets, false },
	{ "each mistake is told with its line", test_errors, false },
	{ "the example configuration is accepted", test_example, false },
};
const struct test_suite suite_settings = TEST_SUITE("settings", tests);
