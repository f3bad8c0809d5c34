/* test_rate_run.c - price the call records of a store, in batches */
#include "cdr-tools/rate_run.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

#define MINUTE (60 * US_PER_S)
#define FOREVER (INT64_C(4102444800) * US_PER_S)

static const struct cdr_test_call calls[] = {
	{ "a", "acme", "red", "4930", "static", "2026-11-01T10:00:00Z", MINUTE,
	  "answered" },
	{ "b", "acme", "dollar", "44", "static", "2026-11-01T10:00:00Z", MINUTE,
	  "swept" },
	{ "c", "acme", "red", "4989", "static", "2026-11-02T10:00:00Z", MINUTE,
	  "answered" },
	{ "d", "poor", "red", "4989", "static", "2026-11-03T10:00:00Z", MINUTE,
	  "answered" },
	{ "e", "acme", NULL, NULL, "static", "2026-11-04T10:00:00Z", MINUTE,
	  "answered" },
	{ "f", "acme", NULL, "4989", "enum", "2026-11-05T10:00:00Z", MINUTE,
	  "answered" },
	{ "open", "acme", "red", "4989", "static", "2026-11-01T11:00:00Z",
	  CDR_TEST_OPEN, "open" },
};

struct job {
	struct store *store;
	struct pricebook *book;
	struct parties parties;
	struct rate_run_options options;
	struct rate_run_result result;
};

static int
begin(struct job *job, struct store *store)
{
	int err;

	memset(job, 0, sizeof(*job));
	job->store = store;
	job->options.run = 1;
	job->options.until = FOREVER;
	job->options.batch = 2;
	err = cdr_world(store);
	if (err == 0)
		err = cdr_add_calls(store, calls, COUNT(calls));
	return err == 0 ? cdr_prices(store, &job->book, &job->parties) : err;
}

static void
end(struct job *job)
{
	rate_run_result_fini(&job->result);
	parties_fini(&job->parties);
	pricebook_free(job->book);
}

static int
run(struct job *job)
{
	char error[STORE_ERROR_MAX];
	int err;

	rate_run_result_fini(&job->result);
	err = rate_run(&job->store, 1, job->book, &job->parties,
		       &job->options, &job->result, error);
	if (err != 0 && err != ERR_NOMEM)
		printf("\n    %s\n", error);
	return err;
}

static const char runs_sql[] =
    "SELECT call_key, rating_run FROM cdr WHERE rating_run IS NOT NULL"
    " ORDER BY call_key";

static const struct rate_total *
total_of(const struct job *job, const char *currency)
{
	for (size_t i = 0; i < job->result.n_totals; i++) {
		if (strcmp(job->result.totals[i].currency, currency) == 0)
			return &job->result.totals[i];
	}
	return NULL;
}

static void
check_totals(const struct job *job)
{
	const struct rate_total *eur = total_of(job, "EUR");
	const struct rate_total *usd = total_of(job, "USD");

	CHECK(eur != NULL && usd != NULL);
	if (eur == NULL || usd == NULL)
		return;
	CHECK(eur->sell == 27000000 && eur->buy == 6000000);
	CHECK(eur->margin == 11000000);
	CHECK(usd->sell == 0 && usd->buy == 10000000 && usd->margin == 0);
}

static void
all_are_rated_once(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)) || !OK(run(&job))) {
		end(&job);
		return;
	}
	CHECK(job.result.calls == 6);
	CHECK(job.result.sold == 4);
	CHECK(job.result.bought == 5);
	CHECK(job.result.margins == 3);
	CHECK(job.result.changed == 0);
	CHECK(job.result.unpriced.calls == 2); /* d, and e once */
	check_totals(&job);
	ROWS(store, runs_sql, "si", "a|1\nb|1\nc|1\nd|1\ne|1\nf|1");
	job.options.run = 2;
	if (OK(run(&job)))
		CHECK(job.result.calls == 0);
	ROWS(store, runs_sql, "si", "a|1\nb|1\nc|1\nd|1\ne|1\nf|1");
	end(&job);
}
ON_BOTH(DB_TABLES, all_are_rated_once)

static void
what_is_missing_is_done(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store)) && OK(run(&job)) &&
	    OK(store_exec(store, "UPDATE cdr SET rating_run = NULL"
				 " WHERE call_key IN ('b', 'f')"))) {
		job.options.run = 2;
		if (OK(run(&job)))
			CHECK(job.result.calls == 2);
		ROWS(store, runs_sql, "si", "a|1\nb|2\nc|1\nd|1\ne|1\nf|2");
	}
	end(&job);
}
ON_BOTH(DB_TABLES, what_is_missing_is_done)

static void
rerate_takes_what_was_asked_for(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)) || !OK(run(&job)) ||
	    !OK(time_parse(str_of("2026-11-02T10:00:00Z"),
			   &job.options.from)) ||
	    !OK(time_parse(str_of("2026-11-05T10:00:00Z"),
			   &job.options.until))) {
		end(&job);
		return;
	}
	job.options.run = 2;
	job.options.rerate = true;
	job.options.account = "acme";
	/* nothing would change */
	if (OK(run(&job)))
		CHECK(job.result.calls == 0 && job.result.same == 2 &&
		      job.result.kept == 0 && job.result.changed == 0);
	ROWS(store, runs_sql, "si", "a|1\nb|1\nc|1\nd|1\ne|1\nf|1");
	if (OK(store_exec(store, "UPDATE cdr SET sell_amount = 0")) &&
	    OK(run(&job)))
		CHECK(job.result.calls == 2 && job.result.same == 0 &&
		      job.result.kept == 2);
	ROWS(store, runs_sql, "si", "a|1\nb|1\nc|2\nd|1\ne|2\nf|1");
	ROWS(store,
	     "SELECT c.call_key, h.rating_run, h.replaced_by, h.bill,"
	     " h.sell_amount, c.sell_amount FROM rating_history h"
	     " JOIN cdr c ON c.id = h.cdr ORDER BY c.call_key",
	     "siiimm", "c|1|2|-|0|0.06\ne|1|2|-|0|-");
	end(&job);
}
ON_BOTH(DB_TABLES, rerate_takes_what_was_asked_for)

static void
dry_runs_write_nothing(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store))) {
		job.options.dry_run = true;
		if (OK(run(&job)))
			CHECK(job.result.calls == 6);
		ROWS(store, runs_sql, "si", "");
	}
	end(&job);
}
ON_BOTH(DB_TABLES, dry_runs_write_nothing)

/* The price that was missing comes, the one that was there goes. */
static void
rerate_takes_prices_back(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store)) && OK(run(&job)) &&
	    OK(store_exec(store, "UPDATE rates SET rate = NULL"
				 " WHERE prefix = '4930'")) &&
	    OK(store_exec(store, "UPDATE accounts SET tariff = 1"
				 " WHERE account = 'poor'"))) {
		parties_fini(&job.parties);
		pricebook_free(job.book);
		job.options.run = 2;
		job.options.rerate = true;
		if (OK(cdr_prices(store, &job.book, &job.parties)))
			OK(run(&job));
		ROWS(store,
		     "SELECT call_key, sell_amount, sell_rate, margin,"
		     " rating_note FROM cdr WHERE call_key IN ('a', 'd')"
		     " ORDER BY call_key",
		     "smmms", "a|-|-|-|no sell price\nd|0.06|0.06|0.04|-");
	}
	end(&job);
}
ON_BOTH(DB_TABLES, rerate_takes_prices_back)

/* Records of a month whose bill is closed: first prices are late, and what the
 * bill has stated is kept with its number, once. */
static void
closed_bills_are_heeded(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)) ||
	    !OK(store_exec(store, "UPDATE cdr SET rating_run = 1,"
				  " sell_amount = 0 WHERE call_key = 'a'")) ||
	    !OK(cdr_close_bill(store, "acme", 3, "2026-11-01T00:00:00Z",
			       "2026-11-04T00:00:00Z"))) {
		end(&job);
		return;
	}
	job.options.run = 2;
	job.options.rerate = true;
	OK(run(&job));
	ROWS(store, "SELECT call_key, late FROM cdr ORDER BY call_key", "si",
	     "a|-\nb|0\nc|0\nd|-\ne|-\nf|-\nopen|-");
	OK(store_exec(store, "UPDATE cdr SET sell_amount = 0"
			     " WHERE call_key IN ('a', 'f')"));
	job.options.run = 3;
	OK(run(&job));
	ROWS(store,
	     "SELECT c.call_key, h.rating_run, h.bill, h.sell_amount"
	     " FROM rating_history h JOIN cdr c ON c.id = h.cdr"
	     " ORDER BY c.call_key, h.rating_run",
	     "siim", "a|1|3|0\na|2|-|0\nf|2|-|0");
	end(&job);
}
ON_BOTH(DB_TABLES, closed_bills_are_heeded)

static void
workers_share_the_work(struct store *store)
{
	struct store *stores[3] = { store, NULL, NULL };
	char error[STORE_ERROR_MAX];
	struct job job;
	int err = begin(&job, store);

	for (size_t i = 1; i < 3 && err == 0; i++)
		err = store_open(db_url(), 0, &stores[i], error);
	job.options.batch = 1;
	if (OK(err) && OK(rate_run(stores, 3, job.book, &job.parties,
				   &job.options, &job.result, error))) {
		CHECK(job.result.calls == 6);
		ROWS(store, runs_sql, "si",
		     "a|1\nb|1\nc|1\nd|1\ne|1\nf|1");
	}
	store_close(stores[1]);
	store_close(stores[2]);
	end(&job);
}
ON_BOTH(DB_TABLES, workers_share_the_work)

static const struct test tests[] = {
	ON_STORES("records of closed months are late, or kept as billed",
		  closed_bills_are_heeded),
	BOTH_ONCE("workers share the work", workers_share_the_work),
	ON_STORES("all calls that ended are rated once", all_are_rated_once),
	ON_STORES("the next run does what is missing", what_is_missing_is_done),
	ON_STORES("re-rating takes the span and account asked for",
		  rerate_takes_what_was_asked_for),
	ON_STORES("re-rating finds new prices and takes old ones back",
		  rerate_takes_prices_back),
	ON_STORES("a dry run writes nothing", dry_runs_write_nothing),
};
const struct test_suite suite_rate_run = TEST_SUITE("rate_run", tests);
