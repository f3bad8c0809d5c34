/* test_report.c - calls and attempts in groups, and how they are written */
#include "cdr-tools/report.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/report_calls.h"
#include "cdr-tools/report_out.h"
#include "tests/unit/cdr_help.h"

#define S US_PER_S

/* Revenue 0.12, 0.06, 0.12, none, 0.00016667; cost 0.02, 0.02, 0.1 USD. */
static const struct cdr_test_call calls[] = {
	{ "a", "acme", "red", "4989", "static", "2026-10-01T10:00:00Z", 61 * S,
	  "answered" },
	{ "b", "acme", "red", "4989", "static", "2026-10-01T10:59:00Z", 60 * S,
	  "answered" },
	{ "c", "acme", "dollar", "44", "static", "2026-10-02T10:00:00Z",
	  60 * S, "answered" },
	{ "d", "acme", "red", "1201", "static", "2026-10-02T23:00:00Z", 60 * S,
	  "answered" },
	{ "e", "fine", "red", "4989", "static", "2026-11-02T10:00:00Z", 1 * S,
	  "answered" },
};

static const char extra_sql[] =
    "UPDATE cdr SET pdd_us = 1000000 WHERE call_key = 'a';"
    "UPDATE cdr SET pdd_us = 3000000 WHERE call_key = 'b';"
    "INSERT INTO cdr (call_key, to_tag, account, number, setup_time, status,"
    " pdd_us) SELECT 'x', '', 'acme', '4989', setup_time, 'failed', 2000000"
    " FROM cdr WHERE call_key = 'c';"
    "INSERT INTO cdr_attempt (setup_time, call_key, hop, carrier, gateway,"
    " sip_code, outcome) SELECT setup_time, call_key, 1, 'blue', 'b1', 486,"
    " 'rejected' FROM cdr WHERE call_key IN ('a', 'x');"
    "INSERT INTO cdr_attempt (setup_time, call_key, hop, carrier, gateway,"
    " sip_code, outcome) SELECT setup_time, call_key, 2, 'blue', 'b2', 503,"
    " 'rejected' FROM cdr WHERE call_key = 'x';"
    "INSERT INTO cdr_attempt (setup_time, call_key, hop, carrier, gateway,"
    " outcome) SELECT setup_time, call_key, 3, 'blue', 'b3', 'unreachable'"
    " FROM cdr WHERE call_key = 'x';"
    "INSERT INTO cdr_attempt (setup_time, call_key, hop, carrier, gateway,"
    " sip_code, outcome) SELECT setup_time, call_key, 5, carrier, 'r1', 200,"
    " 'answered' FROM cdr WHERE status = 'answered'";

struct job {
	struct store *store;
	struct pricebook *book;
	struct parties parties;
	struct report_options options;
	struct report report;
	struct cdr_text out;
	char error[STORE_ERROR_MAX];
};

static int
begin(struct job *job, struct store *store)
{
	int err = cdr_rated(store, calls, COUNT(calls));

	memset(job, 0, sizeof(*job));
	job->store = store;
	if (err == 0)
		err = store_exec(store, extra_sql);
	if (err == 0)
		err = cdr_prices(store, &job->book, &job->parties);
	job->options = (struct report_options){
		.until = INT64_C(4102444800) * S,
		.book = job->book,
		.parties = &job->parties,
	};
	return err;
}

static void
end(struct job *job)
{
	report_fini(&job->report);
	parties_fini(&job->parties);
	pricebook_free(job->book);
}

/* The report as CSV, which is to be expected; columns of the sums only. */
static void
check_csv(struct job *job, const char *expected)
{
	report_fini(&job->report);
	if (!OK(report_make(&job->report, job->store, &job->options,
			    job->error)))
		return;
	cdr_text_open(&job->out);
	if (OK(report_write(&job->report, &job->options, REPORT_CSV,
			    job->out.file))) {
		const char *text = strchr(cdr_text_end(&job->out), '\n');

		CHECK(text != NULL && strcmp(text + 1, expected) == 0);
	}
	cdr_text_free(&job->out);
}

static void
every_key_works(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store))) {
		end(&job);
		return;
	}
	job.options.keys[0] = REPORT_ACCOUNT;
	job.options.n_keys = 1;
	check_csv(&job,
		  "acme,5,4,80.0,8,7,4,57.1,85.7,60.2,2000000,2000000,"
		  "241000000,4.02,4.00,0.30,0.040333,0.259667,86.6,1,0,EUR\n"
		  "fine,1,1,100.0,1,1,1,100.0,100.0,1,0,0,1000000,0.02,0.02,"
		  "0.00016667,0.000333,-0.00016633,-99.8,0,0,EUR\n");
	CHECK(job.report.unconverted == 1);
	CHECK(job.report.total.calls == 6 && job.report.total.attempts == 9);
	job.options.keys[0] = REPORT_CARRIER;
	job.options.account = "acme";
	check_csv(&job,
		  ",1,0,0.0,0,0,0,,,0,2000000,2000000,0,0.00,0.00,0.00,0.00,"
		  "0.00,,0,0,EUR\n"
		  "blue,0,0,,4,3,0,0.0,66.7,0,0,0,0,0.00,0.00,0.00,0.00,0.00,,"
		  "0,0,EUR\n"
		  "dollar,1,1,100.0,1,1,1,100.0,100.0,60,0,0,60000000,1.00,"
		  "1.00,0.12,0.00,0.12,100.0,0,0,EUR\n"
		  "red,3,3,100.0,3,3,3,100.0,100.0,60.3,1000000,1000000,"
		  "181000000,3.02,3.00,0.18,0.040333,0.139667,77.6,1,0,EUR\n");
	job.options.keys[0] = REPORT_DESTINATION;
	job.options.keys[1] = REPORT_DAY;
	job.options.n_keys = 2;
	job.options.carrier = "red";
	OK(zone_new("Europe/Berlin", (struct zone **)&job.options.zone));
	check_csv(&job,
		  "Germany,2026-10-01,2,2,100.0,2,2,2,100.0,100.0,60.5,1000000,"
		  "1000000,121000000,2.02,3.00,0.18,0.040333,0.139667,77.6,0,0,"
		  "EUR\n"
		  "USA,2026-10-03,1,1,100.0,1,1,1,100.0,100.0,60,0,0,60000000,"
		  "1.00,0.00,0.00,0.00,0.00,,1,0,EUR\n");
	zone_free((struct zone *)job.options.zone);
	end(&job);
}
ON_BOTH(DB_TABLES, every_key_works)

static void
what_moved_most_comes_first(struct store *store)
{
	struct report before;
	struct job job;

	memset(&before, 0, sizeof(before));
	if (!OK(begin(&job, store))) {
		end(&job);
		return;
	}
	job.options.keys[0] = REPORT_ACCOUNT;
	job.options.n_keys = 1;
	OK(time_parse(str_of("2026-11-01T00:00:00Z"), &job.options.until));
	if (OK(report_make(&before, store, &job.options, job.error))) {
		job.options.from = job.options.until;
		job.options.until = INT64_C(4102444800) * S;
		OK(report_make(&job.report, store, &job.options, job.error));
		cdr_text_open(&job.out);
		OK(report_changes(&job.report, &before, &job.options, "calls",
				  9, REPORT_CSV, job.out.file));
		CHECK(strcmp(cdr_text_end(&job.out),
			     "account,now,before,change,currency\n"
			     "acme,0,5,-5,\nfine,1,0,1,\n") == 0);
		cdr_text_free(&job.out);
		cdr_text_open(&job.out);
		OK(report_changes(&job.report, &before, &job.options,
				  "revenue", 1, REPORT_JSON, job.out.file));
		CHECK(strcmp(cdr_text_end(&job.out),
			     "{\"measure\":\"revenue\",\"currency\":"
			     "\"EUR\",\"rows\":[{\"now\":\"0.00\",\"before\":\"0.30\",\"change\":"
			     "\"-0.30\",\"account\":\"acme\"}]}\n") == 0);
		cdr_text_free(&job.out);
	}
	report_fini(&before);
	end(&job);
}
ON_BOTH(DB_TABLES, what_moved_most_comes_first)

static void
lists_are_written(struct store *store)
{
	struct job job;

	if (!OK(begin(&job, store))) {
		end(&job);
		return;
	}
	cdr_text_open(&job.out);
	OK(report_losses(store, &job.options, 5, REPORT_CSV, job.out.file));
	CHECK(strcmp(cdr_text_end(&job.out),
		     "answer_time,account,carrier,number,destination,seconds,"
		     "sell_amount,buy_amount,margin,sell_currency,"
		     "buy_currency\n"
		     "2026-11-02T10:00:00Z,fine,red,4989,Germany,1,0.00016667,"
		     "0.000333,-0.00016633,EUR,EUR\n") == 0);
	cdr_text_free(&job.out);
	cdr_text_open(&job.out);
	OK(report_unpriced(store, &job.options, 5, REPORT_CSV, job.out.file));
	CHECK(strcmp(cdr_text_end(&job.out),
		     "calls,reason,account,destination\n"
		     "1,no sell price; no buy price,acme,USA\n") == 0);
	cdr_text_free(&job.out);
	end(&job);
}
ON_BOTH(DB_TABLES, lists_are_written)

static void
percentages_are_rounded(void)
{
	static const struct {
		int64_t a, b;
		const char *expected;
	} rows[] = {
		{ 1, 3, "33.3" },  { 2, 3, "66.7" }, { 1, 0, "" },
		{ -1, 3, "-33.3" }, { 1, -2, "-50.0" }, { 0, 5, "0.0" },
	};
	char out[REPORT_PERCENT_MAX];
	struct report_sums sums = { .n_pdd = 0 };
	int64_t pdd[] = { 5, 1, 4, 2, 3 };
	enum report_key key;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(strcmp(report_percent(rows[i].a, rows[i].b, out),
			     rows[i].expected) == 0);
	CHECK(report_percentile(&sums, 50) == 0);
	sums.pdd = pdd;
	sums.n_pdd = 5;
	CHECK(report_percentile(&sums, 50) == 3);
	CHECK(report_percentile(&sums, 95) == 4);
	CHECK(report_percentile(&sums, 100) == 5);
	CHECK(report_key_parse(str_of("hour"), &key) == 0 &&
	      key == REPORT_HOUR);
	CHECK(report_key_parse(str_of("hours"), &key) == ERR_SYNTAX);
}

static const struct test tests[] = {
	BOTH_ONCE("calls and attempts are added up by each key",
		  every_key_works),
	BOTH_ONCE("what moved most comes first", what_moved_most_comes_first),
	BOTH_ONCE("losses and what has no price are listed",
		  lists_are_written),
	{ "percentages and percentiles", percentages_are_rounded, true },
};
const struct test_suite suite_report = TEST_SUITE("report", tests);
