/* present.c - what a hop is told of the caller */
#include "lcrproxy/present.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/caller_id.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/identity.h"

#define VALUES_MAX 2 /* of an identity header (RFC 3325 9.1) */

/* What a URI is to us: it has no wishes, and no trust. */
static const struct gateway stranger = { .caller_prefix = "" };

/* What is at hand while an INVITE is made. */
struct teller {
	const struct present_caller *who;
	const struct gateway *gateway;
	struct sip_edit *edit;
	const struct sip_msg *msg;
	bool is_hidden; /* the hop may not know who calls */
};

static struct str
join(const struct teller *t, const struct str *parts, size_t n)
{
	struct str text =
	    arena_join(&t->who->worker->arena, parts, n);

	if (text.p == NULL && t->edit->err == 0)
		t->edit->err = ERR_NOMEM;
	return text;
}

#define JOIN(t, ...)                                                       \
	join((t), (const struct str[]){ __VA_ARGS__ },                     \
	     sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

/* --- privacy --- */

/* ;privacy= of a Remote-Party-ID: everything but off hides. */
static bool
rpid_hides(struct arena *arena, struct str value)
{
	struct sip_name_addr who;
	struct str rest;

	if (sip_name_addr_parse(arena, value, &who, NULL) != 0)
		return false;
	rest = who.params;
	while (rest.p != NULL) {
		struct str setting = str_cut(&rest, ';');
		struct str name = str_trim(str_cut(&setting, '='));

		if (str_eq_nocase(name, str_of("privacy")))
			return !str_eq_nocase(str_trim(setting),
					      str_of("off"));
	}
	return false;
}

bool
present_hides(struct arena *arena, const struct sip_msg *msg)
{
	int row = msg->first[SIP_HDR_REMOTE_PARTY_ID];

	if (caller_id_wants(msg, "none"))
		return false;
	for (; row >= 0; row = msg->fields[row].next) {
		if (rpid_hides(arena, sip_field_value(msg, &msg->fields[row])))
			return true;
	}
	return caller_id_wants(msg, "id") || caller_id_wants(msg, "user");
}

/* --- numbers --- */

/* Whether the gateway wants numbers of callers in a form of its own. */
static bool
has_form(const struct teller *t)
{
	return t->gateway->caller_format != FORMAT_PRESET;
}

/* The user part that stands for a number; false where it stays as it is. */
static bool
write_user(const struct teller *t, const struct number *number,
	   char out[FROM_USER_MAX])
{
	return has_form(t) &&
	       plan_gateway_caller(t->gateway,
				   snapshot_numbering(t->who->snapshot),
				   number, out, FROM_USER_MAX) == 0;
}

/* The same for a party of the INVITE, in a sip URI. */
static bool
user_of(const struct teller *t, const struct sip_name_addr *who,
	char out[FROM_USER_MAX])
{
	struct number number;
	enum number_form form;

	return (who->uri.scheme == SIP_SCHEME_SIP ||
		who->uri.scheme == SIP_SCHEME_SIPS) &&
	       who->uri.user.p != NULL &&
	       number_normalise(&t->who->account->plan, who->uri.user, &number,
				&form) == 0 &&
	       write_user(t, &number, out);
}

/* Only the user part of the first party of a value, where it lies. */
static void
rewrite(const struct teller *t, struct str value)
{
	struct arena *arena = &t->who->worker->arena;
	struct str scheme, rest, user;
	struct sip_name_addr who;
	char text[FROM_USER_MAX];

	if (!has_form(t) ||
	    sip_name_addr_parse(arena, value, &who, NULL) != 0 ||
	    !user_of(t, &who, text) ||
	    !from_split_uri(who.uri.text, &scheme, &rest) ||
	    scheme.p < t->msg->data ||
	    rest.p > t->msg->data + t->msg->len)
		return;
	user = JOIN(t, str_of(text));
	if (user.p != NULL)
		sip_edit_splice(t->edit,
				(size_t)(scheme.p + scheme.len - t->msg->data),
				(size_t)(rest.p - scheme.p) - scheme.len, user);
}

static void
rewrite_list(const struct teller *t, struct str list)
{
	while (list.len > 0)
		rewrite(t, sip_list_next(&list));
}

static void
rewrite_rows(const struct teller *t, enum sip_header id)
{
	int row = t->msg->first[id];

	for (; row >= 0; row = t->msg->fields[row].next)
		rewrite_list(t, sip_field_value(t->msg, &t->msg->fields[row]));
}

static void
remove_rows(const struct teller *t, enum sip_header id)
{
	int row = t->msg->first[id];

	for (; row >= 0; row = t->msg->fields[row].next)
		sip_edit_remove_row(t->edit, row);
}

/* --- who is asserted --- */

/* The user part of a number of the account's own, as the hop wants it. */
static void
own_user(const struct teller *t, char out[FROM_USER_MAX])
{
	if (!write_user(t, t->who->identity, out))
		snprintf(out, FROM_USER_MAX, "+%s", t->who->identity->digits);
}

static struct str
own_uri(const struct teller *t)
{
	char user[FROM_USER_MAX];
	struct str uri;

	own_user(t, user);
	uri = from_own_uri(&t->who->worker->arena, user,
			   t->who->worker->node->identity->realm);
	if (uri.p == NULL && t->edit->err == 0)
		t->edit->err = ERR_NOMEM;
	return uri;
}

/* A party of the INVITE: its display name as it is, and its URI. */
static struct str
party_of(const struct teller *t, struct str value)
{
	struct sip_name_addr who;
	struct str scheme, rest, display;
	char user[FROM_USER_MAX];

	if (sip_name_addr_parse(&t->who->worker->arena, value, &who, NULL) !=
		0 ||
	    who.uri.text.p < value.p || who.uri.text.p > value.p + value.len)
		return str_make(NULL, 0);
	display = str_make(value.p, (size_t)(who.uri.text.p - value.p));
	if (display.len > 0 && display.p[display.len - 1] == '<')
		display.len--;
	if (user_of(t, &who, user) &&
	    from_split_uri(who.uri.text, &scheme, &rest))
		return JOIN(t, display, str_of("<"), scheme, str_of(user), rest,
			    str_of(">"));
	return JOIN(t, display, str_of("<"), who.uri.text, str_of(">"));
}

static void
add_identity(const struct teller *t, struct str party)
{
	bool is_rpid = t->gateway->identity == IDENTITY_RPID;
	const char *end = !is_rpid ? "\r\n"
			  : present_hides(&t->who->worker->arena, t->msg)
			      ? ";party=calling;screen=yes;privacy=full\r\n"
			      : ";party=calling;screen=yes;privacy=off\r\n";
	struct str line;

	if (party.p == NULL)
		return;
	line = JOIN(t,
		    str_of(is_rpid ? "Remote-Party-ID: "
				   : "P-Asserted-Identity: "),
		    party, str_of(end));
	if (line.p != NULL)
		sip_edit_add_before(t->edit, SIP_HDR_FROM, line);
}

/* What the INVITE asserts, in the one header that the gateway wants. */
static void
add_asserted(const struct teller *t)
{
	bool has_pai = t->msg->first[SIP_HDR_P_ASSERTED_IDENTITY] >= 0;
	int row = t->msg->first[has_pai ? SIP_HDR_P_ASSERTED_IDENTITY
					: SIP_HDR_REMOTE_PARTY_ID];
	int left = t->gateway->identity == IDENTITY_RPID ? 1 : VALUES_MAX;

	for (; row >= 0 && left > 0; row = t->msg->fields[row].next) {
		struct str list = sip_field_value(t->msg, &t->msg->fields[row]);

		while (list.len > 0 && left-- > 0)
			add_identity(
			    t, party_of(t, str_trim(sip_list_next(&list))));
	}
}

static void
tell_identity(const struct teller *t)
{
	bool is_own = t->who->identity->len > 0;
	bool is_told = !t->is_hidden && t->gateway->identity != IDENTITY_NONE &&
		       (is_own || t->who->account->trusted);

	if (is_own || t->is_hidden)
		remove_rows(t, SIP_HDR_P_PREFERRED_IDENTITY);
	if (is_told && !is_own && t->gateway->identity == IDENTITY_KEEP) {
		rewrite_rows(t, SIP_HDR_P_ASSERTED_IDENTITY);
		rewrite_rows(t, SIP_HDR_REMOTE_PARTY_ID);
		return;
	}
	remove_rows(t, SIP_HDR_P_ASSERTED_IDENTITY);
	remove_rows(t, SIP_HDR_REMOTE_PARTY_ID);
	if (is_told && is_own)
		add_identity(t, own_uri(t));
	else if (is_told)
		add_asserted(t);
}

/* --- From --- */

static void
choose_from(const struct teller *t, struct from_change *out)
{
	struct sip_name_addr who;

	*out = (struct from_change){ .kind = FROM_KEPT };
	if (t->is_hidden) {
		out->kind = FROM_ANONYMOUS;
	} else if (t->who->claims) {
		out->kind = FROM_OWN;
		own_user(t, out->user);
	} else if (has_form(t) &&
		   sip_name_addr_parse(&t->who->worker->arena,
				       sip_value(t->msg, SIP_HDR_FROM), &who,
				       NULL) == 0 &&
		   user_of(t, &who, out->user) &&
		   !str_eq_text(who.uri.user, out->user)) {
		out->kind = FROM_USER;
	}
}

/* --- the rest --- */

/* Whether one of a row's diversions is not for everybody (RFC 5806 4). */
static bool
is_private_diversion(struct str row)
{
	while (row.len > 0) {
		struct str value = sip_list_next(&row);

		while (value.p != NULL) {
			struct str setting = str_cut(&value, ';');
			struct str name = str_trim(str_cut(&setting, '='));

			if (str_eq_nocase(name, str_of("privacy")) &&
			    !str_eq_nocase(str_trim(setting), str_of("off")))
				return true;
		}
	}
	return false;
}

/* Whether all diversions of a row are from numbers that the account may show;
 * one that has none of its own is believed. */
static bool
are_its_own(const struct teller *t, struct str row)
{
	const struct present_caller *who = t->who;
	struct sip_name_addr from;
	enum number_form form;
	struct number number;

	while (who->identity->len > 0 && row.len > 0) {
		if (sip_name_addr_parse(&who->worker->arena,
					sip_list_next(&row), &from, NULL) != 0 ||
		    number_normalise(&who->account->plan, from.uri.user,
				     &number, &form) != 0 ||
		    snapshot_caller(who->snapshot, who->account, &number) !=
			CALLER_OWN)
			return false;
	}
	return true;
}

static void
tell_diversion(const struct teller *t)
{
	bool is_told =
	    t->who->account->trusted && !t->gateway->no_diversion;
	int row = t->msg->first[SIP_HDR_DIVERSION];

	for (; row >= 0; row = t->msg->fields[row].next) {
		struct str value = sip_field_value(t->msg, &t->msg->fields[row]);

		if (is_told && are_its_own(t, value) &&
		    (t->gateway->trusted || !is_private_diversion(value)))
			rewrite_list(t, value);
		else
			sip_edit_remove_row(t->edit, row);
	}
}

/* Headers that the message tables have no number for. */
static void
remove_named(const struct teller *t, const char *const *names, size_t n)
{
	for (int row = 0; row < t->msg->n_fields; row++) {
		const struct sip_field *field = &t->msg->fields[row];
		struct str name =
		    str_make(t->msg->data + field->line, field->name_len);

		for (size_t i = 0; field->id == SIP_HDR_OTHER && i < n; i++) {
			if (str_eq_nocase(name, str_of(names[i])))
				sip_edit_remove_row(t->edit, row);
		}
	}
}

/* What else tells of the user, as far as a proxy may take it off: RFC 3323 5.3
 * for user, 5.1 for header, whose other part only who ends calls can give. */
static void
remove_traces(const struct teller *t)
{
	static const char *const names[] = { "Call-Info", "Organization",
					     "Reply-To", "In-Reply-To" };
	bool of_user = caller_id_wants(t->msg, "user");

	if (t->gateway->trusted || caller_id_wants(t->msg, "none"))
		return;
	if (of_user) {
		remove_rows(t, SIP_HDR_SUBJECT);
		remove_rows(t, SIP_HDR_USER_AGENT);
	}
	if (of_user || caller_id_wants(t->msg, "header"))
		remove_named(t, names, of_user ? 4 : 2);
}

static void
tell(const struct present_caller *caller, const struct gateway *gateway,
     struct sip_edit *edit, struct from_change *change)
{
	struct arena *arena = &caller->worker->arena;
	struct teller t = { caller, gateway != NULL ? gateway : &stranger, edit,
			    edit->msg, false };

	t.is_hidden = !t.gateway->trusted && present_hides(arena, edit->msg);
	choose_from(&t, change);
	tell_identity(&t);
	from_edit(edit, arena, change, caller->worker->node->identity->realm);
	tell_diversion(&t);
	if (edit->msg->first[SIP_HDR_PRIVACY] >= 0)
		remove_traces(&t);
}

struct str
present_edit_other(const struct present_caller *caller,
		   const struct gateway *gateway, struct sip_edit *edit)
{
	struct from_change change;

	tell(caller, gateway, edit, &change);
	return from_param(&caller->worker->arena, &change, edit->msg->from_tag);
}

struct str
present_edit(const struct call *call, const struct call_hop *hop,
	     struct sip_edit *edit)
{
	const struct present_caller caller = { call->worker, call->snapshot,
					       call->account, &call->identity,
					       call->claims };

	if (call->emergency[0] != '\0')
		return str_make("", 0);
	return present_edit_other(&caller, hop->gateway, edit);
}
