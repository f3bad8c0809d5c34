/* app_reload.c - a new snapshot beside the running one, then handed over */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/app_private.h"
#include "lcrproxy/enum_worker.h"
#include "lcrproxy/gateway_names.h"
#include "lcrproxy/load.h"
#include "lcrproxy/trip_node.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/registrants.h"
#include "lcrproxy/watch.h"
#include "lcrproxy/worker.h"

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
	struct policy *policy;
	struct enum_rules *enum_rules;
	char text[TEXT_MAX];
	int err;
};

uint32_t
app_next_generation(const struct app *app)
{
	struct clock clock;
	uint32_t now, last;

	clock_init_system(&clock);
	now = (uint32_t)(clock_wall(&clock) / US_PER_S);
	last = app->snapshot != NULL ? snapshot_generation(app->snapshot) : 0;
	return now > last ? now : last + 1;
}

void
app_note_loaded(struct app *app)
{
	struct clock clock;

	clock_init_system(&clock);
	app->reloads.loaded_at = clock_wall(&clock);
}

struct news {
	struct mail mail; /* first */
	struct snapshot *snapshot;
	struct tuning tuning;
	struct policy *policy; /* counted */
	struct tls_ctx *ctx[LISTENERS_MAX]; /* counted */
	struct enum_rules *enum_rules; /* counted */
};

static void
open_news(struct mail *mail, void *owner)
{
	struct news *news = (struct news *)(void *)mail;
	struct worker *worker = owner;

	snapshot_unref(worker->snapshot);
	worker->snapshot = news->snapshot;
	worker->tuning = news->tuning;
	policy_unref(worker->policy);
	worker->policy = news->policy;
	(void)enum_worker_set(worker, news->enum_rules);
	if (worker->index == 0 && watch_start(worker) != 0)
		log_error(worker->log, "gateways are not watched: %s",
			  err_text(ERR_NOMEM));
	if (worker->index == 0 && gateway_names_follow(worker) != 0)
		log_error(worker->log, "gateways' names are not looked up: %s",
			  err_text(ERR_NOMEM));
	if (worker->index == 0 && registrants_start(worker) != 0)
		log_error(worker->log, "no gateway is registered at: %s",
			  err_text(ERR_NOMEM));
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (news->ctx[i] != NULL)
			worker_set_ctx(worker, (uint8_t)i, news->ctx[i]);
		tls_ctx_unref(news->ctx[i]);
	}
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
	news->policy = policy_ref(app->policy);
	news->enum_rules = enum_rules_ref(app->enum_rules);
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		news->ctx[i] = tls_ctx_ref(app->node.listeners.at[i].ctx);
	worker_post(worker, &news->mail);
	return 0;
}

int
app_tell_workers(struct app *app)
{
	int err = 0;

	for (int i = 0; i < app->node.n_workers && err == 0; i++)
		err = tell_worker(app, app->node.workers[i]);
	return err;
}

static void
reload_work(uv_work_t *work)
{
	struct reload *reload = work->data;
	struct app *app = work->loop->data;
	const struct snapshot_settings states = { .states = app->node.gateways,
						  .limits = app->node.limits,
						  .proof_key = &app->node.hash_key };
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
	reload->err = enum_rules_new(&reload->settings.numbers,
				     &app->settings.dns, &reload->enum_rules);
	if (reload->err != 0) {
		snprintf(reload->text, TEXT_MAX, "all kept, %s",
			 err_text(reload->err));
		return;
	}
	settings = &reload->settings;
	reload->err = load_snapshot(settings, &states, reload->generation,
				    app->node.log, &reload->snapshot, error);
	if (reload->err != 0)
		snprintf(reload->text, TEXT_MAX, "snapshot kept, %s", error);
	else
		reload->err = load_policy(settings, reload->snapshot,
					  app->node.log, &reload->policy, NULL);
}

struct changes {
	char *text;
	size_t len;
};

/* A line more, as long as there is room. */
static void
add_line(struct changes *changes, const char *subject, const char *what)
{
	if (changes->len + 64 > TEXT_MAX)
		return;
	changes->len += (size_t)snprintf(changes->text + changes->len,
					 TEXT_MAX - changes->len, "\n%s%s",
					 subject, what);
	if (changes->len >= TEXT_MAX)
		changes->len = TEXT_MAX - 1;
}

static void
note_change(void *arg, const char *setting, bool reloadable)
{
	if (!reloadable)
		add_line(arg, setting, " changed: takes effect after a restart");
	else if (strncmp(setting, "trip.", 5) == 0)
		add_line(arg, setting, " changed");
}

static void
note_peer(void *arg, const char *address, const char *what)
{
	char subject[TRIP_NAME_MAX + 16];

	snprintf(subject, sizeof(subject), "trip peer %s: ", address);
	add_line(arg, subject, what);
}

/* The daemon's settings of TRIP become those that were read, and those go with
 * the rest of the reading. */
static void
apply_trip(struct app *app, struct trip_settings *next, struct changes *changes)
{
	struct trip_settings *now = &app->settings.trip, before = *now;

	if (app->trip == NULL)
		return;
	trip_settings_keep_fixed(next, &before);
	*now = *next;
	*next = before;
	if (trip_node_set(app->trip, next, now, note_peer, changes) == 0)
		return;
	*next = *now;
	*now = before;
	trip_settings_keep_fixed(now, next);
	add_line(changes, "trip: ", "settings kept, out of memory");
}

/* Take what may change; the rest of the settings stays as at start. */
static void
apply(struct app *app, struct reload *reload)
{
	const struct snapshot_report *report =
	    snapshot_report(reload->snapshot);
	struct changes changes = { reload->text, 0 };
	struct snapshot *before = app->snapshot;

	app->snapshot = reload->snapshot;
	app_note_loaded(app);
	trip_node_reloaded(app->trip);
	snapshot_unref(before);
	policy_unref(app->policy);
	app->policy = policy_ref(reload->policy);
	load_tuning(&reload->settings, &app->tuning);
	enum_rules_unref(app->enum_rules);
	app->enum_rules = reload->enum_rules;
	reload->enum_rules = NULL;
	app->node.log->level = reload->settings.log.level;
	app->node.log->full_numbers = reload->settings.log.full_numbers;
	reload->err = app_tell_workers(app);
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
	apply_trip(app, &reload->settings.trip, &changes);
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
	if (reload->err == 0 &&
	    listeners_reload(&app->node.listeners, &app->settings,
			     app->node.log) != 0) {
		snapshot_unref(reload->snapshot);
		snprintf(reload->text, TEXT_MAX,
			 "all kept, a certificate cannot be used (see the "
			 "log)");
		reload->err = ERR_INVAL;
	}
	if (reload->err == 0)
		apply(app, reload);
	else
		log_error(app->node.log, "reload: %s", reload->text);
	if (reload->err == 0)
		app->reloads.good++;
	else
		app->reloads.failed++;
	if (reload->done != NULL)
		reload->done(reload->arg, reload->err, reload->text);
	policy_unref(reload->policy);
	if (reload->has_settings)
		settings_fini(&reload->settings);
	enum_rules_unref(reload->enum_rules);
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
	reload->generation = app_next_generation(app);
	if (uv_queue_work(&app->loop, &reload->work, reload_work,
			  reload_finished) != 0) {
		mem_free(reload);
		return ERR_NOMEM;
	}
	app->reload = reload;
	return 0;
}
