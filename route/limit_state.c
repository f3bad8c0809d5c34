/* limit_state.c - calls in progress, and rings of slots of what they used */
#include "route/limit_state.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/err.h"
#include "base/map.h"

#define N_LOCKS 64
#define SPREAD UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */
#define MINUTE_US (60 * US_PER_S)
#define SLOT_US (10 * MINUTE_US)
#define SLOTS_A_DAY_SLOT 12
#define N_HOUR 7 /* the running slot, and 6 before it */
#define N_DAY 13
#define N_CALLS 9

struct amount {
	int64_t us;
	money_e8 money;
};

/* Answered calls are sums: n calls that began at b_i have lasted n * now -
 * sum(b_i), and cost sum(r_i) * now - sum(r_i * b_i). Beginnings count from
 * the begin of the slot; at its end all that has run so far is moved into its
 * ring, and every call begins anew. */
struct limit_state {
	struct map_node node;
	pthread_mutex_t *lock;
	const struct clock *clock;
	uint64_t key;		  /* account and class */
	int32_t active, talking;
	unsigned blocked, warned; /* bit = enum limit_kind */
	int64_t due_us;		  /* of calls per second: when the bucket is
				   * empty */
	struct amount expected;	  /* of all calls whose price is known */
	int64_t slot;		  /* now / SLOT_US */
	int64_t begins;		  /* sum of us */
	int64_t rates;		  /* sum per minute */
	__int128 rate_begins;
	struct amount hour[N_HOUR], day[N_DAY];
	int64_t calls_width, calls_slot;
	uint32_t calls[N_CALLS];
	char trunk[];
};

struct limit_key {
	uint64_t key;
	const char *trunk;
};

struct limit_states {
	const struct clock *clock;
	struct map map;
	pthread_mutex_t map_lock;
	pthread_mutex_t locks[N_LOCKS];
};

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

/* --- all of them --- */

static struct limit_state *
state_of(const struct map_node *node)
{
	return MAP_ENTRY(node, struct limit_state, node);
}

static bool
has_key(const struct map_node *node, const void *arg)
{
	const struct limit_state *state = state_of(node);
	const struct limit_key *key = arg;

	return state->key == key->key && strcmp(state->trunk, key->trunk) == 0;
}

static struct limit_state *
make_state(struct limit_states *states, const struct limit_key *key,
	   uint64_t hash)
{
	size_t len = strlen(key->trunk) + 1;
	struct limit_state *state = mem_zalloc(1, sizeof(*state) + len);

	if (state == NULL)
		return NULL;
	state->key = key->key;
	memcpy(state->trunk, key->trunk, len);
	state->lock = &states->locks[hash % N_LOCKS];
	state->clock = states->clock;
	map_add(&states->map, &state->node, hash);
	return state;
}

int
limit_states_new(const struct clock *clock, struct limit_states **out)
{
	struct limit_states *states = mem_zalloc(1, sizeof(*states));

	if (states == NULL)
		return ERR_NOMEM;
	if (map_init(&states->map, N_LOCKS) != 0) {
		mem_free(states);
		return ERR_NOMEM;
	}
	states->clock = clock;
	pthread_mutex_init(&states->map_lock, NULL);
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&states->locks[i], NULL);
	*out = states;
	return 0;
}

void
limit_states_free(struct limit_states *states)
{
	struct map_node *node, *next;

	if (states == NULL)
		return;
	for (node = map_next(&states->map, NULL); node != NULL; node = next) {
		next = map_next(&states->map, node);
		mem_free(state_of(node));
	}
	map_fini(&states->map);
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_destroy(&states->locks[i]);
	pthread_mutex_destroy(&states->map_lock);
	mem_free(states);
}

int
limit_states_get(struct limit_states *states, uint32_t account, uint32_t class,
		 const char *trunk, struct limit_state **out)
{
	const struct limit_key key = { (uint64_t)account << 32 | class, trunk };
	uint64_t hash = (key.key ^ crc32c(0, trunk, strlen(trunk))) * SPREAD >>
			32;
	struct map_node *node;
	struct limit_state *state;

	pthread_mutex_lock(&states->map_lock);
	node = map_find(&states->map, hash, has_key, &key);
	state = node != NULL ? state_of(node) : make_state(states, &key, hash);
	pthread_mutex_unlock(&states->map_lock);
	if (state == NULL)
		return ERR_NOMEM;
	*out = state;
	return 0;
}

/* --- one state; its lock is held --- */

static struct amount
running(const struct limit_state *state, int64_t now_us)
{
	int64_t since = now_us - state->slot * SLOT_US;
	__int128 money = (__int128)state->rates * since - state->rate_begins;

	return (struct amount){ state->talking * since - state->begins,
				(money_e8)(money / MINUTE_US) };
}

static void
add_amount(struct limit_state *state, const struct amount *amount)
{
	struct amount *hour = &state->hour[state->slot % N_HOUR];
	struct amount *day =
	    &state->day[state->slot / SLOTS_A_DAY_SLOT % N_DAY];

	hour->us += amount->us;
	hour->money += amount->money;
	day->us += amount->us;
	day->money += amount->money;
}

/* The slot is over. */
static void
end_slot(struct limit_state *state)
{
	struct amount amount = running(state, (state->slot + 1) * SLOT_US);

	add_amount(state, &amount);
	state->begins = 0;
	state->rate_begins = 0;
	state->slot++;
	state->hour[state->slot % N_HOUR] = (struct amount){ 0, 0 };
	if (state->slot % SLOTS_A_DAY_SLOT == 0)
		state->day[state->slot / SLOTS_A_DAY_SLOT % N_DAY] =
		    (struct amount){ 0, 0 };
}

/* Bring the rings up to now, in microseconds, and return it. What nobody has
 * looked at for longer than they reach is skipped, not walked through. */
static int64_t
advance(struct limit_state *state)
{
	int64_t now_us = state->clock->mono_us(state->clock);
	int64_t slot = now_us / SLOT_US;
	int64_t first = slot - SLOTS_A_DAY_SLOT * N_DAY;

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
	int64_t width = bounds->window_s * US_PER_S / (N_CALLS - 1);
	int64_t slot;

	if (bounds->calls < 0 || width <= 0)
		return;
	slot = now_us / width;
	if (state->calls_width != width ||
	    slot - state->calls_slot >= N_CALLS) {
		memset(state->calls, 0, sizeof(state->calls));
		state->calls_width = width;
		state->calls_slot = slot;
	}
	while (state->calls_slot < slot)
		state->calls[++state->calls_slot % N_CALLS] = 0;
}

static int64_t
minutes(int64_t us)
{
	return (us + MINUTE_US - 1) / MINUTE_US;
}

static struct amount
sum(const struct amount *slots, size_t n, const struct amount *open)
{
	struct amount total = *open;

	for (size_t i = 0; i < n; i++) {
		total.us += slots[i].us;
		total.money += slots[i].money;
	}
	return total;
}

/* What calls in progress have used in this slot, or what they are expected to
 * use, whichever is more. */
static struct amount
in_progress(const struct limit_state *state, int64_t now_us)
{
	struct amount open = running(state, now_us);

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
	struct amount open = in_progress(state, now_us);
	struct amount hour = sum(state->hour, N_HOUR, &open);
	struct amount day = sum(state->day, N_DAY, &open);
	int64_t calls = 0;

	for (int i = 0; i < N_CALLS; i++)
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
		state->calls[state->calls_slot % N_CALLS]++;
	use->states[use->n++] = state;
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
	struct amount amount = {
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
