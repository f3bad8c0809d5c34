/* redirect.c - gateways that answer 3xx (RFC 3261 8.1.3.4, 21.3) */
#include "lcrproxy/redirect.h"

#include <string.h>

#include "base/err.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/uri_hop.h"
#include "sip/chars.h"
#include "sip/value.h"

#define Q_MAX 1000

/* --- reading --- */

/* qvalue (25.1): 0 to 1 with up to three decimals, else as if there was none. */
static unsigned
read_q(struct str text)
{
	unsigned q = 0, weight = 100;

	if (text.len == 0 || text.p[0] == '1')
		return Q_MAX;
	if (text.p[0] != '0' || (text.len > 1 && text.p[1] != '.'))
		return Q_MAX;
	for (size_t i = 2; i < text.len && weight > 0; i++, weight /= 10) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return Q_MAX;
		q += (unsigned)(text.p[i] - '0') * weight;
	}
	return q;
}

/* q of what stands behind the URI of a Contact. */
static unsigned
q_of(struct str params)
{
	struct sip_param param;

	while (sip_param_next(&params, &param)) {
		if (sip_name_is(param.name, "q"))
			return read_q(param.value);
	}
	return Q_MAX;
}

/* Stable: of two alike the first stays in front. */
static void
insert(struct redirect_contact *list, size_t n,
       const struct redirect_contact *contact)
{
	while (n > 0 && list[n - 1].q < contact->q) {
		list[n] = list[n - 1];
		n--;
	}
	list[n] = *contact;
}

/* One Contact of a list. */
static bool
read_contact(struct arena *arena, struct str value, struct redirect_contact *out)
{
	struct sip_name_addr contact;
	struct str text;
	size_t end;

	if (sip_name_addr_parse(arena, value, &contact, NULL) != 0)
		return false;
	text = contact.uri.text;
	out->uri = text;
	out->q = Q_MAX;
	if (text.p < value.p || text.p > value.p + value.len)
		return true;
	end = (size_t)(text.p - value.p) + text.len;
	end += end < value.len && value.p[end] == '>';
	out->q = q_of(str_make(value.p + end, value.len - end));
	return true;
}

size_t
redirect_read(struct arena *arena, const struct sip_msg *msg,
	      struct redirect_contact out[REDIRECT_CONTACTS_MAX])
{
	int row = msg->first[SIP_HDR_CONTACT];
	size_t n = 0;

	for (; row >= 0; row = msg->fields[row].next) {
		struct str list = sip_field_value(msg, &msg->fields[row]);

		while (list.len > 0 && n < REDIRECT_CONTACTS_MAX) {
			struct redirect_contact contact;

			if (read_contact(arena, sip_list_next(&list), &contact))
				insert(out, n++, &contact);
		}
	}
	return n;
}

/* --- who may be asked --- */

static bool
is_named(const char *pattern, struct str host)
{
	size_t len = strlen(pattern);

	if (pattern[0] != '.')
		return str_eq_nocase(host, str_of(pattern));
	return host.len > len &&
	       str_eq_nocase(str_make(host.p + host.len - len, len),
			     str_of(pattern));
}

bool
redirect_is_listed(char *const *hosts, size_t n, struct str host,
		   const struct addr *addr)
{
	for (size_t i = 0; i < n; i++) {
		struct addr_net net;

		if (addr->family == 0 && is_named(hosts[i], host))
			return true;
		if (addr->family != 0 &&
		    addr_net_parse(str_of(hosts[i]), &net) == 0 &&
		    addr_net_has(&net, addr))
			return true;
	}
	return false;
}

/* A host of the carrier that redirects: that of one of its gateways. */
static bool
is_carriers(const struct call *call, const struct call_hop *hop,
	    const struct sip_uri *uri)
{
	size_t n = snapshot_n_gateways(call->snapshot);

	for (size_t i = 0; i < n; i++) {
		const struct gateway *gateway =
		    snapshot_gateway(call->snapshot, (uint32_t)i);
		struct str host = str_of(gateway->host);
		const char *colon;

		if (snapshot_carrier(call->snapshot, gateway->carrier) !=
		    hop->carrier)
			continue;
		if (gateway->addr.family != 0 || uri->addr.family != 0) {
			if (addr_eq_ip(&gateway->addr, &uri->addr))
				return true;
			continue;
		}
		colon = memchr(host.p, ':', host.len);
		if (colon != NULL)
			host.len = (size_t)(colon - host.p);
		if (str_eq_nocase(host, uri->host))
			return true;
	}
	return false;
}

static struct str
number_part(struct str user)
{
	const char *end = user.len > 0 ? memchr(user.p, ';', user.len) : NULL;

	if (end != NULL)
		user.len = (size_t)(end - user.p);
	return user.len > 0 && user.p[0] == '+' ? sip_skip(user, 1) : user;
}

/* Else a redirection could turn a cheap call into a dear one. */
static bool
is_same_number(const struct call *call, const struct sip_uri *uri)
{
	return str_eq(number_part(uri->user),
		      str_make(call->number.digits, call->number.len));
}

static bool
was_tried(const struct call *call, struct str uri)
{
	for (size_t i = 0; i < call->n_hops; i++) {
		const struct uri_hop *hop = call->hops[i].uri;

		if (hop != NULL &&
		    str_eq(str_make(hop->ruri, hop->ruri_len), uri))
			return true;
	}
	return false;
}

static bool
is_allowed(const struct call *call, const struct call_hop *hop, struct str text)
{
	const struct settings_routing *routing =
	    &call->worker->node->settings->routing;
	struct sip_uri uri;

	if (was_tried(call, text) || !secure_may_follow(call, text) ||
	    sip_uri_parse(&call->worker->arena, text, &uri) != 0 ||
	    sip_uri_param(&uri, "maddr").p != NULL)
		return false;
	return redirect_is_listed(routing->redirect_hosts.items,
				  routing->redirect_hosts.n, uri.host,
				  &uri.addr) ||
	       (hop->carrier != NULL && is_same_number(call, &uri) &&
		is_carriers(call, hop, &uri));
}

/* --- in a call --- */

static enum redirect_rule
rule_of(const struct attempt *attempt)
{
	const struct gateway *gateway = hop_of(attempt)->gateway;

	if (gateway != NULL && gateway->redirects != REDIRECT_PRESET)
		return gateway->redirects;
	return attempt->call->worker->tuning.redirects;
}

bool
redirect_is_ours(const struct attempt *attempt, const struct sip_msg *response)
{
	return response->status / 100 == 3 &&
	       rule_of(attempt) != REDIRECT_PASS;
}

void
redirect_follow(struct attempt *attempt, const struct sip_msg *response)
{
	struct call *call = attempt->call;
	struct redirect_contact contacts[REDIRECT_CONTACTS_MAX];
	struct uri_offer offers[REDIRECT_CONTACTS_MAX];
	const struct call_hop *hop = hop_of(attempt);
	size_t n, n_offers = 0;

	/* 305 and 380 ask for something else than another try */
	if (rule_of(attempt) != REDIRECT_FOLLOW || response->status > 302 ||
	    call->n_redirects >= REDIRECTS_MAX)
		return;
	n = redirect_read(&call->worker->arena, response, contacts);
	for (size_t i = 0; i < n; i++) {
		if (!is_allowed(call, hop, contacts[i].uri)) {
			log_info(call->worker->log,
				 "call %s: gateway %s redirects to %.*s, which "
				 "is not followed",
				 call->call_id, hop_text(hop),
				 STR_ARG(contacts[i].uri));
			continue;
		}
		offers[n_offers++] =
		    (struct uri_offer){ .uri = contacts[i].uri,
					.source = hop->source,
					.carrier = hop->carrier,
					.prefix = hop->prefix,
					.cost = hop->cost };
	}
	if (n_offers == 0)
		return;
	call->n_redirects++;
	call->worker->counters.redirects_followed++;
	if (call_add_uris(call, offers, n_offers, URI_HOPS_NEXT, NULL) != 0)
		call->worker->counters.out_of_memory++;
}
