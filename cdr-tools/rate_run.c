/* rate_run.c - price the call records of a store, in batches */
#include "cdr-tools/rate_run.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cdr-tools/rate_attempts.h"
#include "cdr-tools/rate_batch.h"

#define BATCH 10000
#define MAX_TRIES 20 /* of one batch, when others change the same records */

static const char count_sql[] =
    "SELECT count(*) FROM cdr WHERE answer_time >= ? AND answer_time < ?"
    " AND status IN ('answered', 'swept') AND duration_us IS NOT NULL"
    " AND node IS NOT NULL%s%s";

/* What the workers share; all of it is looked at with the lock held. */
struct run {
	const struct pricebook *book;
	const struct parties *parties;
	const struct rate_run_options *options;
	struct rate_run_result *result;
	pthread_mutex_t lock;
	pthread_mutex_t write; /* SQLite has one writer: queue up for it here */
	struct rate_cursor from;
	bool is_read; /* there is no more */
	uint64_t done; /* records read */
	int err;       /* the first one */
	char *error;
};

struct worker {
	struct run *run;
	struct store *store;
	struct rate_batch batch;
	pthread_t thread;
	bool is_running;
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
count_batch(struct run *run, const struct rate_batch *batch, uint64_t n_written)
{
	bool rerate = run->options->rerate && !run->options->dry_run;

	run->result->calls += n_written;
	run->result->damaged += batch->n_read - batch->n;
	if (rerate) {
		run->result->same += batch->n_same;
		run->result->kept += batch->n_kept;
	}
	run->result->changed +=
	    batch->n - n_written - (rerate ? batch->n_same : 0);
	for (size_t i = 0; i < batch->n; i++) {
		int err = count_row(run->result, &batch->rows[i]);

		run->result->future +=
		    run->options->now != 0 &&
		    batch->rows[i].answer > run->options->now;

		if (err != 0)
			return err;
	}
	return 0;
}

/* Write a batch in one transaction. */
static int
try_write(struct worker *worker, uint64_t *n_written)
{
	int err = store_begin(worker->store);

	if (err != 0)
		return err;
	err = rate_batch_write(&worker->batch, worker->store,
			       worker->run->options, n_written);
	if (err == 0)
		err = store_commit(worker->store);
	if (err != 0)
		store_rollback(worker->store);
	return err;
}

/* ... and again when somebody else was in the way. */
static int
write_batch(struct worker *worker, uint64_t *n_written)
{
	bool queue = store_dialect(worker->store) == STORE_SQLITE;
	int err = ERR_CONFLICT;

	*n_written = worker->batch.n;
	if (worker->run->options->dry_run)
		return 0;
	if (queue)
		pthread_mutex_lock(&worker->run->write);
	for (int i = 0; i < MAX_TRIES && err == ERR_CONFLICT; i++)
		err = try_write(worker, n_written);
	if (queue)
		pthread_mutex_unlock(&worker->run->write);
	return err;
}

static const char *
describe(struct store *store, int err)
{
	switch (err) {
	case ERR_DB:
	case ERR_CONFLICT:
		return store_error(store);
	case ERR_RANGE:
		return "the sum of all amounts is too large to print";
	case ERR_LIMIT:
		return "the tariffs have more currencies than can be summed up";
	default:
		return err_text(err);
	}
}

/* Note what ends the run; the first one is told. */
static void
fail(struct run *run, struct store *store, int err)
{
	if (run->err != 0)
		return;
	run->err = err;
	snprintf(run->error, STORE_ERROR_MAX, "call records: %s",
		 describe(store, err));
}

/* The next records, or none when the run is over. Reading is quick beside
 * writing, so that one worker does it at a time. */
static bool
take_batch(struct worker *worker)
{
	struct run *run = worker->run;
	int err = 0;

	pthread_mutex_lock(&run->lock);
	worker->batch.n = worker->batch.n_read = 0;
	if (!run->is_read && run->err == 0)
		err = rate_batch_read(&worker->batch, worker->store, run->book,
				      run->parties, run->options, &run->from);
	if (err != 0) {
		worker->batch.n = worker->batch.n_read = 0;
		fail(run, worker->store, err);
	}
	run->is_read |= worker->batch.n_read < worker->batch.cap;
	if (worker->batch.n_read > 0)
		run->from = worker->batch.next;
	pthread_mutex_unlock(&run->lock);
	return worker->batch.n_read > 0;
}

static void
do_batch(struct worker *worker)
{
	struct run *run = worker->run;
	uint64_t n_written = 0;
	int err = worker->batch.n > 0 ? write_batch(worker, &n_written) : 0;

	pthread_mutex_lock(&run->lock);
	if (err == 0)
		err = count_batch(run, &worker->batch, n_written);
	if (err != 0)
		fail(run, worker->store, err);
	run->done += worker->batch.n;
	if (run->options->progress != NULL)
		cli_progress_at(run->options->progress, run->done);
	pthread_mutex_unlock(&run->lock);
}

static void *
work(void *arg)
{
	struct worker *worker = arg;

	while (take_batch(worker))
		do_batch(worker);
	return NULL;
}

static int
prepare_worker(struct worker *worker)
{
	const struct rate_run_options *options = worker->run->options;

	return rate_batch_init(&worker->batch,
			       options->batch > 0 ? options->batch : BATCH);
}

static int
prepare_workers(struct run *run, struct worker *workers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int err = prepare_worker(&workers[i]);

		if (err != 0)
			fail(run, workers[i].store, err);
	}
	return run->err;
}

/* All records that the run's options name. The first worker is the caller's
 * thread. */
static void
run_workers(struct run *run, struct worker *workers, size_t n)
{
	run->from = (struct rate_cursor){ run->options->from, -1 };
	run->is_read = false;
	for (size_t i = 1; i < n; i++)
		workers[i].is_running = pthread_create(&workers[i].thread, NULL,
						       work, &workers[i]) == 0;
	work(&workers[0]);
	for (size_t i = 1; i < n; i++) {
		if (workers[i].is_running)
			pthread_join(workers[i].thread, NULL);
	}
}

/* Records whose end changed since they were rated. */
static void
run_stale(struct run *run, struct worker *workers, size_t n)
{
	const struct rate_run_options *all = run->options;
	struct rate_run_options options = *all;
	uint64_t before = run->result->calls;

	options.rerate = true;
	options.stale = true;
	run->options = &options;
	run_workers(run, workers, n);
	run->options = all;
	run->result->ends = run->result->calls - before;
}

/* How many records there are to do; only a bar on a terminal needs it. */
static int
count_all(struct run *run, struct store *store)
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
	err = store_get_int(store, sql, params, n_params, &n);
	options->progress->total = (uint64_t)n;
	return err;
}

/* What carriers charge for attempts, whatever became of them. */
static int
charge_attempts(struct run *run, struct store *store)
{
	int err = ERR_CONFLICT;

	if (run->options->dry_run)
		return 0;
	for (int i = 0; i < MAX_TRIES && err == ERR_CONFLICT; i++)
		err = rate_attempts(store, run->options,
				    &run->result->attempts);
	return err;
}

int
rate_run(struct store *const *stores, size_t n_stores,
	 const struct pricebook *book, const struct parties *parties,
	 const struct rate_run_options *options,
	 struct rate_run_result *result, char error[STORE_ERROR_MAX])
{
	struct worker workers[RATE_MAX_WORKERS];
	struct run run = { .book = book,
			   .parties = parties,
			   .options = options,
			   .result = result,
			   .lock = PTHREAD_MUTEX_INITIALIZER,
			   .write = PTHREAD_MUTEX_INITIALIZER,
			   .error = error };
	int err;

	assert(n_stores >= 1 && n_stores <= RATE_MAX_WORKERS);
	memset(result, 0, sizeof(*result));
	memset(workers, 0, sizeof(workers));
	for (size_t i = 0; i < n_stores; i++)
		workers[i] = (struct worker){ .run = &run, .store = stores[i] };
	err = unpriced_init(&result->unpriced);
	if (err == 0)
		err = count_all(&run, stores[0]);
	if (err != 0)
		fail(&run, stores[0], err);
	else if (prepare_workers(&run, workers, n_stores) == 0)
		run_workers(&run, workers, n_stores);
	if (run.err == 0 && !options->rerate)
		run_stale(&run, workers, n_stores);
	for (size_t i = 0; i < n_stores; i++)
		rate_batch_fini(&workers[i].batch);
	if (run.err == 0) {
		err = charge_attempts(&run, stores[0]);
		if (err != 0)
			fail(&run, stores[0], err);
	}
	return run.err;
}

void
rate_run_result_fini(struct rate_run_result *result)
{
	unpriced_fini(&result->unpriced);
}
