/* journal_store.c - journals as a store in memory */
#include "cdr-tools/journal_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "acct/shipper.h"
#include "base/alloc.h"
#include "base/err.h"
#include "db/schema.h"

/* Shipped segments of this age are removed by whoever ships for good: never
 * here. */
#define RETAIN_S (INT64_C(100) * 366 * 86400)

/* An empty or missing directory is more likely a mistake than no calls. */
static int
check_directory(const char *directory, char error[STORE_ERROR_MAX])
{
	struct journal_source *sources;
	size_t n;
	int err = journal_list(directory, &sources, &n);

	if (err != 0) {
		snprintf(error, STORE_ERROR_MAX, "%.300s: %s", directory,
			 err == ERR_IO ? strerror(errno) : err_text(err));
		return err;
	}
	mem_free(sources);
	if (n > 0)
		return 0;
	snprintf(error, STORE_ERROR_MAX,
		 "%.300s: no journals there, expected files "
		 "NODE.WORKER.NUMBER.journal",
		 directory);
	return ERR_NOTFOUND;
}

static int
ship_all(struct shipper *shipper, struct store *store,
	 struct cli_progress *progress)
{
	uint64_t done = 0;
	size_t n;

	do {
		int err = shipper_run(shipper, store, &n);

		if (err != 0)
			return err;
		done += n;
		if (progress != NULL)
			cli_progress_at(progress, done);
	} while (n > 0);
	return 0;
}

static int
fill(const char *directory, struct store *store, struct cli_progress *progress,
     struct journal_count *count)
{
	const struct shipper_settings settings = {
		.directory = directory,
		.retain_s = RETAIN_S,
		.reads_fronts = true,
	};
	const struct shipper_counters *counters;
	struct shipper *shipper;
	int err = schema_migrate(store);

	if (err == 0)
		err = shipper_new(&settings, NULL, &shipper);
	if (err != 0)
		return err;
	err = ship_all(shipper, store, progress);
	counters = shipper_counters(shipper);
	count->events = counters->events;
	count->bad_events = counters->bad_events;
	count->corrupt_bytes = counters->corrupt_bytes;
	shipper_free(shipper);
	return err;
}

int
journal_store_open(const char *directory, struct cli_progress *progress,
		   struct store **out, struct journal_count *count,
		   char error[STORE_ERROR_MAX])
{
	struct store *store;
	int err = check_directory(directory, error);

	*out = NULL;
	memset(count, 0, sizeof(*count));
	if (err == 0)
		err =
		    store_open("sqlite::memory:", STORE_CREATE, &store, error);
	if (err != 0)
		return err;
	err = fill(directory, store, progress, count);
	if (err == 0) {
		*out = store;
		return 0;
	}
	snprintf(error, STORE_ERROR_MAX, "%.300s: %s", directory,
		 err == ERR_DB || err == ERR_CONFLICT ? store_error(store)
						      : err_text(err));
	store_close(store);
	return err;
}
