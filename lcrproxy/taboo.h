/*
 * taboo.h - where a URI that somebody else has written must not lead
 *
 * Back to this node, or to a gateway of the tables or of a TRIP peer: carriers
 * bill what comes from our address, so who writes into DNS could call at our
 * expense.
 */
#ifndef LCRPROXY_TABOO_H
#define LCRPROXY_TABOO_H

#include "base/addr_set.h"
#include "lcrproxy/worker.h"
#include "route/learnt.h"
#include "route/snapshot.h"

/* Whether it is the address and port of one of our listeners, as it is or as it
 * is advertised. */
bool taboo_is_us(const struct listeners *listeners, const struct addr *addr);
/* All gateways that are known; borrowed. */
struct taboo_gateways {
	const struct snapshot *snapshot; /* those of the tables, by address, */
	const struct addr_set *named;	 /* and by name (gateway_names.h) */
	const struct learnt *learnt;	 /* those of TRIP peers; NULL: none */
};

/* Whether one of them has the address, whatever the port. Asks nobody, walks
 * nothing: for each packet. */
bool taboo_is_known_gateway(const struct taboo_gateways *gateways,
			    const struct addr *addr);
/* The same of what a worker knows, with this snapshot. */
bool taboo_is_gateway(const struct worker *worker,
		      const struct snapshot *snapshot, const struct addr *addr);

#endif
