/*
 * stamp.h - saying in a Via where the request came from
 *
 * RFC 3261 18.2.1 and RFC 3581 4: the server that receives a request adds
 * received to the topmost Via when the packet's source is not what sent-by
 * says, and fills in rport when the client asked for it.
 */
#ifndef SIP_STAMP_H
#define SIP_STAMP_H

#include "base/addr.h"
#include "base/buf.h"
#include "sip/top_via.h"

#define SIP_STAMP_MAX 80 /* bytes a stamp adds at most */

/*
 * Write via's text as received, stamped with from. What the client itself wrote
 * into received, or as the value of rport, does not survive: it would send
 * responses to whom it likes. A via that is not whole, or a from of NULL,
 * leaves it as it is. ERR_SPACE shows in w.
 */
void sip_stamp_via(struct wbuf *w, const struct sip_top_via *via,
		   const struct addr *from);

#endif
