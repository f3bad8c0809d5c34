/* crypto.c - HMAC, digests and randomness, and their text forms */
#include "base/crypto.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"

#define MD5_LEN 16
#define SUM_INPUT 256 /* all parts of most sums: OpenSSL likes them in one */

static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct hmac {
	EVP_MAC_CTX *ctx; /* holds the key; initialised anew for each sum */
};

struct sha256 {
	EVP_MD_CTX *ctx; /* holds the digest; initialised anew for each sum */
};

/* A context keyed with secret, or NULL. */
static EVP_MAC_CTX *
new_context(const void *secret, size_t len)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	if (ctx != NULL && EVP_MAC_init(ctx, secret, len, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MAC_free(mac); /* the context holds it */
	return ctx;
}

int
hmac_new(const void *secret, size_t len, struct hmac **out)
{
	struct hmac *hmac;

	if (len == 0)
		return ERR_INVAL;
	hmac = mem_alloc(sizeof(*hmac));
	if (hmac == NULL)
		return ERR_NOMEM;
	hmac->ctx = new_context(secret, len);
	if (hmac->ctx == NULL) {
		mem_free(hmac);
		return ERR_NOMEM;
	}
	*out = hmac;
	return 0;
}

void
hmac_free(struct hmac *hmac)
{
	if (hmac == NULL)
		return;
	EVP_MAC_CTX_free(hmac->ctx);
	mem_free(hmac);
}

int
hmac_sum(struct hmac *hmac, const struct hmac_part *parts, size_t n_parts,
	 uint8_t out[SHA256_LEN])
{
	uint8_t usual[SUM_INPUT];
	struct hmac_part together = { usual, 0 };
	struct wbuf w;
	size_t len;

	wbuf_init(&w, usual, sizeof(usual));
	for (size_t i = 0; i < n_parts; i++)
		wbuf_bytes(&w, parts[i].p, parts[i].len);
	if (w.err == 0) {
		together.len = w.len;
		parts = &together;
		n_parts = 1;
	}
	/* Without a key the one given first is used again. */
	if (EVP_MAC_init(hmac->ctx, NULL, 0, NULL) != 1)
		return ERR_NOMEM;
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len > 0 &&
		    EVP_MAC_update(hmac->ctx, parts[i].p, parts[i].len) != 1)
			return ERR_NOMEM;
	}
	if (EVP_MAC_final(hmac->ctx, out, &len, SHA256_LEN) != 1)
		return ERR_NOMEM;
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
