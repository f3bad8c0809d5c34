/* credit.c - credit notes: what re-rating changed of calls that are billed */
#include "cdr-tools/credit.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/bill_store.h"
#include "db/bulk.h"

static const char due_sql[] =
    "SELECT h.id, h.bill, c.answer_time, c.caller, c.number, c.destination,"
    " coalesce(c.rated_us, c.duration_us), h.sell_seconds, h.sell_amount, c.sell_seconds,"
    " c.sell_amount, h.sell_currency, c.sell_currency FROM rating_history h"
    " JOIN cdr c ON c.setup_time = h.setup_time AND c.id = h.cdr WHERE h.bill IS NOT NULL"
    " AND h.credit IS NULL AND h.account = ? AND c.answer_time < ?"
    " ORDER BY c.answer_time, c.call_key, c.to_tag, h.id";
static const char note_sql[] =
    "SELECT number, closed, name, timezone, currency, net, tax, total"
    " FROM bills WHERE account = ? AND period = ? AND kind = 'credit'";
static const char rows_sql[] =
    "SELECT 0, of_bill, answer_time, caller, number, destination,"
    " duration_us, old_billed_s, old_amount, new_billed_s, new_amount,"
    " tax_name, tax_percent FROM bill_corrections WHERE bill = ?"
    " ORDER BY position";
static const char credited_sql[] =
    "UPDATE rating_history SET credit = ? WHERE id = ?";

struct maker {
	struct credit *credit;
	struct store *store;
	const struct bill *bill;
	const struct taxes *taxes;
	char *error;
};

static int
keep(struct credit *credit, struct str text, const char **out)
{
	*out = "";
	if (text.len > 0)
		*out = arena_strndup(&credit->texts, text.p, text.len);
	return *out != NULL ? 0 : ERR_NOMEM;
}

/* The columns that both queries have. */
static int
take_row(struct maker *maker, struct store_stmt *stmt, struct credit_row *row)
{
	struct credit *credit = maker->credit;
	int err = keep(credit, store_col_text(stmt, 3), &row->caller);

	row->id = store_col_int(stmt, 0);
	row->of_bill = store_col_int(stmt, 1);
	row->answer = store_col_time(stmt, 2);
	if (err == 0)
		err = keep(credit, store_col_text(stmt, 4), &row->number);
	if (err == 0)
		err = keep(credit, store_col_text(stmt, 5), &row->destination);
	row->duration_us = store_col_int(stmt, 6);
	row->old_billed_s = store_col_int(stmt, 7);
	row->old_amount = store_col_money(stmt, 8);
	row->new_billed_s = store_col_int(stmt, 9);
	row->new_amount = store_col_money(stmt, 10);
	return err;
}

/* Add a row with its tax. */
static int
add_row(struct maker *maker, struct credit_row *row, struct str tax_name,
	money_e8 tax_percent)
{
	struct credit *credit = maker->credit;
	money_e8 difference, tax;
	int err = mem_grow((void **)&credit->rows, &credit->cap, credit->n,
			   sizeof(*credit->rows));

	if (err == 0)
		err = tax_groups_find(&credit->taxes, tax_name, tax_percent,
				      &credit->texts, &row->group);
	if (err != 0)
		return err;
	if (__builtin_sub_overflow(row->new_amount, row->old_amount,
				   &difference) ||
	    tax_groups_add(&credit->taxes, row->group, difference, &tax) != 0)
		return ERR_RANGE;
	credit->rows[credit->n++] = *row;
	return 0;
}

static int
check_currency(struct maker *maker, struct str old, struct str new,
	       const struct credit_row *row)
{
	struct credit *credit = maker->credit;

	if (str_eq(old, new) && (*credit->currency == '\0' ||
				 str_eq_text(new, credit->currency)))
		return *credit->currency == '\0'
			   ? keep(credit, new, &credit->currency)
			   : 0;
	snprintf(maker->error, STORE_ERROR_MAX,
		 "account %.100s: a call of bill %lld is now in %.*s, was in "
		 "%.*s, expected the same currency",
		 maker->bill->account, (long long)row->of_bill, STR_ARG(new),
		 STR_ARG(old));
	return ERR_INVAL;
}

/* A former rating that a bill stated, and what the call has now. */
static int
take_due(struct maker *maker, struct store_stmt *stmt)
{
	struct credit_row row = { 0 };
	const struct tax *tax;
	int32_t second;
	int64_t day;
	int err;

	if (store_col_is_null(stmt, 10)) {
		maker->credit->undecided++;
		return 0;
	}
	err = take_row(maker, stmt, &row);
	if (err != 0 || (row.old_amount == row.new_amount &&
			 row.old_billed_s == row.new_billed_s))
		return err;
	err = check_currency(maker, store_col_text(stmt, 11),
			     store_col_text(stmt, 12), &row);
	if (err != 0)
		return err;
	zone_local(maker->bill->zone, row.answer, &day, &second);
	tax = taxes_find(maker->taxes, maker->bill->account, day);
	return add_row(maker, &row, str_of(tax != NULL ? tax->name : ""),
		       tax != NULL ? tax->percent : 0);
}

static int
take_closed(struct maker *maker, struct store_stmt *stmt)
{
	struct credit_row row = { 0 };
	int err = take_row(maker, stmt, &row);

	return err != 0 ? err
			: add_row(maker, &row, store_col_text(stmt, 11),
				  store_col_money(stmt, 12));
}

static int
take_head(struct maker *maker, struct store_stmt *stmt)
{
	struct credit *credit = maker->credit;
	int err = keep(credit, store_col_text(stmt, 2), &credit->name);

	credit->number = store_col_int(stmt, 0);
	credit->closed = store_col_time(stmt, 1);
	if (err == 0)
		err = keep(credit, store_col_text(stmt, 3), &credit->zone_name);
	return err != 0
		   ? err
		   : keep(credit, store_col_text(stmt, 4), &credit->currency);
}

/* A note that was closed has the zone of then; the draft of a bill that it goes
 * with has the one of now. */
static int
take_zone(struct maker *maker)
{
	struct credit *credit = maker->credit;
	int err;

	if (strcmp(credit->zone_name, maker->bill->zone_name) == 0)
		return 0;
	err = zone_new(credit->zone_name, &credit->own_zone);
	credit->zone = credit->own_zone;
	if (err != ERR_NOTFOUND)
		return err;
	snprintf(maker->error, STORE_ERROR_MAX,
		 "account %.100s: timezone of note %lld is \"%.64s\", expected "
		 "an IANA name that this system knows",
		 maker->bill->account, (long long)credit->number,
		 credit->zone_name);
	return ERR_INVAL;
}

static int
read_rows(struct maker *maker, const char *sql,
	  const struct store_value *params, size_t n_params,
	  int (*take)(struct maker *maker, struct store_stmt *stmt))
{
	struct store_stmt *stmt;
	int err = store_prepare(maker->store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, n_params);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = take(maker, stmt);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

static int
read_draft(struct maker *maker)
{
	const struct store_value params[] = {
		store_text(maker->bill->account),
		store_time(maker->bill->until),
	};

	return read_rows(maker, due_sql, params, 2, take_due);
}

static int
sum_up(struct credit *credit)
{
	for (size_t i = 0; i < credit->taxes.n; i++) {
		const struct tax_group *group = &credit->taxes.items[i];

		if (__builtin_add_overflow(credit->net, group->net,
					   &credit->net) ||
		    __builtin_add_overflow(credit->tax, group->tax,
					   &credit->tax))
			return ERR_RANGE;
	}
	return __builtin_add_overflow(credit->net, credit->tax, &credit->total)
		   ? ERR_RANGE
		   : 0;
}

static int
make(struct maker *maker, const char *period)
{
	const struct bill *bill = maker->bill;
	struct credit *credit = maker->credit;
	const struct store_value key[] = { store_text(bill->account),
					   store_text(period) };
	int err = read_rows(maker, note_sql, key, 2, take_head);

	if (err == 0 && credit->number > 0)
		err = take_zone(maker);
	if (err == 0 && credit->number > 0) {
		const struct store_value number = store_int(credit->number);

		err = read_rows(maker, rows_sql, &number, 1, take_closed);
	} else if (err == 0 && bill->number == 0) {
		/* what comes up after a closing goes with the next one */
		err = read_draft(maker);
	}
	return err != 0 ? err : sum_up(credit);
}

int
credit_make(struct credit *credit, struct store *store, const struct bill *bill,
	    const struct taxes *taxes, char error[STORE_ERROR_MAX])
{
	struct maker maker = { credit, store, bill, taxes, error };
	char period[PERIOD_TEXT_MAX];
	int err;

	memset(credit, 0, sizeof(*credit));
	arena_init(&credit->texts, NULL, 0, 0);
	credit->currency = "";
	credit->zone = bill->zone;
	credit->from = bill->from;
	credit->until = bill->until;
	period_format(&bill->period, period);
	err = keep(credit, str_of(period), &credit->period);
	if (err == 0)
		err = keep(credit, str_of(bill->account), &credit->account);
	if (err == 0)
		err = keep(credit, str_of(bill->name), &credit->name);
	if (err == 0)
		err = keep(credit, str_of(bill->zone_name), &credit->zone_name);
	return err != 0 ? err : make(&maker, period);
}

void
credit_fini(struct credit *credit)
{
	mem_free(credit->rows);
	zone_free(credit->own_zone);
	arena_fini(&credit->texts);
	memset(credit, 0, sizeof(*credit));
}

static int
load_row(struct bulk *bulk, const struct credit *credit, size_t i)
{
	const struct credit_row *row = &credit->rows[i];
	const struct tax_group *tax = &credit->taxes.items[row->group];
	const struct store_value values[] = {
		store_int(credit->number),    store_int((int64_t)i),
		store_int(row->of_bill),      store_time(row->answer),
		store_text(row->caller),      store_text(row->number),
		store_text(row->destination), store_int(row->duration_us),
		store_int(row->old_billed_s), store_money(row->old_amount),
		store_int(row->new_billed_s), store_money(row->new_amount),
		store_text(tax->name),        store_money(tax->percent),
	};

	return bulk_row(bulk, values);
}

static int
load_rows(struct store *store, const struct credit *credit)
{
	static const struct bulk_column columns[] = {
		{ .name = "bill", .type = STORE_INT },
		{ .name = "position", .type = STORE_INT },
		{ .name = "of_bill", .type = STORE_INT },
		{ .name = "answer_time", .type = STORE_TIME },
		{ .name = "caller", .type = STORE_TEXT },
		{ .name = "number", .type = STORE_TEXT },
		{ .name = "destination", .type = STORE_TEXT },
		{ .name = "duration_us", .type = STORE_INT },
		{ .name = "old_billed_s", .type = STORE_INT },
		{ .name = "old_amount", .type = STORE_MONEY },
		{ .name = "new_billed_s", .type = STORE_INT },
		{ .name = "new_amount", .type = STORE_MONEY },
		{ .name = "tax_name", .type = STORE_TEXT },
		{ .name = "tax_percent", .type = STORE_MONEY },
	};
	struct bulk *bulk;
	int err = bulk_load_begin(store, "bill_corrections", columns,
				  sizeof(columns) / sizeof(columns[0]), &bulk);

	if (err != 0)
		return err;
	for (size_t i = 0; i < credit->n && err == 0; i++)
		err = load_row(bulk, credit, i);
	if (err == 0)
		return bulk_end(bulk);
	bulk_abort(bulk);
	return err;
}

static int
mark_credited(struct store *store, const struct credit *credit)
{
	struct store_stmt *stmt;
	int err = store_prepare(store, credited_sql, &stmt);

	for (size_t i = 0; i < credit->n && err == 0; i++) {
		const struct store_value params[] = {
			store_int(credit->number),
			store_int(credit->rows[i].id),
		};

		err = store_run(stmt, params, 2);
	}
	store_finish(stmt);
	return err;
}

int
credit_close(struct credit *credit, struct store *store, time_us now)
{
	struct bill_head head = {
		.kind = "credit",
		.account = credit->account,
		.name = credit->name,
		.zone_name = credit->zone_name,
		.period = credit->period,
		.currency = credit->currency,
		.from = credit->from,
		.until = credit->until,
		.closed = now,
		.calls = (int64_t)credit->n,
		.net = credit->net,
		.tax = credit->tax,
		.total = credit->total,
	};
	int err = bill_store_add_head(store, &head);

	if (err != 0)
		return err;
	credit->number = head.number;
	credit->closed = now;
	err = load_rows(store, credit);
	return err != 0 ? err : mark_credited(store, credit);
}
