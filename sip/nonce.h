/*
 * nonce.h - nonces that need no memory until they are used
 *
 * A nonce is its time, a number and a MAC over both and over what it is bound
 * to (who asked, for which realm), so that anybody's nonce is good for him
 * alone and for a while. What must be remembered is how often each was used
 * (RFC 7616 3.4, nc): a table all workers share, which forgets a nonce only
 * when it has expired. The key lives as long as the process: a nonce of before
 * a restart, or of another node, counts as expired.
 */
#ifndef SIP_NONCE_H
#define SIP_NONCE_H

#include <stdint.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/str.h"

#define SIP_NONCE_LEN 32 /* characters, base64url */
#define SIP_NONCE_KEY_LEN 32

/* --- making and checking: one of each worker --- */

struct sip_nonces;

/* key is the same for all workers of a process, worker (0..255) tells them
 * apart. life_s: how long a nonce may be used, 1 second to a day. 0, ERR_INVAL
 * or ERR_NOMEM; yours to free. */
int sip_nonces_new(const uint8_t key[SIP_NONCE_KEY_LEN], int worker,
		   int64_t life_s, struct sip_nonces **out);
void sip_nonces_free(struct sip_nonces *nonces);

/* A nonce of now (a monotonic clock's milliseconds), good for bound only: 0 or
 * ERR_NOMEM. */
int sip_nonce_make(struct sip_nonces *nonces, int64_t now_ms,
		   struct str bound, char out[SIP_NONCE_LEN]);

struct sip_nonce {
	uint8_t id[12]; /* no two are the same */
	int64_t made_ms;
};

/* 0; ERR_AUTH when it is not of this process or bound to something else;
 * ERR_EXPIRED; ERR_NOMEM. */
int sip_nonce_check(struct sip_nonces *nonces, struct str text,
		    struct str bound, int64_t now_ms, struct sip_nonce *out);

/* --- counting: one for all workers --- */

struct sip_nonce_counts;

/* For about max nonces used within one life (rounded up to a power of two, 8
 * bytes each, three times): 0, ERR_IO (no randomness) or ERR_NOMEM. */
int sip_nonce_counts_new(size_t max, int64_t life_s,
			 struct sip_nonce_counts **out);
void sip_nonce_counts_free(struct sip_nonce_counts *counts);

/* Use a checked nonce for the nc-th time. 0; ERR_EXISTS when nc is not above
 * all that were used before, so that a copied request is of no use; ERR_LIMIT
 * when it can no longer be counted (the table is full, or nc is over 2^24): a
 * new nonce is the answer to both. From any thread. */
int sip_nonce_use(struct sip_nonce_counts *counts,
		  const struct sip_nonce *nonce, uint32_t nc, int64_t now_ms);

#endif
