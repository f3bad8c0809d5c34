/* cancel.c - callers who give up (RFC 3261 9, 16.10) */
#include "lcrproxy/cancel.h"

#include "lcrproxy/attempt.h"
#include "lcrproxy/hunt.h"
#include "lcrproxy/reason.h"
#include "lcrproxy/records.h"

void
cancel_answer(struct call *call)
{
	call->worker->counters.cancelled++;
	record_fail(call, CDR_CANCELLED, CDR_END_CALLER, 487, 0, NULL);
	hunt_finish(call);
	proxy_reply(call->worker, call->server, 487, NULL, "");
}

struct str
cancel_reasons(struct worker *worker, const struct sip_msg *cancel)
{
	const char *text = NULL;

	if (cancel != NULL)
		text = reason_lines(cancel, SIP_MSG_MAX, &worker->arena);
	return str_of(text != NULL ? text : "");
}

void
call_cancel(struct call *call, const struct sip_msg *cancel)
{
	struct attempt *attempt = call->attempts;

	if (call->ended)
		return;
	call->cancelled = true;
	timer_cancel(&call->worker->timers, &call->timer);
	if (attempt == NULL || attempt->client == NULL || attempt->over) {
		cancel_answer(call);
		return;
	}
	sip_client_cancel(attempt->client, cancel_reasons(call->worker, cancel));
	if (attempt->is_heard)
		return; /* its 487 will come */
	/* Nothing has come: the caller need not wait for it (9.1). */
	attempt_over(attempt, CDR_ATTEMPT_CANCELLED, NULL,
		     "cancelled before any response");
	cancel_answer(call);
}
