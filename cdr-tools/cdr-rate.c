/* cdr-rate.c - price call records, or one imaginary call */
#include "cdr-tools/cdr-rate.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cdr-tools/rate_report.h"
#include "cdr-tools/rate_run.h"

#define DEFAULT_WORKERS 2
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char synopsis[] =
    "[--from TIME] [--until TIME] [--account A] [--rerate] [--dry-run]\n"
    "  [--workers N]\n"
    "quote (--tariff T | --rates FILE) --number N --duration SECONDS\n"
    "quote (--tariff T | --rates FILE) --calls FILE";

static const char about[] =
    "Prices the call records that have an answer, an end and no rating yet:\n"
    "what the account pays and what the carrier is paid. Work is done in\n"
    "batches; a run that is stopped is continued by the next one. A price "
    "that\n"
    "is missing leaves the amount empty, and the run says where.\n"
    "\n"
    "quote prices one imaginary call, or those of a CSV file (columns number,\n"
    "duration, at), by a tariff of the store or by a rates file without any.";

int
rate_put_json(const struct rate_job *job, json_t *object)
{
	int failed =
	    object == NULL || json_dumpf(object, stdout, JSON_COMPACT) != 0;

	json_decref(object);
	if (failed && !ferror(stdout))
		return cli_fail(job->cli, "standard output: out of memory");
	putchar('\n');
	return tool_flush(job->cli);
}

static int
report(const struct rate_job *job, const struct rate_run_options *options,
       const struct rate_run_result *result)
{
	if (job->json)
		return rate_put_json(job, rate_report_json(result, options));
	if (rate_report_print(result, options, stdout) != 0)
		return cli_fail(job->cli, "standard output: out of memory");
	return tool_flush(job->cli);
}

static int
run_priced(const struct rate_job *job, struct store *const *stores,
	   const struct pricebook *book, const struct parties *parties)
{
	struct cli_progress progress;
	struct rate_run_options options = {
		.from = job->span.from_us,
		.until = job->span.until_us,
		.account = job->account,
		.rerate = job->rerate,
		.dry_run = job->dry_run,
		.progress = &progress,
	};
	struct rate_run_result result;
	char error[STORE_ERROR_MAX];
	struct clock clock;
	int err, status;

	clock_init_system(&clock);
	options.run = clock_wall(&clock);
	options.now = options.run;
	cli_progress_init(&progress, "calls", 0);
	err = rate_run(stores, job->n_workers, book, parties, &options, &result,
		       error);
	cli_progress_end(&progress);
	if (err != 0)
		status = cli_fail(job->cli, "%s (%llu calls are priced)", error,
				  (unsigned long long)result.calls);
	else
		status = report(job, &options, &result);
	if (status == CLI_OK && result.damaged > 0)
		status = CLI_FAILED;
	rate_run_result_fini(&result);
	return status;
}

/* Prices and parties from one transaction: 0 or an error with text. */
static int
load(struct store *store, struct pricebook **book, struct parties *parties,
     char error[STORE_ERROR_MAX])
{
	int err = store_begin(store);

	if (err != 0) {
		snprintf(error, STORE_ERROR_MAX, "%s", store_error(store));
		return err;
	}
	err = pricebook_load(store, book, error);
	if (err == 0)
		err = parties_load(parties, store, *book, error);
	store_rollback(store);
	return err;
}

static int
run_on_stores(const struct rate_job *job, struct store *const *stores)
{
	struct parties parties;
	struct pricebook *book = NULL;
	char error[STORE_ERROR_MAX];
	int status;

	memset(&parties, 0, sizeof(parties));
	if (load(stores[0], &book, &parties, error) != 0)
		status = cli_fail(job->cli, "%s", error);
	else
		status = run_priced(job, stores, book, &parties);
	parties_fini(&parties);
	pricebook_free(book);
	return status;
}

/* A connection for each worker. */
static int
rate_with_workers(const struct rate_job *job)
{
	struct store *stores[RATE_MAX_WORKERS] = { NULL };
	unsigned flags = job->dry_run ? STORE_READ_ONLY : 0;
	int status = CLI_OK;

	for (size_t i = 0; i < job->n_workers && status == CLI_OK; i++)
		status =
		    tool_open_store(job->cli, &job->store, flags, &stores[i]);
	if (status == CLI_OK)
		status = run_on_stores(job, stores);
	for (size_t i = 0; i < job->n_workers; i++)
		store_close(stores[i]);
	return status;
}

static int
parse_workers(struct rate_job *job)
{
	uint64_t n = DEFAULT_WORKERS;

	if (job->workers != NULL &&
	    (str_parse_u64(str_of(job->workers), RATE_MAX_WORKERS, &n) != 0 ||
	     n == 0))
		return cli_usage(job->cli,
				 "--workers is \"%s\", expected 1 to %d",
				 job->workers, RATE_MAX_WORKERS);
	job->n_workers = (size_t)n;
	return 0;
}

static int
rate_command(struct rate_job *job)
{
	int status;

	if (job->tariff != NULL || job->rates != NULL || job->calls != NULL ||
	    job->number != NULL || job->duration != NULL || job->at != NULL)
		return cli_usage(
		    job->cli, "--tariff, --rates, --calls, --number, "
			      "--duration and --at belong to quote, expected "
			      "the word quote");
	status = tool_span_parse(job->cli, &job->span);
	if (status == 0)
		status = parse_workers(job);
	return status != 0 ? status : rate_with_workers(job);
}

static int
dispatch(struct rate_job *job, const char *const *words, size_t n_words)
{
	if (n_words == 0)
		return rate_command(job);
	if (strcmp(words[0], "quote") != 0)
		return cli_usage(job->cli,
				 "the command is \"%s\", expected quote or "
				 "none",
				 words[0]);
	if (job->span.from != NULL || job->span.until != NULL ||
	    job->account != NULL || job->rerate || job->dry_run ||
	    job->workers != NULL)
		return cli_usage(job->cli,
				 "--from, --until, --account, --rerate, "
				 "--dry-run and --workers do not belong to "
				 "quote");
	return rate_quote_command(job);
}

int
main(int argc, char **argv)
{
	struct rate_job job = { .json = false };
	const struct cli_option options[] = {
		TOOL_STORE_OPTIONS(job.store),
		TOOL_VALUE(
		    "from", "TIME", job.span.from,
		    "only calls answered at or after (RFC 3339 or a date)"),
		TOOL_VALUE("until", "TIME", job.span.until,
			   "only calls answered before"),
		TOOL_VALUE("account", "A", job.account,
			   "only calls of this account"),
		TOOL_FLAG("rerate", job.rerate,
			  "also what has a rating already; what it replaces\n"
			  "is kept"),
		TOOL_FLAG("dry-run", job.dry_run,
			  "price and count, write nothing"),
		TOOL_VALUE("workers", "N", job.workers,
			   "batches at a time, 1 to 16; 2"),
		TOOL_FLAG("json", job.json, "JSON instead of text"),
		TOOL_VALUE("tariff", "T", job.tariff,
			   "quote: a tariff of the store (or of --rates)"),
		TOOL_VALUE("rates", "FILE", job.rates,
			   "quote: a rates file, no store needed"),
		TOOL_VALUE("number", "N", job.number,
			   "quote: the number called, E.164"),
		TOOL_VALUE("duration", "SECONDS", job.duration,
			   "quote: with up to 6 decimals"),
		TOOL_VALUE("at", "TIME", job.at,
			   "quote: when it is answered (RFC 3339); now"),
		TOOL_VALUE("calls", "FILE", job.calls,
			   "quote: many calls, one JSON object per line"),
		TOOL_VALUE("decimals", "N", job.decimals,
			   "--rates: of an amount, 0..8; 6"),
		TOOL_VALUE("rounding", "HOW", job.rounding,
			   "--rates: half_up, up or down; half_up"),
		TOOL_VALUE("duration-rounding", "HOW", job.duration_rounding,
			   "--rates: up, down, half_up or exact; up"),
		TOOL_VALUE("minimum-charge", "AMOUNT", job.minimum_charge,
			   "--rates: the least a charged call costs; 0"),
		TOOL_VALUE("zone", "IANA", job.zone, "--rates: time zone; UTC"),
		TOOL_VALUE("currency", "ISO", job.currency,
			   "--rates: of all prices; none"),
		TOOL_FLAG("allow-negative", job.allow_negative,
			  "--rates: accept prices below 0"),
	};
	const struct cli cli = { "cdr-rate", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, COUNT(words), &n_words);
	return status >= 0 ? status : dispatch(&job, words, n_words);
}
