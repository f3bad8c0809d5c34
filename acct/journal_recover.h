/*
 * journal_recover.h - where a journal goes on after its writer ended, whatever
 * way; private to acct/
 */
#ifndef ACCT_JOURNAL_RECOVER_H
#define ACCT_JOURNAL_RECOVER_H

#include "acct/journal_format.h"
#include "base/log.h"

/* The last segment: what is to be closed when another one has begun. */
struct journal_recovered {
	int fd; /* locked; -1 = there is none */
	int64_t size;
	int64_t allocated_to; /* with its reserve (journal_reserve.h) */
};

/*
 * Check the last segment of at's node and worker and cut off a torn tail. at
 * gets its number and, as first_seq, the sequence number that comes next. What it
 * had reserved it keeps. Numbers begin with the time
 * then, so that they are higher than those of segments that were lost or moved
 * away: a position in the store never means a later segment.
 *
 * 0, ERR_IO (errno; also when another process is writing it), ERR_CORRUPT (its
 * header) or ERR_NOMEM; out->fd, when not -1, is yours to close in any case.
 */
int journal_recover(int dir_fd, const char *directory, struct log *log,
		    struct journal_segment *at,
		    struct journal_recovered *out);

#endif
