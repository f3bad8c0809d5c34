/*
 * source.h - one journal on its way into the store; private to acct/
 */
#ifndef ACCT_SOURCE_H
#define ACCT_SOURCE_H

#include "acct/batch.h"
#include "acct/position.h"
#include "acct/shipper.h"

/* What all sources of a shipper share. */
struct shipping {
	const char *directory; /* borrowed */
	size_t batch_events;
	bool reads_fronts;
	struct log *log;
	struct clock clock;
	struct batch batch; /* of the one that is being shipped */
	struct shipper_counters counters;
};

struct source {
	struct journal_source id;
	bool is_known;	    /* committed was told by the store, or written */
	bool is_sure;	    /* and nothing has failed since */
	bool is_unreadable; /* and that was logged */
	struct position told; /* by the store, or written into it */
	struct position held; /* the last one that was found to be of this
			       * journal */
	int64_t told_ms;      /* when: clock_mono_ms */
	struct journal_position committed; /* the same, if it is of this journal */
	struct journal_position at;    /* of the reader */
	uint32_t record_crc;	       /* of the record before it; 0: unknown */
	struct journal_reader *reader; /* NULL = not open */
	size_t limit;		       /* events of the next batch */
	int64_t pruned_before;	       /* segments */
	int64_t packed_before;	       /* likewise */
};

/*
 * Ship one batch, or several smaller ones while and after a bad event is looked
 * for. *n_out is how many events were shipped, also before an error. Returns as
 * shipper_run.
 */
int source_ship(struct shipping *shipping, struct source *source,
		struct store *store, size_t *n_out);
/* Frees what it holds; source itself is the caller's. */
void source_close(struct source *source);

#endif
