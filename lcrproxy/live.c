/* live.c - a bounded table of answered calls, oldest first */
#include "lcrproxy/live.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"

#define LIVE_NAMES 4 /* account, carrier, gateway, URI */

uint64_t
live_name(const struct hash_key *key, struct str call_id, struct str to_tag)
{
	return hash_bytes(key, call_id.p, call_id.len) ^
	       hash_bytes(key, to_tag.p, to_tag.len);
}

static uint64_t
id_hash(const struct live *live, const struct live_id *id)
{
	return live_name(live->key, id->call_id, id->to_tag);
}

struct str
live_call_id(const struct live_call *call)
{
	return str_make(call->text, call->call_id_len);
}

static bool
is_call(const struct map_node *node, const void *arg)
{
	const struct live_call *call = MAP_ENTRY(node, struct live_call, node);
	const struct live_id *id = arg;
	const char *from = call->text + call->call_id_len;

	return (id->setup == 0 || id->setup == call->setup) &&
	       str_eq(live_call_id(call), id->call_id) &&
	       str_eq(str_make(from, call->from_tag_len), id->from_tag) &&
	       str_eq(str_make(from + call->from_tag_len, call->to_tag_len),
		      id->to_tag);
}

int
live_init(struct live *live, const struct hash_key *key, size_t max)
{
	int err;

	memset(live, 0, sizeof(*live));
	live->key = key;
	live->max = max;
	err = pool_new(ALLOC_IS_WATCHED, &live->pool);
	if (err == 0)
		err = map_init(&live->map, 1024);
	if (err != 0) {
		pool_free(live->pool);
		live->pool = NULL;
	}
	return err;
}

static void
forget(struct live *live, struct live_call *call)
{
	if (call->older != NULL)
		call->older->newer = call->newer;
	else
		live->oldest = call->newer;
	if (call->newer != NULL)
		call->newer->older = call->older;
	else
		live->newest = call->older;
	if (live->next_to_check == call)
		live->next_to_check = call->newer;
	if (live->found == call)
		live->found = NULL;
	map_remove(&live->map, &call->node);
	if (call->gateway != NULL)
		atomic_fetch_sub(&call->gateway->answered, 1);
	limit_leave(&call->use);
	pool_give(live->pool, call, call->size);
}

void
live_fini(struct live *live)
{
	while (live->oldest != NULL)
		forget(live, live->oldest);
	map_fini(&live->map);
	pool_free(live->pool);
	live->pool = NULL;
}

static char *
put(char *at, const void *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

/* The names behind the ids, each with its NUL. */
static void
put_names(struct live_call *call, char *at, const char *const *names)
{
	const char **const places[LIVE_NAMES] = { &call->account,
						  &call->carrier,
						  &call->gateway_name,
						  &call->uri };

	for (size_t i = 0; i < LIVE_NAMES; i++) {
		const char *name = names[i] != NULL ? names[i] : "";

		*places[i] = at;
		at = put(at, name, strlen(name) + 1);
	}
}

static struct live_call *
make(struct live *live, const struct live_fact *fact)
{
	const char *const names[LIVE_NAMES] = { fact->account, fact->carrier,
						fact->gateway_name,
						fact->uri };
	size_t len = fact->call_id.len + fact->from_tag.len +
		     fact->to_tag.len;
	struct live_call *call;
	char *at;

	for (size_t i = 0; i < LIVE_NAMES; i++)
		len += (names[i] != NULL ? strlen(names[i]) : 0) + 1;
	call = pool_take_zeroed(live->pool, sizeof(*call) + len);
	if (call == NULL)
		return NULL;
	call->size = sizeof(*call) + len;
	call->setup = fact->setup;
	call->answer = fact->answer;
	call->answer_mono_us = fact->answer_mono_us;
	memcpy(call->token, fact->token, TOKEN_LEN);
	call->space = fact->space;
	call->number = *fact->number;
	call->gateway = fact->gateway;
	call->way = fact->way;
	call->call_id_len = (uint16_t)fact->call_id.len;
	call->from_tag_len = (uint16_t)fact->from_tag.len;
	call->to_tag_len = (uint16_t)fact->to_tag.len;
	at = put(call->text, fact->call_id.p, fact->call_id.len);
	at = put(at, fact->from_tag.p, fact->from_tag.len);
	at = put(at, fact->to_tag.p, fact->to_tag.len);
	put_names(call, at, names);
	return call;
}

void
live_age(struct live *live, time_us now)
{
	while (live->oldest != NULL &&
	       live->oldest->answer + LIVE_MAX_AGE_S * US_PER_S < now)
		forget(live, live->oldest);
}

static void
make_room(struct live *live, time_us now)
{
	live_age(live, now);
	while (live->oldest != NULL && live->map.n >= live->max)
		forget(live, live->oldest);
}

int
live_add(struct live *live, const struct live_fact *fact)
{
	const struct live_id id = { fact->call_id, fact->from_tag, fact->to_tag,
				    fact->setup };
	uint64_t hash = id_hash(live, &id);
	struct live_call *call;

	if (live->max == 0)
		return 0;
	if (map_find(&live->map, hash, is_call, &id) != NULL)
		return ERR_EXISTS;
	make_room(live, fact->answer);
	call = make(live, fact);
	if (call == NULL)
		return ERR_NOMEM;
	call->older = live->newest;
	if (live->newest != NULL)
		live->newest->newer = call;
	else
		live->oldest = call;
	live->newest = call;
	map_add(&live->map, &call->node, hash);
	live->found = call;
	if (call->gateway != NULL)
		atomic_fetch_add(&call->gateway->answered, 1);
	if (fact->use != NULL) {
		call->use = *fact->use;
		*fact->use = (struct limit_use){ 0 };
	}
	return 0;
}

struct live_call *
live_find(struct live *live, const struct live_id *id)
{
	struct map_node *node;

	if (live->found != NULL && is_call(&live->found->node, id))
		return live->found;
	node = map_find(&live->map, id_hash(live, id), is_call, id);
	if (node == NULL)
		return NULL;
	live->found = MAP_ENTRY(node, struct live_call, node);
	return live->found;
}

int
live_remove(struct live *live, const struct live_id *id, time_us now)
{
	struct live_call *call = live_find(live, id);

	if (call == NULL)
		return ERR_NOTFOUND;
	if (call->gateway != NULL)
		gateway_state_note_call(call->gateway, now,
					(now - call->answer) / US_PER_S);
	forget(live, call);
	return 0;
}

static bool
is_known(const struct live_known *known, uint64_t name)
{
	size_t low = 0, high = known->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (known->names[middle] == name)
			return true;
		if (known->names[middle] < name)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool
live_keep(struct live *live, const struct live_known *known, bool is_first,
	  size_t few, size_t *n_out)
{
	*n_out = 0;
	if (is_first)
		live->next_to_check = live->oldest;
	for (; few > 0 && live->next_to_check != NULL; few--) {
		struct live_call *call = live->next_to_check;

		live->next_to_check = call->newer;
		if (call->answer_mono_us >= known->as_of_us ||
		    is_known(known, call->node.hash))
			continue;
		forget(live, call);
		++*n_out;
	}
	return live->next_to_check != NULL;
}

time_us
live_now(const struct live_call *call, const struct clock *clock,
	 int64_t *step_us)
{
	time_us now =
	    call->answer + (clock->mono_us(clock) - call->answer_mono_us);

	*step_us = clock_wall(clock) - now;
	return now;
}
