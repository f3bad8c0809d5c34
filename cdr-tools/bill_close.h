/*
 * bill_close.h - closing the bill of an account
 *
 * In a transaction of its own: the bill gets the next number, its corrections
 * become a credit note with a number of its own, late calls become the bill's.
 * What is closed already stays as it is.
 */
#ifndef CDR_TOOLS_BILL_CLOSE_H
#define CDR_TOOLS_BILL_CLOSE_H

#include "cdr-tools/bill.h"
#include "cdr-tools/credit.h"

struct bill_close_result {
	uint64_t bills, credits;
	uint64_t early; /* bills whose period was not over: calls that are
			 * answered after this are late */
	uint64_t refused; /* accounts with calls that have no price */
};

struct bill_closer {
	struct store *store;
	const struct taxes *taxes;
	bool allow_unpriced;
	time_us now;
	char *error; /* STORE_ERROR_MAX */
	struct bill_close_result result;
	/* why the last account stays open; "" = it does not */
	char refused[STORE_ERROR_MAX];
};

/*
 * Make the bill and the credit note that request asks for, as bill_make and
 * credit_make do, and close them. Calls without a price keep both open unless
 * allow_unpriced: then they are late calls of a later bill, once they have one.
 * Returns 0: bill and credit are what the store has of them now, or drafts;
 * ERR_CONFLICT when others were at the store: nothing is done, and what on_call
 * was told is void; or an error as those two, with error. Fini both in any case.
 */
int bill_close_account(struct bill_closer *closer,
		       const struct bill_request *request, struct bill *bill,
		       struct credit *credit);

#endif
