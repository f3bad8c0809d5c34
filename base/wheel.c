/* wheel.c - a timer wheel that a libuv loop turns */
#include "base/wheel.h"

static void
on_clock(uv_timer_t *clock)
{
	struct wheel *wheel = clock->data;
	int64_t wait_ms;

	timers_run(&wheel->timers, wheel_now_ms());
	wait_ms = timers_next_ms(&wheel->timers, wheel_now_ms());
	wheel->timers.soonest_ms = INT64_MAX;
	if (wait_ms < 0)
		return;
	wheel->timers.soonest_ms = wheel_now_ms() + wait_ms;
	uv_timer_start(clock, on_clock, (uint64_t)wait_ms, 0);
}

void
wheel_init(struct wheel *wheel, uv_loop_t *loop)
{
	timers_init(&wheel->timers, wheel_now_ms());
	wheel->timers.soonest_ms = INT64_MAX;
	uv_timer_init(loop, &wheel->clock); /* cannot fail */
	wheel->clock.data = wheel;
}

void
wheel_start(struct wheel *wheel, struct timer *timer, int64_t due_ms)
{
	int64_t soonest_ms = wheel->timers.soonest_ms, wait_ms;

	timer_start(&wheel->timers, timer, due_ms);
	if (due_ms >= soonest_ms)
		return;
	wait_ms = due_ms - wheel_now_ms();
	uv_timer_start(&wheel->clock, on_clock,
		       wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

void
wheel_cancel(struct wheel *wheel, struct timer *timer)
{
	timer_cancel(&wheel->timers, timer);
	if (wheel->timers.n > 0)
		return;
	wheel->timers.soonest_ms = INT64_MAX;
	uv_timer_stop(&wheel->clock); /* nothing to wake up for */
}

void
wheel_close(struct wheel *wheel, uv_close_cb closed, void *data)
{
	wheel->clock.data = data;
	uv_close((uv_handle_t *)&wheel->clock, closed);
}
