/*
 * bill_run.h - the bills of a period, one account after the other
 */
#ifndef CDR_TOOLS_BILL_RUN_H
#define CDR_TOOLS_BILL_RUN_H

#include <stdbool.h>

#include "base/cli.h"
#include "cdr-tools/bill_close.h"

struct bill_run_options {
	struct period period;
	const char *dir;          /* where the files go; NULL = write none */
	const char *account;      /* NULL = all that have something */
	const char *default_zone; /* of accounts without one; IANA */
	bool close;          /* what may be closed is */
	bool allow_unpriced; /* with close: as struct bill_closer */
	time_us now;         /* with close */
	struct cli_progress *progress; /* or NULL */
	/* Called with each bill, and each credit note, when its files are
	 * written; an error ends the run, without a text of its own. Or NULL. */
	int (*on_bill)(void *arg, const struct bill *bill);
	int (*on_credit)(void *arg, const struct credit *credit);
	/* Called with what keeps one account from its bill; the run goes on with
	 * the others. NULL: it ends the run. */
	void (*on_problem)(void *arg, const char *text);
	void *arg;
};

struct bill_run_result {
	uint64_t bills, credits;
	struct bill_close_result closed;
	uint64_t problems;     /* accounts without their bill */
	uint64_t unpriced;     /* calls left out for want of a price */
	uint64_t open;         /* calls that have not ended yet */
	uint64_t nobody;       /* calls that name no account */
	struct unpriced tally; /* of unpriced and nobody */
};

/*
 * Make the bills of all accounts that have something in the period, in the
 * order of their names, from one consistent view of the store, which must be
 * open STORE_READ_ONLY: closed bills as they were closed, drafts of the others.
 * With close the store must be writable; each account is then a view and a
 * transaction of its own, its files are written when it is closed, and on_problem
 * is told of each that stays open.
 * With dir, which is made when missing, each account's files appear whole, and
 * summary.csv at the very end. Returns 0, ERR_NOTFOUND (the account asked for is
 * nowhere), ERR_IO, a store error or what bill_make or on_bill returned, with
 * error. Fini result in any case.
 */
int bill_run(struct store *store, const struct bill_run_options *options,
	     struct bill_run_result *result, char error[STORE_ERROR_MAX]);
void bill_run_result_fini(struct bill_run_result *result);

/* Whether err is about one account only: its data, not the machine. */
bool bill_is_problem(int err);

#endif
