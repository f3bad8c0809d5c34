/* stopper.c - a condition variable on the clock that is never set */
#include "acct/stopper.h"

#include <time.h>

#define NS_PER_S 1000000000

void
stopper_init(struct stopper *stopper)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&stopper->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&stopper->lock, NULL);
	stopper->stopped = false;
}

void
stopper_fini(struct stopper *stopper)
{
	pthread_cond_destroy(&stopper->wake);
	pthread_mutex_destroy(&stopper->lock);
}

bool
stopper_nap(struct stopper *stopper, int64_t ms)
{
	struct timespec until;
	bool stopped;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * (NS_PER_S / 1000);
	if (until.tv_nsec >= NS_PER_S) {
		until.tv_sec++;
		until.tv_nsec -= NS_PER_S;
	}
	pthread_mutex_lock(&stopper->lock);
	while (!stopper->stopped && err == 0)
		err = pthread_cond_timedwait(&stopper->wake, &stopper->lock,
					     &until);
	stopped = stopper->stopped;
	pthread_mutex_unlock(&stopper->lock);
	return !stopped;
}

void
stopper_stop(struct stopper *stopper)
{
	pthread_mutex_lock(&stopper->lock);
	stopper->stopped = true;
	pthread_cond_signal(&stopper->wake);
	pthread_mutex_unlock(&stopper->lock);
}
