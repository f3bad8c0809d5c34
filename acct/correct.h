/*
 * correct.h - the trace of a record whose end was changed; private to acct/
 *
 * A swept record gets another end when its BYE, or a sign of life, comes after
 * all; a rated one when an earlier BYE does, out of the journal of a node that
 * could not ship it before. What it said before goes into the table
 * cdr_corrections. A rating that rested on it is undone, so that cdr-rate prices
 * the call again, unless a closed bill has stated it: that is for cdr-rate, which
 * finds the price to be for another end and makes a credit note possible.
 */
#ifndef ACCT_CORRECT_H
#define ACCT_CORRECT_H

#include "base/clock.h"
#include "db/store.h"

enum correct_cause {
	CORRECT_STOP,	 /* of a swept record, as is the next */
	CORRECT_LIFE,
	CORRECT_EARLIER, /* of one that has its end, and has been rated */
};

struct correct_key {
	time_us setup;
	const char *call_key, *to_tag;
};

/*
 * In the open transaction, before the change: note what the record says now,
 * and undo its rating if that is still ours to undo. 0 or the store's error; a
 * record that is not there, or not as the cause has it, leaves no trace.
 */
int correct_note(struct store *store, const struct correct_key *key,
		 enum correct_cause cause, time_us now);

#endif
