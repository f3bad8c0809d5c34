/* tcp_read.c - what comes by a connection, cut into messages */
#include <errno.h>

#include <sys/socket.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/tcp_private.h"

/* No more is read; what is queued leaves. */
static void
leave(struct tcp_conn *conn)
{
	conn->state = TCP_LEAVING;
	conn->partial_ms = 0;
	tcp_remove_addr(conn);
	tcp_remove_alias(conn);
	tcp_note_dirty(conn); /* the flush sees to the rest */
}

/* The peer will send nothing more, but may read on. */
static void
on_eof(struct tcp_conn *conn)
{
	if (conn->state > TCP_OPEN || tcp_buf_len(&conn->out) == 0) {
		tcp_conn_close(conn, 0);
		return;
	}
	conn->saw_eof = true;
	tcp_conn_watch(conn);
	leave(conn);
}

static void
refuse(struct tcp_conn *conn, const char *data, size_t head_len, int err,
       const char *why)
{
	const struct sip_tcp_events *events = &conn->tcp->env.events;

	conn->tcp->counters.bad++;
	leave(conn);
	if (head_len > 0)
		events->on_bad(events->arg, data, head_len, &conn->flow,
			       err == ERR_LIMIT ? 413 : 400, why);
}

static void
deliver(struct tcp_conn *conn, char *data, size_t len)
{
	const struct sip_tcp_events *events = &conn->tcp->env.events;
	struct sip_flow from = conn->flow;
	char behind = data[len];

	tcp_conn_note(conn, data, len);
	conn->has_spoken = true;
	conn->tcp->counters.received++;
	if (conn->n_proofs > 0 && events->choose_proof != NULL)
		from.proof = events->choose_proof(events->arg, conn->proofs,
						  conn->n_proofs);
	data[len] = '\0';
	events->on_message(events->arg, data, len, &from);
	data[len] = behind;
}

static void
answer_ping(struct tcp_conn *conn)
{
	conn->tcp->counters.pings++;
	conn->has_spoken = true;
	conn->last_ms = tcp_now_ms(conn);
	(void)tcp_conn_queue(conn, "\r\n", 2);
}

/* CRLF alone may be the beginning of a ping; not from whom one is to be
 * answered. */
static bool
is_pong(const struct tcp_conn *conn, const char *data, size_t len)
{
	return conn->pinged_ms != 0 && len == 2 && data[0] == '\r' &&
	       data[1] == '\n';
}

/* Use what is whole. Returns how many octets. */
static size_t
use_whole(struct tcp_conn *conn, char *data, size_t len)
{
	const struct sip_tcp_limits *limits = &conn->tcp->env.limits;
	enum sip_frame_kind kind;
	size_t at = 0, used;
	const char *why;

	while (conn->state == TCP_OPEN) {
		int err = sip_frame_next(&conn->frame, data + at, len - at,
					 limits->max_message, &kind, &used,
					 &why);

		if (err != 0) {
			refuse(conn, data + at, used, err, why);
			break;
		}
		if (kind == SIP_FRAME_MORE &&
		    is_pong(conn, data + at, len - at)) {
			kind = SIP_FRAME_PONG;
			used = len - at;
		}
		if (kind == SIP_FRAME_MORE)
			break;
		conn->partial_ms = 0;
		if (kind == SIP_FRAME_MESSAGE)
			deliver(conn, data + at, used);
		else if (kind == SIP_FRAME_PING)
			answer_ping(conn);
		else
			tcp_ping_take_pong(conn);
		at += used;
	}
	return at;
}

/* Plain text has come; data has room for one octet behind it. */
static void
take_plain(struct tcp_conn *conn, char *data, size_t len)
{
	size_t used;

	conn->tcp->counters.received_bytes += len;
	if (tcp_buf_len(&conn->in) == 0) {
		used = use_whole(conn, data, len);
		if (conn->state == TCP_OPEN && used < len &&
		    tcp_buf_add(&conn->in, data + used, len - used) != 0)
			tcp_conn_close(conn, ENOMEM);
	} else if (tcp_buf_add(&conn->in, data, len) != 0) {
		tcp_conn_close(conn, ENOMEM);
	} else {
		struct tcp_buf in = conn->in;

		/* ours while messages are delivered, which may close it */
		conn->in = (struct tcp_buf){ NULL, 0, 0, 0 };
		used = use_whole(conn, tcp_buf_data(&in), tcp_buf_len(&in));
		tcp_buf_use(&in, used);
		if (conn->state == TCP_OPEN)
			conn->in = in;
		else
			tcp_buf_fini(&in);
	}
	/* what may become a ping is no message that has begun */
	if (conn->state == TCP_OPEN && tcp_buf_len(&conn->in) > 0 &&
	    conn->partial_ms == 0 && sip_frame_has_begun(&conn->frame)) {
		conn->partial_ms = tcp_now_ms(conn);
		tcp_conn_arm(conn);
	}
}

struct proofs {
	const struct hash_key *key;
	uint64_t at[SIP_TCP_PROOFS_MAX];
	uint8_t n;
};

static void
add_proof(void *arg, struct str domain)
{
	struct proofs *proofs = arg;
	uint64_t proof = hash_domain(proofs->key, domain);

	if (proof != 0 && proofs->n < SIP_TCP_PROOFS_MAX)
		proofs->at[proofs->n++] = proof;
}

/* Without memory nothing is proved. */
static void
keep_proofs(struct tcp_conn *conn)
{
	struct proofs proofs = { .key = conn->tcp->env.key };
	size_t size;

	tls_peer_domains(conn->tls, add_proof, &proofs);
	size = proofs.n * sizeof(proofs.at[0]);
	conn->proofs = size > 0 ? mem_alloc(size) : NULL;
	if (conn->proofs == NULL)
		return;
	memcpy(conn->proofs, proofs.at, size);
	conn->n_proofs = proofs.n;
}

/* The handshake is done: what waited for it goes. */
static int
open_tls(struct tcp_conn *conn)
{
	int err = tls_write(conn->tls, tcp_buf_data(&conn->early),
				tcp_buf_len(&conn->early));

	tcp_buf_fini(&conn->early);
	if (tls_was_resumed(conn->tls))
		conn->tcp->counters.tls_resumed++;
	keep_proofs(conn);
	tcp_conn_enter(conn, TCP_OPEN);
	return err;
}

static void
fail_tls(struct tcp_conn *conn, int err)
{
	char text[ADDR_TEXT_MAX];

	if (err == ERR_END) {
		on_eof(conn);
		return;
	}
	conn->tcp->counters.tls_failed++;
	log_info(conn->tcp->env.log, "tls %s: closed, reason=\"%s\"",
		 addr_format(&conn->flow.addr, text), tls_why(conn->tls));
	tcp_conn_close(conn, err == ERR_AUTH ? EACCES : EPROTO);
}

void
tcp_conn_read_tls(struct tcp_conn *conn)
{
	char *plain = conn->tcp->plain;
	size_t len;
	int err;

	do {
		err = tls_read(conn->tls, plain, TCP_CHUNK, &len);
		if (err == 0 && conn->state == TCP_HANDSHAKE &&
		    tls_is_open(conn->tls))
			err = open_tls(conn);
		if (err == 0 && len > 0)
			take_plain(conn, plain, len);
	} while (err == 0 && len > 0 && conn->state <= TCP_OPEN);
	if (conn->state == TCP_CLOSED)
		return;
	if (err != 0)
		fail_tls(conn, err);
	else if (tcp_conn_take_cipher(conn) != 0)
		tcp_conn_close(conn, ENOMEM);
	else /* new keys (RFC 8446 4.6.3) are answered, as much as may wait */
		(void)tcp_conn_queue(conn, "", 0);
}

bool
tcp_conn_receive(struct tcp_conn *conn)
{
	char *chunk = conn->tcp->chunk;
	ssize_t n = recv(conn->fd, chunk, TCP_CHUNK, MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			tcp_conn_close(conn, errno);
		return false;
	}
	if (n == 0) {
		on_eof(conn);
		return false;
	}
	if (conn->state > TCP_OPEN)
		return true; /* not read, so that the close is no abrupt one */
	if (conn->tls == NULL)
		take_plain(conn, chunk, (size_t)n);
	else if (tls_feed(conn->tls, chunk, (size_t)n) != 0)
		tcp_conn_close(conn, ENOMEM);
	else
		tcp_conn_read_tls(conn);
	return n == TCP_CHUNK;
}
