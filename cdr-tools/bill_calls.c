/* bill_calls.c - the calls of a bill, read from the records */
#include "cdr-tools/bill_calls.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* A rating as the bill stated it: the one kept when it was replaced. */
#define AS_BILLED(column) \
	" CASE WHEN h.id IS NULL THEN c." column " ELSE h." column " END,"

/* The order does not depend on when a record came into the store. */
#define CALLS_SQL(which)                                                    \
	"SELECT c.answer_time, c.caller, c.number,"                         \
	AS_BILLED("destination") AS_BILLED("sell_prefix")                   \
	AS_BILLED("sell_rate") AS_BILLED("sell_seconds")                    \
	AS_BILLED("sell_amount") AS_BILLED("sell_currency")                 \
	AS_BILLED("sell_tariff") AS_BILLED("sell_rest")                     \
	AS_BILLED("buy_amount") AS_BILLED("margin") AS_BILLED("rated_us")   \
	" c.duration_us, c.rating_note, c.status = 'open', c.id FROM cdr c" \
	" LEFT JOIN rating_history h ON h.cdr = c.id AND h.bill = ?"        \
	" WHERE c.account = ? AND " which                                   \
	" AND c.status IN ('open', 'answered', 'swept')"                    \
	" ORDER BY c.answer_time, c.call_key, c.to_tag"

static const char late_sql[] =
    CALLS_SQL("c.late = ? AND c.late IS NOT NULL AND c.answer_time < ?");
static const char period_sql[] = CALLS_SQL(
    "c.answer_time >= ? AND c.answer_time < ? AND c.late IS NULL");

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
	REST,
	BUY_AMOUNT,
	MARGIN,
	RATED,
	DURATION,
	NOTE,
	IS_OPEN,
	ID
};

int
bill_fail(struct bill_maker *maker, int err, const char *format, ...)
{
	va_list args;
	char text[360];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(maker->error, STORE_ERROR_MAX, "account %.100s: %s",
		 maker->request->account, text);
	return err;
}

/* Add to the sums of a tariff that rounds at the bill: what the call is, and
 * exactly, with what eight decimals leave out. */
static int
add_to_tariff(struct bill_maker *maker, struct store_stmt *stmt, size_t group,
	      money_e8 amount)
{
	const struct bill_tariffs *tariffs = maker->request->tariffs;
	struct str name = store_col_text(stmt, TARIFF);

	for (size_t i = 0; i < tariffs->n; i++) {
		struct bill_tariff_sum *sum = &maker->sums[i].of_group[group];

		if (!str_eq_text(name, tariffs->items[i].name))
			continue;
		sum->exact +=
		    (money_60)amount * 60 + store_col_int(stmt, REST);
		return bill_add(&sum->amount, amount);
	}
	return 0;
}

static int
check_currency(struct bill_maker *maker, struct str currency)
{
	struct bill *bill = maker->bill;

	if (*bill->currency == '\0')
		return bill_keep(bill, currency, &bill->currency);
	if (str_eq_text(currency, bill->currency))
		return 0;
	return bill_fail(maker, ERR_INVAL,
			 "calls in %.3s and %.*s, expected one currency on a "
			 "bill",
			 bill->currency,
			 currency.len < 3 ? (int)currency.len : 3, currency.p);
}

static int
add_margin(struct bill_maker *maker, struct store_stmt *stmt, money_e8 amount)
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
 * side, unless it has a price, which is of another duration then. */
static int
take_unpriced(struct bill_maker *maker, struct store_stmt *stmt)
{
	struct str note = store_col_text(stmt, NOTE);
	struct str reason = str_cut(&note, ';');
	char text[128] = "not rated yet";

	if (!store_col_is_null(stmt, AMOUNT))
		reason = str_of("its end changed since it was rated");

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

static const struct tax *
tax_of(const struct bill_maker *maker, time_us answer)
{
	int32_t second;
	int64_t day;

	zone_local(maker->bill->zone, answer, &day, &second);
	return taxes_find(maker->request->taxes, maker->request->account, day);
}

/* The duration the price is for; ratings by others may not say. */
static int64_t
rated_us(struct store_stmt *stmt)
{
	return store_col_int(stmt,
			     store_col_is_null(stmt, RATED) ? DURATION : RATED);
}

static int
take_priced(struct bill_maker *maker, struct store_stmt *stmt, bool is_late)
{
	struct bill_call call = {
		.answer = store_col_time(stmt, ANSWER),
		.caller = store_col_text(stmt, CALLER),
		.number = store_col_text(stmt, NUMBER),
		.destination = store_col_text(stmt, DESTINATION),
		.prefix = store_col_text(stmt, PREFIX),
		.duration_us = rated_us(stmt),
		.billed_s = store_col_int(stmt, SECONDS),
		.rate = store_col_money(stmt, RATE),
		.amount = store_col_money(stmt, AMOUNT),
		.is_late = is_late,
	};
	size_t group;
	int err = check_currency(maker, store_col_text(stmt, CURRENCY));

	call.tax = tax_of(maker, call.answer);
	if (err == 0)
		err = bill_sum_add(maker->bill, &call, &group);
	if (err == 0)
		err = add_to_tariff(maker, stmt, group, call.amount);
	if (err == 0)
		err = add_margin(maker, stmt, call.amount);
	if (err == 0 && maker->request->on_call != NULL)
		err = maker->request->on_call(maker->request->arg, &call);
	return err;
}

/*
 * A closed bill has what had a price then, whatever became of the record: it
 * may even be open again. What had none has none yet, or is late. A draft has
 * what has ended and has a price for the duration that it has now.
 */
static int
take_call(struct bill_maker *maker, struct store_stmt *stmt, bool is_late)
{
	bool has_amount = !store_col_is_null(stmt, AMOUNT);

	if (maker->bill->number > 0)
		return has_amount ? take_priced(maker, stmt, is_late) : 0;
	if (store_col_is_null(stmt, DURATION) ||
	    store_col_bool(stmt, IS_OPEN)) {
		maker->bill->open++;
		return 0;
	}
	if (!has_amount || rated_us(stmt) != store_col_int(stmt, DURATION))
		return take_unpriced(maker, stmt);
	return take_priced(maker, stmt, is_late);
}

/* Read what a bill needs, so that a record that cannot be read is known before
 * anything of it is added. */
static bool
is_damaged(struct bill_maker *maker, struct store_stmt *stmt)
{
	static const int times[] = { ANSWER }, moneys[] = { RATE, AMOUNT,
							    BUY_AMOUNT,
							    MARGIN };
	static const int ints[] = { SECONDS, REST, RATED, DURATION };
	int64_t id = store_col_int(stmt, ID);

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		store_col_time(stmt, times[i]);
	for (size_t i = 0; i < sizeof(moneys) / sizeof(moneys[0]); i++)
		store_col_money(stmt, moneys[i]);
	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		store_col_int(stmt, ints[i]);
	for (int i = CALLER; i <= PREFIX; i++)
		store_col_text(stmt, i);
	store_col_text(stmt, CURRENCY);
	store_col_text(stmt, TARIFF);
	store_col_text(stmt, NOTE);
	if (!store_is_damaged(stmt))
		return false;
	fprintf(stderr, "cdr %lld: %s; it is not billed\n", (long long)id,
		store_error(maker->store));
	return true;
}

/* One that cannot be read counts as without a price: the bill stays open. */
static int
take_damaged(struct bill_maker *maker)
{
	maker->bill->unpriced++;
	if (maker->request->unpriced == NULL)
		return 0;
	return unpriced_add(maker->request->unpriced, "damaged record",
			    str_of(maker->request->account), str_of(""),
			    str_of(""));
}

static int
read_calls(struct bill_maker *maker, const char *sql,
	   const struct store_value *params, bool is_late)
{
	struct store_stmt *stmt;
	int err = store_prepare(maker->store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, 4);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = is_damaged(maker, stmt)
				  ? take_damaged(maker)
				  : take_call(maker, stmt, is_late);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
bill_calls_read(struct bill_maker *maker)
{
	const struct bill *bill = maker->bill;
	const struct store_value late[] = { store_int(bill->number),
					    store_text(bill->account),
					    store_int(bill->number),
					    store_time(bill->until) };
	const struct store_value all[] = { store_int(bill->number),
					   store_text(bill->account),
					   store_time(bill->from),
					   store_time(bill->until) };
	int err = read_calls(maker, late_sql, late, true);

	return err != 0 ? err : read_calls(maker, period_sql, all, false);
}
