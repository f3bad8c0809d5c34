/* test_verdict.c - which failures lead to the next gateway */
#include "lcrproxy/verdict.h"

#include "tests/unit/harness.h"

extern const struct test_suite suite_verdict;

static const struct codes none;

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

	struct codes preset;
	const struct verdict_rules rules = { &preset, &none, &none, true };

	CHECK(codes_parse(str_of("408, 500, 502-504"), &preset) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(verdict_reroutes(&rules, rows[i].status, 0,
				       rows[i].has_rung) == rows[i].reroutes);
	}
}

/* RFC 3398 8.2.6.1: what the switch behind the gateway has said. */
static void
test_causes(void)
{
	static const struct {
		const char *what;
		int status, cause;
		bool reroutes, without; /* q850_decides */
	} rows[] = {
		{ "no circuit", 503, 34, true, true },
		{ "busy in a 503", 503, 17, false, true },
		{ "unallocated in a 500", 500, 1, false, true },
		{ "no circuit in a 480", 480, 34, true, false },
		{ "congestion in a 404", 404, 42, true, false },
		{ "normal clearing says nothing", 503, 16, true, true },
		{ "nor does normal, unspecified", 480, 31, false, false },
		{ "nor interworking", 500, 127, true, true },
		{ "a 6xx is final", 603, 34, false, false },
		{ "a redirection is none of it", 302, 34, false, false },
		{ "an unknown cause is a 500", 480, 99, true, false },
	};
	struct codes preset;
	struct verdict_rules rules = { &preset, &none, &none, true };

	CHECK(codes_parse(str_of("408, 500, 502-504"), &preset) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		rules.q850_decides = true;
		CHECK(verdict_reroutes(&rules, rows[i].status, rows[i].cause,
				       false) == rows[i].reroutes);
		rules.q850_decides = false;
		CHECK(verdict_reroutes(&rules, rows[i].status, rows[i].cause,
				       false) == rows[i].without);
	}
}

static void
test_gateways_codes(void)
{
	struct codes preset, reroute, stop;
	const struct verdict_rules rules = { &preset, &reroute, &stop, true };

	CHECK(codes_parse(str_of("408, 500, 502-504"), &preset) == 0);
	CHECK(codes_parse(str_of("403 404, 486, 603"), &reroute) == 0);
	CHECK(codes_parse(str_of("503, 403"), &stop) == 0);
	CHECK(!verdict_reroutes(&rules, 503, 0, false));
	CHECK(!verdict_reroutes(&rules, 503, 34, false));
	CHECK(verdict_reroutes(&rules, 502, 0, false));
	CHECK(verdict_reroutes(&rules, 404, 0, false));
	CHECK(verdict_reroutes(&rules, 404, 1, false));
	CHECK(!verdict_reroutes(&rules, 403, 0, false)); /* stop goes first */
	CHECK(verdict_reroutes(&rules, 603, 0, true));
	CHECK(!verdict_reroutes(&rules, 408, 0, true));
}

static const struct test tests[] = {
	{ "only failures of the gateway lead to the next", test_reroutes,
	  true },
	{ "a Q.850 cause says whose failure it is", test_causes, true },
	{ "a gateway's own codes go first", test_gateways_codes, true },
};
const struct test_suite suite_verdict = TEST_SUITE("verdict", tests);
