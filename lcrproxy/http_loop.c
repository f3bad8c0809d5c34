/* http_loop.c - libmicrohttpd on a libuv loop, and its connections */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/http_private.h"

#define BACKLOG 64
#define TICK_MS 1000
#define MEMORY_PER_CONNECTION (HTTP_MAX_REQUEST + 4096) /* and headers back */

/* --- connections --- */

static void
begin_conn(struct http *http, struct MHD_Connection *connection, void **state)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_conn *conn = mem_zalloc(1, sizeof(*conn));

	*state = conn;
	if (conn == NULL) {
		(void)shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	conn->fd = info->connect_fd;
	conn->since_ms = clock_mono_ms(&http->clock);
	conn->next = http->conns;
	conn->link = &http->conns;
	if (conn->next != NULL)
		conn->next->link = &conn->next;
	http->conns = conn;
}

static void
on_conn(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_ConnectionNotificationCode code)
{
	struct http_conn *conn = *state;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin_conn(arg, connection, state);
		return;
	}
	if (conn == NULL)
		return;
	*conn->link = conn->next;
	if (conn->next != NULL)
		conn->next->link = conn->link;
	mem_free(conn);
	*state = NULL;
}

/* Who sends his request byte by byte, or does not read the answer, has had his
 * time; the server finds the connection closed. */
static void
close_slow(struct http *http)
{
	int64_t now_ms = clock_mono_ms(&http->clock);

	for (struct http_conn *conn = http->conns; conn != NULL; conn = conn->next) {
		if (now_ms - conn->since_ms >= HTTP_DEADLINE_MS)
			(void)shutdown(conn->fd, SHUT_RDWR);
	}
}

/* --- the loop --- */

static void on_tick(uv_timer_t *tick);

static void
run(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = TICK_MS;

	MHD_run(http->daemon);
	if (MHD_get_timeout(http->daemon, &wait_ms) != MHD_YES ||
	    wait_ms > TICK_MS)
		wait_ms = TICK_MS;
	uv_timer_start(&http->tick, on_tick, wait_ms, 0);
}

static void
on_tick(uv_timer_t *tick)
{
	close_slow(tick->data);
	run(tick->data);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

void
http_run_soon(struct http *http)
{
	uv_timer_start(&http->tick, on_tick, 0, 0);
}

/* No request is left without an answer: the library wants none suspended. */
static void
stop_daemon(struct http *http)
{
	http_refuse_all(http);
	MHD_run(http->daemon);
	if (http->has_handles) {
		uv_close((uv_handle_t *)&http->poll, NULL);
		uv_close((uv_handle_t *)&http->tick, NULL);
	}
	http->has_handles = false;
	MHD_stop_daemon(http->daemon);
	http->daemon = NULL;
	http->fd = -1; /* it was closed */
}

static void
shut(struct http *http)
{
	if (http->daemon != NULL)
		stop_daemon(http);
	if (http->has_begun)
		http->settings.end(http->settings.arg);
	http->has_begun = false;
	if (http->has_stop)
		uv_close((uv_handle_t *)&http->stop, NULL);
	http->has_stop = false;
}

static void
on_stop(uv_async_t *stop)
{
	shut(stop->data);
}

static void *
run_thread(void *arg)
{
	struct http *http = arg;

	(void)pthread_setname_np(pthread_self(), "http");
	uv_run(&http->loop, UV_RUN_DEFAULT);
	return NULL;
}

/* --- from beginning to end --- */

static void log_line(void *arg, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* What the library has to say, mostly of clients that went away. */
static void
log_line(void *arg, const char *format, va_list args)
{
	struct http *http = arg;
	char line[256];
	int n = vsnprintf(line, sizeof(line), format, args);

	while (n > 0 && (size_t)n < sizeof(line) && line[n - 1] == '\n')
		line[--n] = '\0';
	log_debug(http->log, "http: %s", line);
}

static int
start_daemon(struct http *http)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG;

	if (http->settings.addr.family == 6)
		flags |= MHD_USE_IPv6;
	http->daemon = MHD_start_daemon(
	    flags, 0, NULL, NULL, http_on_request, http, MHD_OPTION_EXTERNAL_LOGGER,
	    log_line, http, MHD_OPTION_LISTEN_SOCKET, http->fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_MAX_CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_MAX_PER_ADDRESS,
	    MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)(HTTP_DEADLINE_MS / 1000),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_COMPLETED,
	    http_on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_conn, http,
	    MHD_OPTION_END);
	return http->daemon != NULL ? 0 : ERR_IO;
}

static int
listen_at(const struct addr *addr, int *fd)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(addr, &sa);
	int on = 1;

	*fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     0);
	if (*fd < 0)
		return ERR_IO;
	(void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (addr->family == 6)
		(void)setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
				 sizeof(on));
	return bind(*fd, (struct sockaddr *)&sa, len) == 0 &&
		       listen(*fd, BACKLOG) == 0
		   ? 0
		   : ERR_IO;
}

static int
open_handles(struct http *http)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (info == NULL ||
	    uv_poll_init(&http->loop, &http->poll, info->epoll_fd) != 0)
		return ERR_IO;
	uv_timer_init(&http->loop, &http->tick);
	http->poll.data = http->tick.data = http;
	http->has_handles = true;
	if (uv_poll_start(&http->poll, UV_READABLE, on_readable) != 0)
		return ERR_IO;
	return uv_timer_start(&http->tick, on_tick, TICK_MS, 0) == 0 ? 0
								     : ERR_IO;
}

int
http_open(const struct http_settings *settings, struct log *log,
	  struct http **out)
{
	struct http *http = mem_zalloc(1, sizeof(*http));
	int err, saved;

	if (http == NULL)
		return ERR_NOMEM;
	http->settings = *settings;
	http->log = log;
	http->fd = -1;
	clock_init_system(&http->clock);
	err = listen_at(&settings->addr, &http->fd);
	if (err == 0)
		err = uv_loop_init(&http->loop) == 0 ? 0 : ERR_NOMEM;
	http->has_loop = err == 0;
	if (err == 0)
		err = uv_async_init(&http->loop, &http->stop, on_stop) == 0
			  ? 0
			  : ERR_NOMEM;
	http->has_stop = err == 0;
	http->stop.data = http;
	if (err == 0) {
		*out = http;
		return 0;
	}
	saved = errno;
	http_close(http);
	errno = saved;
	return err;
}

int
http_start(struct http *http)
{
	int err = start_daemon(http);

	if (err == 0)
		err = open_handles(http);
	if (err == 0)
		err = http->settings.begin(http->settings.arg, &http->loop);
	http->has_begun = err == 0;
	if (err == 0)
		err = pthread_create(&http->thread, NULL, run_thread, http) == 0
			  ? 0
			  : ERR_IO;
	http->is_running = err == 0;
	return err;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	if (http->is_running) {
		uv_async_send(&http->stop);
		pthread_join(http->thread, NULL);
	}
	shut(http);
	if (http->has_loop) {
		uv_run(&http->loop, UV_RUN_DEFAULT);
		uv_loop_close(&http->loop);
	}
	if (http->fd >= 0)
		close(http->fd);
	mem_free(http);
}
