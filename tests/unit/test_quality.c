/* test_quality.c - figures that decay */
#include "route/quality.h"

#include "tests/unit/harness.h"

#define MINUTE (60 * US_PER_S)
#define NOON (INT64_C(1774612800) * US_PER_S)

static void
note(struct quality *quality, time_us at, int n, int answers)
{
	for (int i = 0; i < n; i++)
		quality_note_attempt(quality, at, i < answers, 100 * i);
}

static void
too_few(void)
{
	struct quality quality = { 0 };
	struct quality_figures q;

	quality_read(&quality, NOON, &q);
	CHECK(q.asr_percent == -1 && q.acd_s == -1 && q.pdd_ms == -1);
	note(&quality, NOON, QUALITY_MIN_SAMPLES - 1, 10);
	quality_read(&quality, NOON, &q);
	CHECK(q.asr_percent == -1 && q.pdd_ms == -1);
	quality_note_attempt(&quality, NOON, 0, -1);
	quality_read(&quality, NOON, &q);
	CHECK(q.asr_percent == 50 && q.pdd_ms == -1 && q.acd_s == -1);
	quality_note_attempt(&quality, NOON, 1, 1900);
	for (int i = 0; i < QUALITY_MIN_SAMPLES; i++)
		quality_note_call(&quality, NOON, 60 + i);
	quality_note_call(&quality, NOON, -1); /* of a clock set back */
	quality_read(&quality, NOON, &q);
	CHECK(q.asr_percent == 52); /* 11 of 21 */
	CHECK(q.pdd_ms == 950);	    /* 0, 100 ... 1900 */
	CHECK(q.acd_s == 69);	    /* 60 ... 79 */
}

static void
decay(void)
{
	struct quality quality = { 0 };
	struct quality_figures q;

	note(&quality, NOON, 40, 0);
	note(&quality, NOON + 30 * MINUTE, 40, 40);
	quality_read(&quality, NOON + 30 * MINUTE, &q);
	CHECK(q.asr_percent == 66); /* 12 parts of 12 + 6 */
	quality_read(&quality, NOON + 59 * MINUTE, &q);
	CHECK(q.asr_percent == 87); /* 7 of 7 + 1 */
	quality_read(&quality, NOON + 60 * MINUTE, &q);
	CHECK(q.asr_percent == 100); /* the first are forgotten */
	quality_read(&quality, NOON + 90 * MINUTE, &q);
	CHECK(q.asr_percent == -1);
	/* the bucket begins anew */
	note(&quality, NOON + 60 * MINUTE, 20, 0);
	quality_read(&quality, NOON + 60 * MINUTE, &q);
	CHECK(q.asr_percent == 50); /* 40 * 6 of 40 * 6 + 20 * 12 */
	/* what is told of the future does not count */
	quality_read(&quality, NOON, &q);
	CHECK(q.asr_percent == -1);
}

static const struct test tests[] = {
	{ "a figure needs its samples", too_few, true },
	{ "what is old counts less, then nothing", decay, true },
};

const struct test_suite suite_quality = TEST_SUITE("quality", tests);
