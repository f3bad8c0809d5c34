/* tcp_table.c - finding connections */
#include <string.h>

#include "sip/tcp_private.h"

/* --- by number --- */

static bool
has_id(const struct map_node *node, const void *key)
{
	const struct tcp_conn *conn = MAP_ENTRY(node, struct tcp_conn, by_id);

	return conn->flow.conn == *(const uint32_t *)key;
}

struct tcp_conn *
tcp_find_id(struct sip_tcp *tcp, uint32_t id)
{
	struct map_node *node = map_find(&tcp->ids, id, has_id, &id);

	return node != NULL ? MAP_ENTRY(node, struct tcp_conn, by_id) : NULL;
}

/* --- by address --- */

static uint64_t
hash_flow(const struct sip_tcp *tcp, const struct sip_flow *flow)
{
	uint8_t text[sizeof(flow->addr.ip) + 9] = { 0 };

	memcpy(text, flow->addr.ip, sizeof(flow->addr.ip));
	memcpy(text + 16, &flow->addr.port, 2);
	memcpy(text + 18, &flow->name, 4);
	text[22] = flow->addr.family;
	text[23] = flow->transport;
	text[24] = flow->listener;
	return hash_bytes(tcp->env.key, text, sizeof(text));
}

static bool
has_flow(const struct map_node *node, const void *key)
{
	const struct sip_flow *a =
	    &MAP_ENTRY(node, struct tcp_conn, by_addr)->flow;
	const struct sip_flow *b = key;

	return addr_eq(&a->addr, &b->addr) && a->transport == b->transport &&
	       a->listener == b->listener && a->name == b->name;
}

struct tcp_conn *
tcp_find_addr(struct sip_tcp *tcp, const struct sip_flow *to)
{
	struct map_node *node =
	    map_find(&tcp->addrs, hash_flow(tcp, to), has_flow, to);

	return node != NULL ? MAP_ENTRY(node, struct tcp_conn, by_addr) : NULL;
}

/* --- in and out --- */

void
tcp_add(struct tcp_conn *conn)
{
	struct sip_tcp *tcp = conn->tcp;

	do {
		tcp->last_id++;
	} while (tcp->last_id == 0 || tcp_find_id(tcp, tcp->last_id) != NULL);
	conn->flow.conn = tcp->last_id;
	map_add(&tcp->ids, &conn->by_id, conn->flow.conn);
	conn->next = tcp->conns;
	conn->link = &tcp->conns;
	if (conn->next != NULL)
		conn->next->link = &conn->next;
	tcp->conns = conn;
	tcp->counters.open++;
}

void
tcp_add_addr(struct tcp_conn *conn)
{
	if (conn->in_addr_map || tcp_find_addr(conn->tcp, &conn->flow) != NULL)
		return;
	conn->in_addr_map = true;
	map_add(&conn->tcp->addrs, &conn->by_addr,
		hash_flow(conn->tcp, &conn->flow));
}

void
tcp_remove_addr(struct tcp_conn *conn)
{
	if (conn->in_addr_map)
		map_remove(&conn->tcp->addrs, &conn->by_addr);
	conn->in_addr_map = false;
}

void
tcp_remove(struct tcp_conn *conn)
{
	struct sip_tcp *tcp = conn->tcp;

	map_remove(&tcp->ids, &conn->by_id);
	tcp_remove_addr(conn);
	tcp_remove_alias(conn);
	*conn->link = conn->next;
	if (conn->next != NULL)
		conn->next->link = conn->link;
	tcp->counters.open--;
}
