/* parties.c - who pays by which price list: accounts and carriers by name */
#include "cdr-tools/parties.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/table_rows.h"

#define NAME_MAX_LEN 255

static const char accounts_sql[] =
    "SELECT account, tariff FROM accounts ORDER BY account";
static const char carriers_sql[] =
    "SELECT carrier, tariff FROM carriers ORDER BY carrier";

struct loader {
	struct parties *parties;
	struct party_list *list;
	const struct pricebook *book;
};

static int
read_party(void *arg, struct row *row)
{
	struct loader *loader = arg;
	struct party_list *list = loader->list;
	struct party party = { .tariff = PRICEBOOK_NO_TARIFF };
	char *name;
	int err;

	row->key = row_text(row, 0, "name", NAME_MAX_LEN);
	if (row->err != 0)
		return row->err;
	err = mem_grow((void **)&list->items, &list->cap, list->n,
		       sizeof(*list->items));
	if (err != 0)
		return err;
	name = arena_strndup(&loader->parties->texts, row->key.p, row->key.len);
	if (name == NULL)
		return ERR_NOMEM;
	party.name = str_make(name, row->key.len);
	if (!store_col_is_null(row->stmt, 1))
		party.tariff = pricebook_find_tariff_id(
		    loader->book, store_col_int(row->stmt, 1));
	list->items[list->n++] = party;
	return 0;
}

/* FNV-1a: names are the operator's own, nobody picks them to collide. */
static uint32_t
hash_name(struct str name)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 16777619u;
	return hash;
}

static int
make_slots(struct party_list *list)
{
	size_t n = 16;

	while (n < list->n * 2)
		n *= 2;
	list->slots = mem_zalloc(n, sizeof(*list->slots));
	if (list->slots == NULL)
		return ERR_NOMEM;
	list->n_slots = n;
	for (size_t i = 0; i < list->n; i++) {
		uint32_t hash = hash_name(list->items[i].name);
		size_t at = hash & (n - 1);

		while (list->slots[at].index != 0)
			at = (at + 1) & (n - 1);
		list->slots[at] = (struct party_slot){ hash, (uint32_t)i + 1 };
	}
	return 0;
}

int
parties_load(struct parties *parties, struct store *store,
	     const struct pricebook *book, char error[STORE_ERROR_MAX])
{
	struct loader loader = { parties, &parties->accounts, book };
	int err;

	memset(parties, 0, sizeof(*parties));
	arena_init(&parties->texts, NULL, 0, 0);
	err = rows_read(store, "accounts", accounts_sql, read_party, &loader,
			error);
	if (err != 0)
		return err;
	loader.list = &parties->carriers;
	err = rows_read(store, "carriers", carriers_sql, read_party, &loader,
			error);
	if (err == 0 && (make_slots(&parties->accounts) != 0 ||
			 make_slots(&parties->carriers) != 0)) {
		snprintf(error, STORE_ERROR_MAX, "accounts: %s",
			 err_text(ERR_NOMEM));
		err = ERR_NOMEM;
	}
	return err != 0 ? err : exchange_load(&parties->exchange, store, error);
}

void
parties_fini(struct parties *parties)
{
	exchange_fini(&parties->exchange);
	mem_free(parties->accounts.items);
	mem_free(parties->carriers.items);
	mem_free(parties->accounts.slots);
	mem_free(parties->carriers.slots);
	arena_fini(&parties->texts);
	memset(parties, 0, sizeof(*parties));
}

const struct party *
party_find(const struct party_list *list, struct str name)
{
	uint32_t hash = hash_name(name);
	size_t mask = list->n_slots - 1;

	for (size_t i = 0; list->n_slots == 0 && i < list->n; i++) {
		if (str_eq(list->items[i].name, name))
			return &list->items[i];
	}
	if (list->n_slots == 0)
		return NULL;
	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		const struct party_slot *slot = &list->slots[i];

		if (slot->index == 0)
			return NULL;
		if (slot->hash == hash &&
		    str_eq(list->items[slot->index - 1].name, name))
			return &list->items[slot->index - 1];
	}
}
