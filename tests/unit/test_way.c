/* test_way.c - where the requests of a dialog go */
#include <string.h>

#include "lcrproxy/way.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_way;

#define TOKEN                          \
	"AbcdefghijklmnopAbcdefghijkl" \
	"mnopAbcdefghijklmnopAbcdefghijklmnop"
#define OURS "<sip:192.0.2.1;lr;" TOKEN_PARAM "=" TOKEN ">"
#define HEAD                                        \
	"SIP/2.0 200 OK\r\n"                        \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9\r\n"  \
	"From: <sip:a@x>;tag=1\r\n"                 \
	"To: <sip:b@x>;tag=2\r\n"                   \
	"Call-ID: c\r\n"                            \
	"CSeq: 1 INVITE\r\n"

static const struct hash_key key = { 1, 2 };

_Static_assert(sizeof(TOKEN) == TOKEN_LEN + 1, "a token's length");

static const struct {
	const char *what, *headers, *expected;
	bool is_fixed;
} answers[] = {
	{ "only ours: the Contact",
	  "Record-Route: " OURS "\r\nContact: <sip:b@192.0.2.9>\r\n",
	  "192.0.2.9:5060", false },
	{ "a proxy in front of ours: that, whatever the Contact",
	  "Record-Route: <sip:192.0.2.8:5070;lr>, " OURS "\r\n"
	  "Contact: <sip:b@192.0.2.9>\r\n",
	  "192.0.2.8:5070", true },
	{ "two of them, in rows: the one next to ours",
	  "Record-Route: <sip:192.0.2.7;lr>\r\n"
	  "Record-Route: <sip:192.0.2.8;lr>\r\nRecord-Route: " OURS "\r\n"
	  "Record-Route: <sip:192.0.2.6;lr>\r\n",
	  "192.0.2.8:5060", true },
	{ "a Contact with a name: not known",
	  "Record-Route: " OURS "\r\nContact: <sip:b@gw.example>\r\n", "-",
	  false },
	{ "ours did not come back: not known",
	  "Record-Route: <sip:192.0.2.8;lr>\r\nContact: <sip:b@192.0.2.9>\r\n",
	  "-", true },
	{ "no Contact: not known", "Record-Route: " OURS "\r\n", "-", false },
};

/* Index HEAD, headers and the empty line; text keeps the bytes. */
static int
scan(const char *headers, char text[2048], struct sip_msg *msg)
{
	strcpy(text, HEAD);
	strcat(text, headers);
	strcat(text, "\r\n");
	return sip_scan(msg, text, strlen(text), NULL);
}

static void
test_answer(void)
{
	char text[2048], to[ADDR_TEXT_MAX];
	struct arena arena;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct live_way way = { .is_fixed = false };
		struct sip_msg msg;

		if (!OK(scan(answers[i].headers, text, &msg)))
			break;
		way_of_answer(&arena, &key, &msg, TOKEN, &way);
		test_row(answers[i].what);
		CHECK(strcmp(addr_format(&way.callee, to),
			     answers[i].expected) == 0);
		CHECK(way.is_fixed == answers[i].is_fixed);
		arena_reset(&arena);
	}
	test_row(NULL);
	arena_fini(&arena);
}

static void
test_refresh(void)
{
	static const char contact[] = "Contact: <sip:b@192.0.2.3:5062>\r\n";
	struct live_way way = { .is_fixed = true };
	char text[2048], at[ADDR_TEXT_MAX];
	struct arena arena;
	struct sip_msg msg;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	if (!OK(scan(contact, text, &msg)))
		goto out;
	way_refresh(&arena, &key, &msg, &way);
	CHECK(way.callee.family == 0);
	way.is_fixed = false;
	way_refresh(&arena, &key, &msg, &way);
	CHECK(strcmp(addr_format(&way.callee, at), "192.0.2.3:5062") == 0);
	if (!OK(scan("", text, &msg)))
		goto out;
	way_refresh(&arena, &key, &msg, &way);
	CHECK(strcmp(addr_format(&way.callee, at), "192.0.2.3:5062") == 0);
out:
	arena_fini(&arena);
}

/* A callee with a host name is met under that name only, whatever its address. */
static void
test_name(void)
{
	static const struct {
		const char *what, *uri;
		bool is_on_way;
	} rows[] = {
		{ "the name", "sip:b@gw.example", true },
		{ "in other case, other user and parameters",
		  "sip:x@GW.Example;transport=tcp", true },
		{ "another port", "sip:b@gw.example:5070", false },
		{ "another name", "sip:b@gw2.example", false },
		{ "an address", "sip:b@192.0.2.3", false },
	};
	struct live_way way = { .is_fixed = false };
	struct addr to = { .family = 4, .ip = { 192, 0, 2, 3 } };
	char text[2048];
	struct arena arena;
	struct sip_msg msg;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	if (!OK(scan("Record-Route: " OURS "\r\nContact: <sip:b@gw.example>"
		     "\r\n", text, &msg)))
		goto out;
	way_of_answer(&arena, &key, &msg, TOKEN, &way);
	if (test_starved())
		goto out;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sip_uri uri;

		test_row(rows[i].what);
		if (OK(sip_uri_parse(&arena, str_of(rows[i].uri), &uri)))
			CHECK(way_to_callee(&way, &key, &uri, &to) ==
			      rows[i].is_on_way);
	}
	test_row(NULL);
out:
	arena_fini(&arena);
}

#define REQUEST                                     \
	"BYE sip:b@192.0.2.9 SIP/2.0\r\n"          \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9\r\n" \
	"From: <sip:a@x>;tag=1\r\n"                \
	"To: <sip:b@x>;tag=2\r\n"                  \
	"Call-ID: c\r\n"                           \
	"CSeq: 2 BYE\r\n"

static void
test_next_hop(void)
{
	static const struct {
		const char *what, *routes, *uri;
		unsigned n_own;
		int out_listener;
		bool is_ruri, is_secure;
	} rows[] = {
		{ "sips: promises TLS",
		  "Route: <sips:192.0.2.1;lr>, <sip:192.0.2.8;lr>\r\n",
		  "sip:192.0.2.8;lr", 1, -1, false, true },
		{ "ours alone: the Request-URI", "Route: " OURS "\r\n",
		  "sip:b@192.0.2.9", 1, 0, true, false },
		{ "another listener's", "Route: <sip:192.0.2.3;lr>\r\n",
		  "sip:b@192.0.2.9", 1, 2, true, false },
		{ "by a name of ours", "Route: <sip:we.example;lr>\r\n",
		  "sip:b@192.0.2.9", 1, -1, true, false },
		{ "another behind it", "Route: " OURS ",<sip:192.0.2.8;lr>\r\n",
		  "sip:192.0.2.8;lr", 1, 0, false, false },
		{ "in another row",
		  "Route: " OURS "\r\nRoute: <sip:192.0.2.8;lr>\r\n",
		  "sip:192.0.2.8;lr", 1, 0, false, false },
		{ "both of ours",
		  "Route: " OURS ", <sip:192.0.2.1;transport=tcp;lr>\r\n",
		  "sip:b@192.0.2.9", 2, 1, true, false },
		{ "both of ours, for two calls: that one comes next",
		  "Route: <sip:192.0.2.1;lr;" TOKEN_PARAM "=" TOKEN ">, "
		  "<sip:192.0.2.1;lr;" TOKEN_PARAM "=other>\r\n",
		  "sip:192.0.2.1;lr;" TOKEN_PARAM "=other", 1, 0, false,
		  false },
		{ "both of another node that shares our keys",
		  "Route: " OURS ", <sip:192.0.2.33;lr;" TOKEN_PARAM "=" TOKEN
		  ">, <sip:192.0.2.8;lr>\r\n",
		  "sip:192.0.2.8;lr", 2, -1, false, false },
		{ "both of ours, and another",
		  "Route: " OURS "\r\nRoute: <sip:192.0.2.1;transport=tcp;lr>, "
		  "<sip:p.example;lr>\r\n",
		  "sip:p.example;lr", 2, 1, false, false },
	};
	struct listeners listeners = { .n = 3 };
	char text[2048];
	struct arena arena;

	sip_value_setup();
	for (size_t i = 0; i < 3; i++) {
		struct listener *l = &listeners.at[i];

		strcpy(l->host, i < 2 ? "192.0.2.1" : "192.0.2.3");
		(void)addr_parse(str_of(l->host), 5060, &l->addr);
		l->port = 5060;
		l->transport = i == 1 ? SIP_TCP : SIP_UDP;
	}
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct way_next next;
		struct sip_msg msg;

		test_row(rows[i].what);
		strcpy(text, REQUEST);
		strcat(text, rows[i].routes);
		strcat(text, "\r\n");
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)) ||
		    !OK(way_next_hop(&arena, &listeners, &msg, NULL, NULL,
				     &next)))
			break;
		CHECK(str_eq_text(next.uri.text, rows[i].uri));
		CHECK(next.n_own == rows[i].n_own);
		CHECK(next.out_listener == rows[i].out_listener);
		CHECK(next.is_ruri == rows[i].is_ruri);
		CHECK(next.is_secure == rows[i].is_secure);
		arena_reset(&arena);
	}
	test_row(NULL);
	arena_fini(&arena);
}

static void
test_to_callee(void)
{
	struct addr to, other_port, other;
	struct sip_uri uri = { .addr = { .family = 4 } };
	struct live_way way = { .is_fixed = false };

	CHECK(addr_parse(str_of("192.0.2.3"), 5060, &to) == 0);
	CHECK(addr_parse(str_of("192.0.2.3"), 5061, &other_port) == 0);
	CHECK(addr_parse(str_of("192.0.2.4"), 5060, &other) == 0);
	CHECK(way_to_callee(&way, &key, &uri, &other)); /* not known: anywhere */
	way.callee = to;
	CHECK(way_to_callee(&way, &key, &uri, &to));
	CHECK(!way_to_callee(&way, &key, &uri, &other_port));
	CHECK(!way_to_callee(&way, &key, &uri, &other));
}

static const struct test tests[] = {
	{ "a name is met under that name", test_name, false },
	{ "Routes lead on", test_next_hop, false },
	{ "the way to the callee is read from its answer", test_answer, false },
	{ "a later Contact moves the callee, but no Record-Route",
	  test_refresh, false },
	{ "a request goes where the callee is, or is astray", test_to_callee,
	  true },
};
const struct test_suite suite_way = TEST_SUITE("way", tests);
