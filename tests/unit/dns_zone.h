/*
 * dns_zone.h - a small zone for a scripted DNS server
 */
#ifndef TESTS_UNIT_DNS_ZONE_H
#define TESTS_UNIT_DNS_ZONE_H

#include "tests/unit/dns_server.h"

/* The octets that an answer by UDP may have; what is longer goes by TCP. */
#define DNS_ZONE_UDP_MAX 1232

/* data: an address, "priority weight port target", or of NAPTR "order
 * preference service replacement"; NULL: questions for the name, of whatever
 * type, are not answered. */
struct dns_zone_record {
	const char *name;
	uint16_t type;
	uint32_t ttl_s;
	const char *data;
};

/* Whether the server says nothing of a name. */
bool dns_zone_is_silent(const struct dns_zone_record *zone, size_t n,
			const struct dns_name *name);
/* The answer to a query: the records, or that there is no such domain (for 30
 * s); truncated when it fits no datagram. */
void dns_zone_serve(const struct dns_zone_record *zone, size_t n,
		    const struct dns_server_query *query, struct wbuf *w);

#endif
