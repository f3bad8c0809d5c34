/*
 * gather.h - asking every worker something, and having all answers at once
 *
 * The question runs in each worker's thread (by mail); when the last answer is
 * back, done runs in the control thread.
 */
#ifndef LCRPROXY_GATHER_H
#define LCRPROXY_GATHER_H

#include "base/loop.h"
#include "lcrproxy/node.h"

/* Runs in the worker's thread; what it returns (may be NULL) is answers[i]. */
typedef void *gather_ask(struct worker *worker, void *arg);
/* Runs in the control thread, exactly once; answers[0..n) are the caller's. */
typedef void gather_done(void *arg, void **answers, int n);

/* Ask all workers; answers come home through the mailbox. 0 or ERR_NOMEM. */
int gather_start(struct node *node, struct mailbox *home, gather_ask *ask,
		 gather_done *done, void *arg);

#endif
