/* location_order.c - the order of SRV records (RFC 2782) */
#include "sip/location_private.h"

/* xorshift64* (Vigna, 2014): to spread load, not to keep secrets. */
static uint32_t
next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return (uint32_t)(x * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static void
swap(struct location_srv *a, struct location_srv *b)
{
	struct location_srv c = *a;

	*a = *b;
	*b = c;
}

/* By priority; among equals those of weight 0 first, as the choice wants it. */
static bool
comes_before(const struct location_srv *a, const struct location_srv *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight == 0 && b->weight != 0;
}

static void
sort(struct location_srv *srvs, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = i;
		     j > 0 && comes_before(&srvs[j], &srvs[j - 1]); j--)
			swap(&srvs[j], &srvs[j - 1]);
	}
}

/* Bring one of n records of one priority to the front; the others keep their
 * order. */
static void
choose_first(struct location_srv *srvs, size_t n, uint64_t *random)
{
	uint32_t sum = 0, at;
	size_t i;

	for (i = 0; i < n; i++)
		sum += srvs[i].weight;
	at = (uint32_t)((uint64_t)next_random(random) * (sum + 1) >> 32);
	for (i = 0, sum = 0; i + 1 < n; i++) {
		sum += srvs[i].weight;
		if (sum >= at)
			break;
	}
	for (; i > 0; i--)
		swap(&srvs[i], &srvs[i - 1]);
}

void
location_order(struct location_srv *srvs, size_t n, uint64_t *random)
{
	size_t end;

	sort(srvs, n);
	for (size_t i = 0; i < n; i = end) {
		end = i;
		while (end < n && srvs[end].priority == srvs[i].priority)
			end++;
		for (size_t first = i; end - first > 1; first++)
			choose_first(srvs + first, end - first, random);
	}
}
