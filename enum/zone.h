/*
 * zone.h - a piece of a zone file that answers questions (RFC 1035, 5)
 *
 * For looking at records before they are published, without a server: owner,
 * TTL and class may be left out as in any master file, $ORIGIN and $TTL are
 * understood, types other than NAPTR, CNAME, DNAME and SOA say that a name is
 * there. Wildcards and empty non-terminals work as in a server (RFC 4592).
 * Records before any owner are for every number.
 */
#ifndef ENUM_ZONE_H
#define ENUM_ZONE_H

#include "base/dns_message.h"
#include "enum/enum.h"

#define ENUM_ZONE_RECORDS_MAX 65536

struct enum_zone;

/* What is wrong in a file, for people. */
struct enum_zone_error {
	unsigned line;
	const char *why; /* static */
};

/* origin is for relative names until $ORIGIN. 0, ERR_NOMEM, ERR_LIMIT (too
 * many records), or ERR_SYNTAX with *error. */
int enum_zone_parse(struct str text, const struct dns_name *origin,
		    struct enum_zone **out, struct enum_zone_error *error);
/* NULL is accepted. */
void enum_zone_free(struct enum_zone *zone);
/* The answer to a question, a whole message in out[cap]; its length. */
size_t enum_zone_answer(const struct enum_zone *zone,
			const struct dns_name *name, uint16_t type,
			uint8_t *out, size_t cap);

/* The zone in place of a resolver. Borrows zone; to be closed when no client
 * uses it any more, freed once the loop has run again. */
struct enum_zone_server;
int enum_zone_server_new(struct uv_loop_s *loop, const struct enum_zone *zone,
			 struct enum_zone_server **out);
void enum_zone_server_close(struct enum_zone_server *server);
struct enum_source enum_source_zone(struct enum_zone_server *server);

#endif
