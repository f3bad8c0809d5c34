/* subscription.c - dialogs that are no calls: what SUBSCRIBE and REFER begin */
#include "lcrproxy/subscription.h"

#include "lcrproxy/caller_from.h"
#include "lcrproxy/dialog.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/taboo.h"

#define NO_ATTEMPT 0 /* hop of a token; those of calls begin at 1 */

bool
subscription_begins(enum sip_method method)
{
	return method == SIP_SUBSCRIBE || method == SIP_REFER;
}

bool
subscription_is(const struct token *token)
{
	return token->setup != 0 && token->hop == NO_ATTEMPT;
}

int
subscription_sign(struct worker *worker, const struct sip_msg *msg,
		  const struct subscription_facts *facts,
		  const struct addr *to, char out[TOKEN_LEN])
{
	const struct gateway *gateway = facts->gateway;
	bool has_id = gateway != NULL && !learnt_gateway_is(gateway);
	const struct token token = {
		.hop = NO_ATTEMPT,
		.node = worker->node->id,
		.account = facts->account->id,
		.gateway = has_id ? gateway->id
				  : token_mark(worker->keys, TOKEN_KEY_SIGNS,
					       to),
		.generation = snapshot_generation(facts->snapshot),
		.setup = facts->began,
		.space = facts->space,
	};

	return token_encode(worker->keys, &token, msg->call_id, msg->from_tag,
			    str_of(""), out);
}

/* Whether the first request went to this address. */
static bool
went_to(const struct worker *worker, const struct token *token,
	const struct addr *addr)
{
	const struct gateway *gateway;

	if ((token->gateway & TOKEN_MARK) != 0)
		return token->gateway ==
		       token_mark(worker->keys, token->key_id, addr);
	if (worker->snapshot == NULL)
		return false;
	gateway = snapshot_gateway_by_id(worker->snapshot, token->gateway);
	if (gateway == NULL)
		return false;
	return gateway->addr.family != 0
		       ? addr_eq_ip(&gateway->addr, addr)
		       : taboo_is_gateway(worker, worker->snapshot, addr);
}

bool
subscription_strays(const struct worker *worker, const struct token *token,
		    bool by_caller, const struct sip_msg *msg,
		    const struct addr *from, const struct addr *to)
{
	bool to_gateway = worker->snapshot == NULL ||
			  taboo_is_gateway(worker, worker->snapshot, to);

	if (!dialog_needs_token(msg))
		return false;
	if (!subscription_begins(msg->method))
		return true;
	if (!by_caller)
		return to_gateway || !went_to(worker, token, from);
	return to_gateway &&
	       (msg->method != SIP_SUBSCRIBE || !went_to(worker, token, to));
}

/* Whether who sends it is its own first hop: Contact is what it says of itself. */
static struct str
nat_of(struct worker *worker, const struct sip_msg *msg,
       const struct sip_flow *from)
{
	if (msg->first[SIP_HDR_RECORD_ROUTE] >= 0)
		return str_make("", 0);
	return nat_param(&worker->arena, msg, &from->addr);
}

struct str
subscription_route(struct worker *worker, const struct sip_msg *msg,
		   const struct sip_flow *from, const struct sip_flow *to,
		   bool is_secure)
{
	struct sip_name_addr own;
	struct proxy_route route = { .from = from,
				     .to = to,
				     .is_secure = is_secure };
	struct str params[2];

	if (sip_name_addr_parse(&worker->arena, sip_value(msg, SIP_HDR_ROUTE),
				&own, NULL) != 0)
		return str_make(NULL, 0);
	route.token = sip_uri_param(&own.uri, TOKEN_PARAM);
	params[0] = nat_of(worker, msg, from);
	params[1] = from_param_again(&worker->arena, &own.uri);
	if (route.token.p == NULL || params[0].p == NULL ||
	    params[1].p == NULL)
		return str_make(NULL, 0);
	route.params = arena_join(&worker->arena, params, 2);
	return route.params.p != NULL ? proxy_record_route(worker, &route)
				      : route.params;
}
