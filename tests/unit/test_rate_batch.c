/* test_rate_batch.c - some records: read, priced, written back */
#include "cdr-tools/rate_batch.h"

#include "base/err.h"
#include "tests/unit/cdr_help.h"

#define MINUTE (60 * US_PER_S)

static const struct cdr_test_call calls[] = {
	{ "c", "acme", "red", "4989", "static", "2026-11-02T10:00:00Z", MINUTE,
	  "answered" },
	{ "a", "acme", "red", "4930", "static", "2026-11-01T10:00:00Z", MINUTE,
	  "answered" },
	{ "b", "acme", "dollar", "44", "static", "2026-11-01T10:00:00Z", MINUTE,
	  "swept" },
	{ "d", "poor", "red", "4989", "static", "2026-11-03T10:00:00Z", MINUTE,
	  "answered" },
	{ "open", "acme", "red", "4989", "static", "2026-11-01T11:00:00Z",
	  CDR_TEST_OPEN, "open" },
	{ "late", "acme", "red", "4989", "static", "2026-11-01T12:00:00Z",
	  MINUTE, "open" },
	{ "fail", "acme", "red", "4989", "static", "2026-11-01T13:00:00Z",
	  CDR_TEST_OPEN, "failed" },
};

static const struct rate_run_options all = {
	.run = 5,
	.until = INT64_C(4102444800) * US_PER_S,
};

struct job {
	struct store *store;
	struct pricebook *book;
	struct parties parties;
	struct rate_batch batch;
};

/* 0 with everything in place for batches of size records. */
static int
begin(struct job *job, struct store *store, size_t size)
{
	int err;

	memset(job, 0, sizeof(*job));
	job->store = store;
	err = cdr_world(store);
	if (err == 0)
		err = cdr_add_calls(store, calls, COUNT(calls));
	if (err == 0)
		err = cdr_prices(store, &job->book, &job->parties);
	if (err == 0)
		err = rate_batch_init(&job->batch, size);
	return err;
}

static void
end(struct job *job)
{
	rate_batch_fini(&job->batch);
	parties_fini(&job->parties);
	pricebook_free(job->book);
}

static int
read_on(struct job *job, const struct rate_run_options *options,
	struct rate_cursor *from)
{
	int err = rate_batch_read(&job->batch, job->store, job->book,
				  &job->parties, options, from);

	*from = job->batch.next;
	return err;
}

static void
come_in_order(struct store *store)
{
	struct rate_cursor from = { 0, -1 };
	struct job job;

	if (!OK(begin(&job, store, 3)) || !OK(read_on(&job, &all, &from))) {
		end(&job);
		return;
	}
	CHECK(job.batch.n == 3);
	CHECK(job.batch.rows[0].answer == job.batch.rows[1].answer);
	CHECK(job.batch.rows[0].rating.sell.amount == 3000000);
	CHECK(strcmp(job.batch.rows[1].rating.buy.currency, "USD") == 0);
	CHECK(job.batch.rows[2].rating.sell.amount == 6000000);
	if (OK(read_on(&job, &all, &from))) {
		CHECK(job.batch.n == 1);
		CHECK(job.batch.rows[0].rating.sell.why == RATE_NO_TARIFF);
		CHECK(str_eq_text(job.batch.rows[0].account, "poor"));
		CHECK(str_eq_text(job.batch.rows[0].number, "4989"));
	}
	if (OK(read_on(&job, &all, &from)))
		CHECK(job.batch.n == 0);
	end(&job);
}
ON_BOTH(DB_TABLES, come_in_order)

static const char rated_sql[] =
    "SELECT call_key, sell_tariff, sell_prefix, sell_rate, sell_seconds,"
    " sell_amount, sell_currency, buy_tariff, buy_prefix, buy_rate,"
    " buy_seconds, buy_amount, buy_currency, margin, destination, rating_run,"
    " rating_note FROM cdr WHERE rating_run IS NOT NULL ORDER BY call_key";

static void
every_column_is_written(struct store *store)
{
	struct rate_cursor from = { 0, -1 };
	uint64_t n = 0;
	struct job job;

	if (OK(begin(&job, store, 10)) && OK(read_on(&job, &all, &from)) &&
	    OK(store_begin(store)) &&
	    OK(rate_batch_write(&job.batch, store, &all, &n)) &&
	    OK(store_commit(store))) {
		CHECK(n == 4);
		ROWS(store, rated_sql, "sssmimsssmimsmsis",
		     "a|retail|4930|0.03|60|0.03|EUR|red|49|0.02|60|0.02|EUR|"
		     "0.01|Berlin|5|-\n"
		     "b|retail|44|0.12|60|0.12|EUR|dollar|44|0.1|60|0.1|USD|-|"
		     "UK|5|no exchange rate\n"
		     "c|retail|49|0.06|60|0.06|EUR|red|49|0.02|60|0.02|EUR|"
		     "0.04|Germany|5|-\n"
		     "d|-|-|-|-|-|-|red|49|0.02|60|0.02|EUR|-|-|5|"
		     "account has no tariff");
	}
	store_rollback(store);
	end(&job);
}
ON_BOTH(DB_TABLES, every_column_is_written)

/* A record is not what it was when it was read. */
static void
changed_records_are_left(struct store *store)
{
	struct rate_run_options again = all;
	struct rate_cursor from = { 0, -1 };
	uint64_t n = 0;
	struct job job;

	again.rerate = true;
	again.run = 6;
	if (OK(begin(&job, store, 10)) && OK(read_on(&job, &all, &from)) &&
	    OK(store_exec(store, "UPDATE cdr SET end_time = answer_time"
				 " WHERE call_key = 'a'")) &&
	    OK(store_exec(store, "UPDATE cdr SET rating_run = 4"
				 " WHERE call_key = 'b'")) &&
	    OK(store_begin(store)) &&
	    OK(rate_batch_write(&job.batch, store, &all, &n)) &&
	    OK(store_commit(store))) {
		CHECK(n == 2);
		ROWS(store,
		     "SELECT call_key, rating_run FROM cdr"
		     " WHERE rating_run IS NOT NULL ORDER BY call_key",
		     "si", "b|4\nc|5\nd|5");
		/* re-rating takes what would change, not what changed; b has
		 * a run, but no prices */
		if (OK(store_begin(store)) &&
		    OK(rate_batch_write(&job.batch, store, &again, &n)) &&
		    OK(store_commit(store)))
			CHECK(n == 1 && job.batch.n_same == 2 &&
			      job.batch.n_kept == 1);
	}
	store_rollback(store);
	end(&job);
}
ON_BOTH(DB_TABLES, changed_records_are_left)

static const struct test tests[] = {
	ON_STORES("records come in order, batch by batch", come_in_order),
	ON_STORES("every column of a rating is written",
		  every_column_is_written),
	ON_STORES("a record that changed is left", changed_records_are_left),
};
const struct test_suite suite_rate_batch = TEST_SUITE("rate_batch", tests);
