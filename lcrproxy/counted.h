/*
 * counted.h - all that a worker counts, at one moment
 *
 * Taken in the worker's thread (gather.h), added up for lcrctl and for metrics:
 * both tell the same numbers.
 */
#ifndef LCRPROXY_COUNTED_H
#define LCRPROXY_COUNTED_H

#include "lcrproxy/worker.h"

/* Of 64-bit numbers alone. */
struct counted {
	struct counters calls;
	struct sip_txns_counters txns;
	struct sip_udp_counters udp;
	struct sip_tcp_counters tcp;
	struct sip_location_counters dns;
	uint64_t pending, answered; /* calls at this moment */
};

/* For gather.h: a struct counted, yours to mem_free; NULL when out of memory. */
void *counted_take(struct worker *worker, void *arg);
void counted_add(struct counted *sum, const struct counted *one);

#endif
