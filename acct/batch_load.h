/*
 * batch_load.h - the short ways of a batch into PostgreSQL; private to acct/
 *
 * Nearly always the row of a START is new, and a STOP meets the row of its START.
 * Then rows go straight into the table, and ends are set by one statement: half
 * of what a merge costs the server. Where that does not hold, the merge by all
 * the rules follows (batch_merge.h).
 */
#ifndef ACCT_BATCH_LOAD_H
#define ACCT_BATCH_LOAD_H

#include "acct/batch.h"
#include "db/store.h"

/* Add the rows of the calls that a START or FAIL of the batch tells of, and all
 * attempts. ERR_EXISTS when one of them is there already, or comes twice: the
 * transaction has failed then. 0 or the store's error. */
int batch_load(struct store *store, struct batch *batch);
/* Set the ends that a STOP alone brings, in rows that are open and know their
 * START; *n_left counts the others, which are left alone. 0 or the store's
 * error. */
int batch_load_ends(struct store *store, const struct batch *batch,
		    int64_t *n_left);

#endif
