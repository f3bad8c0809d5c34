/*
 * journal.h - the append-only file of one worker's events
 *
 * Segments "NODE.WORKER.NUMBER.journal", each with a header (magic, version,
 * node, worker, first sequence number) and records: length, CRC32C, sequence
 * number, bytes (journal_format.h). Sequence numbers have no gaps, also across
 * restarts. A worker adds events and commits once per loop turn: into the segment
 * (one write), or into a front (journal_front.h) from where many commits are written
 * at once, some milliseconds later; another thread may sync. kill -9 loses nothing
 * that was committed; power loss nothing that was written and synced. One process writes
 * the journal of a node and worker at a time: its segment is locked.
 */
#ifndef ACCT_JOURNAL_H
#define ACCT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/str.h"

struct journal;

struct journal_settings {
	const char *directory;	/* must exist and be writable */
	const char *node;	/* [A-Za-z0-9_-]{1,32} */
	int worker;		/* 0.. */
	int64_t segment_bytes;	/* a new segment after so many; 0 = 64 MB */
	int64_t reserve_bytes;	/* kept allocated for when the disk is full */
	bool is_synced;		/* somebody calls journal_sync all the time */
	bool has_front;		/* commits may be written a little later */
};

/*
 * Open for appending: the last segment of this node and worker is checked, a
 * torn tail is cut off and logged, and a new segment begins, with what was left in
 * a front. 0, ERR_IO (errno;
 * another process may be writing it), ERR_INVAL (node or worker), ERR_CORRUPT
 * (the last segment's header) or ERR_NOMEM.
 */
int journal_open(const struct journal_settings *settings, struct log *log,
		 struct journal **out);
/* Give back what the journals of node's workers from n_workers on have reserved, and
 * write what was left in their fronts: nobody opens them any more. What cannot be done
 * is logged. */
void journal_release_others(const char *directory, const char *node,
			    int n_workers, struct log *log);
/* Writes and syncs what is left, then closes; what stays in doubt is logged. What
 * is left of the reserve stays, for whoever opens it next. */
void journal_close(struct journal *journal);
/* Queue one record for the next commit: 0, ERR_LIMIT (not 1 to 65,536 bytes, or
 * 256 MB are queued because commits fail) or ERR_NOMEM. */
int journal_add(struct journal *journal, const void *data, size_t len);
/*
 * Write what was added, in one write; look for room when the disk was full, and
 * write again what a failed sync may have lost: to be called now and then while
 * journal_is_unsettled. 0 or ERR_IO. After an error the records stay queued and
 * the next call tries again (a partial record is cut off first);
 * journal_is_failing is true until one works.
 */
int journal_write(struct journal *journal);
/* Have what was added survive kill -9: all of it is in the front (of a journal that
 * has_front, while it has room), or is written as by journal_write. */
int journal_commit(struct journal *journal);
/* Whether journal_write is to be called soon: what was committed is in the front
 * only, and readers do not see it yet; the worker's. */
bool journal_is_deferred(const struct journal *journal);
/* How many bytes that is, as of the last commit; from any thread. */
uint64_t journal_deferred(const struct journal *journal);
bool journal_is_failing(const struct journal *journal);
/* Whether the disk has no room for the reserve: what is committed goes into it,
 * and new calls should bring no more. True until there is room again; from any
 * thread. */
bool journal_is_low(const struct journal *journal);
/* Whether a commit has something to do though nothing was added; the worker's. */
bool journal_is_unsettled(const struct journal *journal);
/* Bytes that a failed commit has left in memory, or that are in doubt; from any
 * thread. */
uint64_t journal_unwritten(const struct journal *journal);
/*
 * fdatasync of what was committed, from any thread; no-op when nothing was
 * written since: 0 or ERR_IO (errno). After an error what was committed since
 * the last success is in doubt, whatever another fdatasync says: of a journal
 * that is_synced the next commit begins another segment and writes it again (at
 * once, later ones after 1 s to 1 min), and this fails until that was synced.
 */
int journal_sync(struct journal *journal);
/* Written since it was opened; from any thread, as journal_is_failing. */
uint64_t journal_bytes(const struct journal *journal);

/* What was done since it was opened. */
struct journal_figures {
	int64_t next_seqs;   /* number of the next record to be written */
	uint64_t events;     /* records written */
	uint64_t syncs, sync_failures, sync_us; /* fdatasync, and how long */
};
/* Adds this journal's; from any thread. */
void journal_add_figures(const struct journal *journal,
			 struct journal_figures *sum);

/* --- reading, also while it is being written --- */

struct journal_position {
	int64_t segment;  /* number */
	int64_t offset;	  /* of the next record in it; 0 = its beginning */
	int64_t seq;	  /* of the next record */
};

struct journal_source { /* one per node and worker found in a directory */
	char node[33];
	int worker;
	int64_t first_segment, last_segment;
};

/* The sources of a directory, sorted by node and worker; *out yours to free
 * with mem_free: 0, ERR_IO or ERR_NOMEM. */
int journal_list(const char *directory, struct journal_source **out,
		 size_t *n_out);

struct journal_reader;

/* Start at position (all 0: at the oldest segment there is). */
int journal_reader_open(const char *directory,
			const struct journal_source *source,
			const struct journal_position *position,
			struct journal_reader **out);
void journal_reader_close(struct journal_reader *reader);
/*
 * Give, behind the last segment, also what is in the front now and in no segment,
 * and end with that: for who reads a journal once, maybe of a writer that was
 * killed, and does not come back to a position. Before the first
 * journal_reader_next; 0, ERR_IO or ERR_NOMEM.
 */
int journal_reader_add_front(struct journal_reader *reader);
/*
 * The next record; data is valid until the next call. Returns 0; ERR_END (no
 * complete record there yet: try again later); ERR_CORRUPT (a record or a
 * stretch was skipped: position moved behind it, *len is the bytes lost, 0 when
 * records are missing without a trace; go on); ERR_IO; ERR_NOMEM. After each
 * return position_out is where to go on.
 */
int journal_reader_next(struct journal_reader *reader, const void **data,
			size_t *len, struct journal_position *position_out);
/*
 * Whether position can be one of this journal, which it is not when another one
 * has the same node and worker, or this one began anew with its clock set back:
 * *out is false when all its segments lie before position, or the one of position
 * begins with a later record. 0 or ERR_IO.
 */
int journal_holds(const char *directory, const struct journal_source *source,
		  const struct journal_position *position, bool *out);
/* Bytes of source's segments from position on, in segments whose last change
 * is at least min_age_s ago. */
int64_t journal_bytes_from(const char *directory,
			   const struct journal_source *source,
			   const struct journal_position *position,
			   int64_t min_age_s);
/* Delete segments of source before segment `keep` whose last change is over
 * min_age_s ago; returns how many. */
int journal_prune(const char *directory, const struct journal_source *source,
		  int64_t keep, int64_t min_age_s);

#endif
