/*
 * kind_bands.h - rows of rates whose bands overlap; private to db/
 *
 * Two rows of one tariff, prefix, from_second and valid_from must not both be
 * in force by their bands: nobody could say which price counts. Rows without
 * a band are their background, and a later valid_from goes before an earlier
 * one, so those are no conflict.
 */
#ifndef DB_KIND_BANDS_H
#define DB_KIND_BANDS_H

#include "db/store.h"

struct kind_band_row {
	const char *tariff, *prefix, *band; /* names; borrowed for the call */
	int64_t line;                       /* of the file; 0 = in the table */
};

/* A row and an earlier one (in the query's order) that it overlaps. */
typedef void kind_bands_fn(void *arg, const struct kind_band_row *row,
			   const struct kind_band_row *with);

/*
 * Run a query of banded rows with the columns tariff (name), prefix,
 * from_second, valid_from, band, line, sorted by the first four, and report
 * each row that overlaps another one: 0 or a store error.
 */
int kind_bands_check(struct store *store, const char *sql, kind_bands_fn *fn,
		     void *arg);
/* The query for all rows of the table; for dialect_expand. */
extern const char kind_bands_all_sql[];

#endif
