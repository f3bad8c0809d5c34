/*
 * journal_pack.h - segments that nobody writes any more, compressed; private
 * to acct/
 */
#ifndef ACCT_JOURNAL_PACK_H
#define ACCT_JOURNAL_PACK_H

#include "acct/journal.h"
#include "acct/journal_format.h"

/*
 * Compress the oldest segment of source before segment `keep` that is not yet;
 * the time of its last change stays. *n_out is 1, or 0 when there is none. A
 * crash in between leaves both, or a file that is written anew. 0, ERR_IO
 * (errno) or ERR_NOMEM.
 */
int journal_pack(const char *directory, const struct journal_source *source,
		 int64_t keep, int *n_out);
/* A descriptor of the packed segment's content, in memory; or -1 and errno. */
int journal_unpack(int dir_fd, const struct journal_segment *segment);

#endif
