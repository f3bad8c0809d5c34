/* addr_set.c - open addressing, half empty, never written after it was made */
#include "base/addr_set.h"

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/err.h"

struct addr_set {
	atomic_size_t n_refs;
	struct hash_key key;
	size_t mask;
	struct addr slots[]; /* mask + 1; family 0 = free */
};

/* The slot of an address, or the free one where it would be. */
static size_t
slot_of(const struct addr_set *set, const struct addr *addr)
{
	size_t at = (size_t)hash_bytes(&set->key, addr->ip, sizeof(addr->ip)) &
		    set->mask;

	while (set->slots[at].family != 0 &&
	       !addr_eq_ip(&set->slots[at], addr))
		at = (at + 1) & set->mask;
	return at;
}

static void
add(struct addr_set *set, const struct addr *addr)
{
	if (addr->family != 0)
		set->slots[slot_of(set, addr)] = *addr;
}

int
addr_set_new(const struct hash_key *key, const struct addr *addrs, size_t n,
	     struct addr_set **out)
{
	struct addr_set *set;
	size_t n_slots = 2;

	while (n_slots / 2 < n)
		n_slots *= 2;
	set = mem_zalloc(1, sizeof(*set) + n_slots * sizeof(set->slots[0]));
	if (set == NULL)
		return ERR_NOMEM;
	atomic_init(&set->n_refs, 1);
	set->key = *key;
	set->mask = n_slots - 1;
	for (size_t i = 0; i < n; i++)
		add(set, &addrs[i]);
	*out = set;
	return 0;
}

struct addr_set *
addr_set_ref(struct addr_set *set)
{
	if (set != NULL)
		atomic_fetch_add(&set->n_refs, 1);
	return set;
}

void
addr_set_unref(struct addr_set *set)
{
	if (set != NULL && atomic_fetch_sub(&set->n_refs, 1) == 1)
		mem_free(set);
}

bool
addr_set_has(const struct addr_set *set, const struct addr *addr)
{
	return set != NULL && addr->family != 0 &&
	       set->slots[slot_of(set, addr)].family != 0;
}
