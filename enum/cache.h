/*
 * cache.h - sets kept by tree and name, bounded in octets
 *
 * The one used longest ago goes first, about: it is the oldest that was not used
 * since this was asked last, so that a use moves nothing in memory. A set that is past its time is kept
 * for stale_s more, for when nobody can be asked. No locks: each worker has a
 * cache of its own (doc/enum.md says why).
 */
#ifndef ENUM_CACHE_H
#define ENUM_CACHE_H

#include "base/hash.h"
#include "base/map.h"
#include "enum/set.h"

struct enum_cache {
	struct map map;
	struct enum_set *oldest, *newest;
	size_t size, size_max; /* octets, buckets included */
	uint32_t stale_s;
	struct hash_key keys[2];
};

/* 0, ERR_NOMEM or ERR_IO (no randomness). */
int enum_cache_init(struct enum_cache *cache, size_t size_max,
		    uint32_t stale_s);
void enum_cache_fini(struct enum_cache *cache);
void enum_cache_clear(struct enum_cache *cache);
/* Octets in use, about. */
size_t enum_cache_total(const struct enum_cache *cache);
void enum_cache_key(const struct enum_cache *cache, size_t tree,
		    const struct dns_name *name, struct enum_name_key *out);
/* Borrowed; NULL when there is none that is valid at now_ms. */
struct enum_set *enum_cache_find(struct enum_cache *cache,
				 const struct enum_name_key *key,
				 int64_t now_ms);
/* One that has records, for hold_s more although its time is over; NULL:
 * none. */
struct enum_set *enum_cache_revive(struct enum_cache *cache,
				   const struct enum_name_key *key,
				   int64_t now_ms, uint32_t hold_s);
/* Keep set for keep_s, in place of what was there; takes a reference. */
void enum_cache_put(struct enum_cache *cache, const struct enum_name_key *key,
		    struct enum_set *set, int64_t now_ms, uint32_t keep_s);

#endif
