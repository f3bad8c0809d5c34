/* bill_store.c - closed bills in the store */
#include "cdr-tools/bill_store.h"

#include "base/err.h"
#include "cdr-tools/bill_sum.h"
#include "db/bulk.h"

static const char next_sql[] = "SELECT coalesce(max(number), 0) + 1 FROM bills";
static const char head_sql[] =
    "INSERT INTO bills (number, kind, account, name, timezone, period, starts,"
    " ends, closed, currency, calls, duration_us, billed_s, net, tax, total)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char late_sql[] =
    "UPDATE cdr SET late = ? WHERE account = ? AND late = 0"
    " AND late IS NOT NULL AND answer_time < ? AND sell_amount IS NOT NULL"
    " AND duration_us = coalesce(rated_us, duration_us)"
    " AND status IN ('answered', 'swept')";
static const char find_sql[] =
    "SELECT number, closed, name, timezone, currency, starts, ends, calls,"
    " duration_us, billed_s, net, tax, total FROM bills"
    " WHERE account = ? AND period = ? AND kind = 'bill'";
static const char lines_sql[] =
    "SELECT kind, destination, prefix, rate, calls, duration_us, billed_s,"
    " amount, tax_name, tax_percent, tax FROM bill_lines WHERE bill = ?"
    " ORDER BY position";
static const char overlap_sql[] =
    "SELECT coalesce(min(number), 0) FROM bills WHERE account = ?"
    " AND kind = 'bill' AND starts < ? AND ends > ?";

static const char join_sql[] =
    "SELECT ends FROM bills WHERE account = ? AND kind = 'bill'"
    " AND timezone <> ? AND ends > ? AND ends < ? ORDER BY ends DESC LIMIT 1";

/* As far as the midnights of two zones are apart: UTC-12 and UTC+14. */
#define JOIN_SPAN_US (INT64_C(26) * 3600 * US_PER_S + 1)

static const char *const kind_names[] = {
	[BILL_CALLS] = "call",
	[BILL_LATE] = "late",
	[BILL_ROUNDING] = "rounding",
};

int
bill_store_add_head(struct store *store, struct bill_head *head)
{
	int err = store_get_int(store, next_sql, NULL, 0, &head->number);

	if (err == 0) {
		const struct store_value params[] = {
			store_int(head->number),   store_text(head->kind),
			store_text(head->account), store_text(head->name),
			store_text(head->zone_name), store_text(head->period),
			store_time(head->from),    store_time(head->until),
			store_time(head->closed),  store_text(head->currency),
			store_int(head->calls),
			store_int(head->duration_us),
			store_int(head->billed_s), store_money(head->net),
			store_money(head->tax),    store_money(head->total),
		};

		err = store_run_once(store, head_sql, params,
			  sizeof(params) / sizeof(params[0]));
	}
	return err;
}

static int
add_lines(struct store *store, const struct bill *bill)
{
	static const struct bulk_column columns[] = {
		{ .name = "bill", .type = STORE_INT },
		{ .name = "position", .type = STORE_INT },
		{ .name = "kind", .type = STORE_TEXT },
		{ .name = "destination", .type = STORE_TEXT },
		{ .name = "prefix", .type = STORE_TEXT },
		{ .name = "rate", .type = STORE_MONEY },
		{ .name = "calls", .type = STORE_INT },
		{ .name = "duration_us", .type = STORE_INT },
		{ .name = "billed_s", .type = STORE_INT },
		{ .name = "amount", .type = STORE_MONEY },
		{ .name = "tax_name", .type = STORE_TEXT },
		{ .name = "tax_percent", .type = STORE_MONEY },
		{ .name = "tax", .type = STORE_MONEY },
	};
	struct bulk *bulk;
	int err = bulk_load_begin(store, "bill_lines", columns,
				  sizeof(columns) / sizeof(columns[0]), &bulk);

	if (err != 0)
		return err;
	for (size_t i = 0; i < bill->n_lines && err == 0; i++) {
		const struct bill_line *line = bill->lines[i];
		const struct tax_group *tax = &bill->taxes.items[line->group];
		const struct store_value values[] = {
			store_int(bill->number),
			store_int((int64_t)i),
			store_text(kind_names[line->kind]),
			store_text(line->destination),
			store_text(line->prefix),
			store_money(line->rate),
			store_int((int64_t)line->calls),
			store_int(line->duration_us),
			store_int(line->billed_s),
			store_money(line->amount),
			store_text(tax->name),
			store_money(tax->percent),
			store_money(line->tax),
		};

		err = bulk_row(bulk, values);
	}
	if (err == 0)
		return bulk_end(bulk);
	bulk_abort(bulk);
	return err;
}

/* The late calls are this bill's now. */
static int
take_late(struct store *store, const struct bill *bill)
{
	const struct store_value params[] = { store_int(bill->number),
					      store_text(bill->account),
					      store_time(bill->until) };
	int err = store_run_once(store, late_sql, params, 3);

	/* a record that changed meanwhile would be on two bills, or none */
	if (err == 0 && store_changes(store) != (int64_t)bill->late)
		err = ERR_CONFLICT;
	return err;
}

int
bill_store_close(struct store *store, struct bill *bill, time_us now)
{
	char period[PERIOD_TEXT_MAX];
	struct bill_head head = {
		.kind = "bill",
		.account = bill->account,
		.name = bill->name,
		.zone_name = bill->zone_name,
		.period = period_format(&bill->period, period),
		.currency = bill->currency,
		.from = bill->from,
		.until = bill->until,
		.closed = now,
		.calls = (int64_t)bill->calls,
		.duration_us = bill->duration_us,
		.billed_s = bill->billed_s,
		.net = bill->net,
		.tax = bill->tax,
		.total = bill->total,
	};
	int err = bill_store_add_head(store, &head);

	if (err != 0)
		return err;
	bill->number = head.number;
	bill->closed = now;
	err = add_lines(store, bill);
	return err == 0 && bill->late > 0 ? take_late(store, bill) : err;
}

static int
take_head(struct bill *bill, struct store_stmt *stmt)
{
	int err = bill_keep(bill, store_col_text(stmt, 2), &bill->name);

	bill->number = store_col_int(stmt, 0);
	bill->closed = store_col_time(stmt, 1);
	if (err == 0)
		err = bill_keep(bill, store_col_text(stmt, 3),
				&bill->zone_name);
	if (err == 0)
		err =
		    bill_keep(bill, store_col_text(stmt, 4), &bill->currency);
	bill->from = store_col_time(stmt, 5);
	bill->until = store_col_time(stmt, 6);
	bill->calls = (uint64_t)store_col_int(stmt, 7);
	bill->duration_us = store_col_int(stmt, 8);
	bill->billed_s = store_col_int(stmt, 9);
	bill->net = store_col_money(stmt, 10);
	bill->tax = store_col_money(stmt, 11);
	bill->total = store_col_money(stmt, 12);
	return err;
}

static enum bill_line_kind
kind_of(struct str text)
{
	if (str_eq_text(text, kind_names[BILL_LATE]))
		return BILL_LATE;
	return str_eq_text(text, kind_names[BILL_ROUNDING]) ? BILL_ROUNDING
							    : BILL_CALLS;
}

static int
take_line(struct bill *bill, struct store_stmt *stmt)
{
	struct bill_line line = {
		.kind = kind_of(store_col_text(stmt, 0)),
		.rate = store_col_money(stmt, 3),
		.calls = (uint64_t)store_col_int(stmt, 4),
		.duration_us = store_col_int(stmt, 5),
		.billed_s = store_col_int(stmt, 6),
		.amount = store_col_money(stmt, 7),
		.tax = store_col_money(stmt, 10),
	};
	struct tax_group *group;
	struct bill_line *out;
	int err = bill_keep(bill, store_col_text(stmt, 1), &line.destination);

	if (err == 0)
		err = bill_keep(bill, store_col_text(stmt, 2), &line.prefix);
	if (err == 0)
		err = tax_groups_find(&bill->taxes, store_col_text(stmt, 8),
				      store_col_money(stmt, 9), &bill->texts,
				      &line.group);
	if (err == 0)
		err = bill_sum_line(bill, &line, &out);
	if (err != 0)
		return err;
	group = &bill->taxes.items[line.group];
	if (bill_add(&group->net, line.amount) != 0 ||
	    bill_add(&group->tax, line.tax) != 0 ||
	    (line.kind != BILL_ROUNDING &&
	     bill_add(&bill->sum, line.amount) != 0))
		return ERR_RANGE;
	return 0;
}

static int
load_lines(struct store *store, struct bill *bill)
{
	const struct store_value key = store_int(bill->number);
	struct store_stmt *stmt;
	int err = store_prepare(store, lines_sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, &key, 1);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = take_line(bill, stmt);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
bill_store_load(struct store *store, struct bill *bill)
{
	char period[PERIOD_TEXT_MAX];
	const struct store_value params[] = {
		store_text(bill->account),
		store_text(period_format(&bill->period, period)),
	};
	struct store_stmt *stmt;
	int err = store_prepare(store, find_sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, 2);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0)
		err = take_head(bill, stmt);
	store_finish(stmt);
	if (err != 0)
		return err == ERR_END ? ERR_NOTFOUND : err;
	return load_lines(store, bill);
}

int
bill_store_join(struct store *store, const char *account, const char *zone_name,
		time_us *from)
{
	const struct store_value params[] = {
		store_text(account),
		store_text(zone_name),
		store_time(*from - JOIN_SPAN_US),
		store_time(*from + JOIN_SPAN_US),
	};
	struct store_stmt *stmt;
	int err = store_prepare(store, join_sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, 4);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0)
		*from = store_col_time(stmt, 0);
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
bill_store_overlap(struct store *store, const char *account, time_us from,
		   time_us until, int64_t *number)
{
	const struct store_value params[] = { store_text(account),
					      store_time(until),
					      store_time(from) };

	return store_get_int(store, overlap_sql, params, 3, number);
}
