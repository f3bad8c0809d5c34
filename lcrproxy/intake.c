/* intake.c - who is calling, which number, may they, and the plan */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/access.h"
#include "lcrproxy/brakes.h"
#include "lcrproxy/call.h"
#include "lcrproxy/emergency.h"
#include "lcrproxy/enum_call.h"
#include "lcrproxy/failure.h"
#include "lcrproxy/hunt.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/offer.h"
#include "lcrproxy/records.h"
#include "lcrproxy/refusal.h"
#include "lcrproxy/uri_hop.h"
#include "sip/value.h"

static void
refuse(struct worker *worker, struct sip_server *server,
       const struct sip_msg *msg, const struct sip_flow *from,
       const struct call_intake *intake, const struct refusal *why)
{
	const char *reason = why->detail != NULL ? why->detail : why->reason;
	char number[NUMBER_MAX + 2], cause[32];
	struct str header;

	(*why->counter)++;
	worker->counters.failed++;
	log_info(worker->log, "call %.*s: refused, status=%d number=%s "
		 "account=%s reason=\"%s\"",
		 STR_ARG(msg->call_id), why->status,
		 log_number(worker->log,
			    str_make(intake->number.digits, intake->number.len),
			    number, sizeof(number)),
		 intake->account->name, reason);
	record_refusal(worker, msg, &from->addr, intake, why->status, why->q850,
		       reason);
	snprintf(cause, sizeof(cause), "Reason: Q.850;cause=%d;text=\"",
		 why->q850);
	header = arena_join(&worker->arena,
			    (const struct str[]){
				str_of(cause), str_of(why->reason),
				str_of("\"\r\n"),
				str_of(why->headers != NULL ? why->headers
							    : "") },
			    4);
	proxy_reply(worker, server, why->status, why->phrase,
		    header.p != NULL ? header.p : "");
}

/* The identity headers, as far as they are there (values for the record). */
static void
read_identity(struct worker *worker, const struct sip_msg *msg,
	      struct call_intake *intake)
{
	struct sip_name_addr who;
	struct str value = sip_value(msg, SIP_HDR_FROM);

	if (sip_name_addr_parse(&worker->arena, value, &who, NULL) == 0)
		intake->caller = who.uri.user;
	intake->from_tag = msg->from_tag;
	if (intake->from_tag.p == NULL)
		intake->from_tag = str_of(""); /* an RFC 2543 caller */
	value = sip_value(msg, SIP_HDR_P_ASSERTED_IDENTITY);
	if (value.p != NULL &&
	    sip_name_addr_parse(&worker->arena, value, &who, NULL) == 0)
		intake->asserted = who.uri.user;
}

/* Drop the trunk's tech prefix: the dialled string without it, or p == NULL
 * when it is not there. */
static struct str
without_prefix(struct str user, const char *prefix)
{
	size_t len = strlen(prefix);

	if (user.p == NULL || !str_starts(user, prefix))
		return str_make(NULL, 0);
	return str_make(user.p + len, user.len - len);
}

/* How far the best of the carriers came. */
static enum plan_exclusion
no_route_reason(const struct plan *plan)
{
	enum plan_exclusion best = PLAN_NO_PREFIX;

	for (size_t i = 0; i < plan->n_candidates; i++) {
		if (plan->candidates[i].excluded > best)
			best = plan->candidates[i].excluded;
	}
	return best;
}

/* Why there is no plan, in one line for the record. */
static const char *
no_route_text(struct worker *worker, enum plan_exclusion best)
{
	const char *text;

	if (best == PLAN_NO_PREFIX)
		return "no carrier sells this number";
	text = arena_printf(&worker->arena, "no route: %s",
			    plan_exclusion_text(best));
	return text != NULL ? text : plan_exclusion_text(best);
}

static const struct refusal *
make_plan(struct worker *worker, const struct access_basis *by,
	  struct call_intake *intake, struct plan *plan, struct refusal *why)
{
	const struct plan_query query = {
		.account = intake->account,
		.number = intake->number,
		.porting = intake->porting,
		.media = intake->media,
		.at = intake->setup,
		.default_duration_s = worker->tuning.expected_duration_s,
		.learnt = worker->learnt,
		/* gateways that a rule names are looked for among all */
		.only_hops = by->rule == NULL || by->rule->n_gateways == 0,
		.takes_turn = true,
		.max_hops = intake->account->max_hops > 0
				? intake->account->max_hops
				: worker->tuning.max_hops,
	};
	int err = plan_make(by->snapshot, &query, &worker->arena, plan);

	err = access_fix_plan(worker, by, plan, err);
	if (err == 0)
		return NULL;
	if (err == ERR_NOROUTE)
		intake->no_route = no_route_reason(plan);
	if (err == ERR_NOROUTE && enum_call_may_find(worker, intake, by->rule))
		return NULL; /* with an empty plan */
	if (err == ERR_NOPRICE)
		*why = refusal_of(403, 21, "account has no price for it",
					 &worker->counters.refused_no_price);
	else if (err == ERR_NOROUTE)
		*why = refusal_of(480, 3, no_route_text(worker, intake->no_route),
					 &worker->counters.refused_no_route);
	else
		*why = refusal_of(500, 41, err_text(err),
					 &worker->counters.out_of_memory);
	return why;
}

static const char *
put_text(char **at, struct str text)
{
	char *start = *at;

	if (text.p == NULL)
		return NULL;
	memcpy(start, text.p, text.len);
	start[text.len] = '\0';
	*at = start + text.len + 1;
	return start;
}

/* The hops of a plan, in hops, of which there are enough. */
static void
take_plan(struct call *call, const struct plan *plan, struct call_hop *hops)
{
	call->hops = hops;
	call->n_hops = (uint8_t)plan->n_hops;
	for (size_t i = 0; i < plan->n_hops; i++) {
		const struct plan_candidate *candidate = &plan->candidates[i];

		call->hops[i] = (struct call_hop){
			.gateway = candidate->gateway,
			.carrier = candidate->carrier,
			.prefix = candidate->prefix,
			.rate_prefix = candidate->rate_prefix,
			.cost = candidate->cost,
			.is_unpriced = candidate->learnt != NULL &&
				       candidate->rate == NULL,
			.source = candidate->learnt != NULL ? CDR_TRIP
							    : CDR_STATIC,
		};
		learnt_gateway_hold(candidate->gateway);
	}
}

static struct call *
make_call(struct worker *worker, const struct sip_msg *msg,
	  const struct sip_flow *from, const struct call_intake *intake,
	  const struct plan *plan)
{
	char source[ADDR_TEXT_MAX];
	size_t hops = plan->n_hops * sizeof(struct call_hop);
	size_t texts;
	struct call *call;
	char *at;

	addr_format(&from->addr, source);
	texts = msg->call_id.len + intake->from_tag.len + intake->caller.len +
		intake->asserted.len + intake->dialled.len + intake->from.len + strlen(source) + 7;
	call = pool_take_zeroed(worker->pool, sizeof(*call) + hops + texts);
	if (call == NULL)
		return NULL;
	call->size = sizeof(*call) + hops + texts;
	call->proxied.kind = PROXIED_CALL;
	call->worker = worker;
	call->snapshot = snapshot_ref(worker->snapshot);
	call->account = intake->account;
	call->number = intake->number;
	call->porting = intake->porting;
	call->media = intake->media;
	call->national = intake->national;
	call->class = plan->class;
	call->identity = intake->identity;
	memcpy(call->emergency, intake->emergency, sizeof(call->emergency));
	call->setup = intake->setup;
	call->cseq = msg->cseq;
	call->no_route = intake->no_route;
	call->is_secure = sip_uri_is_sips(msg->ruri);
	call->has_sell = plan->has_sell;
	call->sell = plan->sell;
	call->duration_s = plan->duration_s;
	take_plan(call, plan, call->planned);
	at = (char *)call + sizeof(*call) + hops;
	call->call_id = put_text(&at, msg->call_id);
	call->from_tag = put_text(&at, intake->from_tag);
	call->caller = put_text(&at, intake->caller);
	call->asserted = put_text(&at, intake->asserted);
	call->dialled = put_text(&at, intake->dialled);
	call->source = put_text(&at, str_of(source));
	call->from = put_text(&at, intake->from);
	call->claims = intake->claims;
	return call;
}

/* make_plan, as of the snapshot the call is pinned to. */
static bool
plan_again(struct call *call, const struct policy_rule *rule,
	   struct plan *plan)
{
	const struct access_basis by = { call->snapshot, rule };
	struct call_intake intake = { .account = call->account,
				      .number = call->number,
				      .porting = call->porting,
				      .media = call->media,
				      .national = call->national,
				      .setup = call->setup };
	struct refusal why;

	return make_plan(call->worker, &by, &intake, plan, &why) == NULL &&
	       plan->n_hops > 0;
}

void
call_replan(struct call *call, const struct policy_rule *rule)
{
	struct call_hop *hops;
	struct plan plan;

	if (!plan_again(call, rule, &plan))
		return;
	hops = mem_alloc(plan.n_hops * sizeof(*hops));
	if (hops == NULL)
		return;
	for (size_t i = 0; i < call->n_hops; i++)
		learnt_gateway_release(call->hops[i].gateway);
	mem_free(call->more_hops);
	call->more_hops = hops;
	take_plan(call, &plan, hops);
}

static void
link_call(struct worker *worker, struct call *call)
{
	call->next = worker->calls;
	call->link = &worker->calls;
	if (call->next != NULL)
		call->next->link = &call->next;
	worker->calls = call;
	worker->n_calls++;
}

static bool
is_emergency(struct worker *worker, struct call_intake *intake,
	     const struct identity *identity, struct plan *plan)
{
	struct str user =
	    without_prefix(intake->dialled, identity->tech_prefix);

	if (user.p == NULL || !emergency_plan(worker, intake, user, plan))
		return false;
	worker->counters.emergency_calls++;
	log_info(worker->log, "account %s: emergency call",
		 intake->account->name);
	return true;
}

/* Everything that may refuse it, the cheapest first. */
static bool
accept_call(struct worker *worker, const struct sip_msg *msg,
	    const struct target *target, struct call_intake *intake,
	    const struct identity *identity, struct plan *plan,
	    struct limit_use *use, struct refusal *why)
{
	const struct access_basis by = { worker->snapshot, identity->rule };

	if (is_emergency(worker, intake, identity, plan))
		return true;
	return access_check(worker, msg, target, intake, why) &&
	       brakes_enter(worker, intake, use, why) &&
	       make_plan(worker, &by, intake, plan, why) == NULL &&
	       brakes_price(worker, intake, plan, use, why);
}

static void
begin_intake(struct worker *worker, const struct sip_msg *msg,
	     struct call_intake *intake)
{
	intake->setup = clock_wall(&worker->clock);
	worker->counters.calls++;
	if (snapshot_asks_for_media(worker->snapshot))
		intake->media = offer_media(msg);
	read_identity(worker, msg, intake);
}

/* A call that was accepted: known from here on. */
static void
adopt(struct call *call, struct sip_server *server, const struct limit_use *use,
      const struct identity *identity)
{
	link_call(call->worker, call);
	call->server = server;
	call->use = *use;
	call->by_login = identity->by_login;
	sip_server_set_user(server, call);
}

void
call_begin(struct worker *worker, struct sip_server *server,
	   const struct sip_msg *msg, const struct sip_flow *from,
	   const struct target *target, const struct identity *identity)
{
	struct call_intake intake = { .dialled = target->dialled,
				      .account = identity->account,
				      .trunk = identity->trunk };
	struct limit_use use = { 0 };
	struct refusal why = refusal_of(500, 41, "out of memory",
					&worker->counters.out_of_memory);
	struct plan plan;
	struct call *call = NULL;

	begin_intake(worker, msg, &intake);
	if (accept_call(worker, msg, target, &intake, identity, &plan, &use,
			&why))
		call = make_call(worker, msg, from, &intake, &plan);
	if (call == NULL) {
		limit_leave(&use);
		refuse(worker, server, msg, from, &intake, &why);
		return;
	}
	adopt(call, server, &use, identity);
	enum_call_begin(call, identity->rule);
}

/* Without a number a call has no price. */
static bool
accept_uris(struct worker *worker, const struct sip_msg *msg,
	    const struct target *target, struct call_intake *intake,
	    const struct identity *identity, struct plan *plan,
	    struct limit_use *use, struct refusal *why)
{
	const struct access_basis by = { worker->snapshot, identity->rule };

	return access_check(worker, msg, target, intake, why) &&
	       brakes_enter(worker, intake, use, why) &&
	       (intake->number.len == 0 ||
		make_plan(worker, &by, intake, plan, why) == NULL) &&
	       brakes_price(worker, intake, plan, use, why);
}

void
call_begin_uris(struct worker *worker, struct sip_server *server,
		const struct sip_msg *msg, const struct sip_flow *from,
		const struct target *target, const struct identity *identity,
		const struct uri_offer *offers, size_t n)
{
	struct call_intake intake = { .dialled = target->dialled,
				      .account = identity->account,
				      .trunk = identity->trunk };
	struct plan plan = { .duration_s =
				       worker->tuning.expected_duration_s };
	struct limit_use use = { 0 };
	struct refusal why = refusal_of(500, 41, "out of memory",
					&worker->counters.out_of_memory);
	struct call *call = NULL;
	int err;

	begin_intake(worker, msg, &intake);
	if (accept_uris(worker, msg, target, &intake, identity, &plan, &use,
			&why))
		call = make_call(worker, msg, from, &intake, &plan);
	if (call == NULL) {
		limit_leave(&use);
		refuse(worker, server, msg, from, &intake, &why);
		return;
	}
	adopt(call, server, &use, identity);
	if (n == 0) {
		call->isn = call->dialled + (target->isn - target->dialled.p);
		enum_call_begin(call, identity->rule);
		return;
	}
	timer_init(&call->timer, NULL, call);
	err = call_add_uris(call, offers, n, URI_HOPS_LAST, NULL);
	if (err == 0 && call->n_hops > 0) {
		hunt_start(call);
		return;
	}
	why = refusal_of(404, 1, "no URI that can be called",
			 &worker->counters.refused_target);
	failure_refuse(call, &why);
}

void
call_refuse(struct worker *worker, struct sip_server *server,
	    const struct sip_msg *msg, const struct sip_flow *from,
	    const struct target *target, const struct identity *identity,
	    const struct refusal *why)
{
	struct call_intake intake = { .dialled = target->dialled,
				      .account = identity->account,
				      .number = target->number,
				      .national = target->kind ==
						  POLICY_NATIONAL };

	begin_intake(worker, msg, &intake);
	refuse(worker, server, msg, from, &intake, why);
}

bool
call_is_emergency(struct worker *worker, const struct target *target,
		  const struct identity *identity)
{
	struct call_intake intake = { .account = identity->account };
	struct str user =
	    without_prefix(target->dialled, identity->tech_prefix);
	struct plan plan;

	return user.p != NULL && emergency_plan(worker, &intake, user, &plan);
}

bool
call_may(struct worker *worker, const struct sip_msg *msg,
	 const struct target *target, const struct identity *identity,
	 struct call_intake *intake, struct refusal *why)
{
	struct limit_use use = { 0 };
	bool may;

	*intake = (struct call_intake){ .dialled = target->dialled,
					.account = identity->account,
					.trunk = identity->trunk,
					.setup = clock_wall(&worker->clock) };
	read_identity(worker, msg, intake);
	may = access_check(worker, msg, target, intake, why) &&
	      (intake->number.len == 0 ||
	       brakes_enter(worker, intake, &use, why));
	limit_leave(&use);
	return may;
}

bool
call_plan(struct worker *worker, struct call_intake *intake,
	  const struct policy_rule *rule, struct plan *plan,
	  struct refusal *why)
{
	const struct access_basis by = { worker->snapshot, rule };

	if (intake->number.len == 0) {
		*why = refusal_of(404, 28, "not a telephone number",
				  &worker->counters.refused_target);
		return false;
	}
	if (make_plan(worker, &by, intake, plan, why) != NULL)
		return false;
	if (plan->n_hops > 0)
		return true;
	*why = refusal_of(480, 3, no_route_text(worker, intake->no_route),
			  &worker->counters.refused_no_route);
	return false;
}
