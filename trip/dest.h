/*
 * dest.h - destinations and the tree in which they are found
 *
 * A destination is a prefix with all that is known of it: routes of each
 * source, what is selected, what was told to whom. The tree is a trie over
 * <family, protocol, address>, so that all longer prefixes lie together below a
 * shorter one, in order. A digit is one step: few, for each is a miss of the
 * cache in a large table.
 */
#ifndef TRIP_DEST_H
#define TRIP_DEST_H

#include "trip/attrs.h"

/* Longer addresses exist on paper only; such routes are ignored. */
#define TRIP_ADDRESS_MAX UINT8_MAX

/* A circular list; the head is a link too. */
struct trip_link {
	struct trip_link *next, *prev;
};

#define TRIP_ENTRY(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void
trip_link_init(struct trip_link *link)
{
	link->next = link->prev = link;
}

static inline bool
trip_link_is_alone(const struct trip_link *link)
{
	return link->next == link;
}

static inline void
trip_link_remove(struct trip_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	trip_link_init(link);
}

/* At the end of the list. */
static inline void
trip_link_append(struct trip_link *head, struct trip_link *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

struct trip_source;
struct trip_dest;

enum trip_route_flag {
	TRIP_ROUTE_LOOP = 1,	  /* our ITAD is in its path: not a candidate */
	TRIP_ROUTE_REJECTED = 2,  /* import policy said no: not a candidate */
	TRIP_ROUTE_WITHDRAWN = 4, /* kept for MaxPurgeTime (10.1.3) */
	TRIP_ROUTE_SHADOW = 8,	  /* a more specific one of the same peer was
				   * rejected: AtomicAggregate (10.2.4) */
	TRIP_ROUTE_DIRTY = 16,	  /* own, changed while it may not be told */
	TRIP_ROUTE_HELD = 32,	  /* own, told too recently to be told again */
};

/* A route in the Adj-TRIB-In of its source. */
struct trip_route {
	struct trip_route *next;     /* of the same destination */
	struct trip_dest *dest;
	struct trip_source *source;
	struct trip_attrs *attrs;    /* counted; NULL only for some withdrawn */
	struct trip_link of_source;
	unsigned flags;		     /* enum trip_route_flag */
};

/* A route that is flooded: another internal LS's, or our own. */
struct trip_flood_route {
	struct trip_route route;
	uint32_t seq;
	uint32_t from_session;	/* the session that it came by; 0 = none */
	struct trip_link flood; /* in the order of their last change */
	struct trip_link timer; /* in a queue by due_ms, or alone */
	int64_t due_ms;
};

struct trip_out;

struct trip_dest {
	struct trip_route *routes;     /* of external peers, of local ones, of
					* internal originators; not self */
	struct trip_route *best;       /* Loc-TRIB: the winner of the Ext-TRIB,
					* or another LS's */
	struct trip_attrs *loc_attrs;  /* best's, as all LSs of the ITAD have
					* them; counted; NULL without best */
	struct trip_out *outs;	       /* Adj-TRIBs-Out */
	struct trip_flood_route *self; /* the Ext-TRIB's, as we originate it
					* inside; NULL: nobody heard of it */
	uint16_t family, protocol;
	uint8_t len;		       /* there are a million of these: the
					* usual address makes it 56 octets */
	char address[];
};

/* A destination, or a branch: its twigs in the order of their symbols. */
struct trip_twig {
	void *to;	  /* struct trip_dest, or an array of twigs; NULL: none */
	uint32_t symbols; /* that have a twig; 0: a destination */
	uint32_t at;	  /* which symbol of the key tells them apart */
};

struct trip_tree {
	struct trip_twig root;
	size_t n;
};

struct trip_prefix trip_dest_prefix(const struct trip_dest *dest);

struct trip_dest *trip_tree_find(const struct trip_tree *tree,
				 const struct trip_prefix *prefix);
/* These will be looked for soon: what lies on their ways is fetched meanwhile,
 * for all of them at once. n is TRIP_FORESEEN_MAX at most. */
#define TRIP_FORESEEN_MAX 32
void trip_tree_foresee(const struct trip_tree *tree,
		       const struct trip_prefix *prefixes, size_t n);
/* The destination of prefix, made when there is none: 0, ERR_NOMEM, ERR_LIMIT
 * (address over TRIP_ADDRESS_MAX). */
int trip_tree_get(struct trip_tree *tree, const struct trip_prefix *prefix,
		  struct trip_dest **out);
/* Takes it out and frees it. */
void trip_tree_remove(struct trip_tree *tree, struct trip_dest *dest);

/* Called for each; false ends the walk. Must not change the tree. */
typedef bool trip_dest_fn(void *arg, struct trip_dest *dest);
/* All destinations of the same family and protocol whose address begins with
 * that of prefix, in order; all at all when prefix is NULL. False when fn
 * ended the walk. */
bool trip_tree_walk(const struct trip_tree *tree,
		    const struct trip_prefix *prefix, trip_dest_fn *fn,
		    void *arg);
/* The longest address that begins prefix->address and for which fn (NULL:
 * always) says true; NULL when there is none. Families of names are flat:
 * only the whole address counts. */
struct trip_dest *trip_tree_longest(const struct trip_tree *tree,
				    const struct trip_prefix *prefix,
				    trip_dest_fn *fn, void *arg);

#endif
