/*
 * journal_sync.h - what of a journal is on the disk; private to acct/
 *
 * After an fdatasync that failed nobody knows what is on the disk: the kernel may
 * have dropped the pages and call the next one a success. So a segment that could
 * not be synced is never asked again. The journal is in doubt until its writer
 * has begun another segment with all records that are not known to be safe, and
 * that one was synced.
 */
#ifndef ACCT_JOURNAL_SYNC_H
#define ACCT_JOURNAL_SYNC_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "acct/journal.h"
#include "acct/journal_format.h"

struct journal_sync {
	int dir_fd;		     /* borrowed */
	struct journal_segment like; /* node and worker; of the segment to be
				      * synced next the number */
	/* Written by the worker. segment is stored before position, and the
	 * bytes are in the file before both. */
	_Atomic int64_t segment;
	_Atomic uint64_t position; /* journal_tail.h: written so far */
	_Atomic int64_t seq;	   /* of the next record to be written */
	int64_t opened_seq;	   /* of the first one of this process */
	/* Written by who syncs. */
	_Atomic uint64_t safe; /* position up to which all is on the disk */
	_Atomic bool in_doubt;
	_Atomic bool is_new; /* the segment has not been synced yet */
	_Atomic uint64_t n_syncs, n_failures, spent_us; /* of the disk */

	pthread_mutex_t lock; /* for what follows */
	int fd;		      /* of like; -1 = not open */
	int error;	      /* errno of what put it in doubt */
};

void journal_sync_init(struct journal_sync *sync, int dir_fd,
		       const struct journal_segment *first);
void journal_sync_fini(struct journal_sync *sync);
/* Have what is written on the disk, from any thread: 0, or ERR_IO (errno), from
 * then on until there is no doubt any more. */
int journal_sync_run(struct journal_sync *sync);
/* By the worker: all up to the position is in the file; the number of the next
 * record. */
void journal_sync_note_written(struct journal_sync *sync, uint64_t position,
			       int64_t next_seq);
/* Adds what journal_add_figures tells; from any thread. */
void journal_sync_add_figures(const struct journal_sync *sync,
			      struct journal_figures *sum);
/* By the worker: all from position `from` on is to be written into the segment,
 * again where it was; what is before is given up. */
void journal_sync_restart(struct journal_sync *sync, int64_t segment,
			  uint64_t from);

#endif
