/*
 * caller_id.h - who may be told who is calling (RFC 3323, 3325)
 *
 * P-Asserted-Identity and Remote-Party-ID are said by parties that trust each
 * other. What an account that is not trusted says of itself is no assertion and
 * does not go on; and a gateway that is not trusted does not get them for a
 * caller who asked for privacy of his identity.
 */
#ifndef LCRPROXY_CALLER_ID_H
#define LCRPROXY_CALLER_ID_H

#include "route/snapshot.h"
#include "sip/edit.h"

/* Whether the request has Privacy with this priv-value ("id", RFC 3325 9.3). */
bool caller_id_wants(const struct sip_msg *msg, const char *privacy);
/* Leave out of edit what the next hop, trusted or not, may not be told of a
 * caller of account. */
void caller_id_edit(struct sip_edit *edit, const struct account *account,
		    bool is_trusted);

#endif
