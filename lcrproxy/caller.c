/* caller.c - own numbers before others, and a From that says the same */
#include "lcrproxy/caller.h"

#include <string.h>

#include "base/err.h"
#include "lcrproxy/caller_id.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/identity.h"

/* The number in a name-addr, as the account dials it: false when there is none
 * of its own. */
static bool
is_own(struct worker *worker, const struct call_intake *intake,
       struct str value, struct number *out)
{
	struct sip_name_addr who;
	enum number_form form;

	return sip_name_addr_parse(&worker->arena, value, &who, NULL) == 0 &&
	       number_normalise(&intake->account->plan, who.uri.user, out,
				&form) == 0 &&
	       snapshot_caller(worker->snapshot, intake->account, out) ==
		   CALLER_OWN;
}

/* Both identity headers may have two values, a sip and a tel URI (RFC 3325 9.1,
 * 9.2): in rows of their own or in one. */
static bool
find_own(struct worker *worker, const struct sip_msg *msg,
	 const struct call_intake *intake, enum sip_header id,
	 struct number *out)
{
	int row = msg->first[id];

	for (; row >= 0; row = msg->fields[row].next) {
		struct str list = sip_field_value(msg, &msg->fields[row]);

		while (list.len > 0) {
			size_t n = sip_list_first_len(list);

			if (is_own(worker, intake, str_make(list.p, n), out))
				return true;
			n += n < list.len; /* the comma */
			list = str_make(list.p + n, list.len - n);
		}
	}
	return false;
}

/* RFC 3323 4.1: the caller hides, nothing is claimed. */
static bool
is_anonymous(struct worker *worker, struct str from)
{
	struct sip_name_addr who;

	return sip_name_addr_parse(&worker->arena, from, &who, NULL) == 0 &&
	       (str_eq_nocase(who.uri.host, str_of("anonymous.invalid")) ||
		str_eq_nocase(who.uri.user, str_of("anonymous")));
}

bool
caller_choose(struct worker *worker, const struct sip_msg *msg,
	      struct call_intake *intake, struct refusal *why)
{
	struct str from = sip_value(msg, SIP_HDR_FROM);
	const struct snapshot *snapshot = worker->snapshot;
	struct number number = { .len = 0 };
	bool is_from;

	if (snapshot_caller(snapshot, intake->account, &number) == CALLER_ANY)
		return true;
	is_from = is_own(worker, intake, from, &number);
	intake->identity = number;
	if (!find_own(worker, msg, intake, SIP_HDR_P_PREFERRED_IDENTITY,
		      &intake->identity) &&
	    !find_own(worker, msg, intake, SIP_HDR_P_ASSERTED_IDENTITY,
		      &intake->identity) &&
	    !is_own(worker, intake, from, &intake->identity) &&
	    !snapshot_caller_preset(snapshot, intake->account,
				    &intake->identity)) {
		*why = refusal_of(403, 21, "caller number is not the account's",
				  &worker->counters.refused_caller);
		return false;
	}
	if (!is_from && !is_anonymous(worker, from)) {
		worker->counters.callers_replaced++;
		intake->from = from;
	}
	intake->asserted = str_make(intake->identity.digits,
				    intake->identity.len);
	return true;
}

static struct str
uri_of(const struct call *call)
{
	const char *domain = call->worker->node->identity->realm;
	bool is_ip6 = strchr(domain, ':') != NULL;

	return arena_join(&call->worker->arena,
			  (const struct str[]){ str_of("<sip:+"),
						str_of(call->identity.digits),
						str_of(is_ip6 ? "@[" : "@"),
						str_of(domain),
						str_of(is_ip6 ? "]>" : ">") },
			  5);
}

static void
remove_rows(struct sip_edit *edit, enum sip_header id)
{
	int row = edit->msg->first[id];

	for (; row >= 0; row = edit->msg->fields[row].next)
		sip_edit_remove_row(edit, row);
}

/* A From that claims somebody else's number: its tag stays. */
static void
replace_from(const struct call *call, struct str uri, struct sip_edit *edit)
{
	struct str tag = str_of(call->from_tag);
	struct str value = arena_join(
	    &call->worker->arena,
	    (const struct str[]){ uri, str_of(tag.len > 0 ? ";tag=" : ""),
				  tag },
	    3);

	if (value.p == NULL)
		edit->err = ERR_NOMEM;
	else
		sip_edit_set_value(edit, edit->msg->first[SIP_HDR_FROM],
				   value);
}

/* RFC 3325 7: who wants privacy is not told to those outside. */
static bool
may_know(const struct call_hop *hop, const struct sip_msg *msg)
{
	return hop_is_trusted(hop) || !caller_id_wants(msg, "id");
}

void
caller_edit(const struct call *call, const struct call_hop *hop,
	    struct sip_edit *edit)
{
	struct str uri, line;

	if (call->emergency[0] != '\0')
		return;
	if (call->identity.len == 0) {
		caller_id_edit(edit, call->account, hop_is_trusted(hop));
		return;
	}
	uri = uri_of(call);
	line = arena_join(&call->worker->arena,
			  (const struct str[]){
			      str_of("P-Asserted-Identity: "), uri,
			      str_of("\r\n") },
			  3);
	if (uri.p == NULL || line.p == NULL) {
		edit->err = ERR_NOMEM;
		return;
	}
	remove_rows(edit, SIP_HDR_P_PREFERRED_IDENTITY);
	remove_rows(edit, SIP_HDR_P_ASSERTED_IDENTITY);
	remove_rows(edit, SIP_HDR_REMOTE_PARTY_ID);
	if (may_know(hop, edit->msg))
		sip_edit_add_before(edit, SIP_HDR_FROM, line);
	if (call->from != NULL)
		replace_from(call, uri, edit);
}

void
caller_restore(const struct call *call, struct sip_edit *edit)
{
	cseq_edit(edit, &call->worker->arena, call->cseq);
	if (call->from != NULL)
		sip_edit_set_value(edit, edit->msg->first[SIP_HDR_FROM],
				   str_of(call->from));
}
