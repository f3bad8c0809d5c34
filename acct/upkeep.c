/* upkeep.c - what has to be done in the store now and then */
#include "acct/upkeep.h"

#include "base/err.h"
#include "base/timefmt.h"

void
upkeep_init(struct upkeep *upkeep, const struct acct_settings *settings,
	    struct log *log)
{
	*upkeep = (struct upkeep){ .settings = settings, .log = log };
	clock_init_system(&upkeep->clock);
	upkeep->due_ms = clock_mono_ms(&upkeep->clock) +
			 settings->sweep_interval_s * 1000;
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
add_result(struct sweep_result *sum, const struct sweep_result *one)
{
	sum->open = one->open;
	sum->swept += one->swept;
	sum->by_session += one->by_session;
	sum->reopened += one->reopened;
}

static int
sweep(struct upkeep *upkeep, struct store *store)
{
	const struct sweep_settings settings = {
		.now = clock_wall(&upkeep->clock),
		.max_call_s = upkeep->settings->max_call_s,
		.grace_s = upkeep->settings->sweep_grace_s,
	};
	struct sweep_result result;
	int err = sweep_run(store, &settings, log_swept, upkeep, &result);

	add_result(&upkeep->swept, &result);
	if (err != 0)
		log_warning(upkeep->log, "sweep: %s",
			    err == ERR_NOMEM ? err_text(err)
					     : store_error(store));
	return err;
}

int
upkeep_run(struct upkeep *upkeep, struct store *store)
{
	int64_t now_ms = clock_mono_ms(&upkeep->clock);

	if (upkeep->settings->sweep_interval_s == 0 ||
	    now_ms < upkeep->due_ms)
		return 0;
	upkeep->due_ms = now_ms + upkeep->settings->sweep_interval_s * 1000;
	return sweep(upkeep, store);
}
