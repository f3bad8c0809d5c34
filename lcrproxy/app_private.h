/*
 * app_private.h - the daemon's inside, for app*.c only
 */
#ifndef LCRPROXY_APP_PRIVATE_H
#define LCRPROXY_APP_PRIVATE_H

#include "lcrproxy/app.h"
#include "lcrproxy/enum_rules.h"
#include "lcrproxy/settings.h"

struct control;
struct monitor;
struct reload;
struct resume;

struct app {
	char *config_file;
	uv_loop_t loop;
	uv_signal_t sigterm, sigint, sighup;
	struct settings settings;
	struct token_key *keys;
	size_t n_keys;
	struct node node;
	struct tuning tuning;
	struct policy *policy;
	struct enum_rules *enum_rules; /* counted; NULL: no ENUM */
	struct snapshot *snapshot;
	struct control *control;
	struct mailbox *mailbox;
	struct trip_node *trip; /* NULL: none */
	struct reload *reload; /* while one runs */
	struct app_reloads reloads;
	struct monitor *monitor; /* NULL: no HTTP */
	struct resume *resume; /* NULL: no call is put on record */
	bool opened, stopping;
};

/* The number of the next snapshot of this process. */
uint32_t app_next_generation(const struct app *app);
/* It has another snapshot, since now. */
void app_note_loaded(struct app *app);
/* Post the app's snapshot and tuning to every worker: 0 or ERR_NOMEM. */
int app_tell_workers(struct app *app);
/* Open everything that app_new needs, errors logged; what was opened before an
 * error is released by app_free. */
int app_open(struct app *app, struct log *log);

#endif
