/* tcp_alias.c - requests by connections that the other side opened (RFC 5923)
 *
 * A peer that offers it gets requests to its advertised address by its own
 * connection. By TLS only when its certificate, which was verified, is that of
 * the domain that the request is for (8.2); by TCP nothing is proved, so only
 * when the operator says so.
 */
#include <string.h>

#include "base/err.h"
#include "sip/tcp_private.h"

static bool
proves(const struct tcp_conn *conn, const struct sip_flow *to)
{
	char text[ADDR_TEXT_MAX];
	const char *name;

	if (conn->tls == NULL)
		return true;
	name = to->name != 0 ? tcp_name_text(conn->tcp, to->name)
			     : addr_format_ip(&to->addr, text);
	return name != NULL && tls_peer_is(conn->tls, name);
}

static bool
is_alias(const struct map_node *node, const void *key)
{
	const struct tcp_conn *conn =
	    MAP_ENTRY(node, struct tcp_conn, by_alias);
	const struct sip_flow *to = key;

	return conn->flow.transport == to->transport &&
	       conn->flow.listener == to->listener &&
	       conn->alias_port == to->addr.port &&
	       addr_eq_ip(&conn->flow.addr, &to->addr) && proves(conn, to);
}

/* Not by the name: a certificate may be that of several. */
static uint64_t
hash_of(const struct sip_tcp *tcp, const struct addr *addr, uint16_t port)
{
	uint64_t hash =
	    hash_bytes(tcp->env.key, addr->ip, sizeof(addr->ip));

	return hash + port * UINT64_C(0x9E3779B97F4A7C15);
}

struct tcp_conn *
tcp_find_alias(struct sip_tcp *tcp, const struct sip_flow *to)
{
	const struct addr *addr = &to->addr;
	uint64_t hash = hash_of(tcp, addr, addr->port);
	struct map_node *node = map_find(&tcp->aliases, hash, is_alias, to);

	return node != NULL ? MAP_ENTRY(node, struct tcp_conn, by_alias) : NULL;
}

void
tcp_remove_alias(struct tcp_conn *conn)
{
	if (conn->alias_port != 0)
		map_remove(&conn->tcp->aliases, &conn->by_alias);
	conn->alias_port = 0;
}

bool
sip_tcp_may_alias(struct sip_tcp *tcp, uint32_t id)
{
	const struct tcp_conn *conn = tcp_find_id(tcp, id);

	if (conn == NULL || conn->peer == NULL || conn->state != TCP_OPEN ||
	    conn->alias_port != 0)
		return false;
	return conn->tls != NULL
		   ? tcp->env.alias >= SIP_ALIAS_TLS &&
			 tls_has_proof(conn->tls)
		   : tcp->env.alias == SIP_ALIAS_ALL;
}

/* The others are told when it is gone, whether something was sent by it or not. */
static void
write_offer(struct tcp_conn *conn, uint16_t port, struct sip_tcp_offer *out)
{
	char text[ADDR_TEXT_MAX];

	conn->carries = true;
	*out = (struct sip_tcp_offer){ .flow = conn->flow,
				       .n_proofs = conn->n_proofs };
	out->flow.addr.port = port;
	if (conn->n_proofs > 0)
		memcpy(out->proofs, conn->proofs,
		       conn->n_proofs * sizeof(*conn->proofs));
	if (conn->tls != NULL)
		out->proves_address = tls_peer_is(
		    conn->tls, addr_format_ip(&conn->flow.addr, text));
}

bool
sip_tcp_offer_address(struct sip_tcp *tcp, uint32_t id,
		      struct sip_tcp_offer *out)
{
	struct tcp_conn *conn = tcp_find_id(tcp, id);

	if (conn == NULL || conn->peer == NULL || !conn->in_addr_map ||
	    conn->is_offered || conn->state != TCP_OPEN)
		return false;
	conn->is_offered = true;
	write_offer(conn, conn->flow.addr.port, out);
	return true;
}

bool
sip_tcp_alias(struct sip_tcp *tcp, uint32_t id, uint16_t port,
	      struct sip_tcp_offer *out)
{
	struct tcp_conn *conn = tcp_find_id(tcp, id);

	if (!sip_tcp_may_alias(tcp, id) || port == 0)
		return false;
	conn->alias_port = port;
	map_add(&tcp->aliases, &conn->by_alias,
		hash_of(tcp, &conn->flow.addr, port));
	tcp->counters.aliases++;
	write_offer(conn, port, out);
	return true;
}
