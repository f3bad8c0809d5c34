/*
 * listeners.h - where this node listens, and how it names itself there
 *
 * Read-only after the start, but for the TLS contexts that a reload renews
 * (worker.h takes those to the workers).
 */
#ifndef LCRPROXY_LISTENERS_H
#define LCRPROXY_LISTENERS_H

#include "acct/token.h"
#include "lcrproxy/settings.h"
#include "sip/flow.h"
#include "sip/location.h"
#include "base/tls.h"
#include "sip/value.h"

#define LISTENERS_MAX 16
#define LISTENER_HOST_MAX 256

struct listener {
	struct addr addr;	/* bound to */
	struct addr advertised;	/* family 0: a name */
	uint8_t transport;	/* enum sip_transport */
	uint16_t port;		/* advertised */
	char host[LISTENER_HOST_MAX];	       /* advertised, no brackets */
	char sent_by[LISTENER_HOST_MAX + 16];  /* "host:port" */
	char via[LISTENER_HOST_MAX + 48];      /* "SIP/2.0/UDP ...;branch=" */
	char route[LISTENER_HOST_MAX + 64];    /* "<sip:...;lr;token=" */
	char sips_route[LISTENER_HOST_MAX + 64]; /* the same; TLS only */
	struct tls_ctx *ctx;	       /* counted; TLS only */
};

struct listeners {
	size_t n;
	unsigned ip4, ip6; /* of each family: bit 1 << enum sip_transport */
	struct listener at[LISTENERS_MAX];
};

/* Whether any is TCP or TLS. */
static inline bool
listeners_have_streams(const struct listeners *listeners)
{
	return ((listeners->ip4 | listeners->ip6) & ~(1U << SIP_UDP)) != 0;
}

/* From the settings, which were checked: 0, or ERR_INVAL when a certificate
 * cannot be used (each was logged), or ERR_NOMEM. */
int listeners_open(struct listeners *listeners,
		   const struct settings *settings, struct log *log);
void listeners_close(struct listeners *listeners);
/* Read the certificates again, all or none: as listeners_open. */
int listeners_reload(struct listeners *listeners,
		     const struct settings *settings, struct log *log);
/* "udp 192.0.2.1:5060, tls proxy.example.net:5061", cut at cap; returns out. */
const char *listeners_text(const struct listeners *listeners, char *out,
			   size_t cap);
/* The listener that a host and port (0: the transport's usual one) with an
 * address, if host is one, name; of several by transport, if that is given. -1
 * when none is. */
int listeners_find(const struct listeners *listeners,
		   const struct sip_uri *uri);
/* Whether a Via's sent-by is one of ours. */
bool listeners_sent(const struct listeners *listeners,
		    const struct sip_via *via);
/* Whether a listener can send to a place at all: transport and family. */
bool listener_fits(const struct listener *l, const struct sip_place *place);
/*
 * The listener to send from to a place: of its transport and family; of several
 * the one whose address the system's routes would use, else the one a request
 * came in by (-1: none), else the first. -1 when there is none.
 */
int listeners_choose(const struct listeners *listeners,
		     const struct sip_place *place, int came_in);

#endif
