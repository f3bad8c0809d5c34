/* bill.c - what one account owes for one period */
#include "cdr-tools/bill.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/bill_calls.h"
#include "cdr-tools/bill_store.h"
#include "cdr-tools/bill_sum.h"

static const char account_sql[] =
    "SELECT name, timezone FROM accounts WHERE account = ?";

static int
take_account(struct bill_maker *maker, struct store_stmt *stmt)
{
	struct bill *bill = maker->bill;
	struct str zone = store_col_text(stmt, 1);
	int err = 0;

	if (store_col_text(stmt, 0).len > 0)
		err = bill_keep(bill, store_col_text(stmt, 0), &bill->name);
	if (err == 0 && zone.len > 0)
		err = bill_keep(bill, zone, &bill->zone_name);
	return err;
}

/* Name and zone of the account. */
static int
read_account(struct bill_maker *maker)
{
	const struct store_value key = store_text(maker->bill->account);
	struct store_stmt *stmt;
	int err = store_prepare(maker->store, account_sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, &key, 1);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0)
		err = take_account(maker, stmt);
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* The account's zone. */
static int
open_zone(struct bill_maker *maker)
{
	const char *name = maker->bill->zone_name;
	int err = zones_find(maker->request->zones, name, &maker->bill->zone);

	if (err != ERR_NOTFOUND)
		return err;
	return bill_fail(maker, ERR_INVAL,
			 "timezone is \"%.64s\", expected an IANA name that "
			 "this system knows",
			 name);
}

/* An empty bill for the account and period of the request. */
static int
begin(struct bill *bill, const struct bill_request *request)
{
	int err = bill_sum_init(bill);

	bill->period = request->period;
	bill->zone_name = request->default_zone;
	if (err == 0)
		err = bill_keep(bill, str_of(request->account), &bill->account);
	bill->name = bill->account;
	return err;
}

static int
refuse_overlap(struct bill_maker *maker)
{
	struct bill *bill = maker->bill;
	char period[PERIOD_TEXT_MAX];
	int64_t number = 0;
	int err = bill_store_overlap(maker->store, bill->account, bill->from,
				     bill->until, &number);

	if (err != 0 || number == 0)
		return err;
	return bill_fail(maker, ERR_EXISTS,
			 "bill %lld is closed and has a part of %s, expected a "
			 "period without one",
			 (long long)number,
			 period_format(&bill->period, period));
}

static int
make_draft(struct bill_maker *maker)
{
	struct bill *bill = maker->bill;
	int err = read_account(maker);

	if (err == 0)
		err = open_zone(maker);
	if (err != 0)
		return err;
	period_span(&bill->period, bill->zone, &bill->from, &bill->until);
	err = bill_store_join(maker->store, bill->account, bill->zone_name,
			      &bill->from);
	if (err == 0)
		err = refuse_overlap(maker);
	if (err == 0)
		err = bill_calls_read(maker);
	return err != 0 ? err
			: bill_sum_end(bill, maker->request->tariffs,
				       maker->sums);
}

/* The calls of a closed bill are added up once more on their way, beside it. */
static int
check_closed(struct bill_maker *maker)
{
	struct bill *bill = maker->bill, again;
	int err;

	memset(&again, 0, sizeof(again));
	err = begin(&again, maker->request);
	again.number = bill->number;
	again.from = bill->from;
	again.until = bill->until;
	again.zone_name = bill->zone_name;
	maker->bill = &again;
	if (err == 0)
		err = open_zone(maker);
	if (err == 0)
		err = bill_calls_read(maker);
	maker->bill = bill;
	bill->zone = again.zone;
	if (err == 0 && (again.calls != bill->calls || again.sum != bill->sum ||
			 again.billed_s != bill->billed_s ||
			 again.duration_us != bill->duration_us))
		err = bill_fail(maker, ERR_CORRUPT,
				"bill %lld has %llu calls and %lld s, but the "
				"records have %llu and %lld: records of closed "
				"periods were changed or removed",
				(long long)bill->number,
				(unsigned long long)bill->calls,
				(long long)bill->billed_s,
				(unsigned long long)again.calls,
				(long long)again.billed_s);
	bill->margin = again.margin;
	bill_sum_fini(&again);
	return err;
}

static int
make(struct bill_maker *maker)
{
	int err = begin(maker->bill, maker->request);

	if (err == 0)
		err = bill_store_load(maker->store, maker->bill);
	if (err == ERR_NOTFOUND)
		return make_draft(maker);
	return err != 0 ? err : check_closed(maker);
}

int
bill_make(struct bill *bill, struct store *store,
	  const struct bill_request *request, char error[STORE_ERROR_MAX])
{
	struct bill_maker maker = {
		.bill = bill, .store = store, .request = request, .error = error
	};
	int err = ERR_NOMEM;

	memset(bill, 0, sizeof(*bill));
	error[0] = '\0';
	maker.sums = mem_zalloc(request->tariffs->n + 1, sizeof(*maker.sums));
	if (maker.sums != NULL)
		err = make(&maker);
	mem_free(maker.sums);
	if (err != 0 && error[0] == '\0')
		bill_fail(&maker, err, "%s", store_reason(store, err));
	return err;
}

int
bill_load_again(struct bill *bill, struct store *store)
{
	const struct bill_request request = { .account = bill->account,
					      .period = bill->period,
					      .default_zone = "" };
	struct bill again;
	int err;

	memset(&again, 0, sizeof(again));
	err = begin(&again, &request);
	if (err == 0)
		err = bill_store_load(store, &again);
	again.zone = bill->zone;
	again.margin = bill->margin;
	again.unpriced = bill->unpriced;
	again.open = bill->open;
	bill_sum_fini(bill);
	*bill = again;
	return err;
}

void
bill_fini(struct bill *bill)
{
	bill_sum_fini(bill);
}
