/* crypto.c - HMAC, digests and randomness, and their text forms */
#include "base/crypto.h"

/* The plain functions of SHA-256 are out of fashion with OpenSSL 3, but a state
 * can be copied without allocating: EVP_MAC makes five blocks for each sum. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/err.h"

#define MD5_LEN 16

static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 2104: what SHA-256 has made of the key's two blocks. */
struct hmac {
	SHA256_CTX inner, outer;
};

struct sha256 {
	EVP_MD_CTX *ctx; /* holds the digest; initialised anew for each sum */
};

/* The state behind a block of the key, each octet of it changed by mask. */
static void
start_with(SHA256_CTX *state, const uint8_t key[SHA256_CBLOCK], uint8_t mask)
{
	uint8_t block[SHA256_CBLOCK];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ mask;
	SHA256_Init(state);
	SHA256_Update(state, block, sizeof(block));
	OPENSSL_cleanse(block, sizeof(block));
}

int
hmac_new(const void *secret, size_t len, struct hmac **out)
{
	uint8_t key[SHA256_CBLOCK] = { 0 };
	struct hmac *hmac;

	if (len == 0)
		return ERR_INVAL;
	hmac = mem_alloc(sizeof(*hmac));
	if (hmac == NULL)
		return ERR_NOMEM;
	if (len > sizeof(key))
		SHA256(secret, len, key);
	else
		memcpy(key, secret, len);
	start_with(&hmac->inner, key, 0x36);
	start_with(&hmac->outer, key, 0x5c);
	OPENSSL_cleanse(key, sizeof(key));
	*out = hmac;
	return 0;
}

void
hmac_free(struct hmac *hmac)
{
	if (hmac == NULL)
		return;
	OPENSSL_cleanse(hmac, sizeof(*hmac));
	mem_free(hmac);
}

int
hmac_sum(const struct hmac *hmac, const struct hmac_part *parts, size_t n_parts,
	 uint8_t out[SHA256_LEN])
{
	SHA256_CTX state = hmac->inner;

	for (size_t i = 0; i < n_parts; i++)
		SHA256_Update(&state, parts[i].p, parts[i].len);
	SHA256_Final(out, &state);
	state = hmac->outer;
	SHA256_Update(&state, out, SHA256_LEN);
	SHA256_Final(out, &state);
	return 0;
}

/* A context that has the digest, or NULL. */
static EVP_MD_CTX *
new_digest(void)
{
	EVP_MD *type = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_MD_CTX *ctx = type != NULL ? EVP_MD_CTX_new() : NULL;

	if (ctx != NULL && EVP_DigestInit_ex(ctx, type, NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MD_free(type); /* the context holds it */
	return ctx;
}

int
sha256_new(struct sha256 **out)
{
	struct sha256 *sha256 = mem_alloc(sizeof(*sha256));

	if (sha256 == NULL)
		return ERR_NOMEM;
	sha256->ctx = new_digest();
	if (sha256->ctx == NULL) {
		mem_free(sha256);
		return ERR_NOMEM;
	}
	*out = sha256;
	return 0;
}

void
sha256_free(struct sha256 *sha256)
{
	if (sha256 == NULL)
		return;
	EVP_MD_CTX_free(sha256->ctx);
	mem_free(sha256);
}

int
sha256_sum(struct sha256 *sha256, const void *data, size_t len,
	   uint8_t out[SHA256_LEN])
{
	/* Without a type the one given first is used again. */
	if (EVP_DigestInit_ex(sha256->ctx, NULL, NULL) != 1 ||
	    EVP_DigestUpdate(sha256->ctx, data, len) != 1 ||
	    EVP_DigestFinal_ex(sha256->ctx, out, NULL) != 1)
		return ERR_NOMEM;
	return 0;
}

static int
digest(const EVP_MD *type, const void *data, size_t len, uint8_t *out)
{
	if (EVP_Digest(data, len, out, NULL, type, NULL) != 1)
		return ERR_NOMEM;
	return 0;
}

int
sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	return digest(EVP_sha256(), data, len, out);
}

int
sha256_hex(const void *data, size_t len, char out[65])
{
	uint8_t sum[SHA256_LEN];
	int err = sha256(data, len, sum);

	if (err == 0)
		hex_encode(sum, sizeof(sum), out);
	return err;
}

int
md5_hex(const void *data, size_t len, char out[33])
{
	uint8_t sum[MD5_LEN];
	int err = digest(EVP_md5(), data, len, sum);

	if (err == 0)
		hex_encode(sum, sizeof(sum), out);
	return err;
}

int
random_bytes(void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno != EINTR)
			return ERR_IO;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

bool
bytes_eq_const_time(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
base64url_encode(const uint8_t *in, size_t n, char *out)
{
	uint32_t bits;

	for (; n >= 3; n -= 3, in += 3, out += 4) {
		bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		out[0] = base64url_digits[bits >> 18];
		out[1] = base64url_digits[bits >> 12 & 63];
		out[2] = base64url_digits[bits >> 6 & 63];
		out[3] = base64url_digits[bits & 63];
	}
	if (n == 0)
		return;
	bits = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0);
	out[0] = base64url_digits[bits >> 18];
	out[1] = base64url_digits[bits >> 12 & 63];
	if (n > 1)
		out[2] = base64url_digits[bits >> 6 & 63];
}

/* 0..63, or -1 when c is not of the alphabet. */
static int
base64url_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

int
base64url_decode(const char *in, size_t in_len, uint8_t *out, size_t n)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;

	if (in_len != BASE64URL_LEN(n))
		return ERR_SYNTAX;
	for (size_t i = 0; i < in_len; i++) {
		int value = base64url_value(in[i]);

		if (value < 0)
			return ERR_SYNTAX;
		bits = (bits << 6 | (uint32_t)value) & 0x3fff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			*out++ = (uint8_t)(bits >> n_bits);
		}
	}
	return (bits & ((1U << n_bits) - 1)) == 0 ? 0 : ERR_SYNTAX;
}

void
hex_encode(const uint8_t *in, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
hex_decode(const char *in, size_t in_len, uint8_t *out, size_t n)
{
	if (in_len != 2 * n)
		return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(in[2 * i]), low = hex_digit(in[2 * i + 1]);

		if (high < 0 || low < 0)
			return ERR_SYNTAX;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
