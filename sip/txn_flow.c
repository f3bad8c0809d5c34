/* txn_flow.c - where responses go (RFC 3261 18.2.2, RFC 3581 4) */
#include "sip/txn_layer.h"

void
txn_reply_flow(const struct txn_in *in, struct sip_flow *out)
{
	enum sip_transport by = (enum sip_transport)in->from->transport;

	*out = *in->from;
	/* 18.2.2, first item: the connection, and when that is gone another to
	 * the source's address and the port of sent-by */
	if (sip_transport_is_reliable(by)) {
		out->addr.port = in->msg->top_via.has_port ? in->msg->top_via.port
						  : sip_transport_port(by);
		return;
	}
	/* The second item, maddr, is left out: it would have us send to whom
	 * the sender chooses. Third and fourth: the source is "received" or
	 * equal to sent-by. */
	if (!in->msg->top_via.has_rport)
		out->addr.port = in->msg->top_via.port;
}

/* Who lost his connection may say the same by another one, and hear the answers
 * by it: a NAT lets nobody open one to him. */
void
txn_follow(struct sip_server *server, const struct txn_in *in)
{
	const struct sip_flow *from = in->from;

	if (from->conn == 0 || from->transport != server->from.transport ||
	    !addr_eq_ip(&from->addr, &server->from.addr))
		return;
	server->from = *from;
	txn_reply_flow(in, &server->reply_to);
}
