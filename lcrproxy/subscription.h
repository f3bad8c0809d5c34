/*
 * subscription.h - dialogs that are no calls: what SUBSCRIBE and REFER begin
 * (RFC 6665, RFC 3515)
 *
 * They get our Record-Route as calls do, so that NOTIFYs come back the way that
 * the SUBSCRIBE went: through the NAT, by the transport, under the From that it
 * went out with. Nothing is kept and nothing is on record: their token is one of
 * no attempt (hop 0). It says where the first request went, the gateway's id or
 * the mark of the address, which is what bounds who may send what in them.
 */
#ifndef LCRPROXY_SUBSCRIPTION_H
#define LCRPROXY_SUBSCRIPTION_H

#include "acct/token.h"
#include "lcrproxy/worker.h"
#include "sip/msg.h"
#include "sip/value.h"

/* Whether a request outside dialogs with this method begins one. */
bool subscription_begins(enum sip_method method);
/* Whether a token that was read is of one, and not of a call. */
bool subscription_is(const struct token *token);
/* What the token of a subscription says besides. */
struct subscription_facts {
	const struct account *account;
	const struct gateway *gateway; /* that it goes to; NULL: a URI */
	const struct snapshot *snapshot;
	time_us began;
	struct token_space space;      /* of CSeq numbers (cseq.h) */
};

/* The token of msg, which begins one and goes to this address: 0 or as
 * token_encode. */
int subscription_sign(struct worker *worker, const struct sip_msg *msg,
		      const struct subscription_facts *facts,
		      const struct addr *to, char out[TOKEN_LEN]);
/*
 * Whether a request of one goes where it has no business. What can only end or
 * report (dialog.h) goes anywhere, as it does without a token. SUBSCRIBE and
 * REFER of who subscribed go to no gateway, but SUBSCRIBE to where the first
 * request went; of the other side they come from there, and go to no gateway. Nothing else is
 * sent inside a subscription: INVITE, which would be a call without a record,
 * MESSAGE and the like begin for themselves, by the policy.
 */
bool subscription_strays(const struct worker *worker, const struct token *token,
			 bool by_caller, const struct sip_msg *msg,
			 const struct addr *from, const struct addr *to);
/*
 * Our Record-Route in a NOTIFY, that has to have it (RFC 6665 4.3: the NOTIFY may
 * be what the dialog comes from): with the token, and the From, of its own
 * Route. p == NULL: out of memory, or its Route cannot be read. In the worker's arena.
 */
struct str subscription_route(struct worker *worker, const struct sip_msg *msg,
			      const struct sip_flow *from,
			      const struct sip_flow *to, bool is_secure);

#endif
