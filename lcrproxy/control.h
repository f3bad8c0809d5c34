/*
 * control.h - the daemon's side of lcrctl: a Unix socket
 *
 * A client sends one JSON object and a line end: {"words": ["route",
 * "+4930..."], "options": {"account": "a"}, "json": true}. It gets one line
 * "ok" or "error", then text (JSON, a table, or the reason), then the end.
 */
#ifndef LCRPROXY_CONTROL_H
#define LCRPROXY_CONTROL_H

#include <jansson.h>

#include "lcrproxy/app.h"

struct control;
struct control_request;

/* Listen on path (removed first when no daemon answers there). 0, ERR_EXISTS
 * (another daemon answers), ERR_IO or ERR_NOMEM. */
int control_open(struct app *app, const char *path, struct control **out);
/* No new requests; the socket file goes, and clients that have asked nothing
 * are hung up. */
void control_close(struct control *control);

/* --- for the commands (commands.c) --- */

struct app *control_app(const struct control_request *request);
/* Word i of the command (0 = its name), or NULL. */
const char *control_word(const struct control_request *request, size_t i);
/* An option's value, or NULL. */
const char *control_option(const struct control_request *request,
			   const char *name);
bool control_wants_json(const struct control_request *request);
/* Answer, exactly once per request. The text is copied; json is taken over. */
void control_answer(struct control_request *request, const char *text);
void control_answer_json(struct control_request *request, json_t *json);
/* As JSON or, where it is not wanted, as table.h has it for people. */
void control_answer_object(struct control_request *request, json_t *object);
void control_answer_rows(struct control_request *request, json_t *rows,
			 const char *const *keys);
void control_refuse(struct control_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Instead of an answer: "ok", and what control_push sends until the client goes
 * or the daemon stops. closed(arg) is called once then; the request is gone
 * when it returns.
 */
typedef void control_closed(void *arg);
void control_stream(struct control_request *request, control_closed *closed,
		    void *arg);
/* Send a copy of the text: 0, ERR_IO or ERR_NOMEM. */
int control_push(struct control_request *request, const char *text,
		 size_t len);
/* Whether the client does not read what it was sent: wait. */
bool control_is_behind(const struct control_request *request);

/* Serve one request (commands.c). */
void commands_serve(struct control_request *request);

#endif
