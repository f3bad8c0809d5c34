/* lookup.c - one number through all trees */
#include "enum/lookup.h"

#include "base/err.h"

#define RETRY_MIN_MS 100 /* left, for asking what another had no time for */

/* How telling an outcome is, when several trees had one. */
static int
weight(enum enum_outcome outcome)
{
	static const uint8_t weights[ENUM_N_OUTCOMES] = {
		[ENUM_NXDOMAIN] = 1,  [ENUM_NODATA] = 2,   [ENUM_TIMEOUT] = 3,
		[ENUM_MALFORMED] = 4, [ENUM_SERVFAIL] = 4, [ENUM_REFUSED] = 4,
		[ENUM_LOOP] = 5,      [ENUM_UNUSABLE] = 6, [ENUM_VOID] = 7,
		[ENUM_FOUND] = 8,
	};

	return weights[outcome];
}

void
enum_lookup_init(struct enum_lookup *lookup, struct enum_client *client,
		 const struct enum_number *number, struct enum_answer *answer)
{
	lookup->waiter.link = NULL;
	lookup->client = client;
	lookup->number = *number;
	lookup->ended = NULL;
	lookup->tree = 0;
	lookup->is_walking = false;
	lookup->answer = answer;
	lookup->walk.answer = answer;
	lookup->walk.lenient = client->settings.lenient;
	lookup->walk.follow_all = client->settings.follow_all;
	lookup->walk.trace = NULL;
	lookup->walk.n_queries = lookup->walk.n_frames = 0;
	answer->outcome = ENUM_NXDOMAIN;
	answer->n_uris = answer->text_len = answer->tree = 0;
	answer->is_stale = false;
	answer->is_cached = true;
	answer->n_asked = 0;
	answer->latency_us = 0;
}

void
enum_lookup_fini(struct enum_lookup *lookup)
{
	enum_fetch_leave(&lookup->waiter);
	enum_walk_fini(&lookup->walk);
}

/* The next tree for numbers of this form. */
static bool
next_tree(struct enum_lookup *lookup)
{
	struct enum_client *client = lookup->client;

	for (; lookup->tree < client->settings.n_trees; lookup->tree++) {
		const struct enum_tree *tree = &client->trees[lookup->tree];

		if (!enum_number_fits(&lookup->number, tree->form))
			continue;
		/* A name that is too long is one that cannot exist. */
		if (enum_walk_begin(&lookup->walk, tree, &lookup->number) != 0)
			continue;
		lookup->is_walking = true;
		return true;
	}
	return false;
}

/* A tree is walked: true when no other is to be asked. */
static bool
leave_tree(struct enum_lookup *lookup)
{
	enum enum_outcome outcome = enum_walk_outcome(&lookup->walk);
	struct enum_answer *answer = lookup->answer;

	if (weight(outcome) > weight(answer->outcome)) {
		answer->outcome = outcome;
		answer->tree = lookup->tree;
	}
	lookup->tree++;
	lookup->is_walking = false;
	return outcome == ENUM_FOUND || outcome == ENUM_VOID;
}

static void
take(struct enum_lookup *lookup, struct enum_set *set,
     const struct dns_reply *reply)
{
	struct enum_walk *walk = &lookup->walk;
	struct enum_asked asked = { .tree = lookup->tree,
				    .query = walk->n_queries,
				    .name = enum_walk_name(walk),
				    .set = set,
				    .ttl_left_s =
					enum_set_left_s(set, lookup->now_ms),
				    .reply = reply };

	if (walk->trace != NULL && walk->trace->asked != NULL)
		walk->trace->asked(walk->trace->arg, &asked);
	enum_walk_take(walk, set, asked.ttl_left_s);
}

static void
on_fetched(struct enum_waiter *waiter, struct enum_set *set,
	   const struct dns_reply *reply, bool was_short)
{
	struct enum_lookup *lookup = (struct enum_lookup *)(void *)waiter;
	int64_t left_ms;

	lookup->now_ms = wheel_now_ms();
	left_ms = lookup->deadline_ms - lookup->now_ms;
	if (set->outcome != ENUM_TIMEOUT || !was_short ||
	    left_ms < RETRY_MIN_MS)
		take(lookup, set, reply);
	if (enum_lookup_run(lookup))
		lookup->ended(lookup);
}

/* A set from memory, or NULL. */
static struct enum_set *
remembered(struct enum_lookup *lookup, const struct dns_name *name)
{
	struct enum_client *client = lookup->client;
	struct enum_name_key key;

	enum_cache_key(&client->cache, lookup->tree, name, &key);
	return enum_cache_find(&client->cache, &key, lookup->now_ms);
}

/* Ask for name: false when that cannot be done, and a failure is what came. */
static bool
join(struct enum_lookup *lookup, const struct dns_name *name)
{
	int64_t left_ms = lookup->deadline_ms - lookup->now_ms;
	struct enum_set none = { .outcome = ENUM_TIMEOUT, .n_refs = 1 };

	lookup->answer->is_cached = false;
	lookup->answer->n_asked++;
	lookup->waiter.fetched = on_fetched;
	if (left_ms > 0 && enum_fetch_join(lookup->client, lookup->tree, name,
					   (int)left_ms, &lookup->waiter) == 0)
		return true;
	take(lookup, &none, NULL);
	return false;
}

bool
enum_lookup_run(struct enum_lookup *lookup)
{
	const struct dns_name *name;
	struct enum_set *set;

	lookup->now_ms = wheel_now_ms();
	for (;;) {
		if (!lookup->is_walking && !next_tree(lookup))
			return true;
		name = enum_walk_name(&lookup->walk);
		if (name == NULL) {
			if (leave_tree(lookup))
				return true;
			continue;
		}
		set = remembered(lookup, name);
		if (set != NULL)
			take(lookup, set, NULL);
		else if (lookup->ended == NULL || join(lookup, name))
			return false;
	}
}

void
enum_lookup_give_up(struct enum_lookup *lookup)
{
	struct enum_set none = { .outcome = ENUM_TIMEOUT, .n_refs = 1 };

	enum_fetch_leave(&lookup->waiter);
	take(lookup, &none, NULL);
	leave_tree(lookup);
}
