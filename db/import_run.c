/* import_run.c - an import from its beginning to its end */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/driver.h"
#include "db/import.h"

static void
report_rest(const struct import *import)
{
	const struct import_options *options = import->options;
	uint64_t max = options->max_errors > 0 ? (uint64_t)options->max_errors
					       : IMPORT_MAX_ERRORS;

	if (import->result->errors > max)
		fprintf(import->report, "%s: and %llu more\n", import->path,
			(unsigned long long)(import->result->errors - max));
}

static int
run(struct import *import)
{
	int err = import_read(import);

	if (err == 0 && import->result->errors == 0)
		err = import_check_keys(import);
	if (err == 0 && import->result->errors == 0)
		err = import_apply(import);
	if (err == 0 && import->result->errors > 0)
		err = ERR_SYNTAX;
	report_rest(import);
	return err;
}

static int
drop_stage(struct store *store)
{
	return store_exec(store, "DROP TABLE IF EXISTS import_stage;"
				 "DROP TABLE IF EXISTS import_before;"
				 "DROP TABLE IF EXISTS import_starts");
}

/* On PostgreSQL all is one transaction: behind a pooler the next one may meet
 * another process of the server, which has no such stage. */
static int
run_whole(struct import *import)
{
	struct store *store = import->store;
	int err = store_begin(store);

	import->is_whole = true;
	if (err == 0)
		err = run(import);
	if (err == 0 && !import->options->dry_run)
		err = drop_stage(store);
	if (err == 0 && !import->options->dry_run)
		return store_commit(store);
	store_rollback(store);
	return err;
}

static int
run_in_parts(struct import *import)
{
	int err = run(import);

	if (!store_is_lost(import->store))
		drop_stage(import->store);
	return err;
}

static int
check_options(const struct import *import)
{
	const struct import_options *options = import->options;
	const char *option = options->replace		   ? "replace"
			     : options->effective != NULL ? "effective"
							  : "tariff";

	if (strcmp(import->kind->name, "rates") == 0 ||
	    (!options->replace && options->tariff == NULL &&
	     options->effective == NULL))
		return 0;
	fprintf(import->report, "%s: option %s, expected with rates only\n",
		import->kind->name, option);
	return ERR_INVAL;
}

int
kind_import(const struct kind *kind, struct store *store, const char *path,
	    const struct import_options *options, FILE *report,
	    struct import_result *result)
{
	struct import import = { .kind = kind,
				 .store = store,
				 .options = options,
				 .file = path,
				 .path =
				     strcmp(path, "-") == 0 ? "stdin" : path,
				 .report = report,
				 .result = result };
	int64_t timeout_ms = store->timeout_ms;
	int err;

	memset(result, 0, sizeof(*result));
	err = check_options(&import);
	if (err != 0)
		return err;
	store_set_timeout(store, STORE_LONG_TIMEOUT_MS);
	err = store_dialect(store) == STORE_POSTGRESQL ? run_whole(&import)
						       : run_in_parts(&import);
	store_set_timeout(store, timeout_ms);
	return err;
}
