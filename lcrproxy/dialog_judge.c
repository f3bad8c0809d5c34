/* dialog_judge.c - what a token is good for: requests that leave the way */
#include <string.h>

#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/dialog_private.h"
#include "lcrproxy/subscription.h"
#include "lcrproxy/taboo.h"
#include "lcrproxy/way.h"

bool
dialog_needs_token(const struct sip_msg *msg)
{
	switch (msg->method) {
	case SIP_INVITE:
	case SIP_REFER:
	case SIP_SUBSCRIBE:
	case SIP_MESSAGE:
	case SIP_PUBLISH:
	case SIP_REGISTER:
	case SIP_METHOD_OTHER:
		return true;
	default:
		return false;
	}
}

static int
keep_ids(struct dialog *dialog, const struct sip_msg *msg)
{
	struct str from = msg->from_tag;
	struct str to = msg->to_tag;
	const struct str ids[3] = { msg->call_id,
				    dialog->by_caller ? from : to,
				    dialog->by_caller ? to : from };
	char *at;

	for (int i = 0; i < 3; i++)
		dialog->ids_len[i] = (uint16_t)ids[i].len;
	at = pool_take(dialog->worker->pool, dialog_ids_size(dialog));
	if (at == NULL)
		return ERR_NOMEM;
	dialog->ids = at;
	for (int i = 0; i < 3; i++) {
		if (ids[i].len > 0)
			memcpy(at, ids[i].p, ids[i].len);
		at += ids[i].len;
	}
	return 0;
}

/*
 * It came from this node, by an address of ours and with a Via of ours: a call
 * that came through here twice comes back twice, and the first passage judged who
 * sends it. Both tokens are good for the same Call-ID and tags, so who is the
 * callee to one is to the other.
 */
static bool
is_from_us(struct worker *worker, const struct sip_msg *msg,
	   const struct sip_flow *from)
{
	const struct listeners *listeners = &worker->node->listeners;
	bool is_own = false;
	struct sip_via via;

	for (size_t i = 0; i < listeners->n && !is_own; i++) {
		const struct listener *listener = &listeners->at[i];

		/* by a stream the port is a new one */
		is_own = from->transport == SIP_UDP
			     ? addr_eq(&listener->addr, &from->addr)
			     : addr_eq_ip(&listener->addr, &from->addr);
	}
	is_own = is_own || taboo_is_us(listeners, &from->addr);
	return is_own &&
	       sip_via_parse(&worker->arena, sip_value(msg, SIP_HDR_VIA), &via,
			     NULL) == 0 &&
	       listeners_sent(listeners, &via);
}

/* The side that the call went to: by what is known of the call, by the tables,
 * by DNS and by peers, or by the token. call may be NULL. */
static bool
is_callee(const struct dialog *dialog, const struct live_call *call,
	  const struct sip_msg *msg, const struct addr *from)
{
	struct worker *worker = dialog->worker;
	const struct token *token = &dialog->token;

	if ((call != NULL && way_from_callee(&call->way, from)) ||
	    is_from_us(worker, msg, sip_server_from(dialog->server)))
		return true;
	if (worker->snapshot != NULL &&
	    taboo_is_gateway(worker, worker->snapshot, from))
		return true;
	return (token->gateway & TOKEN_MARK) != 0 &&
	       token->gateway == token_mark(worker->keys, token->key_id, from);
}

/* Whether a request with a valid token comes or goes where the call does not. A
 * token without an answer is the callee's, or the caller's before the answer:
 * of a call that is not known here (NULL) it is good for nothing that counts. */
static bool
is_astray(const struct dialog *dialog, const struct live_call *call,
	  const struct sip_msg *msg, const struct addr *from,
	  const struct way_next *next, const struct addr *to)
{
	const struct worker *worker = dialog->worker;

	if (subscription_is(&dialog->token))
		return subscription_strays(worker, &dialog->token,
					   dialog->by_caller, msg, from, to);
	if (dialog->by_caller && call != NULL)
		return !way_to_callee(&call->way, &worker->node->hash_key,
				      &next->uri, to);
	if (dialog->by_caller)
		return dialog->token.answer == 0 && dialog_needs_token(msg);
	if (call == NULL && !dialog_needs_token(msg))
		return false;
	return !is_callee(dialog, call, msg, from);
}

static void
note_astray(struct worker *worker, const struct sip_msg *msg,
	    const struct addr *from, const struct addr *to)
{
	char from_text[ADDR_TEXT_MAX], to_text[ADDR_TEXT_MAX];

	worker->counters.astray++;
	log_warning(worker->log,
		    "call %.*s: %.*s from %s to %s refused, it is not on the "
		    "way of the call",
		    STR_ARG(msg->call_id), STR_ARG(msg->method_text),
		    addr_format(from, from_text), addr_format(to, to_text));
}

/* Of a call that is known here the clock may be set, forth and back: its length
 * stays right. Of others, what is known of that node's clock, or of this one
 * having been set, goes on record, and is not guessed from. */
static void
keep_time(struct dialog *dialog, const struct live_call *call)
{
	struct worker *worker = dialog->worker;

	if (call != NULL)
		dialog->received =
		    live_now(call, &worker->clock, &dialog->step_us);
	else
		dialog->step_us =
		    acct_clock_ahead(worker->node->acct, dialog->token.node,
				     dialog->token.setup);
}

int
dialog_judge(struct dialog *dialog, const struct sip_msg *msg,
	     const struct addr *from, const struct way_next *next,
	     const struct addr *to)
{
	bool is_first = dialog->ids == NULL;
	int err = is_first ? keep_ids(dialog, msg) : 0;
	const struct live_call *call;

	if (err != 0)
		return err;
	call = dialog_call(dialog);
	if (is_astray(dialog, call, msg, from, next, to)) {
		note_astray(dialog->worker, msg, from, to);
		return ERR_AUTH;
	}
	if (is_first)
		keep_time(dialog, call);
	/* A BYE before the answer ends no record: its INVITE still fails. */
	if (dialog->by_caller && dialog->token.answer == 0 && call == NULL)
		dialog->ends_record = false;
	return 0;
}

int
dialog_judge_lost(struct dialog *dialog, const struct sip_msg *msg,
		  const struct way_next *next, int err)
{
	static const struct addr nowhere;
	int judged = 0;

	if (dialog->token.setup != 0)
		judged = dialog_judge(dialog, msg,
				      &sip_server_from(dialog->server)->addr,
				      next, &nowhere);
	return judged != 0 ? judged : err;
}
