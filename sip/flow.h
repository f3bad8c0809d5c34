/*
 * flow.h - by which transport, from where, to whom
 *
 * What the transaction layer knows of the transports: enough to send a message
 * back the way its request came (RFC 3261 18.2.2), and nothing of sockets.
 */
#ifndef SIP_FLOW_H
#define SIP_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/str.h"

enum sip_transport { SIP_UDP, SIP_TCP, SIP_TLS, SIP_N_TRANSPORTS };

struct sip_flow {
	struct addr addr;  /* the peer */
	uint8_t transport; /* enum sip_transport */
	uint8_t listener;  /* of ours: its index in the configuration */
	uint8_t worker;	   /* whose connection conn is */
	uint32_t name;	   /* the domain that a TLS server must prove, from
			    * sip_tcp_name; 0 = its address */
	uint32_t conn;	   /* a connection of that worker; 0 = any to addr */
	uint64_t proof;	   /* of what came: the hash_domain that the peer's
			    * certificate proves, see tcp.h; 0 = nothing */
};

/* "UDP", "TCP", "TLS", as in a Via; "udp" ..., as in a URI. */
const char *sip_transport_via(enum sip_transport transport);
const char *sip_transport_param(enum sip_transport transport);
/* In any case: 0 or ERR_UNSUPPORTED. */
int sip_transport_parse(struct str text, enum sip_transport *out);
/* 5060, and 5061 for TLS (RFC 3261 18.1.1). */
uint16_t sip_transport_port(enum sip_transport transport);
/* Whether the transport delivers in order or says that it did not: timers A, E
 * and G do not run (17.1.1.2, 17.1.2.2, 17.2.1). */
static inline bool
sip_transport_is_reliable(enum sip_transport transport)
{
	return transport != SIP_UDP;
}

#endif
