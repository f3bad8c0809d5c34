/* meter.c - who sends too many new requests, and is not listened to for a while
 */
#include "lcrproxy/meter.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define SETS 1024
#define WAYS 4 /* sources with one hash: the quietest of them makes room */
#define MS_PER_S 1000

struct source {
	uint8_t ip[16];
	uint8_t family; /* 0 = free */
	int64_t credit; /* thousandths of a request */
	int64_t seen_ms, silent_until_ms;
	int32_t silence_ms; /* the last one; 0 = none lately */
};

struct meter {
	const struct hash_key *key;
	int64_t silent_until_ms; /* of all */
	struct source sources[SETS][WAYS];
};

int
meter_new(const struct hash_key *key, struct meter **out)
{
	*out = mem_zalloc(1, sizeof(**out));
	if (*out == NULL)
		return ERR_NOMEM;
	(*out)->key = key;
	return 0;
}

void
meter_free(struct meter *meter)
{
	mem_free(meter);
}

static bool
is_of(const struct source *source, const struct addr *addr)
{
	return source->family == addr->family &&
	       memcmp(source->ip, addr->ip, sizeof(addr->ip)) == 0;
}

static size_t
set_of(const struct meter *meter, const struct addr *addr)
{
	return hash_bytes(meter->key, addr->ip, sizeof(addr->ip)) % SETS;
}

/* The entry of a source, taken from the quietest when it has none. */
static struct source *
find(struct meter *meter, const struct addr *addr, int64_t credit)
{
	struct source *set = meter->sources[set_of(meter, addr)];
	struct source *oldest = &set[0];

	for (int i = 0; i < WAYS; i++) {
		if (is_of(&set[i], addr))
			return &set[i];
		if (set[i].family == 0 ||
		    (oldest->family != 0 && set[i].seen_ms < oldest->seen_ms))
			oldest = &set[i];
	}
	*oldest = (struct source){ .family = addr->family, .credit = credit };
	memcpy(oldest->ip, addr->ip, sizeof(addr->ip));
	return oldest;
}

/* Twice as long as the last one, unless that is long ago. */
static void
silence(struct meter *meter, struct source *source, int64_t now_ms)
{
	if (source->silence_ms == 0 ||
	    now_ms - source->silent_until_ms > METER_SILENCE_MAX_MS)
		source->silence_ms = METER_SILENCE_MS;
	else if (source->silence_ms < METER_SILENCE_MAX_MS)
		source->silence_ms *= 2;
	source->silent_until_ms = now_ms + source->silence_ms;
	source->credit = 0;
	if (meter->silent_until_ms < source->silent_until_ms)
		meter->silent_until_ms = source->silent_until_ms;
}

enum meter_verdict
meter_take(struct meter *meter, const struct addr *addr, uint32_t rate,
	   int64_t now_ms)
{
	const struct addr host = addr_host(addr);
	int64_t most = (int64_t)rate * MS_PER_S;
	struct source *source = find(meter, &host, most);
	int64_t passed = now_ms - source->seen_ms;

	if (now_ms < source->silent_until_ms) {
		source->seen_ms = now_ms;
		return METER_DROP;
	}
	/* a second fills it up, so nothing overflows */
	if (passed > MS_PER_S)
		passed = MS_PER_S;
	source->credit += passed * rate;
	if (source->credit > most)
		source->credit = most;
	source->seen_ms = now_ms;
	if (source->credit < MS_PER_S) {
		silence(meter, source, now_ms);
		return METER_SILENCED;
	}
	source->credit -= MS_PER_S;
	return METER_PASS;
}

bool
meter_has_silent(const struct meter *meter, int64_t now_ms)
{
	return now_ms < meter->silent_until_ms;
}

bool
meter_is_silent(const struct meter *meter, const struct addr *addr,
		int64_t now_ms)
{
	const struct addr host = addr_host(addr);
	const struct source *set = meter->sources[set_of(meter, &host)];
	int i = 0;

	while (i < WAYS && !is_of(&set[i], &host))
		i++;
	return i < WAYS && now_ms < set[i].silent_until_ms;
}
