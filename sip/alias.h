/*
 * alias.h - the offer to be sent requests by one's own connection (RFC 5923)
 */
#ifndef SIP_ALIAS_H
#define SIP_ALIAS_H

#include "base/str.h"
#include "sip/flow.h"

/*
 * Whether a request that came by a transport has "alias" in its topmost Via,
 * and names that transport there. *port gets the port of its sender's
 * advertised address, the transport's usual one where there is none. False for
 * anything that is no such request.
 */
bool sip_alias_offered(struct str message, enum sip_transport by,
		       uint16_t *port);

#endif
