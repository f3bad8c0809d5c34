/* acct.c - the accounting thread: syncs the journals, ships them, reconnects */
#include "acct/acct.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/schema.h"

#define RETRY_FIRST_MS 200
#define RETRY_MAX_MS 5000

struct acct {
	struct acct_settings settings; /* with texts of its own */
	struct log *log;
	struct clock clock;
	struct journal **journals;
	struct shipper *shipper;
	pthread_t thread;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool stopping;
	int64_t stop_by_ms;
	struct acct_status status;
	uint64_t written; /* into the journals when status was made; 0 until
			   * the store has told the positions once */

	_Atomic bool full; /* max_size_bytes is reached */

	/* of the thread alone */
	struct store *store; /* NULL = not connected */
	int64_t retry_at_ms, retry_ms, ship_at_ms, sync_at_ms;
	bool sync_failing, knows_positions;
};

static int64_t
now_ms(const struct acct *acct)
{
	return clock_mono_ms(&acct->clock);
}

static uint64_t
bytes_written(const struct acct *acct)
{
	uint64_t sum = 0;

	for (int i = 0; i < acct->settings.n_workers; i++)
		sum += journal_bytes(acct->journals[i]);
	return sum;
}

/* --- the store, coming and going --- */

static void
set_lost(struct acct *acct, const char *why)
{
	pthread_mutex_lock(&acct->lock);
	if (acct->status.store_lost_at == 0)
		acct->status.store_lost_at = clock_wall(&acct->clock);
	snprintf(acct->status.store_error, sizeof(acct->status.store_error),
		 "%s", why);
	pthread_mutex_unlock(&acct->lock);
}

/* Wait longer after each failure; the first of a row is logged. */
static void
lose_store(struct acct *acct, const char *why)
{
	if (acct->retry_ms == 0)
		log_error(acct->log,
			  "store: %s; records wait in the journal", why);
	set_lost(acct, why);
	store_close(acct->store);
	acct->store = NULL;
	acct->retry_ms = acct->retry_ms == 0 ? RETRY_FIRST_MS
					     : acct->retry_ms * 2;
	if (acct->retry_ms > RETRY_MAX_MS)
		acct->retry_ms = RETRY_MAX_MS;
	acct->retry_at_ms = now_ms(acct) + acct->retry_ms;
}

static int
connect_store(struct acct *acct)
{
	char error[STORE_ERROR_MAX] = "";
	int err;

	if (acct->store != NULL)
		return 0;
	if (now_ms(acct) < acct->retry_at_ms)
		return ERR_BUSY;
	err = store_open(acct->settings.store_url, 0, &acct->store, error);
	if (err == 0)
		err = schema_check(acct->store, error);
	if (err != 0)
		lose_store(acct, error[0] != '\0' ? error : err_text(err));
	return err;
}

static void
note_success(struct acct *acct)
{
	bool was_lost;

	pthread_mutex_lock(&acct->lock);
	was_lost = acct->status.store_lost_at != 0;
	acct->status.store_lost_at = 0;
	acct->status.store_error[0] = '\0';
	pthread_mutex_unlock(&acct->lock);
	acct->retry_ms = 0;
	acct->knows_positions = true;
	if (was_lost)
		log_info(acct->log, "store: back, the journal is shipped");
}

/* --- shipping --- */

/* A copy for acct_status, and whether the bound is reached. */
static void
publish(struct acct *acct)
{
	uint64_t written = bytes_written(acct);
	int64_t backlog = shipper_backlog(acct->shipper);
	int64_t unknown = acct->knows_positions ? 0 : (int64_t)written;
	bool full = backlog + unknown >= acct->settings.max_size_bytes;

	if (full && !atomic_load(&acct->full))
		log_error(acct->log,
			  "journal: %lld bytes wait for the store, the bound "
			  "is %lld",
			  (long long)(backlog + unknown),
			  (long long)acct->settings.max_size_bytes);
	atomic_store(&acct->full, full);
	pthread_mutex_lock(&acct->lock);
	acct->status.shipper = *shipper_counters(acct->shipper);
	acct->status.backlog_bytes = backlog;
	acct->written = acct->knows_positions ? written : 0;
	pthread_mutex_unlock(&acct->lock);
}

/* One batch; returns whether another may follow at once. */
static bool
ship(struct acct *acct)
{
	size_t n = 0;
	int err = connect_store(acct);

	if (err == ERR_BUSY)
		return false;
	if (err == 0) {
		err = shipper_run(acct->shipper, acct->store, &n);
		if (err == 0)
			note_success(acct);
		else
			lose_store(acct, err == ERR_IO ? strerror(errno)
				   : err == ERR_NOMEM
				       ? err_text(err)
				       : store_error(acct->store));
	}
	publish(acct);
	return err == 0 && n > 0;
}

static void
sync_all(struct acct *acct)
{
	bool failed = false;

	for (int i = 0; i < acct->settings.n_workers; i++)
		failed |= journal_sync(acct->journals[i]) != 0;
	if (failed && !acct->sync_failing)
		log_error(acct->log, "journal: fdatasync: %s",
			  strerror(errno));
	acct->sync_failing = failed;
}

/* --- the thread --- */

static void
add_ms(struct timespec *ts, int64_t ms)
{
	ts->tv_sec += ms / 1000;
	ts->tv_nsec += ms % 1000 * 1000000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_sec++;
		ts->tv_nsec -= 1000000000;
	}
}

/* Sleep until due_ms or until somebody wants us to stop; returns whether. */
static bool
wait_until(struct acct *acct, int64_t due_ms)
{
	struct timespec ts;
	int64_t wait = due_ms - now_ms(acct);
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	add_ms(&ts, wait > 0 ? wait : 0);
	pthread_mutex_lock(&acct->lock);
	if (!acct->stopping && wait > 0)
		pthread_cond_timedwait(&acct->wake, &acct->lock, &ts);
	stopping = acct->stopping;
	pthread_mutex_unlock(&acct->lock);
	return stopping;
}

/* What is due now; then when the next thing is. */
static int64_t
turn(struct acct *acct)
{
	int64_t now = now_ms(acct);
	bool syncs = acct->settings.sync != ACCT_SYNC_NONE;

	if (syncs && now >= acct->sync_at_ms) {
		sync_all(acct);
		acct->sync_at_ms = now + acct->settings.sync_interval_ms;
	}
	if (now >= acct->ship_at_ms && !ship(acct))
		acct->ship_at_ms = now + acct->settings.ship_interval_ms;
	return syncs && acct->sync_at_ms < acct->ship_at_ms ? acct->sync_at_ms
							    : acct->ship_at_ms;
}

/* The last of everything, as far as the time allows. */
static void
finish(struct acct *acct)
{
	sync_all(acct);
	acct->retry_at_ms = 0;
	while (ship(acct) && now_ms(acct) < acct->stop_by_ms)
		continue;
}

static void *
run(void *arg)
{
	struct acct *acct = arg;

	while (!wait_until(acct, turn(acct)))
		continue;
	finish(acct);
	store_close(acct->store);
	acct->store = NULL;
	return NULL;
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

static int
open_journals(struct acct *acct)
{
	int n = acct->settings.n_workers, err = 0;

	acct->journals = mem_zalloc((size_t)n, sizeof(acct->journals[0]));
	if (acct->journals == NULL)
		return ERR_NOMEM;
	if (mkdir(acct->settings.directory, 0750) != 0 && errno != EEXIST)
		return ERR_IO;
	for (int i = 0; i < n && err == 0; i++) {
		const struct journal_settings one = {
			.directory = acct->settings.directory,
			.node = acct->settings.node,
			.worker = i,
		};

		err = journal_open(&one, acct->log, &acct->journals[i]);
	}
	return err;
}

static int
start_thread(struct acct *acct)
{
	pthread_condattr_t attr;
	int err;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&acct->lock, NULL);
	pthread_cond_init(&acct->wake, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&acct->thread, NULL, run, acct);
	if (err == 0)
		return 0;
	pthread_cond_destroy(&acct->wake);
	pthread_mutex_destroy(&acct->lock);
	errno = err;
	return ERR_IO;
}

static void
release(struct acct *acct)
{
	int saved = errno;

	for (int i = 0; acct->journals != NULL && i < acct->settings.n_workers;
	     i++)
		journal_close(acct->journals[i]);
	mem_free(acct->journals);
	shipper_free(acct->shipper);
	mem_free((char *)(uintptr_t)acct->settings.node);
	mem_free((char *)(uintptr_t)acct->settings.directory);
	mem_free((char *)(uintptr_t)acct->settings.store_url);
	mem_free(acct);
	errno = saved;
}

int
acct_start(const struct acct_settings *settings, struct log *log,
	   struct acct **out)
{
	struct acct *acct = mem_zalloc(1, sizeof(*acct));
	struct shipper_settings how;
	int err;

	if (acct == NULL)
		return ERR_NOMEM;
	acct->log = log;
	clock_init_system(&acct->clock);
	err = copy_settings(acct, settings);
	how = (struct shipper_settings){
		.directory = acct->settings.directory,
		.node = acct->settings.node,
		.retain_s = settings->retain_s,
	};
	if (err == 0)
		err = shipper_new(&how, log, &acct->shipper);
	if (err == 0)
		err = open_journals(acct);
	if (err == 0)
		err = start_thread(acct);
	if (err != 0) {
		release(acct);
		return err;
	}
	*out = acct;
	return 0;
}

struct journal *
acct_journal(struct acct *acct, int worker)
{
	return acct->journals[worker];
}

bool
acct_is_full(const struct acct *acct)
{
	if (atomic_load(&acct->full))
		return true;
	for (int i = 0; i < acct->settings.n_workers; i++) {
		if (journal_is_failing(acct->journals[i]))
			return true;
	}
	return false;
}

void
acct_stop(struct acct *acct, int64_t wait_ms)
{
	if (acct == NULL)
		return;
	for (int i = 0; i < acct->settings.n_workers; i++)
		journal_commit(acct->journals[i]);
	pthread_mutex_lock(&acct->lock);
	acct->stopping = true;
	acct->stop_by_ms = now_ms(acct) + wait_ms;
	pthread_cond_signal(&acct->wake);
	pthread_mutex_unlock(&acct->lock);
	pthread_join(acct->thread, NULL);
	pthread_cond_destroy(&acct->wake);
	pthread_mutex_destroy(&acct->lock);
	release(acct);
}

void
acct_status(struct acct *acct, struct acct_status *out)
{
	pthread_mutex_lock(&acct->lock);
	*out = acct->status;
	/* what was written since that was counted waits as well */
	out->backlog_bytes += (int64_t)(bytes_written(acct) - acct->written);
	pthread_mutex_unlock(&acct->lock);
}
