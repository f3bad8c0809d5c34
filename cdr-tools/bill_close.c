/* bill_close.c - closing the bill of an account */
#include "cdr-tools/bill_close.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cdr-tools/bill_store.h"

/* All that is read is of one instant, behind the lock. */
static const char lock_sql[] =
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
    "LOCK TABLE bills IN EXCLUSIVE MODE";

/* One account, and what of it was closed now. */
struct closing {
	struct bill_closer *closer;
	const struct bill_request *request;
	struct bill *bill;
	struct credit *credit;
	bool has_bill, has_credit;
};

/* Whether the account may be closed; else closer->refused. */
static bool
may_close(struct closing *closing)
{
	struct bill_closer *closer = closing->closer;
	uint64_t unpriced =
	    closing->bill->unpriced + closing->credit->undecided;

	if (closing->bill->number > 0 || unpriced == 0 ||
	    closer->allow_unpriced)
		return true;
	snprintf(closer->refused, sizeof(closer->refused),
		 "account %.200s: %llu call%s without a price, not closed",
		 closing->bill->account, (unsigned long long)unpriced,
		 unpriced == 1 ? "" : "s");
	return false;
}

static int
close_documents(struct closing *closing)
{
	struct bill_closer *closer = closing->closer;
	struct bill *bill = closing->bill;
	struct credit *credit = closing->credit;
	int err = 0;

	if (!may_close(closing))
		return 0;
	if (bill->number == 0 && bill->calls > 0) {
		err = bill_store_close(closer->store, bill, closer->now);
		closing->has_bill = err == 0;
	}
	if (err == 0 && credit->number == 0 && credit->n > 0) {
		err = credit_close(credit, closer->store, closer->now);
		closing->has_credit = err == 0;
	}
	return err;
}

/* Within a transaction that keeps ratings and other closings away. */
static int
close_locked(struct closing *closing)
{
	struct bill_closer *closer = closing->closer;
	int err = 0;

	if (store_dialect(closer->store) == STORE_POSTGRESQL)
		err = store_exec(closer->store, lock_sql);
	if (err == 0)
		err = bill_make(closing->bill, closer->store, closing->request,
				closer->error);
	if (err == 0)
		err = credit_make(closing->credit, closer->store, closing->bill,
				  closer->taxes, closer->error);
	return err == 0 ? close_documents(closing) : err;
}

/* As the store has them from now on: so each run writes the same bytes. */
static int
load_closed(struct closing *closing)
{
	struct bill_closer *closer = closing->closer;
	int err = 0;

	if (closing->has_bill)
		err = bill_load_again(closing->bill, closer->store);
	if (err == 0 && closing->has_credit) {
		credit_fini(closing->credit);
		err = credit_make(closing->credit, closer->store, closing->bill,
				  closer->taxes, closer->error);
	}
	return err;
}

static void
count(struct closing *closing)
{
	struct bill_close_result *result = &closing->closer->result;

	result->bills += closing->has_bill;
	result->early += closing->has_bill &&
			 closing->bill->until > closing->closer->now;
	result->credits += closing->has_credit;
	result->refused += closing->closer->refused[0] != '\0';
}

int
bill_close_account(struct bill_closer *closer,
		   const struct bill_request *request, struct bill *bill,
		   struct credit *credit)
{
	struct closing closing = { .closer = closer,
				   .request = request,
				   .bill = bill,
				   .credit = credit };
	int err = store_begin(closer->store);

	closer->error[0] = '\0';
	closer->refused[0] = '\0';
	if (err == 0)
		err = close_locked(&closing);
	if (err == 0)
		err = load_closed(&closing);
	if (err == 0)
		err = store_commit(closer->store);
	if (err != 0 && closer->error[0] == '\0')
		snprintf(closer->error, STORE_ERROR_MAX, "bills: %s",
			 store_reason(closer->store, err));
	store_rollback(closer->store);
	if (err == 0)
		count(&closing);
	return err;
}
