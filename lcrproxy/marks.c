/* marks.c - our Via and Record-Route, and responses that go by their Vias */
#include "base/err.h"
#include "lcrproxy/place.h"
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

/* The Via value behind the top one, as a place: 0 or an error. */
static int
read_next_via(struct worker *worker, const struct sip_msg *msg,
	      struct sip_place *out)
{
	struct str rest = sip_value(msg, SIP_HDR_VIA);
	enum sip_transport transport;
	struct sip_via via;
	int err = sip_via_parse(&worker->arena, rest, &via, &rest);

	if (err == 0 && rest.p == NULL) {
		int row = msg->fields[msg->first[SIP_HDR_VIA]].next;

		if (row < 0)
			return ERR_END;
		rest = sip_field_value(msg, &msg->fields[row]);
	}
	if (err == 0)
		err = sip_via_parse(&worker->arena, rest, &via, NULL);
	if (err == 0)
		err = sip_transport_parse(via.transport, &transport);
	if (err == 0)
		err = addr_parse_ip(via.received.p != NULL ? via.received
							   : via.host,
				    &out->addr);
	if (err != 0)
		return err;
	out->transport = (uint8_t)transport;
	out->addr.port = via.rport != 0	 ? via.rport
			 : via.port != 0 ? via.port
					 : sip_transport_port(transport);
	return 0;
}

void
proxy_forward_stateless(struct worker *worker, struct sip_edit *edit)
{
	struct sip_place place;
	struct sip_flow to;
	size_t len;

	if (read_next_via(worker, edit->msg, &place) != 0 ||
	    place_flow(worker, &place, str_make(NULL, 0), -1, &to) != 0)
		return;
	sip_edit_forward_response(edit, place.transport);
	if (sip_edit_apply(edit, worker->scratch, SIP_MSG_MAX, &len) == 0)
		(void)worker_send(worker, &to, worker->scratch, len);
}
