/* app.c - start, reload and stop of the daemon */
#include "lcrproxy/app.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "config.h"
#include "lcrproxy/control.h"
#include "lcrproxy/load.h"
#include "lcrproxy/worker.h"
#include "sip/value.h"

#define STOP_SHIP_MS 5000 /* for the last events into the store */
#define TEXT_MAX 2048

/* A reload on its way; filled in by a thread of its own. */
struct reload {
	uv_work_t work;
	app_reload_done *done; /* NULL: a signal asked */
	void *arg;
	uint32_t generation;
	struct settings settings;
	bool has_settings;
	struct snapshot *snapshot;
	char text[TEXT_MAX];
	int err;
};

struct app {
	char *config_file;
	uv_loop_t loop;
	uv_signal_t sigterm, sigint, sighup;
	struct settings settings;
	struct token_key *keys;
	size_t n_keys;
	struct node node;
	struct tuning tuning;
	struct snapshot *snapshot;
	struct control *control;
	struct mailbox *mailbox;
	struct reload *reload; /* while one runs */
	bool opened, stopping;
};

struct node *
app_node(struct app *app)
{
	return &app->node;
}

uv_loop_t *
app_loop(struct app *app)
{
	return &app->loop;
}

struct mailbox *
app_mailbox(struct app *app)
{
	return app->mailbox;
}

struct snapshot *
app_snapshot(const struct app *app)
{
	return app->snapshot;
}

const struct tuning *
app_tuning(const struct app *app)
{
	return &app->tuning;
}

static uint32_t
next_generation(const struct app *app)
{
	struct clock clock;
	uint32_t now, last;

	clock_init_system(&clock);
	now = (uint32_t)(clock_wall(&clock) / US_PER_S);
	last = app->snapshot != NULL ? snapshot_generation(app->snapshot) : 0;
	return now > last ? now : last + 1;
}

/* --- handing a snapshot to the workers --- */

struct news {
	struct mail mail; /* first */
	struct snapshot *snapshot;
	struct tuning tuning;
};

static void
open_news(struct mail *mail, void *owner)
{
	struct news *news = (struct news *)(void *)mail;
	struct worker *worker = owner;

	snapshot_unref(worker->snapshot);
	worker->snapshot = news->snapshot;
	worker->tuning = news->tuning;
	mem_free(news);
}

static int
tell_worker(struct app *app, struct worker *worker)
{
	struct news *news = mem_zalloc(1, sizeof(*news));

	if (news == NULL)
		return ERR_NOMEM;
	news->mail.open = open_news;
	news->snapshot = snapshot_ref(app->snapshot);
	news->tuning = app->tuning;
	worker_post(worker, &news->mail);
	return 0;
}

static int
tell_workers(struct app *app)
{
	int err = 0;

	for (int i = 0; i < app->node.n_workers && err == 0; i++)
		err = tell_worker(app, app->node.workers[i]);
	return err;
}

/* --- reload --- */

static void
reload_work(uv_work_t *work)
{
	struct reload *reload = work->data;
	struct app *app = work->loop->data;
	const struct settings *settings = &app->settings;
	char error[LOAD_ERROR_MAX];

	reload->err = settings_read(&reload->settings, app->config_file,
				    app->node.log);
	if (reload->err != 0) {
		snprintf(reload->text, TEXT_MAX,
			 "configuration kept, %s has errors (see the log)",
			 app->config_file);
		return;
	}
	reload->has_settings = true;
	settings = &reload->settings;
	reload->err = load_snapshot(settings, app->node.gateways,
				    reload->generation, app->node.log,
				    &reload->snapshot, error);
	if (reload->err != 0)
		snprintf(reload->text, TEXT_MAX, "snapshot kept, %s", error);
}

struct changes {
	char *text;
	size_t len;
};

static void
note_change(void *arg, const char *setting, bool reloadable)
{
	struct changes *changes = arg;

	if (reloadable || changes->len + 64 > TEXT_MAX)
		return;
	changes->len += (size_t)snprintf(
	    changes->text + changes->len, TEXT_MAX - changes->len,
	    "\n%s changed: takes effect after a restart", setting);
	if (changes->len >= TEXT_MAX)
		changes->len = TEXT_MAX - 1;
}

/* Take what may change; the rest of the settings stays as at start. */
static void
apply(struct app *app, struct reload *reload)
{
	const struct snapshot_report *report =
	    snapshot_report(reload->snapshot);
	struct changes changes = { reload->text, 0 };

	snapshot_unref(app->snapshot);
	app->snapshot = reload->snapshot;
	load_tuning(&reload->settings, &app->tuning);
	app->node.log->level = reload->settings.log.level;
	app->node.log->full_numbers = reload->settings.log.full_numbers;
	reload->err = tell_workers(app);
	changes.len = (size_t)snprintf(
	    reload->text, TEXT_MAX,
	    "generation %u: %zu accounts, %zu carriers, %zu gateways, %zu "
	    "rates, loaded in %lld ms",
	    snapshot_generation(app->snapshot), report->accounts,
	    report->carriers, report->gateways, report->rates,
	    (long long)report->load_ms);
	log_info(app->node.log, "snapshot %s", reload->text);
	conf_compare(&settings_table, &app->settings, &reload->settings,
		     note_change, &changes);
}

static void
reload_finished(uv_work_t *work, int status)
{
	struct reload *reload = work->data;
	struct app *app = work->loop->data;

	(void)status;
	app->reload = NULL;
	if (reload->err == 0 && app->stopping) {
		snapshot_unref(reload->snapshot);
		snprintf(reload->text, TEXT_MAX, "the daemon is stopping");
		reload->err = ERR_BUSY;
	}
	if (reload->err == 0)
		apply(app, reload);
	else
		log_error(app->node.log, "reload: %s", reload->text);
	if (reload->done != NULL)
		reload->done(reload->arg, reload->err, reload->text);
	if (reload->has_settings)
		settings_fini(&reload->settings);
	mem_free(reload);
}

int
app_reload(struct app *app, app_reload_done *done, void *arg)
{
	struct reload *reload;

	if (app->reload != NULL || app->stopping)
		return ERR_BUSY;
	reload = mem_zalloc(1, sizeof(*reload));
	if (reload == NULL)
		return ERR_NOMEM;
	reload->work.data = reload;
	reload->done = done;
	reload->arg = arg;
	reload->generation = next_generation(app);
	if (uv_queue_work(&app->loop, &reload->work, reload_work,
			  reload_finished) != 0) {
		mem_free(reload);
		return ERR_NOMEM;
	}
	app->reload = reload;
	return 0;
}

/* --- signals and stopping --- */

static void
on_signal(uv_signal_t *handle, int number)
{
	struct app *app = handle->data;

	if (number != SIGHUP)
		app_stop(app);
	else if (app_reload(app, NULL, NULL) != 0)
		log_warning(app->node.log, "reload: another one is running");
}

static int
open_signals(struct app *app)
{
	uv_signal_init(&app->loop, &app->sigterm);
	uv_signal_init(&app->loop, &app->sigint);
	uv_signal_init(&app->loop, &app->sighup);
	app->sigterm.data = app->sigint.data = app->sighup.data = app;
	signal(SIGPIPE, SIG_IGN);
	if (uv_signal_start(&app->sigterm, on_signal, SIGTERM) != 0 ||
	    uv_signal_start(&app->sigint, on_signal, SIGINT) != 0 ||
	    uv_signal_start(&app->sighup, on_signal, SIGHUP) != 0)
		return ERR_IO;
	return 0;
}

void
app_stop(struct app *app)
{
	if (app->stopping)
		return;
	app->stopping = true;
	app->node.stopping = true;
	log_info(app->node.log, "node %s: stopping", app->node.name);
	uv_stop(&app->loop);
}

/* --- start --- */

static int
fill_node(struct app *app, struct log *log)
{
	struct node *node = &app->node;
	struct clock clock;
	int err;

	clock_init_system(&clock);
	node->settings = &app->settings;
	node->log = log;
	node->name = app->settings.node;
	node->id = token_node_id(node->name);
	node->keys = app->keys;
	node->n_keys = app->n_keys;
	node->started_us = clock_wall(&clock);
	settings_listen_addr(&app->settings, &node->listen);
	addr_format(&node->listen, node->sent_by);
	node->n_workers = (int)app->settings.workers;
	if (node->n_workers == 0)
		node->n_workers = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (node->n_workers > 64)
		node->n_workers = 64;
	err = random_bytes(&node->instance, sizeof(node->instance));
	if (err == 0)
		err = hash_key_random(&node->hash_key);
	if (err == 0)
		err = gateway_states_new(&node->gateways);
	return err;
}

static int
open_acct(struct app *app)
{
	const struct settings_journal *journal = &app->settings.journal;
	const struct acct_settings settings = {
		.node = app->settings.node,
		.directory = journal->directory,
		.store_url = app->settings.store,
		.n_workers = app->node.n_workers,
		.sync = (enum acct_sync)journal->sync,
		.sync_interval_ms = journal->sync_interval_ms,
		.ship_interval_ms = journal->ship_interval_ms,
		.max_size_bytes = journal->max_size_mb << 20,
		.retain_s = journal->retain_s,
	};
	int err = acct_start(&settings, app->node.log, &app->node.acct);

	if (err != 0)
		log_error(app->node.log, "journal: %s: %s", journal->directory,
			  err == ERR_IO ? strerror(errno) : err_text(err));
	return err;
}

static int
open_workers(struct app *app)
{
	struct node *node = &app->node;
	int err = 0;

	node->workers =
	    mem_zalloc((size_t)node->n_workers, sizeof(node->workers[0]));
	if (node->workers == NULL)
		return ERR_NOMEM;
	for (int i = 0; i < node->n_workers && err == 0; i++)
		err = worker_new(node, i, &node->workers[i]);
	if (err != 0) {
		log_error(node->log, "listen %s: %s", node->sent_by,
			  err == ERR_IO ? strerror(errno) : err_text(err));
		return err;
	}
	err = tell_workers(app);
	for (int i = 0; i < node->n_workers && err == 0; i++)
		err = worker_start(node->workers[i]);
	return err;
}

static int
open_first_snapshot(struct app *app)
{
	char error[LOAD_ERROR_MAX];
	const struct snapshot_report *report;
	int err = load_snapshot(&app->settings, app->node.gateways,
				next_generation(app), app->node.log,
				&app->snapshot, error);

	if (err != 0) {
		log_error(app->node.log, "%s", error);
		return err;
	}
	load_tuning(&app->settings, &app->tuning);
	report = snapshot_report(app->snapshot);
	log_info(app->node.log,
		 "snapshot generation %u: %zu accounts, %zu carriers, %zu "
		 "gateways, %zu rates, loaded in %lld ms",
		 snapshot_generation(app->snapshot), report->accounts,
		 report->carriers, report->gateways, report->rates,
		 (long long)report->load_ms);
	return 0;
}

static int
open_control(struct app *app)
{
	const char *path = app->settings.control.socket;
	int err = control_open(app, path, &app->control);

	if (err != 0)
		log_error(app->node.log, "control socket %s: %s", path,
			  err == ERR_IO	      ? strerror(errno)
			  : err == ERR_EXISTS ? "another daemon answers there"
					      : err_text(err));
	return err;
}

static int
open_all(struct app *app, struct log *log)
{
	int err = settings_read(&app->settings, app->config_file, log);

	if (err != 0)
		return err;
	log->level = app->settings.log.level;
	log->full_numbers = app->settings.log.full_numbers;
	sip_value_setup();
	err = load_keys(&app->settings, log, &app->keys, &app->n_keys);
	if (err == 0)
		err = fill_node(app, log);
	if (err == 0)
		err = open_first_snapshot(app);
	if (err == 0)
		err = open_acct(app);
	if (err == 0)
		err = open_signals(app);
	if (err == 0) {
		app->opened = true;
		err = mailbox_new(&app->loop, app, &app->mailbox);
	}
	if (err == 0)
		err = open_control(app);
	if (err == 0)
		err = open_workers(app);
	return err;
}

int
app_new(const char *config_file, struct log *log, struct app **out)
{
	struct app *app = mem_zalloc(1, sizeof(*app));
	int err;

	if (app == NULL || uv_loop_init(&app->loop) != 0) {
		mem_free(app);
		return ERR_NOMEM;
	}
	app->loop.data = app;
	app->config_file = mem_strdup(config_file);
	err = app->config_file != NULL ? open_all(app, log) : ERR_NOMEM;
	if (err != 0) {
		app_free(app);
		return err;
	}
	log_info(log, "node %s: version %s listens on %s, workers=%d",
		 app->node.name, VERSION, app->node.sent_by,
		 app->node.n_workers);
	*out = app;
	return 0;
}

void
app_run(struct app *app)
{
	uv_run(&app->loop, UV_RUN_DEFAULT);
}

/* Ask all workers to end, and wait for their threads. */
static void
end_workers(struct node *node)
{
	for (int i = 0; node->workers != NULL && i < node->n_workers; i++) {
		if (node->workers[i] != NULL)
			worker_stop(node->workers[i]);
	}
	for (int i = 0; node->workers != NULL && i < node->n_workers; i++)
		worker_join(node->workers[i]);
}

static void
free_workers(struct node *node)
{
	for (int i = 0; node->workers != NULL && i < node->n_workers; i++)
		worker_free(node->workers[i]);
	mem_free(node->workers);
	node->workers = NULL;
}

/* The handles of the control thread; what still waits for an answer gets one.
 * The workers have ended, so nothing is posted any more. */
static void
close_handles(struct app *app)
{
	if (app->opened) {
		control_close(app->control);
		if (app->mailbox != NULL)
			mailbox_close(app->mailbox);
		uv_close((uv_handle_t *)&app->sigterm, NULL);
		uv_close((uv_handle_t *)&app->sigint, NULL);
		uv_close((uv_handle_t *)&app->sighup, NULL);
	}
	uv_run(&app->loop, UV_RUN_DEFAULT);
	uv_loop_close(&app->loop);
}

void
app_free(struct app *app)
{
	struct log *log;

	if (app == NULL)
		return;
	log = app->node.log;
	app->stopping = true;
	end_workers(&app->node);
	close_handles(app);
	free_workers(&app->node);
	if (app->node.acct != NULL)
		acct_stop(app->node.acct, STOP_SHIP_MS);
	snapshot_unref(app->snapshot);
	gateway_states_free(app->node.gateways);
	if (app->keys != NULL)
		load_keys_free(app->keys, app->n_keys);
	if (log != NULL)
		log_info(log, "node %s: stopped", app->settings.node);
	settings_fini(&app->settings);
	mem_free(app->config_file);
	mem_free(app);
}

/* --- lcrproxyd -t --- */

static int
check_tables(const struct settings *settings, struct log *log)
{
	const struct snapshot_report *report;
	struct gateway_states *gateways;
	struct snapshot *snapshot;
	char error[LOAD_ERROR_MAX];
	int err = gateway_states_new(&gateways);

	if (err != 0)
		return err;
	err = load_snapshot(settings, gateways, 1, log, &snapshot, error);
	if (err == 0) {
		report = snapshot_report(snapshot);
		log_info(log,
			 "store: %zu accounts, %zu trunks, %zu carriers, %zu "
			 "gateways, %zu tariffs, %zu rates, %u warnings",
			 report->accounts, report->trunks, report->carriers,
			 report->gateways, report->tariffs, report->rates,
			 report->warnings);
		snapshot_unref(snapshot);
	} else {
		log_error(log, "%s", error);
	}
	gateway_states_free(gateways);
	return err;
}

int
app_check(const char *config_file, struct log *log)
{
	struct token_key *keys;
	struct settings settings;
	size_t n_keys;
	int err = settings_read(&settings, config_file, log), tables;

	if (err != 0)
		return err;
	err = load_keys(&settings, log, &keys, &n_keys);
	if (err == 0)
		load_keys_free(keys, n_keys);
	tables = check_tables(&settings, log);
	settings_fini(&settings);
	return err != 0 ? err : tables;
}
