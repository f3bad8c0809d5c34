/* cache.c - sets kept by tree and name, bounded in octets */
#include "enum/cache.h"

#include <assert.h>

#include "base/err.h"

#define TREES_MAX 256 /* told apart by one octet before the name */

int
enum_cache_init(struct enum_cache *cache, size_t size_max, uint32_t stale_s)
{
	*cache =
	    (struct enum_cache){ .size_max = size_max, .stale_s = stale_s };
	if (hash_key_random(&cache->keys[0]) != 0 ||
	    hash_key_random(&cache->keys[1]) != 0)
		return ERR_IO;
	return map_init(&cache->map, 0);
}

static void
unlink_set(struct enum_cache *cache, struct enum_set *set)
{
	*(set->older != NULL ? &set->older->newer : &cache->oldest) =
	    set->newer;
	*(set->newer != NULL ? &set->newer->older : &cache->newest) =
	    set->older;
}

static void
link_newest(struct enum_cache *cache, struct enum_set *set)
{
	set->older = cache->newest;
	set->newer = NULL;
	*(set->older != NULL ? &set->older->newer : &cache->oldest) = set;
	cache->newest = set;
}

static void
drop(struct enum_cache *cache, struct enum_set *set)
{
	map_remove(&cache->map, &set->node);
	unlink_set(cache, set);
	cache->size -= enum_set_size(set);
	set->is_cached = false;
	enum_set_unref(set);
}

void
enum_cache_clear(struct enum_cache *cache)
{
	while (cache->oldest != NULL)
		drop(cache, cache->oldest);
}

void
enum_cache_fini(struct enum_cache *cache)
{
	enum_cache_clear(cache);
	map_fini(&cache->map);
}

/* Names differ in case only for people (RFC 4343). */
void
enum_cache_key(const struct enum_cache *cache, size_t tree,
	       const struct dns_name *name, struct enum_name_key *out)
{
	uint8_t text[DNS_NAME_MAX + 1];

	assert(tree < TREES_MAX);
	text[0] = (uint8_t)tree;
	for (size_t i = 0; i < name->len; i++) {
		uint8_t c = name->wire[i];

		text[i + 1] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
	}
	out->a = hash_bytes(&cache->keys[0], text, name->len + 1U);
	map_foresee(&cache->map, out->a);
	out->b = hash_bytes(&cache->keys[1], text, name->len + 1U);
}

static bool
is_key(const struct map_node *node, const void *key)
{
	const struct enum_set *set =
	    (const void *)((const char *)node -
			   offsetof(struct enum_set, node));
	const struct enum_name_key *wanted = key;

	__builtin_prefetch(set->data); /* the records: one line or two */
	__builtin_prefetch(set->data + 64);
	return set->key_b == wanted->b;
}

/* The set of a key, as old as it may be. */
static struct enum_set *
find_any(struct enum_cache *cache, const struct enum_name_key *key)
{
	struct map_node *node = map_find(&cache->map, key->a, is_key, key);

	return node != NULL ? MAP_ENTRY(node, struct enum_set, node) : NULL;
}

/* The oldest that was not used goes; those that were have another round. */
static void
drop_oldest(struct enum_cache *cache)
{
	struct enum_set *set;

	while ((set = cache->oldest)->is_used && set->newer != NULL) {
		set->is_used = false;
		unlink_set(cache, set);
		link_newest(cache, set);
	}
	drop(cache, set);
}

struct enum_set *
enum_cache_find(struct enum_cache *cache, const struct enum_name_key *key,
		int64_t now_ms)
{
	struct enum_set *set = find_any(cache, key);

	if (set == NULL || set->expires_ms <= now_ms)
		return NULL;
	set->is_used = true;
	return set;
}

struct enum_set *
enum_cache_revive(struct enum_cache *cache, const struct enum_name_key *key,
		  int64_t now_ms, uint32_t hold_s)
{
	struct enum_set *set = find_any(cache, key);
	int64_t end_ms;

	if (set == NULL || set->outcome != ENUM_FOUND || cache->stale_s == 0)
		return NULL;
	end_ms = set->expires_ms + (int64_t)cache->stale_s * 1000;
	if (set->is_stale) /* its time was counted when it went stale */
		end_ms = set->stale_end_ms;
	if (now_ms >= end_ms)
		return NULL;
	set->stale_end_ms = end_ms;
	set->is_stale = true;
	set->expires_ms = now_ms + (int64_t)hold_s * 1000;
	set->is_used = true;
	return set;
}

size_t
enum_cache_total(const struct enum_cache *cache)
{
	return cache->size + cache->map.n_buckets * sizeof(*cache->map.buckets);
}

void
enum_cache_put(struct enum_cache *cache, const struct enum_name_key *key,
	       struct enum_set *set, int64_t now_ms, uint32_t keep_s)
{
	struct enum_set *old = find_any(cache, key);

	if (old != NULL)
		drop(cache, old);
	set->key_b = key->b;
	set->expires_ms = now_ms + (int64_t)keep_s * 1000;
	set->is_cached = true;
	enum_set_ref(set);
	cache->size += enum_set_size(set);
	/* half as many: a chain's second set is one more miss */
	map_spread(&cache->map, 2 * cache->map.n);
	map_add(&cache->map, &set->node, key->a);
	link_newest(cache, set);
	while (enum_cache_total(cache) > cache->size_max &&
	       cache->oldest != NULL)
		drop_oldest(cache);
}
