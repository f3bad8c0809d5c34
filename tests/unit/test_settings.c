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
	struct settings_place place;
	char text[ADDR_TEXT_MAX];

	if (!OK(conf_read_text("t", LISTEN KEYS, &settings_table, &settings,
			       &errors)))
		goto out;
	if (OK(settings_listen_parse(settings.listen.items, &place)))
		CHECK(strcmp(addr_format(&place.addr, text),
			     "192.0.2.1:5061") == 0);
	CHECK(place.transport == SIP_UDP && place.port == 5061);
	CHECK(settings.sip.udp_max_bytes == 1300);
	CHECK(settings.dns.timeout_ms == 2000);
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

static void
test_listeners(void)
{
	static const struct {
		const char *uri, *advertise, *addr, *host, *advertised;
		enum sip_transport transport;
		uint16_t port;
	} rows[] = {
		{ "sip:192.0.2.1", NULL, "192.0.2.1:5060", "", "192.0.2.1:5060",
		  SIP_UDP, 5060 },
		{ "sip:192.0.2.1;transport=TCP", NULL, "192.0.2.1:5060", "",
		  "192.0.2.1:5060", SIP_TCP, 5060 },
		{ "sips:192.0.2.1", NULL, "192.0.2.1:5061", "",
		  "192.0.2.1:5061", SIP_TLS, 5061 },
		{ "sip:[2001:db8::1]:5070;transport=tls", NULL,
		  "[2001:db8::1]:5070", "", "[2001:db8::1]:5070", SIP_TLS,
		  5070 },
		{ "sip:192.0.2.1:5070", "203.0.113.5", "192.0.2.1:5070", "",
		  "203.0.113.5:5070", SIP_UDP, 5070 },
		{ "sip:192.0.2.1:5070", "203.0.113.5:5080", "192.0.2.1:5070",
		  "", "203.0.113.5:5080", SIP_UDP, 5080 },
		{ "sips:192.0.2.1", "sip.example.net", "192.0.2.1:5061",
		  "sip.example.net", "-", SIP_TLS, 5061 },
		{ "sip:192.0.2.1", "sip.example.net:5066", "192.0.2.1:5060",
		  "sip.example.net", "-", SIP_UDP, 5066 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings_listen listen = { 0 };
		struct settings_place place;
		char text[ADDR_TEXT_MAX];

		test_row(rows[i].uri);
		listen.uri = (char *)(uintptr_t)rows[i].uri;
		listen.advertise = (char *)(uintptr_t)rows[i].advertise;
		if (!OK(settings_listen_parse(&listen, &place)))
			continue;
		CHECK(strcmp(addr_format(&place.addr, text), rows[i].addr) ==
		      0);
		CHECK(strcmp(addr_format(&place.advertised, text),
			     rows[i].advertised) == 0);
		CHECK(rows[i].host[0] == '\0' ||
		      str_eq_text(place.host, rows[i].host));
		CHECK(place.transport == rows[i].transport);
		CHECK(place.port == rows[i].port);
	}
	test_row(NULL);
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
		{ "sctp",
		  "listen = ( { uri = \"sip:192.0.2.1;transport=sctp\"; } );\n" KEYS,
		  "transport=udp" },
		{ "sips by UDP",
		  "listen = ( { uri = \"sips:192.0.2.1;transport=udp\"; } );\n" KEYS,
		  "transport=udp" },
		{ "TLS without a certificate",
		  "listen = ( { uri = \"sips:192.0.2.1\"; } );\n" KEYS,
		  "certificate" },
		{ "a certificate without TLS",
		  "listen = ( { uri = \"sip:192.0.2.1\"; certificate = "
		  "\"c\"; } );\n" KEYS,
		  "sips:" },
		{ "a bad name to advertise",
		  "listen = ( { uri = \"sip:192.0.2.1\"; advertise = "
		  "\"a b\"; } );\n" KEYS,
		  "a b" },
		{ "a name server by name", LISTEN KEYS
		  "dns = { servers = [ \"ns.example\" ]; };\n", "ns.example" },
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

/* Listening for metrics is off unless it is asked for. */
static void
test_http(void)
{
	static const struct {
		const char *text, *addr; /* addr NULL: refused */
	} rows[] = {
		{ "", "-" },
		{ "127.0.0.1:9060", "127.0.0.1:9060" },
		{ "[::1]:9060", "[::1]:9060" },
		{ "0.0.0.0:1", "0.0.0.0:1" },
		{ "127.0.0.1", NULL },
		{ "127.0.0.1:0", NULL },
		{ "127.0.0.1:65536", NULL },
		{ "::1", NULL },
		{ "localhost:9060", NULL },
		{ "9060", NULL },
		{ "http://127.0.0.1:9060", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char config[300], text[ADDR_TEXT_MAX];
		struct conf_errors errors = { 0 };
		struct settings settings;
		struct addr addr;
		int err;

		test_row(rows[i].text);
		snprintf(config, sizeof(config),
			 LISTEN KEYS "control = { http = \"%s\"; };\n",
			 rows[i].text);
		err = conf_read_text("t", config, &settings_table, &settings,
				     &errors);
		if (rows[i].addr == NULL) {
			if (CHECK(err != 0) && err == ERR_SYNTAX)
				CHECK(errors.n == 1 &&
				      strstr(errors.lines[0],
					     "t:3: control.http is \"") ==
					  errors.lines[0]);
		} else if (OK(err)) {
			CHECK(settings_http_parse(&settings.control, &addr) ==
			      0);
			CHECK(strcmp(addr_format(&addr, text), rows[i].addr) ==
			      0);
			CHECK(settings.control.http_accounts == 1000);
			settings_fini(&settings);
		}
		conf_errors_fini(&errors);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "control.http is an address with a port, or nothing", test_http,
	  false },
	{ "listeners are read", test_listeners, true },
	{ "a listener and a key are enough", test_presets, false },
	{ "each mistake is told with its line", test_errors, false },
	{ "the example configuration is accepted", test_example, false },
};
const struct test_suite suite_settings = TEST_SUITE("settings", tests);
