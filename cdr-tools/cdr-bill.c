/* cdr-bill.c - the bills of a month */
#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "cdr-tools/bill_run.h"
#include "cdr-tools/margin.h"
#include "cdr-tools/rate_report.h"
#include "cdr-tools/seconds.h"
#include "cdr-tools/tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_LINES 50 /* groups of calls without a price that are printed */

static const char synopsis[] =
    "--period PERIOD --out DIR [--account A] [--margin] [--close]\n"
    "--period PERIOD --margin [--account A]";

static const char about[] =
    "Makes the bills of the calls that were answered in a period, local to "
    "each\n"
    "account's time zone, from their ratings (cdr-rate): DIR/summary.csv, and\n"
    "for each account ACCOUNT.csv, ACCOUNT-calls.csv and ACCOUNT.html, and\n"
    "ACCOUNT-credit.csv and .html when calls that are billed were re-rated.\n"
    "PERIOD is a month, YYYY-MM, or two dates, YYYY-MM-DD/YYYY-MM-DD, the\n"
    "second of which is no longer in it.\n"
    "\n"
    "Bills are drafts until --close gives them numbers. A closed bill stays as\n"
    "it is: what comes late is on the next one, and corrections are credit\n"
    "notes. Calls without a price are not billed, and keep their account from\n"
    "being closed: they are listed on standard error, and the exit status is "
    "1.";

/* Values as given, NULL when not. */
struct job {
	const struct cli *cli;
	struct tool_store store;
	const char *period, *out, *account, *zone;
	bool margin, allow_unpriced, close, json;
	/* of the bills made */
	struct margin_list margins;
	json_t *bills;
};

static json_t *
money_json(money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	return json_string(money_format(amount, 0, text));
}

static json_t *
number_json(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

static json_t *
credit_json(const struct credit *credit)
{
	return json_pack("{s:s,s:s,s:o,s:s,s:s,s:I,s:o,s:o,s:o,s:s}", "account",
			 credit->account, "period", credit->period, "bill",
			 number_json(credit->number), "state",
			 credit->number > 0 ? "closed" : "draft", "kind",
			 "credit", "calls", (json_int_t)credit->n, "net",
			 money_json(credit->net), "tax",
			 money_json(credit->tax), "total",
			 money_json(credit->total), "currency",
			 credit->currency);
}

static int
on_credit(void *arg, const struct credit *credit)
{
	struct job *job = arg;

	if (job->json &&
	    json_array_append_new(job->bills, credit_json(credit)) != 0)
		return ERR_NOMEM;
	return 0;
}

static void
on_problem(void *arg, const char *text)
{
	struct job *job = arg;

	cli_fail(job->cli, "%s", text);
}

static json_t *
bill_json(const struct bill *bill)
{
	char period[PERIOD_TEXT_MAX];

	return json_pack(
	    "{s:s,s:s,s:o,s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:s,s:I,s:I}", "account",
	    bill->account, "period", period_format(&bill->period, period),
	    "bill", number_json(bill->number), "state",
	    bill->number > 0 ? "closed" : "draft", "kind", "bill", "calls",
	    (json_int_t)bill->calls,
	    "duration_us", (json_int_t)bill->duration_us, "billed_s",
	    (json_int_t)bill->billed_s, "net", money_json(bill->net), "tax",
	    money_json(bill->tax), "total", money_json(bill->total), "currency",
	    bill->currency, "unpriced_calls", (json_int_t)bill->unpriced,
	    "open_calls", (json_int_t)bill->open);
}

static int
on_bill(void *arg, const struct bill *bill)
{
	struct job *job = arg;

	if (job->json &&
	    json_array_append_new(job->bills, bill_json(bill)) != 0)
		return ERR_NOMEM;
	return job->margin ? margin_add(&job->margins, bill) : 0;
}

static int
print_json(struct job *job, const struct bill_run_result *result)
{
	json_t *object =
	    json_pack("{s:s,s:O,s:o,s:I}", "period", job->period, "bills",
		      job->bills, "unpriced", unpriced_json(&result->tally),
		      "open_calls", (json_int_t)result->open);
	int failed = object == NULL;

	if (!failed && job->margin)
		failed = json_object_set_new(object, "margin",
					     margin_json(&job->margins));
	if (!failed)
		failed = json_dumpf(object, stdout, JSON_COMPACT) != 0 &&
			 !ferror(stdout);
	json_decref(object);
	putchar('\n');
	return failed ? ERR_NOMEM : 0;
}

static int
print_text(const struct job *job, const struct bill_run_result *result)
{
	if (job->out != NULL)
		printf("%llu bill%s and %llu credit note%s of %s in %s\n",
		       (unsigned long long)result->bills,
		       result->bills == 1 ? "" : "s",
		       (unsigned long long)result->credits,
		       result->credits == 1 ? "" : "s", job->period, job->out);
	if (job->close)
		printf("%llu bill%s and %llu credit note%s closed now\n",
		       (unsigned long long)result->closed.bills,
		       result->closed.bills == 1 ? "" : "s",
		       (unsigned long long)result->closed.credits,
		       result->closed.credits == 1 ? "" : "s");
	return job->margin ? margin_print(&job->margins, stdout) : 0;
}

/* What is not on the bills. Returns the exit status. */
static int
warn(const struct job *job, const struct bill_run_result *result)
{
	unsigned long long n = result->unpriced + result->nobody;

	if (result->closed.early > 0)
		fprintf(stderr,
			"%s: %llu bill%s closed although %s is not over: calls "
			"that are answered later are late ones of the next "
			"bill\n",
			job->cli->program,
			(unsigned long long)result->closed.early,
			result->closed.early == 1 ? "" : "s", job->period);
	if (result->open > 0)
		fprintf(stderr,
			"%s: %llu call%s of %s not ended yet and not on the "
			"bills\n",
			job->cli->program, (unsigned long long)result->open,
			result->open == 1 ? "" : "s", job->period);
	if (n == 0)
		return result->problems + result->closed.refused > 0 ? CLI_FAILED
								  : CLI_OK;
	fprintf(stderr, "%s: %llu call%s of %s without a price, not billed:\n",
		job->cli->program, n, n == 1 ? "" : "s", job->period);
	if (unpriced_print(&result->tally, stderr, MAX_LINES) != 0)
		return cli_fail(job->cli, "the list: out of memory");
	return job->allow_unpriced &&
		       result->problems + result->closed.refused == 0
		   ? CLI_OK
		   : CLI_FAILED;
}

static int
report(struct job *job, const struct bill_run_result *result)
{
	int err = job->json ? print_json(job, result) : print_text(job, result);
	int status;

	if (err != 0)
		return cli_fail(job->cli, "the report: %s", err_text(err));
	status = tool_flush(job->cli);
	return status == CLI_OK ? warn(job, result) : status;
}

static int
bill_on_store(struct job *job, struct store *store, const struct clock *clock,
	      const struct period *period)
{
	struct cli_progress progress;
	const struct bill_run_options options = {
		.period = *period,
		.dir = job->out,
		.account = job->account,
		.default_zone = job->zone,
		.close = job->close,
		.allow_unpriced = job->allow_unpriced,
		.now = clock_wall(clock),
		.progress = &progress,
		.on_bill = on_bill,
		.on_credit = on_credit,
		.on_problem = on_problem,
		.arg = job,
	};
	struct bill_run_result result;
	char error[STORE_ERROR_MAX];
	int err, status;

	cli_progress_init(&progress, "accounts", 0);
	err = bill_run(store, &options, &result, error);
	cli_progress_end(&progress);
	if (err != 0)
		status = cli_fail(job->cli, "%s",
				  error[0] != '\0' ? error : err_text(err));
	else
		status = report(job, &result);
	bill_run_result_fini(&result);
	return status;
}

/* Look at what was asked for. */
static int
check(struct job *job, struct period *period)
{
	struct zone *zone;

	if (job->period == NULL)
		return cli_usage(job->cli,
				 "no period given, expected --period YYYY-MM");
	if (period_parse(str_of(job->period), period) != 0)
		return cli_usage(job->cli,
				 "--period is \"%s\", expected a month such as "
				 "2026-10, or 2026-10-01/2026-10-15",
				 job->period);
	if (job->out == NULL && !job->margin)
		return cli_usage(job->cli, "nothing to do, expected --out DIR "
					   "or --margin");
	if (zone_new(job->zone, &zone) != 0)
		return cli_usage(job->cli,
				 "--zone is \"%s\", expected an IANA name that "
				 "this system knows",
				 job->zone);
	zone_free(zone);
	return CLI_OK;
}

static int
bill_command(struct job *job)
{
	struct clock clock;
	struct period period;
	struct store *store;
	int status = check(job, &period);

	if (status != CLI_OK)
		return status;
	status = tool_open_store(job->cli, &job->store,
				 job->close ? 0 : STORE_READ_ONLY, &store);
	if (status != CLI_OK)
		return status;
	margin_init(&job->margins);
	job->bills = json_array();
	clock_init_system(&clock);
	status = bill_on_store(job, store, &clock, &period);
	json_decref(job->bills);
	margin_fini(&job->margins);
	store_close(store);
	return status;
}

int
main(int argc, char **argv)
{
	struct job job = { .zone = "UTC" };
	const struct cli_option options[] = {
		TOOL_VALUE("period", "PERIOD", job.period,
			   "when the calls were answered"),
		TOOL_LETTER("out", 'o', "DIR", job.out,
			    "where the files go; made when missing"),
		TOOL_VALUE("account", "A", job.account, "only this account"),
		TOOL_FLAG("margin", job.margin,
			  "show what each account brought and cost"),
		TOOL_FLAG("allow-unpriced", job.allow_unpriced,
			  "close, and exit with 0, although calls have no "
			  "price"),
		TOOL_VALUE("zone", "IANA", job.zone,
			   "of accounts that have none; UTC"),
		TOOL_FLAG("close", job.close,
			  "give the bills their numbers: they are final"),
		TOOL_FLAG("json", job.json, "JSON instead of text"),
		TOOL_STORE_OPTIONS(job.store),
	};
	const struct cli cli = { "cdr-bill", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, 0, &n_words);
	return status >= 0 ? status : bill_command(&job);
}
