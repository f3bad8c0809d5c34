/* enum_report.c - lcrctl enum */
#include "lcrproxy/enum_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "enum/report.h"
#include "lcrproxy/enum_call.h"
#include "lcrproxy/enum_worker.h"
#include "lcrproxy/gather.h"
#include "lcrproxy/table.h"

/* --- enum NUMBER --- */

/* There and home: the look-up runs in the first worker's thread. */
struct question {
	struct mail mail; /* first */
	struct enum_ask ask;
	struct mailbox *home;
	struct control_request *request;
	struct enum_rules *rules; /* counted */
	struct enum_number number;
	struct report report;
	json_t *json;
	char *text;
	const char *error; /* NULL, or why there is no answer */
	char given[80];
};

static void
open_home(struct mail *mail, void *owner)
{
	struct question *question = (struct question *)(void *)mail;
	struct control_request *request = question->request;

	(void)owner;
	if (question->error == NULL && control_wants_json(request)) {
		control_answer_json(request, question->json);
		question->json = NULL;
	} else if (question->error == NULL && question->text != NULL) {
		control_answer(request, question->text);
	} else {
		control_refuse(request, "%s",
			       question->error != NULL ? question->error
						       : "out of memory");
	}
	json_decref(question->json);
	free(question->text);
	report_fini(&question->report);
	enum_rules_unref(question->rules);
	mem_free(question);
}

static void
go_home(struct question *question)
{
	question->mail.open = open_home;
	mailbox_post(question->home, &question->mail);
}

/* The URIs a call would be offered to, in that order. */
static json_t *
targets_json(const struct question *question, const struct enum_answer *answer)
{
	const struct enum_uri *uris[ENUM_URIS_MAX];
	const struct enum_rules *rules = question->rules;
	json_t *list = json_array();
	size_t n = enum_call_choose(rules, answer, false, uris,
				    rules->max_targets, NULL);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list, json_stringn(uris[i]->text.p, uris[i]->text.len));
	return list;
}

static void
print(struct question *question, const struct enum_answer *answer,
      const json_t *targets)
{
	size_t size = 0, i;
	FILE *out = open_memstream(&question->text, &size);
	json_t *target;

	if (out == NULL)
		return;
	report_print(out, &question->report, question->given, answer);
	fprintf(out, "\nA call would be offered to\n");
	json_array_foreach(targets, i, target)
		fprintf(out, "  %zu. %s\n", i + 1, json_string_value(target));
	if (json_array_size(targets) == 0)
		fprintf(out, "  the gateways of its plan alone\n");
	fclose(out);
	if (size > 0 && question->text[size - 1] == '\n')
		question->text[size - 1] = '\0';
}

static void
on_answer(void *arg, const struct enum_answer *answer)
{
	struct question *question = arg;
	json_t *targets = targets_json(question, answer);

	enum_ask_over(&question->ask);
	print(question, answer, targets);
	question->json =
	    report_json(&question->report, question->given, answer);
	json_object_set_new(question->json, "targets", targets);
	go_home(question);
}

static void
on_dropped(struct enum_ask *ask)
{
	struct question *question =
	    (struct question *)(void *)((char *)ask -
					offsetof(struct question, ask));

	question->error = "the settings have changed meanwhile";
	go_home(question);
}

static void
open_there(struct mail *mail, void *owner)
{
	struct question *question = (struct question *)(void *)mail;
	struct worker *worker = owner;
	struct enum_client *client = enum_worker_client(worker);
	int err;

	if (client == NULL) {
		question->error = "there are no trees (settings enum)";
		go_home(question);
		return;
	}
	question->rules = enum_rules_ref(
	    (struct enum_rules *)(uintptr_t)enum_worker_rules(worker));
	report_init(&question->report, question->rules->trees,
		    question->rules->client.n_trees, false);
	err = enum_start(client, &question->number, &question->report.trace,
			 on_answer, question, &question->ask.lookup);
	if (err == 0) {
		question->ask.dropped = on_dropped;
		enum_worker_hold(worker, &question->ask);
		return;
	}
	question->error = err == ERR_INVAL ? "no tree takes such a number"
					   : err_text(err);
	go_home(question);
}

static void
serve_number(struct control_request *request, const char *text)
{
	struct app *app = control_app(request);
	struct question *question = mem_zalloc(1, sizeof(*question));

	if (question == NULL) {
		control_refuse(request, "out of memory");
		return;
	}
	if (str_copy(str_of(text), question->given,
		     sizeof(question->given)) != 0 ||
	    enum_number_parse(str_of(text), &question->number) != 0) {
		control_refuse(request,
			       "number is \"%.60s\", expected digits as "
			       "+441632960083",
			       text);
		mem_free(question);
		return;
	}
	question->request = request;
	question->home = app_mailbox(app);
	question->mail.open = open_there;
	worker_post(app_node(app)->workers[0], &question->mail);
}

/* --- enum flush --- */

static void *
flush(struct worker *worker, void *arg)
{
	(void)arg;
	if (enum_worker_client(worker) != NULL)
		enum_flush(enum_worker_client(worker));
	return NULL;
}

static void
flushed(void *arg, void **answers, int n)
{
	(void)answers;
	(void)n;
	control_answer(arg, "done");
}

/* --- enum --- */

static json_t *
servers_of(const struct worker *worker)
{
	struct dns_server_state state;
	char text[ADDR_TEXT_MAX];
	json_t *list = json_array();

	for (size_t i = 0; enum_worker_server(worker, i, &state); i++)
		json_array_append_new(
		    list,
		    json_pack("{s:s s:b s:I s:I s:I s:I s:I}", "server",
			      addr_format(&state.addr, text), "dead",
			      (int)state.is_dead, "sent",
			      (json_int_t)state.n_sent, "received",
			      (json_int_t)state.n_received, "timeouts",
			      (json_int_t)state.n_timeouts, "refused",
			      (json_int_t)state.n_refused, "opened",
			      (json_int_t)state.n_opened));
	return list;
}

static json_t *
trees_of(const struct enum_rules *rules)
{
	char text[DNS_NAME_TEXT_MAX];
	json_t *list = json_array();

	for (size_t i = 0; i < rules->client.n_trees; i++)
		json_array_append_new(
		    list, json_string(dns_name_format(&rules->trees[i].suffix,
						      text)));
	return list;
}

static void *
state_of(struct worker *worker, void *arg)
{
	struct enum_client *client = enum_worker_client(worker);
	struct enum_counters counters;

	(void)arg;
	if (client == NULL)
		return NULL;
	enum_counters(client, &counters);
	return json_pack(
	    "{s:i s:o s:I s:I s:I s:I s:I s:I s:o}", "worker", worker->index,
	    "trees", trees_of(enum_worker_rules(worker)), "asked",
	    (json_int_t)counters.n_asked, "joined",
	    (json_int_t)counters.n_joined, "overflow",
	    (json_int_t)counters.n_refused, "running",
	    (json_int_t)counters.n_running, "cached_names",
	    (json_int_t)counters.n_sets, "cache_bytes",
	    (json_int_t)counters.cache_size, "servers", servers_of(worker));
}

static void
told(void *arg, void **answers, int n)
{
	struct control_request *request = arg;
	json_t *workers = json_array(), *trees = json_array();

	for (int i = 0; i < n; i++) {
		json_t *of = answers[i];

		if (of == NULL)
			continue;
		if (json_array_size(workers) == 0)
			json_array_extend(trees, json_object_get(of, "trees"));
		json_object_del(of, "trees");
		json_array_append_new(workers, of);
	}
	control_answer_object(request, json_pack("{s:o s:o}", "trees", trees,
					 "workers", workers));
}

void
enum_report_serve(struct control_request *request)
{
	struct app *app = control_app(request);
	const char *word = control_word(request, 1);
	int err = 0;

	if (word == NULL)
		err = gather_start(app_node(app), app_mailbox(app), state_of,
				   told, request);
	else if (strcmp(word, "flush") == 0)
		err = gather_start(app_node(app), app_mailbox(app), flush,
				   flushed, request);
	else
		serve_number(request, word);
	if (err != 0)
		control_refuse(request, "%s", err_text(err));
}
