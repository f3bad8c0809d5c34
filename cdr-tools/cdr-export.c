/* cdr-export.c - call records as CSV or JSON lines */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/gzip.h"
#include "cdr-tools/export.h"
#include "cdr-tools/export_files.h"
#include "cdr-tools/journal_store.h"
#include "cdr-tools/tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char synopsis[] =
    "[--format csv|json] [--from TIME] [--until TIME] [--account A]\n"
    "[--columns LIST] [--attempts | --open] [--journal DIR | --store URL]\n"
    "[--zone IANA] [--output FILE [--rotate HOW]] [--gzip]";

static const char about[] =
    "Writes call records, or with --attempts every INVITE that was sent out, "
    "as\n"
    "CSV or JSON lines in the order of the calls' beginnings. With --journal\n"
    "they are read from the journals of a node, without any store.";

/* Values as given, NULL when not. */
struct job {
	const struct cli *cli;
	struct tool_store store;
	struct tool_span span;
	const char *format, *account, *journal, *output;
	const char *carrier, *gateway, *status, *columns;
	const char *zone, *rotate;
	bool attempts, open, json;
	struct export_files files; /* what --rotate and --gzip say */
};

/* What went wrong, in the words of the command line. */
static int
fail_export(const struct job *job, struct store *store, int err)
{
	bool is_stdout = job->output == NULL || strcmp(job->output, "-") == 0;

	switch (err) {
	case 0:
		return CLI_OK;
	case ERR_IO:
		return cli_fail(job->cli, "%s: cannot be written: %s",
				is_stdout ? "standard output" : job->output,
				strerror(errno));
	case ERR_INVAL:
		return cli_usage(job->cli,
				 "--columns is \"%s\", expected names of the "
				 "header line with commas between",
				 job->columns);
	case ERR_CORRUPT:
		return cli_fail(job->cli, "call records: some could not be read "
					  "whole, see above; all others are "
					  "there");
	case ERR_DB:
	case ERR_CONFLICT:
		return cli_fail(job->cli, "call records: %s",
				store_error(store));
	default:
		return cli_fail(job->cli, "call records: %s", err_text(err));
	}
}

/* Into out, or with files into those. */
static int
export_to(const struct job *job, struct store *store, FILE *out,
	  struct export_files *files)
{
	struct cli_progress progress;
	const struct export_options options = {
		.attempts = job->attempts,
		.open = job->open,
		.json = job->json,
		.from = job->span.from_us,
		.until = job->span.until_us,
		.account = job->account,
		.carrier = job->carrier,
		.gateway = job->gateway,
		.status = job->status,
		.columns = job->columns,
		.zone = job->span.zone,
		.progress = &progress,
		.next_file = files != NULL ? export_files_next : NULL,
		.arg = files,
	};
	uint64_t n;
	int err;

	cli_progress_init(&progress, "records", 0);
	err = export_records(store, &options, out, &n);
	cli_progress_end(&progress);
	return err;
}

static int
export_rotated(const struct job *job, struct store *store)
{
	struct export_files files = job->files;
	int err = export_to(job, store, NULL, &files);
	int end_err = export_files_end(&files, err == ERR_CORRUPT ? 0 : err);

	return fail_export(job, store, end_err != 0 ? end_err : err);
}

/* One stream, compressed on its way to out. */
static int
export_packed(const struct job *job, struct store *store, FILE *out)
{
	FILE *packed;
	int err = gzip_open(fileno(out), &packed);

	if (err != 0)
		return fail_export(job, store, err);
	err = export_to(job, store, packed, NULL);
	if (fclose(packed) != 0 && err == 0)
		err = ERR_IO;
	return fail_export(job, store, err);
}

static int
export_store(const struct job *job, struct store *store)
{
	FILE *out = stdout;
	int status;

	if (job->files.rotation != EXPORT_ONE)
		return export_rotated(job, store);
	if (job->output != NULL && strcmp(job->output, "-") != 0)
		out = fopen(job->output, "we");
	if (out == NULL)
		return cli_fail(job->cli, "%s: cannot be opened: %s",
				job->output, strerror(errno));
	if (job->files.compress)
		status = export_packed(job, store, out);
	else
		status = fail_export(job, store,
				     export_to(job, store, out, NULL));
	if (out != stdout && fclose(out) != 0 && status == CLI_OK)
		status = fail_export(job, store, ERR_IO);
	return status;
}

/* What of the journals is not among the records. */
static int
warn(const struct job *job, const struct journal_count *count)
{
	if (count->bad_events == 0 && count->corrupt_bytes == 0)
		return CLI_OK;
	return cli_fail(job->cli,
			"%s: %" PRIu64 " events could not be read and %" PRIu64
			" damaged bytes were skipped",
			job->journal, count->bad_events, count->corrupt_bytes);
}

static int
export_journal(const struct job *job)
{
	struct cli_progress progress;
	struct journal_count count;
	struct store *store;
	char error[STORE_ERROR_MAX];
	int err, status;

	cli_progress_init(&progress, "events", 0);
	err =
	    journal_store_open(job->journal, &progress, &store, &count, error);
	cli_progress_end(&progress);
	if (err != 0)
		return cli_fail(job->cli, "%s", error);
	status = export_store(job, store);
	store_close(store);
	return status == CLI_OK ? warn(job, &count) : status;
}

/* --format, or --json. */
static int
check_format(struct job *job)
{
	const char *format = job->format;

	if (format == NULL)
		return CLI_OK;
	if (strcmp(format, "csv") != 0 && strcmp(format, "json") != 0)
		return cli_usage(job->cli,
				 "--format is \"%s\", expected csv or json",
				 format);
	if (job->json && strcmp(format, "csv") == 0)
		return cli_usage(job->cli, "--format is csv and --json is "
					   "given, expected one of them");
	job->json = strcmp(format, "json") == 0;
	return CLI_OK;
}

/* --rotate and --output. */
static int
check_files(struct job *job)
{
	struct export_files *files = &job->files;

	files->path = job->output;
	files->zone = job->span.zone;
	if (job->rotate == NULL)
		return CLI_OK;
	if (export_rotation_parse(str_of(job->rotate), files) != 0)
		return cli_usage(job->cli,
				 "--rotate is \"%s\", expected hour, day, "
				 "month or a number of records",
				 job->rotate);
	if (job->output == NULL || strcmp(job->output, "-") == 0)
		return cli_usage(job->cli, "--rotate needs --output FILE");
	return CLI_OK;
}

/* What cannot go together. */
static int
check(struct job *job)
{
	int status = check_format(job);

	if (status == CLI_OK && job->attempts && job->status != NULL)
		status = cli_usage(job->cli, "--status and --attempts are "
					     "given, expected one of them");
	if (status == CLI_OK && job->attempts && job->open)
		status = cli_usage(job->cli, "--attempts and --open are given, "
					     "expected one of them");
	if (status == CLI_OK)
		status = tool_span_parse(job->cli, &job->span);
	if (status == CLI_OK)
		status = check_files(job);
	if (status == CLI_OK && job->journal != NULL && job->store.url != NULL)
		status = cli_usage(job->cli, "--journal and --store are given, "
					     "expected one of them");
	return status;
}

static int
export_in_zone(struct job *job)
{
	struct store *store;
	int status = check(job);

	if (status != CLI_OK)
		return status;
	if (job->journal != NULL)
		return export_journal(job);
	status =
	    tool_open_store(job->cli, &job->store, STORE_READ_ONLY, &store);
	if (status != CLI_OK)
		return status;
	status = export_store(job, store);
	store_close(store);
	return status;
}

static int
export_command(struct job *job)
{
	struct zone *zone = NULL;
	int status;

	if (job->zone != NULL && zone_new(job->zone, &zone) != 0)
		return cli_usage(job->cli,
				 "--zone is \"%s\", expected an IANA name that "
				 "this system knows",
				 job->zone);
	job->span.zone = zone;
	status = export_in_zone(job);
	zone_free(zone);
	return status;
}

int
main(int argc, char **argv)
{
	struct job job = { .json = false };
	const struct cli_option options[] = {
		TOOL_LETTER("format", 'f', "FORMAT", job.format,
			    "csv or json; csv"),
		TOOL_FLAG("json", job.json, "the same as --format json"),
		TOOL_VALUE("from", "TIME", job.span.from,
			   "only calls begun at or after (RFC 3339 or a date)"),
		TOOL_VALUE("until", "TIME", job.span.until,
			   "only calls begun before"),
		TOOL_VALUE("account", "A", job.account,
			   "only calls of this account"),
		TOOL_VALUE("carrier", "C", job.carrier, "only this carrier"),
		TOOL_VALUE("gateway", "G", job.gateway, "only this gateway"),
		TOOL_VALUE("status", "S", job.status,
			   "only calls with it: open, answered, failed, ..."),
		TOOL_VALUE("columns", "LIST", job.columns,
			   "only these columns, in this order"),
		TOOL_FLAG("attempts", job.attempts,
			  "every INVITE that was sent out, not the calls"),
		TOOL_FLAG("open", job.open, "only calls that have no end yet"),
		TOOL_VALUE("journal", "DIR", job.journal,
			   "read the journals in DIR, no store needed"),
		TOOL_LETTER("output", 'o', "FILE", job.output,
			    "not to standard output"),
		TOOL_VALUE("zone", "IANA", job.zone,
			   "of times, dates and --rotate; UTC"),
		TOOL_VALUE("rotate", "HOW", job.rotate,
			   "a file for each hour, day or month of calls, or\n"
			   "for so many records: FILE-PART.csv"),
		TOOL_FLAG("gzip", job.files.compress, "compress"),
		TOOL_STORE_OPTIONS(job.store),
	};
	const struct cli cli = { "cdr-export", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, 0, &n_words);
	return status >= 0 ? status : export_command(&job);
}
