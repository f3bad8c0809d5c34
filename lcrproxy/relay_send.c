/* relay_send.c - where and how requests outside dialogs go on */
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/place.h"
#include "lcrproxy/present.h"
#include "lcrproxy/relay_private.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/subscription.h"
#include "lcrproxy/taboo.h"
#include "sip/edit.h"

static const struct gateway *
gateway_of(const struct relay_leg *leg)
{
	return leg->relay->gateways[leg->target];
}

/* By the last challenges of this gateway; nothing when there were none. */
static int
answer_challenge(struct relay_leg *leg, const struct sip_msg *msg,
		 struct sip_forward *forward)
{
	struct worker *worker = leg->relay->worker;
	const struct challenge_request request = { gateway_of(leg),
						   msg->method_text,
						   forward->ruri, msg->body };
	struct challenge_lines lines;
	int err;

	if (!leg->space.is_spaced)
		return 0;
	err = challenge_answer(worker->challenges, &request, &worker->arena,
			       &lines);
	forward->headers = lines.text;
	leg->answered = lines.answered;
	return err == ERR_NOTFOUND ? 0 : err;
}

/* What the dialog that it begins needs of us (16.6 step 4). from_param: of
 * caller_from.h. */
static int
add_record_route(struct relay_leg *leg, const struct sip_msg *msg,
		 struct str from_param, struct sip_forward *forward)
{
	struct relay *relay = leg->relay;
	struct worker *worker = relay->worker;
	const struct sip_flow *from = sip_server_from(relay->server);
	const struct subscription_facts facts = { relay->account,
						  gateway_of(leg),
						  relay->snapshot, relay->began,
						  leg->space };
	struct proxy_route route = {
		.from = from,
		.to = &leg->to,
		.token = str_make(leg->token, TOKEN_LEN),
		.is_secure = sip_uri_is_sips(msg->ruri),
	};
	struct str params[2] = { str_make("", 0), from_param };
	int err = subscription_sign(worker, msg, &facts, &leg->to.addr,
				    leg->token);

	if (err != 0)
		return err;
	leg->n_record_routes = from->listener != leg->to.listener ? 2 : 1;
	/* where there is one already, that is who the other side talks to */
	if (msg->first[SIP_HDR_RECORD_ROUTE] < 0)
		params[0] = nat_param(&worker->arena, msg, &from->addr);
	if (params[0].p != NULL && params[1].p != NULL)
		route.params = arena_join(&worker->arena, params, 2);
	if (route.params.p != NULL)
		forward->record_route = proxy_record_route(worker, &route);
	return forward->record_route.p != NULL ? 0 : ERR_NOMEM;
}

static int
build(struct relay_leg *leg, const struct sip_msg *msg, struct sip_made *out)
{
	struct relay *relay = leg->relay;
	struct worker *worker = relay->worker;
	const struct present_caller caller = { worker, relay->snapshot,
					       relay->account, &relay->identity,
					       relay->claims };
	struct sip_forward forward = {
		.ruri = secure_ruri(&worker->arena,
				    str_of(relay->uris[leg->target]),
				    sip_uri_is_sips(msg->ruri)),
		.from = &sip_server_from(relay->server)->addr,
		.n_pop_routes = SIP_ALL_ROUTES, /* are ours (proxy.c) */
		.by = (enum sip_transport)leg->to.transport,
	};
	struct sip_edit edit;
	struct str from_param;
	int err;

	out->method = msg->method;
	out->data = worker->scratch;
	sip_branch_make(worker->txns, proxy_loop_hash(worker, msg),
			out->branch);
	forward.via = proxy_via(worker, &leg->to, out->branch);
	if (forward.via.p == NULL || forward.ruri.p == NULL)
		return ERR_NOMEM;
	err = answer_challenge(leg, msg, &forward);
	if (err != 0)
		return err;
	sip_edit_init(&edit, msg);
	cseq_edit(&edit, &worker->arena,
		  cseq_out(&leg->space, msg->cseq, leg->space.tries));
	if (relay->by_login)
		identity_strip(worker, &edit);
	from_param = present_edit_other(&caller, gateway_of(leg), &edit);
	if (subscription_begins(msg->method)) {
		err = add_record_route(leg, msg, from_param, &forward);
		if (err != 0)
			return err;
	}
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

static struct relay_leg *
make_leg(struct relay *relay, uint32_t cseq)
{
	const struct gateway *gateway = relay->gateways[relay->at];
	struct relay_leg *leg =
		pool_take_zeroed(relay->worker->pool, sizeof(*leg));

	if (leg == NULL)
		return NULL;
	leg->relay = relay;
	leg->target = relay->at;
	leg->space = cseq_space(cseq, gateway != NULL && gateway->logins.n > 0);
	leg->next = relay->legs;
	relay->legs = leg;
	return leg;
}

static int
start(struct relay_leg *leg, const struct sip_made *made)
{
	struct relay *relay = leg->relay;
	struct worker *worker = relay->worker;
	int err = sip_client_start_made(worker->txns, &leg->to, made,
					&relay_events, leg, &leg->client);

	if (err != 0)
		return err;
	relay->n_clients++;
	timer_start(&worker->timers, &relay->timer,
		    clock_mono_ms(&worker->clock) +
			worker->tuning.first_response_timeout_ms);
	return 0;
}

static int
send_to(struct relay *relay, const struct sip_msg *msg,
	const struct sip_uri *uri)
{
	struct worker *worker = relay->worker;
	const struct sip_place *place = &relay->places.at[relay->place];
	struct relay_leg *leg;
	struct sip_made made;
	int err;

	if (!is_allowed(relay, place))
		return ERR_AUTH;
	leg = make_leg(relay, msg->cseq);
	if (leg == NULL)
		return ERR_NOMEM;
	err = place_flow(worker, place, uri->host,
			 sip_server_from(relay->server)->listener, &leg->to);
	if (err == 0)
		err = build(leg, msg, &made);
	if (err == 0 && uri->transport.p == NULL && !relay->was_split &&
	    place_wants_tcp(worker, &leg->to, made.len)) {
		place_put_tcp_first(&relay->places, relay->place);
		relay->place = 0;
		relay->was_split = true;
		return send_to(relay, msg, uri);
	}
	if (err == 0)
		err = start(leg, &made);
	relay->was_sent = err == 0;
	relay->latest = err == 0 ? leg : NULL;
	return err;
}

/* Behind the last one there is none: relay_try_next knows. */
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
	relay_try_next(relay, err);
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
	place_note(relay->worker, &relay->latest->to, SHUN_MS);
	relay->latest = NULL;
	relay->was_sent = false;
	next_place(relay);
}

void
relay_try_next(struct relay *relay, int err)
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
	relay_give_up(relay, err);
}

bool
relay_has_logins(const struct relay *relay)
{
	return relay->latest->space.is_spaced;
}

bool
relay_challenged(struct relay *relay, const struct sip_msg *response)
{
	struct worker *worker = relay->worker;
	struct relay_leg *leg = relay->latest;
	const struct sip_msg *msg = NULL;
	struct sip_made made;

	if (relay->server != NULL)
		msg = sip_server_request(relay->server);
	if (msg == NULL ||
	    !challenge_may_retry(worker, gateway_of(leg), response,
				 leg->answered, leg->space.tries))
		return false;
	sip_client_detach(leg->client);
	leg->client = NULL;
	relay->n_clients--;
	leg->space.tries++;
	return build(leg, msg, &made) == 0 && start(leg, &made) == 0;
}

void
relay_renew_nonce(const struct relay_leg *leg, const struct sip_msg *msg)
{
	if (leg->space.is_spaced)
		challenge_renew(leg->relay->worker->challenges,
				gateway_of(leg), msg);
}
