/* cdr-durations.c - measure how long calls are on the average */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "cdr-tools/durations.h"
#include "cdr-tools/tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY_US (86400 * US_PER_S)
#define MIN_CALLS_MAX 1000000000

static const char synopsis[] =
    "[--from T] [--until T] [--account A] [--digits N] [--min-calls N]\n"
    "[--dry-run] [--quiet] [--json] [--store URL]";

static const char about[] =
    "Measures from the call records how long answered calls are on the "
    "average,\n"
    "by account and prefix of the number, and puts it into the table\n"
    "measured_durations: what routing expects of calls that no setting is "
    "about.\n"
    "The daemon takes it up with its next reload.";

/* Values as given, NULL when not. */
struct job {
	const struct cli *cli;
	struct tool_store store;
	struct tool_span span;
	const char *digits, *min_calls;
	struct durations_options options;
	bool json, quiet;
	json_t *changes; /* with --json */
	uint64_t n_lost; /* of them, for want of memory */
	uint64_t n_lines;
};

static void
keep_json(struct job *job, const struct durations_change *change)
{
	json_t *row = json_pack(
	    "{s:s s:s s:s}", "change", durations_change_text(change->kind),
	    "account", change->account, "prefix", change->prefix);
	int failed = row == NULL;

	if (!failed && change->kind != DURATIONS_ADDED)
		failed = json_object_set_new(row, "was_s",
					     json_integer(change->was_s)) |
			 json_object_set_new(row, "was_calls",
					     json_integer(change->was_calls));
	if (!failed && change->kind != DURATIONS_REMOVED)
		failed = json_object_set_new(row, "duration_s",
					     json_integer(change->now_s)) |
			 json_object_set_new(row, "calls",
					     json_integer(change->now_calls));
	if (failed || json_array_append(job->changes, row) != 0)
		job->n_lost++;
	json_decref(row);
}

static void
number_or_dash(int64_t number, char out[24])
{
	if (number == 0)
		snprintf(out, 24, "-");
	else
		snprintf(out, 24, "%" PRId64, number);
}

static void
report_change(void *arg, const struct durations_change *change)
{
	struct job *job = arg;
	char was[24], now[24], calls[24];

	if (job->json) {
		keep_json(job, change);
		return;
	}
	if (job->quiet)
		return;
	if (job->n_lines++ == 0)
		printf("%-7s  %-20s  %-15s  %7s  %7s  %9s\n", "", "ACCOUNT",
		       "PREFIX", "WAS S", "NOW S", "CALLS");
	number_or_dash(change->was_s, was);
	number_or_dash(change->now_s, now);
	number_or_dash(change->now_calls, calls);
	printf("%-7s  %-20s  %-15s  %7s  %7s  %9s\n",
	       durations_change_text(change->kind),
	       change->account[0] != '\0' ? change->account : "(all)",
	       change->prefix[0] != '\0' ? change->prefix : "(all)", was, now,
	       calls);
}

static int
print_result(const struct job *job, const struct durations_result *result)
{
	json_t *object;

	if (!job->json) {
		printf("%" PRIu64 " calls, %" PRIu64 " averages: %" PRIu64
		       " added, %" PRIu64 " changed, %" PRIu64 " removed%s\n",
		       result->calls, result->rows, result->added,
		       result->changed, result->removed,
		       job->options.dry_run ? " (dry run)" : "");
		return tool_flush(job->cli);
	}
	object = json_pack("{s:I s:I s:I s:I s:I s:b s:O}", "calls",
			   (json_int_t)result->calls, "averages",
			   (json_int_t)result->rows, "added",
			   (json_int_t)result->added, "changed",
			   (json_int_t)result->changed, "removed",
			   (json_int_t)result->removed, "dry_run",
			   (int)job->options.dry_run, "changes", job->changes);
	return tool_print_json(job->cli, object, job->n_lost == 0);
}

static int
measure(struct job *job, struct store *store)
{
	struct durations_result result;
	int err = durations_measure(store, &job->options, report_change, job,
				    &result);

	if (err == 0)
		return print_result(job, &result);
	if (err == ERR_NOTFOUND)
		return cli_fail(job->cli,
				"account %s: not found, expected one of the "
				"table accounts",
				job->options.account);
	return cli_fail(job->cli, "call records: %s",
			store_reason(store, err));
}

static int
parse_numbers(struct job *job)
{
	uint64_t digits = DURATIONS_DIGITS, calls = DURATIONS_MIN_CALLS;

	if (job->digits != NULL &&
	    str_parse_u64(str_of(job->digits), PREFIX_MAX, &digits) != 0)
		return cli_usage(job->cli,
				 "--digits is \"%s\", expected 0 to %d",
				 job->digits, PREFIX_MAX);
	if (job->min_calls != NULL &&
	    (str_parse_u64(str_of(job->min_calls), MIN_CALLS_MAX, &calls) !=
		 0 ||
	     calls == 0))
		return cli_usage(job->cli,
				 "--min-calls is \"%s\", expected 1 to %d",
				 job->min_calls, MIN_CALLS_MAX);
	job->options.digits = (int)digits;
	job->options.min_calls = (int64_t)calls;
	return CLI_OK;
}

/* Without --from the last weeks before --until, or before now. */
static int
parse_span(struct job *job)
{
	struct clock clock;
	int status = tool_span_parse(job->cli, &job->span);

	if (status != CLI_OK)
		return status;
	clock_init_system(&clock);
	job->options.from = job->span.from_us;
	job->options.until = job->span.until != NULL ? job->span.until_us
						     : clock_wall(&clock);
	if (job->span.from == NULL)
		job->options.from =
		    job->options.until - DURATIONS_DAYS * DAY_US;
	if (job->options.from < TOOL_TIME_MIN)
		job->options.from = TOOL_TIME_MIN;
	return CLI_OK;
}

static int
durations_command(struct job *job)
{
	struct store *store;
	int status = parse_numbers(job);

	if (status == CLI_OK)
		status = parse_span(job);
	if (status == CLI_OK)
		status = tool_open_store(
		    job->cli, &job->store,
		    job->options.dry_run ? STORE_READ_ONLY : 0, &store);
	if (status != CLI_OK)
		return status;
	job->changes = json_array();
	status = measure(job, store);
	json_decref(job->changes);
	store_close(store);
	return status;
}

int
main(int argc, char **argv)
{
	struct job job = { .json = false };
	const struct cli_option options[] = {
		TOOL_VALUE("from", "TIME", job.span.from,
			   "only calls begun at or after (RFC 3339 or a "
			   "date);\n28 days before --until"),
		TOOL_VALUE("until", "TIME", job.span.until,
			   "only calls begun before; now"),
		TOOL_VALUE("account", "A", job.options.account,
			   "only the averages of this account"),
		TOOL_VALUE("digits", "N", job.digits,
			   "of the longest prefix; 6"),
		TOOL_VALUE("min-calls", "N", job.min_calls,
			   "fewer calls are no average; 30"),
		TOOL_FLAG("dry-run", job.options.dry_run,
			  "say what would be changed, change nothing"),
		TOOL_FLAG("quiet", job.quiet, "only the sums"),
		TOOL_FLAG("json", job.json, "one JSON object"),
		TOOL_STORE_OPTIONS(job.store),
	};
	const struct cli cli = { "cdr-durations", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, 0, &n_words);
	return status >= 0 ? status : durations_command(&job);
}
