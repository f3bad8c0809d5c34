/*
 * registrants.h - this node's registrations at all gateways that want them
 *
 * The first worker has them, as it has the watch over gateways (watch.h): a few
 * times a second it looks at what is due, begins few at a time, and compares
 * with the snapshot when there is a new one. None of it is on the call path.
 */
#ifndef LCRPROXY_REGISTRANTS_H
#define LCRPROXY_REGISTRANTS_H

#include "lcrproxy/worker.h"

struct registrants;

/* Begin, in the worker's thread, once it has a snapshot; no-op the second
 * time: 0 or ERR_NOMEM. */
int registrants_start(struct worker *worker);
/* After the worker's transactions are gone. NULL is accepted. */
void registrants_free(struct registrants *registrants);
/* The daemon ends: all are taken back. NULL is accepted. */
void registrants_leave(struct registrants *registrants);
/* Whether some were taken back and are not answered yet. NULL: no. */
bool registrants_are_leaving(const struct registrants *registrants);
/* A connection of this worker is gone. NULL is accepted. */
void registrants_lost(struct registrants *registrants, uint32_t conn);

#endif
