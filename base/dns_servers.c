/* dns_servers.c - the servers one struct dns talks to */
#include "base/dns_servers.h"

#include <ares.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

int
dns_servers_get(struct dns_servers *servers, const struct addr *addr,
		struct dns_server **out)
{
	struct dns_server *server;

	for (size_t i = 0; i < servers->n; i++) {
		*out = servers->server[i];
		if (addr_eq(&(*out)->seen.addr, addr))
			return 0;
	}
	if (servers->n == DNS_KNOWN_MAX)
		return ERR_LIMIT;
	server = mem_zalloc(1, sizeof(*server));
	if (server == NULL)
		return ERR_NOMEM;
	server->seen.addr = *addr;
	servers->server[servers->n++] = server;
	*out = server;
	return 0;
}

void
dns_servers_fini(struct dns_servers *servers)
{
	for (size_t i = 0; i < servers->n; i++) {
		dns_wire_close(servers->server[i]->wire[DNS_UDP]);
		dns_wire_close(servers->server[i]->wire[DNS_TCP]);
		mem_free(servers->server[i]);
	}
	servers->n = 0;
}

void
dns_servers_tend(struct dns_servers *servers)
{
	for (size_t i = 0; i < servers->n; i++) {
		for (int t = DNS_UDP; t <= DNS_TCP; t++) {
			if (servers->server[i]->wire[t] != NULL)
				dns_wire_tend(servers->server[i]->wire[t]);
		}
	}
}

int
dns_server_send(struct dns_servers *servers, struct dns_server *server,
		enum dns_transport transport, struct str query,
		dns_wire_done *done, void *arg)
{
	struct dns_wire **wire = &server->wire[transport];
	int err = 0;

	if (*wire == NULL)
		err = dns_wire_new(servers->loop, &server->seen.addr,
				   transport == DNS_TCP, servers->patience_ms,
				   wire);
	if (err != 0)
		return err;
	return dns_wire_send(*wire, (const uint8_t *)query.p, query.len, done,
			     arg);
}

static void
take_node(const struct ares_addr_port_node *node, struct addr *out)
{
	*out = (struct addr){ 0 };
	out->family = node->family == AF_INET ? 4 : 6;
	out->port = node->udp_port > 0 ? (uint16_t)node->udp_port : DNS_PORT;
	if (out->family == 4)
		memcpy(out->ip, &node->addr.addr4, sizeof(node->addr.addr4));
	else
		memcpy(out->ip, &node->addr.addr6, sizeof(node->addr.addr6));
}

int
dns_servers_of_system(struct addr *out, size_t max, size_t *n)
{
	struct ares_addr_port_node *nodes = NULL;
	ares_channel ares;
	int err;

	*n = 0;
	if (ares_init(&ares) != ARES_SUCCESS)
		return ERR_NOMEM;
	err = ares_get_servers_ports(ares, &nodes) == ARES_SUCCESS ? 0
								   : ERR_NOMEM;
	for (const struct ares_addr_port_node *node = nodes;
	     err == 0 && node != NULL && *n < max; node = node->next)
		take_node(node, &out[(*n)++]);
	if (nodes != NULL)
		ares_free_data(nodes);
	ares_destroy(ares);
	return err == 0 && *n == 0 ? ERR_NOTFOUND : err;
}
