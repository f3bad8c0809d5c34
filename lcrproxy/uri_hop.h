/*
 * uri_hop.h - hops that are a SIP URI instead of a gateway of a carrier
 *
 * From ENUM, a redirection, a TRIP peer, a foreign domain, a local user's fixed
 * contact: whoever finds a URI offers it to a call, and hunting does the rest.
 * The INVITE goes out with this URI as its Request-URI, to where RFC 3263 says;
 * it fails over as a gateway does. What stands behind a URI is not ours: it is
 * told of the caller what an untrusted gateway is told, it has no health and no
 * capacity, and (unless a carrier is paid for it) it never is a gateway of the
 * tables or this node: else who writes into DNS could call at our expense.
 */
#ifndef LCRPROXY_URI_HOP_H
#define LCRPROXY_URI_HOP_H

#include "lcrproxy/call.h"

#define URI_HOP_MAX 512	  /* bytes of a URI */
#define CALL_HOPS_MAX 64  /* of one call, planned and found */

struct uri_offer {
	struct str uri;	       /* sip: or sips:; copied */
	enum cdr_source source; /* who found it: route_source */
	/* Who is paid for the call, with the prefix of the price and what it is
	 * expected to cost; NULL, 0 and 0: nobody. Of the call's snapshot. */
	const struct carrier *carrier;
	prefix_word prefix;
	money_e8 cost;
};

struct uri_hop {
	struct sip_target target; /* host borrowed from ruri; maddr counts */
	struct addr addr;	  /* when that is an address; else family 0 */
	struct str name;	  /* the URI's host: who TLS must prove to be */
	size_t ruri_len;
	char ruri[];		  /* with NUL */
};

/* Where URIs go among the hops that were not tried yet. */
enum uri_rank { URI_HOPS_NEXT, URI_HOPS_LAST };

/*
 * What a Request-URI may not have is left out: headers and the parameter method
 * (RFC 3261 19.1.1, table 1). 0; ERR_SYNTAX (no URI), ERR_LIMIT (too long),
 * ERR_UNSUPPORTED (neither sip nor sips, or a transport we do not know),
 * ERR_NOMEM. Free it by mem_free.
 */
int uri_hop_new(struct arena *arena, struct str uri, struct uri_hop **out);
/*
 * Give a call that has not ended more to try, in this order: offers that are
 * no good are left out (which is logged), and those that name this node. *added
 * (may be NULL) gets how many are in. 0, ERR_LIMIT (CALL_HOPS_MAX; none is
 * in) or ERR_NOMEM (none is in).
 */
int call_add_uris(struct call *call, const struct uri_offer *offers, size_t n,
		  enum uri_rank rank, size_t *added);
/* The same at a place among the hops, call->hop (the next) to call->n_hops. */
int call_put_uris(struct call *call, const struct uri_offer *offers, size_t n,
		  size_t at, size_t *added);
/* The place of what costs so much: in front of all that costs more. */
size_t call_place_by_cost(const struct call *call, money_e8 cost);
/* The hop's place or places, as sip_location_find. */
int uri_hop_locate(struct call *call, const struct uri_hop *uri,
		   struct sip_places *places, sip_location_done *done);
/* Leave out of places what is not to be called by a hop: gateways' addresses
 * and our own, unless somebody is paid. 0, or ERR_NOTOURS when none is left. */
int uri_hop_sift(const struct call *call, const struct call_hop *hop,
		 struct sip_places *places);
/* Free what the call's hops have. */
void uri_hops_free(struct call *call);

#endif
