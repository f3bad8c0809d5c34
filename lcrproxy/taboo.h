/*
 * taboo.h - where a URI that somebody else has written must not lead
 *
 * Back to this node, or to a gateway of the tables or of a TRIP peer: carriers
 * bill what comes from our address, so who writes into DNS could call at our
 * expense.
 */
#ifndef LCRPROXY_TABOO_H
#define LCRPROXY_TABOO_H

#include "lcrproxy/worker.h"
#include "route/snapshot.h"

/* Whether it is the address and port of one of our listeners, as it is or as it
 * is advertised. */
bool taboo_is_us(const struct listeners *listeners, const struct addr *addr);
/* Whether a gateway has the address, whatever the port; of gateways that are
 * host names what gateway_names.h has found, for those of the tables. Asks nobody, walks nothing: for
 * each packet. */
bool taboo_is_gateway(const struct worker *worker, const struct snapshot *snapshot,
		      const struct addr *addr);

#endif
