/*
 * parties.h - who pays by which price list: accounts and carriers by name
 *
 * Call records carry names; this finds the tariff of each. Immutable once
 * loaded.
 */
#ifndef CDR_TOOLS_PARTIES_H
#define CDR_TOOLS_PARTIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "route/exchange.h"
#include "db/store.h"
#include "route/pricebook.h"

struct party {
	struct str name;
	uint32_t tariff; /* of the price book; PRICEBOOK_NO_TARIFF: none */
};

/* Where a name is: of an open table, twice as large as needed. */
struct party_slot {
	uint32_t hash;
	uint32_t index; /* of items, from 1; 0 = free */
};

struct party_list {
	struct party *items; /* by name */
	size_t n, cap;
	struct party_slot *slots;
	size_t n_slots; /* a power of two */
};

struct parties {
	struct party_list accounts, carriers;
	struct exchange exchange; /* between their currencies */
	struct arena texts;
};

/* Load both tables and the exchange rates; book is the one that tariffs are indexes of. 0, a store
 * error or ERR_NOMEM, with error. Fini in any case. */
int parties_load(struct parties *parties, struct store *store,
		 const struct pricebook *book, char error[STORE_ERROR_MAX]);
void parties_fini(struct parties *parties);
/* NULL when there is none of that name. A list without slots is searched from
 * one end to the other. */
const struct party *party_find(const struct party_list *list, struct str name);

#endif
