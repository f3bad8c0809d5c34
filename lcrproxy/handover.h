/*
 * handover.h - what the threads of the workers pass to each other
 *
 * Messages for the worker that owns their call, answers for the one that has
 * the connection, and word of connections that are gone: through a bounded ring
 * from each worker to each other one, without locks. Bells are rung once per
 * turn of the loop.
 */
#ifndef LCRPROXY_HANDOVER_H
#define LCRPROXY_HANDOVER_H

#include "lcrproxy/worker.h"

struct handover;

/* The rings that lead to a worker: 0 or ERR_NOMEM. */
int handover_new(const struct worker *worker, struct handover **out);
/* What is in them is dropped. NULL is accepted. */
void handover_free(struct handover *handover);
/* A message that another worker owns, a copy of it: 0, ERR_NOMEM or ERR_BUSY
 * (the ring is full). */
int handover_message(struct worker *worker, int owner, const char *data,
		     size_t len, const struct sip_flow *from);
/* A message to be sent by a connection of another worker, likewise. When that
 * connection is gone, a request comes back as one that was lost. */
int handover_send(struct worker *worker, const struct sip_flow *to,
		  const char *data, size_t len);
/* Tell all others of a connection of this worker that carries requests. */
void handover_offer(struct worker *worker, const struct sip_tcp_offer *offer);
/* Tell the owner of a datagram that it was not delivered
 * (sip_txns_undelivered): the system tells any socket of the port. */
void handover_undelivered(struct worker *worker, const char *data,
			  size_t len);
/* Tell all that a connection of this worker is gone (sip_txns_lost). */
void handover_lost(struct worker *worker, const struct sip_flow *by,
		   bool was_open);
/* Whether something to be sent was passed on in this turn; asked once. */
bool handover_has_answers(struct worker *worker);
/* Ring the bells of those who got something in this turn. */
void handover_ring(struct worker *worker);
/* Take what the others sent, in turns; returns whether more may be left. */
bool handover_take(struct worker *worker);

#endif
