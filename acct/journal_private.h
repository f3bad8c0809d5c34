/*
 * journal_private.h - what an open journal is made of; private to journal.c and
 * journal_open.c
 */
#ifndef ACCT_JOURNAL_PRIVATE_H
#define ACCT_JOURNAL_PRIVATE_H

#include <stdatomic.h>

#include "acct/journal.h"
#include "acct/journal_front.h"
#include "acct/journal_sync.h"
#include "acct/journal_tail.h"
#include "acct/journal_writer.h"
#include "base/clock.h"

struct journal {
	struct log *log;
	int dir_fd;
	struct journal_writer writer;
	int64_t next_seq;
	struct journal_tail tail;
	/* What of the tail is not written, or less: its first records. */
	struct journal_front front;
	struct clock clock;
	bool was_in_doubt;  /* and that was logged */
	bool restarting;    /* a segment was begun for what is in doubt */
	int64_t doubt_from; /* sequence number: all before is safe */
	int64_t kept_from;  /* the first that is written again */
	int64_t restart_at_ms, retry_ms;

	/* Written by the worker, read by others. */
	_Atomic uint64_t deferred, unwritten;
	_Atomic bool failing;

	struct journal_sync sync;
};

/* What is not written of the tail: 0 or ERR_IO (errno). */
int journal_write_tail(struct journal *journal);
/* Whether writing has failed, and to log it when that is news. */
void journal_note_outcome(struct journal *journal, int err);

#endif
