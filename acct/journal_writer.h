/*
 * journal_writer.h - the segment that is being written; private to acct/
 *
 * Records come behind its end in one write, the header before the first of them.
 * A new segment begins when it is long enough, and takes over what it had
 * reserved (journal_reserve.h).
 */
#ifndef ACCT_JOURNAL_WRITER_H
#define ACCT_JOURNAL_WRITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "acct/journal_format.h"
#include "acct/journal_reserve.h"
#include "base/log.h"

struct journal_writer {
	struct log *log;
	int dir_fd; /* borrowed */
	int fd;	    /* locked; -1 = there is none yet */
	struct journal_segment at; /* first_seq: of the next record written */
	int64_t segment_bytes;
	int64_t size;	 /* of the segment, as far as committed */
	int64_t roll_at; /* a new segment from this size on */
	bool needs_cut;	 /* something not committed is behind size */
	struct journal_reserve reserve;
	_Atomic uint64_t written; /* since it was opened; from any thread */
};

/* The name of its segment. */
const char *journal_writer_name(const struct journal_writer *writer,
				char out[JOURNAL_NAME_MAX]);
/*
 * Create segment `number`, whose first record is at.first_seq; the old one is
 * closed then. It stays when that fails, and when needs_reserve and only that one
 * has a reserve: 0 or ERR_IO (errno).
 */
int journal_writer_begin(struct journal_writer *writer, int64_t number,
			 bool needs_reserve);
/* Whether another segment is due. */
bool journal_writer_is_long(const struct journal_writer *writer);
/* Begin another segment; what cannot be is logged, and this one grows on.
 * Whether it did. */
bool journal_writer_roll(struct journal_writer *writer);
/* Bytes of records, in one write: 0, or ERR_IO (errno) and nothing of them is
 * there, or will be. */
int journal_writer_write(struct journal_writer *writer, const void *bytes,
			 size_t len);
/* Cut off what is reserved, or what a failed write has left: 0 or ERR_IO. */
int journal_writer_cut(struct journal_writer *writer);
/* See whether there is room for the reserve. */
void journal_writer_seek_room(struct journal_writer *writer);

#endif
