/*
 * journal_tail.h - a journal's last records, in memory until they are safe;
 * private to acct/
 *
 * Records are added behind, written into the segment from `written` on, and
 * dropped in front when a sync has put them on the disk. So what a sync that
 * failed may have lost is still there to be written again. Positions count the
 * bytes of all records since the journal was opened.
 */
#ifndef ACCT_JOURNAL_TAIL_H
#define ACCT_JOURNAL_TAIL_H

#include <stddef.h>
#include <stdint.h>

struct journal_tail {
	uint8_t *bytes; /* whole records, with their heads */
	size_t len, cap;
	size_t written; /* of them, into the segment */
	uint64_t start; /* the position of bytes[0] */
	size_t max_kept; /* of what is written; 0 = nothing is kept */
};

void journal_tail_init(struct journal_tail *tail, size_t max_kept);
void journal_tail_fini(struct journal_tail *tail);
/* Add a record of len bytes: 0, ERR_LIMIT (256 MB are not written) or
 * ERR_NOMEM. What is written is given up before a new record is. */
int journal_tail_add(struct journal_tail *tail, const void *data, size_t len,
		     int64_t seq);
/* All is written now. */
void journal_tail_note_written(struct journal_tail *tail);
/* What is before position is on the disk. */
void journal_tail_drop(struct journal_tail *tail, uint64_t position);
/* The sequence number of the first record; next when there is none. */
int64_t journal_tail_first(const struct journal_tail *tail, int64_t next);
/* Bytes of records that are not written. */
static inline size_t
journal_tail_unwritten(const struct journal_tail *tail)
{
	return tail->len - tail->written;
}
/* Where what is written ends. */
static inline uint64_t
journal_tail_position(const struct journal_tail *tail)
{
	return tail->start + tail->written;
}

#endif
