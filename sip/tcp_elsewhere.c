/* tcp_elsewhere.c - connections of other workers that carry requests
 *
 * A peer's connection was accepted by one worker, and the call belongs to
 * another: which opens none of its own, as the peer may not be reachable so (RFC
 * 5923, NAT), but has that one send. Each worker keeps what the others told it:
 * nothing is shared, nothing locked.
 */
#include "base/alloc.h"
#include "base/err.h"
#include "sip/tcp_private.h"

/* An entry outlives its connection only when a full ring lost the word of its
 * end: then it goes when it is used, or when there are too many. */
#define SPARE 2 /* times as many as there may be connections */

struct elsewhere {
	struct map_node by_addr, by_conn;
	struct sip_flow flow; /* as in the offer, all of it */
	bool proves_address;
	uint8_t n_proofs;
	uint64_t proofs[];
};

static uint64_t
hash_addr(const struct sip_tcp *tcp, const struct sip_flow *flow)
{
	uint64_t hash = hash_bytes(tcp->env.key, flow->addr.ip,
				   sizeof(flow->addr.ip));

	return hash + flow->addr.port * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t
hash_conn(const struct sip_flow *flow)
{
	return ((uint64_t)flow->worker << 32 | flow->conn) *
	       UINT64_C(0x9E3779B97F4A7C15);
}

static bool
is_conn(const struct map_node *node, const void *key)
{
	const struct sip_flow *a =
	    &MAP_ENTRY(node, struct elsewhere, by_conn)->flow;
	const struct sip_flow *b = key;

	return a->worker == b->worker && a->conn == b->conn;
}

static bool
is_addr(const struct sip_flow *a, const struct sip_flow *b)
{
	return addr_eq(&a->addr, &b->addr) && a->transport == b->transport &&
	       a->listener == b->listener;
}

struct wanted {
	const struct sip_flow *to;
	uint64_t proof; /* 0 = the address */
};

static bool
serves(const struct map_node *node, const void *key)
{
	const struct elsewhere *entry =
	    MAP_ENTRY(node, struct elsewhere, by_addr);
	const struct wanted *wanted = key;

	if (!is_addr(&entry->flow, wanted->to))
		return false;
	if (wanted->to->transport != SIP_TLS)
		return true;
	if (wanted->proof == 0)
		return entry->proves_address;
	for (size_t i = 0; i < entry->n_proofs; i++) {
		if (entry->proofs[i] == wanted->proof)
			return true;
	}
	return false;
}

static void
drop(struct sip_tcp *tcp, struct elsewhere *entry)
{
	map_remove(&tcp->elsewhere, &entry->by_addr);
	map_remove(&tcp->elsewhere_ids, &entry->by_conn);
	mem_free(entry);
}

void
tcp_elsewhere_free(struct sip_tcp *tcp)
{
	struct map_node *node;

	while ((node = map_next(&tcp->elsewhere, NULL)) != NULL)
		drop(tcp, MAP_ENTRY(node, struct elsewhere, by_addr));
	map_fini(&tcp->elsewhere);
	map_fini(&tcp->elsewhere_ids);
}

/* One connection may be there for two addresses: its own and its alias. */
void
sip_tcp_learn(struct sip_tcp *tcp, const struct sip_tcp_offer *offer)
{
	size_t max = (tcp->env.limits.max + 1) * SPARE * UINT8_MAX;
	size_t size = offer->n_proofs * sizeof(offer->proofs[0]);
	struct elsewhere *entry = mem_alloc(sizeof(*entry) + size);

	if (entry == NULL)
		return; /* then another connection is opened */
	if (tcp->elsewhere.n >= max)
		drop(tcp, MAP_ENTRY(map_next(&tcp->elsewhere, NULL),
				    struct elsewhere, by_addr));
	entry->flow = offer->flow;
	entry->proves_address = offer->proves_address;
	entry->n_proofs = offer->n_proofs;
	memcpy(entry->proofs, offer->proofs, size);
	map_add(&tcp->elsewhere, &entry->by_addr,
		hash_addr(tcp, &offer->flow));
	map_add(&tcp->elsewhere_ids, &entry->by_conn, hash_conn(&offer->flow));
}

void
sip_tcp_unlearn(struct sip_tcp *tcp, const struct sip_flow *gone)
{
	struct map_node *node;

	while (tcp->elsewhere.n > 0 &&
	       (node = map_find(&tcp->elsewhere_ids, hash_conn(gone), is_conn,
				gone)) != NULL)
		drop(tcp, MAP_ENTRY(node, struct elsewhere, by_conn));
}

static bool
has_own(struct sip_tcp *tcp, const struct sip_flow *to)
{
	return (to->conn != 0 && sip_tcp_has(tcp, to->conn)) ||
	       tcp_find_addr(tcp, to) != NULL || tcp_find_alias(tcp, to) != NULL;
}

bool
sip_tcp_elsewhere(struct sip_tcp *tcp, struct sip_flow *to)
{
	struct wanted wanted = { .to = to };
	const char *name = NULL;
	struct map_node *node;

	if (tcp->elsewhere.n == 0 || has_own(tcp, to))
		return false;
	if (to->name != 0) {
		name = tcp_name_text(tcp, to->name);
		if (name == NULL)
			return false;
		wanted.proof = hash_domain(tcp->env.key, str_of(name));
	}
	node = map_find(&tcp->elsewhere, hash_addr(tcp, to), serves, &wanted);
	if (node == NULL)
		return false;
	to->conn = MAP_ENTRY(node, struct elsewhere, by_addr)->flow.conn;
	to->worker = MAP_ENTRY(node, struct elsewhere, by_addr)->flow.worker;
	return true;
}
