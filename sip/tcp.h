/*
 * tcp.h - TCP and TLS connections of one worker
 *
 * Messages are cut out of streams, and messages to one peer share a connection
 * (RFC 3261 18). As with datagrams (udp.h), what is sent during a loop turn is
 * queued and leaves just before the loop waits again, after before_flush. Who
 * reads slowly, sends slowly or sends rubbish costs his own connection and
 * bounded memory.
 */
#ifndef SIP_TCP_H
#define SIP_TCP_H

#include <uv.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/timers.h"
#include "sip/flow.h"
#include "base/tls.h"

struct sip_tcp;
struct sip_tcp_peers;

struct sip_tcp_events {
	/* One message; data is valid during the call and followed by a NUL. */
	void (*on_message)(void *arg, const char *data, size_t len,
			   const struct sip_flow *from);
	/* Which of the domains that a peer proved by its certificate (their
	 * hash_domain under env's key, n > 0) is from->proof of the message
	 * that follows: one of them, or 0. NULL: none. Servers that we
	 * connected to send requests by that connection, too (RFC 5923). */
	uint64_t (*choose_proof)(void *arg, const uint64_t *proofs, size_t n);
	/* A message whose end cannot be found: data is its head. What is sent
	 * back from within still leaves, then the connection is closed. */
	void (*on_bad)(void *arg, const char *data, size_t len,
		       const struct sip_flow *from, int status,
		       const char *reason);
	/* A connection by which something was sent is gone: the last of that
	 * may not have arrived. err is a positive errno, 0 when
	 * it was closed in order. was_open: it had been established; another
	 * may be had. Called from the loop, never inside a send. */
	void (*on_lost)(void *arg, const struct sip_flow *flow, int err,
			bool was_open);
	/* As in udp.h. May be NULL. */
	void (*before_flush)(void *arg);
	void *arg;
};

struct sip_tcp_limits {
	size_t max;	     /* connections; three quarters of them opened by
			      * others */
	size_t max_per_peer; /* that one address (IPv6: one /64) opened */
	size_t max_queue;    /* octets that wait for one peer to read */
	size_t max_queue_opened; /* likewise, where we connected */
	size_t max_message;  /* octets, at most SIP_MSG_MAX */
	int32_t connect_ms;  /* to be connected, TLS handshake included */
	int32_t message_ms;  /* from a message's first octet to its last; and to
			      * the first one, or a ping, by who connected */
	int32_t write_ms;    /* for a peer that reads nothing, or whose host
			      * does not say that it got anything */
	int32_t idle_ms;     /* without a message in either direction */
	int32_t invite_ms;   /* the same at least, once an INVITE went by it:
			      * answer (RFC 3261 18) and BYE come by it */
	int32_t ping_ms;     /* at most between two keep-alives on connections
			      * that we opened (RFC 5626 4.4.1), at least 80 %
			      * of it, by chance; 0 = none are sent */
	int32_t pong_ms;     /* for their answers */
};
/* 10000, 100, 256 KB, 8 MB, 63459, 4 s, 32 s, 32 s, 300 s, 222 s, 0, 10 s */
extern const struct sip_tcp_limits sip_tcp_limits_default;

/* Which connections that others opened may carry our requests to them when they
 * offer it (RFC 5923). */
enum sip_tcp_alias {
	SIP_ALIAS_OFF,
	SIP_ALIAS_TLS, /* whose certificates prove that they are who is meant */
	SIP_ALIAS_ALL, /* and TCP, where nothing is proved */
};

struct sip_tcp_env {
	uv_loop_t *loop;	   /* all borrowed */
	const struct clock *clock;
	struct timers *timers;
	const struct hash_key *key;
	struct log *log;
	uint8_t worker;		   /* for flows */
	enum sip_tcp_alias alias;
	struct sip_tcp_peers *peers; /* borrowed; NULL: a count of its own */
	struct sip_tcp_limits limits;
	struct sip_tcp_events events;
};

/* 0, ERR_NOMEM or ERR_IO. */
int sip_tcp_new(const struct sip_tcp_env *env, struct sip_tcp **out);
/* Closes all; memory goes once the loop has run. Queued octets that the
 * kernel takes at once still leave; no callback but before_flush comes. */
void sip_tcp_close(struct sip_tcp *tcp);
/*
 * Listen at an address with SO_REUSEPORT; port 0 picks one. Connections that
 * are opened for the listener come from its IP address too. ctx (a reference
 * is taken) makes it TLS, NULL TCP. 0, ERR_IO (errno), ERR_NOMEM, or ERR_LIMIT
 * (a listener over 255, or in use).
 */
int sip_tcp_listen(struct sip_tcp *tcp, uint8_t listener, const struct addr *at,
		   struct tls_ctx *ctx);
/* The address of a listener, NULL when there is none. */
const struct addr *sip_tcp_local(const struct sip_tcp *tcp, uint8_t listener);
/* Another context for new connections; no-op for TCP. */
void sip_tcp_set_ctx(struct sip_tcp *tcp, uint8_t listener,
		     struct tls_ctx *ctx);
/* A number for the domain name that a TLS server must prove; 0 when out of
 * memory, or name is none. Of over 4,095 names the one not asked for the longest
 * makes room; nothing can be sent by its number any more. */
uint32_t sip_tcp_name(struct sip_tcp *tcp, struct str name);
/*
 * Queue a message for a peer: on to->conn, else on a connection to to->addr,
 * which is opened from to->listener when there is none. to->conn and
 * to->worker get the one it went on. Returns 0, ERR_IO (no connection, or the
 * peer does not read), ERR_LIMIT (too many connections) or ERR_NOMEM.
 */
int sip_tcp_send(struct sip_tcp *tcp, struct sip_flow *to, const char *data,
		 size_t len);
/* Whether a message can be queued on this connection. */
bool sip_tcp_has(struct sip_tcp *tcp, uint32_t conn);
/* Whether a connection may become an alias: another opened it, it is none yet,
 * and what env says is proved. */
bool sip_tcp_may_alias(struct sip_tcp *tcp, uint32_t conn);
/*
 * A connection that carries requests to an address, told to the workers that do
 * not have it. flow: that address, and whose connection it is.
 */
#define SIP_TCP_PROOFS_MAX 100 /* domains of one certificate that count */
struct sip_tcp_offer {
	struct sip_flow flow;
	uint64_t proofs[SIP_TCP_PROOFS_MAX]; /* hash_domain: TLS to them */
	uint8_t n_proofs;
	bool proves_address; /* TLS to the address */
};

/* Send requests to the address it came from and this port by this connection:
 * its peer has offered it (sip_alias_offered). False when it may not; else *out
 * is for the other workers. */
bool sip_tcp_alias(struct sip_tcp *tcp, uint32_t conn, uint16_t port,
		   struct sip_tcp_offer *out);
/* A TCP connection that another opened serves the very address it came from.
 * True once, with what is for the other workers; else false. */
bool sip_tcp_offer_address(struct sip_tcp *tcp, uint32_t conn,
			   struct sip_tcp_offer *out);
/* What another worker told: an offer; that a connection is gone. */
void sip_tcp_learn(struct sip_tcp *tcp, const struct sip_tcp_offer *offer);
void sip_tcp_unlearn(struct sip_tcp *tcp, const struct sip_flow *gone);
/* Whether a message would open a connection here, while another worker has one
 * for it: to->conn and to->worker get that one. */
bool sip_tcp_elsewhere(struct sip_tcp *tcp, struct sip_flow *to);
void sip_tcp_flush(struct sip_tcp *tcp);

struct sip_tcp_counters {
	uint64_t received, received_bytes, sent, sent_bytes, accepted, opened,
	    refused, failed, pings, bad, slow, tls_failed, pings_sent, pongs,
	    aliases, tls_resumed;
	size_t open; /* at this moment */
};
const struct sip_tcp_counters *sip_tcp_counters(const struct sip_tcp *tcp);

#endif
