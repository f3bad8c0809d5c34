/*
 * top_via.h - the topmost Via, read as far as it matters here
 *
 * What matching, answering and stamping need of a Via value (RFC 3261 20.42, RFC
 * 3581), without the parser of value.h.
 */
#ifndef SIP_TOP_VIA_H
#define SIP_TOP_VIA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct sip_top_via {
	struct str text;    /* the first value, without what follows; p == NULL
			     * when not even a sent-by can be made out */
	struct str sent_by; /* "host" or "host:port", as written */
	struct str host;    /* of it; an IPv6 address in its brackets */
	struct str branch;  /* p == NULL without */
	uint16_t port;	    /* of sent-by, 5060 when not given */
	bool has_port, has_rport, has_received;
	bool is_whole;	    /* all of it could be read */
};

/* The first value of a Via row: 0, or ERR_SYNTAX. A value that ends early is
 * good up to there. */
int sip_top_via_scan(struct str text, struct sip_top_via *out);

#endif
