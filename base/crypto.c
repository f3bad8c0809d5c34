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

#define HMAC_GATHERED 256

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
	uint8_t gathered[HMAC_GATHERED]; /* parts are short and many */
	size_t n = 0;

	for (size_t i = 0; i < n_parts; i++) {
		struct hmac_part part = parts[i];

		if (part.len > sizeof(gathered) - n) {
			SHA256_Update(&state, gathered, n);
			n = 0;
		}
		if (part.len > sizeof(gathered)) {
			SHA256_Update(&state, part.p, part.len);
		} else if (part.len > 0) {
			memcpy(gathered + n, part.p, part.len);
			n += part.len;
		}
	}
	SHA256_Update(&state, gathered, n);
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

static int
digest_hex(const EVP_MD *type, const void *data, size_t len, char *out)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	int err = digest(type, data, len, sum);

	if (err == 0)
		hex_encode(sum, (size_t)EVP_MD_get_size(type), out);
	return err;
}

int
sha256_hex(const void *data, size_t len, char out[65])
{
	return digest_hex(EVP_sha256(), data, len, out);
}

int
sha512_256_hex(const void *data, size_t len, char out[65])
{
	return digest_hex(EVP_sha512_256(), data, len, out);
}

int
md5_hex(const void *data, size_t len, char out[33])
{
	return digest_hex(EVP_md5(), data, len, out);
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

/* The value of each of the alphabet, and one more; 0 for what is not of it. */
static const uint8_t base64url_values[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
	['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,
	['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
	['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
	['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
	['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
	['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
	['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

/* The values of up to four characters in one number; false when one is not of
 * the alphabet. */
static inline bool
take_sextets(const char *in, size_t n, uint32_t *out)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned value = base64url_values[(uint8_t)in[i]];

		if (value == 0)
			return false;
		bits = bits << 6 | (value - 1);
	}
	*out = bits;
	return true;
}

int
base64url_decode(const char *in, size_t in_len, uint8_t *out, size_t n)
{
	uint32_t bits;

	if (in_len != BASE64URL_LEN(n))
		return ERR_SYNTAX;
	for (; n >= 3; n -= 3, in += 4, in_len -= 4, out += 3) {
		if (!take_sextets(in, 4, &bits))
			return ERR_SYNTAX;
		out[0] = (uint8_t)(bits >> 16);
		out[1] = (uint8_t)(bits >> 8);
		out[2] = (uint8_t)bits;
	}
	if (n == 0)
		return 0;
	if (!take_sextets(in, in_len, &bits))
		return ERR_SYNTAX;
	/* 12 bits for an octet, 18 for two: those left over are zero */
	bits <<= 24 - 6 * in_len;
	out[0] = (uint8_t)(bits >> 16);
	if (n > 1)
		out[1] = (uint8_t)(bits >> 8);
	return (bits & (n > 1 ? 0xffU : 0xffffU)) == 0 ? 0 : ERR_SYNTAX;
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
