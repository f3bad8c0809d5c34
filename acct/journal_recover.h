/*
 * journal_recover.h - where a journal goes on after its writer ended, whatever
 * way; private to acct/
 */
#ifndef ACCT_JOURNAL_RECOVER_H
#define ACCT_JOURNAL_RECOVER_H

#include "acct/journal_format.h"
#include "base/log.h"

/*
 * Check the last segment of at's node and worker and cut off a torn tail. at
 * gets its number and, as first_seq, the sequence number that comes next;
 * *lock_fd holds it locked, -1 when there is none. Numbers begin with the time
 * then, so that they are higher than those of segments that were lost or moved
 * away: a position in the store never means a later segment.
 *
 * 0, ERR_IO (errno; also when another process is writing it), ERR_CORRUPT (its
 * header) or ERR_NOMEM; *lock_fd, when not -1, is yours to close in any case.
 */
int journal_recover(int dir_fd, const char *directory, struct log *log,
		    struct journal_segment *at, int *lock_fd);

#endif
