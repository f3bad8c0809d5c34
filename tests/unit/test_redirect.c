/* test_redirect.c - what a 3xx leads to, and where it may */
#include "lcrproxy/redirect.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define HEAD                                          \
	"SIP/2.0 302 Moved\r\n"                        \
	"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"      \
	"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n" \
	"Call-ID: 1\r\nCSeq: 2 INVITE\r\n"
#define N8 "<sip:n>,<sip:n>,<sip:n>,<sip:n>,<sip:n>,<sip:n>,<sip:n>,<sip:n>"

static const struct {
	const char *what, *rows, *uris; /* in order, each with a space */
} contacts[] = {
	{ "none", "", "" },
	{ "one", "Contact: <sip:1@h>\r\n", "sip:1@h " },
	{ "without brackets", "m: sip:1@h;q=0.5\r\n", "sip:1@h " },
	{ "in order", "Contact: <sip:1@h>, <sip:2@h>\r\nContact: <sip:3@h>\r\n",
	  "sip:1@h sip:2@h sip:3@h " },
	{ "by q",
	  "Contact: <sip:1@h>;q=0.1, \"a, <b>\" <sip:2@h;x=y>;q=0.25\r\n"
	  "Contact: <sip:3@h>;expires=9;q=1.000,<sip:4@h>;q=0.25\r\n",
	  "sip:3@h sip:2@h;x=y sip:4@h sip:1@h " },
	{ "a q that is none counts as 1",
	  "Contact: <sip:1@h>;q=0.9,<sip:2@h>;q=x,<sip:3@h>;q=0.1y\r\n",
	  "sip:2@h sip:3@h sip:1@h " },
	{ "0", "Contact: <sip:1@h>;q=0,<sip:2@h>;q=0.001,<sip:3@h>;q=0.0\r\n",
	  "sip:2@h sip:1@h sip:3@h " },
	{ "q within the URI is another", "Contact: <sip:1@h;q=0.1>, <sip:2@h>\r\n",
	  "sip:1@h;q=0.1 sip:2@h " },
	{ "all", "Contact: *\r\n", "" },
	{ "behind what cannot be read", "Contact: <sip:1@h>, <\r\n",
	  "sip:1@h " },
	{ "on both sides of what cannot be read",
	  "Contact: <sip:1@h>, nothing here, <sip:2@h>\r\nContact: ,,<sip:3@h>"
	  "\r\n", "sip:1@h sip:2@h sip:3@h " },
	{ "eight at most", "Contact: " N8 "," N8 "\r\nContact: " N8 "\r\n",
	  "sip:n sip:n sip:n sip:n sip:n sip:n sip:n sip:n " },
};

static void
by_q(void)
{
	char text[2000], got[500];
	struct redirect_contact out[REDIRECT_CONTACTS_MAX];
	struct arena arena;
	struct sip_msg msg;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 1 << 20);
	for (size_t i = 0; i < N_ROWS(contacts); i++) {
		size_t n, len = 0;

		test_row(contacts[i].what);
		snprintf(text, sizeof(text), HEAD "%s\r\n", contacts[i].rows);
		if (!OK(scan_text(&msg, text)))
			break;
		n = redirect_read(&arena, &msg, out);
		got[0] = '\0';
		for (size_t k = 0; k < n; k++)
			len += (size_t)snprintf(got + len, sizeof(got) - len,
						"%.*s ", STR_ARG(out[k].uri));
		CHECK(strcmp(got, contacts[i].uris) == 0);
	}
	arena_fini(&arena);
}

static void
listed(void)
{
	static char *const hosts[] = { (char *)"gw.example", (char *)".Blue.example",
				       (char *)"192.0.2.0/28",
				       (char *)"2001:db8::/32" };
	static const struct {
		const char *host;
		bool expected;
	} rows[] = {
		{ "gw.example", true },	      { "GW.EXAMPLE", true },
		{ "agw.example", false },     { "a.gw.example", false },
		{ "a.blue.example", true },   { "a.b.blue.EXAMPLE", true },
		{ "blue.example", false },    { ".blue.example", false },
		{ "ablue.example", false },   { "192.0.2.15", true },
		{ "192.0.2.16", false },      { "2001:db8:1::1", true },
		{ "2001:db9::1", false },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct addr addr = { 0 };

		test_row(rows[i].host);
		if (addr_parse_ip(str_of(rows[i].host), &addr) != 0)
			addr.family = 0;
		CHECK(redirect_is_listed(hosts, 4, str_of(rows[i].host),
					 &addr) == rows[i].expected);
		CHECK(!redirect_is_listed(hosts, 0, str_of(rows[i].host),
					  &addr));
	}
}

static const struct test tests[] = {
	{ "Contacts come by q, then in their order", by_q, false },
	{ "hosts are allowed by name, domain and network", listed, true },
};

const struct test_suite suite_redirect = TEST_SUITE("redirect", tests);
