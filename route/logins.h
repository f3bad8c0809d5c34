/*
 * logins.h - who may log in with which hash: credentials by user and realm
 *
 * Filled while a snapshot is loaded, sealed by logins_finish, then read only.
 */
#ifndef ROUTE_LOGINS_H
#define ROUTE_LOGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"
#include "route/intern.h"

#define LOGIN_MD5_LEN 16
#define LOGIN_SHA256_LEN 32

struct login {
	uint32_t account; /* index */
	uint32_t user;	  /* number in names */
	uint32_t realm;	  /* number in realms */
	bool has_md5, has_sha256;
	uint8_t ha1_md5[LOGIN_MD5_LEN]; /* RFC 7616 3.4.2 */
	uint8_t ha1_sha256[LOGIN_SHA256_LEN];
};

struct logins {
	struct login *list;
	size_t n, cap;
	uint32_t *slots; /* open addressing: place in list + 1, 0 = free */
	size_t n_slots;	 /* a power of two, or 0 */
	struct intern names, realms;
	struct hash_key key;
};

/* 0 or ERR_IO (no randomness). */
int logins_init(struct logins *logins);
/* Also of zeroed storage. */
void logins_fini(struct logins *logins);
/* Hashes are hex, p == NULL or empty: none. 0, ERR_SYNTAX (no hash, or not in
 * hex), ERR_NOMEM or ERR_LIMIT. */
int logins_add(struct logins *logins, uint32_t account, struct str user,
	       struct str realm, struct str ha1_md5, struct str ha1_sha256);
/* Index; nothing is added any more. 0 or ERR_NOMEM. */
int logins_finish(struct logins *logins);
/* Octet for octet (RFC 7616 knows no folding): NULL when there is none. */
const struct login *logins_find(const struct logins *logins, struct str user,
				struct str realm);
size_t logins_bytes(const struct logins *logins);

#endif
