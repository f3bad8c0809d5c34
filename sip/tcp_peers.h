/*
 * tcp_peers.h - how many connections each address has opened
 *
 * One count for all workers of a node, so that the limit is one, too. It is
 * locked for a moment when a connection comes and when it goes; messages do not
 * touch it.
 */
#ifndef SIP_TCP_PEERS_H
#define SIP_TCP_PEERS_H

#include <stddef.h>

#include "base/addr.h"
#include "base/hash.h"

struct sip_tcp_peers;
struct tcp_peer; /* an IPv4 address, or one /64 of IPv6 */

/* Key is borrowed: 0 or ERR_NOMEM. */
int sip_tcp_peers_new(const struct hash_key *key, struct sip_tcp_peers **out);
/* Nobody must be in it. NULL is accepted. */
void sip_tcp_peers_free(struct sip_tcp_peers *peers);
/* Count one more of an address, by any thread: 0, ERR_LIMIT (there are max of
 * it) or ERR_NOMEM. */
int sip_tcp_peers_enter(struct sip_tcp_peers *peers, const struct addr *from,
			size_t max, struct tcp_peer **out);
/* One less; NULL is accepted. */
void sip_tcp_peers_leave(struct sip_tcp_peers *peers, struct tcp_peer *peer);

#endif
