/*
 * bill_close.h - closing the bills of a period
 *
 * Each account is closed in a transaction of its own: its bill gets the next
 * number, its corrections become a credit note with a number of its own, late
 * calls become the bill's. What is closed already stays as it is.
 */
#ifndef CDR_TOOLS_BILL_CLOSE_H
#define CDR_TOOLS_BILL_CLOSE_H

#include "cdr-tools/bill_run.h"

struct bill_close_result {
	uint64_t bills, credits;
	uint64_t early; /* bills whose period was not over: calls that are
			 * answered after this are late */
	uint64_t refused; /* accounts with calls that have no price, and others
			   * that on_problem was told of */
};

/*
 * Close the bills of the period that options name; its dir, on_bill and
 * on_credit are not looked at, on_problem is told of each account that stays
 * open. Calls without a price keep their account open unless allow_unpriced:
 * then they are late calls of a later bill, once they have one. Returns 0,
 * ERR_NOTFOUND (no such account), a store error or ERR_NOMEM, with error; what
 * was closed by then stays.
 */
int bill_close_run(struct store *store, const struct bill_run_options *options,
		   bool allow_unpriced, time_us now,
		   struct bill_close_result *result,
		   char error[STORE_ERROR_MAX]);

#endif
