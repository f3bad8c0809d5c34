/*
 * dns_name.h - domain names in their wire form (RFC 1035, 3.1)
 *
 * A name is kept as it is sent: labels with their length octet in front and
 * the root's zero at the end. Any octet may stand in a label; case is kept and
 * ignored when names are compared (RFC 4343).
 */
#ifndef BASE_DNS_NAME_H
#define BASE_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/str.h"

#define DNS_NAME_MAX 255 /* octets, the root's included */
#define DNS_LABEL_MAX 63
#define DNS_NAME_TEXT_MAX 1024 /* "\DDD" for each octet, and the NUL */

struct dns_name {
	uint8_t len; /* 1 = the root, 0 = no name */
	uint8_t wire[DNS_NAME_MAX];
};

/* From text, "\." "\DDD" understood, the final dot optional; "." is the root.
 * 0, ERR_SYNTAX (empty label, bad escape, empty text) or ERR_LIMIT (label
 * over 63 or name over 255 octets). */
int dns_name_parse(struct str text, struct dns_name *out);
/* Text with final dot; dots and backslashes in labels get a backslash, octets
 * outside 0x21..0x7E become "\DDD", so the text is always printable.
 * out[DNS_NAME_TEXT_MAX], which is returned. */
const char *dns_name_format(const struct dns_name *name, char *out);
bool dns_name_eq(const struct dns_name *a, const struct dns_name *b);
/* Whether name is suffix or lies below it. */
bool dns_name_is_under(const struct dns_name *name,
		       const struct dns_name *suffix);
/* name with owner at its end replaced by target (DNAME, RFC 6672, 2.2):
 * 0, ERR_NOTFOUND (name is not below owner) or ERR_LIMIT (too long). */
int dns_name_substitute(const struct dns_name *name,
			const struct dns_name *owner,
			const struct dns_name *target, struct dns_name *out);
/* The same for names that differ in case only. */
uint64_t dns_name_hash(const struct hash_key *key, const struct dns_name *name);

#endif
