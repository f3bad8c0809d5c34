/*
 * pricebook.h - all price lists, immutable, answering "what applies to this
 * number now" for one tariff or for all
 *
 * One trie over the prefixes of every tariff; each prefix knows its rows and
 * its next shorter prefix, so that one walk from the longest match upwards
 * gives every tariff its own longest prefix. Terms and names are stored once.
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
 * Returns 0, a store error, or ERR_INVAL (a row that cannot be: error names
 * table, key and value). Yours to free; pieces keep pointing into it.
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
/* Tariffs and rows (any order) are copied; tariff names and zones are taken
 * over from nobody: borrowed texts are copied, zones opened by zone_name.
 * ERR_EXISTS: two rows with equal tariff, prefix, from_s, band, valid_from. */
int pricebook_build(const struct tariff *tariffs, size_t n_tariffs,
		    const struct pricebook_row *rows, size_t n_rows,
		    struct pricebook **out);

size_t pricebook_n_tariffs(const struct pricebook *book);
const struct tariff *pricebook_tariff(const struct pricebook *book,
				      uint32_t index);
/* By name; PRICEBOOK_NO_TARIFF when there is none. */
uint32_t pricebook_find_tariff(const struct pricebook *book, struct str name);
const char *pricebook_destination(const struct pricebook *book,
				  const struct rate *rate);
size_t pricebook_n_rates(const struct pricebook *book);
size_t pricebook_bytes(const struct pricebook *book);

/* The longest prefix of number in tariff with a row in force at t for second
 * 0: 0 or ERR_NOPRICE. A row that is not for sale is a match (look at its
 * terms). */
int pricebook_find(const struct pricebook *book, uint32_t tariff,
		   const struct number *number, time_us t,
		   struct price_match *out);
/* The same for every tariff at once: matches[tariff] for each index of wanted
 * (a bitmap of n_tariffs bits; NULL = all), now == NULL where there is none.
 * matches has room for pricebook_n_tariffs entries. */
void pricebook_find_all(const struct pricebook *book,
			const struct number *number, time_us t,
			const uint64_t *wanted, struct price_match *matches);

#endif
