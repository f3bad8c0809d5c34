/* dialog_send.c - where and how requests inside dialogs go on */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/claim.h"
#include "lcrproxy/dialog_private.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/place.h"
#include "lcrproxy/strict.h"
#include "lcrproxy/taboo.h"

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

/* The side that the call went to: by what is known of the call, by the tables,
 * by DNS and by peers, or by the token. call may be NULL. */
static bool
is_callee(const struct dialog *dialog, const struct live_call *call,
	  const struct addr *from)
{
	const struct worker *worker = dialog->worker;
	const struct token *token = &dialog->token;

	if (call != NULL && way_from_callee(&call->way, from))
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

	if (dialog->by_caller && call != NULL)
		return !way_to_callee(&call->way, &worker->node->hash_key,
				      &next->uri, to);
	if (dialog->by_caller)
		return dialog->token.answer == 0 && dialog_needs_token(msg);
	if (call == NULL && !dialog_needs_token(msg))
		return false;
	return !is_callee(dialog, call, from);
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

/* What a valid token is good for: ERR_AUTH when the request strays. */
static int
judge(struct dialog *dialog, const struct sip_msg *msg,
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
		dialog->is_bye = false;
	return 0;
}

/* --- sending --- */

static bool
has_more(const struct dialog *dialog)
{
	return dialog->places != NULL &&
	       dialog->place + 1U < dialog->places->n;
}

static void
next_place(struct dialog *dialog)
{
	if (place_next(dialog->places, &dialog->place))
		dialog->was_split = false;
}

static const struct sip_place *
place_of(const struct dialog *dialog)
{
	return dialog->places != NULL ? &dialog->places->at[dialog->place]
				      : &dialog->single;
}

static int
keep_places(struct dialog *dialog, const struct sip_places *places)
{
	dialog->single = places->at[0];
	if (places->n == 1)
		return 0;
	dialog->places = mem_alloc(sizeof(*places));
	if (dialog->places == NULL)
		return ERR_NOMEM;
	*dialog->places = *places;
	place_order(dialog->worker, dialog->places);
	return 0;
}

/* Silence is waited for where there is another place, but where behind TCP's of
 * 18.1.1 there is just the same one again, for when it cannot be reached so. */
static void
start_timer(struct dialog *dialog, const struct sip_msg *msg)
{
	struct worker *worker = dialog->worker;

	if (has_more(dialog) && !(dialog->was_split && dialog->place == 0 &&
				  dialog->places->n == 2))
		timer_start(&worker->timers, &dialog->timer,
			    clock_mono_ms(&worker->clock) +
				worker->tuning.first_response_timeout_ms);
	else if (msg->method == SIP_INVITE)
		dialog_start_timer_c(dialog);
}

static int send_to_place(struct dialog *dialog, const struct sip_msg *msg,
			 const struct way_next *next);

/* 18.1.1: too long for a datagram. */
static int
send_by_tcp(struct dialog *dialog, const struct sip_msg *msg,
	    const struct way_next *next)
{
	int err =
	    place_split(&dialog->places, &dialog->single, &dialog->place);

	dialog->was_split = true;
	return err == 0 ? send_to_place(dialog, msg, next) : err;
}

static int
start(struct dialog *dialog, const struct sip_msg *msg,
      const struct way_next *next, const struct sip_flow *to)
{
	struct worker *worker = dialog->worker;
	struct forward_change change;
	struct sip_made made;
	int err = dialog_change(dialog, msg, &change);

	if (err == 0)
		err = forward_build(worker, msg,
				    sip_server_from(dialog->server), next, to,
				    &change, &made);
	if (err == 0 && dialog->takes_tcp && !dialog->was_split &&
	    place_wants_tcp(worker, to, made.len))
		return send_by_tcp(dialog, msg, next);
	if (err == 0)
		err = sip_client_start_made(worker->txns, to, &made,
					    &dialog_events, dialog,
					    &dialog->client);
	if (err == 0)
		start_timer(dialog, msg);
	return err;
}

/* To the place at hand. */
static int
send_to_place(struct dialog *dialog, const struct sip_msg *msg,
	      const struct way_next *next)
{
	struct worker *worker = dialog->worker;
	const struct sip_flow *from = sip_server_from(dialog->server);
	const struct sip_place *place = place_of(dialog);
	struct live_call *call;
	struct sip_flow to;
	int err = 0;

	if (dialog->token.setup != 0)
		err = judge(dialog, msg, &from->addr, next, &place->addr);
	call = err == 0 ? dialog_call(dialog) : NULL;
	if (call != NULL)
		way_follow(&call->way, dialog->by_caller, from);
	if (err == 0)
		err = forward_flow(worker, call, dialog->by_caller, place,
				   next, from->listener, &to);
	return err == 0 ? start(dialog, msg, next, &to) : err;
}

/* To the first place that can be sent to. */
static int
send_to(struct dialog *dialog, const struct sip_msg *msg,
	const struct way_next *next)
{
	int err = send_to_place(dialog, msg, next);

	while (err == ERR_UNSUPPORTED && has_more(dialog)) {
		next_place(dialog);
		err = send_to_place(dialog, msg, next);
	}
	return err;
}

/* The request as it is to go on, once more: NULL when it was answered. */
static const struct sip_msg *
request_again(struct dialog *dialog, struct way_next *next)
{
	struct worker *worker = dialog->worker;
	const struct sip_msg *msg = NULL;
	struct sip_uri uri;

	if (dialog->server != NULL)
		msg = sip_server_request(dialog->server);
	if (msg == NULL ||
	    sip_uri_parse(&worker->arena, msg->ruri, &uri) != 0)
		return NULL;
	msg = strict_loosen(worker, msg, &uri);
	if (way_next_hop(&worker->arena, &worker->node->listeners, msg, NULL,
			 NULL, next) != 0)
		return NULL;
	return msg;
}

/* DNS does not tell where it goes (err). Whether it strays is asked all the same:
 * a BYE that does not is the end of its record. */
static int
judge_lost(struct dialog *dialog, const struct sip_msg *msg,
	   const struct way_next *next, int err)
{
	static const struct addr nowhere;
	int judged = 0;

	if (dialog->token.setup != 0)
		judged = judge(dialog, msg,
			       &sip_server_from(dialog->server)->addr, next,
			       &nowhere);
	return judged != 0 ? judged : err;
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct dialog *dialog = arg;
	struct worker *worker = dialog->worker;
	const struct sip_msg *msg;
	struct way_next next;

	dialog->look_up = NULL;
	arena_reset(&worker->arena); /* many may come in one turn */
	msg = request_again(dialog, &next);
	if (msg == NULL)
		return; /* it has been answered */
	if (err != 0)
		err = judge_lost(dialog, msg, &next, err);
	else
		err = keep_places(dialog, places);
	if (err == 0)
		err = send_to(dialog, msg, &next);
	if (err != 0)
		dialog_refuse(dialog, err);
}

int
dialog_send(struct dialog *dialog, const struct sip_msg *msg,
	    const struct sip_name_addr *route, const struct sip_uri *uri)
{
	struct worker *worker = dialog->worker;
	struct sip_places places = { .n = 1 };
	struct sip_target target;
	struct way_next next;
	int err = forward_next(worker, msg, route, uri, &next);

	dialog->takes_tcp = err == 0 && forward_takes_tcp(&next);
	if (err == 0)
		err = forward_target(&next, &target);
	if (err == 0 && next.uri.addr.family != 0)
		place_of_address(&target, &next.uri.addr, &places.at[0]);
	else if (err == 0)
		err = place_find(worker, &target, &places, on_located, dialog,
				 &dialog->look_up);
	if (err == ERR_BUSY)
		return 0;
	dialog->look_up = NULL;
	if (err == ERR_NOTFOUND || err == ERR_TIMEOUT)
		return judge_lost(dialog, msg, &next, err);
	if (err == 0)
		err = keep_places(dialog, &places);
	return err == 0 ? send_to(dialog, msg, &next) : err;
}

/* --- sending again --- */

/* The transaction is given up; it ends alone, an INVITE by its CANCEL. */
static void
drop_client(struct dialog *dialog)
{
	if (dialog->client != NULL) {
		sip_client_cancel(dialog->client, str_of(""));
		sip_client_detach(dialog->client);
	}
	dialog->client = NULL;
}

/* The place is. Of a re-INVITE it may still answer (dialog.c). */
static void
leave_place(struct dialog *dialog, const struct sip_msg *msg)
{
	if (dialog->client != NULL && msg->method == SIP_INVITE) {
		sip_client_cancel(dialog->client, str_of(""));
		dialog->client = NULL;
		dialog->n_given_up++;
	} else {
		drop_client(dialog);
	}
}

bool
dialog_try_next_place(struct dialog *dialog)
{
	const struct sip_msg *msg;
	struct way_next next;

	if (!has_more(dialog) || dialog->is_cancelled)
		return false;
	msg = request_again(dialog, &next);
	if (msg == NULL)
		return false;
	if (dialog->client != NULL)
		place_note(dialog->worker, sip_client_to(dialog->client),
			   SHUN_MS);
	leave_place(dialog, msg);
	dialog->is_heard = false;
	next_place(dialog);
	dialog->worker->counters.failovers++;
	if (send_to(dialog, msg, &next) != 0)
		dialog_refuse(dialog, ERR_IO);
	return true;
}

/* To the same place, with the next number. */
static bool
send_again(struct dialog *dialog)
{
	const struct sip_msg *msg;
	struct way_next next;
	struct sip_flow to;

	msg = request_again(dialog, &next);
	if (msg == NULL)
		return false;
	to = *sip_client_to(dialog->client);
	drop_client(dialog);
	dialog->tries++;
	return start(dialog, msg, &next, &to) == 0;
}

bool
dialog_tries_again(struct dialog *dialog, const struct sip_msg *response)
{
	if (dialog->is_cancelled || dialog->server == NULL)
		return false;
	if (response->status == 503)
		return dialog_try_next_place(dialog);
	return dialog_may_repeat(dialog, response) && send_again(dialog);
}
