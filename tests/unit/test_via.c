/* test_via.c - Via values */
#include "sip/value.h"

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define SPACE 16384 /* no test here needs the heap */

static int
parse(struct arena *arena, char *space, const char *text, struct sip_via *via,
      struct str *rest)
{
	sip_value_setup();
	arena_init(arena, space, SPACE, 0);
	return sip_via_parse(arena, str_of(text), via, rest);
}

static void
vias_are_taken_apart(void)
{
	static const struct {
		const char *text, *transport, *host;
		uint16_t port;
		const char *branch;
		bool has_rport;
		uint16_t rport;
		const char *received, *rest;
	} rows[] = {
		{ "SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776", "UDP",
		  "pc33.example.com", 0, "z9hG4bK776", false, 0, NULL, NULL },
		{ "SIP/2.0/UDP 192.0.2.1:5066;rport;branch=b;ttl=16", "UDP",
		  "192.0.2.1", 5066, "b", true, 0, NULL, NULL },
		{ "SIP/2.0/UDP h;rport=9988;received=192.0.2.9", "UDP", "h", 0,
		  NULL, true, 9988, "192.0.2.9", NULL },
		{ "SIP/2.0/TLS [2001:db8::9:1]:5061;received=2001:db8::9",
		  "TLS", "2001:db8::9:1", 5061, NULL, false, 0, "2001:db8::9",
		  NULL },
		{ "sip/2.0/UNKNOWN h", "UNKNOWN", "h", 0, NULL, false, 0, NULL,
		  NULL },
		{ "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b,x", "UDP", "a", 0, "1",
		  false, 0, NULL, "SIP/2.0/UDP b,x" },
		{ "SIP  /   2.0\r\n /UDP\r\n\t192.0.2.2;branch=390skdjuw",
		  "UDP", "192.0.2.2", 0, "390skdjuw", false, 0, NULL, NULL },
		{ "SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
		  "  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  "
		  "192.168.255.111   ; branch=\r\n z9hG4bK30239",
		  "TCP", "spindle.example.com", 0, "z9hG4bK9ikj8", false, 0,
		  NULL,
		  "SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n "
		  "z9hG4bK30239" },
		{ "SIP/2.0/UDP h : 5062 ;BRANCH=x;Rport", "UDP", "h", 5062, "x",
		  true, 0, NULL, NULL },
		{ "SIP/2.0/UDP h;x=\"a , ;branch=no\\\"\";branch=y,z", "UDP",
		  "h", 0, "y", false, 0, NULL, "z" },
		{ "SIP/2.0/UDP h;branch=z9hG4bK-.!%66*_+`'~", "UDP", "h", 0,
		  "z9hG4bK-.!%66*_+`'~", false, 0, NULL, NULL },
	};
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_via via;
	struct str rest;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].text);
		if (!OK(parse(&arena, space, rows[i].text, &via, &rest)))
			continue;
		CHECK(str_eq_text(via.transport, rows[i].transport));
		CHECK(str_eq_text(via.host, rows[i].host));
		CHECK(via.port == rows[i].port);
		CHECK((via.branch.p == NULL) == (rows[i].branch == NULL));
		CHECK(str_eq(via.branch, str_of(rows[i].branch)));
		CHECK(via.has_rport == rows[i].has_rport);
		CHECK(via.rport == rows[i].rport);
		CHECK((via.received.p == NULL) == (rows[i].received == NULL));
		CHECK(str_eq(via.received, str_of(rows[i].received)));
		CHECK((rest.p == NULL) == (rows[i].rest == NULL));
		CHECK(str_eq(rest, str_of(rows[i].rest)));
		OK(parse(&arena, space, rows[i].text, &via, NULL));
		arena_fini(&arena);
	}
}

static void
what_the_grammar_forbids_is_refused(void)
{
	static const char *const rows[] = {
		"",
		",",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0 h",
		"SIP/2.0/ h",
		"SIP//UDP h",
		"/2.0/UDP h",
		"SIP/3.0/UDP h",
		"SIPS/2.0/UDP h",
		"SIP/2.0/UDP/x h",
		"SIP/2.0/U P h",
		"SIP/2.0/UDP h h",
		"SIP/2.0/UDP ;branch=x",
		"SIP/2.0/UDP :5060",
		"SIP/2.0/UDP h:",
		"SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536",
		"SIP/2.0/UDP h:a",
		"SIP/2.0/UDP ::1",
		"SIP/2.0/UDP [::1",
		"SIP/2.0/UDP [::1]x",
		"SIP/2.0/UDP [h]",
		"SIP/2.0/UDP 1.2.3.4.5",
		"SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;x",
		"SIP/2.0/UDP h;branch",
		"SIP/2.0/UDP h;branch=",
		"SIP/2.0/UDP h;branch=\"a\"",
		"SIP/2.0/UDP h;branch=a;branch=b",
		"SIP/2.0/UDP h;branch=a b",
		"SIP/2.0/UDP h;branch=a :b",
		"SIP/2.0/UDP h;branch=a =b",
		"SIP/2.0/UDP h;rport=",
		"SIP/2.0/UDP h;rport=0",
		"SIP/2.0/UDP h;rport=65536",
		"SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP h;rport;rport",
		"SIP/2.0/UDP h;received",
		"SIP/2.0/UDP h;received=example.net",
		"SIP/2.0/UDP h;received=1.1.1.1;received=1.1.1.2",
		"SIP/2.0/UDP h;x=\"a",
		"SIP/2.0/UDP h;x=\"a\"b",
		"SIP/2.0/UDP h (comment)",
		"SIP/2.0/UDP h;branch=x (comment)",
		"SIP/2.0/UDP a@h",
		"SIP/2.0/UDP <h>",
		"SIP/2.0/UDP h\x01",
		"SIP/2.0/UDP \xc3\xa4",
		"SIP/2.0/UDP h,",
		"SIP/2.0/UDP h, ",
	};
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_via via;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i]);
		CHECK(parse(&arena, space, rows[i], &via, NULL) == ERR_SYNTAX);
		arena_fini(&arena);
	}
}

/* Quoted it is right, but libosip2 must not see it. */
static void
a_nul_is_only_accepted_quoted(void)
{
	static const char quoted[] = "SIP/2.0/UDP h;x=\"\\\0\";branch=b";
	static const char bare[] = "SIP/2.0/UDP h\0;branch=b";
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_via via;

	sip_value_setup();
	arena_init(&arena, space, sizeof(space), 0);
	OK(sip_via_parse(&arena, str_make(quoted, sizeof(quoted) - 1), &via,
			 NULL));
	CHECK(str_eq_text(via.branch, "b"));
	CHECK(sip_via_parse(&arena, str_make(bare, sizeof(bare) - 1), &via,
			    NULL) == ERR_SYNTAX);
	arena_fini(&arena);
}

static void
only_the_first_value_is_bounded(void)
{
	static char text[SIP_VALUE_MAX * 2];
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_via via;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "SIP/2.0/UDP h,", 14);
	OK(parse(&arena, space, text, &via, NULL));
	memcpy(text, "SIP/2.0/UDP hh", 14);
	CHECK(parse(&arena, space, text, &via, NULL) == ERR_LIMIT);
}

static const struct test tests[] = {
	{ "Vias are taken apart", vias_are_taken_apart, false },
	{ "what the grammar forbids is refused",
	  what_the_grammar_forbids_is_refused, false },
	{ "a NUL is only accepted quoted", a_nul_is_only_accepted_quoted,
	  false },
	{ "only the first value is bounded", only_the_first_value_is_bounded,
	  false },
};

const struct test_suite suite_via = TEST_SUITE("via", tests);
