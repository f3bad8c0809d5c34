/* rate_batch.c - some call records on their way: read, priced, written back */
#include "cdr-tools/rate_batch.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/bulk.h"

/* Without node there was no START (doc/records.md): its journal may yet come. */
static const char read_sql[] =
    "SELECT id, account, carrier, number, route_source, answer_time,"
    " duration_us, ported_to, setup_time FROM cdr WHERE (answer_time, id) > (?, ?)"
    " AND answer_time < ? AND status IN ('answered', 'swept')"
    " AND duration_us IS NOT NULL AND node IS NOT NULL%s%s"
    " ORDER BY answer_time, id LIMIT ?";

/* The same columns and types as the table they are for. */
static const char stage_sql[] =
    "CREATE TEMP TABLE IF NOT EXISTS lcr_rated AS SELECT id, setup_time,"
    " answer_time, duration_us AS rated_us,"
    " sell_tariff, sell_prefix, sell_rate, sell_seconds, sell_amount,"
    " sell_currency, buy_tariff, buy_prefix, buy_rate, buy_seconds,"
    " buy_amount, buy_currency, margin, destination, rating_run, rating_note,"
    " sell_rest FROM cdr WHERE id IS NULL";

static const struct bulk_column stage_columns[] = {
	{ .name = "id", .type = STORE_INT },
	{ .name = "setup_time", .type = STORE_TIME },
	{ .name = "answer_time", .type = STORE_TIME },
	{ .name = "rated_us", .type = STORE_INT },
	{ .name = "sell_tariff", .type = STORE_TEXT },
	{ .name = "sell_prefix", .type = STORE_TEXT },
	{ .name = "sell_rate", .type = STORE_MONEY },
	{ .name = "sell_seconds", .type = STORE_INT },
	{ .name = "sell_amount", .type = STORE_MONEY },
	{ .name = "sell_currency", .type = STORE_TEXT },
	{ .name = "buy_tariff", .type = STORE_TEXT },
	{ .name = "buy_prefix", .type = STORE_TEXT },
	{ .name = "buy_rate", .type = STORE_MONEY },
	{ .name = "buy_seconds", .type = STORE_INT },
	{ .name = "buy_amount", .type = STORE_MONEY },
	{ .name = "buy_currency", .type = STORE_TEXT },
	{ .name = "margin", .type = STORE_MONEY },
	{ .name = "destination", .type = STORE_TEXT },
	{ .name = "rating_run", .type = STORE_INT },
	{ .name = "rating_note", .type = STORE_TEXT },
	{ .name = "sell_rest", .type = STORE_INT },
};
#define N_STAGE (sizeof(stage_columns) / sizeof(stage_columns[0]))
#define N_SIDE 6 /* columns of one side */

/* Both texts use alias r for the new rating; c is the record's. */
#define RATED_COLUMNS(c)                                                    \
	c "sell_tariff, " c "sell_prefix, " c "sell_rate, " c               \
	  "sell_seconds, " c "sell_amount, " c "sell_currency, " c          \
	  "buy_tariff, " c "buy_prefix, " c "buy_rate, " c "buy_seconds, " c \
	  "buy_amount, " c "buy_currency, " c "margin, " c "destination, " c \
	  "rating_note, " c "sell_rest, " c "rated_us"
#define IS_RECORD(c) c ".setup_time = r.setup_time AND " c ".id = r.id"
/* A record whose times changed since it was read keeps what it has. */
#define IS_AS_READ(c)               \
	IS_RECORD(c) " AND " c      \
	  ".answer_time = r.answer_time AND " c \
	  ".duration_us = r.rated_us"
#define DIFFERS(c)                                        \
	"(" RATED_COLUMNS(c ".") ") IS DISTINCT FROM ("   \
				 RATED_COLUMNS("r.") ")"

static const char update_sql[] =
    "UPDATE cdr SET sell_tariff = r.sell_tariff,"
    " sell_prefix = r.sell_prefix, sell_rate = r.sell_rate,"
    " sell_seconds = r.sell_seconds, sell_amount = r.sell_amount,"
    " sell_currency = r.sell_currency, buy_tariff = r.buy_tariff,"
    " buy_prefix = r.buy_prefix, buy_rate = r.buy_rate,"
    " buy_seconds = r.buy_seconds, buy_amount = r.buy_amount,"
    " buy_currency = r.buy_currency, margin = r.margin,"
    " destination = r.destination, rating_run = r.rating_run,"
    " rating_note = r.rating_note, sell_rest = r.sell_rest,"
    " rated_us = r.rated_us%s FROM lcr_rated r WHERE "
    IS_AS_READ("cdr") " AND %s";

static const char first_sql[] = "cdr.rating_run IS NULL";
static const char again_sql[] = "(cdr.rating_run IS NULL OR " DIFFERS("cdr")
    ")";

/* The bill that is closed for the time of record c. */
#define CLOSED_BILL(c)                                                   \
	"SELECT b.number FROM bills b WHERE b.kind = 'bill'"             \
	" AND b.account = " c ".account AND " c                          \
	".answer_time >= b.starts AND " c ".answer_time < b.ends"

/* What gets its first price when its bill is closed already is late, unless
 * that bill has stated an earlier one. */
static const char late_sql[] =
    ", late = CASE WHEN cdr.late IS NULL AND cdr.sell_amount IS NULL"
    " AND r.sell_amount IS NOT NULL AND EXISTS (" CLOSED_BILL("cdr") ")"
    " AND NOT EXISTS (SELECT 1 FROM rating_history h WHERE h.cdr = cdr.id"
    " AND h.bill IS NOT NULL) THEN 0 ELSE cdr.late END";

/* The former rating, and the document that stated it: the last credit note,
 * the bill that took a late call, or the one of its time; each only once. */
static const char history_sql[] =
    "INSERT INTO rating_history (cdr, setup_time, account, rating_run,"
    " replaced_by, bill, " RATED_COLUMNS("") ") SELECT c.id, c.setup_time,"
    " c.account, c.rating_run,"
    " r.rating_run,"
    " CASE WHEN c.sell_amount IS NULL THEN NULL ELSE (SELECT d.document FROM"
    " (SELECT coalesce((SELECT max(h.credit) FROM rating_history h"
    " WHERE h.cdr = c.id), CASE WHEN c.late IS NULL THEN ("
    CLOSED_BILL("c") ") WHEN c.late > 0 THEN c.late END) AS document) d"
    " WHERE NOT EXISTS (SELECT 1 FROM rating_history h WHERE h.cdr = c.id"
    " AND h.bill = d.document)) END, " RATED_COLUMNS("c.")
    " FROM lcr_rated r JOIN cdr c ON " IS_AS_READ("c")
    " WHERE c.rating_run IS NOT NULL AND " DIFFERS("c");

static const char same_sql[] =
    "SELECT count(*) FROM lcr_rated r JOIN cdr c ON " IS_AS_READ("c")
    " WHERE c.rating_run IS NOT NULL AND NOT (" DIFFERS("c") ")";

/* Nothing changes these records between the two statements that keep what they
 * have and replace it. */
static const char hold_sql[] =
    "SELECT count(*) FROM (SELECT 1 FROM lcr_rated r JOIN cdr c"
    " ON " IS_RECORD("c") " FOR UPDATE OF c) held";

/*
 * A bill that is being closed is waited for, and waits. Each record is looked up
 * in its month: the server knows nothing of the staging table, and would rather
 * go through all records once for each batch.
 */
static const char begin_postgresql[] =
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
    "LOCK TABLE bills IN SHARE MODE";

static const char closed_sql[] = "SELECT count(*) FROM bills WHERE ends > ?";

#define SQL_MAX 3000

int
rate_batch_init(struct rate_batch *batch, size_t cap)
{
	memset(batch, 0, sizeof(*batch));
	arena_init(&batch->texts, NULL, 0, 0);
	batch->cap = cap;
	batch->rows = mem_zalloc(cap, sizeof(*batch->rows));
	return batch->rows != NULL ? 0 : ERR_NOMEM;
}

void
rate_batch_fini(struct rate_batch *batch)
{
	mem_free(batch->rows);
	arena_fini(&batch->texts);
	memset(batch, 0, sizeof(*batch));
}

/* A copy in the batch's texts: 0 or ERR_NOMEM. */
static int
keep(struct rate_batch *batch, struct str text, struct str *out)
{
	char *copy;

	*out = str_make("", 0);
	if (text.len == 0)
		return 0;
	copy = arena_strndup(&batch->texts, text.p, text.len);
	if (copy == NULL)
		return ERR_NOMEM;
	*out = str_make(copy, text.len);
	return 0;
}

/* Price the record the statement is at into the next row. */
static int
take_row(struct rate_batch *batch, struct store *store, struct store_stmt *stmt,
	 const struct pricebook *book, const struct parties *parties)
{
	struct rated_row *row = &batch->rows[batch->n];
	struct rate_call call = {
		.account = store_col_text(stmt, 1),
		.carrier = store_col_text(stmt, 2),
		.number = store_col_text(stmt, 3),
		.route_source = store_col_text(stmt, 4),
		.answer = store_col_time(stmt, 5),
		.duration_us = store_col_int(stmt, 6),
		.ported_to = store_col_text(stmt, 7),
	};
	int err;

	row->id = store_col_int(stmt, 0);
	row->setup = store_col_time(stmt, 8);
	row->answer = call.answer;
	row->duration_us = call.duration_us;
	batch->n_read++;
	batch->next = (struct rate_cursor){ row->answer, row->id };
	if (store_is_damaged(stmt)) {
		fprintf(stderr, "cdr %lld: %s; it is not rated\n",
			(long long)row->id, store_error(store));
		return 0;
	}
	rate_call(book, parties, &call, &batch->charge, &row->rating);
	batch->n++;
	if (row->rating.sell.why == RATE_PRICED &&
	    row->rating.buy.why == RATE_PRICED)
		return 0;
	err = keep(batch, call.account, &row->account);
	if (err == 0)
		err = keep(batch, call.carrier, &row->carrier);
	if (err == 0)
		err = keep(batch, call.number, &row->number);
	return err;
}

static int
take_rows(struct rate_batch *batch, struct store *store,
	  struct store_stmt *stmt, const struct pricebook *book, const struct parties *parties)
{
	for (;;) {
		int err = store_next(stmt);

		if (err == ERR_END)
			return 0;
		if (err == 0)
			err = take_row(batch, store, stmt, book, parties);
		if (err != 0)
			return err;
	}
}

static const char *
which_sql(const struct rate_run_options *options)
{
	if (options->stale)
		return " AND rated_us <> duration_us";
	return options->rerate ? "" : " AND rating_run IS NULL";
}

int
rate_batch_read(struct rate_batch *batch, struct store *store,
		const struct pricebook *book, const struct parties *parties,
		const struct rate_run_options *options,
		const struct rate_cursor *from)
{
	struct store_value params[5] = { store_time(from->answer),
					 store_int(from->id),
					 store_time(options->until) };
	size_t n_params = 3;
	struct store_stmt *stmt;
	char sql[SQL_MAX];
	int err;

	batch->n = batch->n_read = 0;
	arena_reset(&batch->texts);
	snprintf(sql, sizeof(sql), read_sql, which_sql(options),
		 options->account != NULL ? " AND account = ?" : "");
	if (options->account != NULL)
		params[n_params++] = store_text(options->account);
	params[n_params++] = store_int((int64_t)batch->cap);
	err = store_prepare(store, sql, &stmt);
	if (err != 0)
		return err;
	err = store_start(stmt, params, n_params);
	if (err == 0)
		err = take_rows(batch, store, stmt, book, parties);
	store_finish(stmt);
	return err;
}

/* The columns of one side, NULL for what is not known. */
static void
side_values(const struct rate_side *side, const struct rate_side *sell,
	    char prefix[PREFIX_MAX + 1], struct store_value values[N_SIDE])
{
	bool is_priced = side->why == RATE_PRICED;
	const char *currency = side->is_free ? sell->currency : side->currency;

	values[0] = store_text(side->tariff);
	values[1] = store_null(STORE_TEXT);
	if (side->has_prefix) {
		prefix_format(side->prefix, prefix);
		values[1] = store_text(prefix);
	}
	values[2] = store_null(STORE_MONEY);
	if (is_priced && !side->is_free)
		values[2] = store_money(side->rate);
	values[3] =
	    is_priced ? store_int(side->seconds) : store_null(STORE_INT);
	values[4] =
	    is_priced ? store_money(side->amount) : store_null(STORE_MONEY);
	values[5] = store_text(currency);
}

static int
load_row(struct bulk *bulk, const struct rated_row *row, int64_t run)
{
	const struct rating *rating = &row->rating;
	char sell_prefix[PREFIX_MAX + 1], buy_prefix[PREFIX_MAX + 1];
	struct store_value values[N_STAGE], *at = values;
	char note[RATE_NOTE_MAX];

	*at++ = store_int(row->id);
	*at++ = store_time(row->setup);
	*at++ = store_time(row->answer);
	*at++ = store_int(row->duration_us);
	side_values(&rating->sell, &rating->sell, sell_prefix, at);
	at += N_SIDE;
	side_values(&rating->buy, &rating->sell, buy_prefix, at);
	at += N_SIDE;
	*at++ = rating->has_margin ? store_money(rating->margin)
				   : store_null(STORE_MONEY);
	*at++ = store_text(rating->destination);
	*at++ = store_int(run);
	rate_note(rating, note);
	*at++ = note[0] != '\0' ? store_text(note) : store_null(STORE_TEXT);
	*at++ = rating->sell.rounds_at_bill ? store_int(rating->sell.rest_60)
					    : store_null(STORE_INT);
	return bulk_row(bulk, values);
}

static int
load_rows(const struct rate_batch *batch, struct store *store, int64_t run)
{
	struct bulk *bulk;
	int err =
	    bulk_load_begin(store, "lcr_rated", stage_columns, N_STAGE, &bulk);

	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n && err == 0; i++)
		err = load_row(bulk, &batch->rows[i], run);
	if (err == 0)
		return bulk_end(bulk);
	bulk_abort(bulk);
	return err;
}

/* Keep what is about to be replaced, and count what is not. */
static int
keep_former(struct rate_batch *batch, struct store *store)
{
	int64_t n = 0;
	int err = 0;

	if (store_dialect(store) == STORE_POSTGRESQL)
		err = store_get_int(store, hold_sql, NULL, 0, &n);
	if (err == 0)
		err = store_get_int(store, same_sql, NULL, 0, &n);
	batch->n_same = (uint64_t)n;
	if (err == 0)
		err = store_exec(store, history_sql);
	if (err == 0)
		batch->n_kept = (uint64_t)store_changes(store);
	return err;
}

static int
update(const struct rate_batch *batch, struct store *store, bool rerate,
       uint64_t *n_written)
{
	const struct store_value first = store_time(batch->rows[0].answer);
	char sql[SQL_MAX];
	int64_t n = 0;
	int err = store_get_int(store, closed_sql, &first, 1, &n);

	snprintf(sql, sizeof(sql), update_sql, n > 0 ? late_sql : "",
		 rerate ? again_sql : first_sql);
	if (err == 0)
		err = store_exec(store, sql);
	if (err == 0)
		*n_written = (uint64_t)store_changes(store);
	return err;
}

int
rate_batch_write(struct rate_batch *batch, struct store *store,
		 const struct rate_run_options *options, uint64_t *n_written)
{
	bool is_pg = store_dialect(store) == STORE_POSTGRESQL;
	int err = 0;

	batch->n_same = 0;
	batch->n_kept = 0;
	if (is_pg)
		err = store_exec(store, begin_postgresql);
	/* in each transaction: behind a pooler the next one may meet another
	 * process of the server, which has no such table */
	if (err == 0)
		err = store_exec(store, stage_sql);
	if (err == 0)
		err = load_rows(batch, store, options->run);
	if (err == 0 && options->rerate)
		err = keep_former(batch, store);
	if (err == 0)
		err = update(batch, store, options->rerate, n_written);
	/* DELETE would leave PostgreSQL the dead rows of every batch. */
	if (err == 0)
		err = store_exec(store, is_pg ? "TRUNCATE lcr_rated"
					      : "DELETE FROM lcr_rated");
	return err;
}
