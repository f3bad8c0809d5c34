/* conn.c - TRIP messages on a TCP stream */
#include "trip/conn.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "trip/conn_private.h"

#define FINISH_MS 2000

static void
on_gone(uv_handle_t *handle)
{
	struct trip_conn *conn = handle->data;

	if (conn->options.n_live != NULL)
		--*conn->options.n_live;
	trip_conn_tls_free(conn);
	mem_free(conn);
}

void
trip_conn_close(struct trip_conn *conn)
{
	if (conn == NULL || conn->is_closing)
		return;
	trip_conn_tls_finish(conn);
	conn->is_closing = true;
	if (conn->options.timers != NULL)
		timer_cancel(conn->options.timers, &conn->linger);
	uv_close((uv_handle_t *)&conn->tcp, on_gone);
}

static struct trip_conn *
make_conn(void)
{
	struct trip_conn *conn = mem_alloc(sizeof(*conn));

	if (conn == NULL)
		return NULL;
	memset(conn, 0, offsetof(struct trip_conn, in));
	conn->tcp.data = conn->connect.data = conn->write.data = conn;
	return conn;
}

const struct addr *
trip_conn_peer(const struct trip_conn *conn)
{
	return &conn->peer;
}

bool
trip_conn_is_outbound(const struct trip_conn *conn)
{
	return conn->is_outbound;
}

/* --- reading --- */

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct trip_conn *conn = handle->data;

	(void)suggested;
	if (conn->tls != NULL) {
		trip_conn_tls_buf(conn, buf);
		return;
	}
	buf->base = (char *)conn->in + conn->in_len;
	buf->len = CONN_IN_MAX - conn->in_len;
}

/* The messages that are whole; the header is judged as soon as it is there.
 * False when the connection is gone. */
bool
trip_conn_take(struct trip_conn *conn)
{
	const struct trip_conn_options *options = &conn->options;
	size_t at = 0;

	while (conn->in_len - at >= TRIP_HEADER_LEN) {
		enum trip_message_type type;
		struct trip_error error;
		size_t len;

		if (trip_header_decode(conn->in + at, &len, &type, &error) !=
		    0) {
			options->events->on_bad_header(options->arg, conn,
						       &error);
			return false;
		}
		if (len > conn->in_len - at)
			break;
		if (!options->events->on_message(options->arg, conn, type,
						 conn->in + at, len))
			return false;
		at += len;
	}
	memmove(conn->in, conn->in + at, conn->in_len - at);
	conn->in_len -= at;
	return true;
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct trip_conn *conn = stream->data;

	(void)buf;
	if (conn->is_closing || n == 0)
		return;
	if (conn->is_finishing) { /* nobody listens any more */
		if (n < 0)
			trip_conn_close(conn);
		return;
	}
	if (n < 0) {
		conn->options.events->on_closed(conn->options.arg, conn,
						n != UV_EOF &&
						    n != UV_ECONNRESET);
		return;
	}
	if (conn->tls != NULL) {
		trip_conn_tls_read(conn, (size_t)n);
		return;
	}
	conn->in_len += (size_t)n;
	(void)trip_conn_take(conn);
}

/* --- opening --- */

static int
set_options(struct trip_conn *conn)
{
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&conn->tcp, &fd) != 0)
		return ERR_IO;
	(void)uv_tcp_nodelay(&conn->tcp, 1);
	if (conn->options.gtsm && trip_tcp_gtsm(fd, &conn->peer) != 0)
		return ERR_IO;
	/* An accepted connection has the key of its listener. */
	if (conn->options.password != NULL && conn->is_outbound &&
	    trip_tcp_md5(fd, &conn->peer, conn->options.password) != 0)
		return ERR_IO;
	return 0;
}

static void
take_options(struct trip_conn *conn, const struct trip_conn_options *options)
{
	conn->options = *options;
	timer_init(&conn->linger, NULL, conn);
	if (options->n_live != NULL)
		++*options->n_live;
}

static void
on_connected(uv_connect_t *request, int status)
{
	struct trip_conn *conn = request->data;
	int err = status == 0 ? 0 : ERR_IO;

	if (conn->is_closing)
		return;
	if (err == 0 && uv_read_start((uv_stream_t *)&conn->tcp, on_alloc,
				      on_read) != 0)
		err = ERR_IO;
	if (err == 0)
		err = trip_conn_tls_begin(conn);
	conn->options.events->on_opened(conn->options.arg, conn, err);
}

static int
start_connect(struct trip_conn *conn, const struct addr *to)
{
	struct sockaddr_storage sa;
	struct addr from = conn->options.from;

	from.port = 0;
	if (set_options(conn) != 0)
		return ERR_IO;
	if (from.family == to->family) {
		addr_to_sockaddr(&from, &sa);
		if (uv_tcp_bind(&conn->tcp, (struct sockaddr *)&sa, 0) != 0)
			return ERR_IO;
	}
	addr_to_sockaddr(to, &sa);
	if (uv_tcp_connect(&conn->connect, &conn->tcp, (struct sockaddr *)&sa,
			   on_connected) != 0)
		return ERR_IO;
	return 0;
}

int
trip_conn_connect(uv_loop_t *loop, const struct addr *to,
		  const struct trip_conn_options *options,
		  struct trip_conn **out)
{
	struct trip_conn *conn = make_conn();
	unsigned family = to->family == 4 ? AF_INET : AF_INET6;

	if (conn == NULL)
		return ERR_NOMEM;
	if (uv_tcp_init_ex(loop, &conn->tcp, family) != 0) {
		mem_free(conn);
		return ERR_IO;
	}
	conn->is_outbound = true;
	conn->peer = *to;
	take_options(conn, options);
	if (start_connect(conn, to) != 0) {
		trip_conn_close(conn);
		return ERR_IO;
	}
	*out = conn;
	return 0;
}

int
trip_conn_accept(uv_loop_t *loop, uv_stream_t *server, struct trip_conn **out)
{
	struct trip_conn *conn = make_conn();
	struct sockaddr_storage sa;
	int len = sizeof(sa);

	if (conn == NULL)
		return ERR_NOMEM;
	if (uv_tcp_init(loop, &conn->tcp) != 0) {
		mem_free(conn);
		return ERR_IO;
	}
	if (uv_accept(server, (uv_stream_t *)&conn->tcp) != 0 ||
	    uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&sa, &len) != 0 ||
	    addr_from_sockaddr((struct sockaddr *)&sa, &conn->peer) != 0) {
		trip_conn_close(conn);
		return ERR_IO;
	}
	*out = conn;
	return 0;
}

int
trip_conn_adopt(uv_loop_t *loop, int fd, const struct addr *peer,
		struct trip_conn **out)
{
	struct trip_conn *conn = make_conn();

	if (conn == NULL)
		return ERR_NOMEM;
	if (uv_tcp_init(loop, &conn->tcp) != 0) {
		mem_free(conn);
		return ERR_IO;
	}
	conn->peer = *peer;
	if (uv_tcp_open(&conn->tcp, fd) != 0) {
		trip_conn_close(conn);
		return ERR_IO;
	}
	*out = conn;
	return 0;
}

int
trip_conn_begin(struct trip_conn *conn, const struct trip_conn_options *options)
{
	take_options(conn, options);
	if (set_options(conn) != 0 || trip_conn_tls_begin(conn) != 0 ||
	    uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read) != 0)
		return ERR_IO;
	return 0;
}

/* --- writing --- */

static void on_written(uv_write_t *request, int status);

static bool
write_out(struct trip_conn *conn, uint8_t *data, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned)len);

	if (conn->tls != NULL) {
		conn->is_writing = true;
		trip_conn_tls_write(conn, data, len);
		return true;
	}

	conn->is_writing =
	    uv_write(&conn->write, (uv_stream_t *)&conn->tcp, &buf, 1,
		     on_written) == 0;
	return conn->is_writing;
}

/* The last message, or the end. */
static void
go_on_finishing(struct trip_conn *conn)
{
	size_t len = conn->last_len;

	conn->last_len = 0;
	if (len == 0 || !write_out(conn, conn->last, len))
		trip_conn_close(conn);
}

void
trip_conn_written(struct trip_conn *conn, int status)
{
	conn->is_writing = false;
	if (conn->is_closing)
		return;
	if (conn->is_finishing)
		go_on_finishing(conn);
	else if (status != 0)
		conn->options.events->on_closed(conn->options.arg, conn, true);
	else
		conn->options.events->on_room(conn->options.arg, conn);
}

static void
on_written(uv_write_t *request, int status)
{
	trip_conn_written(request->data, status);
}

struct wbuf
trip_conn_room(struct trip_conn *conn)
{
	struct wbuf w;

	wbuf_init(&w, conn->out, conn->is_writing ? 0 : sizeof(conn->out));
	return w;
}

void
trip_conn_send(struct trip_conn *conn, const struct wbuf *w)
{
	assert(!conn->is_writing && w->start == conn->out);
	/* A failure shows when the stream is read. */
	if (w->len > 0)
		(void)write_out(conn, conn->out, w->len);
}

bool
trip_conn_is_writing(const struct trip_conn *conn)
{
	return conn->is_writing;
}

static void
on_linger(struct timer *timer, void *arg)
{
	(void)timer;
	trip_conn_close(arg);
}

void
trip_conn_finish(struct trip_conn *conn, const struct trip_error *error)
{
	struct wbuf w;

	if (conn->is_closing || conn->is_finishing)
		return;
	conn->is_finishing = true;
	if (error != NULL) {
		wbuf_init(&w, conn->last, sizeof(conn->last));
		trip_notification_encode(&w, error);
		conn->last_len = w.len;
	}
	timer_init(&conn->linger, on_linger, conn);
	timer_start(conn->options.timers, &conn->linger,
		    clock_mono_ms(conn->options.clock) + FINISH_MS);
	if (!conn->is_writing)
		go_on_finishing(conn);
}
