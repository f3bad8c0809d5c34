/*
 * txn_client.c - client transactions (RFC 3261 17.1, 9.1; RFC 6026)
 */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "sip/reply.h"
#include "sip/txn_layer.h"

/* --- coming and going --- */

static bool
is_client(const struct map_node *node, const void *arg)
{
	const struct sip_client *client =
	    MAP_ENTRY(node, struct sip_client, txn.node);

	return txn_key_fits(arg, &client->txn);
}

struct sip_client *
txn_client_find(struct sip_txns *txns, struct str branch,
		enum sip_method method)
{
	struct map_node *node;
	struct txn_key key;

	if (branch.len == 0)
		return NULL;
	txn_key_of_branch(&key, txns->env.key, branch, method);
	node = map_find(&txns->clients, key.hash, is_client, &key);
	return node != NULL ? MAP_ENTRY(node, struct sip_client, txn.node)
			    : NULL;
}

static size_t
size_of(const struct sip_client *client)
{
	return sizeof(*client) + client->txn.key_len;
}

/* The request, in request, is copied. */
static struct sip_client *
make_client(struct sip_txns *txns, const struct txn_key *key,
	    const struct sip_flow *to, struct str request)
{
	struct sip_client *client =
	    txn_alloc(txns, sizeof(*client) + txn_key_size(key));

	if (client == NULL)
		return NULL;
	*client = (struct sip_client){ .to = *to };
	txn_init(&client->txn, txns,
		 key->method == SIP_INVITE ? TXN_CLIENT_INVITE : TXN_CLIENT,
		 key, (char *)(client + 1),
		 (enum sip_transport)to->transport);
	if (txn_bytes_keep(txns, &client->sent, request.p, request.len) != 0) {
		txn_client_free(client);
		return NULL;
	}
	return client;
}

struct sip_client **
txn_clients_by(struct sip_txns *txns, const struct sip_flow *by)
{
	/* numbers of connections follow one another */
	return &txns->by_conn[(by->conn + by->worker * 61U) % TXN_CONN_LISTS];
}

static void
forget_conn(struct sip_client *client)
{
	if (client->link_by_conn == NULL)
		return;
	*client->link_by_conn = client->next_by_conn;
	if (client->next_by_conn != NULL)
		client->next_by_conn->link_by_conn = client->link_by_conn;
	client->link_by_conn = NULL;
}

/* Its end has to be told to who was sent by it. */
static void
note_conn(struct sip_client *client)
{
	struct sip_client **list =
	    txn_clients_by(client->txn.txns, &client->to);

	client->next_by_conn = *list;
	client->link_by_conn = list;
	if (*list != NULL)
		(*list)->link_by_conn = &client->next_by_conn;
	*list = client;
}

void
txn_client_free(struct sip_client *client)
{
	struct sip_txns *txns = client->txn.txns;

	txn_fini(&client->txn);
	forget_conn(client);
	txn_bytes_drop(txns, &client->sent);
	txn_bytes_drop(txns, &client->reason);
	txn_free(txns, client, size_of(client));
}

/* --- sending --- */

static int
send_by(struct sip_client *client, const char *data, size_t len)
{
	int err = txn_send(client->txn.txns, &client->to, data, len);

	if (!client->txn.is_reliable)
		return err;
	forget_conn(client);
	if (err == 0)
		note_conn(client);
	return err;
}

/* A refusal of the transport is told by the next timer run: nothing may be
 * called back from within sip_client_start. */
static void
send_request(struct sip_client *client)
{
	if (send_by(client, client->sent.p, client->sent.len) == 0)
		return;
	client->has_failed = true;
	txn_start_timeout(&client->txn, 0);
}

static void
start(struct sip_client *client)
{
	const int timers = TXN_ACT_START_RETRANSMIT | TXN_ACT_START_TIMEOUT;
	struct txn_step step = { client->txn.state, timers };

	txn_enter(&client->txn, step);
	send_request(client);
}

static int64_t
patience_ms(const struct sip_client *client)
{
	return 64 * (int64_t)client->txn.txns->env.t1_ms;
}

/* Index the INVITE in the layer's scratch; false when it is none, for which no
 * other request can be made. */
static bool
scan_sent(const struct sip_client *client)
{
	const struct txn_bytes *sent = &client->sent;

	return sip_scan(&client->txn.txns->work, sent->p, sent->len, NULL) == 0;
}

/* 9.1: a transaction of its own, with the branch of the INVITE. Without memory
 * for one it is sent once. The INVITE is given 64*T1 from now. */
static void
send_cancel(struct sip_client *invite, struct str headers)
{
	struct sip_txns *txns = invite->txn.txns;
	struct sip_client *client;
	struct txn_key key;
	struct wbuf w;

	txn_start_timeout(&invite->txn, patience_ms(invite));
	if (!scan_sent(invite))
		return;
	wbuf_init(&w, txns->out, sizeof(txns->out));
	sip_write_cancel(&w, &txns->work, headers);
	if (w.err != 0)
		return;
	txn_key_of_branch(&key, txns->env.key,
			  str_make(invite->txn.key, invite->txn.key_len - 1),
			  SIP_CANCEL);
	client =
	    make_client(txns, &key, &invite->to, str_make(txns->out, w.len));
	if (client != NULL)
		start(client);
	else
		(void)txn_send(txns, &invite->to, txns->out, w.len);
}

/* From now on the ACK is all that is kept. */
static void
make_ack(struct sip_client *client, const struct sip_msg *response)
{
	struct sip_txns *txns = client->txn.txns;
	struct wbuf w;

	if (!scan_sent(client))
		return;
	wbuf_init(&w, txns->out, sizeof(txns->out));
	sip_write_ack(&w, &txns->work, response);
	txn_bytes_drop(txns, &client->sent);
	if (w.err != 0)
		return;
	(void)send_by(client, txns->out, w.len);
	(void)txn_bytes_keep(txns, &client->sent, txns->out, w.len);
}

static void
send_ack_again(struct sip_client *client)
{
	struct sip_txns *txns = client->txn.txns;

	if (client->sent.p == NULL)
		return;
	txns->counters.retransmissions_out++;
	(void)send_by(client, client->sent.p, client->sent.len);
}

/* --- events --- */

static bool
has_final(const struct sip_client *client)
{
	return client->txn.state == TXN_COMPLETED ||
	       client->txn.state == TXN_ACCEPTED;
}

/* The first provisional response to an INVITE. */
static void
begin_ringing(struct sip_client *client)
{
	struct txn_bytes *reason = &client->reason;

	if (client->is_cancelled) {
		send_cancel(client, str_make(reason->p, reason->len));
		txn_bytes_drop(client->txn.txns, reason);
	} else if (client->events == NULL) {
		txn_start_timeout(&client->txn, patience_ms(client));
	}
}

static void
tell_user(struct sip_client *client, struct txn_step step,
	  const struct txn_in *in, bool had_final)
{
	const struct sip_client_events *events = client->events;
	struct sip_txns *txns = client->txn.txns;

	if (step.actions & TXN_ACT_TIMEOUT)
		txns->counters.timeouts++;
	if (events == NULL) {
		if (step.actions & TXN_ACT_TO_USER &&
		    client->txn.state == TXN_ACCEPTED)
			txn_stray(txns, in);
		return;
	}
	if (step.actions & TXN_ACT_TO_USER)
		events->on_response(client->arg, client, in->msg);
	else if (!had_final && step.actions & TXN_ACT_TIMEOUT)
		events->on_failure(client->arg, client, ERR_TIMEOUT);
	else if (!had_final && step.actions & TXN_ACT_ERROR)
		events->on_failure(client->arg, client, ERR_IO);
}

/* What the step asks to be sent; what is no longer needed goes. */
static void
perform(struct sip_client *client, struct txn_step step, bool had_final,
	const struct txn_in *in)
{
	struct sip_txns *txns = client->txn.txns;

	if (step.actions & TXN_ACT_SEND) {
		txns->counters.retransmissions_out++;
		send_request(client);
	}
	if (step.actions & TXN_ACT_ACK) {
		if (had_final)
			send_ack_again(client);
		else
			make_ack(client, in->msg);
	} else if (has_final(client) && !had_final) {
		txn_bytes_drop(txns, &client->sent);
	}
	if (has_final(client))
		txn_bytes_drop(txns, &client->reason);
}

void
txn_client_event(struct sip_client *client, enum txn_event event,
		 const struct txn_in *in)
{
	struct txn *txn = &client->txn;
	bool had_final = has_final(client);
	bool was_calling = txn->state == TXN_CALLING;
	struct txn_step step;

	if (event == TXN_EV_TIMER_TIMEOUT && client->has_failed)
		event = TXN_EV_TRANSPORT_ERROR;
	step = txn_fsm_step(txn->kind, txn->state, event);
	assert(in != NULL || !(step.actions & (TXN_ACT_ACK | TXN_ACT_TO_USER)));
	if (in != NULL && !(step.actions & TXN_ACT_TO_USER))
		txn->txns->counters.retransmissions_in++;
	if (step.actions & TXN_ACT_STOP_TIMEOUT)
		client->has_failed = false;
	txn_enter(txn, step);
	perform(client, step, had_final, in);
	if (was_calling && txn->state == TXN_PROCEEDING)
		begin_ringing(client);
	tell_user(client, step, in, had_final);
	if (txn->state != TXN_TERMINATED)
		return;
	if (client->events != NULL)
		client->events->on_gone(client->arg, client);
	txn_client_free(client);
}

void
txn_client_lost(struct sip_client *client, bool was_open)
{
	bool waits = client->txn.state == TXN_CALLING ||
		     client->txn.state == TXN_TRYING;

	if (client->has_failed)
		return;
	/* of an INVITE that rings the response may come another way */
	if (!waits && client->txn.kind == TXN_CLIENT_INVITE)
		return;
	if (waits && was_open && !client->was_repeated &&
	    !client->is_cancelled) {
		client->was_repeated = true;
		client->to.conn = 0;
		client->txn.txns->counters.retransmissions_out++;
		send_request(client);
	} else if (waits || client->txn.state == TXN_PROCEEDING) {
		client->has_failed = true;
		txn_start_timeout(&client->txn, 0);
	}
}

/* --- the user's side --- */

/* What a new client transaction sends, and its name. */
struct outgoing {
	struct str data;
	struct str branch;
	enum sip_method method;
	const struct sip_client_events *events;
	void *arg;
};

static int
start_new(struct sip_txns *txns, const struct sip_flow *to,
	  const struct outgoing *outgoing, struct sip_client **out)
{
	struct sip_client *client;
	struct txn_key key;

	if (outgoing->method == SIP_ACK)
		return ERR_INVAL;
	if (outgoing->data.len > TXN_DATAGRAM_MAX ||
	    txn_count(txns) >= 2 * txns->env.max_transactions)
		return ERR_LIMIT;
	txn_key_of_branch(&key, txns->env.key, outgoing->branch,
			  outgoing->method);
	client = make_client(txns, &key, to, outgoing->data);
	if (client == NULL)
		return ERR_NOMEM;
	client->events = outgoing->events;
	client->arg = outgoing->arg;
	start(client);
	*out = client;
	return 0;
}

int
sip_client_start(struct sip_txns *txns, const struct sip_flow *to,
		 const char *data, size_t len, const struct sip_client_events *events, void *arg,
		 struct sip_client **out)
{
	struct outgoing outgoing = { .data = { data, len },
				     .events = events,
				     .arg = arg };
	struct sip_top_via via;

	if (txn_peek_request(outgoing.data, &outgoing.method, &via) != 0)
		return ERR_SYNTAX;
	/* ACK and CANCEL are made from it later: it must be readable then */
	if (outgoing.method == SIP_INVITE &&
	    sip_scan(&txns->work, data, len, NULL) != 0)
		return ERR_SYNTAX;
	outgoing.branch = via.branch;
	return start_new(txns, to, &outgoing, out);
}

int
sip_client_start_made(struct sip_txns *txns, const struct sip_flow *to,
		      const struct sip_made *made,
		      const struct sip_client_events *events, void *arg,
		      struct sip_client **out)
{
	const struct outgoing outgoing = {
		.data = { made->data, made->len },
		.branch = { made->branch, SIP_BRANCH_LEN },
		.method = made->method,
		.events = events,
		.arg = arg,
	};

	return start_new(txns, to, &outgoing, out);
}

void
sip_client_cancel(struct sip_client *client, struct str headers)
{
	if (client->txn.kind != TXN_CLIENT_INVITE || client->is_cancelled ||
	    has_final(client))
		return;
	client->is_cancelled = true;
	if (client->txn.state == TXN_PROCEEDING)
		send_cancel(client, headers);
	else if (headers.len > 0)
		(void)txn_bytes_keep(client->txn.txns, &client->reason,
				     headers.p, headers.len);
}

void
sip_client_detach(struct sip_client *client)
{
	client->events = NULL;
	if (client->txn.kind == TXN_CLIENT_INVITE &&
	    client->txn.state == TXN_PROCEEDING && !client->is_cancelled)
		txn_start_timeout(&client->txn, patience_ms(client));
}

const struct sip_flow *
sip_client_to(const struct sip_client *client)
{
	return &client->to;
}
