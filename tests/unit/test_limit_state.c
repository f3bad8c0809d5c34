/* test_limit_state.c - calls in progress, and what they used of an hour and a
 * day */
#include "route/limit_state.h"

#include "base/err.h"
#include "tests/unit/harness.h"

#define MINUTE (60 * US_PER_S)
#define EURO MONEY_ONE

static const struct limit_bounds no_bounds = { .channels = -1,
					       .cps = -1,
					       .calls = -1,
					       .minutes_hour = -1,
					       .minutes_day = -1,
					       .spend_hour = -1,
					       .spend_day = -1 };

struct world {
	struct clock clock;
	struct limit_states *states;
	struct limit_state *state, *other;
	struct limit_bounds bounds;
};

static bool
open_world(struct world *w)
{
	*w = (struct world){ .bounds = no_bounds };
	clock_init_fake(&w->clock, 1000);
	w->clock.fake_mono_us = 7 * 24 * 60 * MINUTE + 3 * MINUTE;
	return OK(limit_states_new(&w->clock, &w->states)) &&
	       OK(limit_states_get(w->states, 5, 0, "", &w->state)) &&
	       OK(limit_states_get(w->states, 5, 2, "", &w->other));
}

static void
close_world(struct world *w)
{
	limit_states_free(w->states);
}

static enum limit_kind
enter(struct world *w, struct limit_use *use)
{
	return limit_enter(use, w->state, &w->bounds, false).kind;
}

static int64_t
used(struct world *w, enum limit_kind kind)
{
	struct limit_usage usage;

	limit_state_usage(w->state, &w->bounds, &usage);
	return usage.used[kind];
}

/* A call that is answered at once, expected to take 3 minutes at 1 a minute. */
static struct limit_use
talking(struct world *w)
{
	struct limit_use use = { .n = 0 };

	CHECK(enter(w, &use) == LIMIT_NONE);
	CHECK(limit_price(&use, &w->bounds, false, 3 * EURO, 3 * MINUTE).kind ==
	      LIMIT_NONE);
	limit_talk(&use);
	return use;
}

static void
test_states(void)
{
	struct world w;
	struct limit_state *again;

	if (open_world(&w) &&
	    OK(limit_states_get(w.states, 5, 0, "", &again))) {
		CHECK(again == w.state && w.other != w.state);
	}
	close_world(&w);
}

/* Names whose CRC-32C agrees in its lower 24 bits, an account in the place of a
 * class, and a name that begins another. */
static void
test_no_two_share(void)
{
	static const struct {
		uint32_t account, class;
		const char *trunk;
	} keys[] = {
		{ 5, 0, "trunk99698" }, { 5, 0, "trunk440000" },
		{ 5, 0, "trunk9969" },	{ 6, 0, "trunk99698" },
		{ 5, 1, "trunk99698" }, { 1, 5, "trunk99698" },
	};
	struct limit_state *state[6], *again;
	struct world w;

	if (open_world(&w)) {
		for (size_t i = 0; i < 6; i++) {
			if (!OK(limit_states_get(w.states, keys[i].account,
						 keys[i].class, keys[i].trunk,
						 &state[i])))
				break;
			for (size_t k = 0; k < i; k++)
				CHECK(state[k] != state[i]);
			if (OK(limit_states_get(w.states, keys[i].account,
						keys[i].class, keys[i].trunk,
						&again)))
				CHECK(again == state[i]);
		}
	}
	close_world(&w);
}

static void
test_channels(void)
{
	struct world w;
	struct limit_use a = { .n = 0 }, b = a, c = a;
	struct limit_answer answer;

	if (open_world(&w)) {
		w.bounds.channels = 2;
		CHECK(enter(&w, &a) == LIMIT_NONE);
		CHECK(enter(&w, &b) == LIMIT_NONE);
		answer = limit_enter(&c, w.state, &w.bounds, false);
		CHECK(answer.kind == LIMIT_CHANNELS && answer.is_news);
		answer = limit_enter(&c, w.state, &w.bounds, false);
		CHECK(answer.kind == LIMIT_CHANNELS && !answer.is_news);
		CHECK(c.n == 0 && used(&w, LIMIT_CHANNELS) == 2);
		answer = limit_enter(&c, w.state, &w.bounds, true);
		CHECK(answer.kind == LIMIT_CHANNELS && c.n == 1);
		limit_leave(&a);
		limit_leave(&b);
		CHECK(enter(&w, &a) == LIMIT_NONE);
		limit_leave(&a);
		limit_leave(&a); /* nothing is counted out twice */
		limit_leave(&c);
		CHECK(used(&w, LIMIT_CHANNELS) == 0);
	}
	close_world(&w);
}

static void
test_cps(void)
{
	struct world w;
	struct limit_use use = { .n = 0 };
	int taken = 0;

	if (open_world(&w)) {
		w.bounds.cps = 5;
		for (int i = 0; i < 20; i++) {
			taken += enter(&w, &use) == LIMIT_NONE;
			limit_leave(&use);
		}
		CHECK(taken == 5);
		clock_advance_us(&w.clock, 400000);
		for (int i = 0; i < 20; i++) {
			taken += enter(&w, &use) == LIMIT_NONE;
			limit_leave(&use);
		}
		CHECK(taken == 7);
		w.bounds.cps = 0;
		CHECK(enter(&w, &use) == LIMIT_CPS);
	}
	close_world(&w);
}

/* No more than so many in any window; refused calls do not count. */
static void
test_calls(void)
{
	struct world w;
	struct limit_use use = { .n = 0 };
	int taken = 0;

	if (open_world(&w)) {
		w.bounds.calls = 10;
		w.bounds.window_s = 600;
		for (int i = 0; i < 599; i++) {
			taken += enter(&w, &use) == LIMIT_NONE;
			limit_leave(&use);
			clock_advance_us(&w.clock, US_PER_S);
		}
		CHECK(taken == 10 && used(&w, LIMIT_CALLS) == 10);
		clock_advance_us(&w.clock, 77 * US_PER_S);
		CHECK(enter(&w, &use) == LIMIT_NONE);
		limit_leave(&use);
		w.bounds.window_s = 60; /* another window counts anew */
		CHECK(used(&w, LIMIT_CALLS) == 0);
	}
	close_world(&w);
}

/* What a call uses is exact to the slot, whenever somebody looks. */
static void
test_minutes(void)
{
	struct world w;
	struct limit_use use;

	if (open_world(&w)) {
		use = talking(&w);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 3);
		clock_advance_us(&w.clock, 5 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 5);
		CHECK(used(&w, LIMIT_SPEND_HOUR) == 5 * EURO);
		clock_advance_us(&w.clock, 35 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 40);
		CHECK(used(&w, LIMIT_SPEND_DAY) == 40 * EURO);
		limit_leave(&use);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 40);
		CHECK(used(&w, LIMIT_SPEND_HOUR) == 40 * EURO);
		/* 14:03 to 14:43, in slots of 10 minutes: the last hour is
		 * never less than an hour */
		clock_advance_us(&w.clock, 26 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 40);
		clock_advance_us(&w.clock, 1 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 33);
		clock_advance_us(&w.clock, 40 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 0);
		CHECK(used(&w, LIMIT_MINUTES_DAY) == 40);
		clock_advance_us(&w.clock, 26 * 60 * MINUTE);
		CHECK(used(&w, LIMIT_SPEND_DAY) == 0);
	}
	close_world(&w);
}

/* A call over more than a day, with nobody looking. */
static void
test_long_call(void)
{
	struct world w;
	struct limit_use use;

	if (open_world(&w)) {
		use = talking(&w);
		clock_advance_us(&w.clock, 100 * 60 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_HOUR) == 60 + 3);
		CHECK(used(&w, LIMIT_MINUTES_DAY) > 24 * 60);
		CHECK(used(&w, LIMIT_MINUTES_DAY) <= 26 * 60 + 3);
		limit_leave(&use);
		CHECK(used(&w, LIMIT_CHANNELS) == 0);
		clock_advance_us(&w.clock, 100 * 60 * MINUTE);
		CHECK(used(&w, LIMIT_MINUTES_DAY) == 0);
		CHECK(used(&w, LIMIT_SPEND_DAY) == 0);
	}
	close_world(&w);
}

/* A burst is stopped by what its calls are expected to cost. */
static void
test_burst(void)
{
	struct world w;
	struct limit_use uses[10] = { { .n = 0 } };
	struct limit_answer answer;
	enum limit_kind warned = LIMIT_NONE;
	int taken = 0;

	if (open_world(&w)) {
		w.bounds.spend_hour = 10 * EURO;
		w.bounds.warn_percent = 80;
		for (int i = 0; i < 10; i++) {
			CHECK(enter(&w, &uses[i]) == LIMIT_NONE);
			answer = limit_price(&uses[i], &w.bounds, false,
					     3 * EURO, 3 * MINUTE);
			if (answer.kind == LIMIT_NONE) {
				limit_talk(&uses[i]);
				taken++;
			} else {
				CHECK(answer.kind == LIMIT_SPEND_HOUR);
				limit_leave(&uses[i]);
			}
			if (answer.warn != LIMIT_NONE)
				warned = answer.warn;
		}
		CHECK(taken == 3 && warned == LIMIT_SPEND_HOUR);
		for (int i = 0; i < 3; i++)
			limit_leave(&uses[i]); /* at once: nothing was used */
		CHECK(used(&w, LIMIT_SPEND_HOUR) == 0);
	}
	close_world(&w);
}

static void
test_two_states(void)
{
	struct world w;
	struct limit_use use = { .n = 0 };
	struct limit_usage usage;

	if (open_world(&w)) {
		w.bounds.minutes_day = 2;
		CHECK(enter(&w, &use) == LIMIT_NONE);
		CHECK(limit_enter(&use, w.other, &w.bounds, false).kind ==
		      LIMIT_NONE);
		CHECK(limit_price(&use, &no_bounds, false, EURO, 3 * MINUTE)
			  .kind == LIMIT_NONE);
		CHECK(limit_price(&use, &w.bounds, false, EURO, 3 * MINUTE)
			  .kind == LIMIT_MINUTES_DAY);
		limit_leave(&use);
		limit_state_usage(w.other, &w.bounds, &usage);
		for (int kind = 0; kind < LIMIT_N_KINDS; kind++)
			CHECK(used(&w, (enum limit_kind)kind) == 0 &&
			      usage.used[kind] == 0);
	}
	close_world(&w);
}

static void
test_hours(void)
{
	static const struct {
		bool are_open, is_news;
	} rows[] = {
		{ true, false }, { false, true }, { false, false },
		{ true, false }, { false, true },
	};
	struct world w;

	if (open_world(&w)) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct limit_answer answer =
			    limit_hours(w.state, rows[i].are_open);

			CHECK(answer.kind ==
			      (rows[i].are_open ? LIMIT_NONE : LIMIT_HOURS));
			CHECK(answer.is_news == rows[i].is_news);
		}
	}
	close_world(&w);
}

static const struct test tests[] = {
	{ "an account and class has one state", test_states, false },
	{ "no two share a state, however alike", test_no_two_share, false },
	{ "closed hours are news once", test_hours, false },
	{ "channels are held and given back", test_channels, false },
	{ "calls per second: a burst, then the rate", test_cps, false },
	{ "calls of a window", test_calls, false },
	{ "minutes and money as they are used", test_minutes, false },
	{ "a call longer than the day", test_long_call, false },
	{ "a burst is stopped before it costs", test_burst, false },
	{ "what one state refuses the other gives back", test_two_states,
	  false },
};

const struct test_suite suite_limit_state = TEST_SUITE("limit_state", tests);
