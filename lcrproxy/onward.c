/* onward.c - a request inside a dialog, as it goes on */
#include "lcrproxy/onward.h"

#include "base/err.h"
#include "lcrproxy/nat.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/strict.h"
#include "lcrproxy/way.h"

static bool
has_further_route(const struct sip_msg *msg)
{
	const struct sip_field *row = &msg->fields[msg->first[SIP_HDR_ROUTE]];
	struct str value = sip_field_value(msg, row);

	return row->next >= 0 || sip_list_first_len(value) < value.len;
}

int
onward_hop(struct worker *worker, const struct sip_msg *msg,
	   const struct sip_name_addr *route, const struct sip_uri *uri,
	   struct addr *to)
{
	int err = way_next_hop(&worker->arena, msg, route, uri, to);

	if (err == 0 && !has_further_route(msg))
		nat_reach(&route->uri, to);
	return err;
}

int
onward_build(struct worker *worker, const struct sip_msg *msg,
	     const struct addr *from, struct sip_session *session, size_t *len)
{
	char branch[SIP_BRANCH_LEN + 1];
	struct sip_forward forward = { .pop_route = true, .from = from };
	struct sip_edit edit;
	int err;

	sip_branch_make(worker->txns, proxy_loop_hash(worker, msg), branch);
	forward.via = proxy_via(worker, branch);
	if (forward.via.p == NULL)
		return ERR_NOMEM;
	sip_edit_init(&edit, msg);
	sip_edit_forward_request(&edit, &worker->arena, &forward);
	if (session != NULL)
		sip_session_ask(&worker->node->session, &edit, &worker->arena,
				session);
	err = sip_edit_apply(&edit, worker->scratch, SIP_MSG_MAX, len);
	if (err == 0 && has_further_route(msg))
		err = strict_tighten(worker, len);
	return err;
}
