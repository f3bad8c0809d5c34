/*
 * stopper.h - the naps of a thread, and their end; private to acct/
 */
#ifndef ACCT_STOPPER_H
#define ACCT_STOPPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct stopper {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopped;
};

void stopper_init(struct stopper *stopper);
void stopper_fini(struct stopper *stopper);
/* Sleep for ms; returns whether to go on. Once stopped it returns at once. */
bool stopper_nap(struct stopper *stopper, int64_t ms);
/* From another thread. */
void stopper_stop(struct stopper *stopper);

#endif
