/* parties.c - who pays by which price list: accounts and carriers by name */
#include "cdr-tools/parties.h"

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
	return err != 0 ? err
			: exchange_load(&parties->exchange, store, error);
}

void
parties_fini(struct parties *parties)
{
	exchange_fini(&parties->exchange);
	mem_free(parties->accounts.items);
	mem_free(parties->carriers.items);
	arena_fini(&parties->texts);
	memset(parties, 0, sizeof(*parties));
}

const struct party *
party_find(const struct party_list *list, struct str name)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(list->items[middle].name, name);

		if (order == 0)
			return &list->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
