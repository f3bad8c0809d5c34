/* rate_run.c - price the call records of a store, in batches */
#include "cdr-tools/rate_run.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cdr-tools/rate_batch.h"

#define BATCH 10000
#define MAX_TRIES 20 /* of one batch, when others change the same records */

static const char count_sql[] =
    "SELECT count(*) FROM cdr WHERE answer_time >= ? AND answer_time < ?"
    " AND status IN ('answered', 'swept') AND duration_us IS NOT NULL"
    " AND node IS NOT NULL%s%s";

struct run {
	struct store *store;
	const struct pricebook *book;
	const struct parties *parties;
	const struct rate_run_options *options;
	struct rate_run_result *result;
	struct rate_batch batch;
	uint64_t done; /* records read */
};

/* The totals of a currency; NULL when there are too many. */
static struct rate_total *
find_total(struct rate_run_result *result, const char *currency)
{
	struct rate_total *total = result->totals;

	for (; total < result->totals + result->n_totals; total++) {
		if (strcmp(total->currency, currency) == 0)
			return total;
	}
	if (result->n_totals == RATE_MAX_TOTALS)
		return NULL;
	snprintf(total->currency, sizeof(total->currency), "%s", currency);
	result->n_totals++;
	return total;
}

/* *sum += amount, in the total of currency. */
static int
add_amount(struct rate_run_result *result, const char *currency, size_t member,
	   money_e8 amount)
{
	struct rate_total *total = find_total(result, currency);
	money_e8 *sum;

	if (total == NULL)
		return ERR_LIMIT;
	sum = (money_e8 *)(void *)((char *)total + member);
	return __builtin_add_overflow(*sum, amount, sum) ? ERR_RANGE : 0;
}

/* Count a side that has no price. */
static int
count_unpriced(struct rate_run_result *result, const struct rated_row *row,
	       bool is_sell)
{
	const struct rate_side *side =
	    is_sell ? &row->rating.sell : &row->rating.buy;
	struct str party = is_sell ? row->account : row->carrier;
	struct str who = side->tariff != NULL ? str_of(side->tariff) : party;

	/* One reason for both sides, such as no number, counts once. */
	if (!is_sell && side->why == row->rating.sell.why &&
	    (side->why == RATE_NO_NUMBER || side->why == RATE_NEGATIVE))
		return 0;
	return unpriced_add(&result->unpriced,
			    rate_why_text(is_sell, side->why), who,
			    str_of(row->rating.destination), row->number);
}

static int
count_row(struct rate_run_result *result, const struct rated_row *row)
{
	const struct rating *rating = &row->rating;
	int err = 0;

	if (rating->sell.why == RATE_PRICED) {
		result->sold++;
		err = add_amount(result, rating->sell.currency,
				 offsetof(struct rate_total, sell),
				 rating->sell.amount);
	} else {
		err = count_unpriced(result, row, true);
	}
	if (err != 0)
		return err;
	if (rating->buy.why != RATE_PRICED)
		err = count_unpriced(result, row, false);
	else if (!rating->buy.is_free)
		err = add_amount(result, rating->buy.currency,
				 offsetof(struct rate_total, buy),
				 rating->buy.amount);
	result->bought += rating->buy.why == RATE_PRICED;
	if (err != 0 || !rating->has_margin)
		return err;
	result->margins++;
	return add_amount(result, rating->sell.currency,
			  offsetof(struct rate_total, margin), rating->margin);
}

static int
count_batch(struct run *run, uint64_t n_written)
{
	const struct rate_batch *batch = &run->batch;

	run->result->calls += n_written;
	run->result->changed += batch->n - n_written;
	for (size_t i = 0; i < batch->n; i++) {
		int err = count_row(run->result, &batch->rows[i]);

		if (err != 0)
			return err;
	}
	return 0;
}

/* One batch behind from, in one transaction. */
static int
try_batch(struct run *run, const struct rate_cursor *from, uint64_t *n_written)
{
	const struct rate_run_options *options = run->options;
	int err = store_begin(run->store);

	if (err != 0)
		return err;
	err = rate_batch_read(&run->batch, run->store, run->book, run->parties,
			      options, from);
	*n_written = run->batch.n;
	if (err == 0 && run->batch.n > 0 && !options->dry_run)
		err = rate_batch_write(&run->batch, run->store, options,
				       n_written);
	if (err == 0)
		err = store_commit(run->store);
	if (err != 0)
		store_rollback(run->store);
	return err;
}

/* ... and again when somebody else was in the way. */
static int
do_batch(struct run *run, const struct rate_cursor *from)
{
	uint64_t n_written = 0;
	int err = ERR_CONFLICT;

	for (int i = 0; i < MAX_TRIES && err == ERR_CONFLICT; i++)
		err = try_batch(run, from, &n_written);
	if (err == 0)
		err = count_batch(run, n_written);
	return err;
}

static int
do_all(struct run *run)
{
	struct rate_cursor from = { run->options->from, -1 };
	int err;

	do {
		err = do_batch(run, &from);
		if (err != 0)
			return err;
		from = run->batch.next;
		run->done += run->batch.n;
		if (run->options->progress != NULL)
			cli_progress_at(run->options->progress, run->done);
	} while (run->batch.n == run->batch.cap);
	return 0;
}

/* How many records there are to do; only a bar on a terminal needs it. */
static int
count_all(struct run *run)
{
	const struct rate_run_options *options = run->options;
	const struct store_value params[] = { store_time(options->from),
					      store_time(options->until),
					      store_text(options->account) };
	size_t n_params = options->account != NULL ? 3 : 2;
	char sql[sizeof(count_sql) + 64];
	int64_t n = 0;
	int err;

	if (options->progress == NULL || !options->progress->on)
		return 0;
	snprintf(sql, sizeof(sql), count_sql,
		 options->rerate ? "" : " AND rating_run IS NULL",
		 options->account != NULL ? " AND account = ?" : "");
	err = store_get_int(run->store, sql, params, n_params, &n);
	options->progress->total = (uint64_t)n;
	return err;
}

static const char *
describe(const struct run *run, int err)
{
	switch (err) {
	case ERR_DB:
	case ERR_CONFLICT:
		return store_error(run->store);
	case ERR_RANGE:
		return "the sum of all amounts is too large to print";
	case ERR_LIMIT:
		return "the tariffs have more currencies than can be summed up";
	default:
		return err_text(err);
	}
}

int
rate_run(struct store *store, const struct pricebook *book,
	 const struct parties *parties, const struct rate_run_options *options,
	 struct rate_run_result *result, char error[STORE_ERROR_MAX])
{
	struct run run = { .store = store,
			   .book = book,
			   .parties = parties,
			   .options = options,
			   .result = result };
	int err;

	memset(result, 0, sizeof(*result));
	err = unpriced_init(&result->unpriced);
	if (err == 0)
		err = rate_batch_init(
		    &run.batch, options->batch > 0 ? options->batch : BATCH);
	if (err == 0 && !options->dry_run)
		err = rate_batch_prepare(store);
	if (err == 0)
		err = count_all(&run);
	if (err == 0)
		err = do_all(&run);
	if (err != 0)
		snprintf(error, STORE_ERROR_MAX, "call records: %s",
			 describe(&run, err));
	rate_batch_fini(&run.batch);
	return err;
}

void
rate_run_result_fini(struct rate_run_result *result)
{
	unpriced_fini(&result->unpriced);
}
