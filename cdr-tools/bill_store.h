/*
 * bill_store.h - closed bills in the store
 */
#ifndef CDR_TOOLS_BILL_STORE_H
#define CDR_TOOLS_BILL_STORE_H

#include "cdr-tools/bill.h"

/* The head of bills and credit notes, as the table has it. */
struct bill_head {
	int64_t number;
	const char *kind; /* "bill", "credit" */
	const char *account, *name, *zone_name, *period, *currency;
	time_us from, until, closed;
	int64_t calls, duration_us, billed_s;
	money_e8 net, tax, total;
};

/* Add a row to the table bills, within the caller's transaction; number is the
 * next free one, set here: 0 or a store error. */
int bill_store_add_head(struct store *store, struct bill_head *head);
/* Close a draft, within the caller's transaction, which must keep others from
 * adding bills: the bill gets its number and time, lines are kept, late calls
 * become its own. 0 or a store error. */
int bill_store_close(struct store *store, struct bill *bill, time_us now);
/* The closed bill of bill's account and period: fills in all but calls. 0,
 * ERR_NOTFOUND, a store error or ERR_NOMEM. bill is as bill_sum_init left it,
 * with account and period. */
int bill_store_load(struct store *store, struct bill *bill);
/*
 * Where a closed bill of the account in another zone than zone_name ended, a day
 * or so around *from: then *from is moved there, lest calls in between are on
 * two bills or on none. 0 or a store error.
 */
int bill_store_join(struct store *store, const char *account,
		    const char *zone_name, time_us *from);
/* A closed bill of the account that has some of [from, until): 0 and its
 * number, which is 0 when there is none, or a store error. */
int bill_store_overlap(struct store *store, const char *account, time_us from,
		       time_us until, int64_t *number);

#endif
