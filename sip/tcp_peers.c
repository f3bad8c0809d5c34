/* tcp_peers.c - how many connections each address has opened */
#include "sip/tcp_peers.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/map.h"

struct tcp_peer {
	struct map_node node;
	struct addr addr; /* port 0, no interface identifier */
	size_t n;
};

struct sip_tcp_peers {
	const struct hash_key *key;
	pthread_mutex_t lock;
	struct map map;
};

int
sip_tcp_peers_new(const struct hash_key *key, struct sip_tcp_peers **out)
{
	struct sip_tcp_peers *peers = mem_zalloc(1, sizeof(*peers));

	if (peers == NULL || map_init(&peers->map, 64) != 0) {
		mem_free(peers);
		return ERR_NOMEM;
	}
	peers->key = key;
	pthread_mutex_init(&peers->lock, NULL);
	*out = peers;
	return 0;
}

void
sip_tcp_peers_free(struct sip_tcp_peers *peers)
{
	if (peers == NULL)
		return;
	map_fini(&peers->map);
	pthread_mutex_destroy(&peers->lock);
	mem_free(peers);
}

static bool
has_ip(const struct map_node *node, const void *key)
{
	return addr_eq_ip(&MAP_ENTRY(node, struct tcp_peer, node)->addr, key);
}

/* The entry of a host, made if there is none: NULL when out of memory. */
static struct tcp_peer *
get(struct sip_tcp_peers *peers, const struct addr *host)
{
	uint64_t hash = hash_bytes(peers->key, host->ip, sizeof(host->ip));
	struct map_node *node = map_find(&peers->map, hash, has_ip, host);
	struct tcp_peer *peer;

	if (node != NULL)
		return MAP_ENTRY(node, struct tcp_peer, node);
	peer = mem_zalloc(1, sizeof(*peer));
	if (peer == NULL)
		return NULL;
	peer->addr = *host;
	map_add(&peers->map, &peer->node, hash);
	return peer;
}

int
sip_tcp_peers_enter(struct sip_tcp_peers *peers, const struct addr *from,
		    size_t max, struct tcp_peer **out)
{
	const struct addr host = addr_host(from);
	struct tcp_peer *peer;
	int err = 0;

	pthread_mutex_lock(&peers->lock);
	peer = get(peers, &host);
	if (peer == NULL)
		err = ERR_NOMEM;
	else if (peer->n >= max)
		err = ERR_LIMIT;
	else
		peer->n++;
	pthread_mutex_unlock(&peers->lock);
	*out = err == 0 ? peer : NULL;
	return err;
}

void
sip_tcp_peers_leave(struct sip_tcp_peers *peers, struct tcp_peer *peer)
{
	if (peer == NULL)
		return;
	pthread_mutex_lock(&peers->lock);
	if (--peer->n == 0) {
		map_remove(&peers->map, &peer->node);
		mem_free(peer);
	}
	pthread_mutex_unlock(&peers->lock);
}
