/* test_gateway_uri.c - where a SIP URI points */
#include "route/gateway_uri.h"

#include "base/err.h"
#include "tests/unit/harness.h"

static const struct {
	const char *uri, *host, *addr; /* addr "-": a name */
} good[] = {
	{ "sip:192.0.2.1", "192.0.2.1", "192.0.2.1:5060" },
	{ "sip:192.0.2.1:5080", "192.0.2.1:5080", "192.0.2.1:5080" },
	{ "SIP:user@192.0.2.1", "192.0.2.1", "192.0.2.1:5060" },
	{ "sip:us%40er:secret@192.0.2.1:6", "192.0.2.1:6", "192.0.2.1:6" },
	{ "sip:+4930;phone-context=x@192.0.2.1", "192.0.2.1",
	  "192.0.2.1:5060" },
	{ "sips:192.0.2.1", "192.0.2.1", "192.0.2.1:5061" },
	{ "Sips:192.0.2.1:5060", "192.0.2.1:5060", "192.0.2.1:5060" },
	{ "sip:192.0.2.1;transport=tls", "192.0.2.1", "192.0.2.1:5061" },
	{ "sip:192.0.2.1;lr;Transport=TLS?a=b", "192.0.2.1", "192.0.2.1:5061" },
	{ "sip:192.0.2.1;transport=tlsx", "192.0.2.1", "192.0.2.1:5060" },
	{ "sip:192.0.2.1?transport=tls", "192.0.2.1", "192.0.2.1:5060" },
	{ "sip:192.0.2.1:5070;transport=tls", "192.0.2.1:5070",
	  "192.0.2.1:5070" },
	{ "sip:[2001:db8::1]", "[2001:db8::1]", "[2001:db8::1]:5060" },
	{ "sip:a@[2001:db8::1]:5062;lr", "[2001:db8::1]:5062",
	  "[2001:db8::1]:5062" },
	{ "sip:gw.example.net", "gw.example.net", "-" },
	{ "sip:gw-1.example.net.:5060", "gw-1.example.net.:5060", "-" },
	{ "sip:localhost", "localhost", "-" },
	{ "sip:1and1.example", "1and1.example", "-" },
};

static const char *const bad[] = {
	"",
	"sip",
	"sip:",
	"sip:;lr",
	"192.0.2.1",
	"tel:+4930123",
	"http://192.0.2.1",
	"sip:@192.0.2.1",
	"sip:user@",
	"sip:192.0.2.1:",
	"sip:192.0.2.1:0",
	"sip:192.0.2.1:65536",
	"sip:192.0.2.1:5060x",
	"sip:192.0.2.1:-1",
	"sip:192.0.2.256",
	"sip:192.0.2",
	"sip:192.0.2.1.",
	"sip:[2001:db8::1",
	"sip:[2001:db8::1]x",
	"sip:[2001:db8::g]",
	"sip:2001:db8::1",
	"sip:[gw.example]",
	"sip:gw..example",
	"sip:.example",
	"sip:-gw.example",
	"sip:gw-.example",
	"sip:gw-",
	"sip:gw_1.example",
	"sip:192.0.2.1 ",
	"sip:us er@192.0.2.1",
	"sip:a@b@192.0.2.1",
	"sip:192.0.2.1/x",
	"sip:gw\n.example",
};

static void
good_uris(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct str host = { NULL, 0 };
		struct addr addr;
		char text[ADDR_TEXT_MAX];

		test_row(good[i].uri);
		if (!OK(gateway_uri_parse(str_of(good[i].uri), &host, &addr)))
			continue;
		CHECK(str_eq_text(host, good[i].host));
		CHECK(strcmp(addr_format(&addr, text), good[i].addr) == 0);
	}
}

static void
bad_uris(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str host;
		struct addr addr;

		test_row(bad[i]);
		CHECK(gateway_uri_parse(str_of(bad[i]), &host, &addr) ==
		      ERR_SYNTAX);
	}
}

static void
transports(void)
{
	static const struct {
		const char *uri;
		enum gateway_transport transport;
		bool is_sips;
	} rows[] = {
		{ "sip:192.0.2.1", GATEWAY_ANY, false },
		{ "sip:a@gw.example:5060;lr;Transport=TCP?x=y", GATEWAY_TCP,
		  false },
		{ "sip:gw.example;transport=udp", GATEWAY_UDP, false },
		{ "sip:[2001:db8::1];transport=tls", GATEWAY_TLS, false },
		{ "sips:gw.example", GATEWAY_ANY, true },
		{ "SIPS:gw.example;transport=tcp", GATEWAY_TLS, true },
		{ "sips:gw.example;transport=udp", GATEWAY_OTHER, true },
		{ "sip:gw.example;transport=sctp", GATEWAY_OTHER, false },
		{ "sip:gw.example;transport=", GATEWAY_OTHER, false },
		{ "sip:gw.example?transport=tcp", GATEWAY_ANY, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_sips;

		test_row(rows[i].uri);
		CHECK(gateway_uri_transport(str_of(rows[i].uri), &is_sips) ==
		      rows[i].transport);
		CHECK(is_sips == rows[i].is_sips);
	}
}

static const struct test tests[] = {
	{ "the transport is found", transports, true },
	{ "host, address and port are found", good_uris, true },
	{ "what is no SIP URI is refused", bad_uris, true },
};

const struct test_suite suite_gateway_uri = TEST_SUITE("gateway_uri", tests);
