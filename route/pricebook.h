/*
 * pricebook.h - all price lists, immutable, answering "what applies to this
 * number now" for one tariff or for many
 *
 * One trie over the prefixes of every tariff: one walk gives all prefixes of
 * the number, and going through them from the longest gives every tariff its
 * own longest one. The rows of a prefix lie together, by tariff; terms and
 * names are stored once.
 */
#ifndef ROUTE_PRICEBOOK_H
#define ROUTE_PRICEBOOK_H

#include <stddef.h>
#include <stdint.h>

#include "db/store.h"
#include "tel/number.h"
#include "tel/tariff.h"

struct pricebook;

#define PRICEBOOK_NO_TARIFF UINT32_MAX

struct price_match {
	uint32_t tariff;	/* index */
	prefix_word prefix;
	struct rate_rows rows;	/* all rows of tariff and prefix */
	const struct rate *now;	/* the one in force at the instant asked for */
};

/*
 * Load tariffs, holidays and rates in one read transaction of the caller's.
 * Rows of a tariff that is not there are left out and counted. Returns 0, a
 * store error, ERR_LIMIT (over 4 billion rows), or ERR_INVAL (a row that
 * cannot be: error names table, key and value). Yours to free; pieces keep
 * pointing into it.
 */
int pricebook_load(struct store *store, struct pricebook **out,
		   char error[STORE_ERROR_MAX]);
void pricebook_free(struct pricebook *book);

/* For tests, benchmarks and `cdr-rate quote --rates`: built without a store. */
struct pricebook_row {
	uint32_t tariff;	/* index into tariffs */
	prefix_word prefix;
	struct str destination;
	money_e8 per_min;
	struct rate_terms terms;
};
/*
 * Tariffs and rows (any order) are copied, with texts and holidays; zones are
 * opened by zone_name (NULL, "" and "UTC" are UTC) and the tariffs' own zone
 * is not looked at. ERR_EXISTS: two rows with equal tariff, prefix, from_s,
 * band, valid_from. ERR_NOTFOUND: no such zone. ERR_INVAL: a row's tariff is
 * no index.
 */
int pricebook_build(const struct tariff *tariffs, size_t n_tariffs,
		    const struct pricebook_row *rows, size_t n_rows,
		    struct pricebook **out);

size_t pricebook_n_tariffs(const struct pricebook *book);
const struct tariff *pricebook_tariff(const struct pricebook *book,
				      uint32_t index);
/* By name; PRICEBOOK_NO_TARIFF when there is none. */
uint32_t pricebook_find_tariff(const struct pricebook *book, struct str name);
/* By the store's id; only of a book that was loaded. */
uint32_t pricebook_find_tariff_id(const struct pricebook *book, int64_t id);
const char *pricebook_destination(const struct pricebook *book,
				  const struct rate *rate);
size_t pricebook_n_rates(const struct pricebook *book);
size_t pricebook_bytes(const struct pricebook *book);
/* Rows that were left out: of rates and holidays, without a tariff. */
size_t pricebook_n_orphans(const struct pricebook *book);

/* The longest prefix of number in tariff with a row in force at t for second
 * 0: 0 or ERR_NOPRICE. A row that is not for sale is a match (look at its
 * terms). */
int pricebook_find(const struct pricebook *book, uint32_t tariff,
		   const struct number *number, time_us t,
		   struct price_match *out);
/* The same for n of many tariffs, in ascending order and each once:
 * matches[i] is for tariffs[i], now == NULL where there is none. */
void pricebook_find_each(const struct pricebook *book,
			 const struct number *number, time_us t,
			 const uint32_t *tariffs, size_t n,
			 struct price_match *matches);

#endif
