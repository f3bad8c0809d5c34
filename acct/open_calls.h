/*
 * open_calls.h - the calls of a node that have an answer and no end, as the
 * store knows them
 *
 * What a node must know of its own calls after a restart, and of calls that
 * another node has ended or a sweep has closed.
 */
#ifndef ACCT_OPEN_CALLS_H
#define ACCT_OPEN_CALLS_H

#include "base/clock.h"
#include "base/str.h"
#include "db/store.h"

/* Borrowed until the callback returns; p == NULL where it is not known. */
struct open_call {
	struct str call_id, from_tag, to_tag;
	time_us setup, answer;
	struct str account, source, dialled, number, destination_class;
	struct str carrier, gateway;
};

typedef void open_call_fn(void *arg, const struct open_call *call);

/* Who wants to be told of them now and then (acct.h); called in acct's
 * thread. */
struct open_calls_listener {
	void *arg;
	/* Now all are told: those that were answered before this instant of the
	 * monotonic clock and are not among them have ended. */
	void (*begin)(void *arg, int64_t as_of_us);
	open_call_fn *each;
	/* err: what each was told is not all there is. */
	void (*end)(void *arg, int err);
};

/* Those of calls set up since, in the order of their answers: 0, the store's
 * error or ERR_NOMEM. */
int open_calls_read(struct store *store, const char *node, time_us since,
		    open_call_fn *each, void *arg);

#endif
