/*
 * upkeep.h - what has to be done in the store now and then; private to acct/
 *
 * Every node that ships does it; it is safe beside the others'.
 */
#ifndef ACCT_UPKEEP_H
#define ACCT_UPKEEP_H

#include "acct/acct.h"
#include "acct/skew.h"
#include "acct/sweep.h"

struct upkeep {
	const struct acct_settings *settings; /* borrowed, as mark and log */
	struct clock_mark *mark;
	struct log *log;
	struct clock clock;
	struct skew skew;
	int64_t due_ms, months_due_ms, clock_due_ms,
	    open_calls_due_ms; /* clock_mono_ms */
	int64_t as_of_us; /* what was written before is in the store; on the
			   * monotonic clock, set before each upkeep_run */
	struct sweep_result swept; /* since the start */
};

void upkeep_init(struct upkeep *upkeep, const struct acct_settings *settings,
		 struct clock_mark *mark, struct log *log);
void upkeep_fini(struct upkeep *upkeep);
/* Do what is due, with a store that has all events of this node: 0, or the
 * error of what was tried; the rest waits for the next time. */
int upkeep_run(struct upkeep *upkeep, struct store *store);

#endif
