/* app_start.c - opening all the parts of the daemon, in order */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lcrproxy/app_private.h"
#include "lcrproxy/control.h"
#include "lcrproxy/files.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/load.h"
#include "lcrproxy/monitor.h"
#include "lcrproxy/resume.h"
#include "lcrproxy/trip_node.h"
#include "lcrproxy/worker.h"
#include "sip/tcp_peers.h"
#include "sip/value.h"

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

/* One core is left to accounting, the store and the system. With one worker no
 * datagram changes its thread, which is what a second one costs (bench/). */
static int
workers_for(int cores)
{
	int workers = cores - 1;

	if (workers < 1)
		return 1;
	return workers < SETTINGS_MAX_WORKERS ? workers : SETTINGS_MAX_WORKERS;
}

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
	clock_init_system(&node->limits_clock);
	node->session = (struct sip_session_rule){
		.interval_s = (uint32_t)app->settings.sip.session_expires_s,
		.min_s = (uint32_t)app->settings.sip.session_min_s,
	};
	node->n_workers = (int)app->settings.workers;
	if (node->n_workers == 0)
		node->n_workers = workers_for((int)uv_available_parallelism());
	err = listeners_open(&node->listeners, &app->settings, log);
	if (listeners_have_streams(&node->listeners))
		node->max_connections = files_for_connections(
		    (size_t)app->settings.sip.max_connections, node->n_workers,
		    log);
	if (err == 0)
		err = random_bytes(&node->instance, sizeof(node->instance));
	if (err == 0)
		err = hash_key_random(&node->hash_key);
	if (err == 0)
		err = gateway_states_new(&node->gateways);
	if (err == 0)
		err = limit_states_new(&node->limits_clock, &node->limits);
	if (err == 0)
		err = sip_tcp_peers_new(&node->hash_key, &node->tcp_peers);
	if (err == 0)
		err = identity_node_new(node, &node->identity);
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
		.ship_timeout_ms = journal->ship_timeout_s * 1000,
		.max_size_bytes = journal->max_size_mb << 20,
		.reserve_bytes = journal->reserve_kb << 10,
		.carries_on = journal->when_full == WHEN_FULL_CARRY_ON,
		.retain_s = journal->retain_s,
		.sweep_interval_s = app->settings.records.sweep_interval_s,
		.max_call_s = app->settings.records.max_call_s,
		.sweep_grace_s = app->settings.records.sweep_grace_s,
		.keep_months = app->settings.records.keep_months,
		.open_calls = app->resume != NULL
				  ? resume_listener(app->resume)
				  : NULL,
	};
	int err = acct_start(&settings, app->node.log, &app->node.acct);

	if (!app->settings.accounting)
		log_warning(app->node.log,
			    "accounting: is off, no call is put on record");
	if (err != 0)
		log_error(app->node.log, "journal: %s: %s", journal->directory,
			  err == ERR_IO ? strerror(errno) : err_text(err));
	return err;
}

/* The workers share their ports (SO_REUSEPORT), and so would another daemon:
 * bind once without that, to see that nobody else is there. */
static int
check_port(const struct node *node, const struct listener *l)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(&l->addr, &sa);
	int type = l->transport == SIP_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);
	int err = 0, on = 1;

	/* TCP: connections that linger are no daemon */
	if (fd >= 0 && type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) != 0) {
		err = ERR_IO;
		log_error(node->log, "listen %s: %s", l->sent_by,
			  strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int
check_ports(const struct node *node)
{
	int err = 0;

	for (size_t i = 0; i < node->listeners.n && err == 0; i++)
		err = check_port(node, &node->listeners.at[i]);
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
		log_error(node->log, "workers: %s",
			  err == ERR_IO ? strerror(errno) : err_text(err));
		return err;
	}
	err = app_tell_workers(app);
	if (err == 0 && app->resume != NULL)
		resume_open(app->resume, RESUME_WAIT_MS);
	for (int i = 0; i < node->n_workers && err == 0; i++)
		err = worker_start(node->workers[i]);
	return err;
}

static int
open_first_snapshot(struct app *app)
{
	const struct snapshot_settings states = { .states = app->node.gateways,
						  .limits = app->node.limits,
						  .proof_key = &app->node.hash_key };
	char error[LOAD_ERROR_MAX];
	const struct snapshot_report *report;
	int err = load_snapshot(&app->settings, &states,
				app_next_generation(app), app->node.log,
				&app->snapshot, error);

	if (err != 0) {
		log_error(app->node.log, "%s", error);
		return err;
	}
	load_tuning(&app->settings, &app->tuning);
	err = load_policy(&app->settings, app->snapshot, app->node.log,
			  &app->policy, NULL);
	if (err == 0)
		err = enum_rules_new(&app->settings.numbers,
				     &app->settings.dns, &app->enum_rules);
	if (err != 0)
		return err;
	app_note_loaded(app);
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

/* For all threads, which begin later. A datagram for us does not interrupt who has
 * the processor: meanwhile more come together, and a call takes fewer changes of
 * thread (doc/architecture.md). A policy that somebody has chosen stays. */
static void
set_scheduling(const struct settings *settings)
{
	const struct sched_param no_priority = { 0 };

	if (settings->scheduling == SCHEDULING_BATCH &&
	    sched_getscheduler(0) == SCHED_OTHER)
		(void)sched_setscheduler(0, SCHED_BATCH, &no_priority);
}

int
app_open(struct app *app, struct log *log)
{
	int err = settings_read(&app->settings, app->config_file, log);

	if (err != 0)
		return err;
	log->level = app->settings.log.level;
	log->full_numbers = app->settings.log.full_numbers;
	set_scheduling(&app->settings);
	sip_value_setup();
	err = load_keys(&app->settings, log, &app->keys, &app->n_keys);
	if (err == 0)
		err = fill_node(app, log);
	if (err == 0)
		err = open_first_snapshot(app);
	if (err == 0 && app->settings.accounting)
		err = resume_new(&app->node, &app->resume);
	if (err == 0)
		err = open_acct(app);
	if (err == 0)
		err = open_signals(app);
	if (err == 0) {
		app->opened = true;
		err = mailbox_new(&app->loop, app, &app->mailbox);
		app->node.home = app->mailbox;
	}
	if (err == 0)
		err = open_control(app);
	if (err == 0)
		err = check_ports(&app->node);
	if (err == 0)
		err = monitor_open(app, &app->settings.control, &app->monitor);
	if (err == 0)
		err = open_workers(app);
	if (err == 0)
		err = trip_node_new(app, &app->trip);
	if (err == 0)
		err = monitor_start(app->monitor);
	return err;
}
