/*
 * gateway_uri.h - the host of a gateway's SIP URI
 *
 * Just enough of RFC 3261 19.1.1 to know where a gateway is; the URI itself
 * goes on as it was configured.
 */
#ifndef ROUTE_GATEWAY_URI_H
#define ROUTE_GATEWAY_URI_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/str.h"

/*
 * "sip:" or "sips:", optional user part, host with optional port, optional
 * parameters and headers. *host gets host and port as they stand (borrowed).
 * *addr is the address when the host is an IP literal, family 0 when it is a
 * name; its port is 5061 for sips and transport=tls, else 5060, unless the URI
 * has one (19.1.2). Returns 0 or ERR_SYNTAX.
 */
int gateway_uri_parse(struct str uri, struct str *host, struct addr *addr);

enum gateway_transport { GATEWAY_ANY, GATEWAY_UDP, GATEWAY_TCP, GATEWAY_TLS,
			 GATEWAY_OTHER /* one we have not */ };

/* The transport that a URI accepted by gateway_uri_parse asks for: its
 * parameter (19.1.1; "tcp" in sips is TLS), GATEWAY_ANY without. *is_sips is
 * its scheme. */
enum gateway_transport gateway_uri_transport(struct str uri, bool *is_sips);

#endif
