/* test_timers.c - the timer wheel, against a naive list of timers too */
#include "base/timers.h"

#include "base/alloc.h"
#include "tests/unit/harness.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define N_TIMERS 100000
#define N_RUNS 300
#define DAY_MS INT64_C(86400000)

static void
count_up(struct timer *timer, void *arg)
{
	(void)timer;
	(*(int *)arg)++;
}

static void
timers_fire_once_and_to_the_millisecond(void)
{
	static const int64_t dues[] = { 1,      2,        3,          4,
					5,      499,      1023,       1024,
					1025,   262143,   262144,     262145,
					DAY_MS, 67108864, 17179869187 };
	static const int64_t starts[] = { 0, 3, 1021, 67108863, -5 };
	struct timers timers;
	struct timer timer;
	int fired = 0;

	timer_init(&timer, count_up, &fired);
	for (size_t i = 0; i < N_ROWS(dues) * N_ROWS(starts); i++) {
		int64_t start = starts[i % N_ROWS(starts)];
		int64_t due = start + dues[i / N_ROWS(starts)];

		fired = 0;
		timers_init(&timers, start);
		timer_start(&timers, &timer, due);
		CHECK(timer_is_running(&timer) && timers.n == 1);
		timers_run(&timers, due - 1);
		CHECK(fired == 0 && timer_is_running(&timer));
		timers_run(&timers, due);
		CHECK(fired == 1 && !timer_is_running(&timer));
		timers_run(&timers, due + DAY_MS);
		CHECK(fired == 1 && timers.n == 0);
	}
}

static void
beyond_the_reach_is_sorted_again(void)
{
	const int64_t due = 1000 * DAY_MS + 3;
	struct timers timers;
	struct timer timer;
	int fired = 0;

	timers_init(&timers, 7);
	timer_init(&timer, count_up, &fired);
	timer_start(&timers, &timer, due);
	for (int64_t day = 1; day <= 1000; day++)
		timers_run(&timers, day * DAY_MS);
	timers_run(&timers, due - 1);
	CHECK(fired == 0);
	timers_run(&timers, due);
	CHECK(fired == 1);
}

static void
the_past_fires_at_the_next_run(void)
{
	struct timers timers;
	struct timer timer;
	int fired = 0;

	timers_init(&timers, 5000);
	timer_init(&timer, count_up, &fired);
	timer_start(&timers, &timer, 10);
	CHECK(fired == 0);
	CHECK(timers_next_ms(&timers, 5000) == 0);
	timers_run(&timers, 5000);
	CHECK(fired == 1);
	timer_start(&timers, &timer, INT64_MIN);
	timers_run(&timers, 5000);
	CHECK(fired == 2);
	timer_start(&timers, &timer, INT64_MAX);
	timers_run(&timers, 5000 + DAY_MS);
	CHECK(fired == 2);
	timer_cancel(&timers, &timer);
	CHECK(timers_next_ms(&timers, 5000) == -1);
}

static void
cancelled_and_restarted_timers_obey(void)
{
	struct timers timers;
	struct timer a, b;
	int fired_a = 0, fired_b = 0;

	timers_init(&timers, 0);
	timer_init(&a, count_up, &fired_a);
	timer_init(&b, count_up, &fired_b);
	timer_cancel(&timers, &a); /* not running: nothing happens */
	timer_start(&timers, &a, 100);
	timer_start(&timers, &b, 100);
	timer_cancel(&timers, &a);
	CHECK(!timer_is_running(&a) && timer_is_running(&b));
	CHECK(timers.n == 1);
	timer_start(&timers, &b, 5000); /* later than before */
	CHECK(timers.n == 1);
	timers_run(&timers, 4999);
	CHECK(fired_a == 0 && fired_b == 0);
	timer_start(&timers, &b, 4999); /* earlier than before */
	timers_run(&timers, 4999);
	CHECK(fired_b == 1);
	timers_run(&timers, 5000);
	CHECK(fired_b == 1 && timers.n == 0);
}

/* Two timers of one tick: whichever fires first deals with the other. */
struct pair {
	struct timers *timers;
	struct timer timer[2];
	int64_t restart_ms; /* < 0: cancel it */
	int n_fired;
};

static void
deal_with_other(struct timer *timer, void *arg)
{
	struct pair *pair = arg;
	struct timer *other = &pair->timer[timer == &pair->timer[0]];

	CHECK(!timer_is_running(timer));
	if (pair->n_fired++ > 0)
		return;
	CHECK(timer_is_running(other)); /* due, but not fired yet */
	CHECK(timers_next_ms(pair->timers, 100) == 0);
	if (pair->restart_ms < 0)
		timer_cancel(pair->timers, other);
	else
		timer_start(pair->timers, other, pair->restart_ms);
}

static void
a_callback_may_touch_timers_due_with_it(void)
{
	static const struct {
		const char *what;
		int64_t restart_ms;
		int at_100, at_200; /* fired so far */
		int64_t second_ms;  /* when the second timer is due */
	} rows[] = {
		{ "cancel, same tick", -1, 1, 1, 100 },
		{ "cancel, another tick", -1, 1, 1, 60 },
		{ "restart later", 200, 1, 2, 100 },
		{ "restart at once", 50, 1, 2, 100 },
	};
	struct timers timers;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct pair pair = { .timers = &timers,
				     .restart_ms = rows[i].restart_ms };

		test_row(rows[i].what);
		timers_init(&timers, 0);
		timer_init(&pair.timer[0], deal_with_other, &pair);
		timer_init(&pair.timer[1], deal_with_other, &pair);
		timer_start(&timers, &pair.timer[0], 100);
		timer_start(&timers, &pair.timer[1], rows[i].second_ms);
		timers_run(&timers, 100);
		CHECK(pair.n_fired == rows[i].at_100);
		timers_run(&timers, 200);
		CHECK(pair.n_fired == rows[i].at_200 && timers.n == 0);
	}
}

struct again {
	struct timers *timers;
	int n_fired;
};

static void
start_again_at_once(struct timer *timer, void *arg)
{
	struct again *again = arg;

	again->n_fired++;
	timer_start(again->timers, timer, 0);
	CHECK(timers_next_ms(again->timers, 1000) == 0);
}

static void
a_timer_that_restarts_itself_does_not_block(void)
{
	struct timers timers;
	struct again again = { &timers, 0 };
	struct timer timer;

	timers_init(&timers, 0);
	timer_init(&timer, start_again_at_once, &again);
	timer_start(&timers, &timer, 500);
	timers_run(&timers, 1000);
	CHECK(again.n_fired == 1);
	timers_run(&timers, 1000);
	CHECK(again.n_fired == 2);
}

/* A loop that sleeps as told wakes at the right time, and not too often. */
static void
sleeping_as_told_meets_every_timer(void)
{
	static const int64_t dues[] = { 1,      3,      7,          500,
					1023,   4001,   32000,      180001,
					DAY_MS, 300000, 40 * DAY_MS };
	struct timers timers;
	struct timer timer;

	for (size_t i = 0; i < N_ROWS(dues); i++) {
		int fired = 0, wakes = 0;
		int64_t now = 1022;

		timers_init(&timers, now);
		timer_init(&timer, count_up, &fired);
		timer_start(&timers, &timer, now + dues[i]);
		while (fired == 0 && wakes++ < 100) {
			int64_t wait = timers_next_ms(&timers, now);

			CHECK(wait > 0);
			now += wait;
			timers_run(&timers, now);
		}
		CHECK(fired == 1 && now == 1022 + dues[i]);
		CHECK(wakes <= TIMERS_LEVELS);
	}
}

static void
time_may_go_backwards(void)
{
	struct timers timers;
	struct timer soon, later;
	int fired = 0;

	timers_init(&timers, 10000);
	timer_init(&soon, count_up, &fired);
	timer_init(&later, count_up, &fired);
	timer_start(&timers, &soon, 10002);
	timer_start(&timers, &later, 10900);
	timers_run(&timers, 9000);
	CHECK(fired == 0);
	CHECK(timers_next_ms(&timers, 9000) == 1002);
	timers_run(&timers, 10002);
	CHECK(fired == 1);
	timers_run(&timers, 10899);
	CHECK(fired == 1);
	timers_run(&timers, 10900);
	CHECK(fired == 2);
}

/* What the oracle knows of one timer. */
struct twin {
	struct timer timer;
	struct world *world;
	int64_t due_ms;
	int started_in; /* run number; it fires in a later one */
	bool is_running;
};

struct world {
	struct timers timers;
	struct twin *twins;
	uint64_t random;
	int64_t now_ms, before_ms; /* of this run and of the last one */
	int64_t last_tick;         /* of the timer fired last */
	int run;
	bool is_running; /* inside timers_run */
	size_t n_running, n_fired, n_wrong;
};

/* xorshift64* (Vigna, 2016): the same sequence in every run of the test. */
static uint64_t
draw(struct world *world)
{
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return world->random * UINT64_C(2685821657736338717);
}

/* Below 2^bits, small numbers as likely as large ones. */
static int64_t
draw_span(struct world *world, unsigned bits)
{
	uint64_t n = draw(world) >> 20;

	return (int64_t)(n & ((UINT64_C(1) << draw(world) % bits) - 1));
}

static void
start_twin(struct world *world, struct twin *twin)
{
	twin->due_ms = world->now_ms + draw_span(world, 36) - 20;
	/* What is started between two runs belongs to the former. */
	twin->started_in = world->run;
	world->n_running += !twin->is_running;
	twin->is_running = true;
	timer_start(&world->timers, &twin->timer, twin->due_ms);
}

static void
cancel_twin(struct world *world, struct twin *twin)
{
	world->n_running -= twin->is_running;
	twin->is_running = false;
	timer_cancel(&world->timers, &twin->timer);
}

/* Start or cancel some timer, twice as often the first. */
static void
touch_one(struct world *world)
{
	struct twin *twin = &world->twins[draw(world) % N_TIMERS];

	if (draw(world) % 3 == 0)
		cancel_twin(world, twin);
	else
		start_twin(world, twin);
}

static void
fire_twin(struct timer *timer, void *arg)
{
	struct twin *twin = arg;
	struct world *world = twin->world;
	int64_t due =
	    twin->due_ms > world->before_ms ? twin->due_ms : world->before_ms;

	world->n_wrong += timer != &twin->timer || !twin->is_running;
	world->n_wrong += twin->due_ms > world->now_ms;
	world->n_wrong += twin->started_in >= world->run;
	world->n_wrong += due / 4 < world->last_tick; /* in order of ticks */
	world->last_tick = due / 4;
	world->n_running--;
	world->n_fired++;
	twin->is_running = false;
	if (draw(world) % 4 == 0)
		touch_one(world);
}

/* Every timer is as the oracle has it, and none that was due is left. */
static void
compare(struct world *world)
{
	int64_t next = timers_next_ms(&world->timers, world->now_ms);
	int64_t earliest = INT64_MAX;

	for (size_t i = 0; i < N_TIMERS; i++) {
		const struct twin *twin = &world->twins[i];

		world->n_wrong +=
		    timer_is_running(&twin->timer) != twin->is_running;
		if (!twin->is_running)
			continue;
		world->n_wrong += twin->due_ms <= world->now_ms &&
				  twin->started_in < world->run;
		if (twin->due_ms < earliest)
			earliest = twin->due_ms;
	}
	world->n_wrong += world->timers.n != world->n_running;
	world->n_wrong += (next == -1) != (world->n_running == 0);
	if (world->n_running > 0)
		world->n_wrong +=
		    next >
		    (earliest > world->now_ms ? earliest - world->now_ms : 0);
}

/* One run, ms later than the last. */
static void
run_after(struct world *world, int64_t ms)
{
	world->run++;
	world->before_ms = world->now_ms;
	world->now_ms += ms;
	world->last_tick = 0;
	world->is_running = true;
	timers_run(&world->timers, world->now_ms);
	world->is_running = false;
	compare(world);
}

static void
a_hundred_thousand_timers_agree_with_an_oracle(void)
{
	struct world world = { .random = 20261123, .now_ms = 777 };

	world.twins = mem_zalloc(N_TIMERS, sizeof(*world.twins));
	if (!CHECK(world.twins != NULL) || world.twins == NULL)
		return;
	timers_init(&world.timers, world.now_ms);
	for (size_t i = 0; i < N_TIMERS; i++) {
		world.twins[i].world = &world;
		timer_init(&world.twins[i].timer, fire_twin, &world.twins[i]);
		start_twin(&world, &world.twins[i]);
	}
	for (int run = 1; run <= N_RUNS; run++) {
		for (int i = 0; i < 1000; i++)
			touch_one(&world);
		run_after(&world, draw_span(&world, run % 10 ? 14 : 34));
	}
	CHECK(world.n_fired > N_TIMERS);
	run_after(&world, INT64_C(1) << 37);
	CHECK(world.n_wrong == 0);
	mem_free(world.twins);
}

static void
test_soonest(void)
{
	struct timers timers;
	struct timer a, b;

	timers_init(&timers, 1000);
	timer_init(&a, NULL, NULL);
	timer_init(&b, NULL, NULL);
	CHECK(timers.soonest_ms == INT64_MAX);
	timer_start(&timers, &a, 5000);
	timer_start(&timers, &b, 7000);
	CHECK(timers.soonest_ms == 5000);
	timers.soonest_ms = INT64_MAX;
	timer_start(&timers, &b, 6000);
	CHECK(timers.soonest_ms == 6000);
}

static const struct test tests[] = {
	{ .name = "the soonest start since it was asked is known",
	  .run = test_soonest,
	  .no_sweep = true },
	{ "timers fire once and to the millisecond",
	  timers_fire_once_and_to_the_millisecond, true },
	{ "beyond the reach is sorted again", beyond_the_reach_is_sorted_again,
	  true },
	{ "the past fires at the next run", the_past_fires_at_the_next_run,
	  true },
	{ "cancelled and restarted timers obey",
	  cancelled_and_restarted_timers_obey, true },
	{ "a callback may touch timers due with it",
	  a_callback_may_touch_timers_due_with_it, true },
	{ "a timer that restarts itself does not block",
	  a_timer_that_restarts_itself_does_not_block, true },
	{ "sleeping as told meets every timer",
	  sleeping_as_told_meets_every_timer, true },
	{ "time may go backwards", time_may_go_backwards, true },
	{ "a hundred thousand timers agree with an oracle",
	  a_hundred_thousand_timers_agree_with_an_oracle, true },
};

const struct test_suite suite_timers = TEST_SUITE("timers", tests);
