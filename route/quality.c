/* quality.c - decaying counts of attempts and calls */
#include "route/quality.h"

#define BUCKET_US (QUALITY_BUCKET_S * US_PER_S)

static struct quality_bucket *
bucket_at(struct quality *quality, time_us now)
{
	int64_t slot = now / BUCKET_US;
	struct quality_bucket *bucket =
	    &quality->buckets[(uint64_t)slot % QUALITY_BUCKETS];
	int64_t was = atomic_load(&bucket->slot);

	if (was == slot ||
	    !atomic_compare_exchange_strong(&bucket->slot, &was, slot))
		return bucket;
	atomic_store(&bucket->attempts, 0);
	atomic_store(&bucket->answers, 0);
	atomic_store(&bucket->delays, 0);
	atomic_store(&bucket->calls, 0);
	atomic_store(&bucket->delay_ms, 0);
	atomic_store(&bucket->call_s, 0);
	return bucket;
}

void
quality_note_attempt(struct quality *quality, time_us now, int is_answered,
		     int64_t delay_ms)
{
	struct quality_bucket *bucket = bucket_at(quality, now);

	atomic_fetch_add(&bucket->attempts, 1);
	if (is_answered)
		atomic_fetch_add(&bucket->answers, 1);
	if (delay_ms < 0)
		return;
	atomic_fetch_add(&bucket->delays, 1);
	atomic_fetch_add(&bucket->delay_ms, (uint64_t)delay_ms);
}

void
quality_note_call(struct quality *quality, time_us now, int64_t duration_s)
{
	struct quality_bucket *bucket = bucket_at(quality, now);

	if (duration_s < 0)
		return; /* the clock was set back */
	atomic_fetch_add(&bucket->calls, 1);
	atomic_fetch_add(&bucket->call_s, (uint64_t)duration_s);
}

/* Of one figure: how many, and the weighed parts of a fraction. */
struct sum {
	uint64_t n, part, whole;
};

static void
add(struct sum *sum, uint32_t n, uint64_t part, uint64_t weight)
{
	sum->n += n;
	sum->whole += n * weight;
	sum->part += part * weight;
}

static int32_t
average(const struct sum *sum, uint64_t times)
{
	uint64_t value;

	if (sum->n < QUALITY_MIN_SAMPLES)
		return -1;
	value = sum->part * times / sum->whole;
	return value < INT32_MAX ? (int32_t)value : INT32_MAX;
}

void
quality_read(const struct quality *quality, time_us now,
	     struct quality_figures *out)
{
	struct sum answers = { 0 }, calls = { 0 }, delays = { 0 };
	int64_t slot = now / BUCKET_US;

	for (int i = 0; i < QUALITY_BUCKETS; i++) {
		const struct quality_bucket *b = &quality->buckets[i];
		int64_t age = slot - atomic_load(&b->slot);
		uint64_t weight;

		if (age < 0 || age >= QUALITY_BUCKETS)
			continue;
		weight = (uint64_t)(QUALITY_BUCKETS - age);
		add(&answers, atomic_load(&b->attempts),
		    atomic_load(&b->answers), weight);
		add(&calls, atomic_load(&b->calls), atomic_load(&b->call_s),
		    weight);
		add(&delays, atomic_load(&b->delays),
		    atomic_load(&b->delay_ms), weight);
	}
	out->asr_percent = average(&answers, 100);
	out->acd_s = average(&calls, 1);
	out->pdd_ms = average(&delays, 1);
}
