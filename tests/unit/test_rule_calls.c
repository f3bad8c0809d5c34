/* test_rule_calls.c - calls through a whole proxy: hunting, CANCEL, answers */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_calls;

static struct proxy_world w;

static void
a_call(void)
{
	const struct pw_config config = { .name = "rc" };
	struct pw_talk talk;

	if (pw_open(&w, &config) && pw_talk(&w, &talk, NULL)) {
		pw_inside(&w, &talk.caller, "BYE", NULL);
		pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "BYE "), 200, "", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(strcmp(pw_records(&w), "stop caller") == 0);
		CHECK(pw_all_quiet(&w));
	}
	pw_close(&w);
}

static const struct test tests[] = {
	{ "a call from beginning to end", a_call, true },
};

const struct test_suite suite_rule_calls = TEST_SUITE("rule_calls", tests);
