/* gateway_state.c - a table of gateway states that only grows */
#include "route/gateway_state.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/map.h"

#define FIRST_SIZE 64
#define SPREAD UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

struct entry {
	struct map_node node;
	struct gateway_state state;
};

struct gateway_states {
	pthread_mutex_t lock; /* of the map; states need none */
	struct map map;
};

static struct entry *
entry_of(const struct map_node *node)
{
	return MAP_ENTRY(node, struct entry, node);
}

static bool
has_id(const struct map_node *node, const void *key)
{
	return entry_of(node)->state.id == *(const uint32_t *)key;
}

/* Ids come from our own tables and one after the other. */
static uint64_t
hash_of(uint32_t id)
{
	return id * SPREAD >> 32;
}

int
gateway_states_new(struct gateway_states **out)
{
	struct gateway_states *states = mem_zalloc(1, sizeof(*states));

	if (states == NULL)
		return ERR_NOMEM;
	if (map_init(&states->map, FIRST_SIZE) != 0)
		goto fail;
	if (pthread_mutex_init(&states->lock, NULL) != 0)
		goto fail;
	*out = states;
	return 0;
fail:
	map_fini(&states->map);
	mem_free(states);
	return ERR_NOMEM;
}

void
gateway_states_free(struct gateway_states *states)
{
	struct map_node *node, *next;

	if (states == NULL)
		return;
	for (node = map_next(&states->map, NULL); node != NULL; node = next) {
		next = map_next(&states->map, node);
		mem_free(entry_of(node));
	}
	map_fini(&states->map);
	pthread_mutex_destroy(&states->lock);
	mem_free(states);
}

static struct entry *
find_or_add(struct map *map, uint32_t id)
{
	struct map_node *node = map_find(map, hash_of(id), has_id, &id);
	struct entry *entry;

	if (node != NULL)
		return entry_of(node);
	entry = mem_zalloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->state.id = id;
	map_add(map, &entry->node, hash_of(id));
	return entry;
}

int
gateway_states_get(struct gateway_states *states, uint32_t id,
		   struct gateway_state **out)
{
	struct entry *entry;

	pthread_mutex_lock(&states->lock);
	entry = find_or_add(&states->map, id);
	pthread_mutex_unlock(&states->lock);
	if (entry == NULL)
		return ERR_NOMEM;
	*out = &entry->state;
	return 0;
}
