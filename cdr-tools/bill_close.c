/* bill_close.c - closing the bills of a period */
#include "cdr-tools/bill_close.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cdr-tools/bill_basis.h"
#include "cdr-tools/bill_store.h"

/* All that is read is of one instant, behind the lock. */
static const char lock_sql[] =
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
    "LOCK TABLE bills IN EXCLUSIVE MODE";

#define MAX_TRIES 20 /* of one account, when others are at the store too */

struct run {
	struct store *store;
	const struct bill_run_options *options;
	bool allow_unpriced;
	time_us now;
	struct bill_close_result *result;
	struct bill_basis basis;
	char *error;
};

/* What was made of one account. */
struct closing {
	struct bill bill;
	struct credit credit;
	bool has_bill, has_credit; /* and was closed now */
};

static int
describe(struct run *run, int err)
{
	if (run->error[0] == '\0')
		snprintf(run->error, STORE_ERROR_MAX, "bills: %s",
			 store_reason(run->store, err));
	return err;
}

/* Whether the account may be closed; ERR_INVAL with the reason. */
static int
check(struct run *run, const struct closing *closing)
{
	const struct bill *bill = &closing->bill;
	uint64_t unpriced = bill->unpriced + closing->credit.undecided;

	if (bill->number > 0)
		return 0;
	if (unpriced == 0 || run->allow_unpriced)
		return 0;
	snprintf(run->error, STORE_ERROR_MAX,
		 "account %.200s: %llu call%s without a price, not closed",
		 bill->account, (unsigned long long)unpriced,
		 unpriced == 1 ? "" : "s");
	return ERR_INVAL;
}

static int
close_documents(struct run *run, struct closing *closing)
{
	struct bill *bill = &closing->bill;
	int err = check(run, closing);

	if (err == 0 && bill->number == 0 && bill->calls > 0) {
		err = bill_store_close(run->store, bill, run->now);
		closing->has_bill = err == 0;
	}
	if (err == 0 && closing->credit.number == 0 && closing->credit.n > 0) {
		err = credit_close(&closing->credit, run->store, run->now);
		closing->has_credit = err == 0;
	}
	return err;
}

/* Within a transaction that keeps ratings and other closings away. */
static int
close_locked(struct run *run, const char *account, struct closing *closing)
{
	const struct bill_request request =
	    bill_basis_request(&run->basis, run->options, account);
	int err = 0;

	if (store_dialect(run->store) == STORE_POSTGRESQL)
		err = store_exec(run->store, lock_sql);
	if (err == 0)
		err = bill_make(&closing->bill, run->store, &request,
				run->error);
	if (err == 0)
		err = credit_make(&closing->credit, run->store, &closing->bill,
				  &run->basis.taxes, run->error);
	if (err == 0)
		err = close_documents(run, closing);
	return err;
}

static int
try_account(struct run *run, const char *account)
{
	struct closing closing;
	int err = store_begin(run->store);

	memset(&closing, 0, sizeof(closing));
	run->error[0] = '\0';
	if (err == 0)
		err = close_locked(run, account, &closing);
	if (err == 0)
		err = store_commit(run->store);
	if (err != 0)
		describe(run, err);
	store_rollback(run->store);
	if (err == 0) {
		run->result->bills += closing.has_bill;
		run->result->early +=
		    closing.has_bill && closing.bill.until > run->now;
		run->result->credits += closing.has_credit;
	}
	credit_fini(&closing.credit);
	bill_fini(&closing.bill);
	return err;
}

static int
close_account(struct run *run, const char *account)
{
	int err = ERR_CONFLICT;

	for (int i = 0; i < MAX_TRIES && err == ERR_CONFLICT; i++)
		err = try_account(run, account);
	if (!bill_is_problem(err))
		return err;
	run->result->refused++;
	if (run->options->on_problem != NULL)
		run->options->on_problem(run->options->arg, run->error);
	run->error[0] = '\0';
	return 0;
}

int
bill_close_run(struct store *store, const struct bill_run_options *options,
	       bool allow_unpriced, time_us now,
	       struct bill_close_result *result, char error[STORE_ERROR_MAX])
{
	struct run run = { .store = store,
			   .options = options,
			   .allow_unpriced = allow_unpriced,
			   .now = now,
			   .result = result,
			   .error = error };
	int err;

	memset(result, 0, sizeof(*result));
	error[0] = '\0';
	err = bill_basis_load(&run.basis, store, options, error);
	if (options->progress != NULL)
		options->progress->total = run.basis.accounts.n;
	for (size_t i = 0; i < run.basis.accounts.n && err == 0; i++) {
		err = close_account(&run, run.basis.accounts.names[i]);
		if (options->progress != NULL)
			cli_progress_at(options->progress, i + 1);
	}
	bill_basis_fini(&run.basis);
	return err;
}
