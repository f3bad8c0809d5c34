/*
 * service.h - Enumservices (RFC 6116, 3.4.3)
 *
 * "E2U+sip", compound "E2U+voice:tel+sms:tel", and the old "sip+E2U" of RFC
 * 2916 that is still in zones. Case never counts; here it is lower.
 */
#ifndef ENUM_SERVICE_H
#define ENUM_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ENUM_SERVICE_PART_MAX 32 /* octets of a type or subtype */
#define ENUM_SERVICE_MAX (2 * ENUM_SERVICE_PART_MAX + 2) /* with ':', NUL */
#define ENUM_SERVICES_MAX 32

/* Which services are wanted: "type" or "type:subtype", exactly as listed. */
struct enum_services {
	uint8_t n;
	char item[ENUM_SERVICES_MAX][ENUM_SERVICE_MAX];
};

/* "sip,pstn:tel": 0, ERR_SYNTAX or ERR_LIMIT. */
int enum_services_parse(struct str list, struct enum_services *out);
bool enum_services_has(const struct enum_services *services,
		       const char *service);

/* A walk over the services of one field, left to right. */
struct enum_service_walk {
	struct str rest;  /* tokens to come */
	struct str type;  /* of the present token */
	struct str parts; /* its subtypes to come */
};

/* 0, ERR_NOTOURS (no E2U: of another application), or ERR_SYNTAX (E2U in the
 * middle or twice, an empty token, nothing beside it). */
int enum_service_walk_init(struct enum_service_walk *walk, struct str field);
/* The next one as "type" or "type:subtype", one per subtype; what does not
 * follow the grammar is passed over. False at the end. */
bool enum_service_walk_next(struct enum_service_walk *walk,
			    char out[ENUM_SERVICE_MAX]);

/* "P-..." of private networks (RFC 6117, 4.2.1.2); "void" and "unused", by
 * which a number is said to be of nobody. */
bool enum_service_is_private(const char *service);
bool enum_service_is_void(const char *service);
/* Whether a URI of this scheme (lower case) may come of this service. */
bool enum_service_takes(const char *service, struct str scheme);

#endif
