/*
 * acct.h - the accounting of a running node: journals, their thread, shipping
 *
 * Each worker gets its journal; one thread syncs them (grouped), ships them to
 * the store and reconnects when the store goes away. Calls never wait for it.
 */
#ifndef ACCT_ACCT_H
#define ACCT_ACCT_H

#include "acct/journal.h"
#include "acct/shipper.h"

enum acct_sync { ACCT_SYNC_INTERVAL, ACCT_SYNC_ANSWER, ACCT_SYNC_NONE };

struct acct_settings {
	const char *node;
	const char *directory;	/* made when missing (0750) */
	const char *store_url;
	int n_workers;
	enum acct_sync sync;
	int64_t sync_interval_ms;
	int64_t ship_interval_ms; /* pause when nothing is waiting */
	int64_t max_size_bytes;	  /* of all journals not yet shipped */
	int64_t retain_s;
};

struct acct;

/* Opens the journals and starts the thread: 0, ERR_IO, ERR_INVAL, ERR_NOMEM. */
int acct_start(const struct acct_settings *settings, struct log *log,
	       struct acct **out);
/* The journal of worker 0..n_workers-1; used by that worker only. */
struct journal *acct_journal(struct acct *acct, int worker);
/* Whether new calls should be refused: a journal is failing or the bound is
 * reached. Cheap, from any thread. */
bool acct_is_full(const struct acct *acct);
/* Last syncs, ships for at most wait_ms, then stops and closes the journals. */
void acct_stop(struct acct *acct, int64_t wait_ms);

struct acct_status {
	struct shipper_counters shipper;
	int64_t backlog_bytes;	/* written and not yet shipped */
	time_us store_lost_at;	/* 0 = connected */
	char store_error[256];
};
/* A consistent copy, from any thread. */
void acct_status(struct acct *acct, struct acct_status *out);

#endif
