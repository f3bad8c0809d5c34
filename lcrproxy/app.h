/*
 * app.h - the running daemon: start, reload, stop
 *
 * Lives in the control thread. A reload reads configuration and store in a
 * thread of its own and then hands every worker a reference to the new
 * snapshot; calls in progress keep the one they were planned with.
 */
#ifndef LCRPROXY_APP_H
#define LCRPROXY_APP_H

#include <uv.h>

#include "base/loop.h"
#include "lcrproxy/node.h"
#include "route/snapshot.h"

struct app;
struct trip_node;
struct policy;

/* Start everything; errors were logged. 0 or the error. */
int app_new(const char *config_file, struct log *log, struct app **out);
/* Serve until app_stop or a signal; returns when all is closed. */
void app_run(struct app *app);
void app_free(struct app *app);
/* Check configuration and store, say what was found, change nothing. */
int app_check(const char *config_file, struct log *log);

/* Begin to stop: new calls are refused, pending ones fail with a record,
 * journals are synced and shipped. */
void app_stop(struct app *app);

/* done gets err and, for 0, a text that says what was loaded and what needs a
 * restart; else what is wrong. Called once, in the control thread. ERR_BUSY
 * (nothing is called) while another reload runs. */
typedef void app_reload_done(void *arg, int err, const char *text);
int app_reload(struct app *app, app_reload_done *done, void *arg);

/* Reloads since the start. */
struct app_reloads {
	uint64_t good, failed;
	int64_t loaded_at; /* the snapshot in use; time_us */
};
const struct app_reloads *app_reloads(const struct app *app);

struct node *app_node(struct app *app);
uv_loop_t *app_loop(struct app *app);
struct mailbox *app_mailbox(struct app *app);
/* The newest snapshot, borrowed until the control thread's next turn. */
struct snapshot *app_snapshot(const struct app *app);
const struct policy *app_policy(const struct app *app);
const struct tuning *app_tuning(const struct app *app);
/* NULL when no TRIP is configured. */
struct trip_node *app_trip(const struct app *app);

#endif
