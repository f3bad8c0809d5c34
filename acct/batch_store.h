/*
 * batch_store.h - a batch of rows into the store; private to acct/
 *
 * One transaction holds the rows, what was bad and the position in the journal
 * behind them: all or nothing, so whatever dies when, each event counts once.
 */
#ifndef ACCT_BATCH_STORE_H
#define ACCT_BATCH_STORE_H

#include "acct/batch.h"
#include "acct/position.h"
#include "base/log.h"
#include "db/store.h"

/* Whose events they are, where the store has that journal before them, and
 * where the next ones begin. */
struct batch_origin {
	const char *node;
	int worker;
	struct position from;
	struct position next;
};

/*
 * Write all of it: 0 or the store's error; nothing was written then, unless the
 * connection was lost, which leaves it open: ask for the position. ERR_CONFLICT
 * also when the position is not origin's from. A dialog that has an end in the
 * store keeps it, unless the one in the batch is earlier.
 */
int batch_store(struct batch *batch, struct store *store,
		const struct batch_origin *origin, struct log *log);
/*
 * Whether the store takes a plain record and a plain attempt now, which are
 * rolled back: 0 or its error. Tells a refused row from a store that refuses
 * all.
 */
int batch_store_probe(struct store *store);

#endif
