/* proxy.c - the checks of RFC 3261 16.3 and 16.4, in their order */
#include "lcrproxy/proxy.h"

#include <string.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/err.h"
#include "lcrproxy/admit.h"
#include "lcrproxy/call.h"
#include "lcrproxy/claim.h"
#include "lcrproxy/forger.h"
#include "lcrproxy/dialog.h"
#include "lcrproxy/forger.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/place.h"
#include "lcrproxy/records.h"
#include "lcrproxy/relay.h"
#include "lcrproxy/secure.h"
#include "lcrproxy/serve.h"
#include "lcrproxy/strict.h"
#include "lcrproxy/way.h"
#include "sip/edit.h"
#include "sip/value.h"

void
proxy_reply(struct worker *worker, struct sip_server *server, int status,
	    const char *reason, const char *headers)
{
	if (sip_server_reply(server, status, reason, str_of(headers)) != 0)
		worker->counters.out_of_memory++;
}

bool
proxy_is_us(const struct worker *worker, const struct sip_uri *uri)
{
	const struct node *node = worker->node;
	char *const *domains = node->settings->domains.items;

	if (listeners_find(&node->listeners, uri) >= 0)
		return true;
	if (uri->addr.family != 0)
		return false;
	for (size_t i = 0; i < node->settings->domains.n; i++) {
		if (str_eq_nocase(uri->host, str_of(domains[i])))
			return true;
	}
	return false;
}

static uint32_t
mix(uint32_t hash, struct str part)
{
	return crc32c(hash + 1, part.p, part.len);
}

static uint32_t
mix_rows(uint32_t hash, const struct sip_msg *msg, enum sip_header id)
{
	int row = msg->first[id];

	if (row < 0)
		return mix(hash, str_make(NULL, 0));
	for (; row >= 0; row = msg->fields[row].next)
		hash = mix(hash, sip_field_value(msg, &msg->fields[row]));
	return hash;
}

/* A checksum is enough: who makes two of his requests collide gets a 482 for
 * his own call. */
uint32_t
proxy_loop_hash(const struct worker *worker, const struct sip_msg *msg)
{
	uint32_t hash = mix(msg->cseq ^ worker->node->id, msg->ruri);

	hash = mix(hash, msg->call_id);
	hash = mix(hash, sip_value(msg, SIP_HDR_FROM));
	hash = mix(hash, sip_value(msg, SIP_HDR_TO));
	hash = mix_rows(hash, msg, SIP_HDR_ROUTE);
	return mix_rows(hash, msg, SIP_HDR_PROXY_REQUIRE);
}

/* --- 16.3 --- */

/* Whether a Via value was written by this node for the same request. */
static bool
is_own_via(const struct worker *worker, const struct sip_via *via,
	   uint32_t hash)
{
	uint32_t seen;

	return listeners_sent(&worker->node->listeners, via) &&
	       sip_branch_loop_hash(via->branch, &seen) && seen == hash;
}

static bool
is_loop(struct worker *worker, const struct sip_msg *msg)
{
	uint32_t hash = proxy_loop_hash(worker, msg);
	int row = msg->first[SIP_HDR_VIA];

	while (row >= 0) {
		struct str rest = sip_field_value(msg, &msg->fields[row]);

		while (rest.p != NULL) {
			struct sip_via via;

			if (sip_via_parse(&worker->arena, rest, &via, &rest) !=
			    0)
				return false;
			if (is_own_via(worker, &via, hash))
				return true;
		}
		row = msg->fields[row].next;
	}
	return false;
}

static bool
has_several_vias(const struct sip_msg *msg)
{
	const struct sip_field *top = &msg->fields[msg->first[SIP_HDR_VIA]];

	return top->next >= 0 ||
	       memchr(msg->data + top->value, ',', top->value_len) != NULL;
}

/* Max-Forwards: 0, a status to refuse with, and its phrase (step 3). */
static int
check_max_forwards(const struct sip_msg *msg, const char **reason)
{
	struct str value = sip_value(msg, SIP_HDR_MAX_FORWARDS);
	uint64_t hops;

	if (value.p == NULL)
		return 0;
	if (str_parse_u64(value, 255, &hops) != 0) {
		*reason = "Bad Max-Forwards";
		return 400;
	}
	return hops == 0 ? 483 : 0;
}

/* Whether a From or To is one name-addr or addr-spec. */
static bool
is_party(struct worker *worker, const struct sip_msg *msg, enum sip_header id)
{
	struct sip_name_addr party;
	struct str rest;

	return sip_name_addr_parse(&worker->arena, sip_value(msg, id), &party,
				   &rest) == 0 &&
	       rest.p == NULL;
}

/* What the scan leaves unread of step 1, of requests that begin something:
 * inside dialogs the tags alone matter. NULL or what to refuse with. */
static const char *
check_parties(struct worker *worker, const struct sip_msg *msg)
{
	if (msg->to_tag.p != NULL)
		return NULL;
	if (!is_party(worker, msg, SIP_HDR_FROM))
		return "Malformed From";
	return is_party(worker, msg, SIP_HDR_TO) ? NULL : "Malformed To";
}

/* All that Require or Proxy-Require asks for (8.2.2.3); "" without memory. */
static const char *
unsupported(struct worker *worker, const struct sip_msg *msg,
	    enum sip_header id)
{
	size_t cap = 1;
	struct wbuf w;
	char *out;

	for (int row = msg->first[id]; row >= 0; row = msg->fields[row].next)
		cap += sizeof("Unsupported: \r\n") + msg->fields[row].value_len;
	out = arena_alloc(&worker->arena, cap);
	if (out == NULL)
		return "";
	wbuf_init(&w, out, cap);
	for (int row = msg->first[id]; row >= 0; row = msg->fields[row].next) {
		wbuf_text(&w, "Unsupported: ");
		wbuf_str(&w, sip_field_value(msg, &msg->fields[row]));
		wbuf_text(&w, "\r\n");
	}
	out[w.len] = '\0';
	return out;
}

static bool
is_for_us(const struct worker *worker, const struct sip_msg *msg,
	  const struct sip_uri *uri)
{
	return msg->to_tag.p == NULL && msg->method == SIP_OPTIONS &&
	       uri->user.len == 0 && proxy_is_us(worker, uri);
}

/* Returns false when the request was refused. uri gets the Request-URI. */
static bool
validate(struct worker *worker, struct sip_server *server,
	 const struct sip_msg *msg, struct sip_uri *uri)
{
	const char *reason = NULL, *headers = "";
	int status = 0, err;

	/* 1, most of which the scan has done */
	reason = check_parties(worker, msg);
	err = sip_uri_parse(&worker->arena, msg->ruri, uri);
	/* 2: the scheme */
	if (reason != NULL) {
		status = 400;
	} else if (err != 0) {
		status = 400;
		reason = "Bad Request-URI";
	} else if (uri->scheme == SIP_SCHEME_OTHER) {
		status = 416;
	} else if (!sip_edit_has_room(msg)) {
		status = 513;
	}
	/* 3: what is for us goes nowhere (11) */
	if (status == 0 && !is_for_us(worker, msg, uri))
		status = check_max_forwards(msg, &reason);
	/* 4 */
	if (status == 0 && has_several_vias(msg) && is_loop(worker, msg))
		status = 482;
	/* 5: no extension is supported by force */
	if (status == 0 && msg->first[SIP_HDR_PROXY_REQUIRE] >= 0) {
		status = 420;
		headers = unsupported(worker, msg, SIP_HDR_PROXY_REQUIRE);
	}
	if (status == 0)
		return true;
	proxy_reply(worker, server, status, reason, headers);
	return false;
}

/* --- what it is --- */

/* The topmost Route, when it names us, or a node that shares our keys. */
static bool
own_route(struct worker *worker, const struct sip_msg *msg,
	  struct sip_name_addr *route, bool *is_bad)
{
	struct str value = sip_value(msg, SIP_HDR_ROUTE);

	*is_bad = false;
	if (value.p == NULL)
		return false;
	if (sip_name_addr_parse(&worker->arena, value, route, NULL) != 0) {
		*is_bad = true;
		return false;
	}
	return proxy_is_us(worker, &route->uri) ||
	       (msg->to_tag.p != NULL &&
		claim_is_ours(worker, msg, &route->uri));
}

/* By several of our names or addresses, it may be. */
static bool
has_own_routes_only(struct worker *worker, const struct sip_msg *msg)
{
	int row = msg->first[SIP_HDR_ROUTE];

	for (; row >= 0; row = msg->fields[row].next) {
		struct str rest = sip_field_value(msg, &msg->fields[row]);

		while (rest.p != NULL) {
			struct sip_name_addr route;

			if (sip_name_addr_parse(&worker->arena, rest, &route,
						&rest) != 0 ||
			    !proxy_is_us(worker, &route.uri))
				return false;
		}
	}
	return true;
}

/* 11.2: without Allow, which of a proxy says nothing. Nobody forces an extension
 * on us (8.2.2.3). */
static void
answer_options(struct worker *worker, struct sip_server *server,
	       const struct sip_msg *msg)
{
	if (msg->first[SIP_HDR_REQUIRE] >= 0)
		proxy_reply(worker, server, 420, NULL,
			    unsupported(worker, msg, SIP_HDR_REQUIRE));
	else
		proxy_reply(worker, server, 200, NULL,
			    "Accept: application/sdp\r\n"
			    "Accept-Encoding: identity\r\n"
			    "Accept-Language: en\r\nSupported:\r\n");
}

/* Whether the records can name this call (records.h). */
static bool
has_short_ids(const struct sip_msg *msg)
{
	return msg->call_id.len <= RECORD_ID_MAX &&
	       msg->from_tag.len <= RECORD_ID_MAX;
}

/* Whether an initial INVITE may begin at all; else it was answered. */
static bool
admits_invite(struct worker *worker, struct sip_server *server,
	      const struct sip_msg *msg)
{
	if (has_short_ids(msg))
		return true;
	worker->counters.refused_target++;
	proxy_reply(worker, server, 400, "Call-ID Or Tag Too Long", "");
	return false;
}

/* Whether this node takes nothing new: OPTIONS are told what an INVITE would be
 * (11.2). */
static bool
is_closed(struct worker *worker, struct sip_server *server)
{
	bool stops = worker->node->stopping || worker->snapshot == NULL;

	if (!stops && !worker->node->draining)
		return false;
	if (stops)
		worker->counters.refused_stopping++;
	else
		worker->counters.refused_draining++;
	proxy_reply(worker, server, 503, NULL, "Retry-After: 10\r\n");
	return true;
}

static void
begin_initial(struct worker *worker, struct sip_server *server,
	      const struct sip_msg *msg, const struct sip_flow *from,
	      const struct sip_uri *uri)
{
	if (msg->method == SIP_BYE || msg->method == SIP_PRACK ||
	    msg->method == SIP_UPDATE || msg->method == SIP_INFO) {
		proxy_reply(worker, server, 481, NULL, "");
	} else if (is_closed(worker, server)) {
		return;
	} else if (is_for_us(worker, msg, uri)) {
		answer_options(worker, server, msg);
	} else if (msg->method != SIP_INVITE ||
		   admits_invite(worker, server, msg)) {
		serve_request(worker, server, msg, from, uri);
	}
}

/* RFC 4028 8.1: false when the session interval was refused. */
static bool
check_session(struct worker *worker, struct sip_server *server,
	      const struct sip_msg *msg)
{
	const struct sip_session_rule *rule = &worker->node->session;
	const char *headers;

	if ((msg->method != SIP_INVITE && msg->method != SIP_UPDATE) ||
	    !sip_session_is_too_short(rule, msg))
		return true;
	worker->counters.refused_session++;
	headers =
	    arena_printf(&worker->arena, "Min-SE: %u\r\n", rule->min_s);
	proxy_reply(worker, server, 422, NULL, headers != NULL ? headers : "");
	return false;
}

static bool
admits(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	return admit_request(arg, msg, from);
}

static bool
answers(void *arg, const struct sip_flow *from)
{
	return admit_answer(arg, from);
}

static void
on_request(void *arg, struct sip_server *server, const struct sip_msg *msg,
	   const struct sip_flow *from)
{
	struct worker *worker = arg;
	struct sip_name_addr route;
	struct sip_uri uri;
	bool is_bad, is_ours;

	if (!validate(worker, server, msg, &uri) ||
	    !secure_check(worker, server, msg, from, &uri) ||
	    !check_session(worker, server, msg))
		return;
	if (msg->to_tag.p != NULL)
		msg = strict_loosen(worker, msg, &uri);
	is_ours = own_route(worker, msg, &route, &is_bad);
	if (is_bad)
		proxy_reply(worker, server, 400, "Bad Route", "");
	else if (msg->to_tag.p == NULL) {
		/* Nobody sends a new call through us to a place of his own
		 * choice: only our own Route is taken off. */
		if (msg->first[SIP_HDR_ROUTE] >= 0 &&
		    !(is_ours && has_own_routes_only(worker, msg)))
			proxy_reply(worker, server, 403, "Preloaded Route", "");
		else
			begin_initial(worker, server, msg, from, &uri);
	} else if (is_ours) {
		dialog_begin(worker, server, msg, &route, &uri);
	} else {
		forger_note(worker, from);
		proxy_reply(worker, server, 481, NULL, "");
	}
}

static void
on_ack(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	struct worker *worker = arg;
	struct sip_name_addr route;
	struct sip_uri uri;
	const char *reason;
	bool is_bad, has_uri;

	if (!forger_is_heard(worker, msg, from))
		return;
	has_uri = sip_uri_parse(&worker->arena, msg->ruri, &uri) == 0;
	if (has_uri)
		msg = strict_loosen(worker, msg, &uri);
	if (own_route(worker, msg, &route, &is_bad) &&
	    check_max_forwards(msg, &reason) == 0)
		forward_ack(worker, msg, from, &route, has_uri ? &uri : NULL);
}

static void
on_cancel(void *arg, struct sip_server *server, const struct sip_msg *msg)
{
	struct proxied *proxied = sip_server_user(server);

	(void)arg;
	if (proxied == NULL)
		return;
	if (proxied->kind == PROXIED_CALL)
		call_cancel((struct call *)(void *)proxied, msg);
	else if (proxied->kind == PROXIED_DIALOG)
		dialog_cancel((struct dialog *)(void *)proxied, msg);
}

static void
on_stray(void *arg, const struct sip_msg *msg, const struct sip_flow *from)
{
	struct worker *worker = arg;
	char text[ADDR_TEXT_MAX];

	log_debug(worker->log, "peer %s: response %d without a transaction",
		  addr_format(&from->addr, text), msg->status);
}

static void
on_server_gone(void *arg, struct sip_server *server, void *user)
{
	struct proxied *proxied = user;

	(void)arg;
	(void)server;
	if (proxied == NULL)
		return;
	if (proxied->kind == PROXIED_CALL)
		call_server_gone((struct call *)(void *)proxied);
	else if (proxied->kind == PROXIED_RELAY)
		relay_server_gone((struct relay *)(void *)proxied);
	else
		dialog_server_gone((struct dialog *)(void *)proxied);
}

void
proxy_user(struct worker *worker, struct sip_user *user)
{
	*user = (struct sip_user){
		.arg = worker,
		.admits = admits,
		.answers = answers,
		.on_request = on_request,
		.on_cancel = on_cancel,
		.on_ack = on_ack,
		.on_stray = on_stray,
		.on_server_gone = on_server_gone,
	};
}
