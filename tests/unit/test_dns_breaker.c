/* test_dns_breaker.c - when a server is held for dead */
#include "base/dns_breaker.h"

#include "tests/unit/harness.h"

static const struct dns_breaker_rule rule = { 3, 100, 350 };

static void
break_it(struct dns_breaker *breaker, int64_t now_ms)
{
	for (unsigned i = 0; i < rule.dead_after; i++)
		dns_breaker_bad(breaker, &rule, now_ms);
}

static void
test_opens(void)
{
	struct dns_breaker breaker = { 0 };

	dns_breaker_bad(&breaker, &rule, 0);
	dns_breaker_bad(&breaker, &rule, 0);
	CHECK(!breaker.is_open);
	dns_breaker_good(&breaker); /* in a row is what counts */
	dns_breaker_bad(&breaker, &rule, 0);
	dns_breaker_bad(&breaker, &rule, 0);
	CHECK(!breaker.is_open && !dns_breaker_take_probe(&breaker, 1000));
	dns_breaker_bad(&breaker, &rule, 0);
	CHECK(breaker.is_open && breaker.n_opened == 1);
}

static void
test_probes(void)
{
	struct dns_breaker breaker = { 0 };
	static const int holds_ms[] = { 100, 200, 350, 350 };
	int64_t now_ms = 1000;

	break_it(&breaker, now_ms);
	for (int i = 0; i < 4; i++) {
		CHECK(!dns_breaker_take_probe(&breaker,
					      now_ms + holds_ms[i] - 1));
		now_ms += holds_ms[i];
		CHECK(dns_breaker_take_probe(&breaker, now_ms));
		CHECK(!dns_breaker_take_probe(&breaker, now_ms)); /* one */
		dns_breaker_bad(&breaker, &rule, now_ms); /* an old message */
		CHECK(breaker.is_probing);
		dns_breaker_probe_failed(&breaker, &rule, now_ms);
	}
	CHECK(breaker.is_open && breaker.n_opened == 1);
}

static void
test_closes(void)
{
	struct dns_breaker breaker = { 0 };

	break_it(&breaker, 0);
	CHECK(dns_breaker_take_probe(&breaker, 100));
	dns_breaker_good(&breaker);
	CHECK(!breaker.is_open && !breaker.is_probing);
	dns_breaker_probe_failed(&breaker, &rule, 100); /* told late */
	CHECK(!breaker.is_open);
	break_it(&breaker, 200); /* and begins with the shortest hold */
	CHECK(breaker.n_opened == 2 && breaker.until_ms == 300);
}

static const struct test tests[] = {
	{ "failures in a row open it", test_opens, true },
	{ "one probe at a time, at longer and longer intervals", test_probes,
	  true },
	{ "any answer closes it", test_closes, true },
};

const struct test_suite suite_dns_breaker = TEST_SUITE("dns_breaker", tests);
