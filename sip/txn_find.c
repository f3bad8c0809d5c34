/*
 * txn_find.c - which server transaction a request belongs to (RFC 3261 17.2.3, 9.2)
 */
#include "sip/txn_layer.h"

/* 17.2.3, RFC 2543: the To tag of an ACK is that of the final response, which
 * is kept until the first ACK came; the tag of anything else is the first
 * request's. */
static bool
tag_fits(const struct sip_server *server, const struct txn_key *key)
{
	const struct txn *txn = &server->txn;
	struct sip_msg *work = &txn->txns->work;

	if (!key->is_ack)
		return str_eq(key->to_tag,
			      str_make(txn->key + txn->key_len, txn->tag_len));
	if (txn->state != TXN_COMPLETED || server->response.p == NULL ||
	    sip_scan(work, server->response.p, server->response.len, NULL) != 0)
		return true;
	return str_eq(key->to_tag, work->to_tag);
}

static bool
is_server(const struct map_node *node, const void *arg)
{
	const struct sip_server *server =
	    MAP_ENTRY(node, struct sip_server, txn.node);
	const struct txn_key *key = arg;

	return txn_key_fits(key, &server->txn) &&
	       (!key->is_old || tag_fits(server, key));
}

static bool
is_cancelled_by(const struct map_node *node, const void *arg)
{
	const struct sip_server *server =
	    MAP_ENTRY(node, struct sip_server, txn.node);
	const struct txn_key *key = arg;

	return txn_key_begins(key, &server->txn) &&
	       (!key->is_old || tag_fits(server, key));
}

struct sip_server *
txn_server_find(const struct sip_txns *txns, const struct txn_key *key)
{
	struct map_node *node =
	    map_find(&txns->servers, key->hash, is_server, key);

	return node != NULL ? MAP_ENTRY(node, struct sip_server, txn.node)
			    : NULL;
}

struct sip_server *
txn_server_find_cancelled(const struct sip_txns *txns, struct txn_key *key)
{
	struct map_node *node = NULL;

	for (int i = 0; i < SIP_N_METHODS && node == NULL; i++) {
		if (i == SIP_ACK || i == SIP_CANCEL)
			continue;
		txn_key_set_method(key, (enum sip_method)i);
		node = map_find(&txns->servers, key->hash, is_cancelled_by,
				key);
	}
	txn_key_set_method(key, SIP_CANCEL);
	return node != NULL ? MAP_ENTRY(node, struct sip_server, txn.node)
			    : NULL;
}
