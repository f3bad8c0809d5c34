/*
 * set.h - what the DNS said about one name, small and in evaluation order
 *
 * Counted and never changed once made: the cache holds one reference, each
 * look-up that is inside it another. The records lie behind the head in one
 * piece, sorted by ORDER and PREFERENCE as unsigned numbers (RFC 3403, 4.1),
 * those that are equal as they came. The name is not kept, a keyed hash of
 * 128 bits is: nobody can make two names meet, and a million sets fit where
 * they should.
 */
#ifndef ENUM_SET_H
#define ENUM_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dns_message.h"
#include "base/map.h"

/* What became of a question, or of a whole look-up. */
enum enum_outcome {
	ENUM_FOUND, /* a set: there are records */
	ENUM_NXDOMAIN,
	ENUM_NODATA,   /* the name is there, the type is not */
	ENUM_UNUSABLE, /* records, none of use */
	ENUM_LOOP,
	ENUM_VOID, /* the number is said to be nobody's */
	ENUM_SERVFAIL,
	ENUM_REFUSED,
	ENUM_TIMEOUT, /* or no server alive */
	ENUM_MALFORMED,
	ENUM_N_OUTCOMES,
};

/* "found", "nxdomain" ... */
const char *enum_outcome_text(enum enum_outcome outcome);
/* Whether the DNS failed to say anything. */
bool enum_outcome_is_failure(enum enum_outcome outcome);

struct enum_name_key {
	uint64_t a, b;
};

/* What a look-up reads lies together, up to the records: one of a million sets
 * costs the memory of two lines. */
struct enum_set {
	struct enum_set *older, *newer;
	int64_t stale_end_ms; /* when is_stale: not served beyond this */
	struct map_node node; /* of the cache; the hash is key.a */
	uint64_t key_b;
	int64_t expires_ms;   /* monotonic */
	uint32_t ttl_s;       /* as it was when it came */
	uint32_t len;         /* of data */
	uint32_t n_refs;
	uint16_t n_records;
	uint8_t outcome;
	bool is_cached : 1;
	bool is_stale : 1; /* served past its time */
	bool is_used : 1;  /* since the cache looked last */
	uint8_t data[];
};

/* One record; texts are borrowed from the set. */
struct enum_record {
	uint16_t order, preference;
	uint32_t ttl_s;
	struct str flags, services, regexp;
	struct str replacement; /* a name on the wire */
};

/*
 * From a reply that was read: records of the chain's end, outcome by rcode.
 * TTLs of CNAMEs count. *has_ttl is false when the answer says nothing of how
 * long it may be kept (no SOA). 0, ERR_NOMEM, or ERR_SYNTAX (a chain that
 * cannot be followed).
 */
int enum_set_make(const struct dns_message *message, struct enum_set **out,
		  bool *has_ttl);
/* Without records, for outcomes that have none. NULL: no memory. */
struct enum_set *enum_set_empty(enum enum_outcome outcome, uint32_t ttl_s);
void enum_set_ref(struct enum_set *set);
/* NULL is accepted. */
void enum_set_unref(struct enum_set *set);
/* The record at *at (0 to begin) and step on; false at the end. */
bool enum_set_next(const struct enum_set *set, size_t *at,
		   struct enum_record *out);
/* Octets it takes, the allocator's share included. */
size_t enum_set_size(const struct enum_set *set);

#endif
