/*
 * hash.h - keyed hashing for tables that strangers can fill
 *
 * SipHash-1-3 (Aumasson and Bernstein, 2012; the rounds that Rust and Python
 * take for their tables): without the key nobody can choose inputs that
 * collide. It is no signature: what others must not forge takes crypto.h.
 * Under fixed keys it shortens long tags on record (records.c): another function
 * would give calls in progress other keys.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct hash_key {
	uint64_t k0, k1;
};

/* A key from the operating system's randomness: 0 or ERR_IO. */
int hash_key_random(struct hash_key *key);
uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len);
/* The same of a domain name in any case, with and without the final dot; 0 of
 * what is empty or over 255 octets long, and of nothing else. */
uint64_t hash_domain(const struct hash_key *key, struct str domain);

#endif
