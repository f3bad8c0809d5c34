/*
 * binding.h - what a registrar answers of the Contact we registered (RFC 3261
 * 10.2.4, 10.3)
 */
#ifndef SIP_BINDING_H
#define SIP_BINDING_H

#include "base/arena.h"
#include "sip/msg.h"

/*
 * For how many seconds the 2xx to a REGISTER has bound our contact (a URI): of
 * the Contact with that URI (user, host, port, transport): its expires, else
 * Expires, else what was asked for. When none is like it, for border elements
 * write others in: that of the only one; of several, Expires or what was asked
 * for. *granted_s is 0 when there is no Contact, or ours is taken back. 0 or
 * ERR_NOMEM; Contacts that cannot be read are passed over.
 */
int sip_binding_find(struct arena *arena, const struct sip_msg *response,
		     struct str contact, uint32_t asked_s,
		     uint32_t *granted_s);
/* Min-Expires (20.23) of a 423; 0 without one that can be read. */
uint32_t sip_min_expires(const struct sip_msg *response);
/* nextnonce of Authentication-Info (RFC 7616 3.5), or of a proxy's
 * Proxy-Authentication-Info (RFC 7615), between its quotes; p == NULL without. */
struct str sip_next_nonce(const struct sip_msg *response, bool of_proxy);

#endif
