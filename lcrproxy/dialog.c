/* dialog.c - forwarding inside dialogs, and the STOP of an answered BYE */
#include "lcrproxy/dialog.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/ack_login.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/cancel.h"
#include "lcrproxy/claim.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/dialog_private.h"
#include "lcrproxy/forger.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/heal.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/records.h"
#include "lcrproxy/subscription.h"
#include "lcrproxy/way.h"
#include "sip/session.h"

struct str
dialog_id(const struct dialog *dialog, int which)
{
	size_t at = 0;

	if (dialog->ids == NULL) /* not by our token: nobody's call */
		return str_make(NULL, 0);
	for (int i = 0; i < which; i++)
		at += dialog->ids_len[i];
	return str_make(dialog->ids + at, dialog->ids_len[which]);
}

size_t
dialog_ids_size(const struct dialog *dialog)
{
	return (size_t)dialog->ids_len[0] + dialog->ids_len[1] +
	       dialog->ids_len[2] + 1;
}

static struct live_id
live_id_of(const struct dialog *dialog)
{
	return (struct live_id){ .call_id = dialog_id(dialog, 0),
				 .from_tag = dialog_id(dialog, 1),
				 .to_tag = dialog_id(dialog, 2),
				 .setup = dialog->token.setup };
}

struct live_call *
dialog_call(const struct dialog *dialog)
{
	const struct live_id id = live_id_of(dialog);

	if (dialog->ids == NULL)
		return NULL;
	return live_find(&dialog->worker->live, &id);
}

/* Whether its token is valid, and one of a call: what is sent in subscriptions
 * (subscription.h) is on no record. */
static bool
is_of_call(const struct dialog *dialog)
{
	return dialog->token.setup != 0 && !subscription_is(&dialog->token);
}

static void
stop(struct dialog *dialog, int status)
{
	const struct live_id id = live_id_of(dialog);
	struct stop_fact fact = {
		.token = &dialog->token,
		.call_id = id.call_id,
		.caller_tag = id.from_tag,
		.callee_tag = id.to_tag,
		.end = dialog->received,
		.by = dialog->by_caller ? CDR_END_CALLER : CDR_END_CALLEE,
		.bye_status = status,
		.clock_us = dialog->step_us,
	};

	record_stop(dialog->worker, &fact);
	if (live_remove(&dialog->worker->live, &id, fact.end) != 0)
		heal_stop(dialog->worker, &id, fact.end);
}

void
dialog_refuse(struct dialog *dialog, int err)
{
	if (dialog->ends_record && dialog->ids != NULL && err != ERR_AUTH)
		stop(dialog, 0);
	forward_refuse(dialog->worker, dialog->server, err);
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
follow_target(const struct dialog *dialog, const struct sip_client *client,
	      const struct sip_msg *answer)
{
	struct worker *worker = dialog->worker;
	struct live_call *call = dialog_call(dialog);
	const struct sip_msg *msg = answer;
	const struct sip_flow *from = NULL;

	if (call == NULL)
		return;
	if (dialog->by_caller) {
		from = sip_client_to(client);
	} else if (dialog->server != NULL) {
		msg = sip_server_request(dialog->server);
		from = sip_server_from(dialog->server);
	}
	if (msg == NULL || from == NULL)
		return;
	if (dialog->by_caller && answer->cseq_id == SIP_INVITE) {
		const struct live_id id = live_id_of(dialog);

		ack_login_give(&worker->live, &id, dialog->login, dialog->cseq);
	}
	way_refresh(&worker->arena, &worker->node->hash_key, msg, &call->way);
	if (nat_hides(&call->way.callee, &from->addr))
		call->way.callee = from->addr;
}

/*
 * An UPDATE may come before the answer (RFC 3311 5.1), and the callee's token does
 * not know whether there was one. What refreshes the session of a call that nobody
 * here knows is of an answered one when it comes as late as refreshes do: half
 * an interval after the answer (RFC 4028 10).
 */
static bool
is_answered(const struct dialog *dialog, const struct sip_msg *answer,
	    time_us now)
{
	if (dialog->token.answer != 0 || answer->cseq_id == SIP_INVITE ||
	    dialog_call(dialog) != NULL)
		return true;
	return sip_value(answer, SIP_HDR_SESSION_EXPIRES).len > 0 &&
	       now - dialog->token.setup >= SIP_SESSION_MIN_S / 2 * US_PER_S;
}

/* The same 2xx shows that both sides are there. A call that is swept ends at its
 * last sign of life: that is read on the clock of its answer. */
static void
note_life(const struct dialog *dialog, const struct sip_msg *answer)
{
	const struct life_fact fact = {
		.token = &dialog->token,
		.call_id = dialog_id(dialog, 0),
		.caller_tag = dialog_id(dialog, 1),
		.callee_tag = dialog_id(dialog, 2),
		.seen = clock_wall(&dialog->worker->clock) - dialog->step_us,
		.msg = answer,
	};

	if (is_of_call(dialog) && is_answered(dialog, answer, fact.seen))
		record_life(dialog->worker, &fact);
}

void
dialog_start_timer_c(struct dialog *dialog)
{
	struct worker *worker = dialog->worker;

	timer_start(&worker->timers, &dialog->timer,
		    clock_mono_ms(&worker->clock) +
			worker->tuning.timer_c_ms);
}

/* 8.2.6.2: the side that asked gets its own CSeq and From back. */
static void
restore(const struct dialog *dialog, struct sip_edit *edit)
{
	cseq_edit(edit, &dialog->worker->arena, dialog->cseq);
	if (dialog->server != NULL)
		from_restore(edit, sip_server_request_value(dialog->server,
							    SIP_HDR_FROM));
}

static void drop(struct dialog *dialog);

/* All that this request can still bring is repetitions, which its transactions
 * know by themselves. */
static void
let_go(struct dialog *dialog)
{
	if (dialog->client != NULL)
		sip_client_detach(dialog->client);
	sip_server_set_user(dialog->server, NULL);
	drop(dialog);
}

/* To the side that asked. */
static void
pass_on(struct dialog *dialog, const struct sip_msg *msg)
{
	struct worker *worker = dialog->worker;
	struct sip_edit edit;

	if (msg->status == 503 && dialog->server != NULL) {
		/* it would be ours (16.7 step 6) */
		proxy_reply(worker, dialog->server, 500,
			    "Next Hop Unavailable", "");
		return;
	}
	if (dialog->is_cancelled && dialog->server != NULL &&
	    dialog_asks_us(dialog, msg)) {
		/* who has given up does not log in, nor does he hear of it */
		proxy_reply(worker, dialog->server, 487, NULL, "");
		return;
	}
	sip_edit_init(&edit, msg);
	restore(dialog, &edit);
	if (msg->status / 100 == 2)
		sip_session_answer(&dialog->session, &edit, &worker->arena);
	if (dialog->server != NULL &&
	    sip_server_relay(dialog->server, &edit) == 0)
		return;
	if (msg->cseq_id == SIP_INVITE && msg->status / 100 == 2)
		proxy_forward_late(worker,
				   dialog->server != NULL
				       ? sip_server_reply_to(dialog->server)
				       : &dialog->reply_to,
				   &edit);
	else if (msg->status >= 200 && dialog->server != NULL &&
		 !sip_server_has_final(dialog->server))
		proxy_reply(worker, dialog->server,
			    msg->status < 300 ? 500 : msg->status, NULL, "");
}

/* From a place that a re-INVITE was given up at: a 2xx goes on all the same (16.7
 * step 5), and ends the search when it is the first (step 10). */
static void
late_answer(struct dialog *dialog, const struct sip_client *client,
	    const struct sip_msg *msg)
{
	if (msg->cseq_id != SIP_INVITE || msg->status / 100 != 2)
		return;
	if (dialog->server != NULL && !sip_server_has_final(dialog->server)) {
		timer_cancel(&dialog->worker->timers, &dialog->timer);
		follow_target(dialog, client, msg);
		note_life(dialog, msg);
		if (dialog->client != NULL)
			sip_client_cancel(dialog->client, str_of(""));
	}
	pass_on(dialog, msg);
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct dialog *dialog = arg;

	if (client != dialog->client) {
		late_answer(dialog, client, msg);
		return;
	}
	if (dialog_tries_again(dialog, msg))
		return;
	if (msg->status >= 200 || msg->cseq_id != SIP_INVITE)
		timer_cancel(&dialog->worker->timers, &dialog->timer);
	else if (msg->status > 100 || !dialog->is_heard)
		dialog_start_timer_c(dialog);
	dialog->is_heard = true;
	if (dialog->ends_record && ends_dialog(msg->status))
		stop(dialog, msg->status);
	if (msg->status / 100 == 2 && dialog->server != NULL &&
	    !sip_server_has_final(dialog->server))
		dialog_renew_nonce(dialog, msg);
	if (dialog->moves_target && msg->status / 100 == 2) {
		follow_target(dialog, client, msg);
		note_life(dialog, msg);
	}
	if (msg->status == 100)
		return;
	pass_on(dialog, msg);
	if (msg->status >= 200 && msg->cseq_id != SIP_INVITE &&
	    dialog->server != NULL && sip_server_has_final(dialog->server))
		let_go(dialog);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct dialog *dialog = arg;

	if (client != dialog->client)
		return;
	arena_reset(&dialog->worker->arena); /* many may end in one turn */
	timer_cancel(&dialog->worker->timers, &dialog->timer);
	if ((err == ERR_IO || !dialog->is_heard) &&
	    dialog_try_next_place(dialog))
		return;
	/* Who said BYE is gone, whether the other side hears it or not. */
	if (dialog->ends_record)
		stop(dialog, 0);
	if (dialog->server == NULL || sip_server_has_final(dialog->server))
		return;
	/* A CANCEL without effect (9.1): a 408 would end the dialog. */
	if (dialog->is_cancelled) {
		proxy_reply(dialog->worker, dialog->server, 487, NULL, "");
		return;
	}
	/* RFC 4320 4.2 forbids a late 408; an undeliverable request is not
	 * late. */
	proxy_reply(dialog->worker, dialog->server, err == ERR_IO ? 500 : 408,
		    err == ERR_IO ? "Next Hop Unreachable" : NULL, "");
}

/* 16.8: the CANCEL brings a final response, or gives the transaction an end.
 * Before the first response: the place is silent. */
static void
on_timer(struct timer *timer, void *arg)
{
	struct dialog *dialog = arg;

	(void)timer;
	arena_reset(&dialog->worker->arena);
	if (!dialog->is_heard && dialog_try_next_place(dialog))
		return;
	if (dialog->client != NULL)
		sip_client_cancel(dialog->client, str_of(""));
}

static struct dialog *
make(struct worker *worker)
{
	struct dialog *dialog =
		pool_take_zeroed(worker->pool, sizeof(*dialog));

	if (dialog == NULL)
		return NULL;
	dialog->proxied.kind = PROXIED_DIALOG;
	dialog->worker = worker;
	timer_init(&dialog->timer, on_timer, dialog);
	dialog->next = worker->dialogs;
	dialog->link = &worker->dialogs;
	if (dialog->next != NULL)
		dialog->next->link = &dialog->next;
	worker->dialogs = dialog;
	return dialog;
}

static void
drop_login(struct dialog *dialog)
{
	const struct live_id id = live_id_of(dialog);

	if (dialog->login == NULL)
		return;
	ack_login_take(&dialog->worker->live, &id, dialog->login);
	mem_free(dialog->login);
}

static void
drop(struct dialog *dialog)
{
	timer_cancel(&dialog->worker->timers, &dialog->timer);
	sip_look_up_cancel(dialog->look_up);
	*dialog->link = dialog->next;
	if (dialog->next != NULL)
		dialog->next->link = dialog->link;
	mem_free(dialog->places);
	drop_login(dialog);
	pool_give(dialog->worker->pool, dialog->ids, dialog_ids_size(dialog));
	pool_give(dialog->worker->pool, dialog, sizeof(*dialog));
}

static void
release(struct dialog *dialog)
{
	if (dialog->server == NULL && dialog->client == NULL &&
	    dialog->n_given_up == 0)
		drop(dialog);
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct dialog *dialog = arg;

	if (client == dialog->client)
		dialog->client = NULL;
	else
		dialog->n_given_up--;
	release(dialog);
}

const struct sip_client_events dialog_events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
	.passes_on = true,
};

/* Its token is none, or not any more. A subscription that has outlived it is to
 * be begun anew, which 481 says (RFC 6665 4.1.2.2). */
static void
refuse_claim(struct worker *worker, struct sip_server *server, bool is_over)
{
	proxy_reply(worker, server, is_over ? 481 : 403,
		    is_over ? "Subscription Too Old"
			    : "Not A Call Of This Proxy",
		    "");
}

void
dialog_begin(struct worker *worker, struct sip_server *server,
	     const struct sip_msg *msg, const struct sip_name_addr *route,
	     const struct sip_uri *uri)
{
	struct dialog *dialog = make(worker);
	bool is_over;
	int err;

	worker->counters.dialog_requests++;
	if (dialog == NULL) {
		proxy_reply(worker, server, 500, NULL, "");
		return;
	}
	dialog->received = clock_wall(&worker->clock);
	dialog->cseq = msg->cseq;
	dialog->moves_target =
	    msg->method == SIP_INVITE || msg->method == SIP_UPDATE;
	err = claim_read(worker, msg, sip_uri_param(&route->uri, TOKEN_PARAM),
			 &dialog->by_caller, &dialog->token);
	claim_count(worker, msg, err);
	is_over = err == ERR_EXPIRED && subscription_is(&dialog->token);
	if (err != 0) {
		dialog->token.setup = 0;
		forger_note(worker, sip_server_from(server));
	}
	if (err != 0 && dialog_needs_token(msg)) {
		drop(dialog);
		refuse_claim(worker, server, is_over);
		return;
	}
	dialog->ends_record = msg->method == SIP_BYE && is_of_call(dialog);
	dialog->server = server;
	sip_server_set_user(server, dialog);
	err = dialog_send(dialog, msg, route, uri);
	if (err != 0)
		dialog_refuse(dialog, err);
}

void
dialog_cancel(struct dialog *dialog, const struct sip_msg *cancel)
{
	dialog->is_cancelled = true;
	if (dialog->client != NULL) {
		sip_client_cancel(dialog->client,
				  cancel_reasons(dialog->worker, cancel));
	} else if (dialog->look_up != NULL) {
		sip_look_up_cancel(dialog->look_up);
		dialog->look_up = NULL;
		proxy_reply(dialog->worker, dialog->server, 487, NULL, "");
	}
}

void
dialog_server_gone(struct dialog *dialog)
{
	dialog->reply_to = *sip_server_reply_to(dialog->server);
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
