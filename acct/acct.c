/* acct.c - journals, the thread that syncs them, and what is known of them */
#include "acct/acct.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "acct/clock_mark.h"
#include "acct/courier.h"
#include "acct/stopper.h"
#include "acct/token.h"
#include "base/alloc.h"
#include "base/err.h"

#define SHOUT_INTERVAL_MS 5000
#define LOOK_INTERVAL_MS 1000

struct acct {
	struct acct_settings settings; /* texts are copies */
	struct log *log;
	struct journal **journals; /* n_workers */
	struct courier *courier;
	_Atomic bool sync_fails;
	struct clock clock;
	int64_t shout_at_ms; /* not before */
	struct clock_mark mark;
	int64_t look_at_ms; /* at the clocks, not before */

	pthread_t syncer;
	bool has_syncer;
	struct stopper stopper;
};

static uint64_t
bytes_written(const void *arg)
{
	const struct acct *acct = arg;
	uint64_t sum = 0;

	for (int i = 0; i < acct->settings.n_workers; i++)
		sum += journal_bytes(acct->journals[i]);
	return sum;
}

static uint64_t
bytes_unwritten(const struct acct *acct)
{
	uint64_t sum = 0;

	for (int i = 0; i < acct->settings.n_workers; i++)
		sum += journal_unwritten(acct->journals[i]);
	return sum;
}

static uint64_t
bytes_deferred(const struct acct *acct)
{
	uint64_t sum = 0;

	for (int i = 0; i < acct->settings.n_workers; i++)
		sum += journal_deferred(acct->journals[i]);
	return sum;
}

/* --- syncing --- */

/* Every few seconds while calls are not safe, so that nobody can miss it. */
static void
shout(struct acct *acct)
{
	int64_t now_ms = clock_mono_ms(&acct->clock);
	bool is_full = acct_is_full(acct);

	if (!is_full || now_ms < acct->shout_at_ms)
		return;
	acct->shout_at_ms = now_ms + SHOUT_INTERVAL_MS;
	log_error(acct->log,
		  "journal in %s: full or not writable, %llu bytes of events "
		  "are in memory only; new calls are %s",
		  acct->settings.directory,
		  (unsigned long long)bytes_unwritten(acct),
		  acct->settings.carries_on
		      ? "carried on, and lost to billing in a crash"
		      : "refused");
}

static void
sync_all(struct acct *acct)
{
	int failed = 0;
	bool was_failing;

	for (int i = 0; i < acct->settings.n_workers; i++) {
		if (journal_sync(acct->journals[i]) != 0)
			failed = errno;
	}
	was_failing = atomic_exchange(&acct->sync_fails, failed != 0);
	if (failed != 0 && !was_failing)
		log_error(acct->log,
			  "journal in %s: cannot be synced: %s",
			  acct->settings.directory, strerror(failed));
	if (failed == 0 && was_failing)
		log_info(acct->log, "journal in %s: can be synced again",
			 acct->settings.directory);
}

static void
look_at_clocks(struct acct *acct)
{
	int64_t now_ms = clock_mono_ms(&acct->clock);
	struct clock_reading now;

	if (now_ms < acct->look_at_ms)
		return;
	acct->look_at_ms = now_ms + LOOK_INTERVAL_MS;
	clock_reading_take(&now);
	clock_mark_look(&acct->mark, &now, acct->log);
}

static void *
run_syncer(void *arg)
{
	struct acct *acct = arg;

	bool syncs = acct->settings.sync != ACCT_SYNC_NONE;
	int64_t pause =
	    syncs ? acct->settings.sync_interval_ms : SHOUT_INTERVAL_MS;

	while (stopper_nap(&acct->stopper, pause)) {
		if (syncs)
			sync_all(acct);
		shout(acct);
		look_at_clocks(acct);
	}
	return NULL;
}

static int
start_syncer(struct acct *acct)
{
	int err;

	clock_init_system(&acct->clock);
	acct->shout_at_ms = clock_mono_ms(&acct->clock);
	acct->look_at_ms = acct->shout_at_ms + LOOK_INTERVAL_MS;
	err = pthread_create(&acct->syncer, NULL, run_syncer, acct);
	if (err != 0) {
		errno = err;
		return ERR_IO;
	}
	acct->has_syncer = true;
	return 0;
}

static void
stop_syncer(struct acct *acct)
{
	if (!acct->has_syncer)
		return;
	stopper_stop(&acct->stopper);
	pthread_join(acct->syncer, NULL);
	acct->has_syncer = false;
}

/* --- start and stop --- */

static int
copy_settings(struct acct *acct, const struct acct_settings *settings)
{
	acct->settings = *settings;
	acct->settings.node = mem_strdup(settings->node);
	acct->settings.directory = mem_strdup(settings->directory);
	acct->settings.store_url = mem_strdup(settings->store_url);
	if (acct->settings.node == NULL || acct->settings.directory == NULL ||
	    acct->settings.store_url == NULL)
		return ERR_NOMEM;
	return 0;
}

static void
free_settings(struct acct_settings *settings)
{
	mem_free((void *)(uintptr_t)settings->node);
	mem_free((void *)(uintptr_t)settings->directory);
	mem_free((void *)(uintptr_t)settings->store_url);
}

static int
open_journals(struct acct *acct)
{
	size_t n = (size_t)acct->settings.n_workers;
	int err = 0;

	acct->journals = mem_zalloc(n, sizeof(acct->journals[0]));
	if (acct->journals == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n && err == 0; i++) {
		const struct journal_settings settings = {
			.directory = acct->settings.directory,
			.node = acct->settings.node,
			.worker = (int)i,
			.reserve_bytes = acct->settings.reserve_bytes,
			.is_synced = acct->settings.sync != ACCT_SYNC_NONE,
			.has_front = acct->settings.sync != ACCT_SYNC_ANSWER,
		};

		err = journal_open(&settings, acct->log, &acct->journals[i]);
	}
	return err;
}

static int
make_directory(const char *path)
{
	return mkdir(path, 0750) == 0 || errno == EEXIST ? 0 : ERR_IO;
}

/* Whatever of it there is; errno stays. */
static void
release(struct acct *acct)
{
	int saved = errno;

	stop_syncer(acct);
	for (int i = 0; acct->journals != NULL && i < acct->settings.n_workers;
	     i++)
		journal_close(acct->journals[i]);
	mem_free(acct->journals);
	courier_free(acct->courier);
	clock_mark_close(&acct->mark);
	free_settings(&acct->settings);
	stopper_fini(&acct->stopper);
	mem_free(acct);
	errno = saved;
}

static int
open_mark(struct acct *acct)
{
	struct clock_reading now;

	clock_reading_take(&now);
	return clock_mark_open(&acct->mark, acct->settings.directory,
			       acct->settings.node, &now, acct->log);
}

/* The courier counts what lies there before the journals begin new segments. */
static int
start_all(struct acct *acct, const struct acct_settings *settings)
{
	int err = copy_settings(acct, settings);

	if (err == 0)
		err = make_directory(acct->settings.directory);
	if (err == 0)
		err = open_mark(acct);
	if (err == 0)
		err = courier_new(&acct->settings, &acct->mark, acct->log,
				  &acct->courier);
	if (err == 0)
		err = open_journals(acct);
	if (err != 0)
		return err;
	journal_release_others(acct->settings.directory, acct->settings.node,
			       acct->settings.n_workers, acct->log);
	err = start_syncer(acct);
	if (err == 0)
		err = courier_start(acct->courier, bytes_written, acct);
	return err;
}

int
acct_start(const struct acct_settings *settings, struct log *log,
	   struct acct **out)
{
	struct acct *acct;
	int err;

	if (settings->n_workers < 1)
		return ERR_INVAL;
	acct = mem_zalloc(1, sizeof(*acct));
	if (acct == NULL)
		return ERR_NOMEM;
	acct->log = log;
	stopper_init(&acct->stopper);
	err = start_all(acct, settings);
	if (err != 0) {
		release(acct);
		return err;
	}
	*out = acct;
	return 0;
}

void
acct_stop(struct acct *acct, int64_t wait_ms)
{
	if (acct == NULL)
		return;
	for (int i = 0; i < acct->settings.n_workers; i++)
		journal_write(acct->journals[i]);
	if (acct->settings.sync != ACCT_SYNC_NONE)
		sync_all(acct);
	courier_stop(acct->courier, wait_ms);
	release(acct);
}

/* --- asked from other threads --- */

struct journal *
acct_journal(struct acct *acct, int worker)
{
	return acct->journals[worker];
}

bool
acct_is_full(const struct acct *acct)
{
	int64_t bound = acct->settings.max_size_bytes;

	for (int i = 0; i < acct->settings.n_workers; i++) {
		if (journal_is_failing(acct->journals[i]) ||
		    journal_is_low(acct->journals[i]))
			return true;
	}
	if (atomic_load(&acct->sync_fails))
		return true;
	return bound > 0 && courier_backlog(acct->courier) > bound;
}

int64_t
acct_clock_ahead(struct acct *acct, uint32_t node_id, time_us wall)
{
	return node_id == token_node_id(acct->settings.node)
		   ? clock_mark_since(&acct->mark, wall)
		   : courier_clock_ahead(acct->courier, node_id, wall);
}

static int64_t
events_behind(const struct acct_status *status)
{
	int64_t n = status->journals.next_seqs - status->shipped_seqs;

	if (status->shipped_seqs < 0)
		return -1;
	return n > 0 ? n : 0;
}

void
acct_status(struct acct *acct, struct acct_status *out)
{
	courier_status(acct->courier, out);
	/* In this order: what is written meanwhile counts twice, not never. */
	out->backlog_bytes = (int64_t)bytes_deferred(acct);
	out->backlog_bytes += courier_backlog(acct->courier);
	out->unwritten_bytes = bytes_unwritten(acct);
	out->is_full = acct_is_full(acct);
	out->is_failing = atomic_load(&acct->sync_fails);
	out->carries_on = acct->settings.carries_on;
	out->written_bytes = bytes_written(acct);
	for (int i = 0; i < acct->settings.n_workers; i++) {
		journal_add_figures(acct->journals[i], &out->journals);
		out->is_low |= journal_is_low(acct->journals[i]);
		out->is_failing |= journal_is_failing(acct->journals[i]);
	}
	out->backlog_events = events_behind(out);
	out->clock_steps = clock_mark_count(&acct->mark);
}

int64_t
acct_backlog_age_us(const struct acct_status *status)
{
	return status->backlog_bytes == 0 ? 0 : status->caught_up_ago_us;
}
