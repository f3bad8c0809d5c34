/* follow.c - the events of calls as they come, for lcrctl events */
#include "lcrproxy/follow.h"

#include <stdlib.h>
#include <string.h>

#include "acct/event.h"
#include "acct/journal.h"
#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"

#define LOOK_EVERY_MS 100
#define RECORDS_PER_LOOK 2000 /* of one journal */
#define NUMBER_TEXT_MAX 256

struct follow {
	struct app *app;
	struct control_request *request;
	uv_timer_t timer;
	struct journal_reader *readers[SETTINGS_MAX_WORKERS];
	int64_t seen[SETTINGS_MAX_WORKERS]; /* all before this number */
	int n_readers;
	struct arena arena; /* of one event */
	struct event_keys *keys;
	char *account;	    /* NULL = all */
};

/* --- one event --- */

/* What log.full_numbers is about. */
static bool
is_number(const char *name)
{
	static const char *const names[] = { "caller", "caller_asserted",
					     "dialled", "number" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static json_t *
text_json(const struct follow *follow, const char *name, const char *text)
{
	char masked[NUMBER_TEXT_MAX];

	if (!is_number(name))
		return json_string(text);
	return json_string(log_number(app_node(follow->app)->log, str_of(text),
				      masked, sizeof(masked)));
}

static json_t *
number_json(enum cdr_type type, int64_t number)
{
	char text[TIMEFMT_MAX + MONEY_TEXT_MAX];

	if (type == CDR_INT)
		return json_integer(number);
	if (type == CDR_TIME)
		time_format(number, text);
	else
		money_format(number, 0, text);
	return json_string(text);
}

/* All fields that are known. */
static void
add_fields(const struct follow *follow, json_t *object, const void *record,
	   const struct cdr_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct cdr_field *field = &fields[i];

		if (field->type == CDR_TEXT) {
			const char *text = cdr_text(record, field);

			if (text != NULL)
				json_object_set_new(
				    object, field->name,
				    text_json(follow, field->name, text));
		} else if (cdr_number(record, field) != CDR_NONE) {
			json_object_set_new(
			    object, field->name,
			    number_json(field->type,
					cdr_number(record, field)));
		}
	}
}

static bool
is_wanted(const struct follow *follow, const struct event *event)
{
	return follow->account == NULL ||
	       (event->type != EVENT_ATTEMPT && event->cdr.account != NULL &&
		strcmp(event->cdr.account, follow->account) == 0);
}

static void
send_event(struct follow *follow, int worker, int64_t seq,
	   const struct event *event)
{
	json_t *object = json_pack("{s:s s:i s:I}", "event",
				   event_type_text(event->type), "worker",
				   worker, "seq", (json_int_t)seq);
	char *text;

	if (event->type == EVENT_ATTEMPT)
		add_fields(follow, object, &event->attempt, cdr_attempt_fields,
			   n_cdr_attempt_fields);
	else
		add_fields(follow, object, &event->cdr, cdr_fields,
			   n_cdr_fields);
	text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(object);
	if (text != NULL && control_push(follow->request, text, strlen(text)) == 0)
		control_push(follow->request, "\n", 1);
	free(text);
}

/* Of a START that has one the attempt comes first, as one of its own would. */
static void
send_attempt(struct follow *follow, int worker, int64_t seq,
	     const struct event *start)
{
	struct event event = { .type = EVENT_ATTEMPT,
			       .attempt = start->attempt };

	if (start->has_attempt && is_wanted(follow, &event))
		send_event(follow, worker, seq, &event);
}

/* --- the journals --- */

/* Whatever cannot be read is the shipper's to report. */
static void
look(struct follow *follow, int worker)
{
	struct journal_reader *reader = follow->readers[worker];

	for (int i = 0; i < RECORDS_PER_LOOK; i++) {
		struct journal_position at;
		struct event event;
		const void *data;
		size_t len;
		int err;

		if (control_is_behind(follow->request))
			return;
		err = journal_reader_next(reader, &data, &len, &at);
		if (err == ERR_CORRUPT)
			continue;
		if (err != 0)
			return;
		if (at.seq <= follow->seen[worker])
			continue; /* written again after a failed sync */
		follow->seen[worker] = at.seq;
		arena_reset(&follow->arena);
		if (event_decode(&follow->arena, data, len, &event) != 0 ||
		    !is_wanted(follow, &event) ||
		    event_identify(&follow->arena, follow->keys, &event) != 0)
			continue;
		send_attempt(follow, worker, at.seq - 1, &event);
		send_event(follow, worker, at.seq - 1, &event);
	}
}

static void
on_timer(uv_timer_t *timer)
{
	struct follow *follow = timer->data;

	for (int i = 0; i < follow->n_readers; i++) {
		if (follow->readers[i] != NULL)
			look(follow, i);
	}
}

/* To the end of what there is. */
static void
skip(struct journal_reader *reader)
{
	struct journal_position at;
	const void *data;
	size_t len;
	int err;

	do
		err = journal_reader_next(reader, &data, &len, &at);
	while (err == 0 || err == ERR_CORRUPT);
}

static int
open_readers(struct follow *follow)
{
	const struct node *node = app_node(follow->app);
	const char *directory = node->settings->journal.directory;
	struct journal_source *sources;
	size_t n;
	int err = journal_list(directory, &sources, &n);

	if (err != 0)
		return err;
	follow->n_readers = node->n_workers;
	for (size_t i = 0; i < n && err == 0; i++) {
		const struct journal_source *source = &sources[i];
		const struct journal_position last = {
			.segment = source->last_segment
		};

		if (strcmp(source->node, node->name) != 0 ||
		    source->worker >= follow->n_readers)
			continue;
		err = journal_reader_open(directory, source, &last,
					  &follow->readers[source->worker]);
		if (err == 0)
			skip(follow->readers[source->worker]);
	}
	mem_free(sources);
	return err;
}

/* --- from beginning to end --- */

static void
release(struct follow *follow)
{
	for (int i = 0; i < follow->n_readers; i++)
		journal_reader_close(follow->readers[i]);
	arena_fini(&follow->arena);
	event_keys_free(follow->keys);
	mem_free(follow->account);
	mem_free(follow);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static void
on_closed(void *arg)
{
	struct follow *follow = arg;

	uv_close((uv_handle_t *)&follow->timer, on_timer_closed);
}

void
follow_serve(struct control_request *request)
{
	struct follow *follow = mem_zalloc(1, sizeof(*follow));
	const char *account = control_option(request, "account");
	int err = ERR_NOMEM;

	if (follow != NULL) {
		follow->app = control_app(request);
		follow->request = request;
		arena_init(&follow->arena, NULL, 0, 0);
		follow->account =
		    account != NULL ? mem_strdup(account) : NULL;
		if (account == NULL || follow->account != NULL)
			err = event_keys_new(&follow->keys);
		if (err == 0)
			err = open_readers(follow);
	}
	if (err != 0) {
		if (follow != NULL)
			release(follow);
		control_refuse(request, "journals: %s", err_text(err));
		return;
	}
	uv_timer_init(app_loop(follow->app), &follow->timer);
	follow->timer.data = follow;
	control_stream(request, on_closed, follow);
	uv_timer_start(&follow->timer, on_timer, 0, LOOK_EVERY_MS);
}
