/* test_patience.c - which responses give a gateway how much time */
#include "lcrproxy/patience.h"

#include <string.h>

#include "tests/unit/harness.h"

#define T0 (1767225600 * US_PER_S)
#define S 1000

struct world {
	struct worker worker;
	struct attempt attempt;
	int64_t fired_ms; /* since the start; -1 = not yet */
	int64_t start_ms;
	struct call call; /* last: what it has room for comes behind it */
};

static void
on_timer(struct timer *timer, void *arg)
{
	struct world *w = arg;

	(void)timer;
	w->fired_ms = clock_mono_ms(&w->worker.clock) - w->start_ms;
}

static void
open_world(struct world *w)
{
	memset(w, 0, sizeof(*w));
	clock_init_fake(&w->worker.clock, T0);
	w->start_ms = clock_mono_ms(&w->worker.clock);
	timers_init(&w->worker.timers, w->start_ms);
	w->worker.tuning = (struct tuning){
		.first_response_timeout_ms = 3 * S,
		.progress_timeout_ms = 20 * S,
		.ringing_timeout_ms = 60 * S,
		.timer_c_ms = 190 * S,
	};
	w->call.worker = &w->worker;
	w->call.hunt_until_ms = w->start_ms + 100 * S;
	w->attempt.call = &w->call;
	w->fired_ms = -1;
	timer_init(&w->call.timer, on_timer, w);
	patience_start(&w->call, w->worker.tuning.first_response_timeout_ms);
}

/* To this second since the start; true when the timer has fired on the way. */
static bool
go_to(struct world *w, int64_t second)
{
	int64_t now = clock_mono_ms(&w->worker.clock);

	for (; now < w->start_ms + second * S; now += 100) {
		clock_advance_us(&w->worker.clock, 100 * US_PER_MS);
		timers_run(&w->worker.timers, now + 100);
	}
	return w->fired_ms >= 0;
}

static void
provisional(struct world *w, int status)
{
	patience_note_response(&w->attempt);
	if (status > 100)
		patience_note_progress(&w->attempt, status);
}

static bool
fired_at(const struct world *w, int64_t second)
{
	return w->fired_ms >= second * S && w->fired_ms <= second * S + 200;
}

static void
before_ringing(void)
{
	struct world w;

	open_world(&w);
	CHECK(go_to(&w, 4) && fired_at(&w, 3));
	/* 100 ends silence, once; what is no ringing extends nothing */
	open_world(&w);
	(void)go_to(&w, 2);
	provisional(&w, 100);
	(void)go_to(&w, 15);
	provisional(&w, 100);
	provisional(&w, 199);
	provisional(&w, 155);
	CHECK(!go_to(&w, 21));
	CHECK(go_to(&w, 23) && fired_at(&w, 22));
	/* the time for all hops */
	open_world(&w);
	w.call.hunt_until_ms = w.start_ms + 10 * S;
	(void)go_to(&w, 2);
	provisional(&w, 100);
	CHECK(patience_left_ms(&w.call) == 8 * S);
	CHECK(go_to(&w, 11) && fired_at(&w, 10));
}

static void
ringing(void)
{
	struct world w;

	open_world(&w);
	(void)go_to(&w, 1);
	provisional(&w, 180);
	CHECK(w.call.ring != 0 && w.attempt.rang == w.call.ring);
	(void)go_to(&w, 50);
	provisional(&w, 180);
	provisional(&w, 183);
	CHECK(!go_to(&w, 60));
	CHECK(go_to(&w, 62) && fired_at(&w, 61));
}

static const struct {
	const char *what;
	int status; /* each 100 s */
	int64_t end_s;
} refreshes[] = {
	{ "nothing", 0, 191 },
	{ "100 is no refresh", 100, 191 },
	{ "101", 101, 591 },
	{ "180", 180, 591 },
	{ "183", 183, 591 },
	{ "199", 199, 591 },
};

static void
timer_c(void)
{
	for (size_t i = 0; i < sizeof(refreshes) / sizeof(refreshes[0]); i++) {
		struct world w;

		test_row(refreshes[i].what);
		open_world(&w);
		w.worker.tuning.ringing_timeout_ms = 0;
		(void)go_to(&w, 1);
		provisional(&w, 180);
		for (int k = 1; k <= 4 && w.fired_ms < 0; k++) {
			(void)go_to(&w, 1 + 100 * k);
			if (refreshes[i].status != 0 && w.fired_ms < 0)
				provisional(&w, refreshes[i].status);
		}
		CHECK(go_to(&w, 600) && fired_at(&w, refreshes[i].end_s));
	}
}

/* Both: what comes first. */
static void
both(void)
{
	struct world w;

	open_world(&w);
	w.worker.tuning.ringing_timeout_ms = 300 * S;
	(void)go_to(&w, 1);
	provisional(&w, 180);
	CHECK(go_to(&w, 200) && fired_at(&w, 191));
	open_world(&w);
	w.worker.tuning.ringing_timeout_ms = 300 * S;
	(void)go_to(&w, 1);
	provisional(&w, 180);
	(void)go_to(&w, 150);
	provisional(&w, 183);
	CHECK(!go_to(&w, 300));
	CHECK(go_to(&w, 302) && fired_at(&w, 301));
}

static const struct test tests[] = {
	{ "before it rings", before_ringing, true },
	{ "how long it may ring", ringing, true },
	{ "timer C begins anew with each of 101 to 199", timer_c, true },
	{ "of both times the first ends it", both, true },
};

const struct test_suite suite_patience = TEST_SUITE("patience", tests);
