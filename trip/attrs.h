/*
 * attrs.h - sets of attributes, each kept once
 *
 * Many routes share their attributes. A set is kept in the form in which it
 * is sent (ascending by type, without the lists of routes) and is found again
 * by its bytes: equal sets are the same pointer. Immutable and counted.
 */
#ifndef TRIP_ATTRS_H
#define TRIP_ATTRS_H

#include "base/hash.h"
#include "base/map.h"
#include "trip/update.h"

struct trip_attrs_table {
	struct map map;
	struct hash_key key;
};

struct trip_attrs {
	struct map_node node;
	struct trip_attrs_table *table; /* borrowed; outlives the set */
	uint32_t refs;
	uint16_t len;
	uint16_t at[TRIP_N_KNOWN]; /* where a known type's value is; 0 = absent;
				    * its length is in the two octets before */
	uint8_t bytes[];
};

/* A set being made: attributes ascending by type, values borrowed until it
 * is interned. Values that are computed live in scratch. */
#define TRIP_DRAFT_MAX TRIP_UPDATE_ATTRS_MAX

struct trip_draft {
	struct trip_attr attrs[TRIP_DRAFT_MAX];
	size_t n;
	uint8_t scratch[3 * TRIP_MESSAGE_MAX];
	size_t scratch_len;
};

/* 0, ERR_NOMEM, ERR_IO (no randomness). */
int trip_attrs_table_init(struct trip_attrs_table *table);
/* No set may be left. */
void trip_attrs_table_fini(struct trip_attrs_table *table);

void trip_draft_init(struct trip_draft *draft);
/* Begin with all of a set; borrowed from it. */
void trip_draft_copy(struct trip_draft *draft, const struct trip_attrs *attrs);
/* What a known type is in the draft; p NULL when absent. */
struct str trip_draft_get(const struct trip_draft *draft, unsigned type);
/* Replace or add; false when there is no room. flags are the type's own when
 * it is known, else those given. value is borrowed. */
bool trip_draft_set(struct trip_draft *draft, uint8_t flags, unsigned type,
		    struct str value);
bool trip_draft_set_u32(struct trip_draft *draft, unsigned type,
			uint32_t value);
void trip_draft_remove(struct trip_draft *draft, unsigned type);
/* A writer into what is left of scratch, and the setting of what it wrote. */
struct wbuf trip_draft_scratch(struct trip_draft *draft);
bool trip_draft_set_written(struct trip_draft *draft, unsigned type,
			    const struct wbuf *w);

/* The set of a draft, a counted reference: 0, ERR_NOMEM, ERR_SPACE (over a
 * message's size). */
int trip_attrs_get(struct trip_attrs_table *table,
		   const struct trip_draft *draft, struct trip_attrs **out);
struct trip_attrs *trip_attrs_ref(struct trip_attrs *attrs);
/* NULL is accepted. */
void trip_attrs_unref(struct trip_attrs *attrs);

/* Value of a known type, borrowed; p NULL when absent. */
struct str trip_attrs_find(const struct trip_attrs *attrs, unsigned type);
bool trip_attrs_have(const struct trip_attrs *attrs, unsigned type);
/* A 4-octet value, or preset when absent. */
uint32_t trip_attrs_u32(const struct trip_attrs *attrs, unsigned type,
			uint32_t preset);
/* The parts of NextHopServer; 0 and "" when absent. */
uint32_t trip_attrs_next_hop(const struct trip_attrs *attrs,
			     struct str *server);
/* Walk all, also those we do not know: *at = 0 first; false at the end. */
bool trip_attrs_next(const struct trip_attrs *attrs, size_t *at,
		     struct trip_attr *out);

#endif
