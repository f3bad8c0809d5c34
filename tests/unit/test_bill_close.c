/* test_bill_close.c - closing the bills of a period */
#include "cdr-tools/bill_run.h"

#include "acct/sweep.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_bills.h"

#define NOW (INT64_C(1800000000) * US_PER_S) /* in 2027 */

struct job {
	struct store *store;
	struct bill_run_options options;
	struct bill_close_result result;
	char problems[1000];
};

static void
on_problem(void *arg, const char *text)
{
	struct job *job = arg;
	size_t len = strlen(job->problems);

	snprintf(job->problems + len, sizeof(job->problems) - len, "%s\n",
		 text);
}

static int
begin(struct job *job, struct store *store)
{
	int err = cdr_rated(store, bill_calls, n_bill_calls);

	memset(job, 0, sizeof(*job));
	job->store = store;
	job->options = (struct bill_run_options){
		.period = { 2026, 10, 0, 0 },
		.default_zone = "UTC",
		.close = true,
		.now = NOW,
		.on_problem = on_problem,
		.arg = job,
	};
	return err == 0 ? cdr_add_tax(store, "VAT", "19", NULL) : err;
}

static int
close_bills(struct job *job, bool allow)
{
	struct bill_run_result result;
	char error[STORE_ERROR_MAX];
	int err;

	job->problems[0] = '\0';
	job->options.allow_unpriced = allow;
	err = bill_run(job->store, &job->options, &result, error);
	job->result = result.closed;
	bill_run_result_fini(&result);
	if (err != 0)
		printf("\n    %s\n", error);
	return err;
}

static const char bills_sql[] =
    "SELECT number, kind, account, period, calls, net, tax, total FROM bills"
    " ORDER BY number";

static void
numbers_have_no_gaps(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)) || !OK(close_bills(&job, false)))
		return;
	CHECK(job.result.bills == 1 && job.result.refused == 3);
	CHECK(strstr(job.problems,
		     "account acme: 1 call without a price, not closed\n") !=
	      NULL);
	ROWS(store, bills_sql, "isssimmm", "1|bill|fine|2026-10|2|0|0|0");
	if (OK(close_bills(&job, true)))
		CHECK(job.result.bills == 1 && job.result.refused == 0);
	ROWS(store, bills_sql, "isssimmm",
	     "1|bill|fine|2026-10|2|0|0|0\n"
	     "2|bill|acme|2026-10|6|0.39|0.07|0.46");
	if (OK(close_bills(&job, true)))
		CHECK(job.result.bills == 0);
	ROWS(store,
	     "SELECT bill, position, kind, destination, calls, amount,"
	     " tax_name, tax_percent, tax FROM bill_lines WHERE bill = 2"
	     " ORDER BY position",
	     "iissimsmm",
	     "2|0|call|Berlin|2|0.03|VAT|19|0.01\n"
	     "2|1|call|Germany|3|0.24|VAT|19|0.04\n"
	     "2|2|call|UK|1|0.12|VAT|19|0.02");
}
ON_BOTH(DB_TABLES, numbers_have_no_gaps)

static void
periods_must_be_apart(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)))
		return;
	job.options.account = "fine";
	if (OK(close_bills(&job, true)))
		CHECK(job.result.early == 0);
	OK(period_parse(str_of("2026-10-31/2026-11-02"), &job.options.period));
	if (OK(close_bills(&job, true)))
		CHECK(strstr(job.problems,
			     "account fine: bill 1 is closed and has a part of "
			     "2026-10-31/2026-11-02") != NULL);
	ROWS(store, bills_sql, "isssimmm", "1|bill|fine|2026-10|2|0|0|0");
}
ON_BOTH(DB_TABLES, periods_must_be_apart)

/* acme moves after October: Berlin's ended at 23:00 UTC, when bA was answered;
 * November begins at 04:00 in New York, at 15:00 the day before in Tokyo. */
static void
check_zone(struct store *store, const char *zone)
{
	struct job job;
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "UPDATE accounts SET timezone = '%s' WHERE account = 'acme'",
		 zone);
	if (!OK(begin(&job, store)))
		return;
	job.options.account = "acme";
	if (!OK(close_bills(&job, true)) || !OK(store_exec(store, sql)))
		return;
	job.options.period.month = 11;
	if (OK(close_bills(&job, true)))
		CHECK(job.result.bills == 1 && job.result.refused == 0);
	ROWS(store,
	     "SELECT a.number, b.number, b.calls FROM bills a JOIN bills b"
	     " ON b.starts = a.ends",
	     "iii", "1|2|1");
}

static void
zones_may_go_west(struct store *store)
{
	check_zone(store, "America/New_York");
}
ON_BOTH(DB_TABLES, zones_may_go_west)

static void
zones_may_go_east(struct store *store)
{
	check_zone(store, "Asia/Tokyo");
}
ON_BOTH(DB_TABLES, zones_may_go_east)

/* Rate by what the store has now; ends may be NULL. */
static int
rate(struct store *store, int64_t run, bool again, uint64_t *ends)
{
	const struct rate_run_options options = {
		.run = run,
		.until = INT64_C(4102444800) * US_PER_S,
		.rerate = again,
	};
	struct rate_run_result result;
	struct parties parties;
	struct pricebook *book;
	char error[STORE_ERROR_MAX];
	int err = cdr_prices(store, &book, &parties);

	if (err == 0) {
		err = rate_run(&store, 1, book, &parties, &options, &result,
			       error);
		if (ends != NULL)
			*ends = result.ends;
		rate_run_result_fini(&result);
	}
	parties_fini(&parties);
	pricebook_free(book);
	return err;
}

static int
rerate(struct store *store, int64_t run)
{
	return rate(store, run, true, NULL);
}

/* acme's closed bill, made again. */
static void
check_bill_2(struct store *store)
{
	static const struct bill_tariffs none = { NULL, 0, 0, { 0 } };
	struct zones zones = { NULL, 0, 0 };
	const struct bill_request request = { .account = "acme",
					      .zones = &zones,
					      .period = { 2026, 10, 0, 0 },
					      .default_zone = "UTC",
					      .tariffs = &none };
	char error[STORE_ERROR_MAX];
	struct bill bill;

	if (OK(bill_make(&bill, store, &request, error))) {
		CHECK(bill.number == 1 && bill.calls == 6);
		CHECK(bill.n_lines == 3 && bill.sum == 39000000);
		CHECK(bill.duration_us == 301500000);
		CHECK(strcmp(bill.zone_name, "Europe/Berlin") == 0);
		CHECK(bill.tax == 7000000 && bill.taxes.n == 1);
		CHECK(bill.unpriced == 0 && bill.open == 0);
	}
	bill_fini(&bill);
	zones_fini(&zones);
}

/* New prices after October is closed: b7 gets its first one, b3 and b4 another;
 * a call of October comes late. */
static void
what_comes_later_is_on_the_next_bill(struct store *store)
{
	static const struct cdr_test_call late = {
		"late1", "acme", "red", "4989", "static",
		"2026-10-02T10:00:00Z", 60 * US_PER_S, "answered"
	};
	struct job job;

	if (!OK(begin(&job, store)))
		return;
	job.options.account = "acme";
	if (!OK(close_bills(&job, true)) || !OK(cdr_add_calls(store, &late, 1)))
		return;
	/* 4930 0.03 -> 0.12, 1 not for sale -> 0.12, a minute */
	if (!OK(store_exec(store,
			   "UPDATE rates SET rate = (SELECT rate FROM rates"
			   " WHERE prefix = '44' AND tariff = 1) WHERE"
			   " prefix IN ('4930', '1') AND tariff = 1")) ||
	    !OK(rerate(store, 9)))
		return;
	check_bill_2(store);
	job.options.period.month = 11;
	if (!OK(close_bills(&job, false)))
		return;
	CHECK(job.result.bills == 1 && job.result.credits == 1);
	/* bA, late1 and b7; 0.06 + 0.06 + 0.12; then 2 * (0.06 - 0.015) */
	ROWS(store, bills_sql, "isssimmm",
	     "1|bill|acme|2026-10|6|0.39|0.07|0.46\n"
	     "2|bill|acme|2026-11|3|0.24|0.05|0.29\n"
	     "3|credit|acme|2026-11|2|0.09|0.02|0.11");
	ROWS(store,
	     "SELECT kind, destination, calls, amount FROM bill_lines"
	     " WHERE bill = 2 ORDER BY position",
	     "ssim", "call|Germany|1|0.06\nlate|Germany|1|0.06\n"
		     "late|USA|1|0.12");
	ROWS(store,
	     "SELECT of_bill, old_amount, new_amount FROM bill_corrections"
	     " WHERE bill = 3 ORDER BY position",
	     "imm", "1|0.015|0.06\n1|0.015|0.06");
	ROWS(store, "SELECT call_key, late FROM cdr WHERE late IS NOT NULL"
		    " AND account = 'acme' ORDER BY call_key",
	     "si", "b7|2\nlate1|2");
	check_bill_2(store);
	/* what is corrected is corrected once */
	job.options.period.month = 12;
	if (OK(close_bills(&job, false)))
		CHECK(job.result.bills == 0 && job.result.credits == 0);
}
ON_BOTH(DB_TABLES, what_comes_later_is_on_the_next_bill)

static int
set_times(struct store *store, const char *sql, const char *key,
	  const char *time)
{
	time_us at = 0;
	const struct store_value params[] = { store_null(STORE_TIME),
					      store_text(key) };
	struct store_value values[2];

	memcpy(values, params, sizeof(values));
	CHECK(time_parse(str_of(time), &at) == 0);
	values[0] = store_time(at);
	return store_run_once(store, sql, values, 2);
}

/* A sign of life, the sweep that sees it, and the end that follows. */
static int
sweep_and_stop(struct store *store, const char *key, const char *life,
	       const char *end)
{
	struct sweep_settings settings = { .max_call_s = 86400 };
	struct sweep_result result;
	int err = set_times(store,
			    "UPDATE cdr SET last_seen = ? WHERE call_key = ?",
			    key, life);

	CHECK(time_parse(str_of(life), &settings.now) == 0);
	if (err == 0)
		err = sweep_run(store, &settings, NULL, NULL, &result);
	check_bill_2(store); /* while the call is open again */
	return err != 0 ? err
			: set_times(store,
				    "UPDATE cdr SET end_time = ?, status ="
				    " 'answered', swept_time = NULL"
				    " WHERE call_key = ?",
				    key, end);
}

/* b4 was swept after 30 s, billed, and lasted 90 s; its bill does not change,
 * not even its seconds, and the next one comes with a correction. */
static void
an_end_that_changes_is_corrected(struct store *store)
{
	static const char end[] = "2026-10-11T10:01:30Z";
	struct job job;
	uint64_t ends = 0;

	if (!OK(begin(&job, store)))
		return;
	job.options.account = "acme";
	if (!OK(close_bills(&job, true)) ||
	    !OK(sweep_and_stop(store, "b4", "2026-10-11T10:01:00Z", end)))
		return;
	check_bill_2(store);
	ROWS(store, "SELECT cause, old_sell_amount FROM cdr_corrections", "sm",
	     "life after sweep|0.015");
	if (!OK(rate(store, 9, false, &ends)))
		return;
	CHECK(ends == 1);
	check_bill_2(store);
	if (OK(rate(store, 10, false, &ends)))
		CHECK(ends == 0); /* once */
	job.options.period.month = 11;
	if (!OK(close_bills(&job, true)))
		return;
	ROWS(store,
	     "SELECT of_bill, duration_us, old_billed_s, new_billed_s,"
	     " old_amount, new_amount FROM bill_corrections",
	     "iiiimm", "1|90000000|30|90|0.015|0.045");
	check_bill_2(store);
}
ON_BOTH(DB_TABLES, an_end_that_changes_is_corrected)

/* A late call that waits for its bill gets another end: it has to be rated
 * anew first. */
static void
stale_prices_are_not_billed(struct store *store)
{
	static const struct cdr_test_call late = {
		"late1", "acme", "red", "4989", "static",
		"2026-10-02T10:00:00Z", 60 * US_PER_S, "answered"
	};
	struct job job;
	uint64_t ends = 0;

	if (!OK(begin(&job, store)))
		return;
	job.options.account = "acme";
	if (!OK(close_bills(&job, true)) || !OK(cdr_add_calls(store, &late, 1)) ||
	    !OK(rate(store, 9, false, &ends)) ||
	    !OK(set_times(store, "UPDATE cdr SET end_time = ?"
				 " WHERE call_key = ?",
			  "late1", "2026-10-02T10:02:00Z")))
		return;
	job.options.period.month = 11;
	if (OK(close_bills(&job, false)))
		CHECK(strcmp(job.problems, "account acme: 1 call without a "
					   "price, not closed\n") == 0);
	if (!OK(rate(store, 10, false, &ends)) ||
	    !OK(close_bills(&job, false)))
		return;
	CHECK(ends == 1);
	ROWS(store,
	     "SELECT kind, calls, duration_us, amount FROM bill_lines"
	     " WHERE bill = 2 ORDER BY position",
	     "siim", "call|1|60000000|0.06\nlate|1|120000000|0.12");
}
ON_BOTH(DB_TABLES, stale_prices_are_not_billed)

/* A correction of a correction refers to the note, and back again. */
static void
corrections_follow_each_other(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)))
		return;
	job.options.account = "fine";
	OK(close_bills(&job, true));
	OK(store_exec(store, "UPDATE rates SET first_increment = 60"
			     " WHERE tariff = 4"));
	OK(rerate(store, 9));
	OK(rerate(store, 10)); /* changes nothing */
	job.options.period.month = 11;
	OK(close_bills(&job, true));
	OK(store_exec(store, "UPDATE rates SET first_increment = 1"
			     " WHERE tariff = 4"));
	OK(rerate(store, 11));
	job.options.period.month = 12;
	OK(close_bills(&job, true));
	ROWS(store,
	     "SELECT bill, of_bill, old_billed_s, new_billed_s FROM"
	     " bill_corrections ORDER BY bill, position",
	     "iiii", "3|1|1|60\n3|1|1|60\n4|3|60|1\n4|3|60|1");
}
ON_BOTH(DB_TABLES, corrections_follow_each_other)

static const struct test tests[] = {
	BOTH_ONCE("numbers have no gaps, and no price keeps open",
		  numbers_have_no_gaps),
	BOTH_ONCE("periods must not overlap", periods_must_be_apart),
	BOTH_ONCE("a move to the west leaves no call out", zones_may_go_west),
	BOTH_ONCE("a move to the east bills none twice", zones_may_go_east),
	BOTH_ONCE("what comes later is on the next bill",
		  what_comes_later_is_on_the_next_bill),
	BOTH_ONCE("an end that changes after closing is corrected",
		  an_end_that_changes_is_corrected),
	BOTH_ONCE("a price for another end is not billed",
		  stale_prices_are_not_billed),
	BOTH_ONCE("corrections follow each other",
		  corrections_follow_each_other),
};
const struct test_suite suite_bill_close = TEST_SUITE("bill_close", tests);
