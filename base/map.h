/*
 * map.h - a hash table of members of the caller's structs
 *
 * Intrusive: the node is a member of the stored struct, so adding never
 * allocates per entry; only the bucket array grows. The caller computes the
 * hash (hash.h) and compares keys; the map owns nothing that is put in. Which
 * buckets are in use is known by a bit each: of a table too large for the caches,
 * most look-ups for what is not there, and what is added, wait for no memory.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets; /* good where used says so */
	uint64_t *used;		   /* a bit for each; behind them */
	size_t n_buckets; /* a power of two */
	size_t n;
};

typedef bool map_is_fn(const struct map_node *node, const void *key);

/* The struct that holds a node. */
#define MAP_ENTRY(node, type, member) \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Room for about n entries before the first growth: 0 or ERR_NOMEM. */
int map_init(struct map *map, size_t n);
/* Frees the buckets, not the entries. */
void map_fini(struct map *map);
/* node->hash is set here. The same node must not be in a map already. When
 * the table cannot grow for lack of memory, chains get longer instead. */
void map_add(struct map *map, struct map_node *node, uint64_t hash);
/* Twice the buckets unless there are n already: map_add makes no more than there
 * are nodes. For shorter chains; no-op when there is no memory. */
void map_spread(struct map *map, size_t n);
/* The node must be in the map. */
void map_remove(struct map *map, struct map_node *node);
/* This hash will be looked for soon: its bucket is fetched meanwhile. */
void map_foresee(const struct map *map, uint64_t hash);
/* The entry with this hash for which is(node, key), of several the one that was
 * added last; NULL when there is none. */
struct map_node *map_find(const struct map *map, uint64_t hash, map_is_fn *is,
			  const void *key);
/* Walk all: pass NULL first, then the last node; NULL at the end. The node
 * returned last may be removed before the next step only if its successor
 * was fetched first. Order is unspecified. */
struct map_node *map_next(const struct map *map, const struct map_node *node);

#endif
