/*
 * heal.h - calls in progress as the store knows them: counted on after a
 * restart, and no longer when they have ended elsewhere
 *
 * What is counted at gateways and accounts are answered calls from their START
 * to their STOP (live.h). A restart forgets them, and a STOP that another node
 * wrote, or a sweep, passes no worker. So the calls that were open before the
 * start are counted again, in a table of their own, and now and then both
 * tables are compared with the store's open calls. What is not open there has
 * ended; nothing is counted out twice.
 */
#ifndef LCRPROXY_HEAL_H
#define LCRPROXY_HEAL_H

#include "acct/open_calls.h"
#include "base/arena.h"
#include "base/loop.h"
#include "lcrproxy/worker.h"

struct heal;
struct heal_call;

/* The open calls of one worker, to be posted to it. */
struct heal_report {
	struct mail mail; /* first; opened by heal */
	uint64_t *names;  /* live_name of each */
	size_t n, cap;
	int64_t as_of_us; /* monotonic: of calls answered later nothing is said */
	struct heal_call *first, *last; /* those to be counted in */
	struct arena texts;
};

/* An empty one, NULL without memory; heal_report_free, or posted once it is
 * finished. */
struct heal_report *heal_report_new(int64_t as_of_us);
void heal_report_free(struct heal_report *report);
/* Add a call; counts: it is to be counted in. 0 or ERR_NOMEM. */
int heal_report_add(struct heal_report *report, const struct hash_key *key,
		    const struct open_call *call, bool counts);
/* Nothing is added any more. */
void heal_report_finish(struct heal_report *report);

/* Once the worker has its timers, before its thread starts: 0 or ERR_NOMEM. */
int heal_new(struct worker *worker, struct heal **out);
/* NULL is accepted. */
void heal_free(struct heal *heal);
/* A call has ended: count it out, if it is one of before the start. */
void heal_stop(struct worker *worker, const struct live_id *id, time_us now);

#endif
