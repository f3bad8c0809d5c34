/* cdr-reconcile.c - our records against a carrier's */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cdr-tools/outfile.h"
#include "cdr-tools/parties.h"
#include "cdr-tools/period.h"
#include "cdr-tools/recon_out.h"
#include "cdr-tools/seconds.h"
#include "cdr-tools/tool.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXIT_DIFFERENT 3
#define HOUR_US (INT64_C(3600) * US_PER_S)

static const char synopsis[] =
    "--carrier C FILE [--period PERIOD | --from T --until T] [--out DIR] ...";

static const char about[] =
    "Compares the calls a carrier took with the calls in its FILE (CSV with a\n"
    "header; - is standard input): by number, time and duration, or by "
    "Call-ID.\n"
    "What is wrong with all calls alike is told first: shifted times, longer\n"
    "durations, other increments, an old price list. With --out, DIR gets\n"
    "differing.csv and dispute.csv.\n"
    "\n"
    "Columns are known by their usual names, by --preset, by --columns,\n"
    "FIELD=NAME with commas between, or by --mapping FILE: called, caller, time, duration, billed,\n"
    "amount, rate, call_id. Exit status 3: there are differences.";

/* Values as given, NULL when not. */
struct job {
	const struct cli *cli;
	struct tool_store store;
	struct tool_span span;
	const char *carrier, *file, *period, *preset, *columns, *mapping, *zone, *dates;
	const char *decimal, *tolerance, *duration_tolerance, *amount_tolerance;
	const char *out;
	bool json;
	/* of these */
	struct recon_format format;
	struct recon_options options;
	struct zone *zone_of;
	char names[2048]; /* of columns */
};

#define FIELDS                                                         \
	"called, caller, time, duration, billed, amount, rate or call_id, " \
	"and =NAME"

static int
refuse_column(const struct job *job, size_t line, struct str text)
{
	if (job->mapping == NULL)
		return cli_usage(job->cli,
				 "--columns has \"%.*s\", expected " FIELDS,
				 STR_ARG(text));
	return cli_fail(job->cli, "%s:%zu: \"%.*s\", expected " FIELDS,
			job->mapping, line, STR_ARG(text));
}

/* "called=Number" and so on, over what the preset says. */
static int
take_columns(struct job *job, char separator)
{
	struct str rest = str_of(job->names);

	if (str_starts(rest, "\xef\xbb\xbf"))
		rest = str_make(rest.p + 3, rest.len - 3);
	for (size_t line = 1; rest.p != NULL; line++) {
		struct str name = str_trim(str_cut(&rest, separator));
		struct str text = name, field = str_trim(str_cut(&name, '='));
		enum recon_field at;

		if (text.len == 0 || text.p[0] == '#')
			continue;
		if (name.p == NULL || str_trim(name).len == 0 ||
		    recon_field_parse(field, &at) != 0)
			return refuse_column(job, line, text);
		name = str_trim(name);
		((char *)(size_t)name.p)[name.len] = '\0'; /* in job->names */
		job->format.columns[at] = name.p;
	}
	return 0;
}

/* A line for each column. */
static int
read_mapping(struct job *job)
{
	FILE *file = fopen(job->mapping, "re");
	size_t n = 0;

	if (file != NULL) {
		n = fread(job->names, 1, sizeof(job->names) - 1, file);
		job->names[n] = '\0';
	}
	if (file == NULL || ferror(file) || n == sizeof(job->names) - 1) {
		int saved = n == sizeof(job->names) - 1 ? EFBIG : errno;

		if (file != NULL)
			fclose(file);
		return cli_fail(job->cli, "%s: cannot be read: %s",
				job->mapping, strerror(saved));
	}
	fclose(file);
	return take_columns(job, '\n');
}

static int
parse_columns(struct job *job)
{
	if (job->columns != NULL && job->mapping != NULL)
		return cli_usage(job->cli, "--columns and --mapping are given, "
					   "expected one of them");
	if (job->mapping != NULL)
		return read_mapping(job);
	if (job->columns == NULL)
		return 0;
	if (str_copy(str_of(job->columns), job->names, sizeof(job->names)) != 0)
		return cli_usage(job->cli, "--columns is too long, expected at "
					   "most 2000 octets");
	return take_columns(job, ',');
}

static int
parse_format(struct job *job)
{
	if (job->preset != NULL) {
		const struct recon_format *preset =
		    recon_preset(str_of(job->preset));

		if (preset == NULL)
			return cli_usage(job->cli,
					 "--preset is \"%s\", expected %s",
					 job->preset, recon_preset_names);
		job->format = *preset;
	}
	if (zone_new(job->zone, &job->zone_of) != 0)
		return cli_usage(job->cli,
				 "--zone is \"%s\", expected an IANA name that "
				 "this system knows",
				 job->zone);
	job->format.zone = job->zone_of;
	if (job->dates != NULL) {
		bool mdy = strcmp(job->dates, "mdy") == 0;

		if (!mdy && strcmp(job->dates, "dmy") != 0)
			return cli_usage(job->cli,
					 "--dates is \"%s\", expected dmy or "
					 "mdy",
					 job->dates);
		job->format.dates = mdy ? RECON_MDY : RECON_DMY;
	}
	if (job->decimal != NULL) {
		if (strcmp(job->decimal, ".") != 0 &&
		    strcmp(job->decimal, ",") != 0)
			return cli_usage(job->cli,
					 "--decimal is \"%s\", expected . or ,",
					 job->decimal);
		job->format.decimal = job->decimal[0];
	}
	return parse_columns(job);
}

static int
parse_tolerances(struct job *job)
{
	struct recon_options *options = &job->options;

	if (seconds_parse(str_of(job->tolerance), &options->tolerance_us) != 0 ||
	    options->tolerance_us > HOUR_US)
		return cli_usage(job->cli,
				 "--tolerance is \"%s\", expected seconds up "
				 "to 3600",
				 job->tolerance);
	if (seconds_parse(str_of(job->duration_tolerance),
			  &options->duration_tolerance_us) != 0)
		return cli_usage(job->cli,
				 "--duration-tolerance is \"%s\", expected "
				 "seconds",
				 job->duration_tolerance);
	if (money_parse(str_of(job->amount_tolerance),
			&options->amount_tolerance) != 0 ||
	    options->amount_tolerance < 0)
		return cli_usage(job->cli,
				 "--amount-tolerance is \"%s\", expected an "
				 "amount, 0 or more",
				 job->amount_tolerance);
	return 0;
}

static int
parse_span(struct job *job)
{
	struct period period;
	int status = tool_span_parse(job->cli, &job->span);

	job->options.from = job->span.from_us;
	job->options.until = job->span.until_us;
	if (status != 0 || job->period == NULL)
		return status;
	if (period_parse(str_of(job->period), &period) != 0)
		return cli_usage(job->cli,
				 "--period is \"%s\", expected a month such as "
				 "2026-10, or 2026-10-01/2026-10-15",
				 job->period);
	period_span(&period, job->zone_of, &job->options.from,
		    &job->options.until);
	return 0;
}

static int
parse(struct job *job)
{
	int status;

	if (job->carrier == NULL || job->file == NULL)
		return cli_usage(job->cli,
				 "expected --carrier and the carrier's file");
	status = parse_format(job);
	if (status == 0)
		status = parse_tolerances(job);
	return status == 0 ? parse_span(job) : status;
}

/* Without a period: from the first to the last of their calls. */
static void
bound(struct job *job, const struct recon *recon)
{
	struct recon_options *options = &job->options;
	bool given = job->period != NULL || job->span.from != NULL ||
		     job->span.until != NULL;

	if (given || recon->theirs.n == 0)
		return;
	options->from = options->until = recon->theirs.calls[0].time;
	for (size_t i = 1; i < recon->theirs.n; i++) {
		time_us t = recon->theirs.calls[i].time;

		if (t < options->from)
			options->from = t;
		if (t >= options->until)
			options->until = t + 1;
	}
}

static int
write_file(const struct job *job, const struct recon *recon, const char *name,
	   void (*write)(const struct recon *recon, FILE *out))
{
	struct outfile out;
	int err = outfile_open(&out, job->out, name);

	if (err == 0) {
		write(recon, out.file);
		err = outfile_commit(&out);
	}
	return err == 0 ? CLI_OK
			: cli_fail(job->cli, "%s/%s: %s", job->out, name,
				   err == ERR_IO ? strerror(errno)
						 : err_text(err));
}

static int
write_files(const struct job *job, const struct recon *recon)
{
	int status;

	if (job->out == NULL)
		return CLI_OK;
	if (mkdir(job->out, 0750) != 0 && errno != EEXIST)
		return cli_fail(job->cli, "%s: cannot be made: %s", job->out,
				strerror(errno));
	status = write_file(job, recon, "differing.csv", recon_differing_csv);
	if (status == CLI_OK)
		status =
		    write_file(job, recon, "dispute.csv", recon_dispute_csv);
	return status;
}

static int
report(const struct job *job, const struct recon *recon)
{
	int status = write_files(job, recon);

	if (status != CLI_OK)
		return status;
	if (job->json) {
		json_t *object = recon_json(recon, job->carrier);
		int failed = object == NULL ||
			     json_dumpf(object, stdout, JSON_COMPACT) != 0;

		json_decref(object);
		putchar('\n');
		if (failed && !ferror(stdout))
			return cli_fail(job->cli, "standard output: out of "
						  "memory");
	} else {
		recon_print(recon, job->carrier, stdout);
	}
	status = tool_flush(job->cli);
	if (status != CLI_OK)
		return status;
	return recon_agrees(recon) ? CLI_OK : EXIT_DIFFERENT;
}

static int
compare(struct job *job, struct store *store, struct recon *recon)
{
	/* what lies at the edges may have its pair outside, and clocks of other
	 * zones */
	time_us from = job->options.from - 26 * HOUR_US;
	time_us until = job->options.until + 26 * HOUR_US;
	int err;

	if (from < TOOL_TIME_MIN)
		from = TOOL_TIME_MIN;
	if (until > TOOL_TIME_MAX)
		until = TOOL_TIME_MAX;
	err = recon_read_store(recon, store, job->carrier, from, until);
	if (err == 0)
		err = recon_run(recon, &job->options);
	if (err != 0)
		return cli_fail(job->cli, "call records: %s",
				err == ERR_DB || err == ERR_CONFLICT
				    ? store_error(store)
				    : err_text(err));
	return report(job, recon);
}

/* With the carrier's prices. */
static int
compare_with_prices(struct job *job, struct store *store, struct recon *recon)
{
	struct pricebook *book = NULL;
	struct parties parties;
	const struct party *carrier;
	char error[STORE_ERROR_MAX];
	int status;

	memset(&parties, 0, sizeof(parties));
	snprintf(error, sizeof(error), "the store cannot be read");
	if (store_begin(store) != 0 ||
	    pricebook_load(store, &book, error) != 0 ||
	    parties_load(&parties, store, book, error) != 0) {
		status = cli_fail(job->cli, "%s", error);
	} else {
		carrier = party_find(&parties.carriers, str_of(job->carrier));
		if (carrier != NULL && carrier->tariff != PRICEBOOK_NO_TARIFF) {
			job->options.book = book;
			job->options.tariff = carrier->tariff;
		}
		status = carrier == NULL
			     ? cli_fail(job->cli,
					"carrier %s: no such carrier, expected "
					"one of the table",
					job->carrier)
			     : compare(job, store, recon);
	}
	store_rollback(store);
	parties_fini(&parties);
	pricebook_free(book);
	return status;
}

static int
run(struct job *job)
{
	struct csv_error error;
	struct recon recon;
	struct store *store;
	int status = tool_open_store(job->cli, &job->store, STORE_READ_ONLY,
				     &store);

	if (status != 0)
		return status;
	recon_init(&recon);
	if (recon_read_file(&recon, job->file, &job->format, stderr, &error) !=
	    0) {
		status = cli_fail(job->cli, "%s", error.text);
	} else {
		bound(job, &recon);
		status = compare_with_prices(job, store, &recon);
	}
	recon_fini(&recon);
	store_close(store);
	return status;
}

int
main(int argc, char **argv)
{
	struct job job = { .zone = "UTC",
			   .tolerance = "5",
			   .duration_tolerance = "2",
			   .amount_tolerance = "0" };
	const struct cli_option options[] = {
		TOOL_VALUE("carrier", "C", job.carrier, "whose file it is"),
		TOOL_VALUE("period", "PERIOD", job.period,
			   "a month, or two dates FROM/UNTIL, in --zone; else\n"
			   "from the first to the last call of the file"),
		TOOL_VALUE("from", "TIME", job.span.from,
			   "answered at or after (RFC 3339 or a date)"),
		TOOL_VALUE("until", "TIME", job.span.until, "answered before"),
		TOOL_LETTER("out", 'o', "DIR", job.out,
			    "write differing.csv and dispute.csv there"),
		TOOL_VALUE("preset", "NAME", job.preset,
			   "didww, sinch, freeswitch, asterisk"),
		TOOL_VALUE("columns", "LIST", job.columns,
			   "FIELD=NAME, with commas between"),
		TOOL_VALUE("mapping", "FILE", job.mapping,
			   "the same from a file, FIELD=NAME a line"),
		TOOL_VALUE("zone", "IANA", job.zone,
			   "of the file's times that name none; UTC"),
		TOOL_VALUE("dates", "ORDER", job.dates,
			   "dmy or mdy, of dates such as 03/04/2026; dmy"),
		TOOL_VALUE("decimal", "C", job.decimal,
			   "what decimals of amounts begin with, . or ,"),
		TOOL_VALUE("tolerance", "SECONDS", job.tolerance,
			   "of times; 5"),
		TOOL_VALUE("duration-tolerance", "SECONDS",
			   job.duration_tolerance, "of durations; 2"),
		TOOL_VALUE("amount-tolerance", "AMOUNT", job.amount_tolerance,
			   "of an amount; 0"),
		TOOL_FLAG("json", job.json, "JSON instead of text"),
		TOOL_STORE_OPTIONS(job.store),
	};
	const struct cli cli = { "cdr-reconcile", synopsis, about, options,
				 COUNT(options) };
	const char *words[1] = { NULL };
	size_t n_words;
	int status;

	tool_init();
	job.cli = &cli;
	status = cli_parse(&cli, argc, argv, words, COUNT(words), &n_words);
	if (status < 0) {
		job.file = words[0];
		status = parse(&job);
		if (status == 0)
			status = run(&job);
	}
	zone_free(job.zone_of);
	return status;
}
