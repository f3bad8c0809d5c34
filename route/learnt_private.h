/*
 * learnt_private.h - the inside of a book of learnt routes; for learnt*.c only
 */
#ifndef ROUTE_LEARNT_PRIVATE_H
#define ROUTE_LEARNT_PRIVATE_H

#include <stdatomic.h>

#include "base/addr_set.h"
#include "base/hash.h"
#include "base/map.h"
#include "route/learnt.h"
#include "route/learnt_tree.h"

struct learnt_gateway {
	struct gateway gateway; /* first */
	struct gateway_state state;
	struct map_node node;
	_Atomic uint32_t users; /* calls that are offered to it */
	size_t n_sets;		/* of the book, older versions' included */
	int64_t idle_since_ms;	/* without sets */
	const char *carrier;
	char texts[]; /* uri, host in it; carrier */
};

struct learnt_set {
	struct map_node node;
	struct learnt_set *next; /* among the dropped */
	size_t n_routes;	 /* that have it, or will when they are put */
	size_t n;
	struct learnt_offer at[];
};

/* A change that waits for what it needs to come into the cache. */
struct learnt_put {
	prefix_word prefix;
	struct learnt_set *set; /* NULL: none any more */
};

#define LEARNT_QUEUE 32

/* What only older versions than the next one have is freed with this one. */
struct learnt {
	atomic_uint n_refs; /* the book's included */
	struct learnt *newer;
	const struct learnt_node *root;
	uint32_t lengths; /* bit i: there are prefixes of i digits */
	struct learnt_nodes retired;
	struct learnt_set *dropped;
	struct addr_set *addrs; /* counted; of gateways */
};

struct learnt_book {
	const struct clock *clock;
	struct hash_key key;
	struct learnt_tree tree;
	struct map gateways, sets;
	struct learnt *oldest, *newest;
	struct learnt_set *dropped; /* in the running edit */
	struct learnt_put queue[LEARNT_QUEUE]; /* the oldest first */
	size_t n_queued;
	bool is_moved; /* gateways came or went since the newest version */
	const struct snapshot *snapshot; /* only compared and read in bind */
	uint32_t last_id;
	int64_t sweep_ms; /* look for idle gateways then */
	size_t n_versions;
	uint64_t versions, changes, refused, changes_published;
};

/* In learnt_gateways.c. */

void learnt_gateways_sweep(struct learnt_book *book, int64_t idle_ms);
void learnt_gateways_free(struct learnt_book *book);
/* The addresses of those with routes or calls: 0 or ERR_NOMEM. */
int learnt_gateways_addrs(const struct learnt_book *book,
			  struct addr_set **out);

#endif
