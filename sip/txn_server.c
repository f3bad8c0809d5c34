/*
 * txn_server.c - server transactions (RFC 3261 17.2, 9.2; RFC 6026, RFC 4320)
 */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "sip/reply.h"
#include "sip/txn_layer.h"
#include "sip/value.h"

/* --- coming and going --- */

static size_t
size_of(const struct sip_server *server)
{
	return sizeof(*server) + server->txn.key_len + server->txn.tag_len;
}

static struct sip_server *
make_server(struct sip_txns *txns, const struct txn_in *in,
	    const struct txn_key *key)
{
	struct sip_server *server =
	    txn_alloc(txns, sizeof(*server) + txn_key_size(key));

	if (server == NULL)
		return NULL;
	*server = (struct sip_server){ .from = *in->from };
	txn_reply_flow(in, &server->reply_to);
	txn_init(&server->txn, txns,
		 key->method == SIP_INVITE ? TXN_SERVER_INVITE : TXN_SERVER,
		 key, (char *)(server + 1),
		 (enum sip_transport)in->from->transport);
	return server;
}

static void
drop_request(struct sip_server *server)
{
	struct sip_txns *txns = server->txn.txns;

	if (txns->kept_of == server)
		txns->kept_of = NULL;
	txn_bytes_drop(txns, &server->request);
}

void
txn_server_free(struct sip_server *server)
{
	struct sip_txns *txns = server->txn.txns;

	txn_fini(&server->txn);
	drop_request(server);
	txn_bytes_drop(txns, &server->response);
	txn_free(txns, server, size_of(server));
}

/* --- sending --- */

static struct str
tag_of(const struct sip_server *server, char out[TXN_TAG_LEN])
{
	return txn_key_tag(server->txn.txns->env.key, server->txn.node.hash,
			   out);
}

static void
take_step(struct sip_server *server, int status)
{
	struct txn *txn = &server->txn;

	timer_cancel(txn->txns->env.timers, &txn->retransmit); /* our own 100 */
	txn_enter(txn,
		  txn_fsm_step(txn->kind, txn->state, txn_fsm_event(status)));
}

/* Send what lies in txns->out, and keep it while it may have to go again. */
static void
answer(struct sip_server *server, int status, size_t len)
{
	struct txn *txn = &server->txn;
	struct sip_txns *txns = txn->txns;

	take_step(server, status);
	txn_send(txns, &server->reply_to, txns->out, len);
	if (status >= 200) {
		server->has_final = true;
		drop_request(server);
	}
	if (txn->state == TXN_ACCEPTED)
		txn_bytes_drop(txns, &server->response);
	else
		(void)txn_bytes_keep(txns, &server->response, txns->out, len);
}

/* A 100 of our own: it is made anew whenever it is needed. */
static void
send_trying(struct sip_server *server)
{
	struct sip_txns *txns = server->txn.txns;
	struct wbuf w;

	server->has_trying = true;
	txn_rescan(&txns->work, &server->request);
	wbuf_init(&w, txns->out, sizeof(txns->out));
	sip_write_response(&w, &txns->work, &server->from.addr, 100, NULL,
			   str_make(NULL, 0), str_make(NULL, 0));
	txn_enter(&server->txn, txn_fsm_step(server->txn.kind,
					     server->txn.state, TXN_EV_1XX));
	if (w.err == 0)
		txn_send(txns, &server->reply_to, txns->out, w.len);
}

static void
send_again(struct sip_server *server)
{
	struct sip_txns *txns = server->txn.txns;

	if (server->response.p != NULL)
		txn_send(txns, &server->reply_to, server->response.p,
			 server->response.len);
	else if (server->has_trying && !server->has_final)
		send_trying(server);
	else
		return;
	txns->counters.retransmissions_out++;
}

/* --- events --- */

static void
finish(struct sip_server *server)
{
	const struct sip_user *user = &server->txn.txns->user;

	if (!server->is_internal)
		user->on_server_gone(user->arg, server, server->user);
	txn_server_free(server);
}

void
txn_server_event(struct sip_server *server, enum txn_event event)
{
	struct txn *txn = &server->txn;
	struct sip_txns *txns = txn->txns;
	struct txn_step step;

	if (event == TXN_EV_TIMER_RETRANSMIT && !server->has_final) {
		send_trying(server);
		return;
	}
	step = txn_fsm_step(txn->kind, txn->state, event);
	txn_enter(txn, step);
	if (txn->state == TXN_CONFIRMED)
		txn_bytes_drop(txns, &server->response);
	if (step.actions & TXN_ACT_SEND)
		send_again(server);
	if (step.actions & TXN_ACT_TIMEOUT)
		txns->counters.timeouts++;
	if (txn->state == TXN_TERMINATED)
		finish(server);
}

static void
receive_new(struct sip_txns *txns, const struct txn_in *in,
	    const struct txn_key *key)
{
	const struct sip_msg *msg = in->msg;
	struct sip_server *server;
	int64_t trying_ms;

	if (txns->user.admits != NULL &&
	    !txns->user.admits(txns->user.arg, msg, in->from))
		return;
	if (txn_is_over_limit(txns, msg)) {
		txn_refuse(txns, in, 503, NULL);
		return;
	}
	server = make_server(txns, in, key);
	if (server == NULL ||
	    txn_bytes_keep(txns, &server->request, msg->data, msg->len) != 0) {
		if (server != NULL)
			txn_server_free(server);
		txn_refuse(txns, in, 500, NULL);
		return;
	}
	trying_ms = txn_fsm_trying_ms(server->txn.kind, txns->env.t1_ms,
				      txns->env.t2_ms);
	txn_start_retransmit(&server->txn, trying_ms);
	txns->arrived = server;
	txns->user.on_request(txns->user.arg, server, msg, in->from);
	txns->arrived = NULL;
}

/* 200 with the To tag of the request (9.2), through a transaction of its own,
 * or without one when there is no room for it. */
static void
accept_cancel(struct sip_txns *txns, const struct txn_in *in,
	      const struct txn_key *key, const struct sip_server *cancelled)
{
	struct sip_server *server = NULL;
	char tag[TXN_TAG_LEN];
	struct sip_flow to;
	struct wbuf w;

	wbuf_init(&w, txns->out, sizeof(txns->out));
	sip_write_response(&w, in->msg, &in->from->addr, 200, NULL,
			   tag_of(cancelled, tag), str_make(NULL, 0));
	if (w.err != 0)
		return;
	if (txn_count(txns) < 2 * txns->env.max_transactions)
		server = make_server(txns, in, key);
	if (server == NULL) {
		txn_reply_flow(in, &to);
		txn_send(txns, &to, txns->out, w.len);
		return;
	}
	server->is_internal = true;
	answer(server, 200, w.len);
}

bool
txn_is_answered(const struct sip_txns *txns, const struct txn_in *in)
{
	return txns->user.answers == NULL ||
	       txns->user.answers(txns->user.arg, in->from);
}

/* Answered for any method, with an effect on INVITE alone (9.2). */
static void
receive_cancel(struct sip_txns *txns, const struct txn_in *in,
	       struct txn_key *key)
{
	struct sip_server *server = txn_server_find_cancelled(txns, key);

	if (server == NULL) {
		if (txn_is_answered(txns, in))
			txn_refuse(txns, in, 481, NULL);
		return;
	}
	accept_cancel(txns, in, key, server);
	if (server->txn.kind != TXN_SERVER_INVITE || server->has_final ||
	    server->was_cancelled)
		return;
	server->was_cancelled = true;
	txns->user.on_cancel(txns->user.arg, server, in->msg);
}

/* An ACK for a response that we made without a transaction, or whose
 * transaction is over, is known by our To tag. */
static bool
acks_ours(const struct sip_txns *txns, const struct txn_in *in,
	  const struct txn_key *key)
{
	char tag[TXN_TAG_LEN];

	return str_eq(in->msg->to_tag,
		      txn_key_tag(txns->env.key, key->hash, tag));
}

static void
receive_ack(struct sip_txns *txns, const struct txn_in *in,
	    const struct txn_key *key)
{
	struct sip_server *server = txn_server_find(txns, key);

	if (server == NULL ? !acks_ours(txns, in, key)
			   : server->txn.state == TXN_ACCEPTED) {
		txns->user.on_ack(txns->user.arg, in->msg, in->from);
		return;
	}
	if (server == NULL)
		return;
	if (server->txn.state == TXN_CONFIRMED)
		txns->counters.retransmissions_in++;
	txn_server_event(server, TXN_EV_ACK);
}

void
txn_server_receive(struct sip_txns *txns, const struct txn_in *in)
{
	struct sip_server *server;
	struct txn_key key;

	txns->counters.requests[in->msg->method]++;
	txn_key_of_request(&key, txns->env.key, in);
	if (key.is_ack) {
		receive_ack(txns, in, &key);
		return;
	}
	server = txn_server_find(txns, &key);
	if (server != NULL) {
		txns->counters.retransmissions_in++;
		txn_follow(server, in);
		txn_server_event(server, TXN_EV_REQUEST);
	} else if (key.method == SIP_CANCEL) {
		receive_cancel(txns, in, &key);
	} else {
		receive_new(txns, in, &key);
	}
}

/* --- the user's side --- */

void
sip_server_set_user(struct sip_server *server, void *user)
{
	server->user = user;
}

void *
sip_server_user(const struct sip_server *server)
{
	return server->user;
}

const struct sip_msg *
sip_server_request(const struct sip_server *server)
{
	struct sip_txns *txns = server->txn.txns;

	if (server->request.p == NULL)
		return NULL;
	if (txns->arrived == server)
		return &txns->in;
	if (txns->kept_of != server)
		txn_rescan(&txns->kept, &server->request);
	txns->kept_of = server;
	return &txns->kept;
}

struct str
sip_server_request_value(const struct sip_server *server, enum sip_header id)
{
	if (server->request.p == NULL)
		return str_make(NULL, 0);
	return sip_find_value(server->request.p, server->request.len, id);
}

const struct sip_flow *
sip_server_from(const struct sip_server *server)
{
	return &server->from;
}

const struct sip_flow *
sip_server_reply_to(const struct sip_server *server)
{
	return &server->reply_to;
}

bool
sip_server_has_final(const struct sip_server *server)
{
	return server->has_final;
}

static bool
may_send(const struct sip_server *server, int status)
{
	struct txn_step step = txn_fsm_step(server->txn.kind, server->txn.state,
					    txn_fsm_event(status));

	return !(step.actions & TXN_ACT_INVALID);
}

/* RFC 4320 4.1, 4.2: what must not be sent to anything but INVITE. The only
 * provisional response it allows is the 100 that the timer sends. */
static bool
is_withheld(const struct sip_server *server, int status)
{
	return server->txn.kind == TXN_SERVER &&
	       (status < 200 || status == 408);
}

/* Do as if the response had been sent. */
static void
withhold(struct sip_server *server, int status)
{
	if (status < 200)
		return;
	take_step(server, status);
	server->has_final = true;
	drop_request(server);
}

int
sip_server_reply(struct sip_server *server, int status, const char *reason,
		 struct str headers)
{
	struct sip_txns *txns = server->txn.txns;
	char tag[TXN_TAG_LEN];
	struct wbuf w;

	assert(status >= 100 && status <= 699);
	if (server->has_final)
		return ERR_INVAL;
	if (is_withheld(server, status)) {
		withhold(server, status);
		return 0;
	}
	txn_rescan(&txns->work, &server->request);
	wbuf_init(&w, txns->out, sizeof(txns->out));
	sip_write_response(&w, &txns->work, &server->from.addr, status, reason,
			   tag_of(server, tag), headers);
	if (w.err != 0)
		return w.err == ERR_SPACE ? ERR_LIMIT : w.err;
	answer(server, status, w.len);
	return 0;
}

int
sip_server_relay(struct sip_server *server, struct sip_edit *edit)
{
	struct sip_txns *txns = server->txn.txns;
	int status = edit->msg->status, err;
	size_t len;

	if (!may_send(server, status) ||
	    (status >= 300 && txn_has_one_via(edit->msg)))
		return ERR_INVAL;
	if (is_withheld(server, status)) {
		withhold(server, status);
		return 0;
	}
	sip_edit_forward_response(
	    edit, (enum sip_transport)server->reply_to.transport);
	err = sip_edit_apply(edit, txns->out, sizeof(txns->out), &len);
	if (err != 0)
		return err == ERR_SPACE ? ERR_LIMIT : err;
	answer(server, status, len);
	return 0;
}
