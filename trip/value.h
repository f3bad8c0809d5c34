/*
 * value.h - what is inside attributes: routes, paths, servers, lists
 *
 * Readers over borrowed bytes. The walkers are used twice: by the checks of
 * what a peer sent, and, on checked bytes, by everything that looks inside.
 */
#ifndef TRIP_VALUE_H
#define TRIP_VALUE_H

#include "base/buf.h"
#include "trip/proto.h"

/* A route: what WithdrawnRoutes and ReachableRoutes list (5.1.1.1). */
struct trip_prefix {
	uint16_t family, protocol;
	struct str address; /* borrowed; digits or a name, may be empty */
};

/* The next route of a list: 0; ERR_END at its end; ERR_SYNTAX when it is cut
 * off, has a reserved or undefined family or protocol, or an address that
 * its family does not allow. */
int trip_prefix_next(struct rbuf *r, struct trip_prefix *out);
/* Octets it takes in a list. */
size_t trip_prefix_len(const struct trip_prefix *prefix);
void trip_prefix_encode(struct wbuf *w, const struct trip_prefix *prefix);
/* Whether addresses of this family are prefixes of digits (5.1.1), not flat
 * names (RFC 5140, section 5). */
bool trip_family_is_digits(uint16_t family);
/* Whether address may stand in a route of this family: digits without "+",
 * upper-case A to E in pentadecimal ones; RFC 4904 and RFC 4694 texts. Any
 * octets in a vendor's family. */
bool trip_address_is_valid(uint16_t family, struct str address);

/* "host", "host:", "host:port", "[IPv6]:port" (5.3.1). */
bool trip_server_is_valid(struct str server);

/* One segment of a path (5.4.1): 0, ERR_END, ERR_SYNTAX. itads gives n
 * numbers by rbuf_u32. */
int trip_segment_next(struct rbuf *r, enum trip_segment_type *type, size_t *n,
		      struct rbuf *itads);
bool trip_path_is_valid(struct str path);
bool trip_path_has(struct str path, uint32_t itad);
/* The leftmost ITAD of the first segment; 0 when the path is empty. */
uint32_t trip_path_first(struct str path);
/* The path with itad in front (5.4.5): a first AP_SEQUENCE with room grows, in
 * all other cases a new one begins. Up to path.len + 6 octets. */
void trip_path_prepend(struct wbuf *w, struct str path, uint32_t itad);

/* An entry with a length of 1 octet (trunk groups, carriers) or 2 (prefixes,
 * name spaces): 0, ERR_END, ERR_SYNTAX. */
int trip_entry_next(struct rbuf *r, unsigned length_octets, struct str *out);

/* Whether {itad, id} is among communities. */
bool trip_communities_have(struct str communities, uint32_t itad, uint32_t id);

#endif
