/* marks.c - our Via and Record-Route, and responses without a transaction */
#include "lcrproxy/nat.h"
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

/* What tells the other side where this one really is goes where the request told
 * the same of the other. is_top: ours is the first hop of this side. */
static void
edit_nat(struct worker *worker, const struct proxy_mark *mark,
	 struct sip_edit *edit, struct str after, bool is_top)
{
	size_t cut = nat_param_len(after);
	struct str param = str_make("", 0);

	if (is_top)
		param = nat_param(&worker->arena, edit->msg, mark->from);
	sip_edit_splice(edit, (size_t)(after.p - edit->msg->data), cut, param);
}

/* One value of a Record-Route; is_top: the sender goes by it, or by others of
 * ours. Returns whether it is ours. */
static bool
edit_value(struct worker *worker, const struct proxy_mark *mark,
	   struct sip_edit *edit, struct str value, bool is_top)
{
	const char *at = token_find(value, mark->token);
	size_t end;

	if (at == NULL)
		return false;
	end = (size_t)(at - value.p) + TOKEN_LEN;
	if (mark->anew != NULL)
		sip_edit_splice(edit, (size_t)(at - edit->msg->data), TOKEN_LEN,
				str_make(mark->anew, TOKEN_LEN));
	edit_nat(worker, mark, edit, str_make(value.p + end, value.len - end),
		 is_top);
	return true;
}

/* Of two (RFC 5658) the last is the first hop of who gets the response. */
void
proxy_edit_record_route(struct worker *worker, const struct proxy_mark *mark,
			struct sip_edit *edit)
{
	const struct sip_msg *msg = edit->msg;
	int row = msg->first[SIP_HDR_RECORD_ROUTE];
	int left = mark->n;
	bool is_top = true;

	for (; row >= 0 && left > 0; row = msg->fields[row].next) {
		struct str rest = sip_field_value(msg, &msg->fields[row]);

		while (rest.len > 0 && left > 0) {
			if (edit_value(worker, mark, edit, sip_list_next(&rest),
				       is_top && left == 1))
				left--;
			else
				is_top = false;
		}
	}
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
