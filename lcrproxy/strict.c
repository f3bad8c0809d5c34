/* strict.c - neighbours that route strictly, as RFC 2543 did */
#include "lcrproxy/strict.h"

#include <string.h>

#include "acct/token.h"
#include "base/err.h"
#include "lcrproxy/proxy.h"
#include "sip/chars.h"
#include "sip/edit.h"

#define OWN_MAX 8 /* Routes to ourselves in a row: more are left alone */

/* Where the last Route value is. */
struct last_route {
	int row;
	size_t at, len; /* within the row's value */
};

static struct last_route
find_last(const struct sip_msg *msg)
{
	struct last_route last = { .row = msg->first[SIP_HDR_ROUTE] };
	struct str value;
	size_t n;

	while (msg->fields[last.row].next >= 0)
		last.row = msg->fields[last.row].next;
	value = sip_field_value(msg, &msg->fields[last.row]);
	for (;;) {
		n = sip_list_first_len(sip_skip(value, last.at));
		if (last.at + n >= value.len)
			break;
		last.at += n + 1;
	}
	last.len = n;
	return last;
}

static struct str
bracketed(struct worker *worker, struct str uri, const char *after)
{
	return arena_join(&worker->arena,
			  (const struct str[]){ str_of("<"), uri, str_of(">"),
						str_of(after) },
			  4);
}

/* The edited message, scanned, in the arena; NULL when it cannot be. */
static const struct sip_msg *
remake(struct worker *worker, const struct sip_edit *edit)
{
	size_t len = sip_edit_len(edit);
	char *text = arena_alloc(&worker->arena, len + 1);
	struct sip_msg *made = arena_alloc(&worker->arena, sizeof(*made));

	if (text == NULL || made == NULL ||
	    sip_edit_apply(edit, text, len, &len) != 0)
		return NULL;
	text[len] = '\0';
	return sip_scan(made, text, len, NULL) == 0 ? made : NULL;
}

/* 16.4: <ours>, the other Routes; the last one is where it goes. */
static const struct sip_msg *
take_last_route(struct worker *worker, const struct sip_msg *msg)
{
	const struct last_route last = find_last(msg);
	const struct sip_field *row = &msg->fields[last.row];
	struct str value = sip_field_value(msg, row);
	int first = msg->first[SIP_HDR_ROUTE];
	bool is_only = last.row == first && last.at == 0;
	struct sip_name_addr target;
	struct sip_edit edit;

	if (sip_name_addr_parse(&worker->arena, sip_skip(value, last.at),
				&target, NULL) != 0)
		return NULL;
	sip_edit_init(&edit, msg);
	sip_edit_splice(&edit, (size_t)(msg->ruri.p - msg->data), msg->ruri.len,
			target.uri.text);
	if (is_only) {
		sip_edit_set_value(&edit, first,
				   bracketed(worker, msg->ruri, ""));
		return remake(worker, &edit);
	}
	sip_edit_splice(&edit, msg->fields[first].value, 0,
			bracketed(worker, msg->ruri, ", "));
	if (last.at == 0)
		sip_edit_remove_row(&edit, last.row);
	else
		sip_edit_splice(&edit, row->value + last.at - 1,
				value.len - last.at + 1, str_make(NULL, 0));
	return remake(worker, &edit);
}

/* The second Route value; p == NULL without. */
static struct str
second_route(const struct sip_msg *msg, size_t first_len)
{
	const struct sip_field *row = &msg->fields[msg->first[SIP_HDR_ROUTE]];
	struct str value = sip_field_value(msg, row);

	if (first_len < value.len)
		return sip_skip(value, first_len + 1);
	if (row->next < 0)
		return str_make(NULL, 0);
	return sip_field_value(msg, &msg->fields[row->next]);
}

/* Take off the second value when it says nothing more than the first, or the
 * first when the second says more. NULL: neither. */
static const struct sip_msg *
drop_repeated(struct worker *worker, const struct sip_msg *msg)
{
	struct str value = sip_value(msg, SIP_HDR_ROUTE), token, next;
	struct sip_name_addr first, second;
	struct sip_edit edit;

	if (value.p == NULL ||
	    sip_name_addr_parse(&worker->arena, value, &first, NULL) != 0 ||
	    !proxy_is_us(worker, &first.uri))
		return NULL;
	next = sip_skip_lws(second_route(msg, first.len));
	if (next.p == NULL ||
	    sip_name_addr_parse(&worker->arena, next, &second, NULL) != 0 ||
	    !proxy_is_us(worker, &second.uri))
		return NULL;
	token = sip_uri_param(&second.uri, TOKEN_PARAM);
	sip_edit_init(&edit, msg);
	if (sip_uri_param(&first.uri, TOKEN_PARAM).p == NULL) {
		sip_edit_pop_value(&edit, SIP_HDR_ROUTE);
	} else if (token.p == NULL) {
		sip_edit_pop_value(&edit, SIP_HDR_ROUTE);
		msg = remake(worker, &edit);
		if (msg == NULL)
			return NULL;
		sip_edit_init(&edit, msg);
		sip_edit_splice(&edit,
				msg->fields[msg->first[SIP_HDR_ROUTE]].value,
				second.len, str_make(value.p, first.len));
	} else {
		return NULL; /* twice through here, or a pair of way.h */
	}
	return remake(worker, &edit);
}

static bool
is_own_record_route(const struct worker *worker, const struct sip_uri *uri)
{
	return uri->has_lr && sip_uri_param(uri, TOKEN_PARAM).p != NULL &&
	       proxy_is_us(worker, uri);
}

static bool
has_several_routes(const struct sip_msg *msg)
{
	const struct sip_field *row = &msg->fields[msg->first[SIP_HDR_ROUTE]];
	struct str value = sip_field_value(msg, row);

	return row->next >= 0 || sip_list_first_len(value) < value.len;
}

const struct sip_msg *
strict_loosen(struct worker *worker, const struct sip_msg *msg,
	      struct sip_uri *uri)
{
	const struct sip_msg *made;

	if (msg->first[SIP_HDR_ROUTE] < 0)
		return msg;
	if (is_own_record_route(worker, uri)) {
		made = take_last_route(worker, msg);
		if (made == NULL ||
		    sip_uri_parse(&worker->arena, made->ruri, uri) != 0)
			return msg;
		msg = made;
	}
	for (int i = 0; i < OWN_MAX && has_several_routes(msg); i++) {
		made = drop_repeated(worker, msg);
		if (made == NULL)
			break;
		msg = made;
	}
	return msg;
}

int
strict_tighten(struct worker *worker, size_t *len)
{
	struct sip_name_addr route;
	struct last_route last;
	struct sip_edit edit;
	struct sip_msg msg;
	struct str value;
	char *copy;
	int err = sip_scan(&msg, worker->scratch, *len, NULL);

	value = err == 0 ? sip_value(&msg, SIP_HDR_ROUTE) : str_make(NULL, 0);
	if (value.p == NULL ||
	    sip_name_addr_parse(&worker->arena, value, &route, NULL) != 0 ||
	    route.uri.has_lr)
		return err;
	last = find_last(&msg);
	sip_edit_init(&edit, &msg);
	sip_edit_splice(&edit, (size_t)(msg.ruri.p - msg.data), msg.ruri.len,
			route.uri.text);
	if (last.row == msg.first[SIP_HDR_ROUTE] && last.at == 0) {
		sip_edit_set_value(&edit, last.row,
				   bracketed(worker, msg.ruri, ""));
	} else {
		const struct sip_field *row = &msg.fields[last.row];

		sip_edit_pop_value(&edit, SIP_HDR_ROUTE);
		sip_edit_splice(
		    &edit, (size_t)row->value + row->value_len, 0,
		    arena_join(&worker->arena,
			       (const struct str[]){ str_of(", <"), msg.ruri,
						     str_of(">") },
			       3));
	}
	copy = arena_alloc(&worker->arena, SIP_MSG_MAX);
	if (copy == NULL)
		return ERR_NOMEM;
	err = sip_edit_apply(&edit, copy, SIP_MSG_MAX, len);
	if (err == 0)
		memcpy(worker->scratch, copy, *len);
	return err;
}
