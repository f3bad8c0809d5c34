/* dialog_send.c - where and how requests inside dialogs go on */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/dialog_private.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/place.h"
#include "lcrproxy/strict.h"

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
	int err = dialog_change(dialog, msg, next, to, &change);

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
	struct forward_side side = { .by_caller = dialog->by_caller };
	struct live_call *call;
	struct sip_flow to;
	int err = 0;

	if (dialog->token.setup != 0) {
		err = dialog_judge(dialog, msg, &from->addr, next, &place->addr);
		side.token = &dialog->token;
	}
	side.call = call = err == 0 ? dialog_call(dialog) : NULL;
	if (call != NULL && dialog->by_caller)
		way_follow(&call->way, from);
	if (err == 0)
		err = forward_flow(worker, &side, place, next, from->listener,
				   &to);
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
		err = dialog_judge_lost(dialog, msg, &next, err);
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
		return dialog_judge_lost(dialog, msg, &next, err);
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
	dialog_note_again(dialog, msg);
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
