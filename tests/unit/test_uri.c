/* test_uri.c - SIP and tel URIs */
#include "sip/value.h"

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

/* Enough that no test of this file needs the heap. */
#define SPACE 16384

struct space {
	_Alignas(16) char first[SPACE];
	struct arena arena;
};

static int
parse(struct space *space, const char *text, struct sip_uri *uri)
{
	sip_value_setup();
	arena_init(&space->arena, space->first, sizeof(space->first), 0);
	return sip_uri_parse(&space->arena, str_of(text), uri);
}

/* NULL in a table is "not there", which "" is not. */
static bool
is(struct str found, const char *expected)
{
	if (expected == NULL || found.p == NULL)
		return expected == NULL && found.p == NULL;
	return str_eq_text(found, expected);
}

static void
uris_are_taken_apart(void)
{
	static const struct {
		const char *text;
		enum sip_scheme scheme;
		const char *user, *host;
		uint16_t port;
		const char *transport;
		bool lr;
		const char *params;
	} rows[] = {
		{ "sip:bob@example.net", SIP_SCHEME_SIP, "bob", "example.net",
		  0, NULL, false, NULL },
		{ "sip:example.net", SIP_SCHEME_SIP, NULL, "example.net", 0,
		  NULL, false, NULL },
		{ "SIPS:bob@example.net:5071", SIP_SCHEME_SIPS, "bob",
		  "example.net", 5071, NULL, false, NULL },
		{ "sip:192.0.2.4:5060;lr", SIP_SCHEME_SIP, NULL, "192.0.2.4",
		  5060, NULL, true, ";lr" },
		{ "sip:a@[2001:db8::9]:5070;transport=tcp;x=[::1]",
		  SIP_SCHEME_SIP, "a", "2001:db8::9", 5070, "tcp", false,
		  ";transport=tcp;x=[::1]" },
		{ "sip:a@[::1]", SIP_SCHEME_SIP, "a", "::1", 0, NULL, false,
		  NULL },
		{ "sip:alice:secret@h;LR;Transport=UDP", SIP_SCHEME_SIP,
		  "alice", "h", 0, "UDP", true, ";LR;Transport=UDP" },
		{ "sip:h;%6Cr;tr%61nsport=t%63p", SIP_SCHEME_SIP, NULL, "h", 0,
		  "tcp", true, ";%6Cr;tr%61nsport=t%63p" },
		{ "sip:user;par=u%40example.net@example.com", SIP_SCHEME_SIP,
		  "user;par=u@example.net", "example.com", 0, NULL, false,
		  NULL },
		{ "sip:a%20b%e4@h?Subject=x%20y&Priority=urgent",
		  SIP_SCHEME_SIP, "a b\xe4", "h", 0, NULL, false, NULL },
		{ "sip:u?x;lr@h", SIP_SCHEME_SIP, "u?x;lr", "h", 0, NULL, false,
		  NULL },
		{ "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
		  ":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
		  SIP_SCHEME_SIP,
		  "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
		  "example.com", 0, NULL, false, NULL },
		{ "sip:a@my_host-1.example.net.", SIP_SCHEME_SIP, "a",
		  "my_host-1.example.net", 0, NULL, false, NULL },
		{ "sip:a%20b@h.:5070;lr", SIP_SCHEME_SIP, "a b", "h", 5070, NULL,
		  true, ";lr" },
		{ "sip:a@4you.9a", SIP_SCHEME_SIP, "a", "4you.9a", 0, NULL,
		  false, NULL },
		{ "sip:a@pc33", SIP_SCHEME_SIP, "a", "pc33", 0, NULL, false,
		  NULL },
		{ "tel:+4930123;phone-context=x", SIP_SCHEME_TEL,
		  "+4930123;phone-context=x", NULL, 0, NULL, false,
		  ";phone-context=x" },
		{ "Tel:110", SIP_SCHEME_TEL, "110", NULL, 0, NULL, false,
		  NULL },
		{ "urn:service:sos;x", SIP_SCHEME_OTHER, "service:sos;x", NULL,
		  0, NULL, false, NULL },
	};
	struct space space;
	struct sip_uri uri;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		int err = parse(&space, rows[i].text, &uri);

		test_row(rows[i].text);
		if (!OK(err))
			continue;
		CHECK(uri.scheme == rows[i].scheme);
		CHECK(is(uri.user, rows[i].user));
		CHECK(is(uri.host, rows[i].host));
		CHECK(uri.port == rows[i].port);
		CHECK(is(uri.transport, rows[i].transport));
		CHECK(uri.has_lr == rows[i].lr);
		CHECK(str_eq(uri.params, str_of(rows[i].params)));
		CHECK(str_eq_text(uri.text, rows[i].text));
		arena_fini(&space.arena);
	}
}

static void
literals_become_addresses(void)
{
	static const struct {
		const char *text, *addr;
	} rows[] = {
		{ "sip:192.0.2.4", "192.0.2.4:5060" },
		{ "sip:192.0.2.4:5080", "192.0.2.4:5080" },
		{ "sips:192.0.2.4", "192.0.2.4:5061" },
		{ "sip:192.0.2.4;transport=TLS", "192.0.2.4:5061" },
		{ "sip:a@[2001:db8::1]", "[2001:db8::1]:5060" },
		{ "sip:a@[2001:db8::1]:6", "[2001:db8::1]:6" },
		{ "sip:a@[2001:db8:::192.0.2.1]", "[2001:db8::c000:201]:5060" },
		{ "sip:[:::192.0.2.1]", "[::192.0.2.1]:5060" },
		{ "sip:example.net", NULL },
		{ "tel:+49", NULL },
	};
	char text[ADDR_TEXT_MAX];
	struct space space;
	struct sip_uri uri;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].text);
		if (!OK(parse(&space, rows[i].text, &uri)))
			continue;
		CHECK((uri.addr.family == 0) == (rows[i].addr == NULL));
		if (rows[i].addr != NULL)
			CHECK(strcmp(addr_format(&uri.addr, text),
				     rows[i].addr) == 0);
		arena_fini(&space.arena);
	}
}

static void
what_the_grammar_forbids_is_refused(void)
{
	static const char *const rows[] = {
		"",
		"sip",
		"sip:",
		":x",
		"bob@example.net",
		"5sip:x",
		"s_p*:x",
		"tel:",
		"tel:+49;",
		"sip:@h",
		"sip::pw@h",
		"sip:bob@",
		"sip:bob@:5060",
		"sip:bob@h:",
		"sip:bob@h:0",
		"sip:bob@h:65536",
		"sip:bob@h:99999999999999999999",
		"sip:bob@h:5060x",
		"sip:bob@h:-1",
		"sip:a@b@c",
		"sip:a@b;x=c@d",
		"sip:a[@h",
		"sip:%@h",
		"sip:%4@h",
		"sip:%4g@h",
		"sip:a@h;x=%4",
		"sip:a b@h",
		"sip:a@h h",
		"sip:a@h ",
		" sip:a@h",
		"sip:a@h\t",
		"sip:a\x01@h",
		"sip:a\x7f@h",
		"sip:\xc3\xa4@h",
		"sip:\"a\"@h",
		"<sip:a@h>",
		"sip:a@h>",
		"sip:a@h#x",
		"sip:a@h\\",
		"sip:a@h;",
		"sip:a@h;;lr",
		"sip:a@h;=x",
		"sip:a@h;x=",
		"sip:a@h;x=y=z",
		"sip:a@h;x==y",
		"sip:a@h?",
		"sip:a@h?x=y@z",
		"sip:a@h?x=y;z",
		"sip:a@h;x=1?y=2;",
		"sip:a@[::1",
		"sip:a@::1",
		"sip:a@[::1]x",
		"sip:a@x[::1]",
		"sip:a@[[::1]]",
		"sip:a@[]",
		"sip:a@[192.0.2.1]",
		"sip:a@[h]",
		"sip:a@[::1]5060",
		"sip:a@1.2.3",
		"sip:a@1.2.3.4.5",
		"sip:a@1.2.3.256",
		"sip:a@a..b",
		"sip:a@.b",
		"sip:a@-b",
		"sip:a@b.-c",
		"sip:a@h,b",
		"sip:a@h*",
	};
	struct space space;
	struct sip_uri uri;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i]);
		CHECK(parse(&space, rows[i], &uri) == ERR_SYNTAX);
		arena_fini(&space.arena);
	}
}

static void
a_nul_in_the_user_does_not_shorten_it(void)
{
	struct space space;
	struct sip_uri uri;

	if (!OK(parse(&space, "sip:null-%00-null@example.com", &uri)))
		return;
	CHECK(str_eq(uri.user, str_make("null-\0-null", 11)));
	CHECK(str_eq_text(uri.host, "example.com"));
	arena_fini(&space.arena);
}

static void
parameters_are_found_by_name(void)
{
	struct space space;
	struct sip_uri uri;

	if (!OK(parse(&space, "sip:a;in=user@h;lr;T=aB%20;t=2;x-y=[::1]?t=3",
		      &uri)))
		return;
	CHECK(is(sip_uri_param(&uri, "lr"), ""));
	CHECK(is(sip_uri_param(&uri, "t"), "aB%20"));
	CHECK(is(sip_uri_param(&uri, "X-Y"), "[::1]"));
	CHECK(is(sip_uri_param(&uri, "in"), NULL));
	CHECK(is(sip_uri_param(&uri, "l"), NULL));
	CHECK(is(sip_uri_param(&uri, ""), NULL));
	OK(parse(&space, "tel:+49;ext=5;npdi", &uri));
	CHECK(is(sip_uri_param(&uri, "ext"), "5"));
	CHECK(is(sip_uri_param(&uri, "npdi"), ""));
	OK(parse(&space, "sip:h", &uri));
	CHECK(is(sip_uri_param(&uri, "lr"), NULL));
}

static void
size_and_number_of_parameters_are_bounded(void)
{
	static char text[SIP_VALUE_MAX + 2] = "sip:h";
	size_t len = 5;
	struct space space;
	struct sip_uri uri;

	for (int i = 0; i < SIP_PARAMS_MAX; i++, len += 2)
		memcpy(text + len, ";x", 2);
	text[len] = '\0';
	OK(parse(&space, text, &uri));
	CHECK(uri.params.len == 2 * SIP_PARAMS_MAX);
	memcpy(text + len, ";lr", 4);
	CHECK(parse(&space, text, &uri) == ERR_LIMIT);

	memset(text + 5, 'h', SIP_VALUE_MAX - 5);
	text[SIP_VALUE_MAX] = '\0';
	OK(parse(&space, text, &uri));
	CHECK(uri.host.len == SIP_VALUE_MAX - 4);
	memcpy(text + SIP_VALUE_MAX, "h", 2);
	CHECK(parse(&space, text, &uri) == ERR_LIMIT);
}

static void
test_is_sips(void)
{
	CHECK(sip_uri_is_sips(str_of("sips:a@b")));
	CHECK(sip_uri_is_sips(str_of("SIPs:a")));
	CHECK(!sip_uri_is_sips(str_of("sip:s:a")));
	CHECK(!sip_uri_is_sips(str_of("sips")));
	CHECK(!sip_uri_is_sips(str_of("")));
	CHECK(!sip_uri_is_sips(str_of("tel:sips:")));
}

static const struct test tests[] = {
	{ "sips: is told by its scheme", test_is_sips, true },
	{ "URIs are taken apart", uris_are_taken_apart, false },
	{ "literals become addresses", literals_become_addresses, false },
	{ "what the grammar forbids is refused",
	  what_the_grammar_forbids_is_refused, false },
	{ "a NUL in the user does not shorten it",
	  a_nul_in_the_user_does_not_shorten_it, false },
	{ "parameters are found by name", parameters_are_found_by_name, false },
	{ "size and number of parameters are bounded",
	  size_and_number_of_parameters_are_bounded, false },
};

const struct test_suite suite_uri = TEST_SUITE("uri", tests);
