/* tcp.c - listening, accepting, and the choice of a connection */
#include "sip/tcp.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/msg.h"
#include "sip/tcp_private.h"
#include "sip/tcp_socket.h"

#define ACCEPTS_MAX 64 /* in a turn */
#define KEPT_SHARE 4   /* of the connections are for those that we open */

/* What a message may grow by on its way is left free: see lcrproxy/worker.c. */
const struct sip_tcp_limits sip_tcp_limits_default = {
	.max = 10000,
	.max_per_peer = 100,
	.max_queue = 256 << 10,
	.max_queue_opened = 8 << 20, /* all calls of a gateway that failed */
	.max_message = 65507 - 2048,
	.connect_ms = 4000,
	.message_ms = 32000,
	.write_ms = 32000,
	.idle_ms = 300000,
	.invite_ms = 190000 + 32000, /* timer C, and its CANCEL */
	.pong_ms = 10000,
};

/* --- dirty and lost ones --- */

static void on_idle(uv_idle_t *handle);

/* Keep the loop from waiting. */
static void
wake(struct sip_tcp *tcp)
{
	if (!tcp->is_closing && !uv_is_active((uv_handle_t *)&tcp->idle))
		(void)uv_idle_start(&tcp->idle, on_idle);
}

void
tcp_note_dirty(struct tcp_conn *conn)
{
	struct sip_tcp *tcp = conn->tcp;

	if (conn->is_dirty || conn->state == TCP_CLOSED)
		return;
	conn->is_dirty = true;
	conn->next_dirty = tcp->dirty;
	tcp->dirty = conn;
	wake(tcp);
}

void
tcp_note_lost(struct tcp_conn *conn)
{
	struct sip_tcp *tcp = conn->tcp;

	if (tcp->is_closing) {
		conn->is_told = true;
		return;
	}
	*tcp->lost_end = conn;
	tcp->lost_end = &conn->next_lost;
	wake(tcp);
}

/* Tell of the connections that were lost in the turns before. */
static void
on_idle(uv_idle_t *handle)
{
	struct sip_tcp *tcp = handle->data;
	const struct sip_tcp_events *events = &tcp->env.events;
	struct tcp_conn *conn = tcp->lost, *next;

	tcp->lost = NULL;
	tcp->lost_end = &tcp->lost;
	for (; conn != NULL; conn = next) {
		next = conn->next_lost;
		conn->is_told = true;
		if (!tcp->is_closing)
			events->on_lost(events->arg, &conn->flow, conn->err,
					conn->was_open);
		tcp_conn_release(conn);
	}
}

static void
tell_flush(struct sip_tcp *tcp)
{
	assert(!tcp->is_flushing); /* before_flush must not send */
	tcp->is_flushing = true;
	if (tcp->env.events.before_flush != NULL)
		tcp->env.events.before_flush(tcp->env.events.arg);
	tcp->is_flushing = false;
}

void
tcp_flush_early(struct tcp_conn *conn)
{
	if (tcp_buf_len(&conn->out) == 0)
		return;
	tell_flush(conn->tcp);
	tcp_conn_flush(conn);
}

void
sip_tcp_flush(struct sip_tcp *tcp)
{
	struct tcp_conn *conn;

	if (tcp->dirty == NULL)
		return;
	tell_flush(tcp);
	while ((conn = tcp->dirty) != NULL) {
		tcp->dirty = conn->next_dirty;
		conn->is_dirty = false;
		if (conn->state == TCP_CLOSED)
			tcp_conn_release(conn);
		else
			tcp_conn_flush(conn);
	}
}

static void
on_prepare(uv_prepare_t *handle)
{
	struct sip_tcp *tcp = handle->data;

	sip_tcp_flush(tcp);
	if (tcp->lost == NULL)
		(void)uv_idle_stop(&tcp->idle);
}

/* --- listening --- */

/* Take the connection that waits only to refuse it, when there are no more
 * descriptors: else the loop would find it waiting for ever. */
static void
refuse_one(struct tcp_listener *listener)
{
	struct sip_tcp *tcp = listener->tcp;
	struct addr from;
	int fd;

	tcp->counters.refused++;
	if (tcp->spare_fd < 0)
		return;
	close(tcp->spare_fd);
	if (tcp_socket_accept(listener->fd, &fd, &from) == 0)
		close(fd);
	tcp->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* However many come from all over the world, gateways can be reached. */
static size_t
kept_for_us(const struct sip_tcp *tcp)
{
	return tcp->env.limits.max / KEPT_SHARE;
}

static void
take_connection(struct tcp_listener *listener, int fd, const struct addr *from)
{
	struct sip_tcp *tcp = listener->tcp;
	const struct sip_flow flow = {
		.addr = *from,
		.transport = listener->ctx != NULL ? SIP_TLS : SIP_TCP,
		.listener = listener->index,
	};
	struct tls *tls = NULL;
	struct tcp_conn *conn;
	int err = 0;

	if (tcp->counters.open >= tcp->env.limits.max - kept_for_us(tcp))
		err = ERR_LIMIT;
	else if (listener->ctx != NULL)
		err = tls_accept(listener->ctx, &tls);
	if (err != 0)
		close(fd);
	else
		err = tcp_conn_new(tcp, fd, tls, &flow, true, &conn);
	if (err != 0) {
		tcp->counters.refused++;
		return;
	}
	tcp->counters.accepted++;
	/* requests to its very address may use it (a TLS client has proved
	 * nothing by which others could be sent to it) */
	if (listener->ctx == NULL)
		tcp_add_addr(conn);
}

static void
on_connection(uv_poll_t *handle, int status, int events)
{
	struct tcp_listener *listener = handle->data;
	struct addr from;
	int fd, err = 0;

	(void)events;
	if (status < 0) /* libuv has stopped the handle */
		(void)uv_poll_start(handle, UV_READABLE, on_connection);
	for (int i = 0; i < ACCEPTS_MAX && err == 0; i++) {
		err = tcp_socket_accept(listener->fd, &fd, &from);
		if (err == 0)
			take_connection(listener, fd, &from);
		else if (err == ERR_IO)
			refuse_one(listener);
	}
}

static void
on_listener_closed(uv_handle_t *handle)
{
	struct tcp_listener *listener = handle->data;
	struct sip_tcp *tcp = listener->tcp;

	close(listener->fd);
	tls_ctx_unref(listener->ctx);
	mem_free(listener);
	tcp_handle_closed(tcp);
}

int
sip_tcp_listen(struct sip_tcp *tcp, uint8_t index, const struct addr *at,
	       struct tls_ctx *ctx)
{
	struct tcp_listener *listener;
	int err;

	if (tcp->listeners[index] != NULL)
		return ERR_LIMIT;
	listener = mem_zalloc(1, sizeof(*listener));
	if (listener == NULL)
		return ERR_NOMEM;
	err = tcp_socket_listen(at, &listener->fd);
	if (err == 0 && uv_poll_init(tcp->env.loop, &listener->poll,
				     listener->fd) != 0) {
		close(listener->fd);
		err = ERR_IO;
	}
	if (err != 0) {
		mem_free(listener);
		return err;
	}
	tcp->n_handles++;
	tcp_socket_local(listener->fd, &listener->local);
	listener->tcp = tcp;
	listener->index = index;
	listener->ctx = tls_ctx_ref(ctx);
	listener->poll.data = listener;
	(void)uv_poll_start(&listener->poll, UV_READABLE, on_connection);
	tcp->listeners[index] = listener;
	return 0;
}

const struct addr *
sip_tcp_local(const struct sip_tcp *tcp, uint8_t listener)
{
	return tcp->listeners[listener] != NULL
		   ? &tcp->listeners[listener]->local
		   : NULL;
}

void
sip_tcp_set_ctx(struct sip_tcp *tcp, uint8_t index, struct tls_ctx *ctx)
{
	struct tcp_listener *listener = tcp->listeners[index];

	if (listener == NULL || listener->ctx == NULL)
		return;
	tls_ctx_unref(listener->ctx);
	listener->ctx = tls_ctx_ref(ctx);
}

/* --- sending --- */

static int
start_tls(struct sip_tcp *tcp, const struct tcp_listener *listener,
	  const struct sip_flow *to, struct tls **out)
{
	const char *name = tcp_name_text(tcp, to->name);
	char text[ADDR_TEXT_MAX];
	int err;

	if (to->transport != SIP_TLS)
		return 0;
	if (listener->ctx == NULL)
		return ERR_IO;
	if (to->name == 0)
		name = addr_format_ip(&to->addr, text);
	if (name == NULL)
		return ERR_IO;
	err = tls_connect(listener->ctx, name, out);
	if (err == 0)
		tcp_session_resume(tcp, to, listener->ctx, *out);
	return err;
}

static int
open_connection(struct sip_tcp *tcp, const struct sip_flow *to,
		struct tcp_conn **out)
{
	const struct tcp_listener *listener = tcp->listeners[to->listener];
	struct tls *tls = NULL;
	struct sip_flow flow = *to;
	int fd, err;

	if (listener == NULL)
		return ERR_IO;
	if (tcp->counters.open >= tcp->env.limits.max)
		return ERR_LIMIT;
	err = start_tls(tcp, listener, to, &tls);
	if (err == 0)
		err = tcp_socket_connect(&listener->local, &to->addr, &fd);
	if (err != 0) {
		tls_free(tls);
		return err;
	}
	flow.conn = 0;
	err = tcp_conn_new(tcp, fd, tls, &flow, false, out);
	if (err != 0)
		return err;
	tcp->counters.opened++;
	tcp_add_addr(*out);
	return 0;
}

/* 18.2.2: the connection that is named, while it is there; else 18.1.1: one to
 * the address. */
static int
choose(struct sip_tcp *tcp, const struct sip_flow *to, struct tcp_conn **out)
{
	int err = 0;

	*out = to->conn != 0 ? tcp_find_id(tcp, to->conn) : NULL;
	if (*out != NULL && (*out)->state < TCP_LINGERING)
		return 0;
	*out = tcp_find_addr(tcp, to);
	if (*out == NULL)
		*out = tcp_find_alias(tcp, to);
	if (*out == NULL)
		err = open_connection(tcp, to, out);
	return err;
}

bool
sip_tcp_has(struct sip_tcp *tcp, uint32_t id)
{
	const struct tcp_conn *conn = tcp_find_id(tcp, id);

	return conn != NULL && conn->state < TCP_LINGERING;
}

int
sip_tcp_send(struct sip_tcp *tcp, struct sip_flow *to, const char *data,
	     size_t len)
{
	struct tcp_conn *conn;
	int err;

	if (tcp->is_closing)
		return ERR_IO;
	err = choose(tcp, to, &conn);
	if (err != 0)
		return err;
	conn->carries = true;
	to->conn = conn->flow.conn;
	to->worker = conn->flow.worker;
	return tcp_conn_put(conn, data, len);
}

/* --- opening and closing --- */

static void
free_memory(struct sip_tcp *tcp)
{
	map_fini(&tcp->ids);
	map_fini(&tcp->addrs);
	sip_tcp_peers_free(tcp->own_peers);
	map_fini(&tcp->aliases);
	tcp_elsewhere_free(tcp);
	tcp_names_free(tcp->names);
	mem_free(tcp);
}

int
sip_tcp_new(const struct sip_tcp_env *env, struct sip_tcp **out)
{
	struct sip_tcp *tcp = mem_alloc(sizeof(*tcp));

	if (tcp == NULL)
		return ERR_NOMEM;
	memset(tcp, 0, offsetof(struct sip_tcp, chunk));
	if (map_init(&tcp->ids, 64) != 0 || map_init(&tcp->addrs, 64) != 0 ||
	    map_init(&tcp->aliases, 64) != 0 ||
	    map_init(&tcp->elsewhere, 16) != 0 ||
	    map_init(&tcp->elsewhere_ids, 16) != 0 ||
	    tcp_names_new(&tcp->names) != 0 ||
	    (env->peers == NULL &&
	     sip_tcp_peers_new(env->key, &tcp->own_peers) != 0)) {
		free_memory(tcp);
		return ERR_NOMEM;
	}
	tcp->env = *env;
	tcp->peers = env->peers != NULL ? env->peers : tcp->own_peers;
	tcp->lost_end = &tcp->lost;
	tcp->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)uv_prepare_init(env->loop, &tcp->prepare);
	(void)uv_idle_init(env->loop, &tcp->idle);
	tcp->n_handles = 2;
	tcp->prepare.data = tcp->idle.data = tcp;
	(void)uv_prepare_start(&tcp->prepare, on_prepare);
	*out = tcp;
	return 0;
}

void
tcp_handle_closed(struct sip_tcp *tcp)
{
	if (--tcp->n_handles > 0)
		return;
	if (tcp->spare_fd >= 0)
		close(tcp->spare_fd);
	tcp_sessions_fini(tcp);
	free_memory(tcp);
}

static void
on_closed(uv_handle_t *handle)
{
	tcp_handle_closed(handle->data);
}

static void
close_listeners(struct sip_tcp *tcp)
{
	for (size_t i = 0; i < TCP_LISTENERS_MAX; i++) {
		if (tcp->listeners[i] != NULL)
			uv_close((uv_handle_t *)&tcp->listeners[i]->poll,
				 on_listener_closed);
	}
}

void
sip_tcp_close(struct sip_tcp *tcp)
{
	if (tcp == NULL)
		return;
	sip_tcp_flush(tcp);
	tcp->is_closing = true;
	on_idle(&tcp->idle); /* nobody is told any more */
	close_listeners(tcp);
	while (tcp->conns != NULL)
		tcp_conn_close(tcp->conns, 0);
	uv_close((uv_handle_t *)&tcp->prepare, on_closed);
	uv_close((uv_handle_t *)&tcp->idle, on_closed);
}

const struct sip_tcp_counters *
sip_tcp_counters(const struct sip_tcp *tcp)
{
	return &tcp->counters;
}
