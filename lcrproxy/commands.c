/* commands.c - what lcrctl can ask: one table row per command */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/control.h"
#include "lcrproxy/counted.h"
#include "lcrproxy/enum_report.h"
#include "lcrproxy/follow.h"
#include "lcrproxy/gather.h"
#include "lcrproxy/limit_report.h"
#include "lcrproxy/report.h"
#include "lcrproxy/route_command.h"
#include "lcrproxy/table.h"
#include "lcrproxy/trip_node.h"
#include "lcrproxy/trip_report.h"

static void
serve_status(struct control_request *request)
{
	control_answer_object(request, report_status(control_app(request)));
}

static void
reload_done(void *arg, int err, const char *text)
{
	struct control_request *request = arg;

	if (err == 0)
		control_answer(request, text);
	else
		control_refuse(request, "%s", text);
}

static void
serve_reload(struct control_request *request)
{
	if (app_reload(control_app(request), reload_done, request) != 0)
		control_refuse(request, "another reload is running");
}

static void
serve_gateways(struct control_request *request)
{
	static const char *const keys[] = {
		"gateway", "carrier", "source", "uri", "enabled", "operator_off",
		"health", "cause", "health_since", "registered",
		"pending", "answered", "attempts", "answers", "failures",
		"timeouts", NULL
	};

	control_answer_rows(request, report_gateways(control_app(request)), keys);
}

struct switching {
	const char *name;
	bool is_off, found;
};

/* All learnt ones of this name: the same server may be two carriers'. */
static void
switch_learnt(void *arg, const struct gateway *gateway, const char *carrier,
	      size_t n_sets)
{
	struct switching *switching = arg;

	(void)carrier;
	(void)n_sets;
	if (strcmp(gateway->name, switching->name) != 0)
		return;
	switching->found = true;
	atomic_store(&gateway->state->disabled, switching->is_off);
}

/* False when there is none of this name. */
static bool
switch_gateway(struct app *app, const char *name, bool is_off)
{
	const struct gateway *gateway =
	    snapshot_gateway_by_name(app_snapshot(app), str_of(name));
	struct switching switching = { name, is_off, false };

	if (gateway != NULL) {
		atomic_store(&gateway->state->disabled, is_off);
		return true;
	}
	if (app_trip(app) != NULL)
		learnt_book_each(trip_node_book(app_trip(app)), switch_learnt,
				 &switching);
	return switching.found;
}

static void
serve_gateway(struct control_request *request)
{
	const char *name = control_word(request, 1);
	const char *what = control_word(request, 2);
	struct app *app = control_app(request);

	if (name == NULL || what == NULL ||
	    (strcmp(what, "enable") != 0 && strcmp(what, "disable") != 0)) {
		control_refuse(request,
			       "expected: gateway NAME enable|disable");
		return;
	}
	if (!switch_gateway(app, name, strcmp(what, "disable") == 0)) {
		control_refuse(request, "there is no gateway %s", name);
		return;
	}
	log_info(app_node(app)->log,
		 "gateway %s: %sd by the operator", name, what);
	control_answer(request, "done");
}

static void
calls_done(void *arg, void **answers, int n)
{
	static const char *const keys[] = {
		"call_id", "state", "account", "number", "carrier", "gateway",
		"uri", "since", "seconds", NULL
	};
	struct control_request *request = arg;
	json_t *all = json_array();

	for (int i = 0; i < n; i++) {
		json_array_extend(all, answers[i]);
		json_decref(answers[i]);
	}
	control_answer_rows(request, all, keys);
}

static void
serve_calls(struct control_request *request)
{
	struct app *app = control_app(request);

	if (gather_start(app_node(app), app_mailbox(app), report_calls_of,
			 calls_done, request) != 0)
		control_refuse(request, "out of memory");
}

static void
counters_done(void *arg, void **answers, int n)
{
	struct control_request *request = arg;
	json_t *sum = report_counters_sum(answers, n);

	trip_report_counters(control_app(request), sum);
	control_answer_object(request, sum);
}

static void
serve_counters(struct control_request *request)
{
	struct app *app = control_app(request);

	if (gather_start(app_node(app), app_mailbox(app), counted_take,
			 counters_done, request) != 0)
		control_refuse(request, "out of memory");
}

static void
serve_limits(struct control_request *request)
{
	const struct snapshot *snapshot = app_snapshot(control_app(request));
	const char *name = control_word(request, 1);
	const struct account *account = NULL;

	if (name != NULL) {
		account = snapshot_account_by_name(snapshot, str_of(name));
		if (account == NULL) {
			control_refuse(request, "there is no account %s", name);
			return;
		}
	}
	control_answer_rows(request, limit_report(snapshot, account),
		    limit_report_keys);
}

static void
serve_log(struct control_request *request)
{
	struct log *log = app_node(control_app(request))->log;
	const char *text = control_word(request, 1);
	enum log_level level;

	if (text == NULL) {
		control_answer(request,
			       log_level_text((enum log_level)log->level));
		return;
	}
	if (log_level_parse(str_of(text), &level) != 0) {
		control_refuse(request, "level is \"%s\", expected error, "
			       "warning, info or debug", text);
		return;
	}
	log->level = (int)level;
	control_answer(request, "done");
}

static void
serve_drain(struct control_request *request)
{
	struct node *node = app_node(control_app(request));
	const char *text = control_word(request, 1);
	bool is_off = text != NULL && strcmp(text, "off") == 0;

	if (text != NULL && !is_off) {
		control_refuse(request, "\"%s\": expected nothing or off", text);
		return;
	}
	if (node->draining == is_off)
		log_info(node->log, "node %s: %s", node->name,
			 is_off ? "takes new calls again"
				: "drains, new calls are refused");
	node->draining = !is_off;
	control_answer(request, is_off ? "done" : "draining");
}

static void
serve_stop(struct control_request *request)
{
	control_answer(request, "stopping");
	app_stop(control_app(request));
}

static const struct {
	const char *name;
	void (*serve)(struct control_request *request);
} commands[] = {
	{ "status", serve_status },
	{ "reload", serve_reload },
	{ "route", route_command_serve },
	{ "gateways", serve_gateways },
	{ "gateway", serve_gateway },
	{ "calls", serve_calls },
	{ "counters", serve_counters },
	{ "enum", enum_report_serve },
	{ "events", follow_serve },
	{ "limits", serve_limits },
	{ "trip", trip_report_serve },
	{ "log", serve_log },
	{ "drain", serve_drain },
	{ "stop", serve_stop },
};

void
commands_serve(struct control_request *request)
{
	const char *name = control_word(request, 0);

	if (app_node(control_app(request))->stopping) {
		control_refuse(request, "the daemon is stopping");
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			commands[i].serve(request);
			return;
		}
	}
	control_refuse(request, "there is no command %s", name);
}
