/* flow.c - the names of the transports */
#include "sip/flow.h"

#include "base/err.h"

static const struct {
	const char *via, *param;
	uint16_t port;
} transports[SIP_N_TRANSPORTS] = {
	[SIP_UDP] = { "UDP", "udp", 5060 },
	[SIP_TCP] = { "TCP", "tcp", 5060 },
	[SIP_TLS] = { "TLS", "tls", 5061 },
};

const char *
sip_transport_via(enum sip_transport transport)
{
	return transports[transport].via;
}

const char *
sip_transport_param(enum sip_transport transport)
{
	return transports[transport].param;
}

uint16_t
sip_transport_port(enum sip_transport transport)
{
	return transports[transport].port;
}

int
sip_transport_parse(struct str text, enum sip_transport *out)
{
	for (int i = 0; i < SIP_N_TRANSPORTS; i++) {
		if (str_eq_nocase(text, str_of(transports[i].via))) {
			*out = (enum sip_transport)i;
			return 0;
		}
	}
	return ERR_UNSUPPORTED;
}
