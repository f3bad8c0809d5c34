/*
 * conn.h - one TCP connection that carries TRIP messages
 *
 * Messages come out whole (A.2.2); what goes in is bounded: one write at a
 * time, and the next is only made when the kernel has taken the last. No
 * callback comes from within a call, nor after trip_conn_close or _finish.
 */
#ifndef TRIP_CONN_H
#define TRIP_CONN_H

#include <uv.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/timers.h"
#include "base/tls.h"
#include "trip/message.h"

#define TRIP_CONN_OUT 65536 /* octets of one write */

struct trip_conn;

struct trip_conn_events {
	/* The connection to a peer is there (err 0) or could not be made. */
	void (*on_opened)(void *arg, struct trip_conn *conn, int err);
	/* A whole message; true to go on, false when conn is gone. */
	bool (*on_message)(void *arg, struct trip_conn *conn,
			   enum trip_message_type type, const uint8_t *msg,
			   size_t len);
	/* A header that is none; conn is to be closed. */
	void (*on_bad_header)(void *arg, struct trip_conn *conn,
			      const struct trip_error *error);
	/* The peer has closed (fatal false), or the transport failed. */
	void (*on_closed)(void *arg, struct trip_conn *conn, bool fatal);
	/* TLS has failed, and why; on_closed follows. */
	void (*on_insecure)(void *arg, struct trip_conn *conn,
			    const char *why);
	/* What was sent is with the kernel. */
	void (*on_room)(void *arg, struct trip_conn *conn);
};

struct trip_conn_options {
	struct timers *timers; /* borrowed */
	const struct clock *clock;
	struct addr from; /* to connect from; family 0: any */
	const char *password; /* TCP-MD5; NULL: none */
	bool gtsm;
	struct tls_ctx *tls;  /* TLS under the messages; NULL: none. Borrowed */
	const char *tls_name; /* whom a server must prove to be */
	const struct trip_conn_events *events; /* borrowed */
	void *arg;
	size_t *n_live; /* counted until the memory is gone; may be NULL */
};

/* Start to connect: 0, ERR_NOMEM, ERR_IO. */
int trip_conn_connect(uv_loop_t *loop, const struct addr *to,
		      const struct trip_conn_options *options,
		      struct trip_conn **out);
/* Take what listens at server: 0, ERR_NOMEM, ERR_IO. Nothing is read before
 * trip_conn_begin. */
int trip_conn_accept(uv_loop_t *loop, uv_stream_t *server,
		     struct trip_conn **out);
/* The same with a connected stream socket, which is taken over; peer is who it
 * is said to be: sessions are fuzzed through one. */
int trip_conn_adopt(uv_loop_t *loop, int fd, const struct addr *peer,
		    struct trip_conn **out);
const struct addr *trip_conn_peer(const struct trip_conn *conn);
/* Whose it is, and read from now on: 0 or ERR_IO. */
int trip_conn_begin(struct trip_conn *conn,
		    const struct trip_conn_options *options);
bool trip_conn_is_outbound(const struct trip_conn *conn);

/* Room of TRIP_CONN_OUT octets for messages; cap 0 while a write runs. */
struct wbuf trip_conn_room(struct trip_conn *conn);
void trip_conn_send(struct trip_conn *conn, const struct wbuf *w);
bool trip_conn_is_writing(const struct trip_conn *conn);

/* Send one last message (NULL: none) behind what is being sent, then close; a
 * peer that does not take it within 2 seconds does not get it. */
void trip_conn_finish(struct trip_conn *conn, const struct trip_error *error);
/* At once. NULL is accepted. */
void trip_conn_close(struct trip_conn *conn);

/* Listen: 0, ERR_IO. server is the caller's, with data set. */
int trip_listen(uv_loop_t *loop, uv_tcp_t *server, const struct addr *at,
		uv_connection_cb on_connection);
/* Accept segments from peer only with this key (RFC 2385), "": with none again:
 * 0 or ERR_IO. */
int trip_tcp_md5(uv_os_fd_t fd, const struct addr *peer, const char *password);
/* Send with TTL 255: a listener's answers, too: 0 or ERR_IO. addr is of the
 * socket's family. */
int trip_tcp_far(uv_os_fd_t fd, const struct addr *addr);
/* Send with TTL 255, and take nothing below (RFC 5082): 0 or ERR_IO. */
int trip_tcp_gtsm(uv_os_fd_t fd, const struct addr *peer);
/* Take whatever its TTL is, again: 0 or ERR_IO. */
int trip_tcp_any_hops(uv_os_fd_t fd, const struct addr *addr);

#endif
