/* test_alias.c - the offer in a Via, and what is none */
#include "sip/alias.h"

#include <stdio.h>

#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static void
offers_are_read_from_the_top_via(void)
{
	static const struct {
		const char *what, *via;
		enum sip_transport by;
		uint16_t port; /* 0: no offer */
	} rows[] = {
		{ "TLS", "SIP/2.0/TLS h;branch=z9hG4bKa;alias", SIP_TLS, 5061 },
		{ "with a port", "SIP/2.0/TLS h:5071;alias;branch=z9hG4bKa",
		  SIP_TLS, 5071 },
		{ "in any case", "SIP/2.0/tls h;ALIAS;branch=z9hG4bKa",
		  SIP_TLS, 5061 },
		{ "TCP", "SIP/2.0/TCP [2001:db8::1];alias;branch=z9hG4bKa",
		  SIP_TCP, 5060 },
		{ "not", "SIP/2.0/TLS h;branch=z9hG4bKa", SIP_TLS, 0 },
		{ "another parameter", "SIP/2.0/TLS h;aliases;branch=z9hG4bKa",
		  SIP_TLS, 0 },
		{ "of another transport",
		  "SIP/2.0/TCP h;alias;branch=z9hG4bKa", SIP_TLS, 0 },
		{ "in the second only", "SIP/2.0/TLS h;branch=z9hG4bKa, "
		  "SIP/2.0/TLS i;alias;branch=z9hG4bKb", SIP_TLS, 0 },
		{ "without a branch", "SIP/2.0/TLS h;alias", SIP_TLS, 0 },
		{ "malformed", "SIP/2.0/TLS h:99999;alias;branch=z9hG4bKa",
		  SIP_TLS, 0 },
	};

	sip_value_setup();
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		char text[300];
		uint16_t port = 0;
		bool is_offered;

		test_row(rows[i].what);
		snprintf(text, sizeof(text),
			 "OPTIONS sip:a@b SIP/2.0\r\nVia: %s\r\n\r\n",
			 rows[i].via);
		is_offered =
		    sip_alias_offered(str_of(text), rows[i].by, &port);
		CHECK(is_offered == (rows[i].port != 0));
		CHECK(port == rows[i].port);
		snprintf(text, sizeof(text), "SIP/2.0 200 OK\r\nv: %s\r\n\r\n",
			 rows[i].via);
		CHECK(!sip_alias_offered(str_of(text), rows[i].by, &port));
	}
	test_row(NULL);
	CHECK(!sip_alias_offered(str_of("rubbish"), SIP_TLS,
				 &(uint16_t){ 0 }));
}

static const struct test tests[] = {
	{ "offers are read from the top Via", offers_are_read_from_the_top_via,
	  false },
};

const struct test_suite suite_alias = TEST_SUITE("alias", tests);
