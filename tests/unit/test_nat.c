/* test_nat.c - Contacts nobody can reach, and what is told of them */
#include "lcrproxy/nat.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct addr
addr_of(const char *text)
{
	struct addr addr = { 0 };

	if (text[0] != '-')
		CHECK(addr_parse(str_of(text), 5060, &addr) == 0);
	return addr;
}

static void
private_ranges_begin_and_end_where_they_do(void)
{
	static const struct {
		const char *addr;
		bool is_private;
	} rows[] = {
		{ "9.255.255.255", false },   { "10.0.0.0", true },
		{ "10.255.255.255", true },   { "11.0.0.0", false },
		{ "172.15.255.255", false },  { "172.16.0.0", true },
		{ "172.31.255.255", true },   { "172.32.0.0", false },
		{ "192.167.255.255", false }, { "192.168.0.0", true },
		{ "192.168.255.255", true },  { "100.63.255.255", false },
		{ "100.64.0.0", true },       { "100.127.255.255", true },
		{ "100.128.0.0", false },     { "169.254.1.1", true },
		{ "127.0.0.1", false },       { "[fc00::1]", true },
		{ "[fdff::1]", true },        { "[fe80::1]", true },
		{ "[fec0::1]", false },       { "[2001:db8::1]", false },
		{ "[::1]", false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct addr addr = addr_of(rows[i].addr);

		test_row(rows[i].addr);
		CHECK(nat_is_private(&addr) == rows[i].is_private);
	}
	test_row(NULL);
}

static void
a_private_address_is_hidden_from_a_public_one_only(void)
{
	struct addr none = addr_of("-"), private = addr_of("10.0.0.1");
	struct addr other = addr_of("192.168.7.7"),
		    public = addr_of("192.0.2.1");

	CHECK(nat_hides(&private, &public));
	CHECK(!nat_hides(&private, &other));
	CHECK(!nat_hides(&public, &private));
	CHECK(!nat_hides(&none, &public));
}

/* The parameter that a Contact leads to, in a URI of ours. */
static bool
make_route(struct arena *arena, const char *contact, const char *source,
	   struct sip_uri *out)
{
	struct addr from = addr_of(source);
	struct sip_msg msg;
	char text[1024];
	struct str param;
	char *uri;

	snprintf(text, sizeof(text),
		 "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n"
		 "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
		 "CSeq: 1 INVITE\r\n%s\r\n",
		 contact);
	if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
		return false;
	param = nat_param(arena, &msg, &from);
	if (!CHECK(param.p != NULL))
		return false;
	CHECK(nat_param_len(param) == param.len);
	uri = arena_printf(arena, "sip:192.0.2.1;lr;lcr=x%.*s", STR_ARG(param));
	return CHECK(uri != NULL) &&
	       OK(sip_uri_parse(arena, str_of(uri), out));
}

static void
what_is_hidden_is_reached_where_it_came_from(void)
{
	static const struct {
		const char *what, *contact, *source, *to, *reached;
	} rows[] = {
		{ "behind a NAT", "m: <sip:a@10.1.2.3>\r\n", "192.0.2.9:4711",
		  "10.1.2.3:5060", "192.0.2.9:4711" },
		{ "over IPv6", "Contact: <sip:a@[fd00::1]>\r\n",
		  "[2001:db8::9]:5070", "[fd00::1]:5060",
		  "[2001:db8::9]:5070" },
		{ "172.16", "m: \"a.b\" <sip:172.16.0.3>;x=y.z\r\n",
		  "192.0.2.9:4711", "172.16.0.3:5060", "192.0.2.9:4711" },
		{ "192.168", "m: <sip:192.168.2.3:5070>\r\n",
		  "192.0.2.9:4711", "192.168.2.3:5070", "192.0.2.9:4711" },
		{ "100.64", "m: sip:1.2.3@100.64.2.3\r\n", "192.0.2.9:4711",
		  "100.64.2.3:5060", "192.0.2.9:4711" },
		{ "169.254", "m: <sip:a@169.254.2.3>\r\n", "192.0.2.9:4711",
		  "169.254.2.3:5060", "192.0.2.9:4711" },
		{ "only its name looks private", "m: <sip:10.1@192.0.2.5>\r\n",
		  "192.0.2.9:4711", "192.0.2.5:5060", "192.0.2.5:5060" },
		{ "another private address by now",
		  "Contact: <sip:a@10.1.2.3>\r\n", "192.0.2.9:4711",
		  "10.1.2.4:5060", "192.0.2.9:4711" },
		{ "a public address by now", "Contact: <sip:a@10.1.2.3>\r\n",
		  "192.0.2.9:4711", "192.0.2.77:5060", "192.0.2.77:5060" },
		{ "never behind a NAT", "Contact: <sip:a@192.0.2.5>\r\n",
		  "192.0.2.9:4711", "10.1.2.3:5060", "10.1.2.3:5060" },
		{ "all are at home", "Contact: <sip:a@10.1.2.3>\r\n",
		  "10.9.9.9:5060", "10.1.2.3:5060", "10.1.2.3:5060" },
		{ "a name", "Contact: <sip:a@phone.example>\r\n",
		  "192.0.2.9:4711", "10.1.2.3:5060", "10.1.2.3:5060" },
		{ "no Contact", "", "192.0.2.9:4711", "10.1.2.3:5060",
		  "10.1.2.3:5060" },
		{ "a Contact nobody can read", "Contact: *\r\n",
		  "192.0.2.9:4711", "10.1.2.3:5060", "10.1.2.3:5060" },
	};
	char text[ADDR_TEXT_MAX];
	struct arena arena;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct addr to = addr_of(rows[i].to);
		struct sip_uri route;

		test_row(rows[i].what);
		if (!make_route(&arena, rows[i].contact, rows[i].source,
				&route))
			continue;
		nat_reach(&route, &to);
		CHECK(strcmp(addr_format(&to, text), rows[i].reached) == 0);
		arena_reset(&arena);
	}
	test_row(NULL);
	arena_fini(&arena);
}

static void
what_is_no_parameter_of_ours_reaches_nobody(void)
{
	static const char *const uris[] = {
		"sip:192.0.2.1;lr;lcrn=c000020912",
		"sip:192.0.2.1;lr;lcrn=c00002090000",
		"sip:192.0.2.1;lr;lcrn=c0000209126x",
		"sip:192.0.2.1;lr;lcrn=c0000209126",
		"sip:192.0.2.1;lr;lcrn",
		"sip:192.0.2.1;lr;lcrn=0a000001126b", /* private itself */
	};
	struct arena arena;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < N_ROWS(uris); i++) {
		struct addr to = addr_of("10.0.0.7:5060"), before = to;
		struct sip_uri route;

		test_row(uris[i]);
		if (!OK(sip_uri_parse(&arena, str_of(uris[i]), &route)))
			continue;
		nat_reach(&route, &to);
		CHECK(addr_eq(&to, &before));
	}
	test_row(NULL);
	CHECK(nat_param_len(str_of(";lcrx=12")) == 0);
	CHECK(nat_param_len(str_of(";lcrn=12>;x")) == 8);
	arena_fini(&arena);
}

static const struct test tests[] = {
	{ "private ranges begin and end where they do",
	  private_ranges_begin_and_end_where_they_do, false },
	{ "a private address is hidden from a public one only",
	  a_private_address_is_hidden_from_a_public_one_only, false },
	{ "what is hidden is reached where it came from",
	  what_is_hidden_is_reached_where_it_came_from, false },
	{ "what is no parameter of ours reaches nobody",
	  what_is_no_parameter_of_ours_reaches_nobody, false },
};

extern const struct test_suite suite_nat;
const struct test_suite suite_nat = TEST_SUITE("nat", tests);
