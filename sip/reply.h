/*
 * reply.h - responses and requests that we make ourselves
 */
#ifndef SIP_REPLY_H
#define SIP_REPLY_H

#include "base/addr.h"
#include "base/buf.h"
#include "sip/msg.h"

/*
 * A response to request (RFC 3261 8.2.6): its Vias (with received/rport for
 * from), From, To (with to_tag unless it has one, not for 100), Call-ID, CSeq,
 * then headers (lines with CRLF, may be empty) and Content-Length: 0. reason
 * NULL = the usual phrase. Record-Route is copied for 101..299 only, Timestamp
 * for 100. Of a request that did not scan, the rows that are there are used.
 * Errors (ERR_SPACE, ERR_NOMEM) show in w.
 */
void sip_write_response(struct wbuf *w, const struct sip_msg *request,
			const struct addr *from, int status,
			const char *reason, struct str to_tag,
			struct str headers);
/* The ACK for a final non-2xx response to the INVITE that was sent (17.1.1.3):
 * its top Via only, To of the response, its Route headers. */
void sip_write_ack(struct wbuf *w, const struct sip_msg *invite,
		   const struct sip_msg *response);
/* The CANCEL of the INVITE that was sent (9.1); headers may hold a Reason. */
void sip_write_cancel(struct wbuf *w, const struct sip_msg *invite,
		      struct str headers);

#endif
