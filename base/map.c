/* map.c - chains in a bucket array that doubles */
#include "base/map.h"

#include "base/alloc.h"
#include "base/err.h"

#define MIN_BUCKETS 8

static size_t
index_of(const struct map *map, uint64_t hash)
{
	return hash & (map->n_buckets - 1);
}

/* A word has the bits of 64 buckets. */
static size_t
words_of(size_t n_buckets)
{
	return (n_buckets + 63) / 64;
}

static bool
is_used(const struct map *map, size_t i)
{
	return map->used[i / 64] >> (i % 64) & 1;
}

static void
push(struct map *map, struct map_node *node)
{
	size_t i = index_of(map, node->hash);

	node->next = is_used(map, i) ? map->buckets[i] : NULL;
	map->buckets[i] = node;
	map->used[i / 64] |= UINT64_C(1) << (i % 64);
}

int
map_init(struct map *map, size_t n)
{
	size_t n_buckets = MIN_BUCKETS;

	*map = (struct map){ 0 };
	while (n_buckets < n) {
		if (n_buckets > SIZE_MAX / 2)
			return ERR_NOMEM;
		n_buckets *= 2;
	}
	/* n_buckets is at most half of what a size_t holds */
	map->buckets = mem_zalloc(n_buckets + words_of(n_buckets),
				  sizeof(*map->buckets));
	if (map->buckets == NULL)
		return ERR_NOMEM;
	map->used = (uint64_t *)(void *)(map->buckets + n_buckets);
	map->n_buckets = n_buckets;
	return 0;
}

void
map_fini(struct map *map)
{
	mem_free(map->buckets);
	*map = (struct map){ 0 };
}

static struct map_node *
first_of(const struct map *map, size_t i)
{
	return is_used(map, i) ? map->buckets[i] : NULL;
}

static void
append(struct map *map, struct map_node *node, struct map_node ***end)
{
	size_t i = index_of(map, node->hash);

	map->used[i / 64] |= UINT64_C(1) << (i % 64);
	**end = node;
	*end = &node->next;
}

/* A chain becomes two, in the order that it had. */
static void
split(const struct map *map, size_t i, struct map *bigger)
{
	struct map_node **low = &bigger->buckets[i];
	struct map_node **high = &bigger->buckets[i + map->n_buckets];
	struct map_node *node, *next;

	for (node = first_of(map, i); node != NULL; node = next) {
		next = node->next;
		append(bigger, node,
		       (node->hash & map->n_buckets) != 0 ? &high : &low);
	}
	*low = *high = NULL;
}

/* Twice the buckets; nothing changes when there is no memory for them. */
static void
grow(struct map *map)
{
	struct map bigger;

	if (map_init(&bigger, map->n_buckets * 2) != 0)
		return;
	for (size_t i = 0; i < map->n_buckets; i++)
		split(map, i, &bigger);
	bigger.n = map->n;
	mem_free(map->buckets);
	*map = bigger;
}

void
map_add(struct map *map, struct map_node *node, uint64_t hash)
{
	if (map->n >= map->n_buckets)
		grow(map);
	node->hash = hash;
	push(map, node);
	map->n++;
}

void
map_spread(struct map *map, size_t n)
{
	if (map->n_buckets < n)
		grow(map);
}

void
map_remove(struct map *map, struct map_node *node)
{
	size_t i = index_of(map, node->hash);
	struct map_node **link = &map->buckets[i];

	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	if (map->buckets[i] == NULL)
		map->used[i / 64] &= ~(UINT64_C(1) << (i % 64));
	node->next = NULL;
	map->n--;
}

void
map_foresee(const struct map *map, uint64_t hash)
{
	if (map->n > 0)
		__builtin_prefetch(&map->buckets[index_of(map, hash)]);
}

struct map_node *
map_find(const struct map *map, uint64_t hash, map_is_fn *is, const void *key)
{
	struct map_node *node;

	if (map->n == 0) /* also the state after map_fini */
		return NULL;
	for (node = first_of(map, index_of(map, hash)); node != NULL;
	     node = node->next) {
		if (node->hash == hash && is(node, key))
			return node;
	}
	return NULL;
}

struct map_node *
map_next(const struct map *map, const struct map_node *node)
{
	size_t i = 0;

	if (node != NULL) {
		if (node->next != NULL)
			return node->next;
		i = index_of(map, node->hash) + 1;
	}
	for (; i < map->n_buckets; i++) {
		if (is_used(map, i))
			return map->buckets[i];
	}
	return NULL;
}
