/* limit_states.c - the states of all limits, each found by its whole key */
#include "route/limit_state_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/err.h"

#define N_LOCKS 64
#define SPREAD UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

struct limit_key {
	uint64_t key;
	const char *trunk;
};

struct limit_states {
	const struct clock *clock;
	struct map map;
	pthread_mutex_t map_lock;
	pthread_mutex_t locks[N_LOCKS];
};

static struct limit_state *
state_of(const struct map_node *node)
{
	return MAP_ENTRY(node, struct limit_state, node);
}

static bool
has_key(const struct map_node *node, const void *arg)
{
	const struct limit_state *state = state_of(node);
	const struct limit_key *key = arg;

	return state->key == key->key && strcmp(state->trunk, key->trunk) == 0;
}

static struct limit_state *
make_state(struct limit_states *states, const struct limit_key *key,
	   uint64_t hash)
{
	size_t len = strlen(key->trunk) + 1;
	struct limit_state *state = mem_zalloc(1, sizeof(*state) + len);

	if (state == NULL)
		return NULL;
	state->key = key->key;
	memcpy(state->trunk, key->trunk, len);
	state->lock = &states->locks[hash % N_LOCKS];
	state->clock = states->clock;
	map_add(&states->map, &state->node, hash);
	return state;
}

int
limit_states_new(const struct clock *clock, struct limit_states **out)
{
	struct limit_states *states = mem_zalloc(1, sizeof(*states));

	if (states == NULL)
		return ERR_NOMEM;
	if (map_init(&states->map, N_LOCKS) != 0) {
		mem_free(states);
		return ERR_NOMEM;
	}
	states->clock = clock;
	pthread_mutex_init(&states->map_lock, NULL);
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&states->locks[i], NULL);
	*out = states;
	return 0;
}

void
limit_states_free(struct limit_states *states)
{
	struct map_node *node, *next;

	if (states == NULL)
		return;
	for (node = map_next(&states->map, NULL); node != NULL; node = next) {
		next = map_next(&states->map, node);
		mem_free(state_of(node));
	}
	map_fini(&states->map);
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_destroy(&states->locks[i]);
	pthread_mutex_destroy(&states->map_lock);
	mem_free(states);
}

int
limit_states_get(struct limit_states *states, uint32_t account, uint32_t class,
		 const char *trunk, struct limit_state **out)
{
	const struct limit_key key = { (uint64_t)account << 32 | class, trunk };
	uint64_t hash = (key.key ^ crc32c(0, trunk, strlen(trunk))) * SPREAD >>
			32;
	struct map_node *node;
	struct limit_state *state;

	pthread_mutex_lock(&states->map_lock);
	node = map_find(&states->map, hash, has_key, &key);
	state = node != NULL ? state_of(node) : make_state(states, &key, hash);
	pthread_mutex_unlock(&states->map_lock);
	if (state == NULL)
		return ERR_NOMEM;
	*out = state;
	return 0;
}
