/* test_caller_id.c - what callers want to be kept private */
#include "lcrproxy/caller_id.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

extern const struct test_suite suite_caller_id;

#define HEAD                                                                 \
	"INVITE sip:1@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: "        \
	"<sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n" \
	"Max-Forwards: 70\r\n"

static const struct {
	const char *privacy;
	bool wants;
} cases[] = {
	{ "", false },
	{ "Privacy: id\r\n", true },
	{ "Privacy: user;ID ;critical\r\n", true },
	{ "Privacy: user\r\nPrivacy: header, id\r\n", true },
	{ "Privacy: none\r\n", false },
	{ "Privacy: identity;;\r\n", false },
};

static void
values(void)
{
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_msg msg;

		test_row(cases[i].privacy);
		snprintf(text, sizeof(text), "%s%s\r\n", HEAD,
			 cases[i].privacy);
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
			return;
		CHECK(caller_id_wants(&msg, "id") == cases[i].wants);
	}
}

static const struct {
	const char *privacy;
	const char *demands; /* NULL: nothing */
} demands[] = {
	{ "", NULL },
	{ "Privacy: header;session\r\n", NULL },
	{ "Privacy: id;critical\r\n", NULL },
	{ "Privacy: user;id;critical\r\n", NULL },
	{ "Privacy: header;critical\r\n", "Privacy Not Possible: header" },
	{ "Privacy: Session;Critical\r\n", "Privacy Not Possible: session" },
	{ "Privacy: header\r\nPrivacy: session, critical\r\n",
	  "Privacy Not Possible: header, session" },
	{ "Privacy: none;header;critical\r\n", NULL },
	{ "Privacy: headers;critical\r\n", NULL },
};

static void
what_is_critical(void)
{
	char text[1024];

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		const char *found;
		struct sip_msg msg;

		test_row(demands[i].privacy);
		snprintf(text, sizeof(text), "%s%s\r\n", HEAD,
			 demands[i].privacy);
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
			return;
		found = caller_id_demands(&msg);
		CHECK((found == NULL) == (demands[i].demands == NULL));
		if (found != NULL && demands[i].demands != NULL)
			CHECK(strcmp(found, demands[i].demands) == 0);
	}
}

static const struct test tests[] = {
	{ "what is critical and cannot be given is told", what_is_critical,
	  true },
	{ "a priv-value is found whole, wherever it stands", values, true },
};
const struct test_suite suite_caller_id = TEST_SUITE("caller_id", tests);
