/*
 * guard.h - who has failed to log in lately, and is not listened to for a while
 *
 * One table for all workers. A subject (an address, a user name, or both) may
 * fail a few times; each failure after that doubles the time for which it is
 * blocked. The table is bounded: a subject that has been quiet the longest makes
 * room for a new one. No call but a failed log-in takes its locks while nobody
 * is blocked.
 */
#ifndef LCRPROXY_GUARD_H
#define LCRPROXY_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum guard_kind {
	GUARD_SOURCE, /* an IP address (its octets) */
	GUARD_USER,   /* a realm and a user name */
	GUARD_PAIR,   /* all three: only successes are noted */
};

struct guard_settings {
	size_t max_subjects; /* about as many are remembered, 64 bytes each */
	int32_t free_failures[GUARD_PAIR]; /* by kind */
	int64_t forget_ms;    /* without a failure: all is forgiven */
	int64_t max_block_ms; /* 1 s, 2 s, 4 s ... up to this */
	int64_t known_ms;     /* how long a success is remembered */
};

struct guard;

/* 0, ERR_IO (no randomness) or ERR_NOMEM; yours to free. Times are those of a
 * monotonic clock, and the rest may be called from any thread. */
int guard_new(const struct guard_settings *settings, struct guard **out);
void guard_free(struct guard *guard);

/* Another failure of a source or user; returns for how long the subject is blocked now, 0 = not. */
int64_t guard_fail(struct guard *guard, enum guard_kind kind, struct str key,
		   int64_t now_ms);
bool guard_is_blocked(struct guard *guard, enum guard_kind kind,
		      struct str key, int64_t now_ms);
/* A success: failures are forgiven, and the subject is known for a while. */
void guard_succeed(struct guard *guard, enum guard_kind kind, struct str key,
		   int64_t now_ms);
bool guard_is_known(struct guard *guard, enum guard_kind kind, struct str key,
		    int64_t now_ms);

#endif
