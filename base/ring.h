/*
 * ring.h - a bounded queue of pointers from one thread to one other
 *
 * Single producer, single consumer, no locks; a full ring refuses.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* capacity is rounded up to a power of two: 0 or ERR_NOMEM. */
int ring_new(size_t capacity, struct ring **out);
void ring_free(struct ring *ring);
/* Producer: false when full; item (not NULL) stays the caller's then. */
bool ring_push(struct ring *ring, void *item);
/* Consumer: the oldest item, or NULL when empty. */
void *ring_pop(struct ring *ring);

#endif
