/* test_bill.c - what one account owes for one month */
#include "cdr-tools/bill.h"

#include "base/err.h"
#include "tests/unit/cdr_bills.h"

struct job {
	struct bill_tariffs tariffs;
	struct unpriced unpriced;
	struct zones zones;
	struct bill_request request;
	struct bill bill;
	char error[STORE_ERROR_MAX];
	int n_calls; /* on_call was called for */
	time_us last;
};

static int
on_call(void *arg, const struct bill_call *call)
{
	struct job *job = arg;

	CHECK(call->answer >= job->last);
	CHECK(str_eq_text(call->caller, "4989"));
	job->last = call->answer;
	job->n_calls++;
	return 0;
}

/* 0 with calls rated and everything ready for bill_make; sql, if any, comes
 * between. */
static int
begin_with(struct job *job, struct store *store,
	   const struct cdr_test_call *calls, size_t n, const char *sql)
{
	int err = cdr_rated(store, calls, n);

	if (err == 0 && sql != NULL)
		err = store_exec(store, sql);

	memset(job, 0, sizeof(*job));
	job->request = (struct bill_request){
		.period = { .year = 2026, .month = 10 },
		.default_zone = "UTC",
		.tariffs = &job->tariffs,
		.unpriced = &job->unpriced,
		.zones = &job->zones,
		.on_call = on_call,
		.arg = job,
	};
	if (err == 0)
		err = unpriced_init(&job->unpriced);
	return err != 0 ? err
			: bill_tariffs_load(&job->tariffs, store, job->error);
}

static int
begin(struct job *job, struct store *store)
{
	return begin_with(job, store, bill_calls, n_bill_calls, NULL);
}

static void
end(struct job *job)
{
	bill_fini(&job->bill);
	zones_fini(&job->zones);
	unpriced_fini(&job->unpriced);
	bill_tariffs_fini(&job->tariffs);
}

static int
make(struct job *job, struct store *store, const char *account)
{
	bill_fini(&job->bill);
	job->request.account = account;
	job->n_calls = 0;
	job->last = 0;
	return bill_make(&job->bill, store, &job->request, job->error);
}

static void
check_line(const struct bill_line *line, const char *destination,
	   const char *prefix, uint64_t calls, int64_t duration_us,
	   int64_t billed_s, money_e8 amount)
{
	test_row(destination);
	CHECK(strcmp(line->destination, destination) == 0);
	CHECK(strcmp(line->prefix, prefix) == 0);
	CHECK(line->calls == calls);
	CHECK(line->duration_us == duration_us);
	CHECK(line->billed_s == billed_s);
	CHECK(line->amount == amount);
	test_row(NULL);
}

static void
check_acme(const struct job *job)
{
	const struct bill *bill = &job->bill;
	const struct bill_margin *margin = &bill->margin;

	CHECK(strcmp(bill->name, "Acme & Co") == 0);
	CHECK(strcmp(bill->zone_name, "Europe/Berlin") == 0);
	CHECK(strcmp(bill->currency, "EUR") == 0);
	CHECK(bill->calls == 6 && job->n_calls == 6);
	CHECK(bill->n_lines == 3);
	if (bill->n_lines != 3)
		return;
	check_line(bill->lines[0], "Berlin", "4930", 2, 60 * US_PER_S, 60,
		   3000000);
	check_line(bill->lines[1], "Germany", "49", 3, 181500000, 240,
		   24000000);
	check_line(bill->lines[2], "UK", "44", 1, 60 * US_PER_S, 60, 12000000);
	CHECK(bill->sum == 39000000 && bill->net == bill->sum);
	CHECK(bill->tax == 0 && bill->total == bill->net);
	CHECK(bill->duration_us == 301500000 && bill->billed_s == 360);
	CHECK(bill->unpriced == 1 && job->unpriced.calls == 1);
	CHECK(bill->open == 1);
	/* b2, b3, b4, b9 by red; b5 in dollars; b6 without a price; b7 with a
	 * note for both */
	CHECK(margin->calls == 4 && margin->mixed == 1);
	CHECK(margin->no_cost == 1 && margin->no_price == 0);
	CHECK(margin->revenue == 21000000);
	/* 62, 30, 30 and 60 s of 0.02/60 */
	CHECK(margin->cost == 2066700 + 1000000 + 1000000 + 2000000);
	CHECK(margin->margin == margin->revenue - margin->cost);
}

static void
sums_are_exact(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store)) && OK(make(&job, store, "acme")))
		check_acme(&job);
	end(&job);
}
ON_BOTH(DB_TABLES, sums_are_exact)

static void
tariffs_round_at_the_bill(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store)) && OK(make(&job, store, "fine"))) {
		CHECK(strcmp(job.bill.name, "fine") == 0);
		CHECK(strcmp(job.bill.zone_name, "UTC") == 0);
		CHECK(job.bill.calls == 2);
		CHECK(job.bill.sum == 2 * 16667); /* of 1e-8 */
		CHECK(job.bill.net == 0);
		CHECK(job.bill.total == 0);
	}
	job.request.default_zone = "Asia/Tokyo"; /* a day earlier: f3 only */
	job.request.period.month = 11;
	if (OK(make(&job, store, "fine")))
		CHECK(job.bill.calls == 2 && job.bill.net == 1000000);
	end(&job);
}
ON_BOTH(DB_TABLES, tariffs_round_at_the_bill)

/* Six seconds at 0.01 a minute are 0.001; six times 0.00016667 would be rounded
 * up to 0.0011. */
static void
what_rounds_at_the_bill_is_exact(struct store *store)
{
	struct cdr_test_call calls[6];
	char keys[6][4];
	struct job job;

	for (size_t i = 0; i < COUNT(calls); i++) {
		snprintf(keys[i], sizeof(keys[i]), "r%zu", i);
		calls[i] = (struct cdr_test_call){
			keys[i], "fine", "red", "4989", "static",
			"2026-08-10T10:00:00Z", US_PER_S, "answered"
		};
	}
	if (OK(begin_with(&job, store, calls, COUNT(calls),
			  "UPDATE tariffs SET decimals = 4, rounding = 'up'"
			  " WHERE tariff = 'whole'"))) {
		job.request.period.month = 8;
		if (OK(make(&job, store, "fine"))) {
			CHECK(job.bill.calls == 6);
			CHECK(job.bill.sum == 6 * 16667);
			CHECK(job.bill.net == 100000);
		}
	}
	end(&job);
}
ON_BOTH(DB_TABLES, what_rounds_at_the_bill_is_exact)

static void
strangers_get_bills_too(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store)) && OK(make(&job, store, "ghost"))) {
		CHECK(strcmp(job.bill.name, "ghost") == 0);
		CHECK(job.bill.calls == 0 && job.bill.unpriced == 1);
		CHECK(job.bill.margin.no_price == 1);
		CHECK(*job.bill.currency == '\0');
	}
	if (OK(make(&job, store, "nobody at all")))
		CHECK(job.bill.calls == 0 && job.bill.unpriced == 0);
	end(&job);
}
ON_BOTH(DB_TABLES, strangers_get_bills_too)

static void
odd_bills_are_refused(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store)) ||
	    !OK(store_exec(store, "UPDATE cdr SET sell_currency = 'USD'"
				  " WHERE call_key = 'b3'")) ||
	    !OK(store_exec(store, "UPDATE accounts SET timezone = 'Mars'"
				  " WHERE account = 'poor'"))) {
		end(&job);
		return;
	}
	if (CHECK(make(&job, store, "acme") == ERR_INVAL))
		CHECK(strcmp(job.error,
			     "account acme: calls in EUR and USD, "
			     "expected one currency on a bill") == 0);
	if (CHECK(make(&job, store, "poor") == ERR_INVAL))
		CHECK(strstr(job.error, "timezone is \"Mars\", expected an "
					"IANA name") != NULL);
	end(&job);
}
ON_BOTH(DB_TABLES, odd_bills_are_refused)

static int
refuse_call(void *arg, const struct bill_call *call)
{
	(void)arg;
	(void)call;
	return ERR_LIMIT;
}

static void
on_call_may_end_it(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store))) {
		job.request.on_call = refuse_call;
		CHECK(make(&job, store, "acme") == ERR_LIMIT);
	}
	end(&job);
}
ON_BOTH(DB_TABLES, on_call_may_end_it)

static const struct test tests[] = {
	ON_STORES("a bill is the exact sum of its month", sums_are_exact),
	ON_STORES("a tariff may round at the bill", tariffs_round_at_the_bill),
	ON_STORES("what rounds at the bill is the exact sum",
		  what_rounds_at_the_bill_is_exact),
	ON_STORES("accounts that are not in the table are billed",
		  strangers_get_bills_too),
	ON_STORES("two currencies and unknown zones are refused",
		  odd_bills_are_refused),
	ON_STORES("an error of the caller ends it", on_call_may_end_it),
};
const struct test_suite suite_bill = TEST_SUITE("bill", tests);
