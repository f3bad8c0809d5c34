/* tally.c - how often something ended with which SIP status */
#include "route/tally.h"

#define STATUS_MAX 699

/* First those of a class that have no slot of their own. */
static const char *const texts[TALLY_SLOTS] = {
	"none", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "200", "300", "301",
	"302", "380", "400", "401", "402", "403", "404", "405", "406", "407",
	"408", "410", "415", "420", "422", "423", "433", "480", "481", "482",
	"483", "484", "485", "486", "487", "488", "491", "500", "501", "502",
	"503", "504", "600", "603", "604", "606", "607", "608",
};

/* 0: with the others of its class. */
static const uint8_t slots[STATUS_MAX + 1] = {
	[200] = 7, [300] = 8, [301] = 9, [302] = 10, [380] = 11, [400] = 12,
	[401] = 13, [402] = 14, [403] = 15, [404] = 16, [405] = 17,
	[406] = 18, [407] = 19, [408] = 20, [410] = 21, [415] = 22,
	[420] = 23, [422] = 24, [423] = 25, [433] = 26, [480] = 27,
	[481] = 28, [482] = 29, [483] = 30, [484] = 31, [485] = 32,
	[486] = 33, [487] = 34, [488] = 35, [491] = 36, [500] = 37,
	[501] = 38, [502] = 39, [503] = 40, [504] = 41, [600] = 42,
	[603] = 43, [604] = 44, [606] = 45, [607] = 46, [608] = 47,
};

void
tally_add(struct tally *tally, int status)
{
	size_t slot = 0;

	if (status >= 100 && status <= STATUS_MAX)
		slot = slots[status] != 0 ? slots[status]
					  : (size_t)status / 100;
	atomic_fetch_add_explicit(&tally->by_slot[slot], 1,
				  memory_order_relaxed);
}

const char *
tally_text(size_t slot)
{
	return slot < TALLY_SLOTS ? texts[slot] : NULL;
}

uint64_t
tally_get(const struct tally *tally, size_t slot)
{
	return atomic_load_explicit(&tally->by_slot[slot],
				    memory_order_relaxed);
}

/* The smallest k with ms <= 125 * 2^k. */
static size_t
slot_of(uint64_t ms)
{
	uint64_t n = (ms + DELAYS_FIRST_MS - 1) / DELAYS_FIRST_MS;
	size_t slot = n > 1 ? (size_t)(64 - __builtin_clzll(n - 1)) : 0;

	return slot < DELAYS_SLOTS ? slot : DELAYS_SLOTS - 1;
}

void
delays_add(struct delays *delays, int64_t ms)
{
	uint64_t value = ms > 0 ? (uint64_t)ms : 0;

	atomic_fetch_add_explicit(&delays->by_slot[slot_of(value)], 1,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&delays->sum_ms, value,
				  memory_order_relaxed);
}
