/* hunt.c - one hop at a time, and what each ending of one leads to */
#include "lcrproxy/hunt.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/answer.h"
#include "lcrproxy/attempt.h"
#include "lcrproxy/caller.h"
#include "lcrproxy/cancel.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/failure.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/patience.h"
#include "lcrproxy/records.h"
#include "lcrproxy/redirect.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/verdict.h"
#include "lcrproxy/way.h"
#include "sip/value.h"

#define ATTEMPTS_MAX 250 /* INVITEs of one call */

static const struct sip_client_events events;
static void try_next(struct call *call);
static void take_places(struct call *call, int err,
			const struct sip_places *places);

static const char *
gateway_name(const struct attempt *attempt)
{
	return hop_text(hop_of(attempt));
}

void
hunt_finish(struct call *call)
{
	call_mark_ended(call);
	timer_cancel(&call->worker->timers, &call->timer);
	limit_leave(&call->use); /* an answered call's is the live call's */
	hop_cancel(call);
}

/* The best of what has failed goes up as it came. A 503 would tell the caller
 * that this proxy is out of service (16.7 step 6), a 401 that it wants his
 * credentials: they become 500. */
static void
exhausted(struct call *call)
{
	struct worker *worker = call->worker;
	bool is_downgrade = !secure_has_hop(call);
	int status = call->best_status;
	char reason[64];

	if (status == 503 || challenge_is(status))
		status = 500;
	else if (status / 100 == 3 || status == 0)
		status = 480;
	/* not one that was passed over: the last that was asked */
	if (call->attempts != NULL)
		call->hop = call->attempts->hop;
	if (is_downgrade)
		snprintf(reason, sizeof(reason), "no gateway takes sips: calls");
	else
		snprintf(reason, sizeof(reason),
			 "all %d gateways failed, the last with %d", call->hop,
			 call->last_status);
	log_info(worker->log, "call %s: %s", call->call_id, reason);
	worker->counters.failed++;
	record_fail(call, CDR_FAILED, CDR_END_PROXY, status, call->last_q850,
		    reason);
	hunt_finish(call);
	if (status != call->best_status || is_downgrade ||
	    !failure_pass_best(call, reason))
		failure_reply(call, status, reason,
			      is_downgrade ? SECURE_NOT_ALLOWED : "");
}

/* The gateway did not take it: on to the next hop, or the end of the plan. */
static void
fail_over(struct attempt *attempt, const char *why)
{
	struct call *call = attempt->call;

	if (hop_has_more(call) || call->hop < call->n_hops) {
		const char *next = hop_has_more(call)
				       ? gateway_name(attempt)
				       : hop_text(&call->hops[call->hop]);

		call->worker->counters.failovers++;
		log_info(call->worker->log,
			 "call %s: gateway %s %s, status=%d next=%s",
			 call->call_id, gateway_name(attempt), why,
			 call->last_status, next);
	}
	try_next(call);
}

/* It is gone already when its answer found no memory, and did not come again. */
static void
cancel_client(const struct attempt *attempt)
{
	if (attempt->client != NULL)
		sip_client_cancel(attempt->client, str_of(""));
}

static void
on_hop_timer(struct timer *timer, void *arg)
{
	struct call *call = arg;
	struct attempt *attempt = call->attempts;

	(void)timer;
	/* Many timers may fire in one turn, each with a message to build. */
	arena_reset(&call->worker->arena);
	if (call->look_up != NULL) {
		hop_cancel(call);
		take_places(call, ERR_TIMEOUT, NULL);
		return;
	}
	if (call->ended || attempt == NULL || attempt->over)
		return;
	failure_note(call, 408, q850_from_sip(408), NULL);
	if (attempt->rang == 0) {
		bool is_silent = !attempt->is_heard;

		attempt_over(attempt, CDR_ATTEMPT_TIMEOUT, NULL,
			     is_silent ? "no response in time"
				       : "no ringing in time");
		cancel_client(attempt);
		fail_over(attempt, is_silent ? "is silent" : "does not ring");
		return;
	}
	/* It rang for too long: timer C of 16.8. The call ends here. */
	attempt_over(attempt, CDR_ATTEMPT_TIMEOUT, NULL, "no answer in time");
	cancel_client(attempt);
	call->worker->counters.failed++;
	record_fail(call, CDR_FAILED, CDR_END_TIMEOUT, 408, call->last_q850,
		    "no answer in time");
	hunt_finish(call);
	proxy_reply(call->worker, call->server, 408, NULL, "");
}

static void
on_provisional(struct attempt *attempt, const struct sip_msg *msg)
{
	struct call *call = attempt->call;
	struct sip_edit edit;

	patience_note_response(attempt);
	if (msg->status == 100 || attempt->over || call->ended)
		return;
	patience_note_progress(attempt, msg->status);
	sip_edit_init(&edit, msg);
	caller_restore(call, &edit);
	answer_edit_route(attempt, NULL, &edit);
	sip_server_relay(call->server, &edit);
}

/* A dialog came to be: on record before anybody is told. */
static void
note_answer(struct attempt *attempt, const struct answer *answer,
	    const struct sip_msg *msg)
{
	struct call *call = attempt->call;
	bool is_first = !attempt->over;
	bool late = attempt->over && attempt->answers->next == NULL;
	enum cdr_outcome outcome =
	    late ? CDR_ATTEMPT_LATE_ANSWER : CDR_ATTEMPT_ANSWERED;

	if (late) {
		call->worker->counters.late_answers++;
		log_warning(call->worker->log,
			    "call %s: gateway %s answered after it was given "
			    "up",
			    call->call_id, gateway_name(attempt));
	}
	if (late || is_first)
		attempt_over(attempt, outcome, msg, NULL);
	record_start(attempt, answer, msg, is_first);
	answer_add_live(attempt, answer, msg);
	call->worker->counters.answered++;
}

/* Attempts that still run lose to the one that decides; why: a Reason header, or
 * nothing. */
static void
cancel_others(struct call *call, const struct attempt *winner, const char *what,
	      const char *why)
{
	for (struct attempt *other = call->attempts; other != NULL;
	     other = other->next) {
		if (other == winner || other->client == NULL ||
		    other->answers != NULL)
			continue;
		if (!other->over)
			attempt_over(other, CDR_ATTEMPT_CANCELLED, NULL, what);
		sip_client_cancel(other->client, str_of(why));
	}
}

static void
on_answer(struct attempt *attempt, const struct sip_msg *msg)
{
	struct call *call = attempt->call;
	struct answer *answer;
	struct sip_edit edit;
	bool is_new;

	patience_note_response(attempt);
	answer = answer_note(attempt, msg, &is_new);
	if (answer == NULL) {
		call->worker->counters.out_of_memory++;
		return; /* the gateway sends its 2xx again */
	}
	if (is_new) {
		note_answer(attempt, answer, msg);
		attempt_renew_nonce(attempt, msg);
	}
	sip_edit_init(&edit, msg);
	caller_restore(call, &edit);
	answer_edit_route(attempt, answer, &edit);
	sip_session_answer(&call->session, &edit, &call->worker->arena);
	if (!call->ended) {
		hunt_finish(call);
		cancel_others(call, attempt, "another gateway answered",
			      "Reason: SIP;cause=200;text=\"Call completed "
			      "elsewhere\"\r\n");
	}
	if (call->server == NULL || sip_server_relay(call->server, &edit) != 0)
		proxy_forward_late(call->worker,
				   call->server != NULL
				       ? sip_server_reply_to(call->server)
				       : &call->reply_to,
				   &edit);
}

/* Who has given up does not log in, either. */
static bool
ends_cancelled(const struct call *call, int status)
{
	return call->cancelled && (status == 487 || challenge_is(status));
}

/* A final failure that ends the call: passed on as the gateway sent it. */
static void
pass_failure(struct attempt *attempt, const struct sip_msg *msg,
	     const char *reason)
{
	struct call *call = attempt->call;
	bool cancelled = ends_cancelled(call, msg->status);

	if (cancelled && msg->status != 487) {
		cancel_answer(call);
		return;
	}
	if (cancelled)
		call->worker->counters.cancelled++;
	else
		call->worker->counters.failed++;
	record_fail(call, cancelled ? CDR_CANCELLED : CDR_FAILED,
		    cancelled ? CDR_END_CALLER : CDR_END_CALLEE, msg->status,
		    record_q850(msg), reason);
	hunt_finish(call);
	/* a 503 would be ours to the caller (16.7 step 6) */
	if (msg->status == 503) {
		failure_reply(call, verdict_status(attempt, msg),
			      "a gateway sent 503", "");
		return;
	}
	failure_pass(call, msg, NULL);
}

/* A 6xx of a gateway that was given up is heard: it speaks for the callee, and
 * what is pending ends with it (16.7 step 5). */
static void
late_reject(struct attempt *attempt, const struct sip_msg *msg)
{
	struct call *call = attempt->call;

	if (call->ended || call->cancelled || msg->status / 100 != 6 ||
	    verdict_of(attempt, msg))
		return;
	call->hop = attempt->hop;
	failure_note(call, msg->status, record_q850(msg), msg);
	cancel_others(call, attempt, "another gateway ended the call", "");
	pass_failure(attempt, msg,
		     arena_strndup(&call->worker->arena, msg->reason.p,
				   msg->reason.len));
}

static bool
leads_on(const struct attempt *attempt, const struct sip_msg *msg)
{
	return verdict_of(attempt, msg) ||
	       (hop_has_more(attempt->call) &&
		verdict_is_of_place(attempt, msg));
}

static void
on_reject(struct attempt *attempt, const struct sip_msg *msg)
{
	struct call *call = attempt->call;
	bool cancelled = ends_cancelled(call, msg->status);

	if (attempt_challenged(attempt, msg, &events) ||
	    attempt_lengthened(attempt, msg, &events)) {
		patience_start(
		    call, call->worker->tuning.first_response_timeout_ms);
		return;
	}
	patience_note_response(attempt);
	verdict_note_pause(attempt, msg);
	if (attempt->over) {
		late_reject(attempt, msg);
		return;
	}
	attempt_over(attempt,
		     cancelled ? CDR_ATTEMPT_CANCELLED
		     : msg->status < 400 ? CDR_ATTEMPT_REDIRECTED
					 : CDR_ATTEMPT_REJECTED,
		     msg, NULL);
	if (call->ended)
		return;
	failure_note(call, msg->status, record_q850(msg), msg);
	/* other servers are for 503 and silence only (RFC 3263 4.3) */
	if (msg->status != 503)
		hop_drop_places(call);
	if (!call->cancelled && redirect_is_ours(attempt, msg)) {
		redirect_follow(attempt, msg);
		fail_over(attempt, "redirects");
	} else if (!call->cancelled && leads_on(attempt, msg)) {
		failure_keep_challenge(call, msg);
		fail_over(attempt, "refused");
	} else if (!call->cancelled && failure_had_better(call, msg->status)) {
		exhausted(call);
	} else {
		pass_failure(attempt, msg,
			     arena_strndup(&call->worker->arena, msg->reason.p,
					   msg->reason.len));
	}
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct attempt *attempt = arg;

	(void)client;
	if (msg->status < 200)
		on_provisional(attempt, msg);
	else if (msg->status < 300)
		on_answer(attempt, msg);
	else
		on_reject(attempt, msg);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct attempt *attempt = arg;
	struct call *call = attempt->call;
	bool unreachable = err == ERR_IO;

	(void)client;
	if (attempt->over)
		return; /* given up before: the next one has its turn, or waits
			 * for DNS */
	arena_reset(&call->worker->arena); /* as on_hop_timer */
	attempt_over(attempt,
		     call->cancelled ? CDR_ATTEMPT_CANCELLED
		     : unreachable   ? CDR_ATTEMPT_UNREACHABLE
				     : CDR_ATTEMPT_TIMEOUT,
		     NULL,
		     unreachable ? "not delivered" : "no final response");
	if (call->ended)
		return;
	if (call->cancelled) {
		cancel_answer(call);
		return;
	}
	failure_note(call, unreachable ? 503 : 408,
		     q850_from_sip(unreachable ? 503 : 408), NULL);
	fail_over(attempt, unreachable ? "is unreachable" : "is silent");
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct attempt *attempt = arg;

	(void)client;
	attempt->client = NULL;
	call_release(attempt->call);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
	.passes_on = true,
};

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct call *call = arg;

	arena_reset(&call->worker->arena); /* as on_hop_timer */
	take_places(call, err, places);
}

/* Send to the place at hand, or note why not: 0, ERR_BUSY (it is not known
 * yet), or the error. */
static int
try_place(struct call *call, int err)
{
	if (err == 0)
		err = attempt_start(call, &events);
	else if (err != ERR_BUSY)
		attempt_fail(call, err);
	if (err == 0 || err == ERR_BUSY) {
		patience_start(
		    call, call->worker->tuning.first_response_timeout_ms);
		return 0;
	}
	failure_note_unreachable(call, err);
	return err;
}

static void
try_next(struct call *call)
{
	int err = 0;

	/* the first hop is always tried */
	while ((hop_has_more(call) || call->hop < call->n_hops) &&
	       (call->hop == 0 || patience_left_ms(call) > 0)) {
		if (call->n_attempts >= ATTEMPTS_MAX)
			break;
		err = 0;
		if (hop_has_more(call)) {
			hop_next_place(call);
		} else if (!secure_may_go(call, &call->hops[call->hop])) {
			call->worker->counters.skipped_hops++;
			call->hop++;
			continue;
		} else if (call->hop > 0 && /* else a moment ago */
			   call->emergency[0] == '\0' &&
			   !hop_next_is_good(call)) {
			call->hop++;
			continue;
		} else {
			err = hop_locate_next(call, on_located);
		}
		if (try_place(call, err) == 0)
			return;
	}
	exhausted(call);
}

/* DNS has told. */
static void
take_places(struct call *call, int err, const struct sip_places *places)
{
	call->look_up = NULL;
	if (call->ended)
		return;
	if (err == 0)
		err = hop_keep_places(call, places);
	if (try_place(call, err) != 0)
		try_next(call);
}

void
hunt_start(struct call *call)
{
	timer_init(&call->timer, on_hop_timer, call);
	call->hunt_until_ms = clock_mono_ms(&call->worker->clock) +
			      call->worker->tuning.hunt_timeout_ms;
	try_next(call);
}
