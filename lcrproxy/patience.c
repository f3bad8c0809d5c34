/* patience.c - the one timer of a call that is not answered yet */
#include "lcrproxy/patience.h"

static void
start_timer(struct call *call, int64_t ms)
{
	struct worker *worker = call->worker;

	timer_start(&worker->timers, &call->timer,
		    clock_mono_ms(&worker->clock) + ms);
}

int64_t
patience_left_ms(const struct call *call)
{
	return call->hunt_until_ms - clock_mono_ms(&call->worker->clock);
}

void
patience_start(struct call *call, int64_t ms)
{
	int64_t left = patience_left_ms(call);

	start_timer(call, ms < left ? ms : left > 0 ? left : 0);
}

void
patience_note_response(struct attempt *attempt)
{
	struct call *call = attempt->call;

	if (attempt->is_heard)
		return;
	attempt->is_heard = true;
	if (attempt->first_response == 0)
		attempt->first_response = clock_wall(&call->worker->clock);
	if (!attempt->over && !call->ended)
		patience_start(call, call->worker->tuning.progress_timeout_ms);
}

/* Its first 18x: from here on the callee may take his time. */
static void
note_ringing(struct attempt *attempt)
{
	struct call *call = attempt->call;
	const struct worker *worker = call->worker;
	int64_t ms = worker->tuning.ringing_timeout_ms;

	attempt->rang = clock_wall(&worker->clock);
	call->ring_until_ms =
	    ms > 0 ? clock_mono_ms(&worker->clock) + ms : INT64_MAX;
	if (call->ring == 0)
		call->ring = attempt->rang;
}

void
patience_note_progress(struct attempt *attempt, int status)
{
	struct call *call = attempt->call;
	const struct worker *worker = call->worker;
	int64_t left, timer_c = worker->tuning.timer_c_ms;

	if (attempt->rang == 0 && status / 10 == 18)
		note_ringing(attempt);
	/* who has given up waits for the end of the CANCEL alone (9.1) */
	if (attempt->rang == 0 || call->cancelled)
		return;
	left = call->ring_until_ms - clock_mono_ms(&worker->clock);
	start_timer(call, left < timer_c ? left : timer_c);
}
