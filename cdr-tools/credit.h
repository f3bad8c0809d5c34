/*
 * credit.h - credit notes: what re-rating changed of calls that are billed
 *
 * A note has the calls of one account whose rating is no longer the one that a
 * bill (or an earlier note) stated. Its amounts are new minus old: below 0 they
 * are the customer's. A call whose new price is unknown waits.
 */
#ifndef CDR_TOOLS_CREDIT_H
#define CDR_TOOLS_CREDIT_H

#include <stdbool.h>

#include "cdr-tools/bill.h"

struct credit_row {
	int64_t id;	 /* of the former rating; 0 in a closed note */
	int64_t of_bill; /* that stated it */
	time_us answer;
	const char *caller, *number, *destination;
	int64_t duration_us;
	int64_t old_billed_s, new_billed_s;
	money_e8 old_amount, new_amount;
	size_t group; /* of the note's taxes */
};

struct credit {
	int64_t number; /* 0 = a draft */
	time_us closed;
	const char *account, *name, *zone_name, *currency, *period;
	const struct zone *zone; /* that zone_name names */
	struct zone *own_zone;	 /* it, where the bill's is another */
	time_us from, until; /* of the bill it goes with */
	struct credit_row *rows; /* by answer */
	size_t n, cap;
	struct tax_groups taxes;
	money_e8 net, tax, total;
	uint64_t undecided; /* calls without a new price */
	struct arena texts;
};

/* A draft for bill's account and span, or the closed note that goes with it:
 * n and undecided are 0 when there is none. taxes may be NULL. 0, a store
 * error, ERR_INVAL (a call that changed its currency, with error), ERR_LIMIT,
 * ERR_RANGE or ERR_NOMEM. Fini in any case. */
int credit_make(struct credit *credit, struct store *store,
		const struct bill *bill, const struct taxes *taxes,
		char error[STORE_ERROR_MAX]);
void credit_fini(struct credit *credit);
/* Give a draft its number and keep it, within the caller's transaction, which
 * must keep others from adding bills: 0 or a store error. */
int credit_close(struct credit *credit, struct store *store, time_us now);

#endif
