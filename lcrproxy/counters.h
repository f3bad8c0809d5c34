/*
 * counters.h - what a worker counts
 *
 * Plain numbers of one thread; lcrctl counters adds them up by mail. One table
 * row per counter.
 */
#ifndef LCRPROXY_COUNTERS_H
#define LCRPROXY_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

struct counters {
	uint64_t calls, answered, failed, cancelled;
	uint64_t attempts, failovers, skipped_hops, late_answers;
	uint64_t ported_calls;
	uint64_t refused_unknown, refused_disabled, refused_class,
	    refused_target, refused_no_route, refused_no_price, refused_full,
	    refused_stopping, refused_draining, refused_session;
	uint64_t refused_prefix, refused_hours, refused_cps, refused_channels,
	    refused_calls, refused_minutes, refused_spend, refused_caller,
	    refused_policy;
	uint64_t limits_observed, limits_warned, emergency_calls,
	    callers_replaced;
	/* look-ups of calls, by their outcome; what became of the URIs */
	uint64_t enum_lookups, enum_cached, enum_stale, enum_overflow;
	uint64_t enum_found, enum_nxdomain, enum_nodata, enum_unusable,
	    enum_loop, enum_void, enum_servfail, enum_refused, enum_timeout,
	    enum_malformed;
	uint64_t enum_offered, enum_domain_refused, enum_own;
	uint64_t dialog_requests, token_valid, token_missing, token_forged,
	    token_expired, astray;
	uint64_t auth_challenged, auth_good, auth_failed, auth_replayed,
	    auth_broken, auth_blocked, auth_scanners;
	uint64_t challenges_answered, challenges_refused, redirects_followed;
	uint64_t registers, registered, registers_failed;
	uint64_t sources_silenced, source_dropped;
	uint64_t forgers_silenced, forged_dropped;
	uint64_t relays, relays_failed, redirected;
	uint64_t starts, refreshes, stops, clock_doubts, calls_resumed,
	    calls_healed;
	uint64_t handed_over, handed_over_dropped;
	uint64_t too_large, out_of_memory;
};

struct counter_field {
	const char *name;
	size_t offset;
};

extern const struct counter_field counter_fields[];
extern const size_t n_counter_fields;

static inline uint64_t
counter_get(const void *counters, const struct counter_field *field)
{
	return *(const uint64_t *)(const void *)((const char *)counters +
						 field->offset);
}

#endif
