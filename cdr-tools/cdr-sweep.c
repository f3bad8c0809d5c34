/* cdr-sweep.c - close the calls whose end never came */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "acct/sweep.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECONDS_MAX 8640000

static const char synopsis[] =
    "[--max-call-s N] [--grace-s N] [--account A] [--dry-run] [--quiet]\n"
    "[--json] [--store URL]";

static const char about[] =
    "Closes calls that were answered and whose end never came: when their "
    "session\n"
    "interval has passed without a sign of life, or when they are longer than "
    "a call\n"
    "of their account lasts. The record ends at the last sign of life.";

/* Values as given, NULL when not. */
struct job {
	const struct cli *cli;
	struct tool_store store;
	const char *max_call_s, *grace_s;
	struct sweep_settings settings;
	bool json, quiet;
	json_t *calls; /* with --json */
	uint64_t n_lost; /* of them, for want of memory */
};

static void
seconds_text(const struct sweep_call *call, char out[32])
{
	const struct sweep_life *life = &call->life;

	if (call->reopened || life->answer == CDR_NONE)
		snprintf(out, 32, "-");
	else
		snprintf(out, 32, "%" PRId64,
			 (call->verdict.alive - life->answer) / US_PER_S);
}

static const char *
why_of(const struct sweep_call *call)
{
	return call->reopened ? "reopened" : cdr_end_text(call->verdict.by);
}

static json_t *
time_json(int64_t time)
{
	char text[TIMEFMT_MAX];

	if (time == CDR_NONE)
		return json_null();
	time_format(time, text);
	return json_string(text);
}

static void
keep_json(struct job *job, const struct sweep_call *call)
{
	const struct sweep_life *life = &call->life;
	json_t *row = json_pack(
	    "{s:s s:s s:s s:s s:s s:o s:o s:o s:o}", "call_id", call->call_id,
	    "account", call->account, "number", call->number, "gateway",
	    call->gateway, "result", call->reopened ? "reopened" : "swept",
	    "setup_time", time_json(life->setup), "answer_time",
	    time_json(life->answer), "end_time",
	    time_json(call->reopened ? CDR_NONE : call->verdict.alive),
	    "end_source",
	    call->reopened ? json_null()
			   : json_string(cdr_end_text(call->verdict.by)));

	if (row == NULL || json_array_append_new(job->calls, row) != 0)
		job->n_lost++;
}

static void
report_call(void *arg, const struct sweep_call *call)
{
	struct job *job = arg;
	char setup[TIMEFMT_MAX], seconds[32];

	if (job->json) {
		keep_json(job, call);
		return;
	}
	if (job->quiet)
		return;
	time_format(call->life.setup, setup);
	seconds_text(call, seconds);
	printf("%-27s  %-13s  %10s s  %s  %s  %s\n", setup, why_of(call),
	       seconds, call->account, call->number, call->call_id);
}

static void
tell_damaged(void *arg, const char *what)
{
	(void)arg;
	fprintf(stderr, "%s; it is left as it is\n", what);
}

static int
print_result(const struct job *job, const struct sweep_result *result)
{
	json_t *object;

	if (!job->json) {
		printf("%" PRIu64 " calls without an end, %" PRIu64
		       " %s (%" PRIu64 " by their session interval), %" PRIu64
		       " reopened\n",
		       result->open, result->swept,
		       job->settings.dry_run ? "to be swept" : "swept",
		       result->by_session, result->reopened);
		return tool_flush(job->cli);
	}
	object = json_pack("{s:I s:I s:I s:I s:b s:O}", "open",
			   (json_int_t)result->open, "swept",
			   (json_int_t)result->swept, "by_session",
			   (json_int_t)result->by_session, "reopened",
			   (json_int_t)result->reopened, "dry_run",
			   (int)job->settings.dry_run, "calls", job->calls);
	return tool_print_json(job->cli, object, job->n_lost == 0);
}

static int
sweep_store(struct job *job, struct store *store)
{
	struct sweep_result result;
	int status, err = store_sure_now(store, &job->settings.now);

	job->settings.damaged = tell_damaged;
	if (err == 0)
		err = sweep_run(store, &job->settings, report_call, job,
				&result);
	if (err == 0) {
		status = print_result(job, &result);
		return status == CLI_OK && result.damaged > 0 ? CLI_FAILED
							      : status;
	}
	return cli_fail(job->cli, "call records: %s",
			err == ERR_NOMEM ? err_text(err) : store_error(store));
}

/* --NAME in seconds, into *out when it was given. */
static int
read_seconds(const struct job *job, const char *name, const char *text,
	     int64_t *out)
{
	uint64_t value;

	if (text == NULL)
		return CLI_OK;
	if (str_parse_u64(str_of(text), SECONDS_MAX, &value) != 0)
		return cli_usage(job->cli,
				 "--%s is \"%s\", expected 0 to %d seconds",
				 name, text, SECONDS_MAX);
	*out = (int64_t)value;
	return CLI_OK;
}

static int
sweep_command(struct job *job)
{
	struct store *store;
	int status = read_seconds(job, "max-call-s", job->max_call_s,
				  &job->settings.max_call_s);

	if (status == CLI_OK)
		status = read_seconds(job, "grace-s", job->grace_s,
				      &job->settings.grace_s);
	if (status == CLI_OK)
		status = tool_open_store(job->cli, &job->store, 0, &store);
	if (status != CLI_OK)
		return status;
	job->calls = json_array();
	status = sweep_store(job, store);
	json_decref(job->calls);
	store_close(store);
	return status;
}

int
main(int argc, char **argv)
{
	struct job job = { .settings = { .max_call_s = SWEEP_MAX_CALL_S,
					 .grace_s = SWEEP_GRACE_S } };
	const struct cli_option options[] = {
		TOOL_VALUE("max-call-s", "N", job.max_call_s,
			   "longest call of accounts without their own; 43200"),
		TOOL_VALUE("grace-s", "N", job.grace_s,
			   "how much later than due a call is closed; 60"),
		TOOL_VALUE("account", "A", job.settings.account,
			   "only calls of this account"),
		TOOL_FLAG("dry-run", job.settings.dry_run,
			  "say what would be done, change nothing"),
		TOOL_FLAG("quiet", job.quiet, "only the sums"),
		TOOL_FLAG("json", job.json, "one JSON object"),
		TOOL_STORE_OPTIONS(job.store),
	};
	const struct cli cli = { "cdr-sweep", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, 0, &n_words);
	return status >= 0 ? status : sweep_command(&job);
}
