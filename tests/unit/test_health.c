/* test_health.c - up, probing, down */
#include "route/health.h"

#include <string.h>

#include "tests/unit/harness.h"

#define START (INT64_C(1790000000) * US_PER_S)

static const struct health_rules rules = { .window_s = 30,
					   .min_samples = 10,
					   .failure_percent = 50,
					   .probe_failures = 3,
					   .back_off_s = 5,
					   .back_off_max_s = 15 };

static void
note(struct health *health, int good, int bad)
{
	for (int i = 0; i < good; i++)
		health_note_call(health, false);
	for (int i = 0; i < bad; i++)
		health_note_call(health, true);
}

static bool
cause_is(const struct health *health, const char *expected)
{
	char text[HEALTH_TEXT_MAX];

	return CHECK(strcmp(health_cause_text(health, text), expected) == 0);
}

/* The state at so many milliseconds after the start. */
static bool
state_at(struct health *health, int64_t ms, bool has_probes,
	 enum health_state expected)
{
	bool changed;
	int before = health->state;

	changed = health_tick(health, &rules, has_probes, START + ms * 1000);
	CHECK(changed == (before != (int)health->state));
	return CHECK(health->state == (int)expected);
}

static void
calls_take_it_down(void)
{
	struct health health = { 0 };

	cause_is(&health, "");
	CHECK(health_has_room(&health));
	note(&health, 0, 9);
	state_at(&health, 0, false, HEALTH_UP); /* too few to say */
	note(&health, 10, 0);
	state_at(&health, 1000, false, HEALTH_UP); /* 9 of 19 */
	note(&health, 0, 1);
	state_at(&health, 2000, false, HEALTH_DOWN); /* 10 of 20 */
	cause_is(&health, "10 of 20 calls failed");
	CHECK(health.since_us == START + 2 * US_PER_S);
	CHECK(!health_has_room(&health));
	/* what comes in late changes nothing */
	note(&health, 50, 50);
	state_at(&health, 6999, false, HEALTH_DOWN);
}

static void
old_calls_are_forgotten(void)
{
	struct health health = { 0 };

	note(&health, 0, 9);
	state_at(&health, 0, false, HEALTH_UP);
	note(&health, 0, 1);
	state_at(&health, 30000, false, HEALTH_UP); /* the 9 are gone */
	note(&health, 0, 9);
	state_at(&health, 54999, false, HEALTH_DOWN); /* that one is not */
}

/* After back_off_s: 1 call in the first second, then 2, 4 ... */
static void
it_comes_back_slowly(void)
{
	struct health health = { 0 };

	note(&health, 0, 10);
	state_at(&health, 0, false, HEALTH_DOWN);
	state_at(&health, 4999, false, HEALTH_DOWN);
	state_at(&health, 5000, false, HEALTH_PROBING);
	cause_is(&health, "the back-off is over");
	for (int rate = 1, ms = 5000; rate <= HEALTH_FULL_RATE; rate *= 2) {
		for (int i = 0; i < rate; i++) {
			CHECK(health_has_room(&health));
			health_take_room(&health);
		}
		CHECK(!health_has_room(&health));
		note(&health, rate, 0);
		state_at(&health, ms + 999, false, HEALTH_PROBING);
		ms += 1000;
		state_at(&health, ms, false,
			 rate < HEALTH_FULL_RATE ? HEALTH_PROBING : HEALTH_UP);
	}
	cause_is(&health, "trial calls passed");
	health_take_room(&health);
	CHECK(health_has_room(&health));
}

static void
a_failed_trial_backs_off(void)
{
	static const int waits[] = { 10, 15, 15 }; /* doubled, bounded */
	struct health health = { 0 };
	int64_t ms = 5000;

	note(&health, 0, 10);
	state_at(&health, 0, false, HEALTH_DOWN);
	for (size_t i = 0; i < 3; i++) {
		state_at(&health, ms, false, HEALTH_PROBING);
		note(&health, 3, 1);
		state_at(&health, ms + 100, false, HEALTH_DOWN);
		cause_is(&health, "a trial call failed");
		ms += 100 + waits[i] * 1000;
		state_at(&health, ms - 1, false, HEALTH_DOWN);
	}
	/* no calls, no verdict: it waits on trial */
	state_at(&health, ms, false, HEALTH_PROBING);
	for (int i = 1; i < 20; i++)
		state_at(&health, ms + i * 1000, false, HEALTH_PROBING);
	CHECK(health.trials == 1);
}

static void
probes(void)
{
	struct health health = { 0 };

	health_note_probe(&health, false);
	health_note_probe(&health, false);
	state_at(&health, 0, true, HEALTH_UP);
	health_note_probe(&health, true);
	state_at(&health, 1000, true, HEALTH_UP); /* begins anew */
	for (int i = 0; i < 3; i++) {
		state_at(&health, 2000 + i, true, HEALTH_UP);
		health_note_probe(&health, false);
	}
	state_at(&health, 3000, true, HEALTH_DOWN);
	cause_is(&health, "3 probes without an answer");
	state_at(&health, 60000, true, HEALTH_DOWN); /* until one is answered */
	health_note_probe(&health, true);
	state_at(&health, 61000, true, HEALTH_PROBING);
	cause_is(&health, "a probe was answered");
	for (int i = 0; i < 3; i++)
		health_note_probe(&health, false);
	state_at(&health, 61500, true, HEALTH_DOWN);
	/* answered too soon: the back-off counts */
	health_note_probe(&health, true);
	state_at(&health, 62000, true, HEALTH_DOWN);
	state_at(&health, 99000, true, HEALTH_DOWN);
	/* probing was switched off */
	state_at(&health, 100000, false, HEALTH_PROBING);
}

static void
texts(void)
{
	CHECK(strcmp(health_state_text(HEALTH_UP), "up") == 0);
	CHECK(strcmp(health_state_text(HEALTH_PROBING), "probing") == 0);
	CHECK(strcmp(health_state_text(HEALTH_DOWN), "down") == 0);
}

static const struct test tests[] = {
	{ "failed calls take a gateway down", calls_take_it_down, true },
	{ "but not those of long ago", old_calls_are_forgotten, true },
	{ "it comes back by a few calls first", it_comes_back_slowly, true },
	{ "a failed trial makes the back-off longer", a_failed_trial_backs_off,
	  true },
	{ "probes take it down and bring it back", probes, true },
	{ "states have names", texts, true },
};

const struct test_suite suite_health = TEST_SUITE("health", tests);
