/* marks.c - our Via and Record-Route, and responses without a transaction */
#include "lcrproxy/proxy.h"

struct str
proxy_via(struct worker *worker, const struct sip_flow *to, const char *branch)
{
	const struct listener *l = &worker->node->listeners.at[to->listener];

	return arena_join(&worker->arena,
			  (const struct str[]){ str_of(l->via),
						str_of(branch) },
			  2);
}

static struct str
route_of(const struct listener *l, bool is_secure)
{
	return str_of(is_secure && l->transport == SIP_TLS ? l->sips_route
							   : l->route);
}

struct str
proxy_record_route(struct worker *worker, const struct proxy_route *route)
{
	const struct listeners *listeners = &worker->node->listeners;
	const struct listener *to = &listeners->at[route->to->listener];
	const struct listener *from = &listeners->at[route->from->listener];
	const struct str end = { ">", 1 };
	const struct str parts[] = {
		route_of(to, route->is_secure), route->token, route->params,
		end, str_of(", "), route_of(from, route->is_secure),
		route->token, end,
	};

	/* RFC 5658 5.1: one for each side when they differ */
	return arena_join(&worker->arena, parts, from != to ? 8 : 4);
}

void
proxy_forward_late(struct worker *worker, const struct sip_flow *reply_to,
		   struct sip_edit *edit)
{
	struct sip_flow to = *reply_to;
	size_t len;

	sip_edit_forward_response(edit, (enum sip_transport)to.transport);
	if (sip_edit_apply(edit, worker->scratch, SIP_MSG_MAX, &len) == 0)
		(void)worker_send(worker, &to, worker->scratch, len);
}
