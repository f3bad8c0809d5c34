/* health.c - the watch over a gateway */
#include "route/health.h"

#include <stdio.h>

void
health_note_call(struct health *health, bool is_bad)
{
	atomic_fetch_add(is_bad ? &health->bad : &health->good, 1);
}

void
health_note_probe(struct health *health, bool is_answered)
{
	atomic_fetch_add(is_answered ? &health->probes_good
				     : &health->probes_bad,
			 1);
}

bool
health_has_room(const struct health *health)
{
	switch ((enum health_state)atomic_load(&health->state)) {
	case HEALTH_UP:
		return true;
	case HEALTH_PROBING:
		return atomic_load(&health->trials) > 0;
	case HEALTH_DOWN:
		break;
	}
	return false;
}

void
health_take_room(struct health *health)
{
	if (atomic_load(&health->state) == HEALTH_PROBING)
		atomic_fetch_sub(&health->trials, 1);
}

/* What was noted since the last look. */
struct news {
	uint32_t good, bad, probes_good, probes_bad;
};

static void
change(struct health *health, enum health_state state,
       enum health_cause cause, time_us now)
{
	atomic_store(&health->cause, cause);
	atomic_store(&health->since_us, now);
	atomic_store(&health->state, state);
	health->rate = 1;
	health->has_passed = false;
	health->refill_at = now + US_PER_S;
	atomic_store(&health->trials, 1);
}

static void
go_down(struct health *health, const struct health_rules *rules,
	enum health_cause cause, time_us now)
{
	if (atomic_load(&health->state) == HEALTH_UP)
		health->back_off_s = rules->back_off_s;
	else
		health->back_off_s *= 2;
	if (health->back_off_s > rules->back_off_max_s)
		health->back_off_s = rules->back_off_max_s;
	health->down_until = now + health->back_off_s * US_PER_S;
	for (int i = 0; i < HEALTH_SLOTS; i++)
		health->slots[i] = (struct health_slot){ 0 };
	change(health, HEALTH_DOWN, cause, now);
}

/* The calls of the window, the news among them. */
static void
count_window(struct health *health, const struct health_rules *rules,
	     const struct news *news, time_us now, uint32_t *bad,
	     uint32_t *total)
{
	int64_t number = now / (rules->window_s * US_PER_S / HEALTH_SLOTS);
	struct health_slot *slot =
	    &health->slots[(uint64_t)number % HEALTH_SLOTS];

	if (slot->number != number)
		*slot = (struct health_slot){ number, 0, 0 };
	slot->good += news->good;
	slot->bad += news->bad;
	*bad = *total = 0;
	for (int i = 0; i < HEALTH_SLOTS; i++) {
		int64_t age = number - health->slots[i].number;

		if (age < 0 || age >= HEALTH_SLOTS)
			continue;
		*bad += health->slots[i].bad;
		*total += health->slots[i].bad + health->slots[i].good;
	}
}

static void
look_up(struct health *health, const struct health_rules *rules,
	const struct news *news, time_us now)
{
	uint32_t bad, total;

	count_window(health, rules, news, now, &bad, &total);
	if (bad > 0 && total >= rules->min_samples &&
	    (int64_t)bad * 100 >= total * rules->failure_percent) {
		atomic_store(&health->cause_n, bad);
		atomic_store(&health->cause_total, total);
		go_down(health, rules, HEALTH_CALLS_FAILED, now);
	} else if (health->probes_failed >= rules->probe_failures) {
		atomic_store(&health->cause_n, health->probes_failed);
		go_down(health, rules, HEALTH_PROBES_FAILED, now);
	}
}

static void
look_down(struct health *health, bool has_probes, const struct news *news,
	  time_us now)
{
	if (now < health->down_until)
		return;
	if (!has_probes)
		change(health, HEALTH_PROBING, HEALTH_BACK_OFF_OVER, now);
	else if (news->probes_good > 0)
		change(health, HEALTH_PROBING, HEALTH_PROBE_ANSWERED, now);
}

static void
look_probing(struct health *health, const struct health_rules *rules,
	     const struct news *news, time_us now)
{
	if (news->bad > 0 || health->probes_failed >= rules->probe_failures) {
		go_down(health, rules,
			news->bad > 0 ? HEALTH_TRIAL_FAILED
				      : HEALTH_PROBES_FAILED,
			now);
		return;
	}
	health->has_passed |= news->good > 0;
	if (now < health->refill_at)
		return;
	if (health->has_passed)
		health->rate *= 2;
	if (health->rate > HEALTH_FULL_RATE) {
		change(health, HEALTH_UP, HEALTH_TRIALS_PASSED, now);
		return;
	}
	health->has_passed = false;
	health->refill_at = now + US_PER_S;
	atomic_store(&health->trials, health->rate);
}

bool
health_tick(struct health *health, const struct health_rules *rules,
	    bool has_probes, time_us now)
{
	int before = atomic_load(&health->state);
	const struct news news = {
		.good = atomic_exchange(&health->good, 0),
		.bad = atomic_exchange(&health->bad, 0),
		.probes_good = atomic_exchange(&health->probes_good, 0),
		.probes_bad = atomic_exchange(&health->probes_bad, 0),
	};

	health->probes_failed += news.probes_bad;
	if (news.probes_good > 0 || !has_probes)
		health->probes_failed = 0;
	switch ((enum health_state)before) {
	case HEALTH_UP:
		look_up(health, rules, &news, now);
		break;
	case HEALTH_PROBING:
		look_probing(health, rules, &news, now);
		break;
	case HEALTH_DOWN:
		look_down(health, has_probes, &news, now);
		break;
	}
	return atomic_load(&health->state) != before;
}

const char *
health_state_text(enum health_state state)
{
	static const char *const texts[] = { [HEALTH_UP] = "up",
					     [HEALTH_PROBING] = "probing",
					     [HEALTH_DOWN] = "down" };

	return texts[state];
}

const char *
health_cause_text(const struct health *health, char out[HEALTH_TEXT_MAX])
{
	static const char *const texts[] = { /* those without figures */
		[HEALTH_NEVER_CHANGED] = "",
		[HEALTH_TRIAL_FAILED] = "a trial call failed",
		[HEALTH_BACK_OFF_OVER] = "the back-off is over",
		[HEALTH_PROBE_ANSWERED] = "a probe was answered",
		[HEALTH_TRIALS_PASSED] = "trial calls passed",
	};
	enum health_cause cause =
	    (enum health_cause)atomic_load(&health->cause);
	unsigned n = atomic_load(&health->cause_n);

	if (cause == HEALTH_CALLS_FAILED)
		snprintf(out, HEALTH_TEXT_MAX, "%u of %u calls failed", n,
			 (unsigned)atomic_load(&health->cause_total));
	else if (cause == HEALTH_PROBES_FAILED)
		snprintf(out, HEALTH_TEXT_MAX, "%u probes without an answer",
			 n);
	else
		snprintf(out, HEALTH_TEXT_MAX, "%s", texts[cause]);
	return out;
}
