/* attempt.c - building the INVITE of a hop, and what became of it */
#include "lcrproxy/attempt.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/ack_login.h"
#include "lcrproxy/answer.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/place.h"
#include "lcrproxy/present.h"
#include "lcrproxy/records.h"
#include "lcrproxy/ruri.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/uri_hop.h"
#include "lcrproxy/verdict.h"
#include "lcrproxy/way.h"

void
attempt_token(const struct attempt *attempt, time_us answer,
	      struct token *token)
{
	const struct call *call = attempt->call;

	*token = (struct token){
		.hop = attempt->hop,
		.node = call->worker->node->id,
		.account = call->account->id,
		.gateway = attempt->gateway,
		.generation = snapshot_generation(call->snapshot),
		.setup = call->setup,
		.answer = answer,
		.space = attempt->space,
	};
}

static struct str
make_ruri(const struct attempt *attempt)
{
	const struct call_hop *hop = hop_of(attempt);
	const struct call *call = attempt->call;
	struct str uri = hop->gateway != NULL
			     ? ruri_make(call, hop->gateway)
			     : str_make(hop->uri->ruri, hop->uri->ruri_len);

	return secure_ruri(&call->worker->arena, uri, call->is_secure);
}

/* Where there is a Record-Route already, that is who the callee talks to. */
static struct str
caller_nat_param(const struct attempt *attempt, const struct sip_msg *request)
{
	struct call *call = attempt->call;

	if (request->first[SIP_HDR_RECORD_ROUTE] >= 0)
		return str_make("", 0);
	return nat_param(&call->worker->arena, request,
			 &sip_server_from(call->server)->addr);
}

/* By the last challenges of this gateway; "" when there were none. */
static int
answer_challenge(struct attempt *attempt, const struct sip_msg *request,
		 struct sip_forward *forward)
{
	struct worker *worker = attempt->call->worker;
	const struct challenge_request again = {
		.gateway = hop_of(attempt)->gateway,
		.method = str_of("INVITE"),
		.uri = forward->ruri,
		.body = request->body,
	};
	struct challenge_lines lines;
	int err;

	if (!attempt->space.is_spaced)
		return 0;
	err = challenge_answer(worker->challenges, &again, &worker->arena,
			       &lines);
	forward->headers = lines.text;
	attempt->answered = lines.answered;
	ack_login_keep(&attempt->login, lines.text);
	return err == ERR_NOTFOUND ? 0 : err;
}

/* from_param: of caller_from.h, p == NULL is passed on. */
static struct str
make_record_route(const struct attempt *attempt, const struct sip_msg *request,
		  struct str from_param)
{
	struct call *call = attempt->call;
	struct worker *worker = call->worker;
	const struct str params[] = { caller_nat_param(attempt, request),
				      from_param };
	const struct proxy_route route = {
		.from = sip_server_from(call->server),
		.to = &attempt->to,
		.token = str_make(attempt->token, TOKEN_LEN),
		.params = from_param.p != NULL
			      ? arena_join(&worker->arena, params, 2)
			      : from_param,
		.is_secure = call->is_secure && hop_is_secure(hop_of(attempt)),
	};

	return route.params.p != NULL ? proxy_record_route(worker, &route)
				      : route.params;
}

/* The INVITE as this gateway gets it, in the worker's scratch. */
static int
build(struct attempt *attempt, const struct sip_msg *request,
      struct sip_made *out)
{
	struct call *call = attempt->call;
	struct worker *worker = call->worker;
	const struct sip_flow *from = sip_server_from(call->server);
	struct sip_forward forward = {
		.ruri = make_ruri(attempt),
		.from = &from->addr,
		.n_pop_routes = SIP_ALL_ROUTES, /* are ours (proxy.c) */
		.by = (enum sip_transport)attempt->to.transport,
	};
	struct sip_edit edit;

	attempt->n_record_routes =
	    from->listener != attempt->to.listener ? 2 : 1;
	out->method = SIP_INVITE;
	out->data = worker->scratch;
	sip_branch_make(worker->txns, proxy_loop_hash(worker, request),
			out->branch);
	forward.via = proxy_via(worker, &attempt->to, out->branch);
	if (forward.via.p == NULL || forward.ruri.p == NULL ||
	    answer_challenge(attempt, request, &forward) != 0)
		return ERR_NOMEM;
	sip_edit_init(&edit, request);
	cseq_edit(&edit, &worker->arena,
		  cseq_out(&attempt->space, call->cseq, attempt->space.tries));
	if (call->by_login)
		identity_strip(worker, &edit);
	forward.record_route = make_record_route(
	    attempt, request, present_edit(call, hop_of(attempt), &edit));
	if (forward.record_route.p == NULL)
		return ERR_NOMEM;
	sip_edit_forward_request(&edit, &worker->arena, &forward);
	call->session.min_s = attempt->session_min_s;
	sip_session_ask(&worker->node->session, &edit, &worker->arena,
			&call->session);
	return sip_edit_apply(&edit, worker->scratch, SIP_MSG_MAX, &out->len);
}

static int
set_flow(struct attempt *attempt)
{
	struct call *call = attempt->call;

	return place_flow(call->worker, hop_place(call),
			  hop_tls_name(hop_of(attempt)),
			  sip_server_from(call->server)->listener,
			  &attempt->to);
}

/* 18.1.1: what is too long for a datagram goes by TCP, where the gateway's URI
 * leaves it open and we have TCP. By UDP nevertheless when that fails. */
static bool
wants_tcp(const struct attempt *attempt, size_t len)
{
	const struct call *call = attempt->call;

	return !call->was_split && hop_takes_any_transport(hop_of(attempt)) &&
	       place_wants_tcp(call->worker, &attempt->to, len);
}

static int
build_for_place(struct attempt *attempt, const struct sip_msg *request,
		struct sip_made *out)
{
	int err = set_flow(attempt);

	if (err == 0)
		err = build(attempt, request, out);
	if (err != 0 || !wants_tcp(attempt, out->len))
		return err;
	err = hop_put_tcp_first(attempt->call);
	if (err == 0)
		err = set_flow(attempt);
	return err == 0 ? build(attempt, request, out) : err;
}

/* One that is in no table now may be in none after a restart, or at another
 * node: what proves it is where the call goes. */
static uint32_t
gateway_in_token(const struct attempt *attempt)
{
	struct call *call = attempt->call;
	const struct gateway *gateway = hop_of(attempt)->gateway;

	if (gateway == NULL || !learnt_gateway_is(gateway))
		return hop_gateway_id(hop_of(attempt));
	return token_mark(call->worker->keys, TOKEN_KEY_SIGNS,
			  &hop_place(call)->addr);
}

static int
send_invite(struct attempt *attempt, const struct sip_client_events *events)
{
	struct call *call = attempt->call;
	struct worker *worker = call->worker;
	const struct sip_msg *request = sip_server_request(call->server);
	struct sip_made made;
	struct token token;
	int err;

	attempt->gateway = gateway_in_token(attempt);
	attempt_token(attempt, 0, &token);
	err = token_encode(worker->keys, &token, str_of(call->call_id),
			   str_of(call->from_tag), str_of(""), attempt->token);
	if (err == 0)
		err = request != NULL
			  ? build_for_place(attempt, request, &made)
			  : ERR_INVAL;
	if (err == 0)
		err = sip_client_start_made(worker->txns, &attempt->to, &made,
					    events, attempt, &attempt->client);
	if (err == 0) /* the connection that was chosen */
		attempt->to = *sip_client_to(attempt->client);
	return err;
}

/* It takes room at its gateway. */
static void
count_in(const struct attempt *attempt)
{
	const struct gateway *gateway = hop_of(attempt)->gateway;
	struct gateway_state *state = hop_state(hop_of(attempt));

	attempt->call->worker->counters.attempts++;
	if (state == NULL)
		return;
	atomic_fetch_add(&state->attempts, 1);
	atomic_fetch_add(&state->pending, 1);
	health_take_room(&state->health);
	health_take_room(&state->by_class[attempt->call->class]);
	gateway_state_take_rate(state, gateway->cps, attempt->started);
}

static void
count_out(const struct attempt *attempt)
{
	struct gateway_state *state = hop_state(hop_of(attempt));

	if (!attempt->over && state != NULL)
		atomic_fetch_sub(&state->pending, 1);
}

static struct attempt *
make(struct call *call)
{
	struct attempt *attempt =
		pool_take_zeroed(call->worker->pool, sizeof(*attempt));

	if (attempt == NULL)
		return NULL;
	attempt->call = call;
	attempt->hop = call->hop;
	attempt->number = ++call->n_attempts;
	attempt->space = cseq_space(call->cseq,
				    hop_has_logins(hop_of(attempt)));
	attempt->started = clock_wall(&call->worker->clock);
	attempt->next = call->attempts;
	call->attempts = attempt;
	count_in(attempt);
	return attempt;
}

static void
end(struct attempt *attempt)
{
	count_out(attempt);
	attempt->over = true;
	attempt->ended = clock_wall(&attempt->call->worker->clock);
}

/* Our memory or limits, or the caller's message: no fault of the gateway. */
static bool
is_our_own(int err)
{
	return err == ERR_NOMEM || err == ERR_LIMIT || err == ERR_SPACE ||
	       err == ERR_INVAL;
}

/* Nothing was sent. */
static void
never_left(struct attempt *attempt, int err)
{
	const enum cdr_outcome outcome = CDR_ATTEMPT_UNREACHABLE;

	if (!is_our_own(err)) {
		attempt_over(attempt, outcome, NULL, err_text(err));
		return;
	}
	end(attempt);
	record_attempt(attempt, outcome, NULL, err_text(err));
}

int
attempt_start(struct call *call, const struct sip_client_events *events)
{
	struct attempt *attempt = make(call);
	int err;

	if (attempt == NULL)
		return ERR_NOMEM;
	err = send_invite(attempt, events);
	if (err != 0)
		never_left(attempt, err);
	return err;
}

/* Whether it is still this attempt that the call is about. */
static bool
is_awaited(const struct attempt *attempt)
{
	const struct call *call = attempt->call;

	return !attempt->over && !call->ended && !call->cancelled;
}

/* To the same place, with the next number. */
static bool
send_again(struct attempt *attempt, const struct sip_client_events *events)
{
	sip_client_detach(attempt->client);
	attempt->client = NULL;
	attempt->is_heard = false;
	attempt->space.tries++;
	return send_invite(attempt, events) == 0;
}

bool
attempt_challenged(struct attempt *attempt, const struct sip_msg *response,
		   const struct sip_client_events *events)
{
	const struct call_hop *hop = hop_of(attempt);

	return challenge_is(response->status) && attempt->space.is_spaced &&
	       hop_has_logins(hop) && is_awaited(attempt) &&
	       challenge_may_retry(attempt->call->worker, hop->gateway,
				   response, attempt->answered,
				   attempt->space.tries) &&
	       send_again(attempt, events);
}

bool
attempt_lengthened(struct attempt *attempt, const struct sip_msg *response,
		   const struct sip_client_events *events)
{
	struct call *call = attempt->call;

	if (!is_awaited(attempt) ||
	    !sip_session_may_lengthen(&call->session, response))
		return false;
	/* numbers are spaced from the first one on, be it that nobody knew */
	if (!attempt->space.is_spaced)
		attempt->space = cseq_space(call->cseq, true);
	if (!attempt->space.is_spaced ||
	    attempt->space.tries + 1 >= CSEQ_SPACE)
		return false;
	attempt->session_min_s = call->session.min_s;
	log_info(call->worker->log,
		 "call %s: gateway %s wants longer sessions, seconds=%u",
		 call->call_id, hop_text(hop_of(attempt)),
		 attempt->session_min_s);
	return send_again(attempt, events);
}

void
attempt_renew_nonce(const struct attempt *attempt, const struct sip_msg *msg)
{
	if (hop_has_logins(hop_of(attempt)))
		challenge_renew(attempt->call->worker->challenges,
				hop_of(attempt)->gateway, msg);
}

void
attempt_fail(struct call *call, int err)
{
	struct attempt *attempt = make(call);
	const char *why = err == ERR_NOTFOUND ? "DNS: no such server"
			  : err == ERR_TIMEOUT
			      ? "DNS: no answer in time"
			  : err == ERR_NOTOURS
			      ? "leads to a gateway or back to this node"
			      : err_text(err);

	if (attempt != NULL)
		attempt_over(attempt, CDR_ATTEMPT_UNREACHABLE, NULL, why);
}

/* One that nobody waited for to the end says nothing of its carrier. */
static void
note_quality(const struct attempt *attempt, enum cdr_outcome outcome,
	     time_us now)
{
	bool is_answered = outcome == CDR_ATTEMPT_ANSWERED;
	int64_t delay_ms = -1;

	if (outcome == CDR_ATTEMPT_CANCELLED ||
	    outcome == CDR_ATTEMPT_LATE_ANSWER)
		return;
	if (attempt->rang != 0)
		delay_ms = (attempt->rang - attempt->started) / 1000;
	else if (is_answered)
		delay_ms = (now - attempt->started) / 1000;
	gateway_state_note_attempt(hop_state(hop_of(attempt)), now,
				   is_answered, delay_ms);
}

void
attempt_over(struct attempt *attempt, enum cdr_outcome outcome,
	     const struct sip_msg *response, const char *reason)
{
	struct gateway_state *state = hop_state(hop_of(attempt));
	time_us now;

	end(attempt);
	now = attempt->ended;
	if (state != NULL) {
		gateway_state_note_end(state, now, outcome,
				       response != NULL ? response->status : 0);
		note_quality(attempt, outcome, now);
	}
	verdict_note_health(attempt, outcome, response);
	verdict_note_place(attempt, outcome, response);
	if (outcome != CDR_ATTEMPT_ANSWERED) /* in time: START tells it */
		record_attempt(attempt, outcome, response, reason);
}

void
attempt_free(struct attempt *attempt)
{
	count_out(attempt);
	while (attempt->answers != NULL) {
		struct answer *next = attempt->answers->next;
		const struct live_id id =
		    answer_live_id(attempt, attempt->answers);

		ack_login_take(&attempt->call->worker->live, &id,
			       attempt->login);
		answer_free(attempt->call->worker, attempt->answers);
		attempt->answers = next;
	}
	mem_free(attempt->login);
	pool_give(attempt->call->worker->pool, attempt, sizeof(*attempt));
}
