/* lcrdb.c - the store from the command line */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cli.h"
#include "base/err.h"
#include "db/kind.h"
#include "db/schema.h"
#include "db/store.h"
#include "db/store_url.h"

#define MAX_WORDS 3

struct job {
	const struct cli *cli;
	const char *words[MAX_WORDS];
	size_t n_words;
	const char *store_url, *config, *output;
	struct import_options import;
	bool json;
};

struct command {
	const char *name;
	size_t n_words; /* with its own */
	unsigned flags; /* enum store_flags */
	bool needs_schema;
	int (*run)(struct job *job, struct store *store);
};

static const char about[] =
    "Keeps the store: the tables that calls are routed, charged and recorded\n"
    "with, in a PostgreSQL database or an SQLite file.\n"
    "\n"
    "Commands:\n"
    "  init              make the tables, or bring them up to date\n"
    "  migrate           bring tables that are there up to date\n"
    "  import KIND FILE  take the rows of a CSV file (- = standard input)\n"
    "  export KIND       write all rows as CSV\n"
    "  check             look for mistakes across the tables\n"
    "\n"
    "KIND is one of tariffs, rates, carriers, gateways, accounts,\n"
    "credentials, trunks, holidays, exchange_rates, taxes, blocks, durations,\n"
    "shares, limits, emergencies, callers, gateway_credentials, users,\n"
    "portability, measured_durations. An\n"
    "import is all or nothing: every row is checked first, and rows that are\n"
    "there already are updated. Rates may use the usual names of carriers' decks (code, price,\n"
    "60/1 ...); where neither first_increment nor increment is given, calls\n"
    "are charged per second (1 and 1), where one is, it counts for both.";

static int
fail_store(const struct job *job, const struct store *store, const char *what)
{
	return cli_fail(job->cli, "%s: %s", what, store_error(store));
}

/* Takes over object. */
static int
print_json(const struct job *job, json_t *object)
{
	int failed =
	    object == NULL || json_dumpf(object, stdout, JSON_COMPACT) != 0;

	json_decref(object);
	if (failed || puts("") == EOF || fflush(stdout) != 0)
		return cli_fail(job->cli, "standard output: %s",
				strerror(errno));
	return CLI_OK;
}

/* init and migrate differ in what they accept to begin with. */
static int
bring_up(struct job *job, struct store *store, int from)
{
	if (schema_migrate(store) != 0)
		return fail_store(job, store, job->words[0]);
	if (job->json)
		return print_json(job, json_pack("{s:s,s:i,s:i}", "command",
						 job->words[0], "from", from,
						 "version", schema_latest));
	if (from == schema_latest)
		printf("The store is at schema version %d already.\n",
		       schema_latest);
	else if (from == 0)
		printf("The store was made with schema version %d.\n",
		       schema_latest);
	else
		printf("The store was brought from schema version %d to %d.\n",
		       from, schema_latest);
	return CLI_OK;
}

static int
run_init(struct job *job, struct store *store)
{
	int version;

	if (schema_version(store, &version) != 0)
		return fail_store(job, store, "init");
	return bring_up(job, store, version);
}

static int
run_migrate(struct job *job, struct store *store)
{
	int version;

	if (schema_version(store, &version) != 0)
		return fail_store(job, store, "migrate");
	if (version == 0)
		return cli_fail(job->cli, "migrate: the store has no tables, "
					  "expected some: run lcrdb init");
	return bring_up(job, store, version);
}

/* NULL after a message. */
static const struct kind *
find_kind(const struct job *job)
{
	const struct kind *kind = kind_find(job->words[1]);

	if (kind == NULL)
		cli_usage(
		    job->cli,
		    "%s: unknown kind, expected tariffs, rates, "
		    "carriers, gateways, accounts, credentials, trunks, "
		    "holidays, exchange_rates, taxes, blocks, durations, "
		    "shares, limits, emergencies, callers, "
		    "gateway_credentials, users, portability or "
		    "measured_durations",
		    job->words[1]);
	return kind;
}

static const char *
file_name(const struct job *job)
{
	return strcmp(job->words[2], "-") == 0 ? "stdin" : job->words[2];
}

static int
print_result(const struct job *job, const struct import_result *r)
{
	if (job->json)
		return print_json(
		    job,
		    json_pack("{s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
				  "s:I,s:s?}",
				  "kind", job->words[1], "file",
				  file_name(job), "dry_run",
				  job->import.dry_run, "rows",
				  (json_int_t)r->rows, "inserted",
				  (json_int_t)r->inserted, "updated",
				  (json_int_t)r->updated, "unchanged",
				  (json_int_t)r->unchanged, "deleted",
				  (json_int_t)r->deleted, "errors",
				  (json_int_t)r->errors, "increased",
				  (json_int_t)r->increased, "decreased",
				  (json_int_t)r->decreased, "ended",
				  (json_int_t)r->ended, "example",
				  r->example[0] != '\0' ? r->example : NULL));
	if (job->import.effective != NULL)
		printf("%s: from %s: %" PRIu64 " prices follow others, %" PRIu64
		       " increased, %" PRIu64 " decreased, %" PRIu64
		       " stay as they are, %" PRIu64 " end\n",
		       file_name(job), job->import.effective, r->followed,
		       r->increased, r->decreased, r->same, r->ended);
	printf("%s: %" PRIu64 " rows%s: %" PRIu64 " new, %" PRIu64
	       " changed, %" PRIu64 " unchanged, %" PRIu64 " deleted\n",
	       file_name(job), r->rows,
	       job->import.dry_run ? ", nothing was changed (dry run)" : "",
	       r->inserted, r->updated, r->unchanged, r->deleted);
	if (r->example[0] != '\0')
		printf("%s: for example, %s\n", file_name(job), r->example);
	return CLI_OK;
}

static int
end_import(struct job *job, struct store *store, int err,
	   const struct import_result *result)
{
	switch (err) {
	case 0:
		return print_result(job, result);
	case ERR_SYNTAX:
		if (job->json)
			print_result(job, result);
		return cli_fail(job->cli,
				"%s: %" PRIu64 " error%s, nothing was "
				"imported",
				file_name(job), result->errors,
				result->errors == 1 ? "" : "s");
	case ERR_INVAL:
		return CLI_USAGE;
	case ERR_IO:
		return CLI_FAILED;
	case ERR_NOMEM:
		return cli_fail(job->cli, "import: out of memory");
	default:
		return fail_store(job, store, "import");
	}
}

static void
show_progress(void *arg, uint64_t rows)
{
	cli_progress_at(arg, rows);
}

static int
run_import(struct job *job, struct store *store)
{
	const struct kind *kind = find_kind(job);
	struct cli_progress progress;
	struct import_result result;
	int err;

	if (kind == NULL)
		return CLI_USAGE;
	cli_progress_init(&progress, job->words[1], 0);
	job->import.progress = show_progress;
	job->import.progress_arg = &progress;
	err = kind_import(kind, store, job->words[2], &job->import, stderr,
			  &result);
	cli_progress_end(&progress);
	return end_import(job, store, err, &result);
}

static int
export_to(struct job *job, struct store *store, const struct kind *kind,
	  FILE *out)
{
	const char *name =
	    job->output != NULL ? job->output : "standard output";
	int err = kind_export(kind, store, out);

	if (err == ERR_IO)
		return cli_fail(job->cli, "%s: %s", name, strerror(errno));
	return err == 0 ? CLI_OK : fail_store(job, store, "export");
}

static int
run_export(struct job *job, struct store *store)
{
	const struct kind *kind = find_kind(job);
	FILE *out = stdout;
	int status;

	if (kind == NULL)
		return CLI_USAGE;
	if (job->json)
		return cli_usage(job->cli, "export: option --json, expected "
					   "none: an export is CSV");
	if (job->output != NULL)
		out = fopen(job->output, "we");
	if (out == NULL)
		return cli_fail(job->cli, "%s: %s", job->output,
				strerror(errno));
	status = export_to(job, store, kind, out);
	if (out != stdout && fclose(out) != 0 && status == CLI_OK)
		status =
		    cli_fail(job->cli, "%s: %s", job->output, strerror(errno));
	return status;
}

static int
run_check(struct job *job, struct store *store)
{
	int n_errors, n_warnings;
	int err = kind_check_all(store, job->json ? stderr : stdout, &n_errors,
				 &n_warnings);

	if (err == ERR_NOMEM)
		return cli_fail(job->cli, "check: out of memory");
	if (err != 0)
		return fail_store(job, store, "check");
	if (job->json)
		print_json(job, json_pack("{s:i,s:i}", "errors", n_errors,
					  "warnings", n_warnings));
	else
		printf("%d errors, %d warnings\n", n_errors, n_warnings);
	return n_errors == 0 ? CLI_OK : CLI_FAILED;
}

static const struct command commands[] = {
	{ "init", 1, STORE_CREATE, false, run_init },
	{ "migrate", 1, 0, false, run_migrate },
	{ "import", 3, 0, true, run_import },
	{ "export", 2, STORE_READ_ONLY, true, run_export },
	{ "check", 1, STORE_READ_ONLY, true, run_check },
};

static int
run_on_store(struct job *job, const struct command *command, const char *url)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int status;
	int err = store_open(url, command->flags, &store, error);

	if (err != 0)
		return cli_fail(job->cli, "%s%s", error,
				err == ERR_NOTFOUND ? ": run lcrdb init" : "");
	if (command->needs_schema && schema_check(store, error) != 0)
		status = cli_fail(job->cli, "%s", error);
	else
		status = command->run(job, store);
	store_close(store);
	return status;
}

static int
run(struct job *job, const struct command *command)
{
	char error[STORE_ERROR_MAX];
	char *url;
	int status;

	if (job->n_words != command->n_words)
		return cli_usage(job->cli, "%s: %zu words, expected %zu",
				 command->name, job->n_words, command->n_words);
	if (command->n_words > 1 && find_kind(job) == NULL)
		return CLI_USAGE;
	if (store_url_find(job->store_url, job->config, &url, error) != 0)
		return cli_fail(job->cli, "%s", error);
	status = run_on_store(job, command, url);
	mem_free(url);
	return status;
}

static int
dispatch(struct job *job)
{
	if (job->n_words == 0)
		return cli_usage(job->cli, "no command, expected init, "
					   "migrate, import, export or check");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, job->words[0]) == 0)
			return run(job, &commands[i]);
	}
	return cli_usage(job->cli,
			 "%s: unknown command, expected init, "
			 "migrate, import, export or check",
			 job->words[0]);
}

int
main(int argc, char **argv)
{
	struct job job = { .json = false };
	const struct cli_option options[] = {
		{ "store", 's', "URL",
		  "sqlite:PATH or postgresql:...; else "
		  "the\nenvironment's LCR_STORE, else store of\n"
		  "--config, else " STORE_URL_DEFAULT,
		  &job.store_url, NULL },
		{ "config", 'c', "FILE",
		  "the daemon's configuration, for its "
		  "store",
		  &job.config, NULL },
		{ "tariff", 't', "TARIFF",
		  "import rates: of files without "
		  "that column",
		  &job.import.tariff, NULL },
		{ "replace", 0, NULL,
		  "import rates: delete rows of the file's"
		  "\ntariffs that it does not have",
		  NULL, &job.import.replace },
		{ "effective", 'e', "TIME",
		  "import rates: when they begin; prices\nbefore them end then",
		  &job.import.effective, NULL },
		{ "dry-run", 'n', NULL,
		  "import: check and count, change "
		  "nothing",
		  NULL, &job.import.dry_run },
		{ "output", 'o', "FILE", "export: write there", &job.output,
		  NULL },
		{ "json", 'j', NULL, "results as JSON", NULL, &job.json },
	};
	const struct cli cli = {
		.program = "lcrdb",
		.synopsis = "[OPTION]... COMMAND [ARGUMENT]...",
		.about = about,
		.options = options,
		.n_options = sizeof(options) / sizeof(options[0]),
	};
	int status =
	    cli_parse(&cli, argc, argv, job.words, MAX_WORDS, &job.n_words);

	job.cli = &cli;
	return status >= 0 ? status : dispatch(&job);
}
