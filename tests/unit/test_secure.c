/* test_secure.c - what sips: promises */
#include "lcrproxy/secure.h"

#include "base/err.h"
#include "lcrproxy/uri_hop.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_secure;

static void
test_ruri(void)
{
	static const struct {
		const char *what, *uri, *expected;
		bool is_secure;
	} rows[] = {
		{ "sips: to sips:", "sips:1@gw;x=y", "sips:1@gw;x=y", true },
		{ "sip: to sips: keeps its scheme", "sips:1@gw:5061;x=y",
		  "sip:1@gw:5061;x=y", false },
		{ "in any case", "SIPS:1@gw", "sip:1@gw", false },
		{ "sip: to sip:", "sip:1@gw", "sip:1@gw", false },
		{ "nothing leads up", "sip:1@gw", "sip:1@gw", true },
	};
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str uri = secure_ruri(&arena, str_of(rows[i].uri),
					     rows[i].is_secure);

		test_row(rows[i].what);
		if (!OK(uri.p == NULL ? ERR_NOMEM : 0))
			break;
		CHECK(str_eq_text(uri, rows[i].expected));
	}
	test_row(NULL);
	arena_fini(&arena);
}

static void
test_hops(void)
{
	const struct gateway plain = { .is_sips = false };
	const struct gateway tls = { .is_sips = true };
	struct uri_hop uri = { .target.is_sips = true };
	struct call_hop hops[] = { { .gateway = &plain }, { .gateway = &tls },
				   { .uri = &uri } };
	struct call call = { .hops = hops, .n_hops = 1 };

	CHECK(secure_may_go(&call, &hops[0]) && secure_has_hop(&call));
	CHECK(secure_may_go(&call, &hops[1])); /* by TLS, as sip: */
	call.is_secure = true;
	CHECK(!secure_may_go(&call, &hops[0]) && !secure_has_hop(&call));
	CHECK(secure_may_go(&call, &hops[1]) && secure_may_go(&call, &hops[2]));
	call.n_hops = 2;
	CHECK(secure_has_hop(&call));
	call.n_hops = 1;
	call.emergency[0] = '1'; /* help goes whatever way there is */
	CHECK(secure_may_go(&call, &hops[0]) && secure_has_hop(&call));
	call.emergency[0] = '\0';
	call.n_hops = 0;
	CHECK(!secure_has_hop(&call));
}

static void
test_redirections(void)
{
	struct call call = { .is_secure = true };

	CHECK(secure_may_follow(&call, str_of("sips:1@gw")));
	CHECK(!secure_may_follow(&call, str_of("sip:1@gw")));
	call.is_secure = false;
	CHECK(!secure_may_follow(&call, str_of("sips:1@gw")));
	CHECK(secure_may_follow(&call, str_of("sip:1@gw")));
}

static const struct test tests[] = {
	{ "a Request-URI keeps the scheme it came with", test_ruri, true },
	{ "sips: calls go to sips: hops", test_hops, true },
	{ "redirections do not change the scheme", test_redirections, true },
};
const struct test_suite suite_secure = TEST_SUITE("secure", tests);
