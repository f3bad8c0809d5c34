/*
 * worker.h - one SIP thread: its loop, socket, transactions and calls
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
#include "route/snapshot.h"
#include "sip/txn.h"
#include "sip/udp.h"

struct call;
struct dialog;
struct meter;
struct sip_nonces;
struct watch;

#define WORKER_WITNESSED 1024

struct worker {
	struct node *node;		/* borrowed */
	int index;
	struct log *log;
	struct clock clock;
	struct timers timers;
	struct sip_txns *txns;
	struct journal *journal;	/* borrowed from acct */
	struct token_keys *keys;
	struct meter *meter;
	struct sip_nonces *nonces;
	struct snapshot *snapshot;	/* counted; NULL until the first mail */
	struct tuning tuning;
	struct counters counters;
	struct live live;
	uint64_t witnessed[WORKER_WITNESSED]; /* hashes of dialogs (dialog.c) */
	struct call *calls;		/* pending ones */
	size_t n_calls;
	struct dialog *dialogs;		/* their requests on the way */
	struct watch *watch;		/* over gateways: the first worker's */
	struct arena arena;		/* scratch of one message */
	char *scratch;			/* SIP_MSG_MAX bytes to build in */
	struct worker_io *io;		/* loop, socket, rings */
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
const struct sip_udp_counters *worker_udp(const struct worker *worker);

/* For the proxy's code, within the worker's thread. */
/* Whether the messages with this Call-ID are this worker's. */
bool worker_is_owner(const struct worker *worker, struct str call_id);
int worker_send(struct worker *worker, const struct addr *to,
		const char *data, size_t len);

#endif
