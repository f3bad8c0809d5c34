/* test_stopper.c - naps end in time, or at once */
#include "acct/stopper.h"

#include "base/clock.h"
#include "tests/unit/harness.h"

static int64_t
now_ms(void)
{
	struct clock clock;

	clock_init_system(&clock);
	return clock_mono_ms(&clock);
}

static void
test_nap(void)
{
	struct stopper stopper;
	int64_t before = now_ms();

	stopper_init(&stopper);
	CHECK(stopper_nap(&stopper, 0));
	CHECK(stopper_nap(&stopper, 30));
	CHECK(now_ms() - before >= 29);
	stopper_fini(&stopper);
}

static void *
nap_long(void *arg)
{
	struct stopper *stopper = arg;
	int naps = 0;

	while (stopper_nap(stopper, 60000))
		naps++;
	return naps == 0 ? stopper : NULL;
}

static void
test_stop(void)
{
	struct stopper stopper;
	int64_t before = now_ms();
	pthread_t thread;
	void *result = NULL;

	stopper_init(&stopper);
	if (CHECK(pthread_create(&thread, NULL, nap_long, &stopper) == 0)) {
		stopper_stop(&stopper);
		pthread_join(thread, &result);
		CHECK(result == &stopper);
		CHECK(!stopper_nap(&stopper, 60000));
		CHECK(now_ms() - before < 30000);
	}
	stopper_fini(&stopper);
}

static const struct test tests[] = {
	{ "a nap takes its time", test_nap, true },
	{ "who is stopped naps no more", test_stop, true },
};

const struct test_suite suite_stopper = TEST_SUITE("stopper", tests);
