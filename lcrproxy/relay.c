/* relay.c - one URI after the other, for requests that are no INVITE */
#include "lcrproxy/relay.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/place.h"
#include "lcrproxy/present.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/taboo.h"
#include "lcrproxy/way.h"

struct relay {
	struct proxied proxied; /* first */
	struct worker *worker;
	struct relay *next, **link; /* among the worker's */
	struct sip_server *server;
	struct timer timer; /* first response */
	uint16_t n_clients; /* not gone yet */
	struct sip_client *latest; /* has its turn; NULL: none has */
	bool was_sent;	    /* to the place at hand */
	bool was_split;	    /* at this address TCP was put before UDP (18.1.1) */
	struct sip_look_up *look_up;
	struct snapshot *snapshot; /* counted; account is its */
	const struct account *account;
	struct number identity;	   /* asserted by us; len 0 = not */
	bool claims;		   /* its From has a number not its own */
	bool by_login;
	const char *from;	/* as it came; in text */
	uint8_t n, at;		/* targets, the one at hand */
	uint8_t place;		/* of it, likewise */
	bool may_be_gateway[RELAY_TARGETS_MAX];
	const struct gateway *gateways[RELAY_TARGETS_MAX]; /* held, or NULL */
	const char *uris[RELAY_TARGETS_MAX]; /* in text */
	struct sip_places places; /* n 0: not known yet */
	char text[];
};

static void try_next(struct relay *relay, int err);

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
	snapshot_unref(relay->snapshot);
	mem_free(relay);
}

static void
release(struct relay *relay)
{
	if (relay->server == NULL && relay->n_clients == 0)
		drop(relay);
}

/* None is left: err is why the last one was none. */
static void
give_up(struct relay *relay, int err)
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

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct relay *relay = arg;
	struct sip_edit edit;

	/* One that was given up had its turn; what is heard of it nevertheless
	 * is what would end all others (16.7 step 5). */
	if (relay->latest != client && msg->status / 100 != 2 &&
	    msg->status / 100 != 6)
		return;
	timer_cancel(&relay->worker->timers, &relay->timer);
	if (msg->status < 200)
		return; /* RFC 4320 4.1: the server's own timer does that */
	if (msg->status == 503) { /* of this address: RFC 3263 4.3 */
		try_next(relay, ERR_BUSY);
		return;
	}
	place_note(relay->worker, sip_client_to(client), 0);
	if (relay->server == NULL)
		return;
	sip_edit_init(&edit, msg);
	from_restore(&edit, str_of(relay->from));
	if (sip_server_relay(relay->server, &edit) != 0 &&
	    !sip_server_has_final(relay->server))
		proxy_reply(relay->worker, relay->server,
			    msg->status < 300 ? 500 : msg->status, NULL, "");
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct relay *relay = arg;

	if (relay->latest != client)
		return; /* given up before */
	arena_reset(&relay->worker->arena); /* many may end in one turn */
	try_next(relay, err == ERR_TIMEOUT ? ERR_END : err);
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
		try_next(relay, ERR_TIMEOUT);
	}
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct relay *relay = arg;

	(void)client;
	relay->n_clients--;
	release(relay);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
	.passes_on = true,
};

static int
build(struct relay *relay, const struct sip_msg *msg, const struct sip_flow *to,
      struct sip_made *out)
{
	struct worker *worker = relay->worker;
	const struct present_caller caller = { worker, relay->snapshot,
					       relay->account, &relay->identity,
					       relay->claims };
	struct sip_forward forward = {
		.ruri = secure_ruri(&worker->arena,
				    str_of(relay->uris[relay->at]),
				    sip_uri_is_sips(msg->ruri)),
		.from = &sip_server_from(relay->server)->addr,
		.n_pop_routes = SIP_ALL_ROUTES, /* are ours (proxy.c) */
		.by = (enum sip_transport)to->transport,
	};
	struct sip_edit edit;

	out->method = msg->method;
	out->data = worker->scratch;
	sip_branch_make(worker->txns, proxy_loop_hash(worker, msg),
			out->branch);
	forward.via = proxy_via(worker, to, out->branch);
	if (forward.via.p == NULL || forward.ruri.p == NULL)
		return ERR_NOMEM;
	sip_edit_init(&edit, msg);
	if (relay->by_login)
		identity_strip(worker, &edit);
	present_edit_other(&caller, relay->gateways[relay->at], &edit);
	sip_edit_forward_request(&edit, &worker->arena, &forward);
	return sip_edit_apply(&edit, worker->scratch, SIP_MSG_MAX, &out->len);
}

/* Who is not paid is no gateway, and a request does not come back here. */
static bool
is_allowed(const struct relay *relay, const struct sip_place *place)
{
	return !taboo_is_us(&relay->worker->node->listeners, &place->addr) &&
	       (relay->may_be_gateway[relay->at] ||
		!taboo_is_gateway(relay->worker, relay->snapshot,
				  &place->addr));
}

static int
send_to(struct relay *relay, const struct sip_msg *msg,
	const struct sip_uri *uri)
{
	struct worker *worker = relay->worker;
	const struct sip_place *place = &relay->places.at[relay->place];
	struct sip_flow to;
	struct sip_made made;
	int err;

	if (!is_allowed(relay, place))
		return ERR_AUTH;
	err = place_flow(worker, place, uri->host,
			 sip_server_from(relay->server)->listener, &to);
	if (err == 0)
		err = build(relay, msg, &to, &made);
	if (err == 0 && uri->transport.p == NULL && !relay->was_split &&
	    place_wants_tcp(worker, &to, made.len)) {
		place_put_tcp_first(&relay->places, relay->place);
		relay->place = 0;
		relay->was_split = true;
		return send_to(relay, msg, uri);
	}
	if (err == 0)
		err = sip_client_start_made(worker->txns, &to, &made, &events,
					    relay, &relay->latest);
	relay->was_sent = err == 0;
	if (err != 0)
		return err;
	relay->n_clients++;
	timer_start(&worker->timers, &relay->timer,
		    clock_mono_ms(&worker->clock) +
			worker->tuning.first_response_timeout_ms);
	return 0;
}

/* Behind the last one there is none: try_next knows. */
static void
next_place(struct relay *relay)
{
	if (relay->place + 1U >= relay->places.n)
		relay->place = (uint8_t)relay->places.n;
	else if (place_next(&relay->places, &relay->place))
		relay->was_split = false;
}

static void
keep_places(struct relay *relay, const struct sip_places *places)
{
	relay->place = 0;
	relay->was_split = false;
	relay->places = *places;
	place_order(relay->worker, &relay->places);
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct relay *relay = arg;

	relay->look_up = NULL;
	arena_reset(&relay->worker->arena); /* as on_failure */
	if (err == 0)
		keep_places(relay, places);
	else
		relay->at++;
	try_next(relay, err);
}

/* Where the target at hand is: 0, ERR_BUSY (DNS is asked), or an error. */
static int
locate(struct relay *relay, const struct sip_uri *uri)
{
	struct sip_places places;
	struct sip_target target;
	int err = place_of_uri(uri, &target);

	if (err != 0)
		return err;
	if (uri->addr.family != 0) {
		places.n = 1;
		place_of_address(&target, &uri->addr, &places.at[0]);
	} else {
		err = place_find(relay->worker, &target, &places, on_located,
				 relay, &relay->look_up);
	}
	if (err == 0)
		keep_places(relay, &places);
	else if (err != ERR_BUSY)
		relay->look_up = NULL;
	return err;
}

/* One step on: 0 (sent, or DNS is asked), or why this place is none. */
static int
try_one(struct relay *relay, const struct sip_msg *msg)
{
	struct sip_uri uri;
	int err = sip_uri_parse(&relay->worker->arena,
				str_of(relay->uris[relay->at]), &uri);

	if (err == 0 && relay->places.n == 0)
		err = locate(relay, &uri);
	if (err == ERR_BUSY)
		return 0;
	if (err == 0) {
		err = send_to(relay, msg, &uri);
		if (err == 0)
			return 0;
		next_place(relay);
	} else {
		relay->place = 0;
		relay->places.n = 0;
		relay->at++;
	}
	return err;
}

/* The place at hand has failed. What is heard of it from now on does not move the
 * request any more, be it that DNS is asked for the next target meanwhile. */
static void
leave_place(struct relay *relay)
{
	place_note(relay->worker, sip_client_to(relay->latest), SHUN_MS);
	relay->latest = NULL;
	relay->was_sent = false;
	next_place(relay);
}

/* err: what was wrong with the one before, 0 at first. */
static void
try_next(struct relay *relay, int err)
{
	const struct sip_msg *msg;

	if (relay->server == NULL)
		return;
	msg = sip_server_request(relay->server);
	if (relay->was_sent)
		leave_place(relay);
	while (msg != NULL) {
		if (relay->places.n > 0 && relay->place == relay->places.n) {
			relay->place = 0;
			relay->places.n = 0;
			relay->at++;
		}
		if (relay->at == relay->n)
			break;
		err = try_one(relay, msg);
		if (err == 0)
			return;
	}
	give_up(relay, err);
}

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
	relay->server = server;
	sip_server_set_user(server, relay);
	try_next(relay, 0);
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
