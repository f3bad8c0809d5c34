/* relay.c - one URI after the other, for requests that are no INVITE */
#include "lcrproxy/relay.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/place.h"
#include "lcrproxy/relay_private.h"

static void
drop(struct relay *relay)
{
	timer_cancel(&relay->worker->timers, &relay->timer);
	sip_look_up_cancel(relay->look_up);
	*relay->link = relay->next;
	if (relay->next != NULL)
		relay->next->link = relay->link;
	for (size_t i = 0; i < relay->n; i++)
		learnt_gateway_release(relay->gateways[i]);
	while (relay->legs != NULL) {
		struct relay_leg *next = relay->legs->next;

		pool_give(relay->worker->pool, relay->legs,
			  sizeof(*relay->legs));
		relay->legs = next;
	}
	snapshot_unref(relay->snapshot);
	mem_free(relay);
}

static void
release(struct relay *relay)
{
	if (relay->server == NULL && relay->n_clients == 0)
		drop(relay);
}

void
relay_give_up(struct relay *relay, int err)
{
	relay->worker->counters.relays_failed++;
	if (relay->server == NULL || sip_server_has_final(relay->server))
		return;
	if (err == ERR_IO)
		proxy_reply(relay->worker, relay->server, 500,
			    "Next Hop Unreachable", "");
	else if (err == ERR_AUTH)
		proxy_reply(relay->worker, relay->server, 403,
			    "No Way To There", "");
	else if (err == ERR_END) /* no final response (RFC 4320 4.2) */
		proxy_reply(relay->worker, relay->server, 408, NULL, "");
	else if (err == ERR_BUSY) /* a 503 would be ours (16.7 step 6) */
		proxy_reply(relay->worker, relay->server, 500,
			    "Next Hop Unavailable", "");
	else
		forward_refuse(relay->worker, relay->server, err);
}

/* To the sender: with its own From and CSeq (8.2.6.2), and the Record-Route as it
 * is to go by it. */
static void
pass_on(struct relay_leg *leg, const struct sip_msg *msg)
{
	struct relay *relay = leg->relay;
	struct worker *worker = relay->worker;
	const struct proxy_mark mark = { .token = leg->token,
					 .n = leg->n_record_routes,
					 .from = &leg->to.addr };
	struct sip_edit edit;

	sip_edit_init(&edit, msg);
	from_restore(&edit, str_of(relay->from));
	cseq_edit(&edit, &worker->arena, relay->cseq);
	if (mark.n > 0)
		proxy_edit_record_route(worker, &mark, &edit);
	if (sip_server_relay(relay->server, &edit) != 0 &&
	    !sip_server_has_final(relay->server))
		proxy_reply(worker, relay->server,
			    msg->status < 300 ? 500 : msg->status, NULL, "");
}

/* Whether another place, or the same one once more, has its turn then. */
static bool
leads_on(struct relay *relay, const struct sip_msg *msg)
{
	bool is_challenge = challenge_is(msg->status) &&
			    relay_has_logins(relay);

	if (is_challenge && relay_challenged(relay, msg))
		return true;
	if (is_challenge) /* its own answer, whatever its other addresses say */
		relay->place = (uint8_t)(relay->places.n - 1);
	else if (msg->status != 503) /* of this address: RFC 3263 4.3 */
		return false;
	relay_try_next(relay, ERR_BUSY);
	return true;
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct relay_leg *leg = arg;
	struct relay *relay = leg->relay;

	/* One that was given up had its turn; what is heard of it nevertheless
	 * is what would end all others (16.7 step 5). */
	if (relay->latest != leg && msg->status / 100 != 2 &&
	    msg->status / 100 != 6)
		return;
	timer_cancel(&relay->worker->timers, &relay->timer);
	if (msg->status < 200)
		return; /* RFC 4320 4.1: the server's own timer does that */
	if (relay->latest == leg && leads_on(relay, msg))
		return;
	place_note(relay->worker, sip_client_to(client), 0);
	if (relay->server == NULL)
		return;
	if (msg->status / 100 == 2)
		relay_renew_nonce(leg, msg);
	pass_on(leg, msg);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct relay_leg *leg = arg;
	struct relay *relay = leg->relay;

	(void)client;
	if (relay->latest != leg)
		return; /* given up before */
	arena_reset(&relay->worker->arena); /* many may end in one turn */
	relay_try_next(relay, err == ERR_TIMEOUT ? ERR_END : err);
}

/* It is silent: the next one has its turn, if there is one. An answer that
 * comes nevertheless is as good. */
static void
on_timer(struct timer *timer, void *arg)
{
	struct relay *relay = arg;

	(void)timer;
	if (relay->place + 1U < relay->places.n || relay->at + 1U < relay->n) {
		arena_reset(&relay->worker->arena);
		relay_try_next(relay, ERR_TIMEOUT);
	}
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct relay_leg *leg = arg;

	(void)client;
	leg->client = NULL;
	leg->relay->n_clients--;
	release(leg->relay);
}

const struct sip_client_events relay_events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
	.passes_on = true,
};

static const char *
put_text(char **at, struct str text)
{
	char *start = *at;

	if (text.len > 0)
		memcpy(start, text.p, text.len);
	*at += text.len + 1; /* zeroed */
	return start;
}

static struct relay *
make(struct worker *worker, const struct call_intake *intake,
     const struct relay_target *targets, size_t n)
{
	size_t texts = intake->from.len + 1;
	struct relay *relay;
	char *at;

	for (size_t i = 0; i < n; i++)
		texts += targets[i].uri.len + 1;
	relay = mem_zalloc(1, sizeof(*relay) + texts);
	if (relay == NULL)
		return NULL;
	at = relay->text;
	for (size_t i = 0; i < n; i++) {
		relay->uris[i] = put_text(&at, targets[i].uri);
		relay->gateways[i] = targets[i].gateway;
		relay->may_be_gateway[i] = targets[i].may_be_gateway;
		learnt_gateway_hold(targets[i].gateway);
	}
	relay->n = (uint8_t)n;
	relay->from = put_text(&at, intake->from);
	relay->identity = intake->identity;
	relay->claims = intake->claims;
	relay->account = intake->account;
	relay->proxied.kind = PROXIED_RELAY;
	relay->worker = worker;
	timer_init(&relay->timer, on_timer, relay);
	relay->next = worker->relays;
	relay->link = &worker->relays;
	if (relay->next != NULL)
		relay->next->link = &relay->next;
	worker->relays = relay;
	return relay;
}

void
relay_begin(struct worker *worker, struct sip_server *server,
	    const struct identity *identity, const struct call_intake *intake,
	    const struct relay_target *targets, size_t n)
{
	struct relay *relay =
	    make(worker, intake, targets,
		 n < RELAY_TARGETS_MAX ? n : RELAY_TARGETS_MAX);

	worker->counters.relays++;
	if (relay == NULL) {
		worker->counters.out_of_memory++;
		proxy_reply(worker, server, 500, NULL, "");
		return;
	}
	relay->snapshot = snapshot_ref(worker->snapshot);
	relay->by_login = identity->by_login;
	relay->began = clock_wall(&worker->clock);
	relay->cseq = sip_server_request(server)->cseq;
	relay->server = server;
	sip_server_set_user(server, relay);
	relay_try_next(relay, 0);
}

void
relay_server_gone(struct relay *relay)
{
	relay->server = NULL;
	timer_cancel(&relay->worker->timers, &relay->timer);
	sip_look_up_cancel(relay->look_up);
	relay->look_up = NULL;
	release(relay);
}

void
relays_free(struct worker *worker)
{
	while (worker->relays != NULL)
		drop(worker->relays);
}
