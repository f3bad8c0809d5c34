/* rate_attempts.c - fees that carriers charge for attempts */
#include "cdr-tools/rate_attempts.h"

#include <stdio.h>

static const char any_sql[] =
    "SELECT count(*) FROM carriers c JOIN tariffs t ON t.id = c.tariff"
    " WHERE t.attempt_fee <> 0";

/* An attempt that could not be sent is none. */
static const char update_sql[] =
    "UPDATE cdr_attempt SET fee = f.fee, fee_currency = f.currency,"
    " fee_run = ? FROM (SELECT c.carrier, t.attempt_fee AS fee, t.currency"
    " FROM carriers c JOIN tariffs t ON t.id = c.tariff"
    " WHERE t.attempt_fee <> 0) f WHERE f.carrier = cdr_attempt.carrier"
    " AND setup_time >= ? AND setup_time < ?"
    " AND outcome IS NOT NULL AND outcome <> 'unreachable' AND %s%s";
static const char first_sql[] = "cdr_attempt.fee_run IS NULL";
static const char again_sql[] =
    "(cdr_attempt.fee, cdr_attempt.fee_currency)"
    " IS DISTINCT FROM (f.fee, f.currency)";
static const char account_sql[] =
    " AND EXISTS (SELECT 1 FROM cdr WHERE cdr.setup_time ="
    " cdr_attempt.setup_time AND cdr.call_key = cdr_attempt.call_key"
    " AND cdr.account = ?)";

#define SQL_MAX 1200

static int
update(struct store *store, const struct rate_run_options *options,
       uint64_t *n_out)
{
	const struct store_value params[] = { store_int(options->run),
					      store_time(options->from),
					      store_time(options->until),
					      store_text(options->account) };
	struct store_stmt *stmt;
	char sql[SQL_MAX];
	int err;

	snprintf(sql, sizeof(sql), update_sql,
		 options->rerate ? again_sql : first_sql,
		 options->account != NULL ? account_sql : "");
	err = store_prepare(store, sql, &stmt);
	if (err == 0)
		err = store_run(stmt, params, options->account != NULL ? 4 : 3);
	if (err == 0)
		*n_out = (uint64_t)store_changes(store);
	store_finish(stmt);
	return err;
}

int
rate_attempts(struct store *store, const struct rate_run_options *options,
	      uint64_t *n_out)
{
	int64_t n = 0;
	int err = store_get_int(store, any_sql, NULL, 0, &n);

	*n_out = 0;
	if (err != 0 || n == 0)
		return err;
	err = store_begin(store);
	if (err == 0)
		err = update(store, options, n_out);
	if (err == 0)
		err = store_commit(store);
	if (err != 0)
		store_rollback(store);
	return err;
}
