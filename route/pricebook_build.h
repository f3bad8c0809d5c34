/*
 * pricebook_build.h - putting a price book together, row by row
 *
 * Rows come in any order and are sorted once at the end. While it is built, a
 * million rows take 32 bytes each and what they share.
 */
#ifndef ROUTE_PRICEBOOK_BUILD_H
#define ROUTE_PRICEBOOK_BUILD_H

#include "route/pricebook_private.h"

/* Where a row belongs. */
struct row_key {
	prefix_word prefix;
	uint32_t tariff;
	uint32_t row; /* in order of arrival */
};

struct book_holiday {
	uint32_t tariff; /* index, or PRICEBOOK_NO_TARIFF for every one */
	int64_t day;
};

struct pricebook_builder {
	struct pricebook *book;
	struct intern terms;
	struct rate *rates; /* in order of arrival */
	struct row_key *keys;
	size_t n, rates_cap, keys_cap;
	struct book_holiday *holidays;
	size_t n_holidays, holidays_cap;
	struct row_key clash; /* after ERR_EXISTS: of one of the two rows */
};

/* 0, ERR_NOMEM or ERR_IO. Fini in any case; storage need not be zeroed. */
int pricebook_builder_init(struct pricebook_builder *b);
void pricebook_builder_fini(struct pricebook_builder *b);
/* Copy a tariff with its texts and holidays and open its zone. It
 * gets the next index. 0, ERR_NOTFOUND (no such zone) or ERR_NOMEM. */
int pricebook_builder_add_tariff(struct pricebook_builder *b,
				 const struct tariff *tariff);
/* Note the store's id of the tariff added last. 0 or ERR_NOMEM. */
int pricebook_builder_set_id(struct pricebook_builder *b, int64_t id);
/* Sorts what set_id noted, so that pricebook_find_tariff_id works. */
void pricebook_builder_sort_ids(struct pricebook_builder *b);
/* Add a holiday of a tariff (an index, or PRICEBOOK_NO_TARIFF for all). The
 * same one twice is one. 0 or ERR_NOMEM. */
int pricebook_builder_add_holiday(struct pricebook_builder *b, uint32_t tariff,
				  int64_t day);
/* All tariffs and holidays are in: hand them out. 0 or ERR_NOMEM. */
int pricebook_builder_close_tariffs(struct pricebook_builder *b);
/* 0, ERR_INVAL (no such tariff), ERR_LIMIT or ERR_NOMEM. */
int pricebook_builder_add_row(struct pricebook_builder *b,
			      const struct pricebook_row *row);
/* Sort and index: 0, ERR_EXISTS (see clash), ERR_LIMIT or ERR_NOMEM. */
int pricebook_builder_finish(struct pricebook_builder *b,
			     struct pricebook **out);

#endif
