/*
 * txn_layer.h - what the files of the transaction layer share
 *
 * txn.c receives and dispatches, txn_key.c names the transaction of a message,
 * txn_find.c finds that of a request, txn_flow.c where its responses go,
 * txn_branch.c makes branches, txn_client.c and txn_server.c perform what the state
 * machines (txn_fsm.h) ask for. A transaction keeps bytes, never an index of them:
 * what is needed again is scanned again into a scratch of the layer.
 */
#ifndef SIP_TXN_LAYER_H
#define SIP_TXN_LAYER_H

#include "base/map.h"
#include "base/pool.h"
#include "sip/txn.h"
#include "sip/txn_fsm.h"

#define TXN_DATAGRAM_MAX 65507 /* bytes of a UDP datagram over IPv4 */
#define TXN_TAG_LEN 11	       /* characters of a To tag that we make */
#define TXN_KEY_PARTS 6
#define TXN_CONN_LISTS 1024
#define TXN_NUMBER_END 20      /* where a branch's number ends (txn_branch.c) */

/* A message that came in. */
struct txn_in {
	const struct sip_msg *msg;
	const struct sip_flow *from;
};

/* The name of a transaction, in pieces of the message that gave it. */
struct txn_key {
	struct str part[TXN_KEY_PARTS];
	size_t n_parts;
	struct str to_tag; /* RFC 2543 only */
	uint64_t base;	   /* hash without the method */
	uint64_t hash;
	uint32_t cseq;	   /* RFC 2543: part of the name */
	uint8_t method;	   /* enum sip_method; INVITE for its ACK */
	bool is_old;	   /* RFC 2543: no magic cookie */
	bool is_ack;
};

/* Message bytes in a heap block of exactly their size, or none. */
struct txn_bytes {
	char *p;
	uint32_t len;
};

struct txn {
	struct map_node node;
	struct sip_txns *txns;
	struct timer retransmit; /* A, E, G; server: the 100 of our own */
	struct timer deadline;	 /* B, F, H, or D, I, J, K, L, M */
	char *key;		 /* behind the struct: parts, each and a NUL */
	uint32_t key_len;
	uint32_t tag_len;	 /* RFC 2543: the To tag, behind the parts */
	int32_t interval_ms;	 /* of the retransmit timer, 0 at first */
	uint8_t kind;		 /* enum txn_kind */
	uint8_t state;		 /* enum txn_state */
	uint8_t method;		 /* enum sip_method */
	bool is_lingering;	 /* what the deadline means */
	bool is_reliable;	 /* the transport */
};

struct sip_server {
	struct txn txn;
	struct txn_bytes request;  /* until the final response */
	struct txn_bytes response; /* the last one, while it may go again */
	struct sip_flow from;
	struct sip_flow reply_to;
	void *user;
	bool is_internal;     /* a CANCEL: the user never saw it */
	bool has_trying;      /* our own 100 was sent; it is not kept */
	bool has_final;
	bool was_cancelled;
};

struct sip_client {
	struct txn txn;
	struct txn_bytes sent;	  /* the request; later its ACK; or none */
	struct txn_bytes reason;  /* header lines of a CANCEL that waits */
	struct sip_flow to;
	struct sip_client *next_by_conn, **link_by_conn; /* NULL: by none */
	const struct sip_client_events *events; /* NULL: detached */
	void *arg;
	bool is_cancelled;	  /* in Proceeding: CANCEL was sent */
	bool has_failed;	  /* the deadline is a transport error */
	bool was_repeated;	  /* by another connection */
};

struct sip_txns {
	struct sip_txns_env env;
	struct sip_user user;
	struct pool *pool; /* of their memory */
	struct map servers, clients;
	struct sip_client *by_conn[TXN_CONN_LISTS]; /* those sent by streams */
	struct sip_txns_counters counters;
	uint64_t n_branches;
	char next_branch[TXN_NUMBER_END]; /* how it begins */
	bool is_overloaded;
	const struct sip_server *arrived; /* whose request is in, while the
					   * user is told of it */
	const struct sip_server *kept_of; /* whose request kept indexes */
	struct sip_msg kept;	 /* what sip_server_request gives */
	struct sip_msg in;	 /* the datagram being received */
	struct sip_msg work;	 /* good within one function only */
	char out[TXN_DATAGRAM_MAX];
};

/* --- txn_key.c --- */

/* The method and the top Via of a request of which data is the beginning: 0 or
 * ERR_SYNTAX, also when the Via has no branch. */
int txn_peek_request(struct str data, enum sip_method *method,
		     struct sip_top_via *via);
/* The name of the server transaction a request belongs to (17.2.3). It points
 * into the message and into itself: not to be copied. */
void txn_key_of_request(struct txn_key *key, const struct hash_key *secret,
			const struct txn_in *in);
/* The name of a client transaction (17.1.3). */
void txn_key_of_branch(struct txn_key *key, const struct hash_key *secret,
		       struct str branch, enum sip_method method);
/* The same name with another method (CANCEL's INVITE). */
void txn_key_set_method(struct txn_key *key, enum sip_method method);
/* Bytes that keeping the key takes; keep it behind txn. */
size_t txn_key_size(const struct txn_key *key);
void txn_key_keep(const struct txn_key *key, struct txn *txn, char *at);
/* Whether the transaction has this name; To tags are not looked at. */
bool txn_key_fits(const struct txn_key *key, const struct txn *txn);
/* The same, when the transaction's name goes on with what its method is. */
bool txn_key_begins(const struct txn_key *key, const struct txn *txn);
/* The To tag of our responses to a request of this name: another one cannot
 * be guessed, and it is the same whenever it is made. */
struct str txn_key_tag(const struct hash_key *secret, uint64_t hash,
		       char out[TXN_TAG_LEN]);
/* n characters [0-9A-Za-z] that stand for v, modulo 62^n. */
void txn_base62(uint64_t v, char *out, size_t n);

/* --- txn.c --- */

/* Whether a response has no Via below ours, so that it cannot be passed on (16.7
 * step 3). */
bool txn_has_one_via(const struct sip_msg *msg);
/* A block counted in counters.bytes; NULL when there is no memory. */
void *txn_alloc(struct sip_txns *txns, size_t size);
void txn_free(struct sip_txns *txns, void *block, size_t size);
/* Keep a copy of data in place of what was there; without memory nothing is
 * kept and ERR_NOMEM returned. */
int txn_bytes_keep(struct sip_txns *txns, struct txn_bytes *bytes,
		   const char *data, size_t len);
void txn_bytes_drop(struct sip_txns *txns, struct txn_bytes *bytes);
/* Index kept bytes again; they were scanned before. */
void txn_rescan(struct sip_msg *msg, const struct txn_bytes *bytes);
/* Fill in what all transactions have, and add it to map. */
void txn_init(struct txn *txn, struct sip_txns *txns, enum txn_kind kind,
	      const struct txn_key *key, char *key_at,
	      enum sip_transport transport);
/* Take it out of map and stop its timers. */
void txn_fini(struct txn *txn);
/* Go to the next state and set the timers as the step says. */
void txn_enter(struct txn *txn, struct txn_step step);
/* Start the retransmit timer, or the deadline as a time-out, by hand. */
void txn_start_retransmit(struct txn *txn, int64_t ms);
void txn_start_timeout(struct txn *txn, int64_t ms);
/* Hand a message to the transport; failures are counted. */
int txn_send(struct sip_txns *txns, struct sip_flow *to, const char *data,
	     size_t len);
/* A response that nobody waits for. */
void txn_stray(struct sip_txns *txns, const struct txn_in *in);
/* All transactions, servers and clients, lingering ones too. */
size_t txn_count(const struct sip_txns *txns);
/* Whether a new request finds no place; the operator hears of it once. */
bool txn_is_over_limit(struct sip_txns *txns, const struct sip_msg *msg);
/* Whether the user wants what he never sees to be answered. */
bool txn_is_answered(const struct sip_txns *txns, const struct txn_in *in);
/* Answer without a transaction; 503 gets a Retry-After. */
void txn_refuse(struct sip_txns *txns, const struct txn_in *in, int status,
		const char *reason);

/* --- txn_branch.c --- */

/* Before the first sip_branch_make; env.instance is there. */
void txn_branches_begin(struct sip_txns *txns);

/* --- txn_client.c --- */

/* in is the response, NULL for other events. May free client. */
void txn_client_event(struct sip_client *client, enum txn_event event,
		      const struct txn_in *in);
struct sip_client *txn_client_find(struct sip_txns *txns, struct str branch,
				   enum sip_method method);
/* The connection it was sent by is gone. Calls nobody back. */
void txn_client_lost(struct sip_client *client, bool was_open);
/* The list of those sent by this connection, and by others. */
struct sip_client **txn_clients_by(struct sip_txns *txns,
				   const struct sip_flow *by);
/* Forget it without a word. */
void txn_client_free(struct sip_client *client);

/* --- txn_find.c --- */

/* The server transaction of this name, or NULL. */
struct sip_server *txn_server_find(const struct sip_txns *txns,
				   const struct txn_key *key);
/* The one that a CANCEL of this name means, whatever its method. */
struct sip_server *txn_server_find_cancelled(const struct sip_txns *txns,
					     struct txn_key *key);

/* --- txn_flow.c --- */

/* Where the responses to a request go. */
void txn_reply_flow(const struct txn_in *in, struct sip_flow *out);
/* The request came again: by another connection, maybe. */
void txn_follow(struct sip_server *server, const struct txn_in *in);

/* --- txn_server.c --- */

/* A request again, or a timer. May free server. */
void txn_server_event(struct sip_server *server, enum txn_event event);
void txn_server_receive(struct sip_txns *txns, const struct txn_in *in);
void txn_server_free(struct sip_server *server);

#endif
