/*
 * quality.h - how well calls by a carrier go, over the last hour
 *
 * Counts in buckets of five minutes; a bucket weighs less the older it is, and
 * nothing after an hour, so that a bad hour is forgiven. Any thread notes and
 * reads; a count that falls into the instant when a bucket begins anew may be
 * lost.
 */
#ifndef ROUTE_QUALITY_H
#define ROUTE_QUALITY_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

#define QUALITY_BUCKETS 12
#define QUALITY_BUCKET_S 300
#define QUALITY_MIN_SAMPLES 20 /* below, a figure is not known */

struct quality_bucket {
	_Atomic int64_t slot; /* when: in buckets since 1970 */
	_Atomic uint32_t attempts, answers, delays, calls;
	_Atomic uint64_t delay_ms, call_s; /* sums */
};

struct quality {
	struct quality_bucket buckets[QUALITY_BUCKETS];
};

/* What is not known is -1. */
struct quality_figures {
	int32_t asr_percent; /* attempts that were answered */
	int32_t acd_s;	     /* average duration of answered calls */
	int32_t pdd_ms;	     /* average delay of the first sign of life */
};

/* An attempt has ended; delay_ms until it rang or was answered, -1 when it
 * never did. */
void quality_note_attempt(struct quality *quality, time_us now, int is_answered,
			  int64_t delay_ms);
/* An answered call has ended. */
void quality_note_call(struct quality *quality, time_us now,
		       int64_t duration_s);
/* Weighed by age; each figure needs QUALITY_MIN_SAMPLES. */
void quality_read(const struct quality *quality, time_us now,
		  struct quality_figures *out);

#endif
