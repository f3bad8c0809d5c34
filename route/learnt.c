/* learnt.c - versions of the routes that neighbours told, and their writer */
#include "route/learnt.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/learnt_private.h"

#define IDLE_MS 600000 /* a gateway without routes is remembered so long */
#define SWEEP_MS 60000

/* --- reading --- */

size_t
learnt_set_n(const struct learnt_set *set)
{
	return set->n;
}

const struct learnt_offer *
learnt_set_at(const struct learnt_set *set, size_t i)
{
	return &set->at[i];
}

struct learnt *
learnt_ref(struct learnt *learnt)
{
	atomic_fetch_add(&learnt->n_refs, 1);
	return learnt;
}

void
learnt_unref(struct learnt *learnt)
{
	if (learnt != NULL)
		atomic_fetch_sub(&learnt->n_refs, 1);
}

/* Digits at the beginning that are the same; a and b differ. */
static unsigned
common_len(prefix_word a, prefix_word b)
{
	return (unsigned)__builtin_clzll(a ^ b) / 4;
}

/* The longest length up to max that any prefix has; -1: none. */
static int
longest(const struct learnt *learnt, int max)
{
	uint32_t lengths = learnt->lengths & ((2U << max) - 1);

	return lengths != 0 ? 31 - __builtin_clz(lengths) : -1;
}

/* A prefix of the number that is there is not above the number, and everything
 * between the two begins with it: so what comes before the number says how long
 * a prefix can be at most. */
size_t
learnt_find(const struct learnt *learnt, const struct number *number,
	    struct learnt_match out[PREFIX_MAX + 1])
{
	int len = longest(learnt, number->len);
	size_t n = 0;

	while (len >= 0) {
		prefix_word wanted = prefix_of(number, (unsigned)len), found;
		const struct learnt_set *set =
		    learnt_tree_floor(learnt->root, wanted, &found);
		int same;

		if (set == NULL)
			break;
		same = found == wanted ? len
				       : (int)common_len(found, wanted);
		if (same == (int)prefix_len(found)) {
			out[n++] = (struct learnt_match){ found, set };
			same--;
		}
		len = same >= 0 ? longest(learnt, same) : -1;
	}
	return n;
}

const struct learnt_offer *
learnt_find_offer(const struct learnt *learnt, prefix_word prefix,
		  const struct gateway *gateway)
{
	const struct learnt_set *set = learnt_tree_find(learnt->root, prefix);

	for (size_t i = 0; set != NULL && i < set->n; i++) {
		if (set->at[i].gateway == gateway)
			return &set->at[i];
	}
	return NULL;
}

bool
learnt_has_addr(const struct learnt *learnt, const struct addr *addr)
{
	return learnt != NULL && addr_set_has(learnt->addrs, addr);
}

/* --- sets: equal ones are one --- */

struct set_key {
	const struct learnt_offer *offers;
	size_t n;
};

static bool
is_equal(const struct learnt_offer *a, const struct learnt_offer *b)
{
	return a->gateway == b->gateway && a->source == b->source &&
	       a->preference == b->preference && a->circuits == b->circuits &&
	       a->success_percent == b->success_percent;
}

static bool
is_set(const struct map_node *node, const void *arg)
{
	const struct learnt_set *set =
	    MAP_ENTRY(node, struct learnt_set, node);
	const struct set_key *key = arg;

	if (set->n != key->n)
		return false;
	for (size_t i = 0; i < set->n; i++) {
		if (!is_equal(&set->at[i], &key->offers[i]))
			return false;
	}
	return true;
}

/* Of the members: there may be anything between them. */
static uint64_t
hash_of(const struct learnt_book *book, const struct set_key *key)
{
	uint64_t words[4 * LEARNT_OFFERS_MAX];

	for (size_t i = 0; i < key->n; i++) {
		const struct learnt_offer *offer = &key->offers[i];
		uint64_t *word = &words[4 * i];

		word[0] = (uintptr_t)offer->gateway;
		word[1] = (uintptr_t)offer->source;
		word[2] = offer->preference;
		word[3] = (uint64_t)(uint32_t)offer->circuits << 32 |
			  (uint32_t)offer->success_percent;
	}
	return hash_bytes(&book->key, words, 4 * key->n * sizeof(words[0]));
}

static void
count_sets(struct learnt_book *book, const struct learnt_set *set,
	   size_t change, int64_t now_ms)
{
	for (size_t i = 0; i < set->n; i++) {
		struct learnt_gateway *gateway =
		    (struct learnt_gateway *)(uintptr_t)set->at[i].gateway;

		book->is_moved |= gateway->n_sets == 0;
		gateway->n_sets += change;
		if (gateway->n_sets > 0)
			continue;
		gateway->idle_since_ms = now_ms;
		book->is_moved = true;
	}
}

static void
free_set(struct learnt_book *book, struct learnt_set *set)
{
	count_sets(book, set, (size_t)-1, clock_mono_ms(book->clock));
	mem_free(set);
}

static struct learnt_set *
get_set(struct learnt_book *book, const struct learnt_offer *offers, size_t n)
{
	const struct set_key key = { offers, n };
	uint64_t hash = hash_of(book, &key);
	struct map_node *node = map_find(&book->sets, hash, is_set, &key);
	struct learnt_set *set;

	if (node != NULL)
		return MAP_ENTRY(node, struct learnt_set, node);
	set = mem_zalloc(1, sizeof(*set) + n * sizeof(set->at[0]));
	if (set == NULL)
		return NULL;
	set->n = n;
	memcpy(set->at, offers, n * sizeof(set->at[0]));
	count_sets(book, set, 1, 0);
	map_add(&book->sets, &set->node, hash);
	return set;
}

/* No route of the newest version has it any more: older ones may. */
static void
drop_if_unused(struct learnt_book *book, struct learnt_set *set)
{
	if (set == NULL || set->n_routes > 0)
		return;
	map_remove(&book->sets, &set->node);
	set->next = book->dropped;
	book->dropped = set;
}

/* --- the book --- */

static struct learnt *
new_version(void)
{
	struct learnt *learnt = mem_zalloc(1, sizeof(*learnt));

	if (learnt != NULL)
		atomic_init(&learnt->n_refs, 1);
	return learnt;
}

int
learnt_book_new(const struct clock *clock, struct learnt_book **out)
{
	struct learnt_book *book = mem_zalloc(1, sizeof(*book));
	int err = 0;

	if (book == NULL)
		return ERR_NOMEM;
	book->clock = clock;
	book->last_id = LEARNT_GATEWAY_ID;
	learnt_tree_init(&book->tree);
	book->oldest = book->newest = new_version();
	book->n_versions = 1;
	if (book->newest == NULL || map_init(&book->gateways, 16) != 0 ||
	    map_init(&book->sets, 16) != 0)
		err = ERR_NOMEM;
	if (err == 0)
		err = hash_key_random(&book->key);
	if (err != 0)
		learnt_book_free(book);
	else
		*out = book;
	return err;
}

static void
free_sets(struct learnt_book *book, struct learnt_set *set)
{
	while (set != NULL) {
		struct learnt_set *next = set->next;

		free_set(book, set);
		set = next;
	}
}

static void
free_oldest(struct learnt_book *book)
{
	struct learnt *oldest = book->oldest;

	book->oldest = oldest->newer;
	learnt_tree_give_back(&book->tree, oldest->retired);
	free_sets(book, oldest->dropped);
	addr_set_unref(oldest->addrs);
	mem_free(oldest);
	book->n_versions--;
}

static void
free_routed_sets(struct learnt_book *book)
{
	struct map_node *node = map_next(&book->sets, NULL), *next;

	for (; node != NULL; node = next) {
		next = map_next(&book->sets, node);
		mem_free(MAP_ENTRY(node, struct learnt_set, node));
	}
}

void
learnt_book_free(struct learnt_book *book)
{
	if (book == NULL)
		return;
	while (book->oldest != NULL)
		free_oldest(book);
	free_sets(book, book->dropped);
	free_routed_sets(book);
	learnt_tree_fini(&book->tree);
	learnt_gateways_free(book);
	map_fini(&book->sets);
	map_fini(&book->gateways);
	mem_free(book);
}

static int
put(struct learnt_book *book, prefix_word prefix, struct learnt_set *set)
{
	void *before = learnt_tree_find(book->tree.root, prefix);
	int err = 0;

	if (before == (void *)set) { /* nothing to copy for */
		if (set != NULL)
			set->n_routes--;
		return 0;
	}
	if (set != NULL)
		err = learnt_tree_put(&book->tree, prefix, set, &before);
	else
		err = learnt_tree_remove(&book->tree, prefix, &before);
	if (err != 0)
		return err;
	book->changes++;
	if (before != NULL) {
		((struct learnt_set *)before)->n_routes--;
		drop_if_unused(book, before);
	}
	return 0;
}

/* What waits is put, as far as there is memory: 0 or ERR_NOMEM. */
static int
flush(struct learnt_book *book)
{
	size_t n = 0;
	int err = 0;

	while (n < book->n_queued && err == 0) {
		err = put(book, book->queue[n].prefix, book->queue[n].set);
		n += err == 0;
	}
	book->n_queued -= n;
	memmove(book->queue, book->queue + n,
		book->n_queued * sizeof(book->queue[0]));
	return err;
}

int
learnt_book_put(struct learnt_book *book, prefix_word prefix,
		const struct learnt_offer *offers, size_t n)
{
	struct learnt_set *set = NULL;

	assert(n <= LEARNT_OFFERS_MAX);
	if (book->n_queued == LEARNT_QUEUE && flush(book) != 0)
		return ERR_NOMEM;
	if (n > 0) {
		set = get_set(book, offers, n);
		if (set == NULL)
			return ERR_NOMEM;
		set->n_routes++;
	}
	book->queue[book->n_queued++] = (struct learnt_put){ prefix, set };
	learnt_tree_foresee(&book->tree, prefix);
	return 0;
}

bool
learnt_book_has_changed(const struct learnt_book *book)
{
	return book->n_queued > 0 || book->changes != book->changes_published;
}

static uint32_t
lengths_of(const struct learnt_tree *tree)
{
	uint32_t lengths = 0;

	for (unsigned len = 0; len <= PREFIX_MAX; len++)
		lengths |= (uint32_t)(tree->n_of_len[len] > 0) << len;
	return lengths;
}

/* With the addresses of the gateways that are there now. */
static struct learnt *
next_version(struct learnt_book *book)
{
	struct learnt *learnt = new_version();

	if (learnt == NULL)
		return NULL;
	if (!book->is_moved) {
		learnt->addrs = addr_set_ref(book->newest->addrs);
	} else if (learnt_gateways_addrs(book, &learnt->addrs) != 0) {
		mem_free(learnt);
		return NULL;
	}
	book->is_moved = false;
	return learnt;
}

struct learnt *
learnt_book_publish(struct learnt_book *book)
{
	struct learnt *learnt, *last = book->newest;

	if (flush(book) != 0)
		return NULL;
	if (!learnt_book_has_changed(book))
		return last;
	learnt = next_version(book);
	if (learnt == NULL)
		return NULL;
	last->retired = learnt_tree_seal(&book->tree);
	last->dropped = book->dropped;
	last->newer = learnt;
	book->dropped = NULL;
	learnt->root = book->tree.root;
	learnt->lengths = lengths_of(&book->tree);
	book->newest = learnt;
	book->n_versions++;
	book->versions++;
	book->changes_published = book->changes;
	return learnt;
}

bool
learnt_book_reap(struct learnt_book *book)
{
	int64_t now_ms = clock_mono_ms(book->clock);

	while (book->oldest != book->newest &&
	       atomic_load(&book->oldest->n_refs) == 1)
		free_oldest(book);
	if (now_ms >= book->sweep_ms) {
		book->sweep_ms = now_ms + SWEEP_MS;
		learnt_gateways_sweep(book, IDLE_MS);
	}
	return book->oldest != book->newest;
}

void
learnt_book_counters(const struct learnt_book *book,
		     struct learnt_counters *out)
{
	*out = (struct learnt_counters){
		.n_routes = book->tree.n,
		.n_sets = book->sets.n,
		.n_gateways = book->gateways.n,
		.n_versions = book->n_versions,
		.versions = book->versions,
		.changes = book->changes,
		.refused = book->refused,
	};
}
