/*
 * txn.c - the transaction layer: what comes in, and what all transactions share
 */
#include "sip/txn.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/reply.h"
#include "sip/txn_layer.h"
#include "sip/value.h"

#define FIRST_BUCKETS_MAX (1 << 18) /* of a table, made at the start */
#define RETRY_AFTER "Retry-After: 5\r\n"

/* --- memory --- */

void *
txn_alloc(struct sip_txns *txns, size_t size)
{
	void *block = pool_take(txns->pool, size);

	if (block != NULL)
		txns->counters.bytes += size;
	return block;
}

void
txn_free(struct sip_txns *txns, void *block, size_t size)
{
	if (block != NULL)
		txns->counters.bytes -= size;
	pool_give(txns->pool, block, size);
}

void
txn_bytes_drop(struct sip_txns *txns, struct txn_bytes *bytes)
{
	txn_free(txns, bytes->p, bytes->len);
	*bytes = (struct txn_bytes){ NULL, 0 };
}

int
txn_bytes_keep(struct sip_txns *txns, struct txn_bytes *bytes, const char *data,
	       size_t len)
{
	txn_bytes_drop(txns, bytes);
	bytes->p = txn_alloc(txns, len);
	if (bytes->p == NULL)
		return ERR_NOMEM;
	memcpy(bytes->p, data, len);
	bytes->len = (uint32_t)len;
	return 0;
}

void
txn_rescan(struct sip_msg *msg, const struct txn_bytes *bytes)
{
	int err = sip_scan(msg, bytes->p, bytes->len, NULL);

	assert(err == 0);
	(void)err;
}

/* --- state and timers --- */

static bool
is_client(const struct txn *txn)
{
	return txn->kind == TXN_CLIENT_INVITE || txn->kind == TXN_CLIENT;
}

static void
step_by_timer(struct txn *txn, enum txn_event event)
{
	if (is_client(txn))
		txn_client_event(MAP_ENTRY(txn, struct sip_client, txn), event,
				 NULL);
	else
		txn_server_event(MAP_ENTRY(txn, struct sip_server, txn), event);
}

static void
on_retransmit(struct timer *timer, void *arg)
{
	(void)timer;
	step_by_timer(arg, TXN_EV_TIMER_RETRANSMIT);
}

static void
on_deadline(struct timer *timer, void *arg)
{
	struct txn *txn = arg;

	(void)timer;
	step_by_timer(txn, txn->is_lingering ? TXN_EV_TIMER_LINGER
					     : TXN_EV_TIMER_TIMEOUT);
}

static struct map *
map_of(struct txn *txn)
{
	return is_client(txn) ? &txn->txns->clients : &txn->txns->servers;
}

static void
count(struct sip_txns *txns)
{
	txns->counters.servers = txns->servers.n;
	txns->counters.clients = txns->clients.n;
}

void
txn_init(struct txn *txn, struct sip_txns *txns, enum txn_kind kind,
	 const struct txn_key *key, char *key_at,
	 enum sip_transport transport)
{
	*txn = (struct txn){
		.txns = txns,
		.kind = (uint8_t)kind,
		.state = (uint8_t)txn_fsm_initial(kind),
		.is_reliable = sip_transport_is_reliable(transport),
	};
	timer_init(&txn->retransmit, on_retransmit, txn);
	timer_init(&txn->deadline, on_deadline, txn);
	txn_key_keep(key, txn, key_at);
	map_add(map_of(txn), &txn->node, key->hash);
	count(txns);
}

void
txn_fini(struct txn *txn)
{
	struct timers *timers = txn->txns->env.timers;

	timer_cancel(timers, &txn->retransmit);
	timer_cancel(timers, &txn->deadline);
	map_remove(map_of(txn), &txn->node);
	count(txn->txns);
}

static void
start_in(struct txn *txn, struct timer *timer, int64_t ms)
{
	const struct sip_txns_env *env = &txn->txns->env;

	timer_start(env->timers, timer, clock_mono_ms(env->clock) + ms);
}

void
txn_start_retransmit(struct txn *txn, int64_t ms)
{
	start_in(txn, &txn->retransmit, ms);
}

void
txn_start_timeout(struct txn *txn, int64_t ms)
{
	start_in(txn, &txn->deadline, ms);
}

/* Lingering does no harm a little longer: many end in one wake-up. */
static void
start_linger(struct txn *txn)
{
	const struct sip_txns_env *env = &txn->txns->env;
	int64_t due = clock_mono_ms(env->clock) +
		      txn_fsm_linger_ms(txn->kind, txn->state, env->t1_ms,
					env->t4_ms, txn->is_reliable);
	int64_t slack = env->linger_slack_ms;

	if (slack > 0)
		due += slack - due % slack;
	txn->is_lingering = true;
	timer_start(env->timers, &txn->deadline, due);
}

/* A, E or G: the interval grows from start to start. */
static void
start_retransmit(struct txn *txn)
{
	const struct sip_txns_env *env = &txn->txns->env;
	int64_t ms;

	if (txn->is_reliable)
		return;
	ms = txn_fsm_retransmit_ms(txn->kind, txn->state, txn->interval_ms,
				   env->t1_ms, env->t2_ms);
	txn->interval_ms = (int32_t)ms;
	txn_start_retransmit(txn, ms);
}

void
txn_enter(struct txn *txn, struct txn_step step)
{
	const struct sip_txns_env *env = &txn->txns->env;

	txn->state = step.next;
	if (step.actions & TXN_ACT_STOP_RETRANSMIT)
		timer_cancel(env->timers, &txn->retransmit);
	if (step.actions & TXN_ACT_STOP_TIMEOUT)
		timer_cancel(env->timers, &txn->deadline);
	if (step.actions & TXN_ACT_START_RETRANSMIT)
		start_retransmit(txn);
	if (step.actions & TXN_ACT_START_TIMEOUT)
		txn_start_timeout(txn, 64 * (int64_t)env->t1_ms);
	if (step.actions & TXN_ACT_START_LINGER)
		start_linger(txn);
}

int
txn_send(struct sip_txns *txns, struct sip_flow *to, const char *data,
	 size_t len)
{
	int err = txns->env.send(txns->env.send_arg, to, data, len);

	if (err != 0)
		txns->counters.transport_errors++;
	return err;
}

/* --- answers without a transaction --- */

void
txn_refuse(struct sip_txns *txns, const struct txn_in *in, int status,
	   const char *reason)
{
	struct txn_key key;
	char tag[TXN_TAG_LEN];
	struct sip_flow to;
	struct wbuf w;

	txn_key_of_request(&key, txns->env.key, in);
	txn_reply_flow(in, &to);
	wbuf_init(&w, txns->out, sizeof(txns->out));
	sip_write_response(&w, in->msg, &in->from->addr, status, reason,
			   txn_key_tag(txns->env.key, key.hash, tag),
			   str_of(status == 503 ? RETRY_AFTER : ""));
	if (w.err == 0)
		txn_send(txns, &to, txns->out, w.len);
}

/* Where it goes and which request it is for can be told; a 400 repeats what
 * else there is of the request. */
static bool
can_answer(const struct sip_msg *msg)
{
	return msg->is_request && msg->method != SIP_ACK &&
	       msg->first[SIP_HDR_VIA] >= 0 && msg->first[SIP_HDR_CSEQ] >= 0;
}

/* The datagram in txns->in is not as it should be. */
static void
refuse_bad(struct sip_txns *txns, struct txn_in *in, int err, const char *why)
{
	char text[ADDR_TEXT_MAX];

	txns->counters.bad++;
	log_debug(txns->env.log, "sip %s: bad message, reason=\"%s\"",
		  addr_format(&in->from->addr, text),
		  why != NULL ? why : err_text(err));
	/* Bad parameters leave a sent-by to answer to. */
	if (!can_answer(in->msg) || in->msg->top_via.text.p == NULL ||
	    !txn_is_answered(txns, in))
		return;
	if (err == ERR_UNSUPPORTED)
		txn_refuse(txns, in, 505, NULL);
	else
		txn_refuse(txns, in, 400, why);
}

/* --- what comes in --- */

void
txn_stray(struct sip_txns *txns, const struct txn_in *in)
{
	txns->counters.stray_responses++;
	txns->user.on_stray(txns->user.arg, in->msg, in->from);
}

bool
txn_has_one_via(const struct sip_msg *msg)
{
	const struct sip_field *top = &msg->fields[msg->first[SIP_HDR_VIA]];
	struct str value = sip_field_value(msg, top);

	return top->next < 0 && sip_list_first_len(value) == value.len;
}

/* 16.7 step 3. A failure says enough all the same: SIPp and others make the 487
 * to an INVITE with the Via of its CANCEL. */
static bool
is_for_nobody(const struct sip_client *client, const struct sip_msg *msg)
{
	return msg->status < 300 && client->events != NULL &&
	       client->events->passes_on && txn_has_one_via(msg);
}

static void
receive_response(struct sip_txns *txns, const struct txn_in *in)
{
	int status = in->msg->status;
	struct sip_client *client =
	    txn_client_find(txns, in->msg->top_via.branch, in->msg->cseq_id);

	txns->counters.responses[status / 100]++;
	if (client != NULL && is_for_nobody(client, in->msg))
		txns->counters.bad++;
	else if (client != NULL)
		txn_client_event(client, txn_fsm_event(status), in);
	else
		txn_stray(txns, in);
}

/* Empty lines, as by streams, or the NULs that some telephones send to their NAT. */
static bool
is_keepalive(const char *data, size_t len)
{
	while (len > 0 && (data[len - 1] == '\r' || data[len - 1] == '\n' ||
			   data[len - 1] == '\0'))
		len--;
	return len == 0;
}

void
sip_txns_receive(struct sip_txns *txns, const char *data, size_t len,
		 const struct sip_flow *from)
{
	struct txn_in in = { .msg = &txns->in, .from = from };
	const char *why = NULL;
	int err;

	if (is_keepalive(data, len)) {
		txns->counters.keepalives++;
		return;
	}
	err = sip_scan(&txns->in, data, len, &why);
	if (err == 0 && !txns->in.top_via.is_whole) {
		why = "Malformed Via";
		err = ERR_SYNTAX;
	}
	if (err != 0)
		refuse_bad(txns, &in, err, why);
	else if (txns->in.is_request)
		txn_server_receive(txns, &in);
	else
		receive_response(txns, &in);
}

void
sip_txns_refuse(struct sip_txns *txns, const char *data, size_t len,
		const struct sip_flow *from, int status, const char *reason)
{
	struct txn_in in = { .msg = &txns->in, .from = from };

	if (status == 503)
		txns->counters.overload++;
	else
		txns->counters.bad++;
	(void)sip_scan(&txns->in, data, len, NULL); /* the body is missing */
	if (can_answer(&txns->in) &&
	    txns->in.top_via.is_whole)
		txn_refuse(txns, &in, status, reason);
}

void
sip_txns_lost(struct sip_txns *txns, const struct sip_flow *by, bool was_open)
{
	struct sip_client *client = *txn_clients_by(txns, by), *next;

	for (; client != NULL; client = next) {
		next = client->next_by_conn;
		if (client->to.conn == by->conn &&
		    client->to.worker == by->worker)
			txn_client_lost(client, was_open);
	}
}

void
sip_txns_undelivered(struct sip_txns *txns, const char *data, size_t len)
{
	struct sip_client *client;
	enum sip_method method;
	struct sip_top_via via;

	txns->counters.transport_errors++;
	/* a response is no token: nothing changes for it (RFC 6026 8.8) */
	if (txn_peek_request(str_make(data, len), &method, &via) != 0)
		return;
	if (method == SIP_ACK)
		method = SIP_INVITE;
	client = txn_client_find(txns, via.branch, method);
	if (client != NULL)
		txn_client_event(client, TXN_EV_TRANSPORT_ERROR, NULL);
}

/* --- overload --- */

/* How many may be pending for one more: what is inside a dialog comes last. */
static size_t
room_for(const struct sip_msg *msg, size_t max)
{
	if (msg->to_tag.p != NULL)
		return 2 * max;
	return msg->method == SIP_INVITE ? max : max + max / 2;
}

bool
txn_is_over_limit(struct sip_txns *txns, const struct sip_msg *msg)
{
	size_t n = txn_count(txns), max = txns->env.max_transactions;

	if (txns->is_overloaded && n < max - max / 10) {
		txns->is_overloaded = false;
		log_info(txns->env.log,
			 "sip: overload is over, transactions=%zu", n);
	}
	if (n < max || n < room_for(msg, max))
		return false;
	txns->counters.overload++;
	if (!txns->is_overloaded)
		log_warning(txns->env.log,
			    "sip: new requests get 503, transactions=%zu, "
			    "expected less than %zu",
			    n, max);
	txns->is_overloaded = true;
	return true;
}

/* --- the layer --- */

int
sip_txns_new(const struct sip_txns_env *env, const struct sip_user *user,
	     struct sip_txns **out)
{
	size_t n = env->max_transactions;
	struct sip_txns *txns = mem_alloc(sizeof(*txns));
	int err;

	if (txns == NULL)
		return ERR_NOMEM;
	memset(txns, 0, offsetof(struct sip_txns, kept));
	txns->env = *env;
	txns->user = *user;
	txn_branches_begin(txns);
	if (n > FIRST_BUCKETS_MAX)
		n = FIRST_BUCKETS_MAX;
	err = pool_new(ALLOC_IS_WATCHED, &txns->pool);
	if (err == 0)
		err = map_init(&txns->servers, n);
	if (err == 0)
		err = map_init(&txns->clients, n);
	if (err != 0) {
		map_fini(&txns->servers);
		pool_free(txns->pool);
		mem_free(txns);
		return err;
	}
	*out = txns;
	return 0;
}

void
sip_txns_free(struct sip_txns *txns)
{
	struct map_node *node, *next;

	if (txns == NULL)
		return;
	for (node = map_next(&txns->servers, NULL); node != NULL; node = next) {
		next = map_next(&txns->servers, node);
		txn_server_free(MAP_ENTRY(node, struct sip_server, txn.node));
	}
	for (node = map_next(&txns->clients, NULL); node != NULL; node = next) {
		next = map_next(&txns->clients, node);
		txn_client_free(MAP_ENTRY(node, struct sip_client, txn.node));
	}
	map_fini(&txns->servers);
	map_fini(&txns->clients);
	pool_free(txns->pool);
	mem_free(txns);
}

size_t
txn_count(const struct sip_txns *txns)
{
	return txns->servers.n + txns->clients.n;
}

const struct sip_txns_counters *
sip_txns_counters(const struct sip_txns *txns)
{
	return &txns->counters;
}
