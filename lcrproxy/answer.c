/* answer.c - the dialogs that attempts led to, and our Record-Route in them */
#include "lcrproxy/answer.h"

#include <string.h>

#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/ack_login.h"
#include "lcrproxy/attempt.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/uri_hop.h"
#include "lcrproxy/way.h"

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

	attempt_token(attempt, answer->at, &token);
	return token_encode(call->worker->keys, &token, str_of(call->call_id),
			    str_of(call->from_tag),
			    str_make(answer->tag, answer->tag_len),
			    answer->token);
}

struct answer *
answer_note(struct attempt *attempt, const struct sip_msg *response,
	    bool *is_new)
{
	struct str tag = response->to_tag;
	struct answer *answer = find_answer(attempt, tag);

	*is_new = false;
	if (answer != NULL)
		return answer;
	answer = pool_take_zeroed(attempt->call->worker->pool,
				  sizeof(*answer) + tag.len + 1);
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

void
answer_free(struct worker *worker, struct answer *answer)
{
	pool_give(worker->pool, answer, sizeof(*answer) + answer->tag_len + 1);
}

void
answer_edit_route(const struct attempt *attempt, const struct answer *answer,
		  struct sip_edit *edit)
{
	const struct proxy_mark mark = {
		.token = attempt->token,
		.anew = answer != NULL ? answer->token : NULL,
		.n = attempt->n_record_routes,
		.from = &attempt->to.addr,
	};

	proxy_edit_record_route(attempt->call->worker, &mark, edit);
}

struct live_id
answer_live_id(const struct attempt *attempt, const struct answer *answer)
{
	const struct call *call = attempt->call;

	return (struct live_id){
		.call_id = str_of(call->call_id),
		.from_tag = str_of(call->from_tag),
		.to_tag = str_make(answer->tag, answer->tag_len),
		.setup = call->setup,
	};
}

void
answer_add_live(const struct attempt *attempt, const struct answer *answer,
		const struct sip_msg *msg)
{
	struct call *call = attempt->call;
	const struct call_hop *hop = hop_of(attempt);
	const struct clock *clock = &call->worker->clock;
	struct live_fact fact = {
		.call_id = str_of(call->call_id),
		.from_tag = str_of(call->from_tag),
		.to_tag = str_make(answer->tag, answer->tag_len),
		.setup = call->setup,
		.answer = answer->at,
		.answer_mono_us = clock->mono_us(clock) -
				  (clock_wall(clock) - answer->at),
		.token = answer->token,
		.space = attempt->space,
		.number = &call->number,
		.account = call->account->name,
		.carrier = hop_carrier_name(hop),
		.gateway_name = hop_gateway_name(hop),
		.uri = hop->uri != NULL ? hop->uri->ruri : NULL,
		.gateway = hop_state(hop),
		.use = &call->use,
		.way.gateway = attempt->to,
	};
	struct live_id id;

	if (call->server != NULL)
		fact.way.caller = *sip_server_from(call->server);
	way_of_answer(&call->worker->arena, &call->worker->node->hash_key, msg,
		      attempt->token, &fact.way);
	limit_talk(&call->use);
	if (!fact.way.is_fixed &&
	    nat_hides(&fact.way.callee, &attempt->to.addr))
		fact.way.callee = attempt->to.addr;
	live_add(&call->worker->live, &fact);
	id = answer_live_id(attempt, answer);
	ack_login_give(&call->worker->live, &id, attempt->login, call->cseq);
}
