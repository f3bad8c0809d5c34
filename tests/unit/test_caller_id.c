/* test_caller_id.c - what gateways are told of callers */
#include "lcrproxy/caller_id.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_caller_id;

#define HEAD                                                                 \
	"INVITE sip:1@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: "        \
	"<sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" \
	"Max-Forwards: 70\r\n"
#define WHO                                                             \
	"P-Asserted-Identity: <sip:a@b>\r\nP-Asserted-Identity: <tel:1>\r\n" \
	"Remote-Party-ID: <sip:a@b>\r\n"

static const struct {
	const char *privacy;
	bool account, gateway; /* trusted */
	bool stays, wants;
} cases[] = {
	{ "", true, true, true, false },
	{ "", true, false, true, false },
	{ "", false, true, false, false },
	{ "Privacy: id\r\n", true, true, true, true },
	{ "Privacy: id\r\n", true, false, false, true },
	{ "Privacy: user;ID ;critical\r\n", true, false, false, true },
	{ "Privacy: user\r\nPrivacy: header, id\r\n", true, false, false, true },
	{ "Privacy: none\r\n", true, false, true, false },
	{ "Privacy: identity;;\r\n", true, false, true, false },
	{ "Privacy: id\r\n", false, true, false, true },
};

static void
who_is_told(void)
{
	char text[1024], out[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct account account = { .trusted = cases[i].account };
		struct sip_edit edit;
		struct sip_msg msg;
		size_t len;

		test_row(cases[i].privacy);
		snprintf(text, sizeof(text), "%s%s%sX: y\r\n\r\n", HEAD, WHO,
			 cases[i].privacy);
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
			return;
		CHECK(caller_id_wants(&msg, "id") == cases[i].wants);
		sip_edit_init(&edit, &msg);
		caller_id_edit(&edit, &account, cases[i].gateway);
		if (!OK(sip_edit_apply(&edit, out, sizeof(out), &len)))
			return;
		out[len] = '\0';
		CHECK((strstr(out, WHO) != NULL) == cases[i].stays);
		CHECK((strstr(out, "Identity") != NULL) == cases[i].stays);
		CHECK((strstr(out, "Party") != NULL) == cases[i].stays);
		CHECK(strstr(out, cases[i].privacy) != NULL);
		CHECK(strstr(out, "X: y") != NULL);
	}
}

static const struct test tests[] = {
	{ "trust and privacy decide who is told", who_is_told, true },
};
const struct test_suite suite_caller_id = TEST_SUITE("caller_id", tests);
