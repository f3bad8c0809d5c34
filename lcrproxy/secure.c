/* secure.c - what sips: promises, and what this proxy does to keep it */
#include "lcrproxy/secure.h"

#include "base/err.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/proxy.h"
#include "sip/value.h"

#define SCHEME_LEN 4 /* of "sips" */

static bool
begins_dialog(enum sip_method method)
{
	return method == SIP_INVITE || method == SIP_SUBSCRIBE ||
	       method == SIP_REFER;
}

/* 8.1.1.8: the Contact of a dialog to be has to be sips:, where the Request-URI
 * is. */
static bool
has_consistent_contact(struct worker *worker, const struct sip_msg *msg)
{
	struct str value = sip_value(msg, SIP_HDR_CONTACT);
	struct sip_name_addr contact;

	if (!begins_dialog(msg->method) || value.p == NULL)
		return true;
	return sip_name_addr_parse(&worker->arena, value, &contact, NULL) ==
		   0 &&
	       contact.uri.scheme == SIP_SCHEME_SIPS;
}

bool
secure_check(struct worker *worker, struct sip_server *server,
	     const struct sip_msg *msg, const struct sip_flow *from,
	     const struct sip_uri *uri)
{
	bool is_inside = msg->to_tag.p != NULL;

	if (uri->scheme != SIP_SCHEME_SIPS)
		return true;
	if (from->transport != SIP_TLS && !(is_inside && msg->method == SIP_BYE))
		proxy_reply(worker, server, 403, "SIPS Needs TLS", "");
	else if (!is_inside && !has_consistent_contact(worker, msg))
		proxy_reply(worker, server, 400, "SIPS Needs A SIPS Contact",
			    "");
	else
		return true;
	worker->counters.refused_target++;
	return false;
}

struct str
secure_ruri(struct arena *arena, struct str uri, bool is_secure)
{
	if (is_secure || !sip_uri_is_sips(uri))
		return uri;
	return arena_join(arena,
			  (const struct str[]){
			      str_of("sip"), str_make(uri.p + SCHEME_LEN,
						      uri.len - SCHEME_LEN) },
			  2);
}

bool
secure_may_go(const struct call *call, const struct call_hop *hop)
{
	return !call->is_secure || call->emergency[0] != '\0' ||
	       hop_is_secure(hop);
}

bool
secure_has_hop(const struct call *call)
{
	for (size_t i = 0; i < call->n_hops; i++) {
		if (secure_may_go(call, &call->hops[i]))
			return true;
	}
	return call->n_hops == 0 && !call->is_secure;
}

bool
secure_may_follow(const struct call *call, struct str uri)
{
	return sip_uri_is_sips(uri) == call->is_secure;
}
