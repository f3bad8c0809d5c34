/*
 * histogram.h - durations counted so that percentiles can be told
 *
 * Buckets are a sixteenth of a power of two wide: what is told is at most
 * 6.25 % too high.
 */
#ifndef ENUM_HISTOGRAM_H
#define ENUM_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (60 * 16)

struct histogram {
	uint64_t n;
	int64_t max_us;
	uint64_t count[HISTOGRAM_BUCKETS];
};

/* us below 0 counts as 0. */
void histogram_add(struct histogram *histogram, int64_t us);
/* The duration that so many thousandths are not longer than; 0 when nothing
 * was counted. */
int64_t histogram_at(const struct histogram *histogram, unsigned thousandths);

#endif
