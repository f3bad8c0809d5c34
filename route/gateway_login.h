/*
 * gateway_login.h - what the challenges of a gateway are answered with
 *
 * HA1 hashes (RFC 7616 3.4.2) are as good as the password for their realm: they
 * are never logged.
 */
#ifndef ROUTE_GATEWAY_LOGIN_H
#define ROUTE_GATEWAY_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct gateway_login {
	uint32_t gateway;     /* index */
	const char *realm;    /* octet for octet as in the challenge */
	const char *username;
	char ha1_md5[33];     /* lower-case hex; "" = none */
	char ha1_sha256[65];
	char ha1_sha512_256[65];
};

/* Those of one gateway; borrowed from the snapshot. */
struct gateway_logins {
	const struct gateway_login *list;
	size_t n;
};

/* The one for a realm, or NULL. */
const struct gateway_login *
gateway_logins_find(const struct gateway_logins *logins, struct str realm);

#endif
