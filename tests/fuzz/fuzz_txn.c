/*
 * fuzz_txn.c - any order of any messages: each transaction ends, nothing is
 * left
 *
 * The input is pieces that end with a NUL. The first octet says what happens
 * with the rest of a piece: c, g a datagram from the caller, from the gateway;
 * u the news that it was not delivered; s a client transaction to start; r a
 * status to answer the latest request with; x the latest client is cancelled,
 * d detached; t time passes.
 */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "sip/txn.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

#define LIVE_MAX 64 /* transactions that the user knows */

struct fuzz {
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	struct sip_txns *txns;
	struct sip_flow caller, gateway;
	struct sip_server *servers[LIVE_MAX];
	struct sip_client *clients[LIVE_MAX];
	size_t n_servers, n_clients;
};

static int
on_send(void *arg, struct sip_flow *to, const char *data, size_t len)
{
	(void)arg;
	assert(to->addr.family != 0 && len > 0 && data[len - 1] != '\0');
	return len % 16 == 0 ? ERR_IO : 0;
}

static void
on_request(void *arg, struct sip_server *server, const struct sip_msg *msg,
	   const struct sip_flow *from)
{
	struct fuzz *f = arg;

	(void)from;
	assert(msg->method != SIP_ACK && msg->method != SIP_CANCEL);
	assert(!sip_server_has_final(server) && f->n_servers < LIVE_MAX);
	f->servers[f->n_servers++] = server;
}

static void
on_cancel(void *arg, struct sip_server *server, const struct sip_msg *msg)
{
	(void)arg;
	assert(msg->method == SIP_CANCEL && !sip_server_has_final(server));
}

static void
on_message(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	(void)arg;
	assert(msg->call_id.len > 0 && from->addr.family == 4);
}

static void
on_server_gone(void *arg, struct sip_server *server, void *user)
{
	struct fuzz *f = arg;
	size_t i = 0;

	assert(user == NULL && sip_server_has_final(server));
	while (f->servers[i] != server)
		assert(++i < f->n_servers);
	f->servers[i] = f->servers[--f->n_servers];
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct fuzz *f = arg;
	struct sip_edit edit;

	assert(!msg->is_request && sip_client_to(client)->addr.family == 4);
	if (f->n_servers == 0)
		return;
	sip_edit_init(&edit, msg);
	(void)sip_server_relay(f->servers[f->n_servers - 1], &edit);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	(void)arg;
	(void)client;
	assert(err == ERR_TIMEOUT || err == ERR_IO);
}

static void
forget_client(struct fuzz *f, struct sip_client *client)
{
	size_t i = 0;

	while (f->clients[i] != client)
		assert(++i < f->n_clients);
	f->clients[i] = f->clients[--f->n_clients];
}

static void
on_gone(void *arg, struct sip_client *client)
{
	forget_client(arg, client);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

static void
pass_time(struct fuzz *f, int64_t ms)
{
	int64_t end = clock_mono_ms(&f->clock) + ms;

	for (;;) {
		int64_t now = clock_mono_ms(&f->clock);
		int64_t wait = timers_next_ms(&f->timers, now);

		if (wait < 0 || now + wait > end)
			break;
		clock_advance_us(&f->clock, wait * US_PER_MS);
		timers_run(&f->timers, now + wait);
	}
	clock_advance_us(&f->clock,
			 (end - clock_mono_ms(&f->clock)) * US_PER_MS);
}

static void
start(struct fuzz *f, struct str text)
{
	struct sip_client *client;

	if (f->n_clients == LIVE_MAX ||
	    sip_client_start(f->txns, &f->gateway, text.p, text.len, &events, f,
			     &client) != 0)
		return;
	f->clients[f->n_clients++] = client;
}

static void
reply(struct fuzz *f, struct str text)
{
	int status = text.len > 0 ? 100 + (uint8_t)text.p[0] * 2 : 486;

	if (f->n_servers > 0)
		(void)sip_server_reply(f->servers[f->n_servers - 1], status,
				       NULL, str_of("X-Fuzz: 1\r\n"));
}

/* What happens to the latest client; rest are headers. */
static void
leave(struct fuzz *f, bool detach, struct str rest)
{
	struct sip_client *client;

	if (f->n_clients == 0)
		return;
	client = f->clients[f->n_clients - 1];
	if (!detach) {
		sip_client_cancel(client, rest);
		return;
	}
	sip_client_detach(client);
	forget_client(f, client);
}

static void
happen(struct fuzz *f, char what, struct str rest)
{
	if (what == 'c' && f->n_servers < LIVE_MAX)
		sip_txns_receive(f->txns, rest.p, rest.len, &f->caller);
	else if (what == 'g' && f->n_servers < LIVE_MAX)
		sip_txns_receive(f->txns, rest.p, rest.len, &f->gateway);
	else if (what == 'u')
		sip_txns_undelivered(f->txns, rest.p, rest.len);
	else if (what == 's')
		start(f, rest);
	else if (what == 'r')
		reply(f, rest);
	else if (what == 'x' || what == 'd')
		leave(f, what == 'd', rest);
	else if (what == 't')
		pass_time(f, (int64_t)rest.len * 100);
}

/* Everybody answers, cancels and waits: then nothing may be left. */
static void
settle(struct fuzz *f)
{
	const struct sip_txns_counters *c = sip_txns_counters(f->txns);

	for (size_t i = 0; i < f->n_servers; i++) {
		if (!sip_server_has_final(f->servers[i]))
			(void)sip_server_reply(f->servers[i], 486, NULL,
					       str_of(""));
	}
	while (f->n_clients > 0)
		leave(f, true, str_of(""));
	pass_time(f, 200000);
	assert(c->servers == 0 && c->clients == 0 && c->bytes == 0);
	assert(f->n_servers == 0 && f->timers.n == 0);
}

static int
init(struct fuzz *f)
{
	struct sip_txns_env env = {
		.clock = &f->clock,
		.timers = &f->timers,
		.key = &f->key,
		.send = on_send,
		.t1_ms = 500,
		.t2_ms = 4000,
		.t4_ms = 5000,
		.max_transactions = 100,
		.instance = 1,
	};
	const struct sip_user user = {
		.arg = f,
		.on_request = on_request,
		.on_cancel = on_cancel,
		.on_ack = on_message,
		.on_stray = on_message,
		.on_server_gone = on_server_gone,
	};

	sip_value_setup();
	memset(f, 0, sizeof(*f));
	clock_init_fake(&f->clock, 0);
	timers_init(&f->timers, clock_mono_ms(&f->clock));
	(void)addr_parse(str_of("192.0.2.1:5062"), 0, &f->caller.addr);
	(void)addr_parse(str_of("198.51.100.7:5060"), 0, &f->gateway.addr);
	return sip_txns_new(&env, &user, &f->txns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size };
	struct fuzz f;

	if (size == 0 || init(&f) != 0)
		return 0;
	while (rest.p != NULL) {
		struct str piece = str_cut(&rest, '\0');

		if (piece.len > 0)
			happen(&f, piece.p[0],
			       str_make(piece.p + 1, piece.len - 1));
	}
	settle(&f);
	sip_txns_free(f.txns);
	return 0;
}
