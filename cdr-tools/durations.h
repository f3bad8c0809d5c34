/*
 * durations.h - how long calls are on the average: the expected duration of
 * calls, measured from the call records
 *
 * Answered calls are counted by account, and all together, for each prefix of
 * the number they dialled; a prefix with enough calls has an average. One that
 * says nothing else than the next shorter one of its owner is left out, for the
 * longest prefix counts (doc/routing.md). The table measured_durations becomes
 * what was measured; rows that are right already are not touched.
 */
#ifndef CDR_TOOLS_DURATIONS_H
#define CDR_TOOLS_DURATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "db/store.h"
#include "tel/number.h"

#define DURATIONS_DIGITS 6    /* of the longest prefix */
#define DURATIONS_MIN_CALLS 30 /* fewer are no average */
#define DURATIONS_DAYS 28

struct durations_options {
	time_us from, until; /* [from, until): when calls were set up */
	const char *account; /* measure this one only, and leave the others'
			      * rows and everybody's; NULL = all */
	int digits;	     /* 0..PREFIX_MAX */
	int64_t min_calls;   /* above 0 */
	bool dry_run;
};

enum durations_change_kind {
	DURATIONS_ADDED,
	DURATIONS_CHANGED,
	DURATIONS_REMOVED,
};

struct durations_change {
	enum durations_change_kind kind;
	const char *account; /* "" = everybody; borrowed until the callback
			      * returns */
	const char *prefix;
	int64_t was_s, was_calls; /* 0 of an added one */
	int64_t now_s, now_calls; /* 0 of a removed one */
};

typedef void durations_fn(void *arg, const struct durations_change *change);

struct durations_result {
	uint64_t calls; /* that were measured */
	uint64_t rows;	/* of the table, of those that were measured */
	uint64_t added, changed, removed;
};

/* "added", "changed", "removed" */
const char *durations_change_text(enum durations_change_kind kind);

/*
 * Measure, tell report (NULL = nobody) of each row that differs, by account and
 * prefix, and write these, unless it is a dry run; one transaction. 0,
 * ERR_NOTFOUND (no such account), the store's error or ERR_NOMEM: then nothing
 * has changed.
 */
int durations_measure(struct store *store,
		      const struct durations_options *options,
		      durations_fn *report, void *arg,
		      struct durations_result *result);

#endif
