/* test_emergency.c - what a gateway for emergency calls is asked for */
#include "lcrproxy/emergency.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_emergency;

static const struct {
	const char *what, *prefix;
	uint8_t strip;
	const char *digits, *user;
} cases[] = {
	{ "as dialled, without '+'", "", 0, "112", "112" },
	{ "behind the prefix", "77", 0, "112", "77112" },
	{ "the prefix escaped", "9#", 0, "110", "9%23110" },
	{ "nothing is stripped", "", 2, "112", "112" },
	{ "nor behind a prefix", "7", 2, "112", "7112" },
};

static void
test_user(void)
{
	char out[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gateway gateway = { .prefix = cases[i].prefix,
					   .strip = cases[i].strip };

		test_row(cases[i].what);
		CHECK(emergency_user(&gateway, cases[i].digits, out,
				     sizeof(out)) == 0 &&
		      strcmp(out, cases[i].user) == 0);
		CHECK(emergency_user(&gateway, cases[i].digits, out, 3) != 0);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "the user of an emergency call", test_user, true },
};
const struct test_suite suite_emergency = TEST_SUITE("emergency", tests);
