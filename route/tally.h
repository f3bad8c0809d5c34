/*
 * tally.h - how often something ended with which SIP status
 *
 * The final codes that mean something to operators have a place of their own, the
 * others share one per class: what a stranger may send makes no new places. Any
 * thread counts and reads.
 */
#ifndef ROUTE_TALLY_H
#define ROUTE_TALLY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_SLOTS 48

struct tally {
	_Atomic uint64_t by_slot[TALLY_SLOTS];
};

/* status: 0 (there was none), or 100..699; any other counts as none. */
void tally_add(struct tally *tally, int status);
/* "none", "200", "4xx" (the others of a class); NULL for a slot without one. */
const char *tally_text(size_t slot);
uint64_t tally_get(const struct tally *tally, size_t slot);

/*
 * Delays, in places that double: up to 125 ms, 250 ms, 500 ms ... 32 s, and longer
 * ones. The last bound is without end.
 */
#define DELAYS_SLOTS 10
#define DELAYS_FIRST_MS 125

struct delays {
	_Atomic uint64_t by_slot[DELAYS_SLOTS]; /* each for itself */
	_Atomic uint64_t sum_ms;
};

void delays_add(struct delays *delays, int64_t ms);

#endif
