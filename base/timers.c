/*
 * timers.c - a hierarchical timing wheel
 *
 * A slot of level l is 256^l ticks wide. A timer sits on the lowest level
 * whose 256 slots reach its tick; when time comes to the beginning of a slot
 * of a higher level, its timers are sorted into the levels below. Bitmaps of
 * the slots in use let time jump over everything empty.
 */
#include "base/timers.h"

#include <assert.h>

#define MS_PER_TICK 4
#define LEVEL_BITS 8 /* 2^8 = TIMERS_SLOTS */
#define NEVER INT64_MAX

_Static_assert(TIMERS_SLOTS == 1 << LEVEL_BITS, "a level is one byte of ticks");

/* Right shifts of negative times round down on every compiler we support, as
 * they must. */
static int64_t
tick_of(int64_t ms)
{
	return ms >> 2;
}

/* The number of the slot's width-multiple that holds tick, on this level. */
static int64_t
turn_of(int64_t tick, int level)
{
	return tick >> (LEVEL_BITS * level);
}

static int64_t
tick_of_turn(int64_t turn, int level)
{
	return turn * (INT64_C(1) << (LEVEL_BITS * level));
}

static size_t
index_of(int64_t turn)
{
	return (uint64_t)turn % TIMERS_SLOTS;
}

static void
mark_used(struct timers *timers, size_t level, size_t index)
{
	timers->used[level][index / 64] |= UINT64_C(1) << (index % 64);
}

static void
mark_empty(struct timers *timers, size_t level, size_t index)
{
	timers->used[level][index / 64] &= ~(UINT64_C(1) << (index % 64));
}

static void
push(struct timer **head, struct timer *timer)
{
	timer->next = *head;
	if (timer->next != NULL)
		timer->next->link = &timer->next;
	timer->link = head;
	*head = timer;
}

/* Sort the timer into its slot; none lies behind now_tick. */
static void
insert(struct timers *timers, struct timer *timer)
{
	const int64_t reach = tick_of_turn(1, TIMERS_LEVELS);
	int64_t tick = tick_of(timer->due_ms);
	int level = 0;
	size_t index;

	if (tick < timers->now_tick)
		tick = timers->now_tick;
	if (tick - timers->now_tick >= reach)
		tick = timers->now_tick + reach - 1;
	while (tick - timers->now_tick >= tick_of_turn(1, level + 1))
		level++;
	index = index_of(turn_of(tick, level));
	push(&timers->slot[level][index], timer);
	mark_used(timers, (size_t)level, index);
}

/* Take the timer out of its list; a slot it leaves empty is marked so. */
static void
unlink_timer(struct timers *timers, struct timer *timer)
{
	uintptr_t at = (uintptr_t)timer->link;
	uintptr_t start = (uintptr_t)timers->slot;

	*timer->link = timer->next;
	if (timer->next != NULL)
		timer->next->link = timer->link;
	else if (at >= start && at < start + sizeof(timers->slot))
		mark_empty(timers, (at - start) / sizeof(timers->slot[0]),
			   (at - start) % sizeof(timers->slot[0]) /
			       sizeof(timers->slot[0][0]));
	timer->link = NULL;
	timer->next = NULL;
}

/* How many slots behind index from the next one in use lies, going round:
 * 0..255, or -1 when none is. */
static int
slots_ahead(const uint64_t used[TIMERS_SLOTS / 64], size_t from)
{
	size_t word = from / 64;
	uint64_t bits = used[word] & ~UINT64_C(0) << (from % 64);

	/* The first word is looked at twice: its low bits come last. */
	for (size_t i = 0; i <= TIMERS_SLOTS / 64; i++) {
		size_t bit = bits != 0 ? (size_t)__builtin_ctzll(bits) : 0;

		if (bits != 0)
			return (int)((word * 64 + bit - from) % TIMERS_SLOTS);
		word = (word + 1) % (TIMERS_SLOTS / 64);
		bits = used[word];
	}
	return -1;
}

/* The next tick with a timer on the lowest level, from now_tick on. */
static int64_t
next_tick(const struct timers *timers)
{
	int ahead = slots_ahead(timers->used[0], index_of(timers->now_tick));

	return ahead < 0 ? NEVER : timers->now_tick + ahead;
}

/* The next tick, after now_tick, at which a higher slot must be sorted. */
static int64_t
next_cascade(const struct timers *timers)
{
	int64_t best = NEVER;

	for (int level = 1; level < TIMERS_LEVELS; level++) {
		int64_t turn = turn_of(timers->now_tick, level) + 1;
		int ahead = slots_ahead(timers->used[level], index_of(turn));
		int64_t tick;

		if (ahead < 0)
			continue;
		tick = tick_of_turn(turn + ahead, level);
		if (tick < best)
			best = tick;
	}
	return best;
}

/* Sort the timers of one higher slot, which begins now, into lower ones. */
static void
cascade_slot(struct timers *timers, int level)
{
	size_t index = index_of(turn_of(timers->now_tick, level));
	struct timer *timer = timers->slot[level][index];
	struct timer *next;

	timers->slot[level][index] = NULL;
	mark_empty(timers, (size_t)level, index);
	for (; timer != NULL; timer = next) {
		next = timer->next;
		insert(timers, timer);
	}
}

/* Let time stand at tick, which is not beyond the next cascade. */
static void
move_to(struct timers *timers, int64_t tick)
{
	if (tick == timers->now_tick)
		return;
	timers->now_tick = tick;
	for (int level = TIMERS_LEVELS - 1; level > 0; level--) {
		if (tick == tick_of_turn(turn_of(tick, level), level))
			cascade_slot(timers, level);
	}
}

/* Move what is due in the slot of now_tick to the list at *tail, the longest
 * there first; returns the new tail. */
static struct timer **
expire_slot(struct timers *timers, int64_t now_ms, struct timer **tail)
{
	struct timer *timer = timers->slot[0][index_of(timers->now_tick)];
	struct timer **end = tail;
	struct timer *next;

	for (; timer != NULL; timer = next) {
		next = timer->next;
		if (timer->due_ms > now_ms)
			continue;
		unlink_timer(timers, timer);
		push(tail, timer);
		if (end == tail)
			end = &timer->next;
	}
	return end;
}

/* Advance to target and collect everything due at now_ms in order of ticks. */
static void
expire(struct timers *timers, int64_t now_ms, int64_t target)
{
	struct timer **tail = &timers->expired;

	for (;;) {
		int64_t tick = next_tick(timers);
		int64_t cascade = next_cascade(timers);

		if (cascade < tick)
			tick = cascade;
		if (tick > target)
			break;
		move_to(timers, tick);
		tail = expire_slot(timers, now_ms, tail);
		if (tick == target)
			break; /* what is left here is due in a few ms */
	}
	timers->now_tick = target;
}

void
timers_init(struct timers *timers, int64_t now_ms)
{
	*timers = (struct timers){ .now_tick = tick_of(now_ms) };
	timers->soonest_ms = INT64_MAX;
}

void
timer_init(struct timer *timer, timer_fn *fn, void *arg)
{
	*timer = (struct timer){ .fn = fn, .arg = arg };
}

void
timer_start(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	timer_cancel(timers, timer);
	timer->due_ms = due_ms;
	if (due_ms < timers->soonest_ms)
		timers->soonest_ms = due_ms;
	insert(timers, timer);
	timers->n++;
}

void
timer_cancel(struct timers *timers, struct timer *timer)
{
	if (timer->link == NULL)
		return;
	unlink_timer(timers, timer);
	timers->n--;
}

bool
timer_is_running(const struct timer *timer)
{
	return timer->link != NULL;
}

void
timers_run(struct timers *timers, int64_t now_ms)
{
	int64_t target = tick_of(now_ms);

	assert(timers->expired == NULL);
	if (target < timers->now_tick)
		target = timers->now_tick;
	expire(timers, now_ms, target);
	while (timers->expired != NULL) {
		struct timer *timer = timers->expired;

		timer_cancel(timers, timer);
		timer->fn(timer, timer->arg);
	}
}

/* When the earliest timer of the slot of tick is due. */
static int64_t
earliest_ms(const struct timers *timers, int64_t tick)
{
	const struct timer *timer = timers->slot[0][index_of(tick)];
	int64_t best = NEVER;

	for (; timer != NULL; timer = timer->next) {
		if (timer->due_ms < best)
			best = timer->due_ms;
	}
	return best;
}

int64_t
timers_next_ms(const struct timers *timers, int64_t now_ms)
{
	int64_t tick, cascade, at_ms;

	if (timers->n == 0)
		return -1;
	if (timers->expired != NULL)
		return 0;
	tick = next_tick(timers);
	cascade = next_cascade(timers);
	if (tick <= cascade)
		at_ms = earliest_ms(timers, tick);
	else
		at_ms = cascade * MS_PER_TICK;
	return at_ms > now_ms ? at_ms - now_ms : 0;
}
