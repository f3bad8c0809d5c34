/* limit_state.c - calls in progress, and rings of slots of what they used */
#include "route/limit_state_private.h"

#include <string.h>

#define MINUTE_US (60 * US_PER_S)
#define SLOT_US (10 * MINUTE_US)
#define SLOTS_A_DAY_SLOT 12

static const char *const kind_texts[LIMIT_N_KINDS] = {
	[LIMIT_CPS] = "cps",
	[LIMIT_CHANNELS] = "channels",
	[LIMIT_CALLS] = "calls",
	[LIMIT_MINUTES_HOUR] = "minutes_hour",
	[LIMIT_MINUTES_DAY] = "minutes_day",
	[LIMIT_SPEND_HOUR] = "spend_hour",
	[LIMIT_SPEND_DAY] = "spend_day",
	[LIMIT_HOURS] = "hours",
	[LIMIT_PREFIX] = "prefix",
};

const char *
limit_kind_text(enum limit_kind kind)
{
	return kind_texts[kind];
}

/* --- the lock is held --- */

static struct limit_amount
running(const struct limit_state *state, int64_t now_us)
{
	int64_t since = now_us - state->slot * SLOT_US;
	__int128 money = (__int128)state->rates * since - state->rate_begins;

	return (struct limit_amount){ state->talking * since - state->begins,
				(money_e8)(money / MINUTE_US) };
}

static void
add_amount(struct limit_state *state, const struct limit_amount *amount)
{
	struct limit_amount *hour = &state->hour[state->slot % LIMIT_HOUR_SLOTS];
	struct limit_amount *day =
	    &state->day[state->slot / SLOTS_A_DAY_SLOT % LIMIT_DAY_SLOTS];

	hour->us += amount->us;
	hour->money += amount->money;
	day->us += amount->us;
	day->money += amount->money;
}

/* The slot is over. */
static void
end_slot(struct limit_state *state)
{
	struct limit_amount amount = running(state, (state->slot + 1) * SLOT_US);

	add_amount(state, &amount);
	state->begins = 0;
	state->rate_begins = 0;
	state->slot++;
	state->hour[state->slot % LIMIT_HOUR_SLOTS] = (struct limit_amount){ 0, 0 };
	if (state->slot % SLOTS_A_DAY_SLOT == 0)
		state->day[state->slot / SLOTS_A_DAY_SLOT % LIMIT_DAY_SLOTS] =
		    (struct limit_amount){ 0, 0 };
}

/* Bring the rings up to now, in microseconds, and return it. What nobody has
 * looked at for longer than they reach is skipped, not walked through. */
static int64_t
advance(struct limit_state *state)
{
	int64_t now_us = state->clock->mono_us(state->clock);
	int64_t slot = now_us / SLOT_US;
	int64_t first = slot - SLOTS_A_DAY_SLOT * LIMIT_DAY_SLOTS;

	if (state->slot < first) {
		memset(state->hour, 0, sizeof(state->hour));
		memset(state->day, 0, sizeof(state->day));
		state->begins = 0;
		state->rate_begins = 0;
		state->slot = first;
	}
	while (state->slot < slot)
		end_slot(state);
	return now_us;
}

static void
advance_calls(struct limit_state *state, const struct limit_bounds *bounds,
	      int64_t now_us)
{
	int64_t width = bounds->window_s * US_PER_S / (LIMIT_CALLS_SLOTS - 1);
	int64_t slot;

	if (bounds->calls < 0 || width <= 0)
		return;
	slot = now_us / width;
	if (state->calls_width != width ||
	    slot - state->calls_slot >= LIMIT_CALLS_SLOTS) {
		memset(state->calls, 0, sizeof(state->calls));
		state->calls_width = width;
		state->calls_slot = slot;
	}
	while (state->calls_slot < slot)
		state->calls[++state->calls_slot % LIMIT_CALLS_SLOTS] = 0;
}

static int64_t
minutes(int64_t us)
{
	return (us + MINUTE_US - 1) / MINUTE_US;
}

static struct limit_amount
sum(const struct limit_amount *slots, size_t n, const struct limit_amount *open)
{
	struct limit_amount total = *open;

	for (size_t i = 0; i < n; i++) {
		total.us += slots[i].us;
		total.money += slots[i].money;
	}
	return total;
}

/* What calls in progress have used in this slot, or what they are expected to
 * use, whichever is more. */
static struct limit_amount
in_progress(const struct limit_state *state, int64_t now_us)
{
	struct limit_amount open = running(state, now_us);

	if (open.us < state->expected.us)
		open.us = state->expected.us;
	if (open.money < state->expected.money)
		open.money = state->expected.money;
	return open;
}

static void
read_usage(const struct limit_state *state, int64_t now_us,
	   struct limit_usage *out)
{
	struct limit_amount open = in_progress(state, now_us);
	struct limit_amount hour = sum(state->hour, LIMIT_HOUR_SLOTS, &open);
	struct limit_amount day = sum(state->day, LIMIT_DAY_SLOTS, &open);
	int64_t calls = 0;

	for (int i = 0; i < LIMIT_CALLS_SLOTS; i++)
		calls += state->calls[i];
	*out = (struct limit_usage){ .used = {
		[LIMIT_CHANNELS] = state->active,
		[LIMIT_CALLS] = calls,
		[LIMIT_MINUTES_HOUR] = minutes(hour.us),
		[LIMIT_MINUTES_DAY] = minutes(day.us),
		[LIMIT_SPEND_HOUR] = hour.money,
		[LIMIT_SPEND_DAY] = day.money,
	} };
}

static int64_t
bound_of(const struct limit_bounds *bounds, enum limit_kind kind)
{
	const int64_t by_kind[LIMIT_N_KINDS] = {
		[LIMIT_CHANNELS] = bounds->channels,
		[LIMIT_CALLS] = bounds->calls,
		[LIMIT_MINUTES_HOUR] = bounds->minutes_hour,
		[LIMIT_MINUTES_DAY] = bounds->minutes_day,
		[LIMIT_SPEND_HOUR] = bounds->spend_hour,
		[LIMIT_SPEND_DAY] = bounds->spend_day,
	};

	return by_kind[kind];
}

static bool
set_bit(unsigned *word, enum limit_kind kind, bool value)
{
	bool before = (*word >> kind & 1U) != 0;

	*word = value ? *word | 1U << kind : *word & ~(1U << kind);
	return value && !before;
}

/* Compare what would be in use with one bound. */
static void
judge(struct limit_state *state, const struct limit_bounds *bounds,
      enum limit_kind kind, int64_t used, struct limit_answer *answer)
{
	int64_t bound = bound_of(bounds, kind);
	bool is_over = bound >= 0 && used > bound;
	bool is_near = bound >= 0 && bounds->warn_percent > 0 &&
		       kind != LIMIT_CHANNELS &&
		       (__int128)used * 100 >=
			   (__int128)bound * bounds->warn_percent;
	bool is_news = set_bit(&state->blocked, kind, is_over);
	bool warns = set_bit(&state->warned, kind, is_near);

	if (is_over && answer->kind == LIMIT_NONE) {
		answer->kind = kind;
		answer->is_news = is_news;
		answer->used = used;
	} else if (warns && !is_over && answer->kind == LIMIT_NONE) {
		answer->warn = kind;
		answer->used = used;
	}
}

/* N calls at once, and N per second in the long run. */
static bool
takes_turn(struct limit_state *state, const struct limit_bounds *bounds,
	   int64_t now_us)
{
	int64_t interval;

	if (bounds->cps < 0)
		return true;
	if (bounds->cps == 0)
		return false;
	interval = US_PER_S / bounds->cps;
	if (state->due_us < now_us)
		state->due_us = now_us;
	if (state->due_us + interval - now_us > US_PER_S)
		return false;
	state->due_us += interval;
	return true;
}

static void
count_in(struct limit_use *use, struct limit_state *state)
{
	state->active++;
	if (state->calls_width > 0)
		state->calls[state->calls_slot % LIMIT_CALLS_SLOTS]++;
	use->states[use->n++] = state;
}

struct limit_answer
limit_hours(struct limit_state *state, bool are_open)
{
	struct limit_answer answer = { .kind = LIMIT_NONE };

	pthread_mutex_lock(state->lock);
	answer.is_news = set_bit(&state->blocked, LIMIT_HOURS, !are_open);
	pthread_mutex_unlock(state->lock);
	if (!are_open)
		answer.kind = LIMIT_HOURS;
	return answer;
}

struct limit_answer
limit_enter(struct limit_use *use, struct limit_state *state,
	    const struct limit_bounds *bounds, bool force)
{
	int64_t now_us;
	struct limit_answer answer = { .kind = LIMIT_NONE };
	struct limit_usage usage;
	bool in_turn;

	pthread_mutex_lock(state->lock);
	now_us = advance(state);
	advance_calls(state, bounds, now_us);
	in_turn = takes_turn(state, bounds, now_us);
	answer.is_news = set_bit(&state->blocked, LIMIT_CPS, !in_turn);
	if (!in_turn)
		answer.kind = LIMIT_CPS;
	read_usage(state, now_us, &usage);
	for (int kind = LIMIT_CHANNELS; kind <= LIMIT_CALLS && in_turn; kind++)
		judge(state, bounds, (enum limit_kind)kind,
		      usage.used[kind] + 1, &answer);
	if ((answer.kind == LIMIT_NONE || force) && use->n < LIMIT_USE_MAX)
		count_in(use, state);
	pthread_mutex_unlock(state->lock);
	return answer;
}

static void
expect(struct limit_use *use, money_e8 price, int64_t expected_us)
{
	use->expected = price;
	use->expected_us = expected_us;
	use->per_minute =
	    (money_e8)((__int128)price * MINUTE_US / expected_us);
	use->n_priced++;
}

struct limit_answer
limit_price(struct limit_use *use, const struct limit_bounds *bounds,
	    bool force, money_e8 price, int64_t expected_us)
{
	struct limit_state *state = use->states[use->n_priced];
	struct limit_answer answer = { .kind = LIMIT_NONE };
	struct limit_usage usage;

	pthread_mutex_lock(state->lock);
	state->expected.us += expected_us;
	state->expected.money += price;
	read_usage(state, advance(state), &usage);
	for (int kind = LIMIT_MINUTES_HOUR; kind <= LIMIT_SPEND_DAY; kind++)
		judge(state, bounds, (enum limit_kind)kind, usage.used[kind],
		      &answer);
	if (answer.kind == LIMIT_NONE || force) {
		expect(use, price, expected_us);
	} else {
		state->expected.us -= expected_us;
		state->expected.money -= price;
	}
	pthread_mutex_unlock(state->lock);
	return answer;
}

void
limit_talk(struct limit_use *use)
{
	if (use->n_priced < use->n || use->is_answered)
		return;
	use->is_answered = true;
	for (int i = 0; i < use->n; i++) {
		struct limit_state *state = use->states[i];
		int64_t begin;

		pthread_mutex_lock(state->lock);
		use->start_us[i] = advance(state);
		begin = use->start_us[i] - state->slot * SLOT_US;
		state->talking++;
		state->begins += begin;
		state->rates += use->per_minute;
		state->rate_begins += (__int128)use->per_minute * begin;
		pthread_mutex_unlock(state->lock);
	}
}

/* What it ran in this slot goes into the rings, the slots before have theirs. */
static void
stop_talking(struct limit_state *state, const struct limit_use *use,
	     int64_t start_us, int64_t now_us)
{
	int64_t slot_us = state->slot * SLOT_US;
	int64_t begin = start_us > slot_us ? start_us - slot_us : 0;
	int64_t us = now_us - slot_us - begin;
	struct limit_amount amount = {
		us, (money_e8)((__int128)use->per_minute * us / MINUTE_US)
	};

	state->talking--;
	state->begins -= begin;
	state->rates -= use->per_minute;
	state->rate_begins -= (__int128)use->per_minute * begin;
	add_amount(state, &amount);
}

void
limit_leave(struct limit_use *use)
{
	for (int i = 0; i < use->n; i++) {
		struct limit_state *state = use->states[i];
		int64_t now_us;

		pthread_mutex_lock(state->lock);
		now_us = advance(state);
		state->active--;
		if (i < use->n_priced) {
			state->expected.us -= use->expected_us;
			state->expected.money -= use->expected;
		}
		if (use->is_answered)
			stop_talking(state, use, use->start_us[i], now_us);
		pthread_mutex_unlock(state->lock);
	}
	*use = (struct limit_use){ 0 };
}

void
limit_state_usage(struct limit_state *state, const struct limit_bounds *bounds,
		  struct limit_usage *out)
{
	int64_t now_us;

	pthread_mutex_lock(state->lock);
	now_us = advance(state);
	advance_calls(state, bounds, now_us);
	read_usage(state, now_us, out);
	pthread_mutex_unlock(state->lock);
}
