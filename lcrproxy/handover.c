/* handover.c - what the threads of the workers pass to each other */
#include "lcrproxy/handover.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/ring.h"

#define RING_ITEMS 8192 /* on their way to another worker */
#define RING_TURN 512	/* taken per wake-up before the socket's turn */

enum kind { OWNED, TO_SEND, OFFERED, LOST, LOST_EARLY, UNDELIVERED };

struct handover {
	int n;
	struct ring **in; /* by sender */
	bool *rings;	  /* by receiver: at the end of the turn */
	bool has_answers;
};

struct item {
	struct sip_flow flow;
	enum kind kind;
	size_t len;
	char data[];
};

int
handover_new(const struct worker *worker, struct handover **out)
{
	struct handover *handover = mem_zalloc(1, sizeof(*handover));
	size_t n = (size_t)worker->node->n_workers;
	int err = 0;

	*out = handover;
	if (handover == NULL)
		return ERR_NOMEM;
	handover->n = (int)n;
	handover->in = mem_zalloc(n, sizeof(handover->in[0]));
	handover->rings = mem_zalloc(n, sizeof(handover->rings[0]));
	if (handover->in == NULL || handover->rings == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n && err == 0; i++) {
		if ((int)i != worker->index)
			err = ring_new(RING_ITEMS, &handover->in[i]);
	}
	return err;
}

void
handover_free(struct handover *handover)
{
	if (handover == NULL)
		return;
	for (int i = 0; handover->in != NULL && i < handover->n; i++) {
		struct ring *ring = handover->in[i];
		void *item;

		while (ring != NULL && (item = ring_pop(ring)) != NULL)
			mem_free(item);
		ring_free(ring);
	}
	mem_free(handover->in);
	mem_free(handover->rings);
	mem_free(handover);
}

/* --- giving --- */

static int
push(struct worker *worker, int to, enum kind kind, struct str text,
     const struct sip_flow *flow)
{
	struct worker *other = worker->node->workers[to];
	struct item *item = mem_alloc(sizeof(*item) + text.len + 1);

	if (item == NULL) {
		worker->counters.out_of_memory++;
		return ERR_NOMEM;
	}
	item->flow = *flow;
	item->kind = kind;
	item->len = text.len;
	memcpy(item->data, text.p, text.len);
	item->data[text.len] = '\0';
	if (!ring_push(other->handover->in[worker->index], item)) {
		worker->counters.handed_over_dropped++;
		mem_free(item);
		return ERR_BUSY;
	}
	worker->counters.handed_over++;
	worker->handover->rings[to] = true;
	return 0;
}

int
handover_message(struct worker *worker, int owner, const char *data,
		 size_t len, const struct sip_flow *from)
{
	return push(worker, owner, OWNED, str_make(data, len), from);
}

int
handover_send(struct worker *worker, const struct sip_flow *to,
	      const char *data, size_t len)
{
	worker->handover->has_answers = true;
	return push(worker, to->worker, TO_SEND, str_make(data, len), to);
}

void
handover_offer(struct worker *worker, const struct sip_tcp_offer *offer)
{
	const struct str data = { (const char *)offer, sizeof(*offer) };

	for (int i = 0; i < worker->handover->n; i++) {
		if (i != worker->index)
			(void)push(worker, i, OFFERED, data, &offer->flow);
	}
}

void
handover_lost(struct worker *worker, const struct sip_flow *by, bool was_open)
{
	for (int i = 0; i < worker->handover->n; i++) {
		if (i != worker->index)
			(void)push(worker, i, was_open ? LOST : LOST_EARLY,
				   str_of(""), by);
	}
	sip_txns_lost(worker->txns, by, was_open);
}

void
handover_undelivered(struct worker *worker, const char *data, size_t len)
{
	static const struct sip_flow nowhere;
	struct str call_id = sip_find_call_id(data, len);
	int owner = worker_owner(worker->node, call_id);

	if (call_id.p == NULL || owner == worker->index)
		sip_txns_undelivered(worker->txns, data, len);
	else
		(void)push(worker, owner, UNDELIVERED, str_make(data, len),
			   &nowhere);
}

bool
handover_has_answers(struct worker *worker)
{
	bool has_answers = worker->handover->has_answers;

	worker->handover->has_answers = false;
	return has_answers;
}

void
handover_ring(struct worker *worker)
{
	for (int i = 0; i < worker->handover->n; i++) {
		if (!worker->handover->rings[i])
			continue;
		worker->handover->rings[i] = false;
		worker_wake(worker->node->workers[i]);
	}
}

/* --- taking --- */

/* A request by a connection that is gone is not sent by another one of ours:
 * its transaction has to know by which it went. */
static void
send_for(struct worker *worker, int asker, const struct item *item)
{
	bool is_request =
	    !str_starts(str_make(item->data, item->len), "SIP/2.0 ");
	struct sip_flow to = item->flow;
	enum kind kind = LOST;

	if (!is_request || worker_has_conn(worker, to.conn)) {
		kind = LOST_EARLY;
		if (worker_send(worker, &to, item->data, item->len) == 0 ||
		    !is_request)
			return;
	}
	(void)push(worker, asker, kind, str_of(""), &item->flow);
}

static void
learn(struct worker *worker, const struct item *item)
{
	struct sip_tcp_offer offer;

	memcpy(&offer, item->data, sizeof(offer)); /* it may lie anyhow */
	worker_learn(worker, &offer);
}

static void
take(struct worker *worker, int from, const struct item *item)
{
	switch (item->kind) {
	case OWNED:
		worker_receive(worker, item->data, item->len, &item->flow);
		return;
	case TO_SEND:
		send_for(worker, from, item);
		return;
	case OFFERED:
		learn(worker, item);
		return;
	case LOST:
	case LOST_EARLY:
		worker_unlearn(worker, &item->flow);
		sip_txns_lost(worker->txns, &item->flow, item->kind == LOST);
		return;
	case UNDELIVERED:
		sip_txns_undelivered(worker->txns, item->data, item->len);
		arena_reset(&worker->arena);
		return;
	}
}

bool
handover_take(struct worker *worker)
{
	bool more = false;

	for (int from = 0; from < worker->handover->n; from++) {
		struct item *item = NULL;

		for (int i = 0; from != worker->index && i < RING_TURN; i++) {
			item = ring_pop(worker->handover->in[from]);
			if (item == NULL)
				break;
			take(worker, from, item);
			mem_free(item);
		}
		more |= item != NULL;
	}
	return more;
}
