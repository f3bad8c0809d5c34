/*
 * challenge.h - challenges of gateways, answered with their credentials
 * (RFC 3261 22.3, RFC 7616, RFC 8760)
 *
 * A table of one worker keeps the last challenges of each gateway, one of each
 * realm (its proxy may ask, and what is behind it), so that the next request is
 * authenticated at once; a gateway that wants no nonce twice sends another one.
 * The realm decides: a challenge in a realm without credentials is not answered.
 * No password and no hash is ever logged.
 */
#ifndef LCRPROXY_CHALLENGE_H
#define LCRPROXY_CHALLENGE_H

#include "base/arena.h"
#include "route/snapshot.h"
#include "sip/msg.h"

struct challenges;
struct worker;

/* 0 or ERR_NOMEM; yours to free. */
int challenges_new(struct challenges **out);
/* NULL is accepted. */
void challenges_free(struct challenges *challenges);

/* Whether a response is a challenge at all: 401 or 407. */
bool challenge_is(int status);
/*
 * Keep of each realm the best challenge of a 401 or 407 that can be answered:
 * SHA-256 and SHA-512-256 before MD5, of two as strong the upper one. answered: what the request that it is
 * for had answered (below). *may_help: not the credentials were wrong, but the
 * nonce was old, or another realm asks than the request had answered. 0,
 * ERR_NOTFOUND (none in a realm and with an algorithm for which there are
 * credentials; what was kept is forgotten) or ERR_NOMEM.
 */
int challenge_take(struct challenges *challenges, const struct gateway *gateway,
		   const struct sip_msg *response, uint32_t answered,
		   bool *may_help);
/* Whether to send a request again, that was sent tries times before this one and
 * had answered so much, because of this challenge, which is kept then: credentials
 * that are refused once are wrong; where another answer may help it is sent as long
 * as there are numbers (cseq.h). Counted, and logged when not. */
bool challenge_may_retry(struct worker *worker, const struct gateway *gateway,
			 const struct sip_msg *response, uint32_t answered,
			 unsigned tries);
/* A 2xx may say that the gateway wants another nonce from now on (nextnonce, RFC
 * 7616 3.5, RFC 7615). No-op when nothing is kept, or there is no memory. */
void challenge_renew(struct challenges *challenges,
		     const struct gateway *gateway,
		     const struct sip_msg *response);

/* A request to a gateway, as it goes out. */
struct challenge_request {
	const struct gateway *gateway;
	struct str method, uri, body;
};

/* What authenticates it. */
struct challenge_lines {
	struct str text;   /* header lines with CRLF, in the arena */
	uint32_t answered; /* a bit of each realm, for challenge_take */
};

/* By the challenges that are kept. 0, ERR_NOTFOUND (nothing is kept), ERR_LIMIT or
 * ERR_NOMEM; out is empty then. */
int challenge_answer(struct challenges *challenges,
		     const struct challenge_request *request,
		     struct arena *arena, struct challenge_lines *out);

#endif
