/*
 * crypto.h - keyed hashes, randomness and their text forms, over OpenSSL
 *
 * The only place outside TLS that includes OpenSSL.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

/* A prepared HMAC-SHA-256 key (RFC 2104). */
struct hmac;

/* 0, ERR_INVAL (empty secret) or ERR_NOMEM; yours to free. */
int hmac_new(const void *secret, size_t len, struct hmac **out);
void hmac_free(struct hmac *hmac);

struct hmac_part {
	const void *p;
	size_t len;
};

/* The MAC over the parts in order: 0. */
int hmac_sum(const struct hmac *hmac, const struct hmac_part *parts, size_t n_parts,
	     uint8_t out[SHA256_LEN]);

/* A prepared SHA-256, for many sums: making one ready costs more than the sum
 * of a short text. Not shared between threads. */
struct sha256;

/* 0 or ERR_NOMEM; yours to free. */
int sha256_new(struct sha256 **out);
void sha256_free(struct sha256 *sha256);
/* 0 or ERR_NOMEM. */
int sha256_sum(struct sha256 *sha256, const void *data, size_t len,
	       uint8_t out[SHA256_LEN]);

/* 0 or ERR_NOMEM, as the next two. */
int sha256(const void *data, size_t len, uint8_t out[SHA256_LEN]);
/* Lower-case hex digests with NUL, for digest authentication (RFC 7616). */
int sha256_hex(const void *data, size_t len, char out[65]);
int sha512_256_hex(const void *data, size_t len, char out[65]);
int md5_hex(const void *data, size_t len, char out[33]);
/* From the operating system: 0 or ERR_IO. */
int random_bytes(void *out, size_t len);
/* Compares in time that depends on len only. */
bool bytes_eq_const_time(const void *a, const void *b, size_t len);

/* base64url without padding (RFC 4648, 5). Encoding n bytes gives
 * BASE64URL_LEN(n) characters, no NUL. */
#define BASE64URL_LEN(n) (((n)*4 + 2) / 3)
void base64url_encode(const uint8_t *in, size_t n, char *out);
/* Exactly n bytes from BASE64URL_LEN(n) characters; unused bits must be zero
 * (one text per value): 0 or ERR_SYNTAX. */
int base64url_decode(const char *in, size_t in_len, uint8_t *out, size_t n);
/* Lower-case hex with NUL: out[2 * n + 1]. */
void hex_encode(const uint8_t *in, size_t n, char *out);
/* Exactly n bytes from 2 * n digits of either case: 0 or ERR_SYNTAX. */
int hex_decode(const char *in, size_t in_len, uint8_t *out, size_t n);

#endif
