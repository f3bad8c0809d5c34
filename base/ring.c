/*
 * ring.c - single producer, single consumer
 *
 * Both indices only grow; an item lives at index & mask. Each side keeps the
 * last index it saw of the other and looks again only when that one says
 * full or empty, so the cache lines move between the cores seldom.
 */
#include "base/ring.h"

#include <stdatomic.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"

/* Two lines: the prefetcher of x86 fetches them in pairs. */
#define APART 128

struct ring {
	size_t mask; /* capacity - 1; read by both, written by none */
	char pad0[APART];
	_Atomic size_t pushed; /* written by the producer */
	size_t popped_seen;
	char pad1[APART];
	_Atomic size_t popped; /* written by the consumer */
	size_t pushed_seen;
	char pad2[APART];
	void *items[];
};

int
ring_new(size_t capacity, struct ring **out)
{
	size_t n = 1;
	struct ring *ring;

	while (n < capacity) {
		if (n > SIZE_MAX / (4 * sizeof(void *)))
			return ERR_NOMEM;
		n *= 2;
	}
	ring = mem_zalloc(1, sizeof(*ring) + n * sizeof(void *));
	if (ring == NULL)
		return ERR_NOMEM;
	ring->mask = n - 1;
	atomic_init(&ring->pushed, 0);
	atomic_init(&ring->popped, 0);
	*out = ring;
	return 0;
}

void
ring_free(struct ring *ring)
{
	mem_free(ring);
}

bool
ring_push(struct ring *ring, void *item)
{
	size_t at = atomic_load_explicit(&ring->pushed, memory_order_relaxed);

	if (at - ring->popped_seen > ring->mask) {
		ring->popped_seen =
		    atomic_load_explicit(&ring->popped, memory_order_acquire);
		if (at - ring->popped_seen > ring->mask)
			return false;
	}
	ring->items[at & ring->mask] = item;
	atomic_store_explicit(&ring->pushed, at + 1, memory_order_release);
	return true;
}

void *
ring_pop(struct ring *ring)
{
	size_t at = atomic_load_explicit(&ring->popped, memory_order_relaxed);
	void *item;

	if (at == ring->pushed_seen) {
		ring->pushed_seen =
		    atomic_load_explicit(&ring->pushed, memory_order_acquire);
		if (at == ring->pushed_seen)
			return NULL;
	}
	item = ring->items[at & ring->mask];
	atomic_store_explicit(&ring->popped, at + 1, memory_order_release);
	return item;
}
