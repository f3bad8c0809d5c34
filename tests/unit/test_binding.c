/* test_binding.c - for how long our Contact is bound, by a registrar's 2xx */
#include "sip/binding.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define HEAD "SIP/2.0 200 OK\r\n" H_VIA H_DIALOG
#define OURS "sip:us@192.0.2.1:5060"
#define TEXT_MAX 2048

static const struct {
	const char *what, *contact, *rows;
	uint32_t granted_s; /* 900 were asked for */
} rows[] = {
	{ "its parameter", OURS, "Contact: <" OURS ">;expires=60\r\n", 60 },
	{ "in any case", OURS, "m: <" OURS ">;q=1;Expires=60\r\n", 60 },
	{ "Expires", OURS, "Contact: <" OURS ">\r\nExpires: 120\r\n", 120 },
	{ "the parameter before Expires", OURS,
	  "Contact: <" OURS ">;expires=7\r\nExpires: 120\r\n", 7 },
	{ "nothing said: as asked", OURS, "Contact: <" OURS ">\r\n", 900 },
	{ "no number: as asked", OURS, "Contact: <" OURS ">;expires=x\r\n",
	  900 },
	{ "more than 32 bits", OURS,
	  "Contact: <" OURS ">;expires=99999999999999999999999\r\n",
	  UINT32_MAX },
	{ "0: not bound", OURS, "Contact: <" OURS ">;expires=0\r\n", 0 },
	{ "no Contact: not bound", OURS, "Expires: 120\r\n", 0 },
	{ "of several ours", OURS,
	  "Contact: <sip:a@h>;expires=1, \"x, y\" <" OURS
	  ">;expires=2\r\nContact: <sip:b@h>;expires=3\r\n",
	  2 },
	{ "in the last row", OURS,
	  "Contact: <sip:a@h>;expires=1\r\nm: <" OURS ">;expires=2\r\n", 2 },
	{ "more parameters of the URI", OURS,
	  "Contact: <" OURS ";x=y;ob>;expires=5\r\nm: <sip:a@h>\r\n", 5 },
	{ "udp is what is not said", OURS,
	  "Contact: <" OURS ";transport=UDP>;expires=5, <sip:a@h>\r\n", 5 },
	{ "5060 likewise", OURS,
	  "Contact: <sip:us@192.0.2.1>;expires=5, <sip:a@h>\r\n", 5 },
	{ "another transport, of two", OURS,
	  "Contact: <" OURS ";transport=tcp>;expires=5, <sip:a@h>\r\n", 900 },
	{ "another user, the only one", OURS,
	  "Contact: <sip:US@192.0.2.1>;expires=5\r\n", 5 },
	{ "several, none like ours", OURS,
	  "Contact: <sip:x@h>;expires=5, <sip:y@h>\r\nExpires: 70\r\n", 70 },
	{ "a name, in any case", "sip:us@Proxy.example:5070;transport=tcp",
	  "Contact: <sip:us@proxy.EXAMPLE:5070;transport=TCP>;expires=9, "
	  "<sip:z@h>\r\n",
	  9 },
	{ "IPv6, written otherwise", "sip:us@[2001:db8::1]:5060",
	  "Contact: <sip:us@[2001:DB8:0::1]>;expires=9, <sip:z@h>\r\n", 9 },
	{ "sips", "sips:us@h.example",
	  "Contact: <sips:us@h.example:5061>;expires=9, <sip:z@h>\r\n", 9 },
	{ "sips is not sip", "sips:us@h.example",
	  "Contact: <sip:us@h.example:5061>;expires=9, <sip:z@h>\r\n", 900 },
	{ "without brackets", OURS, "Contact: " OURS ";expires=8\r\n", 8 },
	{ "what cannot be read is passed over", OURS,
	  "Contact: <sip:a@h\r\nContact: <" OURS ">;expires=8\r\n", 8 },
	{ "a star is no Contact", OURS, "Contact: *\r\n", 0 },
};

static void
granted(void)
{
	struct arena arena;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		char text[TEXT_MAX];
		struct sip_msg msg;
		uint32_t seconds;

		test_row(rows[i].what);
		snprintf(text, sizeof(text), "%s%s\r\n", HEAD, rows[i].rows);
		if (OK(scan_text(&msg, text)) &&
		    OK(sip_binding_find(&arena, &msg, str_of(rows[i].contact),
					900, &seconds)))
			CHECK(seconds == rows[i].granted_s);
		arena_reset(&arena);
	}
	arena_fini(&arena);
}

static const struct {
	const char *row;
	uint32_t min_s;
} briefs[] = {
	{ "Min-Expires: 3600\r\n", 3600 }, { "MIN-EXPIRES:60\r\n", 60 },
	{ "Min-Expires: x\r\n", 0 },	   { "Min-Expires: \r\n", 0 },
	{ "Min-SE: 90\r\n", 0 },
};

static void
min_expires(void)
{
	for (size_t i = 0; i < N_ROWS(briefs); i++) {
		char text[TEXT_MAX];
		struct sip_msg msg;

		test_row(briefs[i].row);
		snprintf(text, sizeof(text), "SIP/2.0 423 x\r\n" H_VIA H_DIALOG
					     "%s\r\n",
			 briefs[i].row);
		if (OK(scan_text(&msg, text)))
			CHECK(sip_min_expires(&msg) == briefs[i].min_s);
	}
}

static const struct {
	const char *row, *nonce; /* NULL: none */
} infos[] = {
	{ "Authentication-Info: nextnonce=\"abc\"\r\n", "abc" },
	{ "authentication-info: qop=auth, NextNonce = \"a,b=\" , nc=1\r\n",
	  "a,b=" },
	{ "Authentication-Info: rspauth=\"nextnonce=x\"\r\n", NULL },
	{ "Authentication-Info: nextnonce=abc\r\n", NULL },
	{ "Authentication-Info: nextnonce=\"\"\r\n", NULL },
	{ "Authentication-Info: nextnonce\r\n", NULL },
	{ "Authentication-Info:\r\n", NULL },
	{ "", NULL },
};

static void
next_nonce(void)
{
	for (size_t i = 0; i < N_ROWS(infos); i++) {
		char text[TEXT_MAX];
		struct sip_msg msg;
		struct str nonce;

		test_row(infos[i].row);
		snprintf(text, sizeof(text), HEAD "%s\r\n", infos[i].row);
		if (!OK(scan_text(&msg, text)))
			continue;
		nonce = sip_next_nonce(&msg, false);
		CHECK((nonce.p != NULL) == (infos[i].nonce != NULL));
		if (infos[i].nonce != NULL)
			CHECK(str_eq_text(nonce, infos[i].nonce));
		CHECK(sip_next_nonce(&msg, true).p == NULL);
		snprintf(text, sizeof(text), HEAD "Proxy-%s\r\n",
			 infos[i].row);
		if (infos[i].nonce == NULL || !OK(scan_text(&msg, text)))
			continue;
		CHECK(str_eq_text(sip_next_nonce(&msg, true), infos[i].nonce));
		CHECK(sip_next_nonce(&msg, false).p == NULL);
	}
}

static const struct test tests[] = {
	{ "the seconds for which our Contact is bound", granted, false },
	{ "what a 423 wants", min_expires, true },
	{ "the nonce of the next request", next_nonce, true },
};

const struct test_suite suite_binding = TEST_SUITE("binding", tests);
