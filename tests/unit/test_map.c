/* test_map.c - the intrusive hash table */
#include "base/map.h"

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"

#define N_ITEMS 1000

struct item {
	int key;
	int seen;
	struct map_node node;
};

static bool
is_key(const struct map_node *node, const void *key)
{
	return MAP_ENTRY(node, const struct item, node)->key ==
	       *(const int *)key;
}

static struct item *
find(const struct map *map, uint64_t hash, int key)
{
	struct map_node *node = map_find(map, hash, is_key, &key);

	return node != NULL ? MAP_ENTRY(node, struct item, node) : NULL;
}

/* Every third item shares its hash with others. */
static uint64_t
hash_of(int key)
{
	return key % 3 == 0 ? 42 : (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);
}

static void
fill(struct map *map, struct item *items)
{
	for (int i = 0; i < N_ITEMS; i++) {
		items[i].key = i;
		map_add(map, &items[i].node, hash_of(i));
	}
}

static void
what_was_added_is_found_until_removed(void)
{
	static struct item items[N_ITEMS];
	struct map map;

	if (!OK(map_init(&map, 0)))
		return;
	fill(&map, items);
	CHECK(map.n == N_ITEMS);
	for (int i = 0; i < N_ITEMS; i++)
		CHECK(find(&map, hash_of(i), i) == &items[i]);
	CHECK(find(&map, hash_of(N_ITEMS), N_ITEMS) == NULL);
	for (int i = 0; i < N_ITEMS; i += 2)
		map_remove(&map, &items[i].node);
	CHECK(map.n == N_ITEMS / 2);
	for (int i = 0; i < N_ITEMS; i++)
		CHECK(find(&map, hash_of(i), i) ==
		      (i % 2 == 0 ? NULL : &items[i]));
	map_fini(&map);
	CHECK(find(&map, hash_of(1), 1) == NULL);
}

static void
the_hash_must_match_too(void)
{
	struct item item = { .key = 5 };
	struct map map;

	if (!OK(map_init(&map, 0)))
		return;
	map_add(&map, &item.node, 8);
	CHECK(item.node.hash == 8);
	CHECK(find(&map, 8, 5) == &item);
	CHECK(find(&map, 0, 5) == NULL); /* the same bucket */
	map_fini(&map);
}

static void
walking_visits_each_once(void)
{
	static struct item items[N_ITEMS];
	const struct map_node *node = NULL;
	struct map map;
	int n = 0;

	if (!OK(map_init(&map, 0)))
		return;
	CHECK(map_next(&map, NULL) == NULL);
	fill(&map, items);
	for (int i = 0; i < N_ITEMS; i++)
		items[i].seen = 0;
	while ((node = map_next(&map, node)) != NULL) {
		MAP_ENTRY(node, struct item, node)->seen++;
		n++;
	}
	CHECK(n == N_ITEMS);
	for (int i = 0; i < N_ITEMS; i++)
		CHECK(items[i].seen == 1);
	map_fini(&map);
}

static void
a_walk_may_remove_what_it_left(void)
{
	static struct item items[N_ITEMS];
	struct map_node *node, *next;
	struct map map;

	if (!OK(map_init(&map, N_ITEMS)))
		return;
	fill(&map, items);
	for (node = map_next(&map, NULL); node != NULL; node = next) {
		next = map_next(&map, node);
		map_remove(&map, node);
	}
	CHECK(map.n == 0);
	CHECK(map_next(&map, NULL) == NULL);
	map_fini(&map);
}

/* What a bucket held last is not seen again. */
static void
emptied_buckets_are_empty(void)
{
	static struct item items[N_ITEMS];
	struct map map;

	if (!OK(map_init(&map, N_ITEMS)))
		return;
	for (int round = 0; round < 3; round++) {
		fill(&map, items);
		for (int i = N_ITEMS; i-- > 1;)
			map_remove(&map, &items[i].node);
		for (int i = 1; i < N_ITEMS; i++)
			CHECK(find(&map, hash_of(i), i) == NULL);
		CHECK(map.n == 1 && map_next(&map, NULL) == &items[0].node &&
		      map_next(&map, &items[0].node) == NULL);
		map_remove(&map, &items[0].node);
		CHECK(map_next(&map, NULL) == NULL);
	}
	map_fini(&map);
}

static void
it_doubles_when_full_and_keeps_room_promised(void)
{
	static struct item items[N_ITEMS];
	struct map map;

	if (!OK(map_init(&map, 0)))
		return;
	CHECK(map.n_buckets == 8);
	fill(&map, items);
	CHECK(map.n_buckets == 1024);
	map_fini(&map);
	if (!OK(map_init(&map, 1000)))
		return;
	CHECK(map.n_buckets == 1024);
	map_fini(&map);
	CHECK(map_init(&map, SIZE_MAX) == ERR_NOMEM);
	map_fini(&map);
}

static void
without_memory_the_chains_get_longer(void)
{
	static struct item items[N_ITEMS];
	struct map map;

	if (!OK(map_init(&map, 0)))
		return;
	alloc_fail_after(0);
	fill(&map, items);
	alloc_fail_after(-1);
	CHECK(map.n == N_ITEMS && map.n_buckets == 8);
	for (int i = 0; i < N_ITEMS; i++)
		CHECK(find(&map, hash_of(i), i) == &items[i]);
	map_fini(&map);
}

static bool
is_any(const struct map_node *node, const void *key)
{
	(void)node;
	(void)key;
	return true;
}

/* Also when the table has grown meanwhile, once or more often. */
static void
of_several_the_last_is_found(void)
{
	static struct item twins[3], items[N_ITEMS];
	struct map map;

	if (!OK(map_init(&map, 0)))
		return;
	for (int i = 0; i < 3; i++)
		map_add(&map, &twins[i].node, UINT64_C(0x5555));
	for (int i = 0; i < N_ITEMS; i++) {
		map_add(&map, &items[i].node, hash_of(i) | UINT64_C(1) << 63);
		CHECK(map_find(&map, UINT64_C(0x5555), is_any, NULL) ==
		      &twins[2].node);
	}
	map_remove(&map, &twins[2].node);
	CHECK(map_find(&map, UINT64_C(0x5555), is_any, NULL) ==
	      &twins[1].node);
	map_fini(&map);
}

static const struct test tests[] = {
	{ "what was added is found until removed",
	  what_was_added_is_found_until_removed, false },
	{ "the hash must match too", the_hash_must_match_too, false },
	{ "walking visits each once", walking_visits_each_once, false },
	{ "a walk may remove what it left", a_walk_may_remove_what_it_left,
	  false },
	{ "emptied buckets are empty", emptied_buckets_are_empty, false },
	{ "it doubles when full and keeps room promised",
	  it_doubles_when_full_and_keeps_room_promised, false },
	{ "of several the last is found", of_several_the_last_is_found, false },
	{ "without memory the chains get longer",
	  without_memory_the_chains_get_longer, true },
};

const struct test_suite suite_map = TEST_SUITE("map", tests);
