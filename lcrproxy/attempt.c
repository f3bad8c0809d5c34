/* attempt.c - building the INVITE of a hop, and what became of it */
#include "lcrproxy/attempt.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/caller.h"
#include "lcrproxy/emergency.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/records.h"
#include "lcrproxy/verdict.h"
#include "sip/value.h"

static const struct call_hop *
hop_of(const struct attempt *attempt)
{
	return &attempt->call->hops[attempt->hop - 1];
}

static void
fill_token(const struct attempt *attempt, time_us answer, struct token *token)
{
	const struct call *call = attempt->call;

	*token = (struct token){
		.hop = attempt->hop,
		.node = call->worker->node->id,
		.account = call->account->id,
		.gateway = hop_of(attempt)->gateway->id,
		.generation = snapshot_generation(call->snapshot),
		.setup = call->setup,
		.answer = answer,
	};
}

static int
write_user(const struct call *call, const struct gateway *gateway, char *out,
	   size_t cap)
{
	if (call->emergency[0] != '\0')
		return emergency_user(gateway, call->emergency, out, cap);
	return plan_gateway_user(gateway, snapshot_numbering(call->snapshot),
				 &call->number, out, cap);
}

/* The Request-URI of the hop, always from the number as normalised. */
static struct str
make_ruri(const struct attempt *attempt)
{
	const struct gateway *gateway = hop_of(attempt)->gateway;
	char user[64];

	if (write_user(attempt->call, gateway, user, sizeof(user)) != 0)
		return str_make(NULL, 0);
	return arena_join(&attempt->call->worker->arena,
			  (const struct str[]){ str_of("sip:"), str_of(user),
						str_of("@"),
						str_of(gateway->host) },
			  4);
}

static struct str
make_record_route(const struct attempt *attempt, const struct sip_msg *request)
{
	struct worker *worker = attempt->call->worker;
	struct str param = str_make("", 0);

	/* Where there is one already, that is who the callee talks to. */
	if (request->first[SIP_HDR_RECORD_ROUTE] < 0)
		param = nat_param(&worker->arena, request,
				  sip_server_from(attempt->call->server));

	return arena_join(&worker->arena,
			  (const struct str[]){
			      str_of("<sip:"), str_of(worker->node->sent_by),
			      str_of(";lr;" TOKEN_PARAM "="),
			      str_make(attempt->token, TOKEN_LEN), param,
			      str_of(">") },
			  6);
}

/* The INVITE as this gateway gets it, in the worker's scratch. */
static int
build(struct attempt *attempt, const struct sip_msg *request, size_t *len)
{
	struct call *call = attempt->call;
	struct worker *worker = call->worker;
	char branch[SIP_BRANCH_LEN + 1];
	struct sip_forward forward = {
		.record_route = make_record_route(attempt, request),
		.ruri = make_ruri(attempt),
		.pop_route = request->first[SIP_HDR_ROUTE] >= 0,
		.from = sip_server_from(call->server),
	};
	struct sip_edit edit;

	sip_branch_make(worker->txns, proxy_loop_hash(worker, request), branch);
	forward.via = proxy_via(worker, branch);
	if (forward.via.p == NULL || forward.ruri.p == NULL ||
	    forward.record_route.p == NULL)
		return ERR_NOMEM;
	sip_edit_init(&edit, request);
	if (call->by_login)
		identity_strip(worker, &edit);
	caller_edit(call, hop_of(attempt)->gateway, &edit);
	sip_edit_forward_request(&edit, &worker->arena, &forward);
	sip_session_ask(&worker->node->session, &edit, &worker->arena,
			&call->session);
	return sip_edit_apply(&edit, worker->scratch, SIP_MSG_MAX, len);
}

static int
send_invite(struct attempt *attempt, const struct sip_client_events *events)
{
	struct call *call = attempt->call;
	struct worker *worker = call->worker;
	const struct sip_msg *request = sip_server_request(call->server);
	struct token token;
	size_t len;
	int err;

	fill_token(attempt, 0, &token);
	err = token_encode(worker->keys, &token, str_of(call->call_id),
			   str_of(call->from_tag), str_of(""), attempt->token);
	if (err == 0)
		err = request != NULL ? build(attempt, request, &len)
				      : ERR_INVAL;
	if (err == 0)
		err = sip_client_start(worker->txns,
				       &hop_of(attempt)->gateway->addr,
				       worker->scratch, len, events, attempt,
				       &attempt->client);
	return err;
}

int
attempt_start(struct call *call, const struct sip_client_events *events)
{
	struct attempt *attempt = mem_zalloc(1, sizeof(*attempt));
	struct gateway_state *state;
	int err;

	if (attempt == NULL)
		return ERR_NOMEM;
	attempt->call = call;
	attempt->hop = call->hop;
	attempt->started = clock_wall(&call->worker->clock);
	attempt->next = call->attempts;
	call->attempts = attempt;
	state = hop_of(attempt)->gateway->state;
	atomic_fetch_add(&state->attempts, 1);
	atomic_fetch_add(&state->pending, 1);
	health_take_room(&state->health);
	health_take_room(&state->by_class[call->class]);
	gateway_state_take_rate(state, hop_of(attempt)->gateway->cps,
				attempt->started);
	call->worker->counters.attempts++;
	err = send_invite(attempt, events);
	if (err != 0)
		attempt_over(attempt, CDR_ATTEMPT_UNREACHABLE, NULL,
			     err_text(err));
	return err;
}

static void
count_outcome(struct gateway_state *state, enum cdr_outcome outcome,
	      time_us now)
{
	switch (outcome) {
	case CDR_ATTEMPT_ANSWERED:
	case CDR_ATTEMPT_LATE_ANSWER:
		atomic_fetch_add(&state->answers, 1);
		atomic_store(&state->last_answer_us, now);
		return;
	case CDR_ATTEMPT_TIMEOUT:
		atomic_fetch_add(&state->timeouts, 1);
		break;
	case CDR_ATTEMPT_CANCELLED:
		return;
	case CDR_ATTEMPT_REJECTED:
	case CDR_ATTEMPT_UNREACHABLE:
	case CDR_ATTEMPT_REDIRECTED:
		break;
	}
	atomic_fetch_add(&state->failures, 1);
	atomic_store(&state->last_failure_us, now);
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
	gateway_state_note_attempt(hop_of(attempt)->gateway->state, now,
				   is_answered, delay_ms);
}

void
attempt_over(struct attempt *attempt, enum cdr_outcome outcome,
	     const struct sip_msg *response, const char *reason)
{
	struct gateway_state *state = hop_of(attempt)->gateway->state;
	time_us now = clock_wall(&attempt->call->worker->clock);

	if (!attempt->over)
		atomic_fetch_sub(&state->pending, 1);
	attempt->over = true;
	attempt->ended = now;
	count_outcome(state, outcome, now);
	note_quality(attempt, outcome, now);
	verdict_note_health(attempt, outcome, response);
	record_attempt(attempt, outcome, response, reason);
}

void
attempt_free(struct attempt *attempt)
{
	if (!attempt->over)
		atomic_fetch_sub(&hop_of(attempt)->gateway->state->pending, 1);
	while (attempt->answers != NULL) {
		struct answer *next = attempt->answers->next;

		mem_free(attempt->answers);
		attempt->answers = next;
	}
	mem_free(attempt);
}

static struct answer *
find_answer(const struct attempt *attempt, struct str tag)
{
	struct answer *answer = attempt->answers;

	while (answer != NULL &&
	       !str_eq(str_make(answer->tag, answer->tag_len), tag))
		answer = answer->next;
	return answer;
}

static int
sign_answer(const struct attempt *attempt, struct answer *answer)
{
	const struct call *call = attempt->call;
	struct token token;

	fill_token(attempt, answer->at, &token);
	return token_encode(call->worker->keys, &token, str_of(call->call_id),
			    str_of(call->from_tag),
			    str_make(answer->tag, answer->tag_len),
			    answer->token);
}

struct answer *
attempt_answer(struct attempt *attempt, const struct sip_msg *response,
	       bool *is_new)
{
	struct str tag = sip_tag(sip_value(response, SIP_HDR_TO));
	struct answer *answer = find_answer(attempt, tag);

	*is_new = false;
	if (answer != NULL)
		return answer;
	answer = mem_zalloc(1, sizeof(*answer) + tag.len + 1);
	if (answer == NULL)
		return NULL;
	answer->at = clock_wall(&attempt->call->worker->clock);
	answer->tag_len = tag.len;
	if (tag.len > 0)
		memcpy(answer->tag, tag.p, tag.len);
	/* The wall clock may have been set back since the INVITE. */
	if (answer->at < attempt->call->setup)
		answer->at = attempt->call->setup;
	if (sign_answer(attempt, answer) != 0)
		memcpy(answer->token, attempt->token, TOKEN_LEN);
	answer->next = attempt->answers;
	attempt->answers = answer;
	*is_new = true;
	return answer;
}

/* What tells the caller where the callee really is goes where the INVITE told
 * the callee so of the caller. is_top: ours is the callee's first hop. */
static void
edit_nat(const struct attempt *attempt, struct sip_edit *edit, struct str after,
	 bool is_top)
{
	size_t cut = nat_param_len(after);
	struct str param = str_make("", 0);

	if (is_top)
		param = nat_param(&attempt->call->worker->arena, edit->msg,
				  &hop_of(attempt)->gateway->addr);
	sip_edit_splice(edit, (size_t)(after.p - edit->msg->data), cut, param);
}

void
attempt_edit_route(const struct attempt *attempt, const struct answer *answer,
		   struct sip_edit *edit)
{
	const struct sip_msg *msg = edit->msg;
	int row = msg->first[SIP_HDR_RECORD_ROUTE];
	bool is_top = true;

	for (; row >= 0; row = msg->fields[row].next, is_top = false) {
		struct str value = sip_field_value(msg, &msg->fields[row]);
		const char *at = token_find(value, attempt->token);
		size_t end;

		if (at == NULL)
			continue;
		end = (size_t)(at - value.p) + TOKEN_LEN;
		if (answer != NULL)
			sip_edit_splice(edit, (size_t)(at - msg->data),
					TOKEN_LEN,
					str_make(answer->token, TOKEN_LEN));
		edit_nat(attempt, edit,
			 str_make(at + TOKEN_LEN, value.len - end),
			 is_top && sip_list_first_len(value) >= end);
		return;
	}
}
