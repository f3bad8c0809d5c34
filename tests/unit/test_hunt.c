/* test_hunt.c - which failures lead to the next gateway */
#include "lcrproxy/hunt.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_hunt;

static void
test_reroutes(void)
{
	static const struct {
		const char *what;
		int status;
		bool has_rung, reroutes;
	} rows[] = {
		{ "silence", 408, false, true },
		{ "ring no answer", 408, true, false },
		{ "internal error", 500, false, true },
		{ "not implemented", 501, false, false },
		{ "bad gateway", 502, false, true },
		{ "no circuit", 503, false, true },
		{ "no circuit after it rang", 503, true, true },
		{ "server timeout", 504, false, true },
		{ "moved", 302, false, false },
		{ "challenge", 407, false, false },
		{ "unknown number", 404, false, false },
		{ "temporarily unavailable", 480, false, false },
		{ "incomplete", 484, false, false },
		{ "busy", 486, false, false },
		{ "cancelled", 487, false, false },
		{ "busy everywhere", 600, false, false },
		{ "decline", 603, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(hunt_reroutes(rows[i].status, rows[i].has_rung) ==
		      rows[i].reroutes);
	}
}

static const struct test tests[] = {
	{ "only failures of the gateway lead to the next", test_reroutes,
	  true },
};
const struct test_suite suite_hunt = TEST_SUITE("hunt", tests);
