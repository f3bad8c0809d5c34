/*
 * journal_store.h - journals as a store in memory
 *
 * The same code that ships journals into the real store merges them here, so
 * that records read from journals are those that will arrive there. The
 * journals are only read.
 */
#ifndef CDR_TOOLS_JOURNAL_STORE_H
#define CDR_TOOLS_JOURNAL_STORE_H

#include "base/cli.h"
#include "db/store.h"

struct journal_count {
	uint64_t events;        /* read in all */
	uint64_t bad_events;    /* of them could not be understood */
	uint64_t corrupt_bytes; /* skipped */
};

/*
 * Everything the journals in directory hold, of all nodes and workers.
 * progress may be NULL. Returns 0, ERR_IO, ERR_NOTFOUND (there is no journal
 * there), a store error or ERR_NOMEM, with error. Yours to store_close.
 */
int journal_store_open(const char *directory, struct cli_progress *progress,
		       struct store **out, struct journal_count *count,
		       char error[STORE_ERROR_MAX]);

#endif
