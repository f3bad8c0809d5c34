/*
 * batch_merge.h - rows of a batch into cdr and cdr_attempt; private to acct/
 */
#ifndef ACCT_BATCH_MERGE_H
#define ACCT_BATCH_MERGE_H

#include "acct/batch.h"
#include "db/store.h"

/* How many rows of cdr bring an end to merge, or none. */
size_t batch_count_calls(const struct batch *batch, bool ended);
/* Merge those rows, in the open transaction: 0 or the store's error. What
 * there is to merge differs: only an end has its columns. */
int batch_merge_calls(struct store *store, const struct batch *batch,
		      bool ended);
int batch_merge_attempts(struct store *store, const struct batch *batch);

/* NULL for CDR_NONE. */
static inline struct store_value
batch_int(int64_t number)
{
	return number == CDR_NONE ? store_null(STORE_INT) : store_int(number);
}

#endif
