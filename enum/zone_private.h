/*
 * zone_private.h - a zone from inside: zone_read.c and zone.c
 */
#ifndef ENUM_ZONE_PRIVATE_H
#define ENUM_ZONE_PRIVATE_H

#include "enum/zone.h"

struct enum_zone_rr {
	struct dns_name owner; /* len 0: every number under the origin */
	uint16_t type;
	uint32_t ttl_s;
	uint32_t data_at; /* in the zone's octets */
	uint16_t data_len;
};

struct enum_zone {
	struct dns_name origin;
	struct enum_zone_rr *rr;
	size_t n, cap;
	uint8_t *octets;
	size_t octets_len, octets_cap;
};

#endif
