/* app.c - the life of the daemon, and its check run */
#include "lcrproxy/app_private.h"

#include <string.h>

#include "base/addr_set.h"
#include "base/alloc.h"
#include "base/err.h"
#include "config.h"
#include "lcrproxy/control.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/load.h"
#include "lcrproxy/monitor.h"
#include "lcrproxy/resume.h"
#include "lcrproxy/trip_node.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/worker.h"
#include "sip/tcp_peers.h"

#define STOP_SHIP_MS 5000 /* for the last events into the store */

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

const struct policy *
app_policy(const struct app *app)
{
	return app->policy;
}

const struct tuning *
app_tuning(const struct app *app)
{
	return &app->tuning;
}

const struct app_reloads *
app_reloads(const struct app *app)
{
	return &app->reloads;
}

struct trip_node *
app_trip(const struct app *app)
{
	return app->trip;
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

int
app_new(const char *config_file, struct log *log, struct app **out)
{
	char listen[512];
	struct app *app = mem_zalloc(1, sizeof(*app));
	int err;

	if (app == NULL || uv_loop_init(&app->loop) != 0) {
		mem_free(app);
		return ERR_NOMEM;
	}
	app->loop.data = app;
	app->config_file = mem_strdup(config_file);
	err = app->config_file != NULL ? app_open(app, log) : ERR_NOMEM;
	if (err != 0) {
		app_free(app);
		return err;
	}
	log_info(log, "node %s: version %s listens on %s, workers=%d",
		 app->node.name, VERSION,
		 listeners_text(&app->node.listeners, listen, sizeof(listen)),
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
	trip_node_stop(app->trip);
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
	app->node.stopping = true;
	monitor_hush(app->monitor);
	resume_close(app->resume);
	end_workers(&app->node);
	close_handles(app);
	monitor_close(app->monitor);
	free_workers(&app->node);
	trip_node_free(app->trip);
	if (app->node.acct != NULL)
		acct_stop(app->node.acct, STOP_SHIP_MS);
	resume_free(app->resume);
	snapshot_unref(app->snapshot);
	policy_unref(app->policy);
	enum_rules_unref(app->enum_rules);
	addr_set_unref(app->node.gateway_addrs);
	gateway_states_free(app->node.gateways);
	limit_states_free(app->node.limits);
	sip_tcp_peers_free(app->node.tcp_peers);
	identity_node_free(app->node.identity);
	if (app->keys != NULL)
		load_keys_free(app->keys, app->n_keys);
	if (log != NULL)
		log_info(log, "node %s: stopped", app->settings.node);
	listeners_close(&app->node.listeners);
	settings_fini(&app->settings);
	mem_free(app->config_file);
	mem_free(app);
}

static int
check_tables(const struct settings *settings, struct log *log)
{
	struct policy *policy;
	size_t n_dead;
	const struct snapshot_report *report;
	struct snapshot_settings states = { .limits = NULL };
	struct snapshot *snapshot;
	char error[LOAD_ERROR_MAX];
	int err = gateway_states_new(&states.states);

	if (err != 0)
		return err;
	err = load_snapshot(settings, &states, 1, log, &snapshot, error);
	if (err == 0) {
		report = snapshot_report(snapshot);
		log_info(log,
			 "store: %zu accounts, %zu trunks, %zu carriers, %zu "
			 "gateways, %zu tariffs, %zu rates, %zu limits, %zu "
			 "blocks, %u warnings",
			 report->accounts, report->trunks, report->carriers,
			 report->gateways, report->tariffs, report->rates,
			 report->limits, report->blocks, report->warnings);
		err = load_policy(settings, snapshot, log, &policy, &n_dead);
		if (err == 0) {
			policy_unref(policy);
			err = n_dead > 0 ? ERR_INVAL : 0;
		}
		snapshot_unref(snapshot);
	} else {
		log_error(log, "%s", error);
	}
	gateway_states_free(states.states);
	return err;
}

int
app_check(const char *config_file, struct log *log)
{
	struct listeners listeners;
	struct token_key *keys;
	struct settings settings;
	size_t n_keys;
	int err = settings_read(&settings, config_file, log), tables;

	if (err != 0)
		return err;
	err = load_keys(&settings, log, &keys, &n_keys);
	if (err == 0)
		load_keys_free(keys, n_keys);
	if (listeners_open(&listeners, &settings, log) != 0 && err == 0)
		err = ERR_INVAL;
	listeners_close(&listeners);
	tables = check_tables(&settings, log);
	settings_fini(&settings);
	return err != 0 ? err : tables;
}
