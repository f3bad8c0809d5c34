/* hash.c - SipHash-1-3, after "SipHash: a fast short-input PRF" (2012) */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

#include "base/crypto.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotl(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* One SipRound (section 2.1, figure 2.1). */
static inline void
mix(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline uint64_t
load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

/* The n < 8 last bytes of len, which begin at p. Of a longer text the word that
 * ends with them is read. */
static inline uint64_t
load_last(const uint8_t *p, size_t n, size_t len)
{
	uint64_t word = 0;

	if (n == 0)
		return 0;
	if (len >= 8)
		return load(p + n - 8) >> (64 - 8 * n);
	while (n-- > 0)
		word |= (uint64_t)p[n] << 8 * n;
	return word;
}

static inline void
absorb(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

int
hash_key_random(struct hash_key *key)
{
	return random_bytes(key, sizeof(*key));
}

uint64_t
hash_bytes(const struct hash_key *key, const void *data, size_t len)
{
	/* The initial state is "somepseudorandomlygeneratedbytes". */
	struct sip s = {
		key->k0 ^ UINT64_C(0x736f6d6570736575),
		key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261),
		key->k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		absorb(&s, load(p));
	/* The last word ends with the length modulo 256. */
	absorb(&s, (uint64_t)len << 56 | load_last(p, left, len));
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#define DOMAIN_MAX 255

uint64_t
hash_domain(const struct hash_key *key, struct str domain)
{
	char lower[DOMAIN_MAX];
	uint64_t hash;

	if (domain.len > 1 && domain.p[domain.len - 1] == '.')
		domain.len--;
	if (domain.len == 0 || domain.len > DOMAIN_MAX)
		return 0;
	for (size_t i = 0; i < domain.len; i++) {
		char c = domain.p[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	hash = hash_bytes(key, lower, domain.len);
	return hash != 0 ? hash : 1;
}
