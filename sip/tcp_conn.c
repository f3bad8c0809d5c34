/* tcp_conn.c - the life of one connection */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/tcp_private.h"
#include "sip/tcp_socket.h"

#define READS_MAX 4    /* chunks in a turn, then others get theirs */
#define LINGER_MS 2000 /* for the peer to close too */

static void on_poll(uv_poll_t *handle, int status, int events);

/* --- times --- */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When it has to have got on. */
static int64_t
due_ms(const struct tcp_conn *conn)
{
	const struct sip_tcp_limits *limits = &conn->tcp->env.limits;
	int64_t due;

	if (conn->state < TCP_OPEN)
		return conn->began_ms + limits->connect_ms;
	if (conn->state == TCP_LINGERING)
		return conn->began_ms + LINGER_MS;
	due = conn->last_ms + (conn->has_invited &&
					limits->invite_ms > limits->idle_ms
				    ? limits->invite_ms
				    : limits->idle_ms);
	if (conn->peer != NULL && !conn->has_spoken)
		due = least(due, conn->began_ms + limits->message_ms);
	if (conn->partial_ms != 0)
		due = least(due, conn->partial_ms + limits->message_ms);
	if (conn->blocked_ms != 0)
		due = least(due, conn->blocked_ms + limits->write_ms);
	if (conn->state == TCP_OPEN)
		due = least(due, tcp_ping_due_ms(conn));
	return due;
}

/* Messages that come and go move the time on without a touch of the timer. */
void
tcp_conn_arm(struct tcp_conn *conn)
{
	int64_t due = due_ms(conn);

	if (!timer_is_running(&conn->timer) || conn->timer.due_ms > due)
		timer_start(conn->tcp->env.timers, &conn->timer, due);
}

void
tcp_conn_enter(struct tcp_conn *conn, enum tcp_state state)
{
	conn->state = (uint8_t)state;
	conn->was_open |= state == TCP_OPEN;
	conn->began_ms = tcp_now_ms(conn);
	tcp_ping_plan(conn);
	tcp_conn_arm(conn);
}

static void
on_time(struct timer *timer, void *arg)
{
	struct tcp_conn *conn = arg;
	bool is_idle;

	(void)timer;
	tcp_ping_on_time(conn);
	if (conn->state == TCP_CLOSED)
		return;
	if (due_ms(conn) > tcp_now_ms(conn)) {
		tcp_conn_arm(conn);
		return;
	}
	is_idle = conn->state >= TCP_OPEN && conn->partial_ms == 0 &&
		  conn->blocked_ms == 0 && conn->pinged_ms == 0 &&
		  (conn->has_spoken || conn->peer == NULL);
	if (!is_idle && conn->state != TCP_LINGERING)
		conn->tcp->counters.slow++;
	tcp_conn_close(conn, is_idle ? 0 : ETIMEDOUT);
}

/* --- the end --- */

static void
on_closed(uv_handle_t *handle)
{
	struct tcp_conn *conn = handle->data;
	struct sip_tcp *tcp = conn->tcp;

	close(conn->fd);
	conn->is_handle_closed = true;
	tcp_conn_release(conn);
	tcp_handle_closed(tcp);
}

void
tcp_conn_release(struct tcp_conn *conn)
{
	if (conn->is_handle_closed && !conn->is_dirty &&
	    (conn->is_told || !conn->carries)) {
		mem_free(conn->proofs);
		mem_free(conn);
	}
}

/* The alert, if there is one, goes as far as the kernel takes it. */
static void
say_goodbye(struct tcp_conn *conn)
{
	char *cipher = conn->tcp->cipher;
	size_t n;

	if (conn->tls == NULL || conn->state == TCP_CONNECTING)
		return;
	tls_finish(conn->tls);
	n = tls_take(conn->tls, cipher, TCP_CHUNK);
	if (n > 0 && tcp_buf_len(&conn->out) == 0)
		(void)send(conn->fd, cipher, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
tcp_conn_close(struct tcp_conn *conn, int err)
{
	struct sip_tcp *tcp = conn->tcp;

	if (conn->state == TCP_CLOSED)
		return;
	say_goodbye(conn);
	tcp_session_keep(conn);
	if (err != 0)
		tcp->counters.failed++;
	conn->state = TCP_CLOSED;
	conn->err = err;
	timer_cancel(tcp->env.timers, &conn->timer);
	tcp_remove(conn);
	sip_tcp_peers_leave(tcp->peers, conn->peer);
	conn->peer = NULL;
	tls_free(conn->tls);
	conn->tls = NULL;
	tcp_buf_fini(&conn->in);
	tcp_buf_fini(&conn->early);
	tcp_buf_fini(&conn->out);
	if (conn->carries)
		tcp_note_lost(conn);
	uv_close((uv_handle_t *)&conn->poll, on_closed);
}

/* --- sending --- */

void
tcp_conn_watch(struct tcp_conn *conn)
{
	int events = conn->saw_eof ? 0 : UV_READABLE;

	if (conn->state == TCP_CLOSED)
		return;
	if (conn->state == TCP_CONNECTING)
		events = UV_WRITABLE;
	else if (conn->blocked_ms != 0)
		events |= UV_WRITABLE;
	if (events != 0)
		(void)uv_poll_start(&conn->poll, events, on_poll);
	else
		(void)uv_poll_stop(&conn->poll);
}

/* What was queued has left: say so, and wait for the peer to say it too. An
 * abrupt close may take back what it has not read. */
static void
linger(struct tcp_conn *conn)
{
	if (conn->saw_eof) {
		tcp_conn_close(conn, 0);
		return;
	}
	say_goodbye(conn);
	(void)shutdown(conn->fd, SHUT_WR);
	tcp_conn_enter(conn, TCP_LINGERING);
}

static void
set_blocked(struct tcp_conn *conn, bool is_blocked)
{
	bool was_blocked = conn->blocked_ms != 0;

	conn->blocked_ms = is_blocked ? tcp_now_ms(conn) : 0;
	if (is_blocked != was_blocked)
		tcp_conn_watch(conn);
	if (is_blocked)
		tcp_conn_arm(conn);
}

void
tcp_conn_flush(struct tcp_conn *conn)
{
	struct sip_tcp_counters *counters = &conn->tcp->counters;

	if (conn->state == TCP_CONNECTING || conn->state >= TCP_LINGERING)
		return;
	while (tcp_buf_len(&conn->out) > 0) {
		ssize_t n = send(conn->fd, tcp_buf_data(&conn->out),
				 tcp_buf_len(&conn->out),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			counters->sent_bytes += (uint64_t)n;
			tcp_buf_use(&conn->out, (size_t)n);
			if (conn->blocked_ms != 0)
				conn->blocked_ms = tcp_now_ms(conn);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (conn->blocked_ms == 0)
				set_blocked(conn, true);
			return;
		} else if (errno != EINTR) {
			tcp_conn_close(conn, errno);
			return;
		}
	}
	if (conn->blocked_ms != 0)
		set_blocked(conn, false);
	if (conn->state == TCP_LEAVING)
		linger(conn);
}

int
tcp_conn_take_cipher(struct tcp_conn *conn)
{
	char *cipher = conn->tcp->cipher;
	size_t n;

	while ((n = tls_take(conn->tls, cipher, TCP_CHUNK)) > 0) {
		if (tcp_buf_add(&conn->out, cipher, n) != 0)
			return ERR_NOMEM;
		tcp_note_dirty(conn);
	}
	return 0;
}

static int
put_plain(struct tcp_conn *conn, const char *data, size_t len)
{
	int err;

	if (conn->tls == NULL) {
		err = tcp_buf_add(&conn->out, data, len);
		if (err == 0)
			tcp_note_dirty(conn);
		return err;
	}
	if (!tls_is_open(conn->tls))
		return tcp_buf_add(&conn->early, data, len);
	err = tls_write(conn->tls, data, len);
	return err == 0 ? tcp_conn_take_cipher(conn) : err;
}

static bool
has_room(const struct tcp_conn *conn, size_t len)
{
	const struct sip_tcp_limits *limits = &conn->tcp->env.limits;

	return tcp_buf_len(&conn->out) + tcp_buf_len(&conn->early) + len <=
	       (conn->peer != NULL ? limits->max_queue
				   : limits->max_queue_opened);
}

/* What one turn brings may be more than may wait: only what the kernel does not
 * take waits for the peer. */
static int
make_room(struct tcp_conn *conn, size_t len)
{
	if (conn->blocked_ms == 0 && conn->state > TCP_CONNECTING)
		tcp_flush_early(conn);
	if (conn->state >= TCP_LINGERING)
		return ERR_IO;
	if (has_room(conn, len))
		return 0;
	if (conn->state < TCP_OPEN) /* there is a time for that */
		return ERR_LIMIT;
	conn->tcp->counters.slow++;
	tcp_conn_close(conn, ENOBUFS);
	return ERR_IO;
}

int
tcp_conn_queue(struct tcp_conn *conn, const char *data, size_t len)
{
	int err = 0;

	if (conn->state >= TCP_LINGERING)
		return ERR_IO;
	if (!has_room(conn, len))
		err = make_room(conn, len);
	if (err != 0)
		return err;
	err = put_plain(conn, data, len);
	if (err != 0) { /* half a message may be out */
		tcp_conn_close(conn, ENOMEM);
		return ERR_NOMEM;
	}
	return 0;
}

void
tcp_conn_note(struct tcp_conn *conn, const char *data, size_t len)
{
	conn->last_ms = tcp_now_ms(conn);
	conn->has_invited |= str_starts(str_make(data, len), "INVITE ");
}

int
tcp_conn_put(struct tcp_conn *conn, const char *data, size_t len)
{
	int err = tcp_conn_queue(conn, data, len);

	if (err != 0)
		return err;
	tcp_conn_note(conn, data, len);
	conn->tcp->counters.sent++;
	return 0;
}

/* --- the loop --- */

static void
on_connected(struct tcp_conn *conn)
{
	int err = tcp_socket_error(conn->fd);

	if (err != 0) {
		tcp_conn_close(conn, err);
		return;
	}
	tcp_conn_enter(conn, conn->tls != NULL ? TCP_HANDSHAKE : TCP_OPEN);
	tcp_conn_watch(conn);
	if (conn->tls != NULL)
		tcp_conn_read_tls(conn);
	else
		tcp_note_dirty(conn);
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct tcp_conn *conn = handle->data;
	int reads = 0;

	if (conn->state == TCP_CONNECTING) {
		on_connected(conn);
		return;
	}
	if (status < 0) { /* an error waits to be read */
		tcp_conn_close(conn, tcp_socket_error(conn->fd));
		return;
	}
	if (events & UV_WRITABLE)
		tcp_note_dirty(conn);
	while ((events & UV_READABLE) && reads < READS_MAX &&
	       conn->state != TCP_CLOSED && tcp_conn_receive(conn))
		reads++;
}

int
tcp_conn_new(struct sip_tcp *tcp, int fd, struct tls *tls,
	     const struct sip_flow *flow, bool is_inbound,
	     struct tcp_conn **out)
{
	struct tcp_conn *conn = mem_zalloc(1, sizeof(*conn));
	int err = conn != NULL ? 0 : ERR_NOMEM;

	if (err == 0) {
		*conn = (struct tcp_conn){ .tcp = tcp, .flow = *flow,
					   .tls = tls, .fd = fd };
		conn->flow.worker = tcp->env.worker;
		conn->flow.proof = 0; /* of a request that it answers */
		timer_init(&conn->timer, on_time, conn);
		if (is_inbound)
			err = sip_tcp_peers_enter(tcp->peers, &flow->addr,
						  tcp->env.limits.max_per_peer,
						  &conn->peer);
	}
	if (err == 0 && uv_poll_init(tcp->env.loop, &conn->poll, fd) != 0) {
		sip_tcp_peers_leave(tcp->peers, conn->peer);
		err = ERR_IO;
	}
	if (err != 0) {
		tls_free(tls);
		close(fd);
		mem_free(conn);
		return err;
	}
	tcp_socket_set_patience(fd, tcp->env.limits.write_ms);
	tcp->n_handles++;
	conn->poll.data = conn;
	tcp_add(conn);
	conn->last_ms = tcp_now_ms(conn);
	tcp_conn_enter(conn, !is_inbound	  ? TCP_CONNECTING
		    : tls != NULL ? TCP_HANDSHAKE
				  : TCP_OPEN);
	tcp_conn_watch(conn);
	*out = conn;
	return 0;
}
