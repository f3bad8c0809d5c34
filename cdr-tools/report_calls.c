/* report_calls.c - calls at a loss, and calls without a price */
#include "cdr-tools/report_calls.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/csv.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/rate_report.h"
#include "cdr-tools/seconds.h"
#include "cdr-tools/unpriced.h"
#include "db/sql_text.h"

static const char losses_sql[] =
    "SELECT answer_time, account, carrier, number, destination, duration_us,"
    " sell_amount, buy_amount, margin, sell_currency, buy_currency FROM cdr"
    " WHERE margin < 0 AND setup_time >= ? AND setup_time < ?";
static const char unpriced_sql[] =
    "SELECT coalesce(rating_note, 'not rated yet'), account, destination,"
    " number FROM cdr WHERE (sell_amount IS NULL OR buy_amount IS NULL)"
    " AND status IN ('answered', 'swept') AND duration_us IS NOT NULL"
    " AND setup_time >= ? AND setup_time < ?";

static const char *const loss_names[] = {
	"answer_time", "account",     "carrier",      "number",
	"destination", "seconds",     "sell_amount",  "buy_amount",
	"margin",      "sell_currency", "buy_currency",
};
#define N_LOSS (sizeof(loss_names) / sizeof(loss_names[0]))
#define VALUE_MAX 48

/* sql with the filters of options, and behind. */
static int
prepare(struct store *store, const char *text,
	const struct report_options *options, const char *behind, size_t top,
	struct store_stmt **out)
{
	const struct {
		const char *column, *value;
	} filters[] = {
		{ "account", options->account },
		{ "carrier", options->carrier },
		{ "gateway", options->gateway },
		{ "destination", options->destination },
	};
	struct store_value params[7] = { store_time(options->from),
					 store_time(options->until) };
	struct sql_text sql = { 0 };
	size_t n = 2;
	int err;

	sql_add(&sql, "%s", text);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (filters[i].value == NULL)
			continue;
		sql_add(&sql, " AND %s = ?", filters[i].column);
		params[n++] = store_text(filters[i].value);
	}
	sql_add(&sql, "%s", behind);
	if (top > 0)
		params[n++] = store_int((int64_t)top);
	err = sql.err;
	if (err == 0)
		err = store_prepare(store, sql.text, out);
	sql_fini(&sql);
	return err != 0 ? err : store_start(*out, params, n);
}

static const char *
loss_value(struct store_stmt *stmt, size_t i, char out[VALUE_MAX])
{
	out[0] = '\0';
	if (i == 0)
		time_format(store_col_time(stmt, 0), out);
	else if (i == 5)
		seconds_format(store_col_int(stmt, 5), out);
	else if (i >= 6 && i <= 8)
		money_format(store_col_money(stmt, (int)i), 2, out);
	return out;
}

static struct str
loss_text(struct store_stmt *stmt, size_t i, char out[VALUE_MAX])
{
	bool is_text = (i >= 1 && i <= 4) || i >= 9;

	return is_text ? store_col_text(stmt, (int)i)
		       : str_of(loss_value(stmt, i, out));
}

static int
append_json(struct store_stmt *stmt, json_t *rows)
{
	json_t *object = json_object();
	char value[VALUE_MAX];
	int failed = object == NULL;

	for (size_t i = 0; i < N_LOSS && !failed; i++) {
		struct str text = loss_text(stmt, i, value);

		failed = json_object_set_new(
		    object, loss_names[i],
		    text.p != NULL ? json_stringn(text.p, text.len)
				   : json_null());
	}
	if (!failed)
		return json_array_append_new(rows, object) == 0 ? 0
								: ERR_NOMEM;
	json_decref(object);
	return ERR_NOMEM;
}

/* In tables; below 0 is to the left. */
static const int widths[N_LOSS] = { -27, -16, -12, -16, -20, 9,
				    12,	 12,  12,  -13, -12 };

static void
put_header(enum report_format format, FILE *out)
{
	for (size_t i = 0; i < N_LOSS; i++) {
		if (format == REPORT_CSV)
			csv_write_field(out, i == 0, str_of(loss_names[i]));
		else
			fprintf(out, "%*s ", widths[i], loss_names[i]);
	}
	if (format == REPORT_CSV)
		csv_write_end(out);
	else
		fputc('\n', out);
}

static void
put_loss(struct store_stmt *stmt, enum report_format format, FILE *out)
{
	char value[VALUE_MAX];

	for (size_t i = 0; i < N_LOSS; i++) {
		struct str text = loss_text(stmt, i, value);

		if (format == REPORT_CSV)
			csv_write_field(out, i == 0, text);
		else
			fprintf(out, "%*.*s ", widths[i], STR_ARG(text));
	}
	if (format == REPORT_CSV)
		csv_write_end(out);
	else
		fputc('\n', out);
}

static int
write_losses(struct store_stmt *stmt, enum report_format format, FILE *out,
	     json_t *rows)
{
	int err = store_next(stmt);

	for (; err == 0; err = store_next(stmt)) {
		if (format != REPORT_JSON)
			put_loss(stmt, format, out);
		else if (append_json(stmt, rows) != 0)
			return ERR_NOMEM;
	}
	return err == ERR_END ? 0 : err;
}

static int
put_json(json_t *rows, FILE *out)
{
	int failed = rows == NULL || (json_dumpf(rows, out, JSON_COMPACT) != 0 &&
				      !ferror(out));

	fputc('\n', out);
	return failed ? ERR_NOMEM : 0;
}

int
report_losses(struct store *store, const struct report_options *options,
	      size_t top, enum report_format format, FILE *out)
{
	struct store_stmt *stmt = NULL;
	json_t *rows = json_array();
	int err = rows == NULL
		      ? ERR_NOMEM
		      : prepare(store, losses_sql, options,
				" ORDER BY margin, setup_time, call_key LIMIT ?",
				top, &stmt);

	if (format != REPORT_JSON)
		put_header(format, out);
	if (err == 0)
		err = write_losses(stmt, format, out, rows);
	store_finish(stmt);
	if (err == 0 && format == REPORT_JSON)
		err = put_json(rows, out);
	json_decref(rows);
	return err;
}

static int
count_unpriced(struct store_stmt *stmt, struct unpriced *unpriced)
{
	char reason[160];
	int err = store_next(stmt);

	for (; err == 0; err = store_next(stmt)) {
		struct str note = store_col_text(stmt, 0);

		if (note.len >= sizeof(reason))
			note.len = sizeof(reason) - 1;
		(void)str_copy(note, reason, sizeof(reason));
		err = unpriced_add(unpriced, reason, store_col_text(stmt, 1),
				   store_col_text(stmt, 2),
				   store_col_text(stmt, 3));
		if (err != 0)
			return err;
	}
	return err == ERR_END ? 0 : err;
}

static int
unpriced_csv(const struct unpriced *unpriced, FILE *out)
{
	const struct unpriced_group **groups;
	int err = unpriced_sort(unpriced, &groups);

	if (err != 0)
		return err;
	fputs("calls,reason,account,destination\n", out);
	for (size_t i = 0; i < unpriced->n; i++) {
		fprintf(out, "%" PRIu64, groups[i]->calls);
		csv_write_field(out, false, str_of(groups[i]->reason));
		csv_write_field(out, false, str_of(groups[i]->who));
		csv_write_field(out, false, str_of(groups[i]->destination));
		csv_write_end(out);
	}
	mem_free(groups);
	return 0;
}

static int
write_unpriced(const struct unpriced *unpriced, size_t top,
	       enum report_format format, FILE *out)
{
	json_t *json;
	int err;

	if (format == REPORT_CSV)
		return unpriced_csv(unpriced, out);
	if (format != REPORT_JSON)
		return unpriced_print(unpriced, out, top);
	json = unpriced_json(unpriced);
	err = put_json(json, out);
	json_decref(json);
	return err;
}

int
report_unpriced(struct store *store, const struct report_options *options,
		size_t top, enum report_format format, FILE *out)
{
	struct store_stmt *stmt = NULL;
	struct unpriced unpriced;
	int err = unpriced_init(&unpriced);

	if (err == 0)
		err = prepare(store, unpriced_sql, options, "", 0, &stmt);
	if (err == 0)
		err = count_unpriced(stmt, &unpriced);
	store_finish(stmt);
	if (err == 0)
		err = write_unpriced(&unpriced, top, format, out);
	unpriced_fini(&unpriced);
	return err;
}
