/* access.c - what holds before any route is looked for */
#include "lcrproxy/access.h"

#include "base/err.h"
#include "lcrproxy/caller.h"
#include "lcrproxy/ported.h"

static const struct refusal *
check_account(struct worker *worker, const struct call_intake *intake,
	      struct refusal *why)
{
	if (!intake->account->enabled) {
		*why = refusal_of(403, 21, "account is disabled",
					 &worker->counters.refused_disabled);
		return why;
	}
	if (worker->node->settings->journal.when_full == WHEN_FULL_REFUSE &&
	    acct_is_full(worker->node->acct)) {
		*why = refusal_of(503, 41, "accounting journal is full",
					 &worker->counters.refused_full);
		return why;
	}
	return NULL;
}

/* By the published plans, as far as the configuration wants it. */
static bool
is_possible(struct worker *worker, const struct number *number,
	    struct refusal *why)
{
	enum number_fit fit = worker->tuning.check != CHECK_OFF
				  ? number_check(number)
				  : NUMBER_FITS;

	if (fit == NUMBER_NO_COUNTRY)
		*why = refusal_of(404, 1, "no such country code",
					 &worker->counters.refused_target);
	else if (fit != NUMBER_FITS && worker->tuning.check == CHECK_LENGTH)
		*why = refusal_of(484, 28,
					 "number is too short or long for its "
					 "country",
					 &worker->counters.refused_target);
	else
		return true;
	return false;
}

static const struct refusal *
read_number(struct worker *worker, const struct target *target,
	    struct call_intake *intake, struct refusal *why)
{
	if (target->err == ERR_RANGE) {
		*why = refusal_of(484, 28, "number is too short or long",
				  &worker->counters.refused_target);
		return why;
	}
	if (target->err != 0) {
		*why = refusal_of(404, 28, "not a telephone number",
				  &worker->counters.refused_target);
		return why;
	}
	if (!is_possible(worker, &intake->number, why))
		return why;
	ported_find(worker, intake);
	if (!intake->national && !intake->account->international) {
		*why = refusal_of(403, 21,
				  "international calls not allowed",
				  &worker->counters.refused_class);
		return why;
	}
	return NULL;
}

bool
access_check(struct worker *worker, const struct sip_msg *msg,
	     const struct target *target, struct call_intake *intake,
	     struct refusal *why)
{
	bool is_number = (target->kind == POLICY_NATIONAL ||
			  target->kind == POLICY_INTERNATIONAL) &&
			 target->isn == NULL;

	if (is_number) {
		intake->number = target->number;
		intake->national = target->kind == POLICY_NATIONAL;
	}
	return check_account(worker, intake, why) == NULL &&
	       (!is_number ||
		read_number(worker, target, intake, why) == NULL) &&
	       caller_choose(worker, msg, intake, why);
}

/* Where the plan has a gateway, with its price; NULL where it has not. */
static const struct plan_candidate *
find(const struct plan *plan, const struct gateway *gateway)
{
	for (size_t i = 0; i < plan->n_candidates; i++) {
		if (plan->candidates[i].gateway == gateway)
			return &plan->candidates[i];
	}
	return NULL;
}

static bool
is_usable(const struct gateway *gateway)
{
	return gateway->enabled && !atomic_load(&gateway->state->disabled);
}

static int
source_place(const struct policy_rule *rule,
	     const struct plan_candidate *candidate)
{
	return policy_place_of(rule, candidate->learnt != NULL
					 ? POLICY_BY_TRIP
					 : POLICY_BY_STATIC);
}

/* The hops of one source after the other, by price within each. */
static int
order_by_sources(struct worker *worker, const struct policy_rule *rule,
		 struct plan *plan)
{
	struct plan_candidate *list =
	    arena_alloc(&worker->arena, (plan->n_hops + 1) * sizeof(*list));
	size_t n = 0;

	if (list == NULL)
		return ERR_NOMEM;
	for (int place = 0; place < rule->n_by; place++) {
		for (size_t i = 0; i < plan->n_hops; i++) {
			if (source_place(rule, &plan->candidates[i]) == place)
				list[n++] = plan->candidates[i];
		}
	}
	plan->candidates = list;
	plan->n_candidates = plan->n_hops = n;
	return n > 0 ? 0 : ERR_NOROUTE;
}

static int
take_gateways(struct worker *worker, const struct access_basis *by,
	      struct plan *plan)
{
	const struct snapshot *snapshot = by->snapshot;
	const struct policy_rule *rule = by->rule;
	struct plan_candidate *list;
	size_t n = 0;

	list = arena_alloc(&worker->arena, PLAN_MAX_HOPS * sizeof(*list));
	if (list == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < rule->n_gateways && n < PLAN_MAX_HOPS; i++) {
		const struct gateway *gateway = snapshot_gateway_by_name(
		    snapshot, str_of(rule->gateways[i]));
		const struct plan_candidate *priced;

		if (gateway == NULL || !is_usable(gateway))
			continue;
		priced = find(plan, gateway);
		list[n] = priced != NULL ? *priced
					 : (struct plan_candidate){ 0 };
		list[n].gateway = gateway;
		list[n++].carrier = snapshot_carrier(snapshot,
						     gateway->carrier);
	}
	plan->candidates = list;
	plan->n_candidates = plan->n_hops = n;
	return n > 0 || rule->target != NULL ? 0 : ERR_NOROUTE;
}

int
access_fix_plan(struct worker *worker, const struct access_basis *by,
		struct plan *plan, int err)
{
	const struct policy_rule *rule = by->rule;

	if (rule == NULL || (err != 0 && err != ERR_NOROUTE))
		return err;
	if (rule->action == POLICY_PROXY)
		return take_gateways(worker, by, plan);
	return err == 0 && rule->n_by > 0
		   ? order_by_sources(worker, rule, plan)
		   : err;
}
