/* call.c - the life of a struct call */
#include "lcrproxy/call.h"

#include "base/alloc.h"
#include "base/pool.h"
#include "lcrproxy/attempt.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/records.h"
#include "lcrproxy/uri_hop.h"

static void
unlink_call(struct call *call)
{
	*call->link = call->next;
	if (call->next != NULL)
		call->next->link = call->link;
	call->worker->n_calls--;
	call->worker->n_ended -= call->ended;
}

static void
free_call(struct call *call)
{
	timer_cancel(&call->worker->timers, &call->timer);
	limit_leave(&call->use);
	hop_cancel(call);
	mem_free(call->places);
	unlink_call(call);
	while (call->attempts != NULL) {
		struct attempt *next = call->attempts->next;

		attempt_free(call->attempts);
		call->attempts = next;
	}
	for (size_t i = 0; i < call->n_hops; i++)
		learnt_gateway_release(call->hops[i].gateway);
	uri_hops_free(call);
	policy_unref(call->policy);
	snapshot_unref(call->snapshot);
	mem_free(call->reasons);
	mem_free(call->challenges);
	mem_free(call->best);
	pool_give(call->worker->pool, call, call->size);
}

void
call_release(struct call *call)
{
	if (call->server != NULL)
		return;
	for (struct attempt *attempt = call->attempts; attempt != NULL;
	     attempt = attempt->next) {
		if (attempt->client != NULL)
			return;
	}
	free_call(call);
}

void
call_server_gone(struct call *call)
{
	call->reply_to = *sip_server_reply_to(call->server);
	call->server = NULL;
	call_release(call);
}

static void
give_up(struct call *call)
{
	struct worker *worker = call->worker;
	struct attempt *attempt = call->attempts;

	if (attempt != NULL && attempt->client != NULL && !attempt->over) {
		attempt_over(attempt, CDR_ATTEMPT_CANCELLED, NULL,
			     "proxy stopped");
		sip_client_cancel(attempt->client, str_of(""));
	}
	worker->counters.failed++;
	record_fail(call, CDR_FAILED, CDR_END_PROXY, 503, 41, "proxy stopped");
	call_mark_ended(call);
	timer_cancel(&worker->timers, &call->timer);
	hop_cancel(call);
	proxy_reply(worker, call->server, 503, NULL, "Retry-After: 5\r\n");
}

void
calls_give_up(struct worker *worker)
{
	struct call *call = worker->calls;

	while (call != NULL) {
		struct call *next = call->next;

		if (!call->ended && call->server != NULL)
			give_up(call);
		call = next;
	}
}

void
calls_free(struct worker *worker)
{
	while (worker->calls != NULL)
		free_call(worker->calls);
}
