/*
 * journal_front.h - a journal's newest records, in a small file that is mapped;
 * private to acct/
 *
 * What is stored into a mapping survives kill -9 as what is written into a file
 * does, at a fraction of its price. So records are put here at once, and into
 * the segment some milliseconds later, many in one write. "NODE.WORKER.front" holds
 * records as a segment does (journal_format.h), from its first byte on. Behind
 * those that were put there last are zeros or older ones, whose numbers are lower.
 *
 * The pages are locked in memory and their blocks written before. Where a store
 * can fail all the same (the file was cut, the file system has shut down) the
 * system sends SIGBUS: ours puts memory in the place of the file, and the front
 * is lost. Other causes of SIGBUS are left to who handled it before.
 */
#ifndef ACCT_JOURNAL_FRONT_H
#define ACCT_JOURNAL_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acct/journal_format.h"

#define JOURNAL_FRONT_SIZE ((size_t)256 << 10)

struct journal_front {
	uint8_t *bytes; /* the mapping; NULL = there is none, nothing is put */
	int fd;		/* of the file */
	size_t len;	/* of the records in it */
	int slot;	/* its own, of those the handler of SIGBUS looks at */
};

/*
 * Map like's (node and worker) front, emptied: what was in it has been read.
 * 0; ERR_UNSUPPORTED (not ext4, XFS or tmpfs, where a block that was written once
 * stays where it is; or too many are open) or ERR_IO (errno: no room for it, or it
 * may not be locked in memory), without a front and without a file then.
 */
int journal_front_open(struct journal_front *front, int dir_fd,
		       const struct journal_segment *like);
/* The file stays. */
void journal_front_close(struct journal_front *front);
bool journal_front_exists(int dir_fd, const struct journal_segment *like);
/* Remove the file, if there is one. */
void journal_front_remove(int dir_fd, const struct journal_segment *like);
/* Put whole records behind those that are there: false when there is no room or
 * the front is lost. */
bool journal_front_put(struct journal_front *front, const void *bytes,
		       size_t len);
/* All of it is somewhere else now. */
void journal_front_empty(struct journal_front *front);
bool journal_front_is_lost(const struct journal_front *front);
/* Whether somebody has deleted or cut the file: what is put is nowhere then. */
bool journal_front_is_gone(const struct journal_front *front);

/* --- what somebody has left in it, or is about to --- */

struct journal_front_copy {
	uint8_t *bytes; /* NULL = nothing was there */
	size_t len, at;
};

/* A copy of the file as it is: 0, also when there is none, ERR_IO or ERR_NOMEM. */
int journal_front_read(int dir_fd, const struct journal_segment *like,
		       struct journal_front_copy *out);
void journal_front_copy_free(struct journal_front_copy *copy);
/* The next record whose number is min_seq or higher; what is damaged is passed
 * over. False when there is none. */
bool journal_front_next(struct journal_front_copy *copy, int64_t min_seq,
			struct journal_record *out);

#endif
