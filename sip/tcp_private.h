/*
 * tcp_private.h - what the files of tcp.h share
 *
 * tcp.c listens, accepts and chooses connections; tcp_table.c and tcp_alias.c
 * find them; tcp_conn.c is the life of one; tcp_read.c reads; tcp_ping.c keeps
 * them alive; tcp_names.c and tcp_session.c know whom TLS is spoken with;
 * tcp_elsewhere.c knows the connections of the other workers.
 */
#ifndef SIP_TCP_PRIVATE_H
#define SIP_TCP_PRIVATE_H

#include "base/map.h"
#include "sip/frame.h"
#include "sip/tcp.h"
#include "sip/tcp_buf.h"
#include "sip/tcp_peers.h"

#define TCP_CHUNK 65536 /* octets read at once */
#define TCP_LISTENERS_MAX 256
#define TCP_SESSIONS_MAX 256

enum tcp_state {
	TCP_CONNECTING,
	TCP_HANDSHAKE, /* of TLS */
	TCP_OPEN,
	TCP_LEAVING,   /* what is queued still leaves, nothing is read */
	TCP_LINGERING, /* all was sent; until the peer closes too */
	TCP_CLOSED,    /* memory goes when its handle is closed */
};

struct tcp_conn {
	struct map_node by_id, by_addr, by_alias;
	struct sip_tcp *tcp;
	struct tcp_conn *next, **link; /* all of them */
	struct tcp_conn *next_dirty;   /* have something to send */
	struct tcp_conn *next_lost;    /* to be told of */
	struct sip_flow flow;	       /* conn is its id */
	struct tcp_peer *peer;	       /* NULL: we opened it */
	struct tls *tls;	       /* NULL: TCP */
	uv_poll_t poll;
	struct timer timer;	       /* the earliest of the times below */
	int64_t began_ms, last_ms;     /* state; message */
	int64_t partial_ms;	       /* a message began; 0 = none has */
	int64_t blocked_ms;	       /* the peer reads nothing; 0 = it does */
	int64_t ping_ms, pinged_ms;    /* the next is due; one has no answer */
	struct sip_frame frame;
	struct tcp_buf in;	       /* an unfinished message */
	struct tcp_buf early;	       /* plain text until TLS is open */
	struct tcp_buf out;
	uint64_t *proofs;	       /* n_proofs: what the peer proved to be */
	int fd;
	int err;		       /* errno it was lost by */
	uint8_t state;		       /* enum tcp_state */
	uint8_t n_proofs;
	uint16_t alias_port;	       /* in aliases; 0 = it is not */
	bool is_dirty, carries;	       /* something was sent by it */
	bool in_addr_map, was_open, saw_eof, has_spoken, has_invited;
	bool is_handle_closed, is_told, is_offered;
};

struct tcp_listener {
	uv_poll_t poll;
	struct sip_tcp *tcp;
	struct tls_ctx *ctx; /* counted; NULL: TCP */
	struct addr local;
	int fd;			 /* -1 = not listening */
	uint8_t index;
};

/* What a server gave us to go on with. */
struct tcp_session {
	struct tls_session *session; /* NULL: none */
	struct tls_ctx *ctx;	 /* counted */
	struct sip_flow flow;
};

struct tcp_names;

struct sip_tcp {
	struct sip_tcp_env env;
	struct sip_tcp_counters counters;
	struct map ids, addrs, aliases, elsewhere, elsewhere_ids;
	struct sip_tcp_peers *peers, *own_peers; /* own: NULL, env has some */
	struct tcp_names *names;
	struct tcp_session sessions[TCP_SESSIONS_MAX];
	struct tcp_conn *conns, *dirty, *lost, **lost_end;
	struct tcp_listener *listeners[TCP_LISTENERS_MAX];
	uv_prepare_t prepare;
	uv_idle_t idle;
	uint32_t last_id;
	int spare_fd;	      /* given up to refuse when there are no more */
	int n_handles;	      /* not yet closed, all kinds */
	bool is_closing, is_flushing;
	char chunk[TCP_CHUNK + 1];
	char plain[TCP_CHUNK + 1];
	char cipher[TCP_CHUNK]; /* apart: messages are answered while they
				 * lie in plain */
};

/* --- tcp_table.c --- */

struct tcp_conn *tcp_find_id(struct sip_tcp *tcp, uint32_t id);
/* A connection that to may share: same address, transport, listener, name. */
struct tcp_conn *tcp_find_addr(struct sip_tcp *tcp, const struct sip_flow *to);
/* A number of its own, and into the table. */
void tcp_add(struct tcp_conn *conn);
void tcp_add_addr(struct tcp_conn *conn);
void tcp_remove_addr(struct tcp_conn *conn);
void tcp_remove(struct tcp_conn *conn);

/* --- tcp_alias.c --- */

/* A connection that its peer offered for this, and may be used. */
struct tcp_conn *tcp_find_alias(struct sip_tcp *tcp, const struct sip_flow *to);
void tcp_remove_alias(struct tcp_conn *conn);

/* --- tcp_elsewhere.c --- */

void tcp_elsewhere_free(struct sip_tcp *tcp);

/* --- tcp_names.c --- */

/* 0 or ERR_NOMEM; *out is to be freed in any case. */
int tcp_names_new(struct tcp_names **out);
void tcp_names_free(struct tcp_names *names);
/* NULL for the number of a name that had to make room. */
const char *tcp_name_text(const struct sip_tcp *tcp, uint32_t name);

/* --- tcp_session.c --- */

/* A connection to a server ends: keep what it may be taken up by again. */
void tcp_session_keep(struct tcp_conn *conn);
/* Begin with what was kept of this server, under this context, if anything. */
void tcp_session_resume(struct sip_tcp *tcp, const struct sip_flow *to,
			const struct tls_ctx *ctx, struct tls *tls);
void tcp_sessions_fini(struct sip_tcp *tcp);

/* --- tcp_ping.c --- */

/* It is open, or was answered: when is the next one to leave? */
void tcp_ping_plan(struct tcp_conn *conn);
/* When it is to be sent, or the answer to have come; INT64_MAX = never. */
int64_t tcp_ping_due_ms(const struct tcp_conn *conn);
/* Send one if it is time. */
void tcp_ping_on_time(struct tcp_conn *conn);
void tcp_ping_take_pong(struct tcp_conn *conn);

/* --- tcp_conn.c --- */

/* Takes over fd, also when it fails: 0, ERR_NOMEM or ERR_IO. tls is taken over
 * too. */
int tcp_conn_new(struct sip_tcp *tcp, int fd, struct tls *tls,
		 const struct sip_flow *flow, bool is_inbound,
		 struct tcp_conn **out);
/* Queue octets: 0; ERR_LIMIT (too much waits for it to be connected); ERR_IO or
 * ERR_NOMEM (it is closed now). */
int tcp_conn_queue(struct tcp_conn *conn, const char *data, size_t len);
/* A message came or goes: it is not idle. */
void tcp_conn_note(struct tcp_conn *conn, const char *data, size_t len);
/* Queue a message, likewise. */
int tcp_conn_put(struct tcp_conn *conn, const char *data, size_t len);
void tcp_conn_flush(struct tcp_conn *conn);
/* err is an errno, 0 = in order. */
void tcp_conn_close(struct tcp_conn *conn, int err);
/* Free it when it is closed, told of, and waits for nothing. */
void tcp_conn_release(struct tcp_conn *conn);

/* Begin a state; set the timer; say what is waited for. */
void tcp_conn_enter(struct tcp_conn *conn, enum tcp_state state);
void tcp_conn_arm(struct tcp_conn *conn);
void tcp_conn_watch(struct tcp_conn *conn);
/* Queue what TLS has to send: 0 or ERR_NOMEM. */
int tcp_conn_take_cipher(struct tcp_conn *conn);

static inline int64_t
tcp_now_ms(const struct tcp_conn *conn)
{
	return clock_mono_ms(conn->tcp->env.clock);
}

/* --- tcp_read.c --- */

/* Read one chunk and use what is whole; returns whether there may be more. */
bool tcp_conn_receive(struct tcp_conn *conn);
/* Go on with TLS: handshake, then what it has decrypted. */
void tcp_conn_read_tls(struct tcp_conn *conn);

/* --- tcp.c --- */

void tcp_note_dirty(struct tcp_conn *conn);
/* Send what is queued before the turn ends, as it is much. It may be closed
 * afterwards. */
void tcp_flush_early(struct tcp_conn *conn);
void tcp_note_lost(struct tcp_conn *conn);
/* A handle of uv is closed. The last one frees all. */
void tcp_handle_closed(struct sip_tcp *tcp);

#endif
