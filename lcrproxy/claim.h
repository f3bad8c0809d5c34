/*
 * claim.h - who sends a request of a dialog, by its token
 */
#ifndef LCRPROXY_CLAIM_H
#define LCRPROXY_CLAIM_H

#include "acct/token.h"
#include "lcrproxy/worker.h"
#include "sip/msg.h"
#include "sip/value.h"

/*
 * Who sends this: the caller's From tag was signed when it called, so the
 * signature fits one way round only. text is the token, p NULL when there is
 * none. Returns 0 or the error of the token (token_decode), ERR_NOTFOUND
 * without one.
 */
int claim_read(struct worker *worker, const struct sip_msg *msg,
	       struct str text, bool *by_caller, struct token *out);
/* Count what came of it, and log what is not valid. */
void claim_count(struct worker *worker, const struct sip_msg *msg, int err);
/* Whether a Route with this URI is ours to take off although it names another
 * host: nodes that share their keys serve each other's calls. */
bool claim_is_ours(struct worker *worker, const struct sip_msg *msg,
		   const struct sip_uri *uri);

#endif
