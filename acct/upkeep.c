/* upkeep.c - what has to be done in the store now and then */
#include "acct/upkeep.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "db/partition.h"

#define MONTHS_INTERVAL_MS (60 * 60 * 1000)
#define MONTHS_AHEAD 3
#define CLOCK_INTERVAL_MS (60 * 1000)
#define OPEN_CALLS_INTERVAL_S 60
#define OPEN_CALLS_AGE_US (2 * 86400 * US_PER_S) /* longer ones are none */

void
upkeep_init(struct upkeep *upkeep, const struct acct_settings *settings,
	    struct clock_mark *mark, struct log *log)
{
	*upkeep = (struct upkeep){ .settings = settings, .mark = mark,
				   .log = log };
	clock_init_system(&upkeep->clock);
	skew_init(&upkeep->skew);
	upkeep->due_ms = clock_mono_ms(&upkeep->clock) +
			 settings->sweep_interval_s * 1000;
}

void
upkeep_fini(struct upkeep *upkeep)
{
	skew_fini(&upkeep->skew);
}

static void
log_swept(void *arg, const struct sweep_call *call)
{
	struct upkeep *upkeep = arg;
	char end[TIMEFMT_MAX];

	time_format(call->verdict.alive, end);
	if (call->reopened)
		log_info(upkeep->log,
			 "call %s: swept, but alive after it; open again",
			 call->call_id);
	else
		log_info(upkeep->log, "call %s: swept, by=%s end=%s account=%s",
			 call->call_id, cdr_end_text(call->verdict.by), end,
			 call->account);
}

static void
log_damaged(void *arg, const char *what)
{
	struct upkeep *upkeep = arg;

	log_error(upkeep->log, "sweep: %s; it is left as it is", what);
}

static void
add_result(struct sweep_result *sum, const struct sweep_result *one)
{
	sum->open = one->open;
	sum->swept += one->swept;
	sum->by_session += one->by_session;
	sum->reopened += one->reopened;
}

/* Calls are swept, and months dropped, that are over by the store's clock, too:
 * one node whose clock is ahead must not end the calls of all, and what is
 * dropped does not come back. */
static int
ask_clock(struct upkeep *upkeep, struct store *store, time_us *out)
{
	int err = store_sure_now(store, out);

	if (err != 0)
		log_warning(upkeep->log, "clock: %s", store_error(store));
	return err;
}

static int
sweep(struct upkeep *upkeep, struct store *store)
{
	struct sweep_settings settings = {
		.max_call_s = upkeep->settings->max_call_s,
		.grace_s = upkeep->settings->sweep_grace_s,
		.damaged = log_damaged,
	};
	struct sweep_result result;
	int err = ask_clock(upkeep, store, &settings.now);

	if (err != 0)
		return err;
	err = sweep_run(store, &settings, log_swept, upkeep, &result);
	add_result(&upkeep->swept, &result);
	if (err != 0)
		log_warning(upkeep->log, "sweep: %s",
			    err == ERR_NOMEM ? err_text(err)
					     : store_error(store));
	return err;
}

/* A part of what is to go at a time. */
static int
drop_months(struct upkeep *upkeep, struct store *store)
{
	int64_t keep = upkeep->settings->keep_months;
	size_t n = 0;
	time_us now;
	int err = ask_clock(upkeep, store, &now);

	if (err != 0)
		return err;
	err = partition_drop(store, now, (int)keep, &n);
	if (err != 0)
		log_warning(upkeep->log, "old records: %s", store_error(store));
	else if (n > 0)
		log_info(upkeep->log,
			 "old records: %zu partitions or rows dropped", n);
	if (n > 0)
		upkeep->months_due_ms = 0;
	return err;
}

/* Make the months that come, for the records of this node, whose clock may be
 * wrong; and drop those that are not kept. */
static int
turn_months(struct upkeep *upkeep, struct store *store)
{
	size_t n = 0;
	int err = partition_make(store, clock_wall(&upkeep->clock),
				 MONTHS_AHEAD, &n);

	if (err != 0)
		log_warning(upkeep->log, "partitions: %s", store_error(store));
	if (n > 0)
		log_info(upkeep->log, "partitions: %zu made", n);
	if (upkeep->settings->keep_months == 0 || store_is_lost(store))
		return err;
	return drop_months(upkeep, store);
}

static void
measure_clock(struct upkeep *upkeep, struct store *store)
{
	int err = skew_measure(&upkeep->skew, store, upkeep->settings->node,
			       upkeep->mark, upkeep->log);

	if (err != 0)
		log_warning(upkeep->log, "clock: %s", store_error(store));
}

static int
tell_open_calls(struct upkeep *upkeep, struct store *store)
{
	const struct open_calls_listener *listener =
	    upkeep->settings->open_calls;
	int err;

	listener->begin(listener->arg, upkeep->as_of_us);
	err = open_calls_read(store, upkeep->settings->node,
			      clock_wall(&upkeep->clock) - OPEN_CALLS_AGE_US,
			      listener->each, listener->arg);
	listener->end(listener->arg, err);
	if (err != 0)
		log_warning(upkeep->log, "open calls: %s",
			    store_reason(store, err));
	return err;
}

static int
sweep_when_due(struct upkeep *upkeep, struct store *store, int64_t now_ms)
{
	if (upkeep->settings->sweep_interval_s == 0 ||
	    now_ms < upkeep->due_ms)
		return 0;
	upkeep->due_ms = now_ms + upkeep->settings->sweep_interval_s * 1000;
	return sweep(upkeep, store);
}

int
upkeep_run(struct upkeep *upkeep, struct store *store)
{
	int64_t now_ms = clock_mono_ms(&upkeep->clock);
	int err;

	if (now_ms >= upkeep->months_due_ms) {
		upkeep->months_due_ms = now_ms + MONTHS_INTERVAL_MS;
		turn_months(upkeep, store);
	}
	if (!store_is_lost(store) && now_ms >= upkeep->clock_due_ms) {
		upkeep->clock_due_ms = now_ms + CLOCK_INTERVAL_MS;
		measure_clock(upkeep, store);
	}
	if (store_is_lost(store))
		return ERR_DB;
	err = sweep_when_due(upkeep, store, now_ms);
	if (err != 0 || upkeep->settings->open_calls == NULL ||
	    now_ms < upkeep->open_calls_due_ms)
		return err;
	upkeep->open_calls_due_ms =
	    now_ms + (upkeep->settings->sweep_interval_s > 0
			  ? upkeep->settings->sweep_interval_s
			  : OPEN_CALLS_INTERVAL_S) *
			 1000;
	return tell_open_calls(upkeep, store);
}
