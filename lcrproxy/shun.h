/*
 * shun.h - addresses that failed of late, tried after the others
 *
 * A host name may stand for several servers (RFC 3263 4.3): who was silent, could
 * not be reached or said 503 at one call is not asked first at the next. One
 * table of the whole node, of which any thread may note and ask at any time; two
 * addresses that share a place in it forget each other, which costs an attempt
 * and nothing else.
 */
#ifndef LCRPROXY_SHUN_H
#define LCRPROXY_SHUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "sip/location.h"

#define SHUN_SLOTS 1024
#define SHUN_MS 30000 /* where the address did not say for how long */

struct shun {
	struct {
		_Atomic uint64_t place; /* its hash; 0 = free */
		_Atomic int64_t until_ms;
	} slots[SHUN_SLOTS];
};

/* Times are of a monotonic clock that all threads share. */
void shun_add(struct shun *shun, const struct hash_key *key,
	      const struct sip_place *place, int64_t until_ms);
/* It has answered. */
void shun_remove(struct shun *shun, const struct hash_key *key,
		 const struct sip_place *place);
bool shun_has(struct shun *shun, const struct hash_key *key,
	      const struct sip_place *place, int64_t now_ms);
/* How long until one of places is not shunned any more; 0: one is not now. */
int64_t shun_rest_ms(struct shun *shun, const struct hash_key *key,
		     const struct sip_places *places, int64_t now_ms);
/* Puts those that are shunned behind the others; both keep their order. */
void shun_order(struct shun *shun, const struct hash_key *key,
		struct sip_places *places, int64_t now_ms);

#endif
