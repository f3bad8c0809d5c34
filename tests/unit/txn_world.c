/* txn_world.c - see txn_world.h */
#include "tests/unit/txn_world.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/value.h"
#include "tests/unit/harness.h"

static int
on_send(void *arg, struct sip_flow *to, const char *data, size_t len)
{
	struct world *w = arg;
	struct world_sent *sent = &w->sent[w->n_sent % WORLD_SENT_MAX];

	if (w->send_err != 0)
		return w->send_err;
	CHECK(w->n_sent < WORLD_SENT_MAX);
	w->n_sent++;
	sent->at_ms = world_now(w);
	sent->to = *to;
	sent->len = len;
	if (len >= sizeof(sent->text))
		len = sizeof(sent->text) - 1;
	memcpy(sent->text, data, len);
	sent->text[len] = '\0';
	if (to->transport != SIP_UDP && to->conn == 0)
		to->conn = w->new_conn;
	return 0;
}

/* --- the user --- */

static bool
admits(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	const struct world *w = arg;

	(void)from;
	CHECK(msg->method != SIP_ACK && msg->method != SIP_CANCEL);
	return !w->is_shut;
}

static void
on_request(void *arg, struct sip_server *server, const struct sip_msg *msg,
	   const struct sip_flow *from)
{
	struct world *w = arg;

	w->requests++;
	w->server = server;
	CHECK(msg->is_request);
	CHECK(addr_eq(&from->addr, &sip_server_from(server)->addr));
	CHECK(sip_server_request(server) == msg); /* not scanned again */
	CHECK(sip_server_user(server) == NULL);
	sip_server_set_user(server, w);
	if (w->answer_at_once != 0)
		(void)OK(sip_server_reply(server, w->answer_at_once, NULL,
					  str_of("")));
}

static void
on_cancel(void *arg, struct sip_server *server, const struct sip_msg *msg)
{
	struct world *w = arg;

	CHECK(msg->method == SIP_CANCEL);
	CHECK(!sip_server_has_final(server));
	/* it has been answered */
	CHECK(w->send_err != 0 || world_last_is(w, "SIP/2.0 200 "));
	w->cancels++;
	w->cancelled = server;
}

static void
on_ack(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	struct world *w = arg;

	CHECK(msg->method == SIP_ACK && from->addr.family != 0);
	w->acks++;
}

static void
on_stray(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	struct world *w = arg;

	CHECK(!msg->is_request && from->addr.family != 0);
	w->strays++;
}

static void
on_server_gone(void *arg, struct sip_server *server, void *user)
{
	struct world *w = arg;

	CHECK(sip_server_user(server) == user);
	w->servers_gone++;
	w->gone_user = user;
	w->gone_ms = world_now(w);
	if (w->server == server)
		w->server = NULL;
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct world *w = arg;

	CHECK(!msg->is_request);
	w->responses++;
	w->status = msg->status;
	w->client = client;
	if (w->detach_on_response)
		sip_client_detach(client);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct world *w = arg;

	w->failures++;
	w->failure = err;
	w->failed_ms = world_now(w);
	w->client = client;
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct world *w = arg;

	w->gone++;
	w->gone_ms = world_now(w);
	w->client = client;
}

const struct sip_client_events world_events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

/* --- the world --- */

static int
begin(struct world *w, struct log *log, int32_t slack_ms)
{
	struct sip_txns_env env = {
		.clock = &w->clock,
		.timers = &w->timers,
		.key = &w->key,
		.log = log,
		.send = on_send,
		.send_arg = w,
		.t1_ms = 500,
		.t2_ms = 4000,
		.t4_ms = 5000,
		.linger_slack_ms = slack_ms,
		.max_transactions = WORLD_LIMIT,
		.instance = 0xC0FFEE,
	};
	const struct sip_user user = {
		.arg = w,
		.admits = admits,
		.on_request = on_request,
		.on_cancel = on_cancel,
		.on_ack = on_ack,
		.on_stray = on_stray,
		.on_server_gone = on_server_gone,
	};

	sip_value_setup();
	memset(w, 0, sizeof(*w));
	clock_init_fake(&w->clock, 0);
	timers_init(&w->timers, clock_mono_ms(&w->clock));
	w->key = (struct hash_key){ 0x0123456789ABCDEF, 0xFEDCBA9876543210 };
	(void)addr_parse(str_of("192.0.2.1:5062"), 0, &w->caller.addr);
	(void)addr_parse(str_of("198.51.100.7:5060"), 0, &w->carrier.addr);
	return sip_txns_new(&env, &user, &w->txns);
}

int
world_init(struct world *w)
{
	return begin(w, NULL, 0);
}

int
world_init_logged(struct world *w, struct log *log)
{
	return begin(w, log, 0);
}

int
world_init_slack(struct world *w, int32_t slack_ms)
{
	return begin(w, NULL, slack_ms);
}

void
world_fini(struct world *w)
{
	sip_txns_free(w->txns);
	CHECK(w->timers.n == 0);
}

int64_t
world_now(const struct world *w)
{
	return clock_mono_ms(&w->clock);
}

void
world_run_until(struct world *w, int64_t at_ms)
{
	for (;;) {
		int64_t now = world_now(w);
		int64_t wait = timers_next_ms(&w->timers, now);

		if (wait < 0 || now + wait > at_ms)
			break;
		clock_advance_us(&w->clock, wait * US_PER_MS);
		timers_run(&w->timers, now + wait);
	}
	clock_advance_us(&w->clock, (at_ms - world_now(w)) * US_PER_MS);
}

void
world_call(struct world *w, const char *text)
{
	sip_txns_receive(w->txns, text, strlen(text), &w->caller);
}

void
world_carry(struct world *w, const char *text)
{
	sip_txns_receive(w->txns, text, strlen(text), &w->carrier);
}

const struct world_sent *
world_last(const struct world *w)
{
	static const struct world_sent none;

	return w->n_sent == 0 ? &none
			      : &w->sent[(w->n_sent - 1) % WORLD_SENT_MAX];
}

bool
world_last_is(const struct world *w, const char *start)
{
	return strncmp(world_last(w)->text, start, strlen(start)) == 0;
}

size_t
world_count(const struct world *w, const char *start)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_sent && i < WORLD_SENT_MAX; i++) {
		if (strncmp(w->sent[i].text, start, strlen(start)) == 0)
			n++;
	}
	return n;
}

const char *
world_header(const char *text, enum sip_header id, char *out, size_t cap)
{
	struct sip_msg msg;

	out[0] = '\0';
	if (sip_scan(&msg, text, strlen(text), NULL) == 0)
		(void)str_copy(sip_value(&msg, id), out, cap);
	return out;
}

/* --- messages --- */

const char *
world_request_to(char *out, const char *method, const char *branch,
		 const char *to_tag)
{
	snprintf(out, WORLD_TEXT_MAX,
		 "%s sip:+4930123456@gw.example.net SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s\r\n"
		 "Max-Forwards: 70\r\n"
		 "From: <sip:+49891234@example.net>;tag=from1\r\n"
		 "To: <sip:+4930123456@example.net>%s%s\r\n"
		 "Call-ID: call1@example.net\r\n"
		 "CSeq: 1 %s\r\n"
		 "Content-Length: 0\r\n"
		 "\r\n",
		 method, branch, to_tag[0] != '\0' ? ";tag=" : "", to_tag,
		 method);
	return out;
}

const char *
world_request(char *out, const char *method, const char *branch)
{
	return world_request_to(out, method, branch, "");
}

const char *
world_response(char *out, int status, const char *method, const char *branch)
{
	snprintf(out, WORLD_TEXT_MAX,
		 "SIP/2.0 %d Whatever\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKcaller\r\n"
		 "From: <sip:+49891234@example.net>;tag=from1\r\n"
		 "To: <sip:+4930123456@example.net>;tag=to1\r\n"
		 "Call-ID: call1@example.net\r\n"
		 "CSeq: 1 %s\r\n"
		 "Content-Length: 0\r\n"
		 "\r\n",
		 status, branch, method);
	return out;
}

int
world_start(struct world *w, const char *method, const char *branch,
	    struct sip_client **out)
{
	char text[WORLD_TEXT_MAX];

	world_request(text, method, branch);
	return sip_client_start(w->txns, &w->carrier, text, strlen(text),
				&world_events, w, out);
}

/* --- one transaction --- */

bool
world_begin_client(struct world *w, const char *method,
		   struct sip_client **client)
{
	*client = NULL;
	if (!OK(world_init(w)))
		return false;
	if (!OK(world_start(w, method, WORLD_BRANCH, client))) {
		world_fini(w);
		return false;
	}
	return true;
}

void
world_answer(struct world *w, int status, const char *method)
{
	char text[WORLD_TEXT_MAX];

	world_carry(w, world_response(text, status, method, WORLD_BRANCH));
}

const struct sip_txns_counters *
world_counters(const struct world *w)
{
	return sip_txns_counters(w->txns);
}

void
world_check_clients_gone(const struct world *w)
{
	CHECK(w->gone == 1);
	CHECK(world_counters(w)->clients == 0);
	CHECK(world_counters(w)->bytes == 0);
	CHECK(w->timers.n == 0);
}

bool
world_begin_server(struct world *w, const char *method)
{
	char text[WORLD_TEXT_MAX];

	if (!OK(world_init(w)))
		return false;
	world_call(w, world_request(text, method, WORLD_CALLER));
	if (CHECK(w->server != NULL) && w->server != NULL)
		return true;
	world_fini(w);
	return false;
}

void
world_call_as(struct world *w, const char *method, const char *to_tag)
{
	char text[WORLD_TEXT_MAX];

	world_call(w, world_request_to(text, method, WORLD_CALLER, to_tag));
}

/* The To tag of the last datagram sent. */
void
world_last_tag(const struct world *w, char *out, size_t cap)
{
	char value[200];
	char *tag;

	world_header(world_last(w)->text, SIP_HDR_TO, value, sizeof(value));
	tag = strstr(value, ";tag=");
	snprintf(out, cap, "%s", tag != NULL ? tag + 5 : "");
}

/* ACK as 17.1.1.3, with the To tag of what was sent last. */
void
world_acknowledge(struct world *w)
{
	char tag[100];

	world_last_tag(w, tag, sizeof(tag));
	world_call_as(w, "ACK", tag);
}

/* Pass on a response of the carrier. */
int
world_relay(struct world *w, int status, const char *method)
{
	char text[WORLD_TEXT_MAX];
	struct sip_edit edit;
	struct sip_msg msg;

	world_response(text, status, method, "z9hG4bKours");
	if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
		return 0;
	sip_edit_init(&edit, &msg);
	return sip_server_relay(w->server, &edit);
}

void
world_check_servers_gone(const struct world *w)
{
	CHECK(w->servers_gone == 1 && w->gone_user == w);
	CHECK(world_counters(w)->servers == 0);
	CHECK(world_counters(w)->bytes == 0);
	CHECK(w->timers.n == 0);
}
