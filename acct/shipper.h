/*
 * shipper.h - from the journal into the store, exactly once
 *
 * Batches of events become merges of rows, any order, any repetition; the
 * position in the journal is stored in the same transaction.
 */
#ifndef ACCT_SHIPPER_H
#define ACCT_SHIPPER_H

#include "acct/journal.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/store.h"

struct shipper;

struct shipper_settings {
	const char *directory;	 /* of the journals */
	const char *node;	 /* only this node's journals; NULL = all */
	size_t batch_events;	 /* 0 = 32,768 */
	int64_t retain_s;	 /* shipped segments are kept so long */
	bool packs;		 /* and compressed (journal_pack.h) */
	bool reads_fronts;	 /* for a store that is used once: also what is in
				  * no segment yet (journal_reader_add_front) */
};

struct shipper_counters {
	uint64_t events, rows, batches, bad_events, corrupt_bytes, failures,
	    packed;
	time_us last_success;
};

/* 0, ERR_IO (no randomness) or ERR_NOMEM. The settings' texts are borrowed. */
int shipper_new(const struct shipper_settings *settings, struct log *log,
		struct shipper **out);
void shipper_free(struct shipper *shipper);
/*
 * Ship one batch from every source that has something. Returns 0 and how many
 * events were shipped (0 = nothing is waiting), the store's error, ERR_IO (of
 * the journals) or ERR_NOMEM: nothing is lost, call again later. An event that
 * cannot be decoded or that the store refuses goes into the table bad_events
 * and blocks nobody; a source that cannot be read does not block the others.
 */
int shipper_run(struct shipper *shipper, struct store *store, size_t *n_out);
/* The store may be another one, or not have what it has had: the next run asks
 * it where it is. To be called for each new connection. */
void shipper_doubt(struct shipper *shipper);
const struct shipper_counters *shipper_counters(const struct shipper *shipper);
/*
 * Bytes in the journals that are not shipped. Of a source whose position the
 * store has not told yet only segments so old that they would have been deleted
 * are known not to be; *is_exact is false then.
 */
int64_t shipper_backlog(struct shipper *shipper, bool *is_exact);
/* The sum of the numbers of the next records to be shipped, of the journals of
 * workers 0..n_workers-1 of this node; -1 when the store has not told all. */
int64_t shipper_next_seqs(const struct shipper *shipper, int n_workers);

#endif
