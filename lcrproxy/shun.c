/* shun.c - addresses that failed of late, tried after the others */
#include "lcrproxy/shun.h"

#include <string.h>

static uint64_t
hash_of(const struct hash_key *key, const struct sip_place *place)
{
	uint8_t bytes[sizeof(place->addr.ip) + 4];
	size_t n = sizeof(place->addr.ip);

	memcpy(bytes, place->addr.ip, n);
	bytes[n] = place->addr.family;
	bytes[n + 1] = place->transport;
	bytes[n + 2] = (uint8_t)(place->addr.port >> 8);
	bytes[n + 3] = (uint8_t)place->addr.port;
	return hash_bytes(key, bytes, sizeof(bytes)) | 1;
}

void
shun_add(struct shun *shun, const struct hash_key *key,
	 const struct sip_place *place, int64_t until_ms)
{
	uint64_t hash = hash_of(key, place);
	size_t i = hash / 2 % SHUN_SLOTS;

	atomic_store(&shun->slots[i].until_ms, until_ms);
	atomic_store(&shun->slots[i].place, hash);
}

void
shun_remove(struct shun *shun, const struct hash_key *key,
	    const struct sip_place *place)
{
	uint64_t hash = hash_of(key, place);
	size_t i = hash / 2 % SHUN_SLOTS;

	(void)atomic_compare_exchange_strong(&shun->slots[i].place, &hash, 0);
}

/* How long yet; 0: not. */
static int64_t
left_ms(struct shun *shun, const struct hash_key *key,
	const struct sip_place *place, int64_t now_ms)
{
	uint64_t hash = hash_of(key, place);
	size_t i = hash / 2 % SHUN_SLOTS;
	int64_t ms = atomic_load(&shun->slots[i].until_ms) - now_ms;

	return atomic_load(&shun->slots[i].place) == hash && ms > 0 ? ms : 0;
}

bool
shun_has(struct shun *shun, const struct hash_key *key,
	 const struct sip_place *place, int64_t now_ms)
{
	return left_ms(shun, key, place, now_ms) > 0;
}

int64_t
shun_rest_ms(struct shun *shun, const struct hash_key *key,
	     const struct sip_places *places, int64_t now_ms)
{
	int64_t least = places->n > 0 ? INT64_MAX : 0;

	for (size_t i = 0; i < places->n; i++) {
		int64_t ms = left_ms(shun, key, &places->at[i], now_ms);

		if (ms < least)
			least = ms;
	}
	return least;
}

void
shun_order(struct shun *shun, const struct hash_key *key,
	   struct sip_places *places, int64_t now_ms)
{
	struct sip_place bad[SIP_PLACES_MAX];
	size_t n_good = 0, n_bad = 0;

	for (size_t i = 0; i < places->n; i++) {
		if (shun_has(shun, key, &places->at[i], now_ms))
			bad[n_bad++] = places->at[i];
		else
			places->at[n_good++] = places->at[i];
	}
	memcpy(places->at + n_good, bad, n_bad * sizeof(bad[0]));
}
