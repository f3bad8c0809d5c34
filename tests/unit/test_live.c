/* test_live.c - the bounded table of answered calls */
#include <stdio.h>
#include <stdlib.h>
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

static struct live_id
id_of(const struct live_fact *fact)
{
	return (struct live_id){ fact->call_id, fact->from_tag, fact->to_tag,
				 fact->setup };
}

/* A call that comes through here twice is two, of the same ids. */
static void
test_twice(void)
{
	struct gateway_state gateway = { 0 };
	struct live_fact fact;
	struct live_id first, second, any;
	struct live live;
	char id[32];

	if (!OK(live_init(&live, &key, 100)))
		return;
	fact = fact_of(1, id, &gateway);
	fact.setup = 1000;
	first = id_of(&fact);
	second = any = first;
	second.setup = 2000;
	any.setup = 0;
	if (!OK(live_add(&live, &fact)))
		goto out;
	CHECK(live_find(&live, &second) == NULL);
	fact.setup = 2000;
	if (!OK(live_add(&live, &fact)))
		goto out;
	CHECK(gateway.answered == 2);
	CHECK(live_find(&live, &first) == live.oldest);
	CHECK(live_find(&live, &any) != NULL);
	CHECK(live_find(&live, &second) == live.newest);
	CHECK(live_remove(&live, &first, 0) == 0);
	CHECK(live_remove(&live, &first, 0) == ERR_NOTFOUND);
	CHECK(live_find(&live, &any) == live_find(&live, &second));
	CHECK(live_remove(&live, &second, 0) == 0);
out:
	live_fini(&live);
	CHECK(gateway.answered == 0);
}

static void
test_add_remove(void)
{
	struct gateway_state gateway = { 0 };
	struct live_id that, other;
	struct live_fact fact;
	struct live live;
	char id[32];

	if (!OK(live_init(&live, &key, 100)))
		return;
	fact = fact_of(1, id, &gateway);
	that = id_of(&fact);
	other = that;
	other.to_tag = str_of("other");
	if (!OK(live_add(&live, &fact)))
		goto out;
	CHECK(gateway.answered == 1);
	CHECK(live_add(&live, &fact) == ERR_EXISTS);
	CHECK(gateway.answered == 1);
	CHECK(str_eq_text(live_call_id(live.newest), "call1"));
	CHECK(strcmp(live.newest->gateway_name, "blue1") == 0);
	CHECK(memcmp(live.newest->token, TOKEN_TEXT, TOKEN_LEN) == 0);
	CHECK(live_find(&live, &that) == live.newest);
	CHECK(live_find(&live, &other) == NULL);
	CHECK(live_remove(&live, &other, 0) == ERR_NOTFOUND);
	/* what was found last is asked for again, and another one */
	CHECK(live_find(&live, &that) == live.newest);
	other = that;
	other.call_id = str_of("call2");
	CHECK(live_find(&live, &other) == NULL);
	CHECK(live_remove(&live, &that, 0) == 0);
	CHECK(live_find(&live, &that) == NULL);
	CHECK(gateway.answered == 0);
	CHECK(live_remove(&live, &that, 0) == ERR_NOTFOUND);
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

/* Without another call, too: a lost BYE holds no channel for ever. */
static void
test_age_alone(void)
{
	struct gateway_state gateway = { 0 };
	struct live_fact fact;
	struct live live;
	char id[32];

	if (!OK(live_init(&live, &key, 100)))
		return;
	fact = fact_of(1, id, &gateway);
	if (OK(live_add(&live, &fact))) {
		live_age(&live, fact.answer + LIVE_MAX_AGE_S * US_PER_S);
		CHECK(gateway.answered == 1);
		live_age(&live, fact.answer + LIVE_MAX_AGE_S * US_PER_S + 1);
		CHECK(gateway.answered == 0 && live.oldest == NULL);
	}
	live_fini(&live);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Of ten calls the even ones go on, and the last two have come since. */
static void
test_keep(void)
{
	struct gateway_state gateway = { 0 };
	struct live_known known = { .as_of_us = 100 };
	uint64_t names[4];
	struct live live;
	char id[32];
	size_t n_out, n = 0;

	if (!OK(live_init(&live, &key, 100)))
		return;
	for (int i = 0; i < 10; i++) {
		struct live_fact fact = fact_of(i, id, &gateway);

		fact.answer_mono_us = i < 8 ? 99 : 100;
		if (!OK(live_add(&live, &fact)))
			goto out;
		if (i < 8 && i % 2 == 0)
			names[n++] =
			    live_name(&key, fact.call_id, fact.to_tag);
	}
	qsort(names, n, sizeof(names[0]), compare);
	known.names = names;
	known.n = n;
	CHECK(live_keep(&live, &known, true, 3, &n_out) && n_out == 1);
	CHECK(gateway.answered == 9);
	/* the one that is to be looked at next ends by itself */
	CHECK(live_remove(&live,
			  &(struct live_id){ .call_id = str_of("call3"),
					     .from_tag = str_of("from"),
					     .to_tag = str_of("to") },
			  3000) == 0);
	CHECK(live_keep(&live, &known, false, 3, &n_out) && n_out == 1);
	CHECK(!live_keep(&live, &known, false, 100, &n_out) && n_out == 1);
	CHECK(gateway.answered == 6 && live.map.n == 6);
	/* when nothing is known, all go but those that are younger */
	known.n = 0;
	CHECK(!live_keep(&live, &known, true, 100, &n_out) && n_out == 4);
	CHECK(gateway.answered == 2);
	known.as_of_us = 101;
	CHECK(!live_keep(&live, &known, true, 100, &n_out) && n_out == 2);
	CHECK(gateway.answered == 0 && live.oldest == NULL);
	CHECK(!live_keep(&live, &known, true, 100, &n_out) && n_out == 0);
out:
	live_fini(&live);
	CHECK(gateway.answered == 0);
}

/* The wall clock is set by hours, both ways and at the change to summer time,
 * which is none of UTC's business. */
static void
test_clock_steps(void)
{
	static const int64_t steps[] = { 0, 3600, -3600, 86400, -86400, 2 };
	struct gateway_state gateway = { 0 };
	struct clock clock;
	struct live live;
	char id[32];

	if (!OK(live_init(&live, &key, 10)))
		return;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct live_fact fact = fact_of((int)i, id, &gateway);
		int64_t step_us = -1;

		clock_init_fake(&clock, INT64_C(1774746000) * US_PER_S);
		clock_advance_us(&clock, 5 * US_PER_S);
		fact.answer = clock_wall(&clock);
		fact.answer_mono_us = clock.mono_us(&clock);
		if (!OK(live_add(&live, &fact)))
			break;
		clock_advance_us(&clock, 60 * US_PER_S);
		clock.fake_wall += steps[i] * US_PER_S;
		clock_advance_us(&clock, 1234567);
		CHECK(live_now(live.newest, &clock, &step_us) ==
		      fact.answer + 61234567);
		CHECK(step_us == steps[i] * US_PER_S);
	}
	live_fini(&live);
}

static const struct test tests[] = {
	{ "a clock that is set changes no call's length", test_clock_steps,
	  false },
	{ "a call that comes through twice is two", test_twice, false },
	{ "a call counts at its gateway once, in and out", test_add_remove,
	  false },
	{ "the oldest goes when the table is full", test_bound, false },
	{ "a call that outlives its age is forgotten", test_age, false },
	{ "also when no other call comes", test_age_alone, false },
	{ "calls that the store has ended are counted no more", test_keep,
	  false },
};
const struct test_suite suite_live = TEST_SUITE("live", tests);
