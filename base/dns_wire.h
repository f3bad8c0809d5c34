/*
 * dns_wire.h - one server's messages through c-ares
 *
 * A wire is a c-ares channel to one server by one transport, with its sockets
 * in a libuv loop. It sends single messages and hands back what comes for
 * them; deciding what to do then is the business of dns.c. Channels are
 * renewed after some hundred messages: c-ares keeps its UDP port as long as
 * something is outstanding, and a port that stays is half of what a forger
 * has to guess (RFC 5452, 9.2).
 */
#ifndef BASE_DNS_WIRE_H
#define BASE_DNS_WIRE_H

#include <uv.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct dns_wire;

enum dns_wire_event {
	DNS_WIRE_ANSWER,  /* data, with the id and the question sent */
	DNS_WIRE_SILENCE, /* nothing came in time */
	DNS_WIRE_REFUSED, /* not to be reached */
	DNS_WIRE_FAILED,  /* no memory */
	DNS_WIRE_CLOSED,  /* the wire went */
};

/* May be called before dns_wire_send returns. */
typedef void dns_wire_done(void *arg, enum dns_wire_event event,
			   const uint8_t *data, size_t len);

/* patience_ms: how long a message is waited for. 0 or ERR_NOMEM. */
int dns_wire_new(uv_loop_t *loop, const struct addr *server, bool tcp,
		 int patience_ms, struct dns_wire **out);
/* Ends what is outstanding with DNS_WIRE_CLOSED; not from a callback. NULL is
 * accepted. */
void dns_wire_close(struct dns_wire *wire);
/* Calls back exactly once: 0, or ERR_NOMEM, and it never calls back. */
int dns_wire_send(struct dns_wire *wire, const uint8_t *query, size_t len,
		  dns_wire_done *done, void *arg);
/* Tell of what has been waited for too long, and drop renewed channels. To
 * be called now and then, not from a callback. Returns how many messages are
 * outstanding. */
size_t dns_wire_tend(struct dns_wire *wire);

#endif
