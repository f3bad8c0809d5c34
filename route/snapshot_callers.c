/* snapshot_callers.c - the numbers of accounts into a snapshot */
#include "base/err.h"
#include "route/snapshot_private.h"

static const char callers_sql[] =
    "SELECT account, prefix, preset FROM callers";

static int
read_caller(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	int64_t id = store_col_int(row->stmt, 0);
	const struct account *account = NULL;
	struct caller caller = { .is_preset = store_col_bool(row->stmt, 2) };

	row->key = store_col_text(row->stmt, 1);
	if (prefix_parse(row->key, &caller.prefix) != 0 ||
	    caller.prefix == 0)
		return row_fail(row, "prefix is no number, expected 1 to 15 "
				     "digits");
	if (id > 0 && id <= UINT32_MAX)
		account = snapshot_account_by_id(snapshot, (uint32_t)id);
	if (account == NULL) {
		snapshot_warn(loader,
			      "caller %.*s: left out, its account does not "
			      "exist, account_id=%lld",
			      STR_ARG(row->key), (long long)id);
		return 0;
	}
	caller.account = (uint32_t)(account - snapshot->accounts);
	return callers_add(&snapshot->callers, &caller);
}

int
snapshot_load_callers(struct snapshot_loader *loader)
{
	int err = rows_read(loader->store, "callers", callers_sql, read_caller,
			    loader, loader->error);

	if (err == 0)
		callers_finish(&loader->snapshot->callers);
	return err;
}

enum caller_verdict
snapshot_caller(const struct snapshot *snapshot, const struct account *account,
		const struct number *number)
{
	return callers_judge(&snapshot->callers,
			     snapshot_account_index(snapshot, account),
			     number);
}

bool
snapshot_caller_preset(const struct snapshot *snapshot,
		       const struct account *account, struct number *out)
{
	return callers_preset(&snapshot->callers,
			      snapshot_account_index(snapshot, account), out);
}
