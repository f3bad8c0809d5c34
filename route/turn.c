/* turn.c - drawing by weight */
#include "route/turn.h"

#include <assert.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

uint64_t
turn_place(uint64_t turn)
{
	return turn * GOLDEN;
}

static uint64_t
weight_of(uint32_t weight)
{
	return weight < TURN_MAX_WEIGHT ? weight : TURN_MAX_WEIGHT;
}

size_t
turn_draw(const uint32_t *weights, size_t n, uint64_t *place)
{
	unsigned __int128 point;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += weight_of(weights[i]);
	assert(sum > 0);
	point = (unsigned __int128)*place * sum; /* in 2^-64 of a weight */
	for (size_t i = 0;; i++) {
		unsigned __int128 part = (unsigned __int128)weight_of(
					     weights[i])
					 << 64;

		assert(i < n);
		if (point < part) {
			*place = (uint64_t)(point / weight_of(weights[i]));
			return i;
		}
		point -= part;
	}
}
