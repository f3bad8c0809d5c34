/* location_cache.c - answers of DNS, kept as long as they are good */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/location_private.h"

/* Seconds. An answer with TTL 0 serves the call that asked for it. */
#define TTL_LEAST 1
#define TTL_MOST 86400
#define NEGATIVE_LEAST 5
#define NEGATIVE_MOST 3600
#define NEGATIVE_USUAL 60 /* without an SOA */
#define FAILED_FOR 5	  /* RFC 2308 7.1: at most 300 */
#define STALE_FOR 86400	  /* RFC 8767 5: one to three days */
#define STALE_AGAIN 30	  /* RFC 8767 4: between two tries */

struct question {
	const struct dns_name *name;
	uint16_t type;
};

/* --- the table --- */

static bool
is_question(const struct map_node *node, const void *key)
{
	const struct location_entry *entry =
	    MAP_ENTRY(node, struct location_entry, node);
	const struct question *question = key;

	return entry->type == question->type &&
	       dns_name_eq(&entry->name, question->name);
}

static uint64_t
hash_of(const struct sip_location *location, const struct dns_name *name,
	uint16_t type)
{
	return dns_name_hash(location->env.key, name) +
	       type * UINT64_C(0x9E3779B97F4A7C15);
}

static void
unlink_use(struct location_entry *entry)
{
	struct sip_location *location = entry->location;

	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		location->oldest = entry->newer;
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		location->newest = entry->older;
}

static void
link_use(struct location_entry *entry)
{
	struct sip_location *location = entry->location;

	entry->older = location->newest;
	entry->newer = NULL;
	if (location->newest != NULL)
		location->newest->newer = entry;
	else
		location->oldest = entry;
	location->newest = entry;
}

static void
forget(struct location_entry *entry)
{
	struct sip_location *location = entry->location;

	dns_query_cancel(entry->query);
	unlink_use(entry);
	map_remove(&location->entries, &entry->node);
	location->counters.entries--;
	mem_free(entry->data);
	mem_free(entry);
}

/* Room for one more, if need be at the cost of what was used longest ago and is
 * not being asked for. */
static bool
make_room(struct sip_location *location)
{
	struct location_entry *entry = location->oldest;

	if (location->counters.entries < location->env.max_entries)
		return true;
	while (entry != NULL && entry->query != NULL)
		entry = entry->newer;
	if (entry == NULL)
		return false;
	forget(entry);
	return true;
}

static struct location_entry *
make(struct sip_location *location, const struct dns_name *name, uint16_t type)
{
	struct location_entry *entry;

	if (!make_room(location))
		return NULL;
	entry = mem_zalloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	entry->location = location;
	entry->name = *name;
	entry->type = type;
	map_add(&location->entries, &entry->node, hash_of(location, name, type));
	link_use(entry);
	location->counters.entries++;
	return entry;
}

/* --- answers --- */

static int64_t
bounded(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

static void
keep_until(struct location_entry *entry, enum location_kind kind, int64_t ttl_s)
{
	int64_t now = clock_mono_ms(entry->location->env.clock);

	entry->kind = (uint8_t)kind;
	entry->expires_ms = now + ttl_s * 1000;
	entry->stale_ms = entry->expires_ms + (int64_t)STALE_FOR * 1000;
}

static void
drop_data(struct location_entry *entry)
{
	mem_free(entry->data);
	entry->data = NULL;
	entry->len = 0;
}

static void
note_failure(struct location_entry *entry)
{
	struct sip_location *location = entry->location;
	int64_t now = clock_mono_ms(location->env.clock);

	location->counters.failures++;
	if (entry->kind == LOCATION_HAS && now < entry->stale_ms) {
		location->counters.stale++;
		entry->expires_ms = now + STALE_AGAIN * 1000;
		return;
	}
	drop_data(entry);
	keep_until(entry, LOCATION_FAILED, FAILED_FOR);
}

static void
note_none(struct location_entry *entry, const struct dns_message *message)
{
	uint32_t ttl_s;

	drop_data(entry);
	if (dns_message_negative_ttl(message, &ttl_s) != 0)
		ttl_s = NEGATIVE_USUAL;
	keep_until(entry, LOCATION_HAS_NONE,
		   bounded(ttl_s, NEGATIVE_LEAST, NEGATIVE_MOST));
}

/* How many records answer, and the least of the TTLs. */
static size_t
count_answers(const struct dns_message *message, uint32_t *ttl_s)
{
	struct dns_chain chain;
	struct dns_rr rr;
	size_t n = 0;

	if (dns_message_chain(message, &chain) != 0)
		return 0;
	*ttl_s = chain.ttl_s;
	for (size_t at = 0; dns_message_next(message, &at, &rr);) {
		if (!dns_rr_answers(&rr, message, &chain))
			continue;
		n++;
		if (rr.ttl_s < *ttl_s)
			*ttl_s = rr.ttl_s;
	}
	return n;
}

static void
note_answer(struct location_entry *entry, const struct dns_reply *reply)
{
	uint32_t ttl_s = 0;
	uint8_t *data;

	if (count_answers(reply->message, &ttl_s) == 0) {
		note_none(entry, reply->message);
		return;
	}
	data = mem_alloc(reply->len);
	if (data == NULL) {
		note_failure(entry);
		return;
	}
	memcpy(data, reply->data, reply->len);
	drop_data(entry);
	entry->data = data;
	entry->len = reply->len;
	keep_until(entry, LOCATION_HAS, bounded(ttl_s, TTL_LEAST, TTL_MOST));
}

static void
on_reply(void *arg, const struct dns_reply *reply)
{
	struct location_entry *entry = arg;
	const struct dns_message *message = reply->message;

	entry->query = NULL;
	if (message != NULL && message->rcode == DNS_NOERROR)
		note_answer(entry, reply);
	else if (message != NULL && message->rcode == DNS_NXDOMAIN)
		note_none(entry, message);
	else
		note_failure(entry);
	location_wake(entry->location, entry);
}

static void
ask(struct location_entry *entry)
{
	struct sip_location *location = entry->location;
	const struct dns_question question = {
		.name = entry->name,
		.type = entry->type,
		.timeout_ms = location->env.timeout_ms,
	};

	location->counters.queries++;
	if (dns_query_start(location->env.dns, &question, on_reply, entry,
			    &entry->query) != 0) {
		entry->query = NULL;
		note_failure(entry);
	}
}

struct location_entry *
location_look(struct sip_location *location, const struct dns_name *name,
	      uint16_t type, bool may_ask)
{
	const struct question question = { name, type };
	struct map_node *node =
	    map_find(&location->entries, hash_of(location, name, type),
		     is_question, &question);
	struct location_entry *entry =
	    node != NULL ? MAP_ENTRY(node, struct location_entry, node)
	    : may_ask	 ? make(location, name, type)
			 : NULL;
	int64_t now = clock_mono_ms(location->env.clock);

	if (entry == NULL)
		return NULL;
	unlink_use(entry);
	link_use(entry);
	if (may_ask && entry->query == NULL &&
	    (entry->kind == LOCATION_UNKNOWN || now >= entry->expires_ms))
		ask(entry);
	return entry;
}

void
location_cache_fini(struct sip_location *location)
{
	while (location->oldest != NULL)
		forget(location->oldest);
	map_fini(&location->entries);
}
