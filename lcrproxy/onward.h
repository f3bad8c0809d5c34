/*
 * onward.h - a request inside a dialog, as it goes on
 */
#ifndef LCRPROXY_ONWARD_H
#define LCRPROXY_ONWARD_H

#include "lcrproxy/worker.h"
#include "sip/session.h"
#include "sip/value.h"

/*
 * Where a request goes once our Route is off it (way.h), behind a NAT where it
 * has to (nat.h). Returns as way_next_hop.
 */
int onward_hop(struct worker *worker, const struct sip_msg *msg,
	       const struct sip_name_addr *route, const struct sip_uri *uri,
	       struct addr *to);
/*
 * Make it in the worker's scratch: 16.6, with our Route off, strictly routed if
 * the next hop wants that. session is NULL unless it refreshes a session, and
 * gets what was asked for. 0 or an error of the edit.
 */
int onward_build(struct worker *worker, const struct sip_msg *msg,
		 const struct addr *from, struct sip_session *session,
		 size_t *len);

#endif
