/*
 * pricebook_survey.h - what is in a price book: counts, oddities, a checksum
 */
#ifndef ROUTE_PRICEBOOK_SURVEY_H
#define ROUTE_PRICEBOOK_SURVEY_H

#include "route/pricebook.h"

struct pricebook_survey {
	/*
	 * Of tariffs and rates by what they say: equal on all nodes that have
	 * the same prices, whatever their ids and in whatever order they came.
	 * It guards against mistakes, not against malice.
	 */
	uint64_t checksum;
	size_t not_sold;
	size_t expired;	   /* valid_until has passed, or is before valid_from */
	size_t future;	   /* valid_from is to come */
	size_t superseded; /* in force, but for good behind a newer row of its
			    * prefix, from_second and band */
	size_t overlapping; /* their time overlaps that of the row before them
			     * among those; the newer one counts */
};

/* Walks over all rates. Returns 0 or ERR_NOMEM. */
int pricebook_survey(const struct pricebook *book, time_us now,
		     struct pricebook_survey *out);

#endif
