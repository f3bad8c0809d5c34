/*
 * acct.h - the accounting of a running node: journals, their threads, shipping
 *
 * Each worker gets its journal. One thread syncs them (grouped), another ships
 * them to the store and reconnects when the store goes away: a store that is
 * slow delays no sync, and calls wait for neither. The journals of workers that
 * an earlier run had are shipped too.
 */
#ifndef ACCT_ACCT_H
#define ACCT_ACCT_H

#include "acct/journal.h"
#include "acct/open_calls.h"
#include "acct/shipper.h"
#include "acct/sweep.h"

enum acct_sync {
	ACCT_SYNC_INTERVAL, /* all journals every sync_interval_ms */
	ACCT_SYNC_ANSWER,   /* the same; besides, a worker calls journal_sync
			     * itself before it passes on an answer */
	ACCT_SYNC_NONE,	    /* left to the operating system */
};

struct acct_settings {
	const char *node;
	const char *directory;	/* made when missing (0750) */
	const char *store_url;
	int n_workers;
	enum acct_sync sync;
	int64_t sync_interval_ms;
	int64_t ship_interval_ms; /* pause when nothing is waiting */
	int64_t ship_timeout_ms;  /* silence of the store; 0 = a minute */
	int64_t max_size_bytes;	  /* of what is not shipped; 0 = no bound */
	int64_t reserve_bytes;	  /* of each journal (journal.h) */
	bool carries_on;	  /* calls go on although they are not on record */
	int64_t retain_s;	  /* shipped segments are kept so long */
	int64_t sweep_interval_s; /* between two sweeps (sweep.h); 0 = never */
	int64_t max_call_s, sweep_grace_s;
	int64_t keep_months;	  /* records of so many are kept; 0 = all */
	/* Told of this node's open calls as soon as the store has all its events,
	 * and then as often as it is swept (once a minute, if it is not); NULL =
	 * nobody. Borrowed until acct_stop has returned. */
	const struct open_calls_listener *open_calls;
};

struct acct;

/* Opens the journals and starts the threads; the store may be away. 0, ERR_IO
 * (errno), ERR_INVAL or ERR_CORRUPT (as journal_open), or ERR_NOMEM. The
 * settings are copied, log is borrowed. */
int acct_start(const struct acct_settings *settings, struct log *log,
	       struct acct **out);
/* The journal of worker 0..n_workers-1; used by that worker only. */
struct journal *acct_journal(struct acct *acct, int worker);
/* Whether new calls should be refused: a journal cannot be written or synced,
 * its disk is full, or the bound is reached. Cheap, from any thread. */
bool acct_is_full(const struct acct *acct);
/* For when the workers have ended: commits, syncs and ships the last events,
 * then closes the journals. Ships for wait_ms at most, but for a connection that
 * is just being made (courier_stop). NULL is accepted. */
void acct_stop(struct acct *acct, int64_t wait_ms);

/*
 * How far this node's clock is ahead now of what read `wall` at the node with
 * this token_node_id, in microseconds; 0 when it is not known. At this node: by
 * how much the clock has been set ahead since, also while the node was down
 * (clock_mark.h); of another: what was last measured against the store's, and
 * the steps that one has told of since (skew.h). From any thread.
 */
int64_t acct_clock_ahead(struct acct *acct, uint32_t node_id, time_us wall);

struct acct_status {
	struct shipper_counters shipper;
	struct sweep_result swept;
	int64_t backlog_bytes;	/* committed and not yet shipped */
	uint64_t unwritten_bytes; /* in memory, a crash loses them */
	bool is_full;		/* acct_is_full */
	bool is_low, is_failing; /* why: no room for a reserve; a journal cannot
				  * be written or synced. Else max_size_bytes */
	bool carries_on;	/* of the settings */
	int64_t backlog_events;	/* of this run's journals; -1 = not known until
				 * the store has told where they are */
	uint64_t written_bytes;	/* into the journals */
	struct journal_figures journals; /* their sum */
	int64_t shipped_seqs;	/* shipper_next_seqs */
	uint64_t tries, tries_failed; /* to ship */
	int64_t retry_ms;	/* back-off; 0 = the last try worked */
	uint64_t clock_steps;	/* clock_mark_count */
	int64_t skew_us;	/* skew_worst */
	int64_t caught_up_ago_us; /* since nothing waited last, on a clock that
				   * never steps; -1 = never yet */
	time_us store_lost_at;	/* 0 = connected */
	char store_error[256];
};
/* A consistent copy, from any thread. */
void acct_status(struct acct *acct, struct acct_status *out);
/* How old the oldest event that waits can be: 0 when none does, -1 when the store
 * has never had all since the start. */
int64_t acct_backlog_age_us(const struct acct_status *status);

#endif
