/*
 * conn_private.h - the inside of a connection; for conn*.c only
 */
#ifndef TRIP_CONN_PRIVATE_H
#define TRIP_CONN_PRIVATE_H

#include "trip/conn.h"

#define CONN_IN_MAX (4 * TRIP_MESSAGE_MAX)

struct trip_conn_tls;

struct trip_conn {
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	struct trip_conn_options options;
	struct addr peer;
	struct timer linger;
	struct trip_conn_tls *tls; /* NULL: plain */
	bool is_outbound, is_writing, is_finishing, is_closing;
	size_t in_len, last_len;
	uint8_t in[CONN_IN_MAX];
	uint8_t last[TRIP_MESSAGE_MAX]; /* to be sent before the end */
	uint8_t out[TRIP_CONN_OUT];
};

/* In conn.c. */

/* The whole messages in conn->in: false when the connection is gone. */
bool trip_conn_take(struct trip_conn *conn);
/* What write_out was given is with the kernel. */
void trip_conn_written(struct trip_conn *conn, int status);

/* In conn_tls.c: TLS between the stream and the messages. */

/* Where options want it: 0 or ERR_NOMEM. The handshake begins; what is written
 * meanwhile waits for its end. */
int trip_conn_tls_begin(struct trip_conn *conn);
void trip_conn_tls_buf(struct trip_conn *conn, uv_buf_t *buf);
/* n octets are in that buffer. */
void trip_conn_tls_read(struct trip_conn *conn, size_t n);
/* data stays where it is until trip_conn_written. */
void trip_conn_tls_write(struct trip_conn *conn, const uint8_t *data,
			 size_t len);
/* Tell the peer that nothing follows, if that can be done at once. */
void trip_conn_tls_finish(struct trip_conn *conn);
void trip_conn_tls_free(struct trip_conn *conn);

#endif
