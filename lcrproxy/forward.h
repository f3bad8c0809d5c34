/*
 * forward.h - passing requests on inside dialogs, and ACKs
 */
#ifndef LCRPROXY_FORWARD_H
#define LCRPROXY_FORWARD_H

#include "lcrproxy/cseq.h"
#include "lcrproxy/way.h"
#include "lcrproxy/worker.h"
#include "sip/session.h"

/* Where a request goes once our Routes are off it, behind a NAT where it has to
 * (nat.h). As way_next_hop. */
int forward_next(struct worker *worker, const struct sip_msg *msg,
		 const struct sip_name_addr *route, const struct sip_uri *uri,
		 struct way_next *out);
/* Whether what is too long for a datagram may go by TCP (RFC 3261 18.1.1): the
 * URI says no transport, and no NAT is in between, which lets one of ours in. */
bool forward_takes_tcp(const struct way_next *next);
/* What RFC 3263 wants to know of that place: TLS alone when our Route promised
 * it, whatever its URI says. As place_of_uri. */
int forward_target(const struct way_next *next, struct sip_target *out);
/* What else changes in a request that goes on; all zero: nothing. */
struct forward_change {
	struct sip_session *session; /* it refreshes one; gets what was asked
				      * for */
	struct token_space space; /* of the caller's CSeq numbers (cseq.h) */
	struct cseq_again again;  /* for a PRACK */
	unsigned tries;		  /* so often it was sent before */
	struct str headers;	  /* more lines, each with CRLF */
	struct str record_route;  /* ours; p == NULL: none */
};

/* The request as it goes on by flow to, in the worker's scratch: without our
 * Routes, with our Via, strictly routed if the next hop wants that. 0 or the
 * error of the edit. */
int forward_build(struct worker *worker, const struct sip_msg *msg,
		  const struct sip_flow *from, const struct way_next *next,
		  const struct sip_flow *to,
		  const struct forward_change *change, struct sip_made *out);
/* Whose request it is. */
struct forward_side {
	const struct live_call *call; /* NULL: not known here */
	const struct token *token;    /* NULL: none that is valid, or not read */
	bool by_caller;
};

/*
 * The flow to a place for a request of the caller or the callee: over the connection that side is known by, when that
 * leads to the same address, else any; to the port that a caller behind a NAT has
 * there now. By TLS to an address the gateway's domain has to be there, if it has
 * one: that is who the call went to (RFC 5922 7.3). 0 or as place_flow.
 */
int forward_flow(struct worker *worker, const struct forward_side *side,
		 const struct sip_place *place, const struct way_next *next,
		 int came_in, struct sip_flow *out);
/* Answer a request that does not go on, by the error of one of these. */
void forward_refuse(struct worker *worker, struct sip_server *server, int err);
/* Pass on an ACK for a 2xx, whose topmost Route is route, ours, and whose
 * Request-URI is uri (NULL: not read yet): at once, or when DNS has told where to; without a word when it cannot be done (16.11). */
void forward_ack(struct worker *worker, const struct sip_msg *msg,
		 const struct sip_flow *from,
		 const struct sip_name_addr *route, const struct sip_uri *uri);
/* Forget the ACKs that wait. */
void forward_free(struct worker *worker);

#endif
