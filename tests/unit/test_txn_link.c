/*
 * test_txn_link.c - two layers on a link that loses, doubles and reorders
 *
 * One side starts transactions, the other answers; every datagram between them
 * is drawn for. Whatever the link does, each transaction ends exactly once and
 * nothing is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/txn.h"
#include "sip/value.h"
#include "tests/unit/harness.h"

#define N_CALLS 5000
#define START_MS 120000 /* calls begin within this time */
#define LOSS_PERCENT 15
#define DOUBLE_PERCENT 10
#define DELAY_MS 700
#define TEXT_MAX 1024

struct link;

struct side {
	struct link *link;
	struct sip_txns *txns;
	struct sip_flow flow;
};

struct packet {
	struct timer timer;
	struct side *to;
	struct side *from;
	size_t len;
	char data[TEXT_MAX];
};

/* One transaction, as both users see it. */
struct call {
	struct link *link;
	int number;
	bool is_invite;
	int status;           /* that the server will answer */
	bool is_given_up;     /* the caller cancels */
	struct timer timer;   /* begins it; gives it up */
	struct timer ringing; /* answers it; repeats a 2xx */
	struct sip_client *client;
	struct sip_server *server;
	char via[100]; /* of the request */
	int64_t repeat_ms;
	int requests, cancels, acks, servers_gone;
	int finals, failures, gone;
	int got;  /* the final status received */
	int sent; /* the final status answered */
};

struct link {
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	uint64_t random;
	struct side a, b; /* callers, callees */
	size_t n_packets; /* on their way */
	struct call *calls;
};

static uint64_t
draw(struct link *link, uint64_t below)
{
	uint64_t x = link->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	link->random = x;
	return (x >> 16) % below;
}

static int64_t
now_ms(const struct link *link)
{
	return clock_mono_ms(&link->clock);
}

static void
start_timer(struct link *link, struct timer *timer, int64_t in_ms)
{
	timer_start(&link->timers, timer, now_ms(link) + in_ms);
}

/* --- the link --- */

static void
arrive(struct timer *timer, void *arg)
{
	struct packet *packet = arg;

	(void)timer;
	sip_txns_receive(packet->to->txns, packet->data, packet->len,
			 &packet->from->flow);
	packet->to->link->n_packets--;
	mem_free(packet);
}

static void
put_on_link(struct side *from, struct side *to, const char *data, size_t len)
{
	struct packet *packet = mem_alloc(sizeof(*packet));

	if (packet == NULL || !CHECK(len <= sizeof(packet->data)))
		return;
	timer_init(&packet->timer, arrive, packet);
	packet->from = from;
	packet->to = to;
	packet->len = len;
	memcpy(packet->data, data, len);
	from->link->n_packets++;
	start_timer(from->link, &packet->timer,
		    (int64_t)draw(from->link, DELAY_MS));
}

static int
on_send(void *arg, struct sip_flow *to, const char *data, size_t len)
{
	struct side *from = arg;
	struct link *link = from->link;
	struct side *side = from == &link->a ? &link->b : &link->a;

	CHECK(addr_eq(&to->addr, &side->flow.addr));
	if (draw(link, 100) < LOSS_PERCENT)
		return 0;
	put_on_link(from, side, data, len);
	if (draw(link, 100) < DOUBLE_PERCENT)
		put_on_link(from, side, data, len);
	return 0;
}

/* --- messages --- */

static size_t
write_request(const struct call *call, const char *method, const char *branch,
	      char *out)
{
	int n = snprintf(out, TEXT_MAX,
			 "%s sip:b@example.net SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s\r\n"
			 "From: <sip:a@example.net>;tag=a%d\r\n"
			 "To: <sip:b@example.net>\r\nCall-ID: %d\r\n"
			 "CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
			 method, branch, call->number, call->number, method);

	return (size_t)n;
}

static struct call *
call_of(struct link *link, const struct sip_msg *msg)
{
	uint64_t number = 0;

	CHECK(str_parse_u64(msg->call_id, N_CALLS - 1, &number) == 0);
	return &link->calls[number];
}

/* --- callers --- */

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct call *call = arg;
	char text[TEXT_MAX], branch[SIP_BRANCH_LEN + 1];
	struct side *a = &call->link->a;

	CHECK(client == call->client && call->gone == 0);
	CHECK(call->failures == 0);
	if (msg->status < 200) {
		CHECK(call->finals == 0);
		return;
	}
	CHECK(call->finals == 0 || (call->is_invite && call->got == 200));
	call->finals++;
	call->got = msg->status;
	if (msg->status != 200 || !call->is_invite)
		return;
	/* 13.2.2.4: for each 2xx, past the transactions */
	sip_branch_make(a->txns, 0, branch);
	(void)on_send(a, &call->link->b.flow, text,
		      write_request(call, "ACK", branch, text));
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct call *call = arg;

	CHECK(client == call->client && call->finals == 0);
	CHECK(err == ERR_TIMEOUT);
	call->failures++;
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct call *call = arg;

	CHECK(client == call->client);
	call->gone++;
	call->client = NULL;
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

static void
on_call_timer(struct timer *timer, void *arg)
{
	struct call *call = arg;
	struct side *a = &call->link->a;
	char text[TEXT_MAX], branch[SIP_BRANCH_LEN + 1];
	size_t len;

	if (call->client != NULL) {
		sip_client_cancel(call->client, str_of(""));
		return;
	}
	if (call->gone > 0)
		return;
	sip_branch_make(a->txns, 0, branch);
	len = write_request(call, call->is_invite ? "INVITE" : "BYE", branch,
			    text);
	if (OK(sip_client_start(a->txns, &call->link->b.flow, text, len,
				&events, call, &call->client)) &&
	    call->is_given_up)
		start_timer(call->link, timer, (int64_t)draw(call->link, 6000));
}

/* --- callees --- */

/* A 2xx comes, as at a proxy, from below with one Via more. */
static void
pass_200(struct call *call)
{
	char text[TEXT_MAX];
	struct sip_msg msg;
	struct sip_edit edit;

	snprintf(text, sizeof(text),
		 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKb\r\n"
		 "Via: %s\r\nFrom: <sip:a@example.net>;tag=a\r\n"
		 "To: <sip:b@example.net>;tag=b\r\nCall-ID: %d\r\n"
		 "CSeq: 1 INVITE\r\n\r\n",
		 call->via, call->number);
	if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
		return;
	sip_edit_init(&edit, &msg);
	(void)OK(sip_server_relay(call->server, &edit));
}

/* Answer; a 2xx to INVITE again and again until its ACK (13.3.1.4). */
static void
on_ringing(struct timer *timer, void *arg)
{
	struct call *call = arg;

	if (call->server == NULL || call->acks > 0)
		return;
	if (!sip_server_has_final(call->server) && call->status != 200) {
		call->sent = call->status;
		(void)OK(sip_server_reply(call->server, call->status, NULL,
					  str_of("")));
		return;
	}
	if (!call->is_invite) {
		call->sent = 200;
		(void)OK(sip_server_reply(call->server, 200, NULL, str_of("")));
		return;
	}
	if (call->sent != 0 && call->sent != 200)
		return; /* 487 */
	call->sent = 200;
	pass_200(call);
	call->repeat_ms = call->repeat_ms == 0 ? 500 : 2 * call->repeat_ms;
	start_timer(call->link, timer, call->repeat_ms);
}

static void
on_request(void *arg, struct sip_server *server, const struct sip_msg *msg,
	   const struct sip_flow *from)
{
	struct side *b = arg;
	struct call *call = call_of(b->link, msg);

	(void)from;
	call->requests++;
	call->server = server;
	CHECK(str_copy(sip_value(msg, SIP_HDR_VIA), call->via,
		       sizeof(call->via)) == 0);
	sip_server_set_user(server, call);
	if (call->is_invite && draw(b->link, 2) == 0)
		(void)OK(sip_server_reply(server, 180, NULL, str_of("")));
	start_timer(b->link, &call->ringing,
		    (int64_t)draw(b->link, call->is_invite ? 9000 : 5000));
}

static void
on_cancel(void *arg, struct sip_server *server, const struct sip_msg *msg)
{
	struct side *b = arg;
	struct call *call = call_of(b->link, msg);

	CHECK(call->server == server && call->is_given_up);
	call->cancels++;
	call->sent = 487;
	(void)OK(sip_server_reply(server, 487, NULL, str_of("")));
}

static void
on_ack(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	struct side *b = arg;
	struct call *call = call_of(b->link, msg);

	(void)from;
	CHECK(call->sent == 200);
	call->acks++;
}

static void
on_stray(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	(void)arg;
	(void)msg;
	(void)from;
}

static void
on_server_gone(void *arg, struct sip_server *server, void *user)
{
	struct call *call = user;

	(void)arg;
	CHECK(call->server == server);
	call->servers_gone++;
	call->server = NULL;
}

/* --- the test --- */

static int
init_side(struct link *link, struct side *side, const char *addr,
	  uint32_t instance)
{
	const struct sip_user user = {
		.arg = side,
		.on_request = on_request,
		.on_cancel = on_cancel,
		.on_ack = on_ack,
		.on_stray = on_stray,
		.on_server_gone = on_server_gone,
	};
	struct sip_txns_env env = {
		.clock = &link->clock,
		.timers = &link->timers,
		.key = &link->key,
		.send = on_send,
		.send_arg = side,
		.t1_ms = 500,
		.t2_ms = 4000,
		.t4_ms = 5000,
		.max_transactions = 4 * N_CALLS,
		.instance = instance,
	};

	side->link = link;
	(void)addr_parse(str_of(addr), 0, &side->flow.addr);
	return sip_txns_new(&env, &user, &side->txns);
}

static void
init_calls(struct link *link)
{
	static const int statuses[] = { 200, 200, 486, 503, 302 };

	for (int i = 0; i < N_CALLS; i++) {
		struct call *call = &link->calls[i];

		call->link = link;
		call->number = i;
		call->is_invite = draw(link, 3) != 0;
		call->status = statuses[draw(link, 5)];
		call->is_given_up = call->is_invite && draw(link, 4) == 0;
		timer_init(&call->timer, on_call_timer, call);
		timer_init(&call->ringing, on_ringing, call);
		start_timer(link, &call->timer, (int64_t)draw(link, START_MS));
	}
}

static int
init_link(struct link *link)
{
	sip_value_setup();
	memset(link, 0, sizeof(*link));
	clock_init_fake(&link->clock, 0);
	timers_init(&link->timers, now_ms(link));
	link->key = (struct hash_key){ 3, 14 };
	link->random = 0x9E3779B97F4A7C15;
	link->calls = mem_zalloc(N_CALLS, sizeof(*link->calls));
	if (link->calls == NULL)
		return ERR_NOMEM;
	if (init_side(link, &link->a, "192.0.2.1:5060", 1) != 0 ||
	    init_side(link, &link->b, "198.51.100.7:5060", 2) != 0)
		return ERR_NOMEM;
	init_calls(link);
	return 0;
}

/* How the ends of a call look together. */
static void
check_call(const struct call *call)
{
	CHECK(call->gone == 1);
	CHECK(call->requests <= 1 && call->servers_gone == call->requests);
	CHECK(call->cancels <= 1);
	CHECK((call->finals > 0) != (call->failures > 0));
	if (call->finals > 0)
		CHECK(call->got == call->sent);
	if (!call->is_invite)
		CHECK(call->finals <= 1);
	if (call->acks > 0)
		CHECK(call->got == 200);
}

static void
check_side(const struct side *side)
{
	const struct sip_txns_counters *c = sip_txns_counters(side->txns);

	CHECK(c->servers == 0 && c->clients == 0 && c->bytes == 0);
	CHECK(c->bad == 0 && c->transport_errors == 0 && c->overload == 0);
}

static void
check_totals(const struct link *link)
{
	int accepted = 0, acknowledged = 0, cancelled = 0, failed = 0;

	for (int i = 0; i < N_CALLS; i++) {
		const struct call *call = &link->calls[i];

		check_call(call);
		accepted += call->is_invite && call->got == 200;
		acknowledged += call->acks > 0;
		cancelled += call->cancels;
		failed += call->failures;
	}
	/* all of it happened, and most calls came through */
	CHECK(accepted > N_CALLS / 8 && cancelled > N_CALLS / 20);
	CHECK(acknowledged >= accepted - N_CALLS / 100);
	CHECK(failed < N_CALLS / 50);
	CHECK(sip_txns_counters(link->a.txns)->retransmissions_out > N_CALLS);
	CHECK(sip_txns_counters(link->b.txns)->retransmissions_in > N_CALLS);
}

static void
test_link(void)
{
	struct link link;
	int64_t wait;

	if (!OK(init_link(&link)))
		goto out;
	while ((wait = timers_next_ms(&link.timers, now_ms(&link))) >= 0) {
		clock_advance_us(&link.clock, wait * US_PER_MS);
		timers_run(&link.timers, now_ms(&link));
	}
	CHECK(link.n_packets == 0);
	CHECK(now_ms(&link) < START_MS + 200000);
	check_totals(&link);
	check_side(&link.a);
	check_side(&link.b);
out:
	sip_txns_free(link.a.txns);
	sip_txns_free(link.b.txns);
	mem_free(link.calls);
}

static const struct test tests[] = {
	{ "5,000 transactions end on a link that loses, doubles and reorders",
	  test_link, true },
};

const struct test_suite suite_txn_link = TEST_SUITE("txn_link", tests);
