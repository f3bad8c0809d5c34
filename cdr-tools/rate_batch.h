/*
 * rate_batch.h - some call records on their way: read, priced, written back
 */
#ifndef CDR_TOOLS_RATE_BATCH_H
#define CDR_TOOLS_RATE_BATCH_H

#include "base/arena.h"
#include "cdr-tools/rate.h"
#include "cdr-tools/rate_run.h"

struct rated_row {
	int64_t id;
	time_us setup, answer;
	int64_t duration_us;
	struct rating rating;
	/* what to call it when a side has no price; in the batch's texts */
	struct str account, carrier, number;
};

/* Where reading goes on: behind this record, by answer and id. */
struct rate_cursor {
	time_us answer;
	int64_t id;
};

struct rate_batch {
	struct rated_row *rows;
	size_t n, cap;
	size_t n_read; /* with those that are damaged, which are told to stderr */
	struct rate_cursor next; /* behind the last row */
	/* of a re-rating: found to be as they should, and former ones kept */
	uint64_t n_same, n_kept;
	struct arena texts;
	struct charge charge; /* scratch */
};

/* Room for cap rows: 0 or ERR_NOMEM. Fini in any case. */
int rate_batch_init(struct rate_batch *batch, size_t cap);
void rate_batch_fini(struct rate_batch *batch);

/* Read and price the next records behind from: 0 (n is 0 at the end) or an
 * error. */
int rate_batch_read(struct rate_batch *batch, struct store *store,
		    const struct pricebook *book, const struct parties *parties,
		    const struct rate_run_options *options,
		    const struct rate_cursor *from);
/*
 * Write the prices of n > 0 records, within the caller's transaction: 0 and how
 * many records took them, or a store error. A re-rating leaves what would not
 * change, and keeps what does in rating_history.
 */
int rate_batch_write(struct rate_batch *batch, struct store *store,
		     const struct rate_run_options *options,
		     uint64_t *n_written);

#endif
