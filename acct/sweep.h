/*
 * sweep.h - closing calls whose end never came
 *
 * A BYE may be lost with a caller's power or a gateway's network. Such a call
 * is closed when it must be over, and its record ends at the last sign of life:
 * what nobody can show to have been talked is not billed. doc/records.md has
 * the rules.
 */
#ifndef ACCT_SWEEP_H
#define ACCT_SWEEP_H

#include <stdbool.h>

#include "base/clock.h"
#include "db/store.h"
#include "tel/cdr.h"

#define SWEEP_MAX_CALL_S 43200 /* of accounts without their own */
#define SWEEP_GRACE_S 60

struct sweep_settings {
	time_us now;
	int64_t max_call_s; /* of accounts without their own */
	int64_t grace_s;    /* for a BYE, and a journal, on its way */
	const char *account; /* only this one's; NULL = all */
	bool dry_run;
	/* Told of each record that cannot be read, "cdr 5: column ...", and that
	 * stays as it is; NULL = nobody. arg is that of the report. */
	void (*damaged)(void *arg, const char *what);
};

/* What is known of a call without an end; CDR_NONE where it is not. */
struct sweep_life {
	time_us setup;
	int64_t answer, last_seen; /* time_us */
	int64_t session_s, max_call_s;
};

struct sweep_verdict {
	time_us alive;	 /* the last sign of life: the end, if it is over */
	time_us due;	 /* when it counts as over */
	enum cdr_end by; /* CDR_END_SESSION_TIMER or CDR_END_SWEEP */
};

/*
 * When a call counts as over: its session interval after the last sign of life,
 * where one is known (RFC 4028 10), or max_call_s after the answer (after the
 * last sign of life when that is later still), whatever comes first; and
 * grace_s on top. max_call_s and grace_s are those of settings where life does
 * not say.
 */
void sweep_judge(const struct sweep_settings *settings,
		 const struct sweep_life *life, struct sweep_verdict *out);

/* One call that was changed. Texts are borrowed until the callback returns. */
struct sweep_call {
	const char *call_id, *account, *number, *gateway; /* "" = not known */
	struct sweep_life life;
	struct sweep_verdict verdict;
	bool reopened; /* swept too early: it has shown life since */
};

typedef void sweep_fn(void *arg, const struct sweep_call *call);

struct sweep_result {
	uint64_t open;	   /* calls without an end that were looked at */
	uint64_t swept;	   /* closed, by_session of them by their interval */
	uint64_t by_session;
	uint64_t reopened;
	uint64_t damaged; /* not of open: cannot be read */
};

/*
 * Look at all calls without an end, and at swept ones that have shown life
 * since, in transactions of some hundred. report (NULL = nobody) is told of
 * each that is changed, or would be in a dry run. Safe beside shipping and
 * other sweeps: a record that has changed meanwhile stays. 0, the store's error
 * or ERR_NOMEM; what result counts has been done.
 */
int sweep_run(struct store *store, const struct sweep_settings *settings,
	      sweep_fn *report, void *arg, struct sweep_result *result);

#endif
