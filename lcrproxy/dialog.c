/* dialog.c - forwarding inside dialogs, and the STOP of an answered BYE */
#include "lcrproxy/dialog.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/claim.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/place.h"
#include "lcrproxy/records.h"
#include "lcrproxy/way.h"

/* What may open new legs or move the call needs a valid token; what ends or
 * reports passes by the rules of RFC 3261. */
static bool
needs_token(const struct sip_msg *msg)
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

static struct str
id_of(const struct dialog *dialog, int which)
{
	size_t at = 0;

	for (int i = 0; i < which; i++)
		at += dialog->ids_len[i];
	return str_make(dialog->ids + at, dialog->ids_len[which]);
}

/* The call this belongs to, if it is known here: a token is all that a dialog
 * needs. */
static struct live_call *
find_live(const struct dialog *dialog)
{
	if (dialog->ids == NULL)
		return NULL;
	return live_find(&dialog->worker->live, id_of(dialog, 0),
			 id_of(dialog, 1), id_of(dialog, 2));
}

static void
stop(struct dialog *dialog, int status)
{
	struct stop_fact fact = {
		.token = &dialog->token,
		.call_id = id_of(dialog, 0),
		.caller_tag = id_of(dialog, 1),
		.callee_tag = id_of(dialog, 2),
		.end = dialog->received,
		.by = dialog->by_caller ? CDR_END_CALLER : CDR_END_CALLEE,
		.bye_status = status,
		.clock_us = dialog->step_us,
	};

	record_stop(dialog->worker, &fact);
	live_remove(&dialog->worker->live, fact.call_id, fact.caller_tag,
		    fact.callee_tag, fact.end);
}

/* Whether this answer to a BYE means that the dialog is over for the side
 * that got it: 2xx, 481, 408 (RFC 3261 15.1.1). */
static bool
ends_dialog(int status)
{
	return status / 100 == 2 || status == 481 || status == 408;
}

/* The 2xx to an INVITE or UPDATE: the callee's message of the two may say where
 * it wants to be reached from now on. */
static void
follow_target(const struct dialog *dialog, const struct sip_msg *answer)
{
	struct worker *worker = dialog->worker;
	struct live_call *call = find_live(dialog);
	const struct sip_msg *msg = answer;
	const struct sip_flow *from = NULL;

	if (call == NULL)
		return;
	if (dialog->by_caller) {
		from = sip_client_to(dialog->client);
	} else if (dialog->server != NULL) {
		msg = sip_server_request(dialog->server);
		from = sip_server_from(dialog->server);
	}
	if (msg == NULL || from == NULL)
		return;
	way_refresh(&worker->arena, &worker->node->hash_key, msg, &call->way);
	if (nat_hides(&call->way.callee, &from->addr))
		call->way.callee = from->addr;
}

/* The same 2xx shows that both sides are there. */
static void
note_life(const struct dialog *dialog, const struct sip_msg *answer)
{
	const struct life_fact fact = {
		.token = &dialog->token,
		.call_id = id_of(dialog, 0),
		.caller_tag = id_of(dialog, 1),
		.callee_tag = id_of(dialog, 2),
		.seen = clock_wall(&dialog->worker->clock),
		.msg = answer,
	};

	/* An UPDATE may come before the answer (RFC 3311 5.1). */
	if (dialog->token.setup != 0 &&
	    (dialog->token.answer != 0 || answer->cseq_id == SIP_INVITE ||
	     find_live(dialog) != NULL))
		record_life(dialog->worker, &fact);
}

static void
start_timer_c(struct dialog *dialog)
{
	struct worker *worker = dialog->worker;

	timer_start(&worker->timers, &dialog->timer,
		    clock_mono_ms(&worker->clock) +
			worker->tuning.ringing_timeout_ms);
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct dialog *dialog = arg;
	struct sip_edit edit;

	(void)client;
	if (msg->status >= 200)
		timer_cancel(&dialog->worker->timers, &dialog->timer);
	else if (msg->status > 100 && msg->cseq_id == SIP_INVITE)
		start_timer_c(dialog);
	if (dialog->is_bye && dialog->token.setup != 0 &&
	    ends_dialog(msg->status))
		stop(dialog, msg->status);
	if (dialog->moves_target && msg->status / 100 == 2) {
		follow_target(dialog, msg);
		note_life(dialog, msg);
	}
	if (msg->status == 100)
		return;
	sip_edit_init(&edit, msg);
	if (msg->status / 100 == 2)
		sip_session_answer(&dialog->session, &edit,
				   &dialog->worker->arena);
	if (dialog->server == NULL ||
	    sip_server_relay(dialog->server, &edit) != 0) {
		if (msg->cseq_id == SIP_INVITE && msg->status / 100 == 2)
			proxy_forward_stateless(dialog->worker, &edit);
	}
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct dialog *dialog = arg;

	(void)client;
	arena_reset(&dialog->worker->arena); /* many may end in one turn */
	timer_cancel(&dialog->worker->timers, &dialog->timer);
	/* Who said BYE is gone, whether the other side hears it or not. */
	if (dialog->is_bye && dialog->token.setup != 0)
		stop(dialog, 0);
	if (dialog->server == NULL || sip_server_has_final(dialog->server))
		return;
	/* RFC 4320 4.2 forbids a late 408; an undeliverable request is not
	 * late. */
	proxy_reply(dialog->worker, dialog->server, err == ERR_IO ? 500 : 408,
		    err == ERR_IO ? "Next Hop Unreachable" : NULL, "");
}

/* 16.8: the CANCEL brings a final response, or gives the transaction an end. */
static void
on_timer_c(struct timer *timer, void *arg)
{
	struct dialog *dialog = arg;

	(void)timer;
	if (dialog->client != NULL)
		sip_client_cancel(dialog->client, str_of(""));
}

static struct dialog *
make(struct worker *worker)
{
	struct dialog *dialog = mem_zalloc(1, sizeof(*dialog));

	if (dialog == NULL)
		return NULL;
	dialog->proxied.kind = PROXIED_DIALOG;
	dialog->worker = worker;
	timer_init(&dialog->timer, on_timer_c, dialog);
	dialog->next = worker->dialogs;
	dialog->link = &worker->dialogs;
	if (dialog->next != NULL)
		dialog->next->link = &dialog->next;
	worker->dialogs = dialog;
	return dialog;
}

static void
drop(struct dialog *dialog)
{
	timer_cancel(&dialog->worker->timers, &dialog->timer);
	sip_look_up_cancel(dialog->look_up);
	*dialog->link = dialog->next;
	if (dialog->next != NULL)
		dialog->next->link = dialog->link;
	mem_free(dialog->ids);
	mem_free(dialog);
}

static void
release(struct dialog *dialog)
{
	if (dialog->server == NULL && dialog->client == NULL)
		drop(dialog);
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct dialog *dialog = arg;

	(void)client;
	dialog->client = NULL;
	release(dialog);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

static int
keep_ids(struct dialog *dialog, const struct sip_msg *msg)
{
	struct str from = sip_tag(sip_value(msg, SIP_HDR_FROM));
	struct str to = sip_tag(sip_value(msg, SIP_HDR_TO));
	const struct str ids[3] = { msg->call_id,
				    dialog->by_caller ? from : to,
				    dialog->by_caller ? to : from };
	char *at = mem_alloc(ids[0].len + ids[1].len + ids[2].len + 1);

	if (at == NULL)
		return ERR_NOMEM;
	dialog->ids = at;
	for (int i = 0; i < 3; i++) {
		dialog->ids_len[i] = (uint16_t)ids[i].len;
		if (ids[i].len > 0)
			memcpy(at, ids[i].p, ids[i].len);
		at += ids[i].len;
	}
	return 0;
}

/* Whether a request with a valid token comes or goes where the call does not. A
 * token without an answer is the callee's, or the caller's before the answer:
 * of a call that is not known here it is good for nothing that counts. */
static bool
is_astray(const struct dialog *dialog, const struct sip_msg *msg,
	  const struct addr *from, const struct way_next *next,
	  const struct addr *to)
{
	const struct live_call *call = find_live(dialog);
	const struct worker *worker = dialog->worker;
	const struct snapshot *snapshot = worker->snapshot;

	if (dialog->by_caller && call != NULL)
		return !way_to_callee(&call->way, &worker->node->hash_key,
				      &next->uri, to);
	if (dialog->by_caller)
		return dialog->token.answer == 0 && needs_token(msg);
	if (call == NULL && !needs_token(msg))
		return false;
	return snapshot == NULL ||
	       !way_from_callee(call != NULL ? &call->way : NULL, snapshot,
				from);
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
 * stays right. Of another node's, what is known of that one's clock goes on
 * record, and is not guessed from. */
static void
keep_time(struct dialog *dialog)
{
	struct worker *worker = dialog->worker;
	const struct live_call *call = find_live(dialog);

	if (call != NULL)
		dialog->received =
		    live_now(call, &worker->clock, &dialog->step_us);
	else if (dialog->token.node != worker->node->id)
		dialog->step_us =
		    acct_clock_skew(worker->node->acct, dialog->token.node);
}

/* What a valid token is good for: ERR_AUTH when the request strays. */
static int
judge(struct dialog *dialog, const struct sip_msg *msg,
      const struct addr *from, const struct way_next *next,
      const struct addr *to)
{
	int err = keep_ids(dialog, msg);

	if (err != 0)
		return err;
	if (is_astray(dialog, msg, from, next, to)) {
		note_astray(dialog->worker, msg, from, to);
		return ERR_AUTH;
	}
	keep_time(dialog);
	/* A BYE before the answer ends no record: its INVITE still fails. */
	if (dialog->by_caller && dialog->token.answer == 0 &&
	    find_live(dialog) == NULL)
		dialog->is_bye = false;
	return 0;
}

/* The place is known. */
static int
send_to(struct dialog *dialog, const struct sip_msg *msg,
	const struct way_next *next, const struct sip_place *place)
{
	struct worker *worker = dialog->worker;
	const struct sip_flow *from = sip_server_from(dialog->server);
	struct sip_flow to;
	size_t len;
	int err = 0;

	if (dialog->token.setup != 0)
		err = judge(dialog, msg, &from->addr, next, &place->addr);
	if (err == 0)
		err = forward_flow(worker,
				   place->transport != SIP_UDP
				       ? find_live(dialog)
				       : NULL,
				   dialog->by_caller, place, next,
				   from->listener, &to);
	if (err == 0)
		err = forward_build(worker, msg, from, next, &to,
				    dialog->moves_target ? &dialog->session
							 : NULL,
				    &len);
	if (err == 0)
		err = sip_client_start(worker->txns, &to, worker->scratch, len,
				       &events, dialog, &dialog->client);
	if (err == 0 && msg->method == SIP_INVITE)
		start_timer_c(dialog);
	return err;
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct dialog *dialog = arg;
	struct worker *worker = dialog->worker;
	const struct sip_msg *msg = NULL;
	struct way_next next;

	dialog->look_up = NULL;
	arena_reset(&worker->arena); /* as on_failure */
	if (dialog->server != NULL)
		msg = sip_server_request(dialog->server);
	if (msg == NULL)
		return; /* it has been answered */
	if (err == 0)
		err = way_next_hop(&worker->arena, &worker->node->listeners,
				   msg, NULL, NULL, &next);
	if (err == 0)
		err = send_to(dialog, msg, &next, &places->at[0]);
	if (err != 0)
		forward_refuse(worker, dialog->server, err);
}

static int
send_on(struct dialog *dialog, const struct sip_msg *msg,
	const struct sip_name_addr *route, const struct sip_uri *uri)
{
	struct worker *worker = dialog->worker;
	struct sip_places places;
	struct sip_target target;
	struct way_next next;
	int err = forward_next(worker, msg, route, uri, &next);

	if (err == 0)
		err = place_of_uri(&next.uri, &target);
	if (err == 0 && next.uri.addr.family != 0)
		place_of_address(&target, &next.uri.addr, &places.at[0]);
	else if (err == 0)
		err = place_find(worker, &target, &places, on_located, dialog,
				 &dialog->look_up);
	if (err == ERR_BUSY)
		return 0;
	dialog->look_up = NULL;
	return err == 0 ? send_to(dialog, msg, &next, &places.at[0]) : err;
}

void
dialog_begin(struct worker *worker, struct sip_server *server,
	     const struct sip_msg *msg, const struct sip_name_addr *route,
	     const struct sip_uri *uri)
{
	struct dialog *dialog = make(worker);
	int err;

	worker->counters.dialog_requests++;
	if (dialog == NULL) {
		proxy_reply(worker, server, 500, NULL, "");
		return;
	}
	dialog->received = clock_wall(&worker->clock);
	dialog->is_bye = msg->method == SIP_BYE;
	dialog->moves_target =
	    msg->method == SIP_INVITE || msg->method == SIP_UPDATE;
	err = claim_read(worker, msg, sip_uri_param(&route->uri, TOKEN_PARAM),
			 &dialog->by_caller, &dialog->token);
	claim_count(worker, msg, err);
	if (err != 0)
		dialog->token.setup = 0;
	if (err != 0 && needs_token(msg)) {
		drop(dialog);
		proxy_reply(worker, server, 403, "Not A Call Of This Proxy",
			    "");
		return;
	}
	dialog->server = server;
	sip_server_set_user(server, dialog);
	err = send_on(dialog, msg, route, uri);
	if (err != 0)
		forward_refuse(worker, server, err);
}

void
dialog_cancel(struct dialog *dialog, const struct sip_msg *cancel)
{
	(void)cancel;
	if (dialog->client != NULL) {
		sip_client_cancel(dialog->client, str_of(""));
	} else if (dialog->look_up != NULL) {
		sip_look_up_cancel(dialog->look_up);
		dialog->look_up = NULL;
		proxy_reply(dialog->worker, dialog->server, 487, NULL, "");
	}
}

void
dialog_server_gone(struct dialog *dialog)
{
	dialog->server = NULL;
	sip_look_up_cancel(dialog->look_up);
	dialog->look_up = NULL;
	release(dialog);
}

void
dialogs_free(struct worker *worker)
{
	while (worker->dialogs != NULL)
		drop(worker->dialogs);
}
