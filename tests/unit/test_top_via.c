/* test_top_via.c - Via values, as far as they matter here */
#include "sip/top_via.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
test_via(void)
{
	static const struct {
		const char *text, *sent_by, *branch;
		uint16_t port;
		bool has_rport, has_received;
	} table[] = {
		{ "SIP/2.0/UDP a.example;branch=z9hG4bK1", "a.example",
		  "z9hG4bK1", 5060, false, false },
		{ "SIP/2.0/UDP 192.0.2.1:5070;rport;branch=z9hG4bK1",
		  "192.0.2.1:5070", "z9hG4bK1", 5070, true, false },
		{ "SIP / 2.0 / UDP\r\n a.example : 5070 ; BRANCH = b ; rport=9",
		  "a.example : 5070", "b", 5070, true, false },
		{ "SIP/2.0/UDP [2001:db8::9:1]:5061;branch=x",
		  "[2001:db8::9:1]:5061", "x", 5061, false, false },
		{ "SIP/2.0/UDP [2001:db8::1];maddr=192.0.2.9;ttl=1",
		  "[2001:db8::1]", NULL, 5060, false, false },
		{ "SIP/2.0/UDP a;x=\"q;branch=no, \\\"\";branch=yes, SIP/2.0/",
		  "a", "yes", 5060, false, false },
		{ "SIP/2.0/UDP a;received=[::1];branch=1", "a", "1", 5060, false, true },
		{ "SIP/2.0/UDP a", "a", NULL, 5060, false, false },
	};

	for (size_t i = 0; i < N(table); i++) {
		struct sip_top_via via;

		test_row(table[i].text);
		if (!OK(sip_top_via_scan(str_of(table[i].text), &via)))
			continue;
		CHECK(str_eq(via.sent_by, str_of(table[i].sent_by)));
		CHECK(str_eq(via.branch, str_of(table[i].branch)));
		CHECK((via.branch.p == NULL) == (table[i].branch == NULL));
		CHECK(via.port == table[i].port);
		CHECK(via.has_rport == table[i].has_rport);
		CHECK(via.has_received == table[i].has_received);
		CHECK(via.is_whole && via.host.p == via.sent_by.p);
		CHECK(via.has_port == (via.host.len < via.sent_by.len));
	}
}

static void
test_first_value(void)
{
	struct sip_top_via via;

	if (!OK(sip_top_via_scan(str_of("SIP/2.0/UDP a;branch=1 , SIP/2.0/UDP b"),
				 &via)))
		return;
	CHECK(str_eq_text(via.text, "SIP/2.0/UDP a;branch=1"));
}

static void
test_bad_via(void)
{
	static const char *const table[] = {
		"",
		" ",
		"SIP",
		"SIP/2.0",
		"SIP/2.0/",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0/UDP;branch=1",
		"SIP/2.0 UDP a",
		"SIP/2.0/UDP a:",
		"SIP/2.0/UDP a:0;branch=1",
		"SIP/2.0/UDP a:65536;branch=1",
		"SIP/2.0/UDP a:x;branch=1",
		"SIP/2.0/UDP [::1;branch=1",
		"SIP/2.0/UDP [g::1];branch=1",
		"SIP/2.0/UDP a b;branch=1",
		"SIP/2.0/UDP a;branch=1 x",
		"SIP/2.0/UDP a;;branch=1",
		"SIP/2.0/UDP a;branch=;x",
		"SIP/2.0/UDP a;x=\"open",
		"SIP/2.0/UDP \x01;branch=1",
	};

	for (size_t i = 0; i < N(table); i++) {
		struct sip_top_via via;

		test_row(table[i]);
		CHECK(sip_top_via_scan(str_of(table[i]), &via) == ERR_SYNTAX);
		CHECK(!via.is_whole);
	}
}

/* All beginnings of a good value: never read past the end. */
static void
test_cut_via(void)
{
	static const char text[] =
	    "SIP/2.0/UDP [2001:db8::1]:5070;rport;x=\"y\";branch=z9hG4bKabc";
	struct sip_top_via via;
	int good = 0;

	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = strndup(text, n);

		if (copy == NULL)
			return;
		good += sip_top_via_scan(str_make(copy, n), &via) == 0;
		free(copy);
	}
	CHECK(good > 10);
}

static const struct test tests[] = {
	{ "Via values give sent-by, branch, port and rport", test_via,
	  true },
	{ "only the first of several Via values is taken", test_first_value,
	  true },
	{ "values that are no Via are refused", test_bad_via, true },
	{ "a Via that ends early is read up to there", test_cut_via, true },
};

const struct test_suite suite_top_via = TEST_SUITE("top_via", tests);
