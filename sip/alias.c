/* alias.c - the offer to be sent requests by one's own connection (RFC 5923) */
#include "sip/alias.h"

#include "sip/txn_layer.h"
#include "sip/value.h"

#define SCRATCH 2048 /* for parsing one usual Via without the heap */

bool
sip_alias_offered(struct str message, enum sip_transport by, uint16_t *port)
{
	_Alignas(16) char scratch[SCRATCH];
	enum sip_transport named = SIP_UDP;
	enum sip_method method;
	struct sip_top_via top;
	struct arena arena;
	struct sip_via via;
	bool is_offered;

	if (txn_peek_request(message, &method, &top) != 0)
		return false;
	arena_init(&arena, scratch, sizeof(scratch), 0);
	is_offered = sip_via_parse(&arena, top.text, &via, NULL) == 0 &&
		     via.has_alias &&
		     sip_transport_parse(via.transport, &named) == 0 &&
		     named == by;
	if (is_offered)
		*port = via.port != 0 ? via.port : sip_transport_port(by);
	arena_fini(&arena);
	return is_offered;
}
