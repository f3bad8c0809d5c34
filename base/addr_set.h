/*
 * addr_set.h - a set of IP addresses that does not change, for any thread
 *
 * Made whole and handed over; whoever has it holds a reference. To ask takes
 * one hash and a few compares, however many there are.
 */
#ifndef BASE_ADDR_SET_H
#define BASE_ADDR_SET_H

#include "base/addr.h"
#include "base/hash.h"

struct addr_set;

/* Of n addresses; ports do not matter, doubles and those of no family are left
 * out. The caller has one reference. 0 or ERR_NOMEM. */
int addr_set_new(const struct hash_key *key, const struct addr *addrs, size_t n,
		 struct addr_set **out);
/* NULL is accepted by all of these: an empty set. */
struct addr_set *addr_set_ref(struct addr_set *set);
void addr_set_unref(struct addr_set *set);
bool addr_set_has(const struct addr_set *set, const struct addr *addr);

#endif
