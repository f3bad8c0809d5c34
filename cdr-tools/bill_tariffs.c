/* bill_tariffs.c - the tariffs whose amounts are rounded at the bill */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/bill.h"
#include "route/table_rows.h"

#define NAME_MAX_LEN 255

static const char tariffs_sql[] =
    "SELECT tariff, decimals, rounding FROM tariffs WHERE round_at = 'bill'"
    " ORDER BY tariff";

static int
read_tariff(void *arg, struct row *row)
{
	struct bill_tariffs *tariffs = arg;
	struct bill_tariff tariff;
	struct str rounding;
	int err;

	row->key = row_text(row, 0, "tariff", NAME_MAX_LEN);
	tariff.decimals = (int)row_int(row, 1, "decimals", 0, 8, 6);
	rounding = store_col_text(row->stmt, 2);
	if (money_rounding_parse(rounding, &tariff.rounding) != 0)
		row_fail(row,
			 "rounding is \"%.*s\", expected half_up, up or "
			 "down",
			 STR_ARG(rounding));
	if (row->err != 0)
		return row->err;
	err = mem_grow((void **)&tariffs->items, &tariffs->cap, tariffs->n,
		       sizeof(*tariffs->items));
	if (err != 0)
		return err;
	tariff.name = arena_strndup(&tariffs->texts, row->key.p, row->key.len);
	if (tariff.name == NULL)
		return ERR_NOMEM;
	tariffs->items[tariffs->n++] = tariff;
	return 0;
}

int
bill_tariffs_load(struct bill_tariffs *tariffs, struct store *store,
		  char error[STORE_ERROR_MAX])
{
	memset(tariffs, 0, sizeof(*tariffs));
	arena_init(&tariffs->texts, NULL, 0, 0);
	return rows_read(store, "tariffs", tariffs_sql, read_tariff, tariffs,
			 error);
}

void
bill_tariffs_fini(struct bill_tariffs *tariffs)
{
	mem_free(tariffs->items);
	arena_fini(&tariffs->texts);
	memset(tariffs, 0, sizeof(*tariffs));
}
