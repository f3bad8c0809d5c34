/*
 * watch.h - the watch over the gateways' health, and the probes
 *
 * The first worker is the watcher of all gateways (route/health.h): a few
 * times a second it looks at what was noted of calls, and it asks gateways that
 * are to be probed for signs of life, with OPTIONS (RFC 3261 11).
 */
#ifndef LCRPROXY_WATCH_H
#define LCRPROXY_WATCH_H

#include "lcrproxy/worker.h"

struct watch;

/* Begin, in the worker's thread, once it has a snapshot; no-op the second
 * time: 0 or ERR_NOMEM. */
int watch_start(struct worker *worker);
/* After the worker's transactions are gone. NULL is accepted. */
void watch_free(struct watch *watch);
/* Look at what was noted of one gateway, in the one thread that does it: the
 * first worker's, or the control thread's for gateways that are learnt. */
void watch_tick(struct log *log, const struct gateway *gateway,
		const struct health_rules *rules, bool has_probes, time_us now);

#endif
