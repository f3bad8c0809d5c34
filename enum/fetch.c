/* fetch.c - one question on its way, for all who wait for it */
#include "enum/fetch.h"

#include "base/alloc.h"
#include "base/err.h"

#define ALIASES_MAX 4 /* questions more, when a server gives aliases alone */
#define SLACK_MS 20   /* that a look-up has lost before its first question */

struct enum_fetch {
	struct map_node node; /* of the client's fetches */
	struct enum_name_key key;
	struct enum_client *client;
	const struct enum_tree *tree;
	struct enum_waiter *waiters;
	void *handle; /* of the source */
	int64_t deadline_ms;
	uint32_t alias_ttl_s; /* the least on the way here */
	unsigned n_aliases;
	bool was_short;
};

static void on_reply(void *arg, const struct dns_reply *reply);

static bool
is_fetch(const struct map_node *node, const void *key)
{
	const struct enum_fetch *fetch =
	    (const void *)((const char *)node -
			   offsetof(struct enum_fetch, node));
	const struct enum_name_key *wanted = key;

	return fetch->key.b == wanted->b;
}

static void
add_waiter(struct enum_fetch *fetch, struct enum_waiter *waiter)
{
	struct enum_waiter **at = &fetch->waiters;

	while (*at != NULL)
		at = &(*at)->next;
	waiter->next = NULL;
	waiter->link = at;
	*at = waiter;
}

void
enum_fetch_leave(struct enum_waiter *waiter)
{
	if (waiter->link == NULL)
		return;
	*waiter->link = waiter->next;
	if (waiter->next != NULL)
		waiter->next->link = waiter->link;
	waiter->link = NULL;
}

static void
fetch_free(struct enum_fetch *fetch)
{
	map_remove(&fetch->client->fetches, &fetch->node);
	mem_free(fetch);
}

/* Tell all who wait, in the order they came. */
static void
finish(struct enum_fetch *fetch, struct enum_set *set,
       const struct dns_reply *reply)
{
	struct enum_waiter *waiter, *waiters = fetch->waiters;
	bool was_short = fetch->was_short && reply->result == DNS_TIMEOUT;

	/* Those who come from now on begin anew. */
	if (waiters != NULL)
		waiters->link = &waiters;
	fetch_free(fetch);
	while ((waiter = waiters) != NULL) {
		enum_fetch_leave(waiter);
		waiter->fetched(waiter, set, reply, was_short);
	}
}

uint32_t
enum_set_left_s(const struct enum_set *set, int64_t now_ms)
{
	int64_t left_ms = set->expires_ms - now_ms;

	if (!set->is_cached)
		return set->ttl_s;
	return left_ms > 0 ? (uint32_t)((left_ms + 999) / 1000) : 0;
}

static uint32_t
clamp(uint32_t value, uint32_t low, uint32_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

/* How long to keep an answer. */
static uint32_t
keep_s(const struct enum_client *client, const struct enum_set *set,
       bool has_ttl)
{
	const struct enum_settings *settings = &client->settings;

	if (!has_ttl)
		return settings->failure_s;
	if (set->outcome != ENUM_FOUND)
		return clamp(set->ttl_s, 0, settings->negative_max_s);
	return clamp(set->ttl_s, settings->min_ttl_s, settings->max_ttl_s);
}

/* Keep an answer and hand it on. */
static void
settle(struct enum_fetch *fetch, struct enum_set *set, bool has_ttl,
       const struct dns_reply *reply)
{
	struct enum_client *client = fetch->client;
	uint32_t keep = keep_s(client, set, has_ttl);

	if (fetch->n_aliases > 0 && fetch->alias_ttl_s < set->ttl_s)
		set->ttl_s = fetch->alias_ttl_s;
	if (keep > 0)
		enum_cache_put(&client->cache, &fetch->key, set, wheel_now_ms(),
			       keep);
	finish(fetch, set, reply);
	enum_set_unref(set);
}

static enum enum_outcome
outcome_of(const struct dns_reply *reply)
{
	return reply->result == DNS_MALFORMED ? ENUM_MALFORMED : ENUM_TIMEOUT;
}

/* Nobody knows. What is past its time is better than nothing (RFC 8767, 4),
 * if the settings say so; else that is held for a moment, unless it costs
 * nothing to ask again or too little time was given. */
static void
fail(struct enum_fetch *fetch, enum enum_outcome outcome,
     const struct dns_reply *reply)
{
	struct enum_client *client = fetch->client;
	uint32_t hold_s = client->settings.failure_s;
	struct enum_set *set = enum_cache_revive(&client->cache, &fetch->key,
						 wheel_now_ms(), hold_s);

	if (set != NULL) {
		enum_set_ref(set);
		finish(fetch, set, reply);
		enum_set_unref(set);
		return;
	}
	set = enum_set_empty(outcome, hold_s);
	if (set == NULL) {
		struct enum_set none = { .outcome = (uint8_t)outcome,
					 .n_refs = 1 };

		finish(fetch, &none, reply);
		return;
	}
	if (reply->result != DNS_UNAVAILABLE && !fetch->was_short)
		enum_cache_put(&client->cache, &fetch->key, set, wheel_now_ms(),
			       hold_s);
	finish(fetch, set, reply);
	enum_set_unref(set);
}

static int
ask(struct enum_fetch *fetch, const struct dns_name *name)
{
	struct enum_client *client = fetch->client;
	struct dns_question question = { .name = *name,
					 .type = DNS_NAPTR,
					 .tcp = client->settings.by_tcp,
					 .servers = fetch->tree->servers,
					 .n_servers = fetch->tree->n_servers };
	int64_t left_ms = fetch->deadline_ms - wheel_now_ms();

	question.timeout_ms = left_ms > 0 ? (int)left_ms : 1;
	client->counters.n_asked++;
	return client->source.start(client->source.arg, &question, on_reply,
				    fetch, &fetch->handle);
}

/* Aliases that lead out of what the server knows: ask for their end. A
 * server that knows that there is nothing says so with an SOA. */
static bool
follow_alias(struct enum_fetch *fetch, const struct dns_message *message,
	     const struct enum_set *set, bool has_ttl)
{
	struct dns_chain chain;

	if (set->outcome != ENUM_NODATA || has_ttl ||
	    fetch->n_aliases == ALIASES_MAX ||
	    dns_message_chain(message, &chain) != 0 || chain.n_steps == 0)
		return false;
	if (fetch->n_aliases == 0 || chain.ttl_s < fetch->alias_ttl_s)
		fetch->alias_ttl_s = chain.ttl_s;
	fetch->n_aliases++;
	return ask(fetch, &chain.name) == 0;
}

static void
on_reply(void *arg, const struct dns_reply *reply)
{
	struct enum_fetch *fetch = arg;
	struct enum_set *set;
	bool has_ttl;
	int err;

	fetch->handle = NULL;
	if (reply->result != DNS_ANSWER) {
		fail(fetch, outcome_of(reply), reply);
		return;
	}
	err = enum_set_make(reply->message, &set, &has_ttl);
	if (err != 0) {
		fail(fetch, err == ERR_NOMEM ? ENUM_TIMEOUT : ENUM_MALFORMED,
		     reply);
	} else if (enum_outcome_is_failure(set->outcome)) {
		enum enum_outcome outcome = set->outcome;

		enum_set_unref(set);
		fail(fetch, outcome, reply);
	} else if (follow_alias(fetch, reply->message, set, has_ttl)) {
		enum_set_unref(set);
	} else {
		settle(fetch, set, has_ttl, reply);
	}
}

static int
fetch_new(struct enum_client *client, size_t tree, int timeout_ms,
	  const struct enum_name_key *key, struct enum_fetch **out)
{
	struct enum_fetch *fetch = mem_zalloc(1, sizeof(*fetch));
	int full_ms = client->trees[tree].timeout_ms;

	if (fetch == NULL)
		return ERR_NOMEM;
	if (full_ms == 0)
		full_ms = client->settings.timeout_ms;
	fetch->client = client;
	fetch->tree = &client->trees[tree];
	fetch->key = *key;
	fetch->was_short = timeout_ms < full_ms - SLACK_MS;
	fetch->deadline_ms =
	    wheel_now_ms() + (timeout_ms < full_ms ? timeout_ms : full_ms);
	map_add(&client->fetches, &fetch->node, key->a);
	*out = fetch;
	return 0;
}

int
enum_fetch_join(struct enum_client *client, size_t tree,
		const struct dns_name *name, int timeout_ms,
		struct enum_waiter *waiter)
{
	struct enum_name_key key;
	struct enum_fetch *fetch = NULL;
	struct map_node *node;
	int err = 0;

	enum_cache_key(&client->cache, tree, name, &key);
	node = map_find(&client->fetches, key.a, is_fetch, &key);
	if (node != NULL) {
		client->counters.n_joined++;
		fetch = MAP_ENTRY(node, struct enum_fetch, node);
	} else {
		err = fetch_new(client, tree, timeout_ms, &key, &fetch);
		if (err == 0)
			err = ask(fetch, name);
		if (err != 0 && fetch != NULL)
			fetch_free(fetch);
	}
	if (err == 0)
		add_waiter(fetch, waiter);
	return err;
}

void
enum_fetch_stop_all(struct enum_client *client)
{
	struct map_node *node;
	struct enum_fetch *fetch;

	while ((node = map_next(&client->fetches, NULL)) != NULL) {
		fetch = MAP_ENTRY(node, struct enum_fetch, node);
		client->source.cancel(client->source.arg, fetch->handle);
		fetch_free(fetch);
	}
}
