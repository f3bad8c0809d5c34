/* failure.c - the failures of a call's attempts, and what is told of them */
#include "lcrproxy/failure.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/reason.h"
#include "lcrproxy/records.h"
#include "lcrproxy/refusal.h"

#define REASONS_MAX 1024 /* bytes of Reason headers that are kept */

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
static int
rank_of(int status)
{
	switch (status) {
	case 415:
	case 420:
	case 484:
		return 1;
	default:
		return status / 100 == 6   ? 0
		       : status / 100 == 3 ? 7
					   : status / 100 - 2;
	}
}

bool
failure_is_better(int status, int than)
{
	return than == 0 || rank_of(status) <= rank_of(than);
}

void
failure_note(struct call *call, int status, int q850, const struct sip_msg *msg)
{
	call->last_status = status;
	call->last_q850 = q850;
	if (failure_is_better(status, call->best_status))
		call->best_status = status;
	keep_reasons(call, msg);
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

void
failure_reply(struct call *call, int status, const char *text,
	      const char *more)
{
	struct worker *worker = call->worker;
	const char *kept = call->reasons != NULL ? call->reasons : "";
	const char *sip = "", *q850 = "", *headers;

	if (!call->has_sip_reason)
		sip = arena_printf(&worker->arena,
				   "Reason: SIP;cause=%d;text=\"%s\"\r\n",
				   call->last_status, text);
	if (!call->has_q850_reason)
		q850 = arena_printf(&worker->arena,
				    "Reason: Q.850;cause=%d\r\n",
				    call->last_q850 != 0 ? call->last_q850
							 : 41);
	headers = arena_printf(&worker->arena, "%s%s%s%s", kept,
			       sip != NULL ? sip : "",
			       q850 != NULL ? q850 : "", more);
	proxy_reply(worker, call->server, status, NULL,
		    headers != NULL ? headers : "");
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
	call->ended = true;
	limit_leave(&call->use);
	snprintf(header, sizeof(header),
		 "Reason: Q.850;cause=%d;text=\"%s\"\r\n", why->q850,
		 why->reason);
	proxy_reply(worker, call->server, why->status, NULL, header);
}
