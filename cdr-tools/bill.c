/* bill.c - what one account owes for one month */
#include "cdr-tools/bill.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/bill_sum.h"

static const char account_sql[] =
    "SELECT name, timezone FROM accounts WHERE account = ?";

/* The order does not depend on when a record came into the store. */
static const char calls_sql[] =
    "SELECT answer_time, caller, number, destination, sell_prefix, sell_rate,"
    " sell_seconds, sell_amount, sell_currency, sell_tariff, duration_us,"
    " rating_note, buy_amount, margin, status = 'open' FROM cdr"
    " WHERE account = ? AND answer_time >= ? AND answer_time < ?"
    " AND status IN ('open', 'answered', 'swept')"
    " ORDER BY answer_time, call_key, to_tag";

enum {
	ANSWER,
	CALLER,
	NUMBER,
	DESTINATION,
	PREFIX,
	RATE,
	SECONDS,
	AMOUNT,
	CURRENCY,
	TARIFF,
	DURATION,
	NOTE,
	BUY_AMOUNT,
	MARGIN,
	IS_OPEN
};

struct maker {
	struct bill *bill;
	struct store *store;
	const struct bill_request *request;
	money_e8 *sums; /* of each of request->tariffs */
	char *error;
};

static int
fail(struct maker *maker, int err, const char *text)
{
	snprintf(maker->error, STORE_ERROR_MAX, "account %.100s: %.350s",
		 maker->request->account, text);
	return err;
}

static int
fail_store(struct maker *maker, int err)
{
	bool is_db = err == ERR_DB || err == ERR_CONFLICT;

	return fail(maker, err,
		    is_db ? store_error(maker->store) : err_text(err));
}

/* Add to the sum of a tariff that rounds at the bill. */
static int
add_to_tariff(struct maker *maker, struct str tariff, money_e8 amount)
{
	const struct bill_tariffs *tariffs = maker->request->tariffs;

	for (size_t i = 0; i < tariffs->n; i++) {
		if (str_eq_text(tariff, tariffs->items[i].name))
			return bill_add(&maker->sums[i], amount);
	}
	return 0;
}

static int
check_currency(struct maker *maker, struct str currency)
{
	struct bill *bill = maker->bill;
	char text[120];

	if (*bill->currency == '\0')
		return bill_keep(bill, currency, &bill->currency);
	if (str_eq_text(currency, bill->currency))
		return 0;
	snprintf(text, sizeof(text),
		 "calls in %.3s and %.*s, expected one currency in a month",
		 bill->currency, currency.len < 3 ? (int)currency.len : 3,
		 currency.p);
	return fail(maker, ERR_INVAL, text);
}

static int
add_margin(struct maker *maker, struct store_stmt *stmt, money_e8 amount)
{
	struct bill_margin *margin = &maker->bill->margin;
	money_e8 cost;

	if (store_col_is_null(stmt, BUY_AMOUNT)) {
		margin->no_cost++;
		return 0;
	}
	if (store_col_is_null(stmt, MARGIN)) {
		margin->mixed++;
		return 0;
	}
	/* in the currency of the revenue */
	if (__builtin_sub_overflow(amount, store_col_money(stmt, MARGIN),
				   &cost))
		return ERR_RANGE;
	margin->calls++;
	if (bill_add(&margin->revenue, amount) != 0 ||
	    bill_add(&margin->cost, cost) != 0 ||
	    bill_add(&margin->margin, store_col_money(stmt, MARGIN)) != 0)
		return ERR_RANGE;
	return 0;
}

/* A call that cannot be billed: the reason is what its note says of the sell
 * side. */
static int
take_unpriced(struct maker *maker, struct store_stmt *stmt)
{
	struct str note = store_col_text(stmt, NOTE);
	struct str reason = str_cut(&note, ';');
	char text[128] = "not rated yet";

	maker->bill->unpriced++;
	if (!store_col_is_null(stmt, BUY_AMOUNT))
		maker->bill->margin.no_price++;
	if (maker->request->unpriced == NULL)
		return 0;
	if (reason.len > 0 && reason.len < sizeof(text))
		(void)str_copy(reason, text, sizeof(text));
	return unpriced_add(
	    maker->request->unpriced, text, str_of(maker->request->account),
	    store_col_text(stmt, DESTINATION), store_col_text(stmt, NUMBER));
}

static int
take_priced(struct maker *maker, struct store_stmt *stmt)
{
	struct bill_call call = {
		.answer = store_col_time(stmt, ANSWER),
		.caller = store_col_text(stmt, CALLER),
		.number = store_col_text(stmt, NUMBER),
		.destination = store_col_text(stmt, DESTINATION),
		.prefix = store_col_text(stmt, PREFIX),
		.duration_us = store_col_int(stmt, DURATION),
		.billed_s = store_col_int(stmt, SECONDS),
		.rate = store_col_money(stmt, RATE),
		.amount = store_col_money(stmt, AMOUNT),
	};
	int err = check_currency(maker, store_col_text(stmt, CURRENCY));

	if (err == 0)
		err = bill_sum_add(maker->bill, &call);
	if (err == 0)
		err = add_to_tariff(maker, store_col_text(stmt, TARIFF),
				    call.amount);
	if (err == 0)
		err = add_margin(maker, stmt, call.amount);
	if (err == 0 && maker->request->on_call != NULL)
		err = maker->request->on_call(maker->request->arg, &call);
	return err;
}

static int
take_calls(struct maker *maker, struct store_stmt *stmt)
{
	for (;;) {
		int err = store_next(stmt);

		if (err == ERR_END)
			return 0;
		if (err != 0)
			return err;
		if (store_col_is_null(stmt, DURATION) ||
		    store_col_bool(stmt, IS_OPEN))
			maker->bill->open++;
		else if (store_col_is_null(stmt, AMOUNT))
			err = take_unpriced(maker, stmt);
		else
			err = take_priced(maker, stmt);
		if (err != 0)
			return err;
	}
}

static int
read_calls(struct maker *maker)
{
	const struct store_value params[] = { store_text(maker->bill->account),
					      store_time(maker->bill->from),
					      store_time(maker->bill->until) };
	struct store_stmt *stmt;
	int err = store_prepare(maker->store, calls_sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, 3);
	if (err == 0)
		err = take_calls(maker, stmt);
	store_finish(stmt);
	return err;
}

static int
take_account(struct maker *maker, struct store_stmt *stmt)
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
read_account(struct maker *maker)
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

static int
set_span(struct maker *maker)
{
	struct bill *bill = maker->bill;
	struct zone *zone;
	int err = zone_new(bill->zone_name, &zone);
	char text[128];

	if (err == ERR_NOTFOUND) {
		snprintf(text, sizeof(text),
			 "timezone is \"%.64s\", expected an IANA name that "
			 "this system knows",
			 bill->zone_name);
		return fail(maker, ERR_INVAL, text);
	}
	if (err != 0)
		return err;
	period_span(&bill->period, zone, &bill->from, &bill->until);
	zone_free(zone);
	return 0;
}

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
make(struct maker *maker)
{
	int err = begin(maker->bill, maker->request);

	if (err == 0)
		err = read_account(maker);
	if (err == 0)
		err = set_span(maker);
	if (err == 0)
		err = read_calls(maker);
	if (err == 0)
		err = bill_sum_end(maker->bill, maker->request->tariffs,
				   maker->sums);
	return err;
}

int
bill_make(struct bill *bill, struct store *store,
	  const struct bill_request *request, char error[STORE_ERROR_MAX])
{
	struct maker maker = { bill, store, request, NULL, error };
	int err = ERR_NOMEM;

	memset(bill, 0, sizeof(*bill));
	error[0] = '\0';
	maker.sums = mem_zalloc(request->tariffs->n + 1, sizeof(*maker.sums));
	if (maker.sums != NULL)
		err = make(&maker);
	mem_free(maker.sums);
	if (err != 0 && error[0] == '\0')
		fail_store(&maker, err);
	return err;
}

void
bill_fini(struct bill *bill)
{
	bill_sum_fini(bill);
}
