/* control.c - requests and answers over the socket */
#include "lcrproxy/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/table.h"

#define REQUEST_MAX 65536
#define BACKLOG 16
#define MAX_CLIENTS 64
#define BEHIND_BYTES (1 << 20) /* sent to a client, and not read by it */

struct control {
	struct app *app;
	uv_pipe_t pipe;
	struct control_request *clients;
	int n_clients;
	bool closing;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct control_request {
	struct control *control;
	struct control_request *next, **link; /* among the clients */
	uv_pipe_t pipe;
	uv_write_t write;
	char *in;
	size_t n_in;
	json_t *json;
	char *out;
	bool answered;
	control_closed *closed; /* of a stream; NULL = it is none */
	void *closed_arg;
};

/* Some text on its way. */
struct push {
	uv_write_t write;
	char text[];
};

static void
on_client_closed(uv_handle_t *handle)
{
	struct control_request *request = handle->data;
	struct control *control = request->control;

	if (request->closed != NULL)
		request->closed(request->closed_arg);
	*request->link = request->next;
	if (request->next != NULL)
		request->next->link = request->link;
	json_decref(request->json);
	mem_free(request->in);
	mem_free(request->out);
	mem_free(request);
	control->n_clients--;
	if (control->closing && control->n_clients == 0)
		mem_free(control);
}

static void
hang_up(struct control_request *request)
{
	uv_handle_t *handle = (uv_handle_t *)&request->pipe;

	request->answered = true;
	if (!uv_is_closing(handle))
		uv_close(handle, on_client_closed);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	hang_up(write->data);
}

static void
send_answer(struct control_request *request, const char *verdict,
	    const char *text)
{
	size_t len = strlen(verdict) + strlen(text) + 3;
	uv_buf_t buf;

	if (request->answered)
		return;
	request->answered = true;
	uv_read_stop((uv_stream_t *)&request->pipe);
	request->out = mem_alloc(len);
	if (request->out == NULL) {
		hang_up(request);
		return;
	}
	len = (size_t)snprintf(request->out, len, "%s\n%s\n", verdict, text);
	buf = uv_buf_init(request->out, (unsigned)len);
	request->write.data = request;
	if (uv_write(&request->write, (uv_stream_t *)&request->pipe, &buf, 1,
		     on_written) != 0)
		hang_up(request);
}

void
control_answer(struct control_request *request, const char *text)
{
	send_answer(request, "ok", text);
}

/* text, NULL without memory, is of json; both are taken over. */
static void
answer_text(struct control_request *request, json_t *json, char *text)
{
	json_decref(json);
	if (text == NULL)
		send_answer(request, "error", "out of memory");
	else
		send_answer(request, "ok", text);
	free(text);
}

void
control_answer_json(struct control_request *request, json_t *json)
{
	char *text = json != NULL
			 ? json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER)
			 : NULL;

	answer_text(request, json, text);
}

void
control_answer_object(struct control_request *request, json_t *object)
{
	if (control_wants_json(request))
		control_answer_json(request, object);
	else
		answer_text(request, object, table_object(object));
}

void
control_answer_rows(struct control_request *request, json_t *rows,
		    const char *const *keys)
{
	if (control_wants_json(request))
		control_answer_json(request, rows);
	else
		answer_text(request, rows, table_text(rows, keys));
}

void
control_refuse(struct control_request *request, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_answer(request, "error", text);
}

struct app *
control_app(const struct control_request *request)
{
	return request->control->app;
}

const char *
control_word(const struct control_request *request, size_t i)
{
	return json_string_value(
	    json_array_get(json_object_get(request->json, "words"), i));
}

const char *
control_option(const struct control_request *request, const char *name)
{
	return json_string_value(json_object_get(
	    json_object_get(request->json, "options"), name));
}

bool
control_wants_json(const struct control_request *request)
{
	return json_is_true(json_object_get(request->json, "json"));
}

static void
on_pushed(uv_write_t *write, int status)
{
	struct control_request *request = write->data;

	mem_free(write);
	if (status != 0)
		hang_up(request);
}

int
control_push(struct control_request *request, const char *text, size_t len)
{
	struct push *push = mem_alloc(sizeof(*push) + len);
	uv_buf_t buf;

	if (push == NULL)
		return ERR_NOMEM;
	memcpy(push->text, text, len);
	push->write.data = request;
	buf = uv_buf_init(push->text, (unsigned)len);
	if (uv_write(&push->write, (uv_stream_t *)&request->pipe, &buf, 1,
		     on_pushed) == 0)
		return 0;
	mem_free(push);
	return ERR_IO;
}

bool
control_is_behind(const struct control_request *request)
{
	return uv_stream_get_write_queue_size(
		   (const uv_stream_t *)&request->pipe) > BEHIND_BYTES;
}

static void
serve(struct control_request *request, size_t len)
{
	json_error_t error;

	request->json = json_loadb(request->in, len, 0, &error);
	if (request->json == NULL || control_word(request, 0) == NULL)
		control_refuse(request, "request is not understood: %s",
			       request->json == NULL ? error.text
						     : "no command");
	else
		commands_serve(request);
}

static void
on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
	struct control_request *request = handle->data;

	(void)hint;
	*buf = uv_buf_init(request->in + request->n_in,
			   (unsigned)(REQUEST_MAX - request->n_in));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct control_request *request = stream->data;
	char *end;

	(void)buf;
	if (n < 0) {
		if (!request->answered)
			hang_up(request);
		return;
	}
	if (request->closed != NULL)
		return; /* a stream says nothing more */
	request->n_in += (size_t)n;
	end = memchr(request->in, '\n', request->n_in);
	if (end != NULL) {
		uv_read_stop(stream);
		serve(request, (size_t)(end - request->in));
	} else if (request->n_in == REQUEST_MAX) {
		control_refuse(request, "request is over %d bytes",
			       REQUEST_MAX);
	}
}

void
control_stream(struct control_request *request, control_closed *closed,
	       void *arg)
{
	request->closed = closed;
	request->closed_arg = arg;
	request->n_in = 0;
	if (control_push(request, "ok\n", 3) != 0 ||
	    uv_read_start((uv_stream_t *)&request->pipe, on_alloc, on_read) !=
		0)
		hang_up(request);
}

static void
on_connection(uv_stream_t *server, int status)
{
	struct control *control = server->data;
	struct control_request *request = mem_zalloc(1, sizeof(*request));

	if (status != 0 || request == NULL) {
		mem_free(request);
		return;
	}
	request->control = control;
	request->in = mem_alloc(REQUEST_MAX);
	uv_pipe_init(app_loop(control->app), &request->pipe, 0);
	request->pipe.data = request;
	request->next = control->clients;
	request->link = &control->clients;
	if (request->next != NULL)
		request->next->link = &request->next;
	control->clients = request;
	control->n_clients++;
	if (uv_accept(server, (uv_stream_t *)&request->pipe) != 0 ||
	    request->in == NULL || control->n_clients > MAX_CLIENTS ||
	    uv_read_start((uv_stream_t *)&request->pipe, on_alloc, on_read) !=
		0)
		hang_up(request);
}

/* Whether somebody answers on the socket that lies there. */
static bool
is_alive(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive;

	if (fd < 0)
		return false;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	alive = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return alive;
}

int
control_open(struct app *app, const char *path, struct control **out)
{
	struct control *control;
	mode_t mask;
	int err;

	if (strlen(path) >= sizeof(control->path))
		return ERR_INVAL;
	if (is_alive(path))
		return ERR_EXISTS;
	control = mem_zalloc(1, sizeof(*control));
	if (control == NULL)
		return ERR_NOMEM;
	control->app = app;
	memcpy(control->path, path, strlen(path) + 1);
	unlink(path);
	uv_pipe_init(app_loop(app), &control->pipe, 0);
	control->pipe.data = control;
	mask = umask(0117); /* owner and group only */
	err = uv_pipe_bind(&control->pipe, path);
	umask(mask);
	if (err == 0)
		err = uv_listen((uv_stream_t *)&control->pipe, BACKLOG,
				on_connection);
	if (err == 0) {
		*out = control;
		return 0;
	}
	control_close(control);
	errno = -err;
	return ERR_IO;
}

static void
on_server_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;

	if (control->n_clients == 0)
		mem_free(control);
	else
		control->closing = true;
}

void
control_close(struct control *control)
{
	struct control_request *client;

	if (control == NULL)
		return;
	/* Whoever has asked nothing, or reads no answer, must not hold up the
	 * end; whoever waits for one still gets it. */
	for (client = control->clients; client != NULL; client = client->next) {
		if (client->json == NULL || client->answered ||
		    client->closed != NULL)
			hang_up(client);
	}
	unlink(control->path);
	uv_close((uv_handle_t *)&control->pipe, on_server_closed);
}
