/* counted.c - all that a worker counts, at one moment */
#include "lcrproxy/counted.h"

#include "base/alloc.h"

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "numbers of one size");

void *
counted_take(struct worker *worker, void *arg)
{
	struct counted *counted = mem_zalloc(1, sizeof(*counted));

	(void)arg;
	if (counted == NULL)
		return NULL;
	counted->calls = worker->counters;
	if (worker->txns != NULL)
		counted->txns = *sip_txns_counters(worker->txns);
	worker_count(worker, &counted->udp, &counted->tcp);
	if (worker->location != NULL)
		counted->dns = *sip_location_counters(worker->location);
	counted->pending = worker->n_calls - worker->n_ended;
	counted->answered = worker->live.map.n + worker->resumed.map.n;
	return counted;
}

void
counted_add(struct counted *sum, const struct counted *one)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)one;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}
