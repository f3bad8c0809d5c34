/* serve.c - a request through the policy */
#include "lcrproxy/serve.h"

#include <string.h>

#include "base/err.h"
#include "lcrproxy/call.h"
#include "lcrproxy/enum_call.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/records.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/uri_hop.h"

void
serve_refuse(const struct serve *serve, int status, int q850,
	     const char *reason, uint64_t *counter, const char *headers)
{
	struct worker *worker = serve->worker;
	struct refusal why = refusal_of(status, q850, reason, counter);

	why.headers = headers;
	if (serve->msg->method == SIP_INVITE &&
	    serve->identity.account != snapshot_nobody(worker->snapshot)) {
		call_refuse(worker, serve->server, serve->msg, serve->from,
			    &serve->target, &serve->identity, &why);
		return;
	}
	(*counter)++;
	proxy_reply(worker, serve->server, status, NULL,
		    headers != NULL ? headers : "");
}

/* --- what rules do with an INVITE --- */

static void
refuse_target(const struct serve *serve, int status, const char *reason)
{
	serve_refuse(serve, status, 1, reason,
		     &serve->worker->counters.refused_target, NULL);
}

static void
call_uri(const struct serve *serve, struct str uri, enum cdr_source source)
{
	const struct uri_offer offer = { .uri = uri, .source = source };

	call_begin_uris(serve->worker, serve->server, serve->msg, serve->from,
			&serve->target, &serve->identity, &offer, 1);
}

/* Whoever calls a number pays for it. */
static void
route(const struct serve *serve)
{
	if (serve->target.kind != POLICY_NATIONAL &&
	    serve->target.kind != POLICY_INTERNATIONAL &&
	    serve->target.number.len == 0)
		refuse_target(serve, 404, "not a telephone number");
	else if (serve->identity.account ==
		 snapshot_nobody(serve->worker->snapshot))
		refuse_target(serve, 403, "nobody pays for this call");
	else if (serve->target.isn != NULL)
		call_begin_uris(serve->worker, serve->server, serve->msg,
				serve->from, &serve->target, &serve->identity,
				NULL, 0);
	else
		call_begin(serve->worker, serve->server, serve->msg,
			   serve->from, &serve->target, &serve->identity);
}

/* The user part as it was written, escapes and all. */
static struct str
raw_user(const struct sip_uri *uri)
{
	struct str text = uri->text;
	const char *colon = memchr(text.p, ':', text.len);
	const char *at = memchr(text.p, '@', text.len);

	if (at == NULL || colon == NULL || uri->scheme == SIP_SCHEME_TEL)
		return str_make(NULL, 0);
	return str_make(colon + 1, (size_t)(at - colon - 1));
}

struct str
serve_target_uri(const struct serve *serve, const char *target)
{
	struct arena *arena = &serve->worker->arena;
	const char *colon = strchr(target, ':');
	struct str user = str_of(serve->target.number.digits);

	if (strchr(target, '@') != NULL)
		return str_of(target);
	if (serve->target.number.len > 0)
		return arena_join(arena,
				  (const struct str[]){
				      str_make(target, (size_t)(colon + 1 -
								target)),
				      str_of("+"), user, str_of("@"),
				      str_of(colon + 1) },
				  5);
	user = raw_user(serve->uri);
	if (user.len == 0)
		return str_of(target);
	return arena_join(
	    arena,
	    (const struct str[]){
		str_make(target, (size_t)(colon + 1 - target)), user,
		str_of("@"), str_of(colon + 1) },
	    4);
}

static void
proxy(const struct serve *serve)
{
	const struct policy_rule *rule = serve->identity.rule;
	struct str uri;

	if (rule->target == NULL) {
		route(serve);
		return;
	}
	uri = serve_target_uri(serve, rule->target);
	if (uri.p == NULL) {
		serve->worker->counters.out_of_memory++;
		proxy_reply(serve->worker, serve->server, 500, NULL, "");
		return;
	}
	call_uri(serve, uri, CDR_STATIC);
}

/* Whether a call may go to where this user is: NULL, or what to say. sips
 * promises TLS on the whole way (RFC 3261 26.2.2). */
static bool
has_contact(const struct serve *serve)
{
	const struct user *user = serve->target.user;

	if (serve->target.kind != POLICY_LOCAL || user == NULL)
		refuse_target(serve, 404, "no such user");
	else if (!user->enabled)
		refuse_target(serve, 480, "user is disabled");
	else if (serve->uri->scheme == SIP_SCHEME_SIPS &&
		 strncmp(user->contact, "sips:", 5) != 0)
		proxy_reply(serve->worker, serve->server, 480,
			    "No TLS Towards This User", SECURE_NOT_ALLOWED);
	else
		return true;
	return false;
}

static bool
has_domain(const struct serve *serve)
{
	if (serve->target.kind == POLICY_FOREIGN)
		return true;
	refuse_target(serve, 404, "no other domain");
	return false;
}

bool
serve_has_way(const struct serve *serve)
{
	switch (serve->identity.rule->action) {
	case POLICY_TO_LOCAL:
		return has_contact(serve);
	case POLICY_TO_FOREIGN:
		return has_domain(serve);
	default:
		return true;
	}
}

static void
invite(const struct serve *serve)
{
	if (!serve_has_way(serve))
		return;
	switch (serve->identity.rule->action) {
	case POLICY_PROXY:
		proxy(serve);
		break;
	case POLICY_TO_LOCAL:
		call_uri(serve, str_of(serve->target.user->contact),
			 CDR_LOCAL);
		break;
	case POLICY_TO_FOREIGN:
		call_uri(serve, serve->uri->text, CDR_FOREIGN);
		break;
	default:
		route(serve);
		break;
	}
}

/* --- the policy --- */

static void
reject(const struct serve *serve)
{
	const struct policy_rule *rule = serve->identity.rule;
	struct worker *worker = serve->worker;
	const char *text;

	if (serve->msg->method == SIP_INVITE && rule->code != 405) {
		text = arena_printf(&worker->arena, "policy rule \"%s\"",
				    rule->name);
		serve_refuse(serve, rule->code, 21,
			     rule->reason != NULL ? rule->reason
			     : text != NULL	  ? text
						  : rule->name,
			     &worker->counters.refused_policy, NULL);
		return;
	}
	worker->counters.refused_policy++;
	proxy_reply(worker, serve->server, rule->code, rule->reason,
		    rule->code == 405 ? PROXY_ALLOW : "");
}

static void
act(const struct serve *serve)
{
	const struct policy_rule *rule = serve->identity.rule;

	log_debug(serve->worker->log, "call %.*s: policy rule=\"%s\"",
		  STR_ARG(serve->msg->call_id), rule->name);
	if (rule->action == POLICY_REJECT)
		reject(serve);
	else if (rule->action == POLICY_REDIRECT)
		serve_redirect(serve);
	else if (serve->msg->method == SIP_INVITE)
		invite(serve);
	else
		serve_other(serve);
}

/* The domain of ours that a host stands for: itself, or for an address of ours
 * the first one. */
static struct str
domain_of(const struct worker *worker, const struct sip_uri *uri)
{
	return uri->addr.family != 0 ? str_of(worker->node->identity->realm)
				     : uri->host;
}

static int
classify(struct serve *serve)
{
	const struct identity *identity = &serve->identity;
	const struct target_place place = {
		.snapshot = serve->worker->snapshot,
		.is_ours = serve->uri->scheme != SIP_SCHEME_TEL &&
			   proxy_is_us(serve->worker, serve->uri),
		.domain = domain_of(serve->worker, serve->uri),
		.plan = &identity->account->plan,
		.tech_prefix = identity->tech_prefix,
		.takes_isn = enum_call_takes_isn(serve->worker),
	};

	return target_find(&serve->worker->arena, &place, serve->uri,
			   &serve->target);
}

static const struct policy_rule *
judge(const struct serve *serve)
{
	struct worker *worker = serve->worker;
	const struct account *account = serve->identity.account;
	const struct policy_facts facts = {
		.method = (enum sip_method)serve->msg->method,
		.source = serve->identity.source,
		.target = serve->target.kind,
		.transport = (enum sip_transport)serve->from->transport,
		.account = account->name,
		.group = account->group,
		.number = serve->target.number,
		.domain = serve->uri->host,
		.now = clock_wall(&worker->clock),
		.msg = serve->msg,
	};

	return policy_judge(worker->policy, &facts);
}

/* A customer's call for help goes its way, whatever the rules are. */
static bool
is_for_help(const struct serve *serve)
{
	return serve->msg->method == SIP_INVITE &&
	       (serve->identity.source == POLICY_TRUNK ||
		serve->identity.source == POLICY_LOGIN) &&
	       call_is_emergency(serve->worker, &serve->target,
				 &serve->identity);
}

void
serve_request(struct worker *worker, struct sip_server *server,
	      const struct sip_msg *msg, const struct sip_flow *from,
	      const struct sip_uri *uri)
{
	struct serve serve = { .worker = worker,
			       .server = server,
			       .msg = msg,
			       .from = from,
			       .uri = uri };
	bool is_known =
	    identity_find(worker, server, msg, from, uri, &serve.identity);

	/* once more for who has answered a challenge */
	for (int i = 0; i < 2 && is_known; i++) {
		if (classify(&serve) != 0) {
			worker->counters.out_of_memory++;
			proxy_reply(worker, server, 500, NULL, "");
			return;
		}
		if (is_for_help(&serve)) {
			call_begin(worker, server, msg, from, &serve.target,
				   &serve.identity);
			return;
		}
		serve.identity.rule = judge(&serve);
		if (serve.identity.rule->action != POLICY_CHALLENGE) {
			act(&serve);
			return;
		}
		is_known = identity_challenge(worker, server, msg, from, uri,
					      &serve.identity);
	}
}
