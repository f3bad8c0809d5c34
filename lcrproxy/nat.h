/*
 * nat.h - parties whose Contact nobody can reach
 *
 * A user agent behind a NAT writes its private address into Contact. Contact is
 * not ours to change, so the address its messages really come from goes, as
 * parameter `lcrn`, into the copy of our Record-Route that the other side gets,
 * and comes back with that side's requests. It is only made use of in place of a
 * private address: what is public is meant as it is written.
 */
#ifndef LCRPROXY_NAT_H
#define LCRPROXY_NAT_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/arena.h"
#include "sip/msg.h"
#include "sip/value.h"

#define NAT_PARAM "lcrn"

/* Private, shared (RFC 6598), link-local or unique local (RFC 4193). */
bool nat_is_private(const struct addr *addr);
/* Whether addr, written in a message from source, is behind a NAT: private,
 * while the source is not. False for no address at all. */
bool nat_hides(const struct addr *addr, const struct addr *source);
/*
 * ";lcrn=..." for a message from source whose sender is the next hop of the
 * other side: "" when its Contact is reachable. p == NULL: out of memory. In
 * arena.
 */
struct str nat_param(struct arena *arena, const struct sip_msg *msg,
		     const struct addr *source);
/* The next hop `to` that a Request-URI gave, once our Route is off. */
void nat_reach(const struct sip_uri *route, struct addr *to);
/* The bytes of the parameter that text begins with, 0 when it is another. */
size_t nat_param_len(struct str text);

#endif
