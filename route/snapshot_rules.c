/* snapshot_rules.c - the store's tables into a snapshot: exchange rates,
 * expected durations and shares */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/exchange.h"
#include "route/snapshot_private.h"

#define DAY_S 86400
#define PERCENT_MAX 100

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static const char durations_sql[] =
    "SELECT account, prefix, duration_s FROM durations";

static const char measured_sql[] =
    "SELECT account, prefix, duration_s FROM measured_durations";

static const char shares_sql[] = "SELECT account, carrier, percent FROM shares";

/* The same of a carrier. */
static bool
read_carrier(struct snapshot_loader *loader, struct row *row, int column,
	     uint32_t *out)
{
	int64_t id = store_col_int(row->stmt, column);

	*out = snapshot_find_carrier(loader, id);
	if (*out < loader->snapshot->n_carriers)
		return true;
	snapshot_warn(loader,
		      "%s: a row is left out, its carrier does not exist, "
		      "carrier_id=%lld",
		      row->table, (long long)id);
	return false;
}

static prefix_word
read_prefix(struct row *row)
{
	struct str text = store_col_text(row->stmt, 1);
	prefix_word prefix = 0;

	if (prefix_parse(text, &prefix) != 0)
		row_fail(row, "prefix is \"%.*s\", expected up to 15 digits",
			 text.len < 20 ? (int)text.len : 20, text.p);
	return prefix;
}

static int
read_duration(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	uint32_t owner, seconds;
	prefix_word prefix;
	bool is_measured = strcmp(row->table, "measured_durations") == 0;

	row->key = store_col_text(row->stmt, 1);
	prefix = read_prefix(row);
	seconds = (uint32_t)row_int(row, 2, "duration_s", 1, DAY_S, 1);
	if (row->err != 0 || !snapshot_read_owner(loader, row, 0, &owner))
		return row->err;
	return prefix_rules_add(is_measured ? &loader->snapshot->measured
					    : &loader->snapshot->durations,
				owner, prefix, seconds, 0);
}

static int
read_share(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	struct share share;

	share.percent =
	    (uint32_t)row_int(row, 2, "percent", 0, PERCENT_MAX, 0);
	if (row->err != 0 ||
	    !snapshot_read_owner(loader, row, 0, &share.account) ||
	    !read_carrier(loader, row, 1, &share.carrier))
		return row->err;
	if (mem_grow((void **)&snapshot->shares, &snapshot->shares_cap,
		     snapshot->n_shares, sizeof(share)) != 0)
		return ERR_NOMEM;
	snapshot->shares[snapshot->n_shares++] = share;
	return 0;
}

static int
compare_shares(const void *a, const void *b)
{
	const struct share *x = a, *y = b;
	int order = COMPARE(x->account, y->account);

	return order != 0 ? order : COMPARE(x->carrier, y->carrier);
}

/* Each account gets its own ones. */
static void
deal_shares(struct snapshot *snapshot)
{
	struct share *shares = snapshot->shares;

	if (snapshot->n_shares > 1)
		qsort(shares, snapshot->n_shares, sizeof(*shares),
		      compare_shares);
	for (size_t i = snapshot->n_shares; i-- > 0;) {
		struct account *account =
		    &snapshot->accounts[shares[i].account];

		account->shares = &shares[i];
		account->n_shares++;
	}
}

int
snapshot_load_rules(struct snapshot_loader *loader)
{
	struct snapshot *snapshot = loader->snapshot;
	int err =
	    exchange_load(&snapshot->exchange, loader->store, loader->error);

	if (err == 0)
		err = rows_read(loader->store, "durations", durations_sql,
				read_duration, loader, loader->error);
	if (err == 0)
		err = rows_read(loader->store, "measured_durations",
				measured_sql, read_duration, loader,
				loader->error);
	if (err == 0)
		err = rows_read(loader->store, "shares", shares_sql,
				read_share, loader, loader->error);
	if (err != 0)
		return err;
	prefix_rules_sort(&snapshot->durations);
	prefix_rules_sort(&snapshot->measured);
	deal_shares(snapshot);
	return 0;
}
