/*
 * pricebook_private.h - the inside of a price book; private to route/
 *
 * rates are sorted by prefix, tariff and terms; a slot is the run of one
 * prefix and tariff, and the slots of a prefix lie together. Ends are the
 * begin of the next: both arrays have one entry more than they count.
 */
#ifndef ROUTE_PRICEBOOK_PRIVATE_H
#define ROUTE_PRICEBOOK_PRIVATE_H

#include "base/arena.h"
#include "route/intern.h"
#include "route/pricebook.h"
#include "tel/trie.h"

struct book_slot {
	uint32_t tariff;
	uint32_t first_rate;
};

struct book_zone {
	const char *name;
	struct zone *zone;
};

struct book_id {
	int64_t id; /* in the store */
	uint32_t tariff;
};

struct pricebook {
	struct tariff *tariffs;
	size_t n_tariffs, tariffs_cap;
	uint32_t *by_name;     /* all tariffs */
	struct book_id *by_id; /* those that were loaded, ascending */
	size_t n_ids, ids_cap;
	struct book_zone *zones; /* other than UTC */
	size_t n_zones, zones_cap;
	struct arena texts; /* names and holidays */

	struct trie *trie; /* NULL without rates; value = index in: */
	prefix_word *prefixes;
	uint32_t *first_slots;
	size_t n_prefixes;
	struct book_slot *slots;
	size_t n_slots;
	struct rate *rates;
	size_t n_rates;
	struct rate_terms *terms; /* sorted: rows of a slot are in order */
	size_t n_terms;
	struct intern destinations;
	size_t n_orphans;
};

#endif
