/*
 * batch_merge.h - rows of a batch into cdr and cdr_attempt; private to acct/
 */
#ifndef ACCT_BATCH_MERGE_H
#define ACCT_BATCH_MERGE_H

#include "acct/batch.h"
#include "db/bulk.h"
#include "db/store.h"

/* All of these pass over what has been loaded (batch_load.h). */

/*
 * Merge the rows that bring an end, as far as the store has no row of their
 * dialog, or one that is open and knows what they know besides: nearly all.
 * *n_left counts the others, which are left alone. 0 or the store's error.
 */
int batch_merge_ends(struct store *store, const struct batch *batch,
		     int64_t *n_left);
/* Merge the rows that bring an end, or none, in the open transaction: 0 or the
 * store's error. What there is to merge differs: only an end has its columns. */
int batch_merge_calls(struct store *store, const struct batch *batch,
		      bool ended);
int batch_merge_attempts(struct store *store, const struct batch *batch);

/* How the store sees a field of a record. */
enum store_type batch_store_type(enum cdr_type type);
/* NULL for CDR_NONE. */
static inline struct store_value
batch_int(int64_t number)
{
	return number == CDR_NONE ? store_null(STORE_INT) : store_int(number);
}

#endif
