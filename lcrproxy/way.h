/*
 * way.h - where the requests of an answered dialog may go, and come from
 *
 * A valid token says whose call it is, not where its messages go: Route and
 * Request-URI are the sender's to write. A caller whose BYE goes to a place of
 * his own choice ends the record and not the call; one whose INVITE does so
 * calls for nothing. So the way to the callee, as the 2xx told it, is kept with
 * the calls that are known here (live.h), and requests that stray from it are
 * refused. Of a call that is not known here, answered before a restart or by
 * another node, nothing is known but what the token says.
 */
#ifndef LCRPROXY_WAY_H
#define LCRPROXY_WAY_H

#include "acct/token.h"
#include "base/addr.h"
#include "base/arena.h"
#include "lcrproxy/listeners.h"
#include "lcrproxy/live.h"
#include "sip/msg.h"
#include "sip/value.h"

/* Where a request goes that came by our Route. */
struct way_next {
	struct sip_uri uri;
	unsigned n_own;	  /* topmost Route values that are ours: one, or two
			   * when the call changes its transport here */
	int out_listener; /* that the last of them names: whom it goes to knows
			   * it; -1: none of this node */
	bool is_ruri;	  /* uri is the Request-URI */
	bool is_secure;	  /* our Route is sips:, the call goes on by TLS */
	bool is_natted;	  /* uri.addr is where a NAT lets us in (nat.h) */
};

/*
 * Where a request goes once our Routes, the first of which is the first of all,
 * are off it: the next Route, else the Request-URI (RFC 3261 16.6 step 6).
 * first and uri are NULL or these two as parsed already. 0, ERR_SYNTAX,
 * ERR_LIMIT or ERR_NOMEM.
 */
int way_next_hop(struct arena *arena, const struct listeners *listeners,
		 const struct sip_msg *msg, const struct sip_name_addr *first,
		 const struct sip_uri *uri, struct way_next *out);
/*
 * The way to the callee after an answer whose Record-Route has this token of
 * ours (TOKEN_LEN characters): the Record-Route value in front of it (RFC 3261
 * 12.1.2), which stays for the whole dialog, else the Contact. A host name is
 * kept as its hash under key.
 */
void way_of_answer(struct arena *arena, const struct hash_key *key,
		   const struct sip_msg *answer, const char *token,
		   struct live_way *out);
/* An INVITE or UPDATE was answered with 2xx: msg, the callee's message of the
 * two, may name a new Contact (target refresh, 12.2). */
void way_refresh(struct arena *arena, const struct hash_key *key,
		 const struct sip_msg *msg, struct live_way *way);
/* A request of the caller came by from. If that is the same host and transport as
 * before, what goes to him goes by that connection from now on, and through a NAT
 * that had forgotten him to the port that he has there now. A gateway can be
 * connected to, and is (RFC 5923). */
void way_follow(struct live_way *way, const struct sip_flow *from);
/* Whether a request of the caller is on its way that goes by uri to `to`. */
bool way_to_callee(const struct live_way *way, const struct hash_key *key,
		   const struct sip_uri *uri, const struct addr *to);
/* Whether a request from this address may be the callee's: its own, or that of
 * the gateway that answered. */
bool way_from_callee(const struct live_way *way, const struct addr *from);

#endif
