/* forward.c - passing requests on inside dialogs, and ACKs */
#include "lcrproxy/forward.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/ack_login.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/claim.h"
#include "lcrproxy/forger.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/place.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/records.h"
#include "lcrproxy/strict.h"

#define ACKS_MAX 1000 /* that wait for DNS; more are dropped, as if lost */

/* An ACK that waits for DNS. */
struct forward_ack {
	struct forward_ack *next, **link;
	struct worker *worker;
	struct sip_look_up *look_up;
	struct sip_flow from;
	size_t len;
	char data[];
};

int
forward_next(struct worker *worker, const struct sip_msg *msg,
	     const struct sip_name_addr *route, const struct sip_uri *uri,
	     struct way_next *out)
{
	int err = way_next_hop(&worker->arena, &worker->node->listeners, msg,
			       route, uri, out);
	struct addr real;

	if (err != 0 || !out->is_ruri || route == NULL)
		return err;
	real = out->uri.addr;
	nat_reach(&route->uri, &real);
	if (!addr_eq(&real, &out->uri.addr)) {
		out->uri.addr = real;
		out->uri.port = real.port;
		out->is_natted = true;
	}
	return 0;
}

bool
forward_takes_tcp(const struct way_next *next)
{
	return next->uri.transport.p == NULL && !next->is_natted;
}

int
forward_target(const struct way_next *next, struct sip_target *out)
{
	int err = place_of_uri(&next->uri, out);

	out->is_sips |= next->is_secure;
	return err;
}

int
forward_build(struct worker *worker, const struct sip_msg *msg,
	      const struct sip_flow *from, const struct way_next *next,
	      const struct sip_flow *to, const struct forward_change *change,
	      struct sip_made *out)
{
	struct sip_forward forward = { .n_pop_routes = next->n_own,
				       .headers = change->headers,
				       .record_route = change->record_route,
				       .from = &from->addr,
				       .by = (enum sip_transport)to->transport };
	struct sip_edit edit;
	int err;

	out->method = msg->method;
	out->data = worker->scratch;
	sip_branch_make(worker->txns, proxy_loop_hash(worker, msg),
			out->branch);
	forward.via = proxy_via(worker, to, out->branch);
	if (forward.via.p == NULL)
		return ERR_NOMEM;
	sip_edit_init(&edit, msg);
	cseq_edit(&edit, &worker->arena,
		  cseq_out(&change->space, msg->cseq, change->tries));
	if (msg->method == SIP_PRACK)
		cseq_edit_rack(&edit, &worker->arena, &change->space,
			       &change->again);
	from_again(worker, next->n_own, &edit);
	identity_strip_inside(worker, &edit);
	sip_edit_forward_request(&edit, &worker->arena, &forward);
	if (change->session != NULL)
		sip_session_ask(&worker->node->session, &edit, &worker->arena,
				change->session);
	err = sip_edit_apply(&edit, worker->scratch, SIP_MSG_MAX, &out->len);
	if (err == 0 && !next->is_ruri)
		err = strict_tighten(worker, &out->len);
	return err;
}

void
forward_refuse(struct worker *worker, struct sip_server *server,
	       int err)
{
	if (err == ERR_SYNTAX)
		proxy_reply(worker, server, 400, "Bad Route or Request-URI",
			    "");
	else if (err == ERR_AUTH)
		proxy_reply(worker, server, 403, "Not The Way Of This Call",
			    "");
	else if (err == ERR_UNSUPPORTED)
		proxy_reply(worker, server, 502, "No Transport To Next Hop",
			    "");
	else if (err == ERR_NOTFOUND)
		proxy_reply(worker, server, 502, "Next Hop Not Found", "");
	else if (err == ERR_TIMEOUT)
		proxy_reply(worker, server, 504, "No Answer From DNS", "");
	else
		proxy_reply(worker, server, 500, NULL, "");
}

/* Whom a TLS server must prove to be: nobody has a certificate for his Contact's
 * address. */
static struct str
tls_name(const struct worker *worker, const struct forward_side *side,
	 const struct way_next *next)
{
	const struct gateway *gateway = NULL;
	struct str name = { NULL, 0 };

	if (next->uri.addr.family != 0 && side->by_caller &&
	    side->token != NULL && worker->snapshot != NULL)
		gateway = snapshot_gateway_by_id(worker->snapshot,
						 side->token->gateway);
	if (gateway != NULL)
		name = place_gateway_name(gateway);
	return name.len > 0 ? name : next->uri.host;
}

static int
flow_to(struct worker *worker, const struct forward_side *side,
	const struct sip_place *place, const struct way_next *next,
	int came_in, struct sip_flow *out)
{
	struct str name = next->uri.host;
	int err;

	if (place->transport == SIP_TLS)
		name = tls_name(worker, side, next);
	err = next->out_listener >= 0
		  ? place_flow_by(worker, place, name, next->out_listener, out)
		  : place_flow(worker, place, name, came_in, out);
	if (err == 0 && out->transport == SIP_TLS && out->name == 0 &&
	    side->by_caller && side->call != NULL)
		out->name = side->call->way.gateway.name;
	return err;
}

int
forward_flow(struct worker *worker, const struct forward_side *side,
	     const struct sip_place *place, const struct way_next *next,
	     int came_in, struct sip_flow *out)
{
	const struct sip_flow *known = NULL;
	struct sip_place natted = *place;

	if (side->call != NULL)
		known = side->by_caller ? &side->call->way.gateway
					: &side->call->way.caller;
	if (known != NULL && (known->transport != place->transport ||
			      !addr_eq_ip(&known->addr, &place->addr)))
		known = NULL;
	if (known != NULL && known->conn != 0) {
		*out = *known;
		out->addr = place->addr;
		return 0;
	}
	if (known != NULL && next->is_natted && !side->by_caller)
		natted.addr.port = known->addr.port;
	return flow_to(worker, side, &natted, next, came_in, out);
}

/* Whose ACK it is, as far as that is known here, or its token tells. */
struct ack_facts {
	struct live_call *call; /* NULL: not known here */
	bool by_caller;
	bool has_token; /* read when the call is not known */
	struct token token;
};

/* Of two passages of one call its token tells which this is. */
static void
find_passage(struct worker *worker, const struct sip_msg *msg, struct str text,
	     struct live_id *id, struct ack_facts *facts)
{
	struct live_call *call;
	struct token token;
	bool by_caller;

	if (claim_read(worker, msg, text, &by_caller, &token) != 0)
		return;
	id->setup = token.setup;
	call = live_find(&worker->live, id);
	if (call != NULL)
		facts->call = call;
}

static void
find_out(struct worker *worker, const struct sip_msg *msg,
	 const struct sip_name_addr *route, struct ack_facts *out)
{
	struct str token = sip_uri_param(&route->uri, TOKEN_PARAM);
	struct live_id id = { .call_id = msg->call_id,
			      .from_tag = msg->from_tag,
			      .to_tag = msg->to_tag };

	*out = (struct ack_facts){ .call = live_find(&worker->live, &id) };
	out->by_caller = out->call != NULL;
	if (out->call == NULL) {
		id.from_tag = msg->to_tag;
		id.to_tag = msg->from_tag;
		out->call = live_find(&worker->live, &id);
	}
	if (out->call == NULL)
		out->has_token = claim_read(worker, msg, token, &out->by_caller,
					    &out->token) == 0;
	else if (!str_eq(token, str_make(out->call->token, TOKEN_LEN)))
		find_passage(worker, msg, token, &id, out);
}

/* The ACK has the number that its INVITE went out with, and its credentials. */
static struct forward_change
change_of(const struct ack_facts *facts, uint32_t cseq)
{
	struct forward_change change = { .tries = 0 };

	if (!facts->by_caller)
		return change;
	if (facts->call != NULL) {
		change.space = facts->call->space;
		change.again = facts->call->again;
		change.headers = ack_login_of(facts->call, cseq);
	} else if (facts->has_token) {
		change.space = facts->token.space;
	}
	change.tries = cseq_tries(&change.space, &change.again, cseq);
	return change;
}

static void
send_ack(struct worker *worker, const struct sip_msg *msg,
	 const struct sip_flow *from, const struct way_next *next,
	 const struct ack_facts *facts, struct sip_places *places)
{
	const struct forward_change change = change_of(facts, msg->cseq);
	const struct forward_side side = {
		.call = facts->call,
		.token = facts->has_token ? &facts->token : NULL,
		.by_caller = facts->by_caller,
	};
	bool takes_tcp = forward_takes_tcp(next);
	struct sip_made made;
	struct sip_flow to;

	place_order(worker, places);
	for (size_t i = 0; i < places->n;) {
		const struct sip_place *place = &places->at[i];
		int err = forward_flow(worker, &side, place, next,
				       from->listener, &to);

		if (err == 0)
			err = forward_build(worker, msg, from, next, &to,
					    &change, &made);
		if (err == 0 && takes_tcp &&
		    place_wants_tcp(worker, &to, made.len)) {
			/* when that fails the ACK's next copy goes by UDP */
			place_put_tcp_first(places, i);
			takes_tcp = false;
			i = 0;
			continue;
		}
		if (err == 0 &&
		    worker_send(worker, &to, made.data, made.len) == 0)
			return;
		i++;
	}
}

/* --- ACKs that wait --- */

static void
drop(struct forward_ack *ack)
{
	sip_look_up_cancel(ack->look_up);
	*ack->link = ack->next;
	if (ack->next != NULL)
		ack->next->link = ack->link;
	ack->worker->n_acks--;
	mem_free(ack);
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct forward_ack *ack = arg;
	struct worker *worker = ack->worker;
	const struct listeners *listeners = &worker->node->listeners;
	struct sip_name_addr route;
	struct ack_facts facts;
	struct way_next next;
	struct sip_msg msg;

	ack->look_up = NULL;
	if (err == 0 && sip_scan(&msg, ack->data, ack->len, NULL) == 0 &&
	    way_next_hop(&worker->arena, listeners, &msg, NULL, NULL, &next) ==
		0 &&
	    sip_name_addr_parse(&worker->arena, sip_value(&msg, SIP_HDR_ROUTE),
				&route, NULL) == 0) {
		struct sip_places copy = *places;

		find_out(worker, &msg, &route, &facts);
		send_ack(worker, &msg, &ack->from, &next, &facts, &copy);
	}
	drop(ack);
	arena_reset(&worker->arena);
}

static struct forward_ack *
keep(struct worker *worker, const struct sip_msg *msg,
     const struct sip_flow *from)
{
	struct forward_ack *ack;

	if (worker->n_acks >= ACKS_MAX)
		return NULL;
	ack = mem_alloc(sizeof(*ack) + msg->len);
	if (ack == NULL)
		return NULL;
	ack->worker = worker;
	ack->look_up = NULL;
	ack->from = *from;
	ack->len = msg->len;
	memcpy(ack->data, msg->data, msg->len);
	ack->next = worker->acks;
	ack->link = &worker->acks;
	if (ack->next != NULL)
		ack->next->link = &ack->next;
	worker->acks = ack;
	worker->n_acks++;
	return ack;
}

static void
ack_by_name(struct worker *worker, const struct sip_msg *msg,
	    const struct sip_flow *from, const struct way_next *next,
	    const struct sip_target *target, const struct ack_facts *facts)
{
	struct forward_ack *ack = keep(worker, msg, from);
	struct sip_places places;
	int err;

	if (ack == NULL)
		return;
	err = place_find(worker, target, &places, on_located, ack,
			 &ack->look_up);
	if (err == ERR_BUSY)
		return;
	ack->look_up = NULL;
	if (err == 0)
		send_ack(worker, msg, from, next, facts, &places);
	drop(ack);
}

/* Whether this dialog, of this passage through here, has a witness of late: who
 * repeats an ACK for ever fills no journal. */
static bool
is_witnessed(struct worker *worker, const struct life_fact *fact)
{
	const struct hash_key *key = &worker->node->hash_key;
	uint64_t hash =
	    hash_bytes(key, fact->call_id.p, fact->call_id.len) ^
	    hash_bytes(key, fact->callee_tag.p, fact->callee_tag.len) ^
	    hash_bytes(key, &fact->token->setup, sizeof(fact->token->setup));
	uint64_t *place = &worker->witnessed[hash % WORKER_WITNESSED];
	bool known = *place == hash;

	*place = hash;
	return known;
}

/* The caller's ACK carries the token with the time of answer: of a call that
 * another node set up, or this one before it died, it is a second witness. */
static void
witness_ack(struct worker *worker, const struct sip_msg *msg,
	    const struct ack_facts *facts)
{
	struct life_fact fact = {
		.token = &facts->token,
		.call_id = msg->call_id,
		.caller_tag = msg->from_tag,
		.callee_tag = msg->to_tag,
		.msg = msg,
	};

	if (facts->call != NULL || !facts->has_token || !facts->by_caller ||
	    facts->token.answer == 0 || is_witnessed(worker, &fact))
		return;
	fact.seen = clock_wall(&worker->clock) -
		    acct_clock_ahead(worker->node->acct, facts->token.node,
				     facts->token.setup);
	record_life(worker, &fact);
}

void
forward_ack(struct worker *worker, const struct sip_msg *msg,
	    const struct sip_flow *from, const struct sip_name_addr *route,
	    const struct sip_uri *uri)
{
	struct sip_places places = { .n = 1 };
	struct sip_target target;
	struct ack_facts facts;
	struct way_next next;

	find_out(worker, msg, route, &facts);
	if (facts.call != NULL && facts.by_caller)
		way_follow(&facts.call->way, from);
	if (facts.call == NULL && !facts.has_token)
		forger_note(worker, from);
	witness_ack(worker, msg, &facts);
	if (forward_next(worker, msg, route, uri, &next) != 0 ||
	    forward_target(&next, &target) != 0)
		return;
	if (next.uri.addr.family == 0) {
		ack_by_name(worker, msg, from, &next, &target, &facts);
		return;
	}
	place_of_address(&target, &next.uri.addr, &places.at[0]);
	send_ack(worker, msg, from, &next, &facts, &places);
}

void
forward_free(struct worker *worker)
{
	while (worker->acks != NULL)
		drop(worker->acks);
}
