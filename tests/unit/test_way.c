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
		way_of_answer(&arena, &msg, TOKEN, &way);
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
	way_refresh(&arena, &msg, &way);
	CHECK(way.callee.family == 0);
	way.is_fixed = false;
	way_refresh(&arena, &msg, &way);
	CHECK(strcmp(addr_format(&way.callee, at), "192.0.2.3:5062") == 0);
	if (!OK(scan("", text, &msg)))
		goto out;
	way_refresh(&arena, &msg, &way);
	CHECK(strcmp(addr_format(&way.callee, at), "192.0.2.3:5062") == 0);
out:
	arena_fini(&arena);
}

static void
test_to_callee(void)
{
	struct addr to, other_port, other;
	struct live_way way = { .is_fixed = false };

	CHECK(addr_parse(str_of("192.0.2.3"), 5060, &to) == 0);
	CHECK(addr_parse(str_of("192.0.2.3"), 5061, &other_port) == 0);
	CHECK(addr_parse(str_of("192.0.2.4"), 5060, &other) == 0);
	CHECK(way_to_callee(&way, &other)); /* not known: anywhere */
	way.callee = to;
	CHECK(way_to_callee(&way, &to));
	CHECK(!way_to_callee(&way, &other_port));
	CHECK(!way_to_callee(&way, &other));
}

static const struct test tests[] = {
	{ "the way to the callee is read from its answer", test_answer, false },
	{ "a later Contact moves the callee, but no Record-Route",
	  test_refresh, false },
	{ "a request goes where the callee is, or is astray", test_to_callee,
	  true },
};
const struct test_suite suite_way = TEST_SUITE("way", tests);
