/* test_listeners.c - which listener a URI names, and which one sends */
#include "lcrproxy/listeners.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_listeners;

#define KEYS "record_route = { keys = ( { id = 1; secret_file = \"k\"; } ); };\n"

struct fixture {
	struct settings settings;
	struct listeners listeners;
};

/* 0 udp, 1 tcp, 2 tls with a name, 3 udp on another address, 4 IPv6. */
static bool
init(struct fixture *f)
{
	struct conf_errors errors = { 0 };
	char text[2048], path[512];
	bool good;

	snprintf(text, sizeof(text),
		 "listen = ( { uri = \"sip:127.0.0.1:5060\"; },\n"
		 "{ uri = \"sip:127.0.0.1:5060;transport=tcp\"; },\n"
		 "{ uri = \"sips:127.0.0.1:5070\"; advertise = "
		 "\"sip.example.net:5061\"; certificate = \"%s\"; },\n"
		 "{ uri = \"sip:127.0.0.2:5060\"; advertise = "
		 "\"203.0.113.5\"; },\n"
		 "{ uri = \"sip:[::1]:5060\"; } );\n" KEYS,
		 test_file("tests/data/tls/dns.pem", path, sizeof(path)));
	good = OK(conf_read_text("t", text, &settings_table, &f->settings,
				 &errors));
	conf_errors_fini(&errors);
	if (!good)
		return false;
	if (OK(listeners_open(&f->listeners, &f->settings, NULL)))
		return true;
	settings_fini(&f->settings);
	return false;
}

static void
fini(struct fixture *f)
{
	listeners_close(&f->listeners);
	settings_fini(&f->settings);
}

/* RFC 5923 8.1: to be sent requests by a connection is offered where the
 * other side has proved who it is, or where that does not matter. */
static void
offers(void)
{
	static const struct {
		const char *setting, *verify;
		bool tcp, tls;
	} rows[] = {
		{ "off", "true", false, false },
		{ "tls", "true", false, true },
		{ "tls", "false", false, false },
		{ "all", "true", true, true },
		{ "all", "false", true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors = { 0 };
		char text[2048], path[512];
		struct fixture f = { 0 };

		test_row(rows[i].setting);
		snprintf(text, sizeof(text),
			 "listen = ( { uri = \"sip:127.0.0.1:5060\"; }, { uri = "
			 "\"sip:127.0.0.1:5060;transport=tcp\"; }, { uri = "
			 "\"sips:127.0.0.1:5070\"; certificate = \"%s\"; "
			 "verify_servers = %s; } );\n"
			 "sip = { connection_alias = \"%s\"; };\n" KEYS,
			 test_file("tests/data/tls/dns.pem", path,
				   sizeof(path)),
			 rows[i].verify, rows[i].setting);
		if (OK(conf_read_text("t", text, &settings_table, &f.settings,
				      &errors))) {
			if (OK(listeners_open(&f.listeners, &f.settings,
					      NULL))) {
				const struct listener *at = f.listeners.at;

				CHECK(strstr(at[0].via, "alias") == NULL);
				CHECK((strstr(at[1].via, ";alias;") != NULL) ==
				      rows[i].tcp);
				CHECK((strstr(at[2].via, ";alias;") != NULL) ==
				      rows[i].tls);
			}
			fini(&f);
		}
		conf_errors_fini(&errors);
	}
	test_row(NULL);
}

static void
names(void)
{
	const struct listener *at;
	struct fixture f;
	char text[200];

	if (!init(&f))
		return;
	at = f.listeners.at;
	CHECK(f.listeners.n == 5);
	CHECK(f.listeners.ip4 == 7 && f.listeners.ip6 == 1U << SIP_UDP);
	CHECK(strcmp(at[0].via, "SIP/2.0/UDP 127.0.0.1:5060;branch=") == 0);
	CHECK(strcmp(at[1].via, "SIP/2.0/TCP 127.0.0.1:5060;branch=") == 0);
	CHECK(strcmp(at[2].via,
		     "SIP/2.0/TLS sip.example.net:5061;alias;branch=") == 0);
	CHECK(strcmp(at[4].sent_by, "[::1]:5060") == 0);
	CHECK(strcmp(at[0].route, "<sip:127.0.0.1:5060;lr;" TOKEN_PARAM "=") ==
	      0);
	CHECK(strcmp(at[2].route, "<sip:sip.example.net:5061;transport=tls;lr;"
				  TOKEN_PARAM "=") == 0);
	CHECK(strcmp(listeners_text(&f.listeners, text, sizeof(text)),
		     "udp 127.0.0.1:5060, tcp 127.0.0.1:5060, tls "
		     "sip.example.net:5061, udp 203.0.113.5:5060, udp "
		     "[::1]:5060") == 0);
	CHECK(strlen(listeners_text(&f.listeners, text, 30)) < 30);
	fini(&f);
}

static void
uris_name_listeners(void)
{
	static const struct {
		const char *uri;
		int index;
	} rows[] = {
		{ "sip:127.0.0.1", 0 },
		{ "sip:127.0.0.1:5060", 0 },
		{ "sip:x@127.0.0.1:5060;transport=udp", 0 },
		{ "sip:127.0.0.1;transport=TCP;lr", 1 },
		{ "sip:127.0.0.1:5061", -1 },
		{ "sip:127.0.0.3", -1 },
		{ "sip:sip.example.net;transport=tls", 2 },
		{ "sip:SIP.example.net:5061", 2 },
		{ "sips:sip.example.net", 2 },
		{ "sip:127.0.0.1:5070;transport=tls", 2 },
		{ "sip:sip.example.net", 2 }, /* none but it has the name */
		{ "sip:203.0.113.5", 3 },
		{ "sip:127.0.0.2:5060", 3 },
		{ "sip:[::1]", 4 },
		{ "sip:other.example.net:5061", -1 },
	};
	struct arena arena;
	struct fixture f;

	sip_value_setup();
	if (!init(&f))
		return;
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_uri uri;

		test_row(rows[i].uri);
		if (OK(sip_uri_parse(&arena, str_of(rows[i].uri), &uri)))
			CHECK(listeners_find(&f.listeners, &uri) ==
			      rows[i].index);
	}
	test_row(NULL);
	arena_fini(&arena);
	fini(&f);
}

static void
vias_are_known_again(void)
{
	static const struct {
		const char *host;
		uint16_t port;
		bool ours;
	} rows[] = {
		{ "127.0.0.1", 5060, true },   { "127.0.0.1", 0, true },
		{ "127.0.0.1", 5062, false },  { "::1", 5060, true },
		{ "sip.example.net", 0, true }, { "SIP.example.net", 5061, true },
		{ "203.0.113.5", 5060, true }, { "203.0.113.6", 5060, false },
		{ "example.net", 5061, false },
	};
	struct fixture f;

	if (!init(&f))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_via via = { .host = str_of(rows[i].host),
				       .port = rows[i].port };

		test_row(rows[i].host);
		CHECK(listeners_sent(&f.listeners, &via) == rows[i].ours);
	}
	test_row(NULL);
	fini(&f);
}

static void
the_right_one_sends(void)
{
	static const struct {
		const char *what, *to;
		enum sip_transport transport;
		int came_in, index;
	} rows[] = {
		{ "the only one of its transport", "192.0.2.1:5060", SIP_TCP, 0,
		  1 },
		{ "and of its family", "[::1]:5070", SIP_UDP, 0, 4 },
		{ "none of its family", "[::1]:5070", SIP_TCP, 0, -1 },
		{ "by the system's route", "127.0.0.1:5090", SIP_UDP, 3, 0 },
	};
	struct fixture f;

	if (!init(&f))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_place place = { .transport =
					       (uint8_t)rows[i].transport };

		test_row(rows[i].what);
		CHECK(addr_parse(str_of(rows[i].to), 0, &place.addr) == 0);
		CHECK(listeners_choose(&f.listeners, &place, rows[i].came_in) ==
		      rows[i].index);
	}
	test_row(NULL);
	fini(&f);
}

/* When no route helps, the way the request came. */
static void
else_the_one_it_came_by(void)
{
	struct sip_place place = { .transport = SIP_UDP };
	struct fixture f;

	if (!init(&f))
		return;
	(void)addr_parse(str_of("192.0.2.77:1"), 0, &f.listeners.at[0].addr);
	(void)addr_parse(str_of("192.0.2.78:1"), 0, &f.listeners.at[3].addr);
	(void)addr_parse(str_of("127.0.0.1:5090"), 0, &place.addr);
	CHECK(listeners_choose(&f.listeners, &place, 3) == 3);
	CHECK(listeners_choose(&f.listeners, &place, 0) == 0);
	CHECK(listeners_choose(&f.listeners, &place, 1) == 0);
	CHECK(listeners_choose(&f.listeners, &place, -1) == 0);
	fini(&f);
}

static void
certificates_are_renewed_or_kept(void)
{
	struct settings_listen *listen;
	struct tls_ctx *before;
	struct fixture f;
	char *own, bad[] = "/no/such.pem";

	if (!init(&f))
		return;
	before = f.listeners.at[2].ctx;
	CHECK(before != NULL && f.listeners.at[1].ctx == NULL);
	if (OK(listeners_reload(&f.listeners, &f.settings, NULL)))
		CHECK(f.listeners.at[2].ctx != NULL);
	before = f.listeners.at[2].ctx;
	listen = (struct settings_listen *)f.settings.listen.items + 2;
	own = listen->certificate;
	listen->certificate = bad;
	CHECK(listeners_reload(&f.listeners, &f.settings, NULL) != 0);
	CHECK(f.listeners.at[2].ctx == before);
	listen->certificate = own;
	fini(&f);
}

static const struct test tests[] = {
	{ "names", names, false },
	{ "offers", offers, false },
	{ "URIs name listeners", uris_name_listeners, true },
	{ "Vias are known again", vias_are_known_again, true },
	{ "the right one sends", the_right_one_sends, true },
	{ "else the one it came by", else_the_one_it_came_by, true },
	{ "certificates are renewed or kept", certificates_are_renewed_or_kept,
	  false },
};

const struct test_suite suite_listeners = TEST_SUITE("listeners", tests);
