/*
 * dns_servers.h - the servers one struct dns talks to
 *
 * Each is known once, whoever asks for it, with its two wires, its breaker
 * and its counters.
 */
#ifndef BASE_DNS_SERVERS_H
#define BASE_DNS_SERVERS_H

#include "base/dns.h"
#include "base/dns_breaker.h"
#include "base/dns_wire.h"

struct dns_server {
	struct dns_server_state seen; /* is_dead and n_opened: see breaker */
	struct dns_breaker breaker;
	struct dns_wire *wire[2]; /* by enum dns_transport, made when used */
};

struct dns_servers {
	uv_loop_t *loop;
	int patience_ms; /* how long wires wait for a message */
	size_t n;
	struct dns_server *server[DNS_KNOWN_MAX];
};

/* The server at this address (its port not 0): 0, ERR_NOMEM or ERR_LIMIT. */
int dns_servers_get(struct dns_servers *servers, const struct addr *addr,
		    struct dns_server **out);
/* Closes the wires and forgets all. */
void dns_servers_fini(struct dns_servers *servers);
/* Lets the wires look at what has waited too long. */
void dns_servers_tend(struct dns_servers *servers);
/* As dns_wire_send, on the wire of that transport. */
int dns_server_send(struct dns_servers *servers, struct dns_server *server,
		    enum dns_transport transport, struct str query,
		    dns_wire_done *done, void *arg);
/* What the system is configured to ask: at most max into out, their number
 * into *n. 0, ERR_NOMEM, or ERR_NOTFOUND (none). */
int dns_servers_of_system(struct addr *out, size_t max, size_t *n);

#endif
