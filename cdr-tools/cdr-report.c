/* cdr-report.c - traffic, quality and money */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cdr-tools/period.h"
#include "cdr-tools/report_calls.h"
#include "cdr-tools/tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DEFAULT_TOP 50

static const char synopsis[] =
    "[traffic] [--by KEY[,KEY]...] [--period PERIOD | --from T --until T] ...\n"
    "losses|unpriced [--period PERIOD | --from T --until T] [--top N] ...\n"
    "changes --period PERIOD [--by KEY[,KEY]...] [--measure NAME] [--top N]";

static const char about[] =
    "Adds up calls and attempts by up to three keys: account, carrier,\n"
    "gateway, destination, hour, day, month. Calls count when they were set "
    "up.\n"
    "ASR is told per call (did the caller get through) and per attempt (did\n"
    "the carrier).\n"
    "\n"
    "losses lists calls that cost more than they bring, unpriced what has no\n"
    "price, changes what moved most against the period before.";

/* Values as given, NULL when not. */
struct job {
	const struct cli *cli;
	struct tool_store store;
	struct tool_span span;
	const char *by, *period, *zone, *format, *top, *measure;
	bool json;
	/* of these */
	struct report_options options;
	enum report_format how;
	size_t n_top;
	struct zone *zone_of;
	struct period days;
};

static int
parse_keys(struct job *job)
{
	struct str rest = str_of(job->by != NULL ? job->by : "account");

	while (rest.p != NULL) {
		struct str key = str_trim(str_cut(&rest, ','));

		if (job->options.n_keys == REPORT_MAX_KEYS ||
		    report_key_parse(
			key, &job->options.keys[job->options.n_keys]) != 0)
			return cli_usage(job->cli,
					 "--by is \"%s\", expected up to %d of "
					 "account, carrier, gateway, "
					 "destination, hour, day, month",
					 job->by, REPORT_MAX_KEYS);
		job->options.n_keys++;
	}
	return 0;
}

static int
parse_span(struct job *job)
{
	int status = tool_span_parse(job->cli, &job->span);

	if (status != 0)
		return status;
	job->options.from = job->span.from_us;
	job->options.until = job->span.until_us;
	if (job->period == NULL)
		return 0;
	if (job->span.from != NULL || job->span.until != NULL)
		return cli_usage(job->cli, "--period and --from or --until are "
					   "given, expected one of them");
	if (period_parse(str_of(job->period), &job->days) != 0)
		return cli_usage(job->cli,
				 "--period is \"%s\", expected a month such as "
				 "2026-10, or 2026-10-01/2026-10-15",
				 job->period);
	period_span(&job->days, job->zone_of, &job->options.from,
		    &job->options.until);
	return 0;
}

static int
parse_format(struct job *job)
{
	static const char *const names[] = { [REPORT_TABLE] = "table",
					     [REPORT_CSV] = "csv",
					     [REPORT_JSON] = "json" };
	uint64_t top = DEFAULT_TOP;
	unsigned i = job->json ? REPORT_JSON : REPORT_TABLE;

	if (job->format != NULL) {
		for (i = 0; i < COUNT(names); i++) {
			if (strcmp(job->format, names[i]) == 0)
				break;
		}
	}
	if (i == COUNT(names))
		return cli_usage(job->cli,
				 "--format is \"%s\", expected table, csv or "
				 "json",
				 job->format);
	job->how = (enum report_format)i;
	if (job->top != NULL &&
	    (str_parse_u64(str_of(job->top), 1000000, &top) != 0 || top == 0))
		return cli_usage(job->cli,
				 "--top is \"%s\", expected 1 to 1000000",
				 job->top);
	job->n_top = (size_t)top;
	return 0;
}

static int
parse(struct job *job)
{
	int status;

	if (zone_new(job->zone, &job->zone_of) != 0)
		return cli_usage(job->cli,
				 "--zone is \"%s\", expected an IANA name that "
				 "this system knows",
				 job->zone);
	job->options.zone = job->zone_of;
	status = parse_keys(job);
	if (status == 0)
		status = parse_span(job);
	return status == 0 ? parse_format(job) : status;
}

/* The period before: the month before, or as many days. */
static void
go_back(const struct job *job, struct report_options *options)
{
	struct period days = job->days;

	if (days.month > 0) {
		days.year -= days.month == 1;
		days.month = days.month == 1 ? 12 : days.month - 1;
	} else {
		days.end_day = job->days.first_day;
		days.first_day -= job->days.end_day - job->days.first_day;
	}
	period_span(&days, job->zone_of, &options->from, &options->until);
}

static int
fail(const struct job *job, struct store *store, int err)
{
	return cli_fail(job->cli, "call records: %s",
			store_reason(store, err));
}

/* What could not be converted is said, never left out in silence. */
static int
warn(const struct job *job, uint64_t unconverted, const char *currency)
{
	if (unconverted == 0)
		return CLI_OK;
	return cli_fail(job->cli,
			"%llu amounts are left out: there is no exchange rate "
			"to %s",
			(unsigned long long)unconverted, currency);
}

static int
traffic(const struct job *job, struct store *store)
{
	char error[STORE_ERROR_MAX];
	struct report report;
	int status;

	if (report_make(&report, store, &job->options, error) != 0)
		status = cli_fail(job->cli, "%s", error);
	else if (report_write(&report, &job->options, job->how, stdout) != 0)
		status = cli_fail(job->cli, "standard output: out of memory");
	else
		status = tool_flush(job->cli);
	if (status == CLI_OK)
		status = warn(job, report.unconverted, report.currency);
	report_fini(&report);
	return status;
}

static int
write_changes(const struct job *job, struct store *store,
	      const struct report *now, const struct report *before)
{
	int err = report_changes(now, before, &job->options, job->measure,
				 job->n_top, job->how, stdout);
	int status;

	if (err != 0)
		return fail(job, store, err);
	status = tool_flush(job->cli);
	return status == CLI_OK ? warn(job,
				       now->unconverted + before->unconverted,
				       now->currency)
				: status;
}

static int
changes(const struct job *job, struct store *store)
{
	struct report_options options = job->options;
	char error[STORE_ERROR_MAX];
	struct report now, before;
	struct report_sums none;
	bool is_money;
	int64_t value;
	int status;

	memset(&none, 0, sizeof(none));
	if (job->period == NULL)
		return cli_usage(job->cli, "no period given, expected --period");
	if (report_measure(str_of(job->measure), &none, &value, &is_money) != 0)
		return cli_usage(job->cli,
				 "--measure is \"%s\", expected calls, "
				 "answered, attempts, seizures, duration_us, "
				 "unpriced, revenue, cost or margin",
				 job->measure);
	memset(&before, 0, sizeof(before));
	if (report_make(&now, store, &options, error) != 0) {
		status = cli_fail(job->cli, "%s", error);
	} else {
		go_back(job, &options);
		options.currency = now.currency;
		status = report_make(&before, store, &options, error) != 0
			     ? cli_fail(job->cli, "%s", error)
			     : write_changes(job, store, &now, &before);
	}
	report_fini(&now);
	report_fini(&before);
	return status;
}

static int
losses(const struct job *job, struct store *store)
{
	int err = report_losses(store, &job->options, job->n_top, job->how,
				stdout);

	return err != 0 ? fail(job, store, err) : tool_flush(job->cli);
}

static int
unpriced(const struct job *job, struct store *store)
{
	int err = report_unpriced(store, &job->options, job->n_top, job->how,
				  stdout);

	return err != 0 ? fail(job, store, err) : tool_flush(job->cli);
}

static const struct command {
	const char *name;
	int (*run)(const struct job *job, struct store *store);
} commands[] = {
	{ "traffic", traffic },
	{ "losses", losses },
	{ "unpriced", unpriced },
	{ "changes", changes },
};

/* With prices and exchange rates, in one view of the store. */
static int
run_command(struct job *job, const struct command *command, struct store *store)
{
	struct cli_progress progress;
	struct pricebook *book = NULL;
	struct parties parties;
	char error[STORE_ERROR_MAX];
	int status;

	memset(&parties, 0, sizeof(parties));
	snprintf(error, sizeof(error), "the store cannot be read");
	if (store_begin(store) != 0 ||
	    pricebook_load(store, &book, error) != 0 ||
	    parties_load(&parties, store, book, error) != 0) {
		status = cli_fail(job->cli, "%s", error);
	} else {
		cli_progress_init(&progress, "records", 0);
		job->options.book = book;
		job->options.parties = &parties;
		job->options.progress = &progress;
		status = command->run(job, store);
		cli_progress_end(&progress);
	}
	store_rollback(store);
	parties_fini(&parties);
	pricebook_free(book);
	return status;
}

static int
dispatch(struct job *job, const char *const *words, size_t n_words)
{
	const struct command *command = NULL;
	struct store *store;
	int status;

	for (size_t i = 0; i < COUNT(commands); i++) {
		if (strcmp(n_words > 0 ? words[0] : "traffic",
			   commands[i].name) == 0)
			command = &commands[i];
	}
	if (command == NULL)
		return cli_usage(job->cli,
				 "the command is \"%s\", expected traffic, "
				 "losses, unpriced or changes",
				 words[0]);
	status = parse(job);
	if (status == 0)
		status = tool_open_store(job->cli, &job->store,
					 STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	status = run_command(job, command, store);
	store_close(store);
	return status;
}

int
main(int argc, char **argv)
{
	struct job job = { .zone = "UTC", .measure = "revenue" };
	const struct cli_option options[] = {
		TOOL_LETTER("by", 'b', "KEYS", job.by,
			    "up to three of account, carrier, gateway,\n"
			    "destination, hour, day, month; account"),
		TOOL_VALUE("period", "PERIOD", job.period,
			   "a month, or two dates FROM/UNTIL, in --zone"),
		TOOL_VALUE("from", "TIME", job.span.from,
			   "only calls begun at or after (RFC 3339 or a date)"),
		TOOL_VALUE("until", "TIME", job.span.until,
			   "only calls begun before"),
		TOOL_VALUE("zone", "IANA", job.zone,
			   "of hours, days and periods; UTC"),
		TOOL_VALUE("account", "A", job.options.account,
			   "only this account"),
		TOOL_VALUE("carrier", "C", job.options.carrier,
			   "only this carrier"),
		TOOL_VALUE("gateway", "G", job.options.gateway,
			   "only this gateway"),
		TOOL_VALUE("destination", "D", job.options.destination,
			   "only this destination"),
		TOOL_VALUE("currency", "ISO", job.options.currency,
			   "of all amounts; that of the first one"),
		TOOL_VALUE("measure", "NAME", job.measure,
			   "changes: of what; revenue"),
		TOOL_VALUE("top", "N", job.top, "how many rows of a list; 50"),
		TOOL_LETTER("format", 'f', "FORMAT", job.format,
			    "table, csv or json; table"),
		TOOL_FLAG("json", job.json, "the same as --format json"),
		TOOL_STORE_OPTIONS(job.store),
	};
	const struct cli cli = { "cdr-report", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, COUNT(words), &n_words);
	if (status < 0)
		status = dispatch(&job, words, n_words);
	zone_free(job.zone_of);
	return status;
}
