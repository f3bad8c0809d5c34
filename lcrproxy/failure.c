/* failure.c - the failures of a call's attempts, and what is told of them */
#include "lcrproxy/failure.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "lcrproxy/caller.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/reason.h"
#include "lcrproxy/records.h"
#include "lcrproxy/refusal.h"

#define REASONS_MAX 1024    /* bytes of Reason headers that are kept */
#define CHALLENGES_MAX 4096 /* likewise, of all gateways that were passed over */

/* Reason headers to pass on when all has failed; without memory they are not. */
static void
keep_reasons(struct call *call, const struct sip_msg *msg)
{
	const char *lines;

	mem_free(call->reasons);
	call->reasons = NULL;
	call->has_sip_reason = call->has_q850_reason = false;
	if (msg == NULL)
		return;
	lines = reason_lines(msg, REASONS_MAX, &call->worker->arena);
	call->has_sip_reason = reason_cause(msg, "SIP") != 0;
	call->has_q850_reason = reason_cause(msg, "Q.850") != 0;
	if (lines != NULL && lines[0] != '\0')
		call->reasons = str_dup(str_of(lines));
}

/* The lower the better. Within 4xx those first that tell the caller how to ask
 * again; a redirection that was followed or left alone is no answer. */
enum rank { RANK_GLOBAL, RANK_TELLING, RANK_4XX, RANK_5XX,
	    RANK_OURS, /* 500 is what the caller gets for it */
	    RANK_3XX };

static enum rank
rank_of(int status)
{
	switch (status) {
	case 415:
	case 420:
	case 484:
		return RANK_TELLING;
	case 401:
	case 407:
	case 503:
		return RANK_OURS;
	default:
		return status / 100 == 6   ? RANK_GLOBAL
		       : status / 100 == 3 ? RANK_3XX
		       : status / 100 == 4 ? RANK_4XX
					   : RANK_5XX;
	}
}

bool
failure_is_better(int status, int than)
{
	return than == 0 || rank_of(status) <= rank_of(than);
}

bool
failure_had_better(const struct call *call, int status)
{
	return status >= 400 && status != 401 && status != 407 &&
	       rank_of(call->best_status) < rank_of(status);
}

/* What goes up as it came, when nothing better comes; without memory an answer
 * of our own does. */
static void
keep_best(struct call *call, int status, const struct sip_msg *msg)
{
	call->best_status = status;
	mem_free(call->best);
	call->best = NULL;
	if (msg == NULL || rank_of(status) >= RANK_OURS)
		return;
	call->best = mem_alloc(msg->len);
	if (call->best == NULL)
		return;
	memcpy(call->best, msg->data, msg->len);
	call->best_len = msg->len;
}

void
failure_note(struct call *call, int status, int q850, const struct sip_msg *msg)
{
	call->last_status = status;
	call->last_q850 = q850;
	if (failure_is_better(status, call->best_status))
		keep_best(call, status, msg);
	keep_reasons(call, msg);
}

static void
add_rows(struct wbuf *w, const struct sip_msg *msg, enum sip_header id)
{
	int row = msg->first[id];

	for (; row >= 0; row = msg->fields[row].next)
		wbuf_bytes(w, msg->data + msg->fields[row].line,
			   msg->fields[row].line_len);
}

/* Those that are there stay when there is no room, or no memory, for more. */
void
failure_keep_challenge(struct call *call, const struct sip_msg *msg)
{
	struct wbuf w;
	char *text;

	if (!challenge_is(msg->status) ||
	    hop_has_logins(&call->hops[call->hop - 1]))
		return;
	text = arena_alloc(&call->worker->arena, CHALLENGES_MAX);
	if (text == NULL)
		return;
	wbuf_init(&w, text, CHALLENGES_MAX);
	wbuf_text(&w, call->challenges != NULL ? call->challenges : "");
	add_rows(&w, msg, SIP_HDR_WWW_AUTHENTICATE);
	add_rows(&w, msg, SIP_HDR_PROXY_AUTHENTICATE);
	text = w.err == 0 ? str_dup(str_make(text, w.len)) : NULL;
	if (text == NULL)
		return;
	mem_free(call->challenges);
	call->challenges = text;
}

void
failure_note_unreachable(struct call *call, int err)
{
	const struct call_hop *hop = &call->hops[call->hop - 1];

	if (hop->source == CDR_FOREIGN && err == ERR_NOTFOUND)
		failure_note(call, 404, 3, NULL);
	else if (hop->source == CDR_FOREIGN && err == ERR_NOTOURS)
		failure_note(call, 403, 21, NULL);
	else
		failure_note(call, err == ERR_NOMEM ? 500 : 503, 41, NULL);
}

/* Reason headers for the protocols that a response leaves out (RFC 3326 allows
 * one value each). */
static const char *
more_reasons(struct call *call, bool has_sip, bool has_q850, int q850,
	     const char *text)
{
	struct arena *arena = &call->worker->arena;
	const char *sip = "", *cause = "", *both;

	if (!has_sip)
		sip = arena_printf(arena,
				   "Reason: SIP;cause=%d;text=\"%s\"\r\n",
				   call->last_status, text);
	if (!has_q850)
		cause = arena_printf(arena, "Reason: Q.850;cause=%d\r\n",
				     q850 != 0 ? q850 : 41);
	both = arena_printf(arena, "%s%s", sip != NULL ? sip : "",
			    cause != NULL ? cause : "");
	return both != NULL ? both : "";
}

void
failure_reply(struct call *call, int status, const char *text,
	      const char *more)
{
	const char *headers =
	    arena_printf(&call->worker->arena, "%s%s%s",
			 call->reasons != NULL ? call->reasons : "",
			 more_reasons(call, call->has_sip_reason,
				      call->has_q850_reason, call->last_q850,
				      text),
			 more);

	proxy_reply(call->worker, call->server, status, NULL,
		    headers != NULL ? headers : "");
}

void
failure_pass(struct call *call, const struct sip_msg *msg, const char *text)
{
	struct sip_edit edit;

	sip_edit_init(&edit, msg);
	caller_restore(call, &edit);
	if (challenge_is(msg->status) && call->challenges != NULL)
		sip_edit_add_before(&edit, SIP_HDR_CALL_ID,
				    str_of(call->challenges));
	if (text != NULL)
		sip_edit_add_before(
		    &edit, SIP_HDR_CALL_ID,
		    str_of(more_reasons(call, reason_cause(msg, "SIP") != 0,
					reason_cause(msg, "Q.850") != 0,
					record_q850(msg), text)));
	if (sip_server_relay(call->server, &edit) != 0)
		failure_reply(call, msg->status, "cannot be passed on", "");
}

bool
failure_pass_best(struct call *call, const char *text)
{
	struct sip_msg *msg;

	if (call->best == NULL)
		return false;
	msg = arena_alloc(&call->worker->arena, sizeof(*msg));
	if (msg == NULL ||
	    sip_scan(msg, call->best, call->best_len, NULL) != 0)
		return false;
	failure_pass(call, msg, text);
	return true;
}

void
failure_refuse(struct call *call, const struct refusal *why)
{
	struct worker *worker = call->worker;
	char header[160];

	(*why->counter)++;
	worker->counters.failed++;
	log_info(worker->log, "call %s: refused, status=%d reason=\"%s\"",
		 call->call_id, why->status, why->reason);
	record_fail(call, CDR_FAILED, CDR_END_PROXY, why->status, why->q850,
		    why->reason);
	call_mark_ended(call);
	limit_leave(&call->use);
	snprintf(header, sizeof(header),
		 "Reason: Q.850;cause=%d;text=\"%s\"\r\n", why->q850,
		 why->reason);
	proxy_reply(worker, call->server, why->status, NULL, header);
}
