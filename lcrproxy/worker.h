/*
 * worker.h - one SIP thread: its loop, sockets, transactions and calls
 *
 * A call belongs to the worker that the hash of its Call-ID names; what another
 * worker receives for it is handed over through a ring, so all messages of one
 * call meet in one thread and nothing on the call path takes a lock.
 */
#ifndef LCRPROXY_WORKER_H
#define LCRPROXY_WORKER_H

#include "acct/token.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/timers.h"
#include "lcrproxy/counters.h"
#include "lcrproxy/live.h"
#include "lcrproxy/node.h"
#include "route/learnt.h"
#include "route/snapshot.h"
#include "sip/location.h"
#include "sip/tcp.h"
#include "sip/txn.h"
#include "sip/udp.h"

struct addr_set;
struct call;
struct challenges;
struct dialog;
struct enum_worker;
struct uv_loop_s;
struct gateway_names;
struct handover;
struct heal;
struct meter;
struct policy;
struct pool;
struct registrants;
struct relay;
struct sip_nonces;
struct watch;

#define WORKER_WITNESSED 1024
#define WORKER_ROUTES 64

/* The listener that was chosen for an address (place.c). */
struct worker_route {
	struct sip_place place;
	int came_in, listener;
	int64_t until_ms;
};

struct worker {
	struct node *node;		/* borrowed */
	int index;
	struct log *log;
	struct clock clock;
	struct timers timers;
	struct pool *pool;		/* of what calls keep */
	struct sip_txns *txns;
	struct journal *journal;	/* borrowed from acct */
	bool has_news;			/* events that were not committed yet */
	struct token_keys *keys;
	struct meter *meter;		/* of new requests */
	struct meter *forgers;		/* of those of no call of ours */
	struct log_quota forged_lines;
	struct sip_nonces *nonces;
	struct challenges *challenges;
	struct snapshot *snapshot;	/* counted; NULL until the first mail */
	struct learnt *learnt;		/* counted; NULL: nothing is */
	struct tuning tuning;
	struct policy *policy;		/* counted; there with the snapshot */
	struct counters counters;
	struct live live;
	struct live resumed;		/* calls of before the start (heal.h) */
	struct heal *heal;
	uint64_t witnessed[WORKER_WITNESSED]; /* hashes of dialogs (dialog.c) */
	struct call *calls;		/* pending ones */
	size_t n_calls, n_ended;	/* n_ended of them: call.h */
	struct dialog *dialogs;		/* their requests on the way */
	struct relay *relays;		/* other requests on the way */
	struct watch *watch;		/* over gateways: the first worker's */
	struct gateway_names *gateway_names; /* likewise */
	struct addr_set *gateway_addrs;	/* counted; of those that are names */
	struct registrants *registrants; /* likewise */
	struct enum_worker *enums;	/* NULL: there is no ENUM */
	struct sip_location *location;	/* NULL: there is no DNS */
	struct forward_ack *acks;	/* that wait for DNS */
	size_t n_acks;
	struct worker_route routes[WORKER_ROUTES];
	struct arena arena;		/* scratch of one message */
	char *scratch;			/* SIP_MSG_MAX bytes to build in */
	struct handover *handover;	/* from the other workers */
	struct worker_io *io;		/* loop, sockets */
};

/* Opens the socket and prepares everything; the thread is started by
 * worker_start. 0, ERR_IO, ERR_INVAL or ERR_NOMEM. */
int worker_new(struct node *node, int index, struct worker **out);
int worker_start(struct worker *worker);
/* Post mail to the worker's thread; open() gets the struct worker. */
void worker_post(struct worker *worker, struct mail *mail);
/* The thread gives up its pending calls (they fail, with records), waits a
 * moment for their last messages, and ends; worker_join waits for that. */
void worker_stop(struct worker *worker);
void worker_join(struct worker *worker);
void worker_free(struct worker *worker);
/* Zeros when the sockets are closed; udp and tcp were zeroed by the caller. */
void worker_count(const struct worker *worker, struct sip_udp_counters *udp,
		  struct sip_tcp_counters *tcp);
/* Another TLS context for what a listener accepts and opens from now on. */
void worker_set_ctx(struct worker *worker, uint8_t listener,
		    struct tls_ctx *ctx);

/* For the proxy's code, within the worker's thread. */
struct uv_loop_s *worker_loop(struct worker *worker);
/* The number of the worker whose the messages with this Call-ID are; and
 * whether that is this one. */
int worker_owner(const struct node *node, struct str call_id);
bool worker_is_owner(const struct worker *worker, struct str call_id);
int worker_send(struct worker *worker, struct sip_flow *to,
		const char *data, size_t len);
/* The number of a domain that a TLS server must prove (sip_tcp_name). */
uint32_t worker_name(struct worker *worker, struct str host);

/* Whether a connection of this worker is there to send by. */
bool worker_has_conn(const struct worker *worker, uint32_t conn);
/* Word of another worker's connection: an offer, or gone. */
void worker_learn(struct worker *worker, const struct sip_tcp_offer *offer);
void worker_unlearn(struct worker *worker, const struct sip_flow *gone);
/* Have its loop call handover_take; from any thread. */
void worker_wake(struct worker *worker);
/* A message that this worker owns. */
void worker_receive(struct worker *worker, const char *data, size_t len,
		    const struct sip_flow *from);
/* For its sockets: a message for this worker or another; before anything
 * leaves. */
void worker_take(struct worker *worker, const char *data, size_t len,
		 const struct sip_flow *from);
void worker_before_flush(struct worker *worker);

#endif
