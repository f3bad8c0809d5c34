/* caller.c - own numbers before others, and a From that says the same */
#include "lcrproxy/caller.h"

#include <string.h>

#include "base/err.h"
#include "lcrproxy/caller_from.h"
#include "lcrproxy/caller_id.h"
#include "lcrproxy/cseq.h"

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
			if (is_own(worker, intake, sip_list_next(&list), out))
				return true;
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

/* RFC 3323 5: what is critical is done, or the request fails. */
static bool
can_hide(struct worker *worker, const struct sip_msg *msg, struct refusal *why)
{
	const char *phrase = caller_id_demands(msg);

	if (phrase == NULL)
		return true;
	*why = refusal_of(500, 79, "critical privacy is not possible",
			  &worker->counters.refused_caller);
	why->phrase = phrase;
	return false;
}

bool
caller_choose(struct worker *worker, const struct sip_msg *msg,
	      struct call_intake *intake, struct refusal *why)
{
	struct str from = sip_value(msg, SIP_HDR_FROM);
	const struct snapshot *snapshot = worker->snapshot;
	struct number number = { .len = 0 };
	bool is_from;

	intake->from = from;
	if (!can_hide(worker, msg, why))
		return false;
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
		intake->claims = true;
	}
	intake->asserted = str_make(intake->identity.digits,
				    intake->identity.len);
	return true;
}

void
caller_restore(const struct call *call, struct sip_edit *edit)
{
	cseq_edit(edit, &call->worker->arena, call->cseq);
	if (call->from != NULL)
		from_restore(edit, str_of(call->from));
}
