/*
 * journal_reserve.h - blocks that a segment has behind its end, for when the disk
 * is full; private to acct/
 *
 * They are allocated, but no part of the file until they are written. They outlive
 * whoever made them, kill -9 too, until the file is cut to its size.
 */
#ifndef ACCT_JOURNAL_RESERVE_H
#define ACCT_JOURNAL_RESERVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "acct/journal_format.h"
#include "base/log.h"

struct journal_reserve {
	int64_t wanted; /* bytes; 0 = none, or the file system keeps none */
	int64_t to;	/* allocated up to this offset */
	_Atomic bool is_low; /* there is no room for all of it */
};

/* Bytes that are allocated behind offset size. */
int64_t journal_reserve_left(const struct journal_reserve *reserve,
			     int64_t size);
/*
 * Have what is wanted allocated behind offset size of fd: 0, or ERR_IO (errno)
 * when there is no room for all of it; what there was stays then. Twice as much
 * is asked for first, so that it is not asked for often.
 */
int journal_reserve_make(struct journal_reserve *reserve, int fd, int64_t size);
/* Take as much as there is of twice what is wanted, piece by piece. */
void journal_reserve_extend(struct journal_reserve *reserve, int fd,
			    int64_t size);
/* Look whether there is room for it, and log when that changes: what there is of
 * it is taken when the disk becomes full; after that it is full until there is
 * room for all. */
void journal_reserve_seek(struct journal_reserve *reserve, int fd, int64_t size,
			  const struct journal_segment *segment,
			  struct log *log);
/* Where the blocks of a file that another process has written end, at most. */
int64_t journal_reserve_found(int fd);
/* Cut fd to size, but leave it the blocks it has behind that: 0 or ERR_IO. */
int journal_reserve_cut(int fd, int64_t size);

#endif
