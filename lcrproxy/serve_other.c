/* serve_other.c - messages, subscriptions and the like, by their rule */
#include "base/err.h"
#include "lcrproxy/call.h"
#include "lcrproxy/relay.h"
#include "lcrproxy/ruri.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/serve.h"

/* What is at hand while targets are looked for. */
struct targets {
	const struct serve *serve;
	struct call_intake intake; /* of call_may */
	struct relay_target at[RELAY_TARGETS_MAX];
	size_t n;
	bool is_secure; /* sips: URIs alone */
	bool lacks_secure; /* others were left out */
};

static void
refuse(const struct serve *serve, const struct refusal *why)
{
	serve_refuse(serve, why->status, why->q850, why->reason, why->counter,
		     why->headers);
}

/* The Request-URI for a gateway, as for a call; it alone says where it leads. */
static struct str
gateway_uri(const struct targets *targets, const struct gateway *gateway)
{
	struct worker *worker = targets->serve->worker;
	char user[RURI_USER_MAX];

	if (plan_gateway_user(gateway, snapshot_numbering(worker->snapshot),
			      &targets->intake.number, &targets->intake.porting,
			      user, sizeof(user)) != 0)
		return str_make(NULL, 0);
	return ruri_of_user(&worker->arena, gateway, user, true);
}

static void
add(struct targets *targets, struct str uri, bool may_be_gateway)
{
	if (uri.p != NULL && targets->is_secure && !sip_uri_is_sips(uri))
		targets->lacks_secure = true;
	else if (uri.p != NULL && targets->n < RELAY_TARGETS_MAX)
		targets->at[targets->n++] = (struct relay_target){
			.uri = uri, .may_be_gateway = may_be_gateway
		};
}

/* Through the gateways of a plan, or those of the rule. */
static bool
add_gateways(struct targets *targets)
{
	const struct serve *serve = targets->serve;
	struct refusal why;
	struct plan plan;

	if (!call_plan(serve->worker, &targets->intake, serve->identity.rule,
		       &plan, &why)) {
		refuse(serve, &why);
		return false;
	}
	for (size_t i = 0; i < plan.n_hops; i++) {
		const struct gateway *gateway = plan.candidates[i].gateway;
		size_t n = targets->n;

		add(targets, gateway_uri(targets, gateway), true);
		if (targets->n > n)
			targets->at[n].gateway = gateway;
	}
	return true;
}

static bool
fill(struct targets *targets)
{
	const struct serve *serve = targets->serve;
	const struct policy_rule *rule = serve->identity.rule;

	switch (rule->action) {
	case POLICY_TO_LOCAL:
		add(targets, str_of(serve->target.user->contact), true);
		return true;
	case POLICY_TO_FOREIGN:
		add(targets, serve->uri->text, false);
		return true;
	default:
		if (rule->target == NULL)
			return add_gateways(targets);
		add(targets, serve_target_uri(serve, rule->target), true);
		return true;
	}
}

/* What holds for a call of the account holds for this as well; it is counted
 * for a moment only. */
static bool
may_go(struct targets *targets)
{
	const struct serve *serve = targets->serve;
	struct refusal why;

	if (call_may(serve->worker, serve->msg, &serve->target,
		     &serve->identity, &targets->intake, &why))
		return true;
	refuse(serve, &why);
	return false;
}

void
serve_other(const struct serve *serve)
{
	struct targets targets = {
		.serve = serve,
		.is_secure = serve->uri->scheme == SIP_SCHEME_SIPS,
	};
	struct worker *worker = serve->worker;

	if (!serve_has_way(serve) || !may_go(&targets) || !fill(&targets))
		return;
	if (targets.n > 0) {
		relay_begin(worker, serve->server, &serve->identity,
			    &targets.intake, targets.at, targets.n);
		return;
	}
	if (targets.lacks_secure) {
		serve_refuse(serve, 480, 41, "no way there by sips:",
			     &worker->counters.refused_target,
			     SECURE_NOT_ALLOWED);
		return;
	}
	worker->counters.out_of_memory++;
	proxy_reply(worker, serve->server, 500, NULL, "");
}

/* --- 302 --- */

static struct str
contact_lines(const struct targets *targets)
{
	struct str lines = str_of("");

	/* the first is to be tried first: q falls */
	for (size_t i = 0; i < targets->n && lines.p != NULL; i++) {
		char q[16];

		snprintf(q, sizeof(q), ">;q=0.%zu\r\n", 9 - i);
		lines = arena_join(&targets->serve->worker->arena,
				   (const struct str[]){
				       lines, str_of("Contact: <"),
				       targets->at[i].uri, str_of(q) },
				   4);
	}
	return lines;
}

/* As the kind of target says. */
static bool
fill_redirect(struct targets *targets)
{
	const struct serve *serve = targets->serve;

	if (serve->target.kind == POLICY_FOREIGN)
		add(targets, serve->uri->text, false);
	else if (serve->target.user != NULL && serve->target.user->enabled)
		add(targets, str_of(serve->target.user->contact), false);
	else if (serve->target.kind == POLICY_LOCAL ||
		 serve->target.kind == POLICY_NODE)
		serve_refuse(serve, 404, 1, "no such user",
			     &serve->worker->counters.refused_target, NULL);
	else
		return add_gateways(targets);
	return targets->n > 0;
}

void
serve_redirect(const struct serve *serve)
{
	struct targets targets = { .serve = serve };
	struct str lines;

	if (!may_go(&targets) || !fill_redirect(&targets))
		return;
	lines = contact_lines(&targets);
	serve_refuse(serve, 302, 23, "redirected",
		     &serve->worker->counters.redirected,
		     lines.p != NULL ? lines.p : "");
}
