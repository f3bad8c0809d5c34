/*
 * hop.h - the places of the gateway a call is at (RFC 3263)
 */
#ifndef LCRPROXY_HOP_H
#define LCRPROXY_HOP_H

#include "lcrproxy/call.h"

/* On to the next hop, and where it is: 0, ERR_BUSY (DNS is asked; done will be
 * called with call), or an error as of place_find. */
int hop_locate_next(struct call *call, sip_location_done *done);
/* The next hop is looked at again now that its turn has come: false when it is
 * to be passed over. */
bool hop_next_is_good(const struct call *call);
/* What DNS told: 0 or ERR_NOMEM. */
int hop_keep_places(struct call *call, const struct sip_places *places);
/* Whether there is another place behind the one at hand. */
bool hop_has_more(const struct call *call);
/* There is no use in the others. */
void hop_drop_places(struct call *call);
/* Put TCP to the place at hand in front of it: 0 or ERR_NOMEM. */
int hop_put_tcp_first(struct call *call);
/* The place at hand. */
const struct sip_place *hop_place(const struct call *call);
/* Nothing is awaited from DNS any more. */
void hop_cancel(struct call *call);

#endif
