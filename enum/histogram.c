/* histogram.c - durations counted so that percentiles can be told */
#include "enum/histogram.h"

#define SUB_BITS 4 /* 16 buckets per power of two */
#define SUB (1U << SUB_BITS)

static unsigned
bucket_of(uint64_t us)
{
	unsigned shift;

	if (us < SUB)
		return (unsigned)us;
	shift = 63U - (unsigned)__builtin_clzll(us) - SUB_BITS;
	return (shift + 1) * SUB + (unsigned)(us >> shift & (SUB - 1));
}

/* The longest duration of a bucket. */
static int64_t
top_of(unsigned bucket)
{
	unsigned shift;

	if (bucket < SUB)
		return bucket;
	shift = bucket / SUB - 1;
	return (int64_t)((uint64_t)(SUB + bucket % SUB + 1) << shift) - 1;
}

void
histogram_add(struct histogram *histogram, int64_t us)
{
	unsigned bucket = bucket_of(us > 0 ? (uint64_t)us : 0);

	if (bucket >= HISTOGRAM_BUCKETS)
		bucket = HISTOGRAM_BUCKETS - 1;
	histogram->n++;
	histogram->count[bucket]++;
	if (us > histogram->max_us)
		histogram->max_us = us;
}

int64_t
histogram_at(const struct histogram *histogram, unsigned thousandths)
{
	uint64_t need = (histogram->n * thousandths + 999) / 1000, seen = 0;
	int64_t top;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS && need > 0; i++) {
		seen += histogram->count[i];
		if (seen < need)
			continue;
		top = top_of(i);
		return top < histogram->max_us ? top : histogram->max_us;
	}
	return 0;
}
