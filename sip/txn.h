/*
 * txn.h - the transaction layer of one worker (RFC 3261 17, 9, RFC 6026)
 *
 * Between the transport below (bytes in by sip_txns_receive, bytes out by
 * env.send) and the transaction user above (the proxy). It absorbs
 * retransmissions, makes its own, answers CANCEL, acknowledges failures and
 * keeps the timers. Everything happens in one thread, by env's clock and
 * timer wheel, so tests drive it without sockets and without sleeping.
 * sip_txns_receive, sip_txns_undelivered and sip_txns_free must not be called
 * from within a callback or from env.send.
 *
 * A server transaction that the user has not answered sends 100 on its own:
 * 200 ms after an INVITE (17.2.1) - the caller's timer A runs out at 500 ms, so
 * a call answered quickly is spared it -, after the time of RFC 4320 4.1 for
 * other requests. Without memory for a copy a message is sent, but not again.
 *
 * A struct sip_server or sip_client belongs to the layer. The user's pointer
 * to it is good until on_gone for it was called (last callback, exactly once);
 * after sip_*_detach no callback comes any more.
 */
#ifndef SIP_TXN_H
#define SIP_TXN_H

#include "base/addr.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/timers.h"
#include "sip/edit.h"
#include "sip/flow.h"
#include "sip/msg.h"

struct sip_txns;
struct sip_server;
struct sip_client;

#define SIP_BRANCH_LEN 40 /* most characters of a branch we make */

struct sip_txns_env {
	const struct clock *clock;    /* all borrowed */
	struct timers *timers;
	const struct hash_key *key;
	struct log *log;
	/* By to->transport; of a reliable one, to->conn gets the connection
	 * it went on. Must not call back. */
	int (*send)(void *arg, struct sip_flow *to, const char *data,
		    size_t len);
	void *send_arg;
	int32_t t1_ms, t2_ms, t4_ms;  /* 500, 4000, 5000 (17.1.1.1) */
	int32_t linger_slack_ms;      /* lingering (D, I, J, K, L, M) ends at the
				       * next multiple of this; 0 = exactly */
	size_t max_transactions;      /* servers and clients together, also
				       * those that only linger. New INVITEs
				       * over it get 503 + Retry-After, other
				       * new requests over 1.5x of it, those
				       * inside dialogs, and
				       * sip_client_start, over 2x of it */
	uint32_t instance;	      /* goes into branches: worker and start */
};

/* The transaction user. Messages are borrowed during the call. */
struct sip_user {
	void *arg;
	/* Whether a new request is to be taken notice of; if not it is dropped
	 * without an answer. NULL: all are. Never asked for ACK or CANCEL. */
	bool (*admits)(void *arg, const struct sip_msg *msg,
		       const struct sip_flow *from);
	/* Whether what is refused here is worth an answer: a request that is
	 * not as it should be, a CANCEL of nothing. NULL: it is. */
	bool (*answers)(void *arg, const struct sip_flow *from);
	/* A request that opened a server transaction; never ACK or CANCEL.
	 * Must lead to a final response sooner or later. */
	void (*on_request)(void *arg, struct sip_server *server,
			   const struct sip_msg *msg,
			   const struct sip_flow *from);
	/* The INVITE of server was cancelled before a final response; the
	 * CANCEL has been answered 200. msg is the CANCEL. */
	void (*on_cancel)(void *arg, struct sip_server *server,
			  const struct sip_msg *msg);
	/* An ACK that no server transaction wants: for a 2xx, to be passed on
	 * statelessly. */
	void (*on_ack)(void *arg, const struct sip_msg *msg,
		       const struct sip_flow *from);
	/* A response without a client transaction. RFC 6026 8.9: to be
	 * dropped; counted here. Also a 2xx to an INVITE whose client was
	 * detached. */
	void (*on_stray)(void *arg, const struct sip_msg *msg,
			 const struct sip_flow *from);
	/* The server transaction is over. user is sip_server_set_user's. */
	void (*on_server_gone)(void *arg, struct sip_server *server,
			       void *user);
};

int sip_txns_new(const struct sip_txns_env *env, const struct sip_user *user,
		 struct sip_txns **out);
/* Drops all transactions silently (no callbacks), cancels their timers. */
void sip_txns_free(struct sip_txns *txns);

/*
 * One message in. Scans, answers what never reaches the user (400 with the
 * scan's reason, 505, 481 for a CANCEL of nothing, 503 over the
 * limit), and calls the user for the rest. keep-alives (only CR and LF) and
 * garbage are dropped and counted.
 */
void sip_txns_receive(struct sip_txns *txns, const char *data, size_t len,
		      const struct sip_flow *from);
/* A message that is good for nothing but to answer, when it says enough for
 * that: the head of one of a stream (400, 413), or one that nobody can serve now
 * (503). */
void sip_txns_refuse(struct sip_txns *txns, const char *data, size_t len,
		     const struct sip_flow *from, int status,
		     const char *reason);
/* The transport says that a datagram (its beginning is data) was not
 * delivered: the client transaction that sent it fails at once. */
void sip_txns_undelivered(struct sip_txns *txns, const char *data, size_t len);
/* The connection by->conn of by->worker is gone. Requests sent by it that have had no response are sent
 * once more by another one when this one had been open (it may have been closed
 * for idleness while they were on their way), else their client transactions
 * fail (17.1.4) at the next run of the timers. Costs what was sent by it. */
void sip_txns_lost(struct sip_txns *txns, const struct sip_flow *by,
		   bool was_open);

/* --- server transactions --- */

/* A pointer of the user's, given back by on_server_gone; NULL at first. */
void sip_server_set_user(struct sip_server *server, void *user);
void *sip_server_user(const struct sip_server *server);
/* The request, kept until a final response was sent; NULL afterwards. Borrowed
 * until then, until this is asked of another transaction, or, within
 * on_request, until that returns. */
const struct sip_msg *sip_server_request(const struct sip_server *server);
/* One header of it (the first row), without indexing it all; p == NULL when
 * there is none, or the request is kept no longer. Borrowed until then. */
struct str sip_server_request_value(const struct sip_server *server,
				    enum sip_header id);
const struct sip_flow *sip_server_from(const struct sip_server *server);
/* Where its responses go: to one that comes when it is gone, too. */
const struct sip_flow *sip_server_reply_to(const struct sip_server *server);
bool sip_server_has_final(const struct sip_server *server);
/*
 * Answer with a response of our own; headers are lines with CRLF. A To tag is
 * added (the same for all of a transaction). Returns 0, ERR_INVAL after a final
 * response, ERR_LIMIT when it fits no datagram, ERR_NOMEM. reason NULL = the
 * usual phrase.
 *
 * RFC 4320: provisional responses and 408 to anything but INVITE are not sent,
 * though 0 is returned; after 408 the transaction has had its final response.
 */
int sip_server_reply(struct sip_server *server, int status, const char *reason,
		     struct str headers);
/*
 * Pass on a response: edit holds the splices besides the removal of our Via,
 * which is done here; edit->msg is the response. Goes where the request's top
 * Via says (18.2.2, RFC 3581). A 2xx to INVITE may be passed on again and again
 * (retransmissions, other forks) in the Accepted state. Returns as above
 * (ERR_INVAL also when there is no Via below ours), or the error of edit.
 */
int sip_server_relay(struct sip_server *server, struct sip_edit *edit);

/* --- client transactions --- */

struct sip_client_events {
	/* Each provisional (also 100) and the first final response; for INVITE
	 * each 2xx (RFC 6026). Failure responses were acknowledged. */
	void (*on_response)(void *arg, struct sip_client *client,
			    const struct sip_msg *msg);
	/* No final response in time (B, F, or 64*T1 after a CANCEL), or err =
	 * ERR_IO: the request could not be delivered. Not called after a final
	 * response. */
	void (*on_failure)(void *arg, struct sip_client *client, int err);
	/* The last callback. */
	void (*on_gone)(void *arg, struct sip_client *client);
	/* The request has Vias below ours: a provisional or 2xx response
	 * without one is dropped (16.7 step 3). A failure without one is given,
	 * and sip_server_relay refuses it. */
	bool passes_on;
};

/*
 * Make the branch of a new client transaction, "z9hG4bK" and unique, ending
 * in ".XXXXXXXX" = loop_hash in hex (16.6 step 8). out gets a NUL.
 */
void sip_branch_make(struct sip_txns *txns, uint32_t loop_hash,
		     char out[SIP_BRANCH_LEN + 1]);
/* The loop hash of a branch that sip_branch_make made (of any instance): true
 * and the hash. */
bool sip_branch_loop_hash(struct str branch, uint32_t *out);
/*
 * Send a request (a whole message whose top Via has this branch) to an address
 * and await its responses. The Via must name to's transport. data is copied, events borrowed. Nothing is called
 * back from within. Returns 0, ERR_SYNTAX (data is no request with a branch),
 * ERR_INVAL (an ACK: it has no transaction), ERR_LIMIT or ERR_NOMEM.
 */
int sip_client_start(struct sip_txns *txns, const struct sip_flow *to,
		     const char *data, size_t len,
		     const struct sip_client_events *events, void *arg,
		     struct sip_client **out);
/* A request as its maker knows it: by an edit (edit.h) of one that scans. */
struct sip_made {
	const char *data;	 /* borrowed */
	size_t len;
	enum sip_method method;
	char branch[SIP_BRANCH_LEN + 1]; /* of sip_branch_make, in its top Via */
};
/* The same, without looking for what is known: never ERR_SYNTAX. */
int sip_client_start_made(struct sip_txns *txns, const struct sip_flow *to,
			  const struct sip_made *made,
			  const struct sip_client_events *events, void *arg,
			  struct sip_client **out);
/* Cancel an INVITE: the CANCEL leaves at once when a provisional response has
 * come, else with the first one (9.1); no-op after a final response, for other
 * methods, and the second time. headers (may be empty) are copied into it. */
void sip_client_cancel(struct sip_client *client, struct str headers);
/* The user loses interest: no more callbacks; the layer finishes alone, an
 * INVITE that rings within 64*T1 (a 2xx that still comes goes to on_stray). */
void sip_client_detach(struct sip_client *client);
const struct sip_flow *sip_client_to(const struct sip_client *client);

struct sip_txns_counters {
	uint64_t requests[SIP_N_METHODS], responses[7], retransmissions_in,
	    retransmissions_out, bad, stray_responses, timeouts,
	    transport_errors, overload, keepalives;
	size_t servers, clients; /* at this moment */
	size_t bytes;		 /* memory of all transactions */
};
const struct sip_txns_counters *sip_txns_counters(const struct sip_txns *txns);

#endif
