/*
 * value_osip.h - what the parsers of value.h share
 *
 * Private to sip/: how libosip2 is called, and the checks around it.
 */
#ifndef SIP_VALUE_OSIP_H
#define SIP_VALUE_OSIP_H

#include "sip/value.h"

/* Until sip_osip_end libosip2's memory on this thread comes from arena. */
void sip_osip_begin(struct arena *arena);
/* code is what libosip2 returned: 0, ERR_NOMEM or ERR_SYNTAX. */
int sip_osip_end(int code);

/* Whether libosip2 may see text at all, as its time is not linear in the number
 * of parameters: 0 or ERR_LIMIT. */
int sip_check_size(struct str text);

/* What sip_uri_parse and sip_via_parse (of what is before the parameters) do
 * with texts that are not of the plain form; with plain ones the result is the
 * same, but libosip2 takes ten times as long. */
int sip_uri_parse_fully(struct arena *arena, struct str text,
			struct sip_uri *out);
int sip_via_parse_fully(struct arena *arena, struct str text,
			struct sip_via *out);

struct sip_host_port {
	struct str host;
	uint16_t port;    /* 0 = not given */
	struct addr addr; /* when host is a literal; no port */
};

/*
 * Check what libosip2 made of text, a host with or without a port: 0 or
 * ERR_SYNTAX. An IPv6 address has lost its brackets. host and port must account
 * for every octet of text; either may be NULL.
 */
int sip_take_host_port(struct str text, const char *host, const char *port,
		       struct sip_host_port *out);
/* Cut the same off *s where the host is a name or an IPv4 address: false for
 * anything else, good or bad. */
bool sip_cut_host_port(struct str *s, struct sip_host_port *out);

#endif
