/* test_live.c - the bounded table of answered calls */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/live.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_live;

static const struct hash_key key = { 1, 2 };

/* A fact about call number n; its texts live in id. */
#define SIXTEEN "0123456789abcdef"
#define TOKEN_TEXT SIXTEEN SIXTEEN SIXTEEN SIXTEEN

static struct live_fact
fact_of(int n, char id[32], struct gateway_state *gateway)
{
	static const struct number number = { 5, "49301" };

	snprintf(id, 32, "call%d", n);
	return (struct live_fact){
		.call_id = str_of(id),
		.from_tag = str_of("from"),
		.to_tag = str_of("to"),
		.setup = 1000,
		.answer = 2000 + n,
		.token = TOKEN_TEXT,
		.number = &number,
		.account = "acme",
		.carrier = "blue",
		.gateway_name = "blue1",
		.gateway = gateway,
	};
}

static void
test_add_remove(void)
{
	struct gateway_state gateway = { 0 };
	struct live_fact fact;
	struct live live;
	char id[32];

	if (!OK(live_init(&live, &key, 100)))
		return;
	fact = fact_of(1, id, &gateway);
	if (!OK(live_add(&live, &fact)))
		goto out;
	CHECK(gateway.answered == 1);
	CHECK(live_add(&live, &fact) == ERR_EXISTS);
	CHECK(gateway.answered == 1);
	CHECK(str_eq_text(live_call_id(live.newest), "call1"));
	CHECK(strcmp(live.newest->gateway_name, "blue1") == 0);
	CHECK(memcmp(live.newest->token, TOKEN_TEXT, TOKEN_LEN) == 0);
	CHECK(live_find(&live, fact.call_id, fact.from_tag, fact.to_tag) ==
	      live.newest);
	CHECK(live_find(&live, fact.call_id, fact.from_tag, str_of("other")) ==
	      NULL);
	CHECK(live_remove(&live, fact.call_id, fact.from_tag,
			  str_of("other"), 0) == ERR_NOTFOUND);
	CHECK(live_remove(&live, fact.call_id, fact.from_tag, fact.to_tag, 0) ==
	      0);
	CHECK(gateway.answered == 0);
	CHECK(live_remove(&live, fact.call_id, fact.from_tag, fact.to_tag, 0) ==
	      ERR_NOTFOUND);
	CHECK(gateway.answered == 0);
out:
	live_fini(&live);
	CHECK(gateway.answered == 0);
}

static void
test_bound(void)
{
	struct gateway_state gateway = { 0 };
	struct live live;
	char id[32];

	if (!OK(live_init(&live, &key, 3)))
		return;
	for (int i = 0; i < 5; i++) {
		struct live_fact fact = fact_of(i, id, &gateway);

		if (!OK(live_add(&live, &fact)))
			goto out;
	}
	CHECK(live.map.n == 3);
	CHECK(gateway.answered == 3);
	CHECK(str_eq_text(live_call_id(live.oldest), "call2"));
	CHECK(str_eq_text(live_call_id(live.newest), "call4"));
out:
	live_fini(&live);
	CHECK(gateway.answered == 0);
}

static void
test_age(void)
{
	struct gateway_state gateway = { 0 };
	struct live_fact fact;
	struct live live;
	char id[32], id2[32];

	if (!OK(live_init(&live, &key, 100)))
		return;
	fact = fact_of(1, id, &gateway);
	if (!OK(live_add(&live, &fact)))
		goto out;
	fact = fact_of(2, id2, &gateway);
	fact.answer += (LIVE_MAX_AGE_S + 1) * US_PER_S;
	if (!OK(live_add(&live, &fact)))
		goto out;
	CHECK(live.map.n == 1);
	CHECK(gateway.answered == 1);
out:
	live_fini(&live);
}

static const struct test tests[] = {
	{ "a call counts at its gateway once, in and out", test_add_remove,
	  false },
	{ "the oldest goes when the table is full", test_bound, false },
	{ "a call that outlives its age is forgotten", test_age, false },
};
const struct test_suite suite_live = TEST_SUITE("live", tests);
