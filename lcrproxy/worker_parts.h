/*
 * worker_parts.h - what a worker is made of, besides its loop and its sockets
 *
 * worker.c puts a thread, a loop and sockets around it; tests a clock that
 * stands still and peers that are functions (tests/unit/proxy_world.h). Both
 * bring what worker.h promises of sending.
 */
#ifndef LCRPROXY_WORKER_PARTS_H
#define LCRPROXY_WORKER_PARTS_H

#include "lcrproxy/worker.h"

/* Everything that calls need, by worker's node, index, log, clock and journal,
 * which are there already, as are scratch and arena: 0, ERR_INVAL or
 * ERR_NOMEM; worker_parts_free in any case. */
int worker_parts_open(struct worker *worker);
/* What waits for sockets, timers and look-ups goes; twice does no harm. */
void worker_parts_drop_calls(struct worker *worker);
/* The rest, when all that is gone; not the arena. */
void worker_parts_free(struct worker *worker);

#endif
