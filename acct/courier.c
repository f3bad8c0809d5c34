/* courier.c - ship, wait, reconnect */
#include "acct/courier.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "acct/stopper.h"
#include "acct/upkeep.h"
#include "base/alloc.h"
#include "base/err.h"
#include "db/schema.h"

/* Some seconds of thousands of calls: of a short one all events are then in one
 * batch, and become one row that is written once. */
#define BATCH_EVENTS 32768
#define FIRST_RETRY_MS 200
#define MAX_RETRY_MS 5000
/* A deadlock or a lock goes away; this many in a row are worth a line. */
#define MAX_CONFLICTS 5

struct courier {
	const struct acct_settings *settings;
	struct log *log;
	struct clock clock;
	courier_written *written;
	const void *written_arg;
	/* What waited on the disk when it was last looked at, less what had
	 * been written by then: with what is written now it is the backlog. */
	_Atomic int64_t behind;

	/* The thread's own. */
	struct shipper *shipper;
	struct upkeep upkeep;
	struct store *store; /* NULL = not connected */
	int64_t retry_ms;    /* before the next try; 0 = the last one worked */
	int n_conflicts;

	pthread_t thread;
	bool is_running;
	struct stopper stopper;
	int alarm_fd; /* when to give up waiting for the store, at the end */
	pthread_mutex_t lock; /* for what follows */
	int64_t caught_up_us; /* when nothing waited last, monotonic; 0: never */
	struct acct_status status;
};

/* --- what others may ask --- */

int64_t
courier_backlog(const struct courier *courier)
{
	int64_t backlog = atomic_load(&courier->behind);

	if (courier->written != NULL)
		backlog += (int64_t)courier->written(courier->written_arg);
	return backlog > 0 ? backlog : 0;
}

int64_t
courier_clock_ahead(struct courier *courier, uint32_t node_id, time_us wall)
{
	return skew_since(&courier->upkeep.skew, node_id, wall);
}

void
courier_status(struct courier *courier, struct acct_status *out)
{
	int64_t now_us = courier->clock.mono_us(&courier->clock);

	pthread_mutex_lock(&courier->lock);
	*out = courier->status;
	out->caught_up_ago_us =
	    courier->caught_up_us > 0 ? now_us - courier->caught_up_us : -1;
	pthread_mutex_unlock(&courier->lock);
	out->skew_us = skew_worst(&courier->upkeep.skew);
}

/* Look at the disk. What is written meanwhile counts twice until next time. */
static void
measure(struct courier *courier)
{
	int64_t written = 0, backlog;
	bool is_exact;

	if (courier->written != NULL)
		written = (int64_t)courier->written(courier->written_arg);
	backlog = shipper_backlog(courier->shipper, &is_exact);
	if (is_exact || courier->written == NULL)
		atomic_store(&courier->behind, backlog - written);
}

/* --- the store comes and goes --- */

/* why = NULL: it is there. Returns whether that is news. */
static bool
set_lost(struct courier *courier, const char *why)
{
	struct acct_status *status = &courier->status;
	bool was_lost;

	pthread_mutex_lock(&courier->lock);
	was_lost = status->store_lost_at != 0;
	if (why == NULL)
		status->store_lost_at = 0;
	else if (!was_lost)
		status->store_lost_at = clock_wall(&courier->clock);
	snprintf(status->store_error, sizeof(status->store_error), "%s",
		 why != NULL ? why : "");
	pthread_mutex_unlock(&courier->lock);
	return was_lost != (why != NULL);
}

static void
note_lost(struct courier *courier, const char *why)
{
	if (set_lost(courier, why))
		log_error(courier->log,
			  "store: lost: %s; call records wait in %s", why,
			  courier->settings->directory);
}

static void
note_there(struct courier *courier)
{
	if (set_lost(courier, NULL))
		log_info(courier->log,
			 "store: back, the call records that waited are "
			 "shipped");
}

static void
disconnect(struct courier *courier)
{
	store_close(courier->store);
	courier->store = NULL;
}

static int
connect_store(struct courier *courier)
{
	char error[STORE_ERROR_MAX];
	int err;

	if (courier->store != NULL)
		return 0;
	err =
	    store_open(courier->settings->store_url, 0, &courier->store, error);
	if (err == 0) {
		store_set_alarm(courier->store, courier->alarm_fd);
		store_set_timeout(courier->store,
				  courier->settings->ship_timeout_ms);
		err = schema_check(courier->store, error);
	}
	if (err != 0) {
		note_lost(courier, error);
		disconnect(courier);
	}
	shipper_doubt(courier->shipper);
	return err;
}

/* What a run says of the store, and whether the connection is of any more
 * use. */
static void
note_run(struct courier *courier, int err)
{
	switch (err) {
	case ERR_CONFLICT:
		if (++courier->n_conflicts >= MAX_CONFLICTS)
			note_lost(courier, store_error(courier->store));
		return;
	case ERR_DB:
	case ERR_EXISTS:
		note_lost(courier, store_error(courier->store));
		disconnect(courier);
		return;
	case ERR_NOMEM:
		if (courier->retry_ms == 0)
			log_error(courier->log,
				  "journal in %s: cannot be shipped: %s",
				  courier->settings->directory, err_text(err));
		break;
	default: /* all is well, or the shipper has logged what is not */
		break;
	}
	courier->n_conflicts = 0;
	note_there(courier);
}

static void
back_off(struct courier *courier)
{
	courier->retry_ms =
	    courier->retry_ms == 0 ? FIRST_RETRY_MS : 2 * courier->retry_ms;
	if (courier->retry_ms > MAX_RETRY_MS)
		courier->retry_ms = MAX_RETRY_MS;
}

static void
note_back_off(struct courier *courier)
{
	pthread_mutex_lock(&courier->lock);
	courier->status.retry_ms = courier->retry_ms;
	courier->status.tries += 1;
	courier->status.tries_failed += courier->retry_ms != 0;
	pthread_mutex_unlock(&courier->lock);
}

/* --- the thread --- */

static void
publish(struct courier *courier)
{
	measure(courier);
	pthread_mutex_lock(&courier->lock);
	courier->status.shipper = *shipper_counters(courier->shipper);
	courier->status.swept = courier->upkeep.swept;
	courier->status.shipped_seqs = shipper_next_seqs(
	    courier->shipper, courier->settings->n_workers);
	pthread_mutex_unlock(&courier->lock);
}

static void
note_caught_up(struct courier *courier)
{
	pthread_mutex_lock(&courier->lock);
	courier->caught_up_us = courier->clock.mono_us(&courier->clock);
	pthread_mutex_unlock(&courier->lock);
}

/* One batch of each journal; *n_out is how many events were shipped. */
static int
ship(struct courier *courier, size_t *n_out)
{
	int err = connect_store(courier);

	*n_out = 0;
	if (err == 0) {
		courier->upkeep.as_of_us =
		    courier->clock.mono_us(&courier->clock);
		err = shipper_run(courier->shipper, courier->store, n_out);
		/* A call whose end waits in the journal is not swept. */
		if (err == 0 && *n_out < BATCH_EVENTS) {
			note_caught_up(courier);
			err = upkeep_run(&courier->upkeep, courier->store);
		}
		note_run(courier, err);
		publish(courier);
	}
	/* What came through in part shows that there is somebody. */
	if (err == 0 || *n_out > 0)
		courier->retry_ms = 0;
	if (err != 0)
		back_off(courier);
	note_back_off(courier);
	return err;
}

/* At once again while batches are full: smaller ones are worth a pause, in
 * which the events of more calls come together. A journal that cannot be read
 * does not slow down the others. */
static int64_t
pause_after(const struct courier *courier, int err, size_t n)
{
	if (err != 0 && err != ERR_IO)
		return courier->retry_ms;
	return n >= BATCH_EVENTS ? 0 : courier->settings->ship_interval_ms;
}

static void *
run(void *arg)
{
	struct courier *courier = arg;
	int64_t pause;

	do {
		size_t n;
		int err = ship(courier, &n);

		pause = pause_after(courier, err, n);
	} while (stopper_nap(&courier->stopper, pause));
	return NULL;
}

/* --- from beginning to end --- */

int
courier_new(const struct acct_settings *settings, struct clock_mark *mark,
	    struct log *log, struct courier **out)
{
	const struct shipper_settings how = {
		.directory = settings->directory,
		.node = settings->node,
		.batch_events = BATCH_EVENTS,
		.retain_s = settings->retain_s,
		.packs = true,
	};
	struct courier *courier = mem_zalloc(1, sizeof(*courier));
	int err;

	if (courier == NULL)
		return ERR_NOMEM;
	courier->settings = settings;
	courier->log = log;
	clock_init_system(&courier->clock);
	upkeep_init(&courier->upkeep, settings, mark, log);
	stopper_init(&courier->stopper);
	pthread_mutex_init(&courier->lock, NULL);
	courier->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	err = courier->alarm_fd < 0
		  ? ERR_IO
		  : shipper_new(&how, log, &courier->shipper);
	if (err != 0) {
		courier_free(courier);
		return err;
	}
	courier->status.shipped_seqs = -1;
	measure(courier);
	*out = courier;
	return 0;
}

void
courier_free(struct courier *courier)
{
	if (courier == NULL)
		return;
	courier_stop(courier, 0);
	shipper_free(courier->shipper);
	upkeep_fini(&courier->upkeep);
	if (courier->alarm_fd >= 0)
		close(courier->alarm_fd);
	pthread_mutex_destroy(&courier->lock);
	stopper_fini(&courier->stopper);
	mem_free(courier);
}

int
courier_start(struct courier *courier, courier_written *written,
	      const void *arg)
{
	int err;

	courier->written = written;
	courier->written_arg = arg;
	err = pthread_create(&courier->thread, NULL, run, courier);
	if (err != 0) {
		errno = err;
		return ERR_IO;
	}
	courier->is_running = true;
	return 0;
}

/* A store that says nothing holds up nobody's end. */
static void
set_alarm(const struct courier *courier, int64_t ms)
{
	const struct itimerspec when = {
		.it_value = { .tv_sec = ms / 1000,
			      .tv_nsec = ms % 1000 * 1000000 + 1 },
	};

	timerfd_settime(courier->alarm_fd, 0, &when, NULL);
}

void
courier_stop(struct courier *courier, int64_t wait_ms)
{
	int64_t deadline = clock_mono_ms(&courier->clock) + wait_ms;
	size_t n = 1;

	if (!courier->is_running)
		return;
	set_alarm(courier, wait_ms);
	stopper_stop(&courier->stopper);
	pthread_join(courier->thread, NULL);
	courier->is_running = false;
	/* The thread is gone: what is its own is ours now. */
	while (n > 0 && clock_mono_ms(&courier->clock) < deadline) {
		if (ship(courier, &n) != 0)
			break;
	}
	disconnect(courier);
}
