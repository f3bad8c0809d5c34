/* gateway_state.c - a table of gateway states that only grows */
#include "route/gateway_state.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/map.h"

#define FIRST_SIZE 64
#define RATE_AHEAD_MAX (10 * US_PER_S) /* beyond: the clock was set back */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

enum kind { GATEWAY, CARRIER, ACCOUNT };

static const size_t sizes[] = {
	[GATEWAY] = sizeof(struct gateway_state),
	[CARRIER] = sizeof(struct carrier_state),
	[ACCOUNT] = sizeof(struct account_state),
};

struct key {
	enum kind kind;
	uint32_t id;
};

/* Its state, of the key's kind, lies behind it. */
struct entry {
	struct map_node node;
	struct key key;
	_Alignas(max_align_t) char state[];
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
has_key(const struct map_node *node, const void *arg)
{
	const struct key *key = arg;
	const struct key *other = &entry_of(node)->key;

	return other->id == key->id && other->kind == key->kind;
}

/* Ids come from our own tables and one after the other. */
static uint64_t
hash_of(const struct key *key)
{
	return (key->id + ((uint64_t)key->kind << 32)) * SPREAD >> 32;
}

const char *
gateway_registration_text(enum gateway_registration registration)
{
	static const char *const texts[] = {
		[REGISTRATION_NONE] = "none",
		[REGISTRATION_TRYING] = "trying",
		[REGISTRATION_GOOD] = "registered",
		[REGISTRATION_FAILED] = "failed",
		[REGISTRATION_LEAVING] = "leaving",
	};

	return texts[registration];
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
find_or_add(struct map *map, const struct key *key)
{
	uint64_t hash = hash_of(key);
	struct map_node *node = map_find(map, hash, has_key, key);
	struct entry *entry;

	if (node != NULL)
		return entry_of(node);
	entry = mem_zalloc(1, sizeof(*entry) + sizes[key->kind]);
	if (entry == NULL)
		return NULL;
	entry->key = *key;
	memcpy(entry->state, &key->id, sizeof(key->id)); /* is their first */
	map_add(map, &entry->node, hash);
	return entry;
}

/* The state of a key, or NULL. */
static void *
get(struct gateway_states *states, enum kind kind, uint32_t id)
{
	const struct key key = { kind, id };
	struct entry *entry;

	pthread_mutex_lock(&states->lock);
	entry = find_or_add(&states->map, &key);
	pthread_mutex_unlock(&states->lock);
	return entry != NULL ? entry->state : NULL;
}

int
gateway_states_get(struct gateway_states *states, uint32_t id,
		   struct gateway_state **out)
{
	*out = get(states, GATEWAY, id);
	return *out != NULL ? 0 : ERR_NOMEM;
}

int
carrier_states_get(struct gateway_states *states, uint32_t id,
		   struct carrier_state **out)
{
	*out = get(states, CARRIER, id);
	return *out != NULL ? 0 : ERR_NOMEM;
}

int
account_states_get(struct gateway_states *states, uint32_t id,
		   struct account_state **out)
{
	*out = get(states, ACCOUNT, id);
	return *out != NULL ? 0 : ERR_NOMEM;
}

struct account_state *
account_states_find(struct gateway_states *states, uint32_t id)
{
	const struct key key = { ACCOUNT, id };
	struct map_node *node;

	pthread_mutex_lock(&states->lock);
	node = map_find(&states->map, hash_of(&key), has_key, &key);
	pthread_mutex_unlock(&states->lock);
	return node != NULL ? (struct account_state *)(void *)entry_of(node)->state
			    : NULL;
}

bool
gateway_state_has_rate(const struct gateway_state *state, int32_t cps,
		       time_us now)
{
	int64_t next = atomic_load(&state->next_call_us);

	if (cps <= 0)
		return cps < 0;
	return next <= now + US_PER_S - US_PER_S / cps ||
	       next > now + RATE_AHEAD_MAX;
}

void
gateway_state_take_rate(struct gateway_state *state, int32_t cps, time_us now)
{
	int64_t next = atomic_load(&state->next_call_us), after;

	if (cps <= 0)
		return;
	do {
		bool is_even = next > now && next <= now + RATE_AHEAD_MAX;

		after = (is_even ? next : now) + US_PER_S / cps;
	} while (!atomic_compare_exchange_weak(&state->next_call_us, &next,
					       after));
}

static uint64_t
outcomes_of(const struct gateway_state *state, enum cdr_outcome outcome)
{
	return atomic_load_explicit(&state->outcomes[outcome],
				    memory_order_relaxed);
}

uint64_t
gateway_state_answers(const struct gateway_state *state)
{
	return outcomes_of(state, CDR_ATTEMPT_ANSWERED) +
	       outcomes_of(state, CDR_ATTEMPT_LATE_ANSWER);
}

uint64_t
gateway_state_failures(const struct gateway_state *state)
{
	return outcomes_of(state, CDR_ATTEMPT_TIMEOUT) +
	       outcomes_of(state, CDR_ATTEMPT_REJECTED) +
	       outcomes_of(state, CDR_ATTEMPT_UNREACHABLE) +
	       outcomes_of(state, CDR_ATTEMPT_REDIRECTED);
}

uint64_t
gateway_state_timeouts(const struct gateway_state *state)
{
	return outcomes_of(state, CDR_ATTEMPT_TIMEOUT);
}

void
gateway_state_note_end(struct gateway_state *state, time_us now,
		       enum cdr_outcome outcome, int status)
{
	struct carrier_state *carrier = atomic_load(&state->carrier);

	atomic_fetch_add_explicit(&state->outcomes[outcome], 1,
				  memory_order_relaxed);
	tally_add(&state->codes, status);
	if (carrier != NULL)
		tally_add(&carrier->codes, status);
	if (outcome == CDR_ATTEMPT_ANSWERED ||
	    outcome == CDR_ATTEMPT_LATE_ANSWER)
		atomic_store(&state->last_answer_us, now);
	else if (outcome != CDR_ATTEMPT_CANCELLED)
		atomic_store(&state->last_failure_us, now);
}

void
gateway_state_note_attempt(struct gateway_state *state, time_us now,
			   bool is_answered, int64_t delay_ms)
{
	struct carrier_state *carrier = atomic_load(&state->carrier);

	if (delay_ms >= 0)
		delays_add(&state->delays, delay_ms);
	if (carrier != NULL)
		quality_note_attempt(&carrier->quality, now, is_answered,
				     delay_ms);
}

void
gateway_state_note_call(struct gateway_state *state, time_us now,
			int64_t duration_s)
{
	struct carrier_state *carrier = atomic_load(&state->carrier);

	atomic_fetch_add_explicit(&state->calls, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&state->talk_s,
				  duration_s > 0 ? (uint64_t)duration_s : 0,
				  memory_order_relaxed);
	if (carrier != NULL)
		quality_note_call(&carrier->quality, now, duration_s);
}
