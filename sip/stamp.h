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
#include "base/str.h"

#define SIP_STAMP_MAX 80 /* bytes a stamp adds at most */

/*
 * Write via, one Via value as received, stamped with from. What the client
 * itself wrote into received, or as the value of rport, does not survive: it
 * would send responses to whom it likes. A value that cannot be parsed, or a
 * from of NULL, leaves it as it is. ERR_SPACE and ERR_NOMEM show in w.
 */
void sip_stamp_via(struct wbuf *w, struct str via, const struct addr *from);

#endif
