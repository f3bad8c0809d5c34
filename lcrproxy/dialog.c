/* dialog.c - forwarding inside dialogs, and the STOP of an answered BYE */
#include "lcrproxy/dialog.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/records.h"

/* Tags by side, as the token's signature wants them. */
struct sides {
	struct str caller, callee;
};

static int
decode_as(struct worker *worker, const struct sip_msg *msg, struct str text,
	  const struct sides *sides, struct token *out)
{
	return token_decode(worker->keys, text, msg->call_id, sides->caller,
			    sides->callee, clock_wall(&worker->clock),
			    worker->node->settings->record_route.max_age_s,
			    out);
}

/*
 * Who sends this: the caller's From tag was signed when it called, so the
 * signature fits one way round only. Returns 0 or the error of the token.
 */
static int
read_token(struct worker *worker, const struct sip_msg *msg, struct str text,
	   bool *by_caller, struct token *out)
{
	struct str from = sip_tag(sip_value(msg, SIP_HDR_FROM));
	struct str to = sip_tag(sip_value(msg, SIP_HDR_TO));
	struct sides as_caller = { from, to }, as_callee = { to, from };
	int err;

	if (text.p == NULL)
		return ERR_NOTFOUND;
	if (as_caller.caller.p == NULL)
		as_caller.caller = str_of("");
	err = decode_as(worker, msg, text, &as_caller, out);
	*by_caller = err == 0;
	if (err == ERR_AUTH) {
		err = decode_as(worker, msg, text, &as_callee, out);
	}
	return err;
}

static void
count_token(struct worker *worker, const struct sip_msg *msg, int err)
{
	struct counters *counters = &worker->counters;

	if (err == 0) {
		counters->token_valid++;
		return;
	}
	if (err == ERR_NOTFOUND)
		counters->token_missing++;
	else if (err == ERR_EXPIRED)
		counters->token_expired++;
	else
		counters->token_forged++;
	log_warning(worker->log, "call %.*s: %.*s without a valid token, %s",
		    STR_ARG(msg->call_id), STR_ARG(msg->method_text),
		    err == ERR_NOTFOUND ? "none there" : err_text(err));
}

/* What may open new legs or move the call needs a valid token; what ends or
 * reports passes by the rules of RFC 3261. */
static bool
needs_token(const struct sip_msg *msg)
{
	switch (msg->method) {
	case SIP_INVITE:
	case SIP_REFER:
	case SIP_SUBSCRIBE:
	case SIP_MESSAGE:
	case SIP_PUBLISH:
	case SIP_REGISTER:
	case SIP_METHOD_OTHER:
		return true;
	default:
		return false;
	}
}

/* The Route value behind the first one, p == NULL without. */
static struct str
second_route(const struct sip_msg *msg, const struct sip_name_addr *first)
{
	const struct sip_field *row = &msg->fields[msg->first[SIP_HDR_ROUTE]];
	struct str value = sip_field_value(msg, row);

	if (first->len < value.len)
		return str_make(value.p + first->len + 1,
				value.len - first->len - 1);
	if (row->next < 0)
		return str_make(NULL, 0);
	return sip_field_value(msg, &msg->fields[row->next]);
}

/* Where a request goes once our Route, the first, is off it: the next Route,
 * else the Request-URI (16.6 step 6), parsed already when uri is not NULL. 0,
 * ERR_SYNTAX, ERR_UNSUPPORTED (a name). */
static int
next_hop(struct worker *worker, const struct sip_msg *msg,
	 const struct sip_name_addr *first, const struct sip_uri *uri,
	 struct addr *out)
{
	struct sip_name_addr route;
	struct sip_uri parsed;
	struct str next = second_route(msg, first);
	int err = 0;

	if (next.p != NULL) {
		err = sip_name_addr_parse(&worker->arena, next, &route, NULL);
		uri = &route.uri;
	} else if (uri == NULL) {
		err = sip_uri_parse(&worker->arena, msg->ruri, &parsed);
		uri = &parsed;
	}
	if (err != 0)
		return err;
	*out = uri->addr;
	return uri->addr.family != 0 ? 0 : ERR_UNSUPPORTED;
}

static int
build(struct worker *worker, const struct sip_msg *msg, const struct addr *from,
      size_t *len)
{
	char branch[SIP_BRANCH_LEN + 1];
	struct sip_forward forward = { .pop_route = true, .from = from };
	struct sip_edit edit;

	sip_branch_make(worker->txns, proxy_loop_hash(worker, msg), branch);
	forward.via = proxy_via(worker, branch);
	if (forward.via.p == NULL)
		return ERR_NOMEM;
	sip_edit_init(&edit, msg);
	sip_edit_forward_request(&edit, &worker->arena, &forward);
	return sip_edit_apply(&edit, worker->scratch, SIP_MSG_MAX, len);
}

static struct str
bye_id(const struct dialog *dialog, int which)
{
	size_t at = 0;

	for (int i = 0; i < which; i++)
		at += dialog->ids_len[i];
	return str_make(dialog->bye_ids + at, dialog->ids_len[which]);
}

static void
stop(struct dialog *dialog, int status)
{
	struct stop_fact fact = {
		.token = &dialog->token,
		.call_id = bye_id(dialog, 0),
		.caller_tag = bye_id(dialog, 1),
		.callee_tag = bye_id(dialog, 2),
		.end = dialog->received,
		.by = dialog->by_caller ? CDR_END_CALLER : CDR_END_CALLEE,
		.bye_status = status,
	};

	record_stop(dialog->worker, &fact);
	live_remove(&dialog->worker->live, fact.call_id, fact.caller_tag,
		    fact.callee_tag);
}

/* Whether this answer to a BYE means that the dialog is over for the side
 * that got it: 2xx, 481, 408 (RFC 3261 15.1.1). */
static bool
ends_dialog(int status)
{
	return status / 100 == 2 || status == 481 || status == 408;
}

static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	struct dialog *dialog = arg;
	struct sip_edit edit;

	(void)client;
	if (dialog->is_bye && dialog->token.setup != 0 &&
	    ends_dialog(msg->status))
		stop(dialog, msg->status);
	if (msg->status == 100)
		return;
	sip_edit_init(&edit, msg);
	if (dialog->server == NULL ||
	    sip_server_relay(dialog->server, &edit) != 0) {
		if (msg->cseq_id == SIP_INVITE && msg->status / 100 == 2)
			proxy_forward_stateless(dialog->worker, &edit);
	}
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	struct dialog *dialog = arg;

	(void)client;
	/* Who said BYE is gone, whether the other side hears it or not. */
	if (dialog->is_bye && dialog->token.setup != 0)
		stop(dialog, 0);
	if (dialog->server == NULL || sip_server_has_final(dialog->server))
		return;
	/* RFC 4320 4.2 forbids a late 408; an undeliverable request is not
	 * late. */
	proxy_reply(dialog->worker, dialog->server, err == ERR_IO ? 500 : 408,
		    err == ERR_IO ? "Next Hop Unreachable" : NULL, "");
}

static struct dialog *
make(struct worker *worker)
{
	struct dialog *dialog = mem_zalloc(1, sizeof(*dialog));

	if (dialog == NULL)
		return NULL;
	dialog->proxied.kind = PROXIED_DIALOG;
	dialog->worker = worker;
	dialog->next = worker->dialogs;
	dialog->link = &worker->dialogs;
	if (dialog->next != NULL)
		dialog->next->link = &dialog->next;
	worker->dialogs = dialog;
	return dialog;
}

static void
drop(struct dialog *dialog)
{
	*dialog->link = dialog->next;
	if (dialog->next != NULL)
		dialog->next->link = dialog->link;
	mem_free(dialog->bye_ids);
	mem_free(dialog);
}

static void
release(struct dialog *dialog)
{
	if (dialog->server == NULL && dialog->client == NULL)
		drop(dialog);
}

static void
on_gone(void *arg, struct sip_client *client)
{
	struct dialog *dialog = arg;

	(void)client;
	dialog->client = NULL;
	release(dialog);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

static int
keep_bye_ids(struct dialog *dialog, const struct sip_msg *msg)
{
	struct str from = sip_tag(sip_value(msg, SIP_HDR_FROM));
	struct str to = sip_tag(sip_value(msg, SIP_HDR_TO));
	const struct str ids[3] = { msg->call_id,
				    dialog->by_caller ? from : to,
				    dialog->by_caller ? to : from };
	char *at = mem_alloc(ids[0].len + ids[1].len + ids[2].len + 1);

	if (at == NULL)
		return ERR_NOMEM;
	dialog->bye_ids = at;
	for (int i = 0; i < 3; i++) {
		dialog->ids_len[i] = (uint16_t)ids[i].len;
		if (ids[i].len > 0)
			memcpy(at, ids[i].p, ids[i].len);
		at += ids[i].len;
	}
	return 0;
}

static int
send_on(struct dialog *dialog, const struct sip_msg *msg,
	const struct addr *from, const struct sip_name_addr *route,
	const struct sip_uri *uri)
{
	struct worker *worker = dialog->worker;
	struct addr to;
	size_t len;
	int err = next_hop(worker, msg, route, uri, &to);

	if (err == 0 && dialog->is_bye && dialog->token.setup != 0)
		err = keep_bye_ids(dialog, msg);
	if (err == 0)
		err = build(worker, msg, from, &len);
	if (err == 0)
		err = sip_client_start(worker->txns, &to, worker->scratch, len,
				       &events, dialog, &dialog->client);
	return err;
}

static void
refuse(struct worker *worker, struct sip_server *server, int err)
{
	if (err == ERR_SYNTAX)
		proxy_reply(worker, server, 400, "Bad Route or Request-URI",
			    "");
	else if (err == ERR_UNSUPPORTED)
		proxy_reply(worker, server, 502, "Next Hop Is Not An Address",
			    "");
	else
		proxy_reply(worker, server, 500, NULL, "");
}

void
dialog_begin(struct worker *worker, struct sip_server *server,
	     const struct sip_msg *msg, const struct addr *from,
	     const struct sip_name_addr *route, const struct sip_uri *uri)
{
	struct dialog *dialog = make(worker);
	int err;

	worker->counters.dialog_requests++;
	if (dialog == NULL) {
		proxy_reply(worker, server, 500, NULL, "");
		return;
	}
	dialog->received = clock_wall(&worker->clock);
	dialog->is_bye = msg->method == SIP_BYE;
	err = read_token(worker, msg, sip_uri_param(&route->uri, TOKEN_PARAM),
			 &dialog->by_caller, &dialog->token);
	count_token(worker, msg, err);
	if (err != 0)
		dialog->token.setup = 0;
	if (err != 0 && needs_token(msg)) {
		drop(dialog);
		proxy_reply(worker, server, 403, "Not A Call Of This Proxy",
			    "");
		return;
	}
	dialog->server = server;
	sip_server_set_user(server, dialog);
	err = send_on(dialog, msg, from, route, uri);
	if (err != 0)
		refuse(worker, server, err);
}

void
dialog_ack(struct worker *worker, const struct sip_msg *msg,
	   const struct addr *from, const struct sip_name_addr *route)
{
	struct addr to;
	size_t len;

	if (next_hop(worker, msg, route, NULL, &to) == 0 &&
	    build(worker, msg, from, &len) == 0)
		worker_send(worker, &to, worker->scratch, len);
}

void
dialog_cancel(struct dialog *dialog, const struct sip_msg *cancel)
{
	(void)cancel;
	if (dialog->client != NULL)
		sip_client_cancel(dialog->client, str_of(""));
}

void
dialog_server_gone(struct dialog *dialog)
{
	dialog->server = NULL;
	release(dialog);
}

void
dialogs_free(struct worker *worker)
{
	while (worker->dialogs != NULL)
		drop(worker->dialogs);
}
