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
/* A re-rating takes back what a carrier no longer charges. */
static const char undo_sql[] =
    "UPDATE cdr_attempt SET fee = NULL, fee_currency = NULL, fee_run = ?"
    " WHERE setup_time >= ? AND setup_time < ? AND fee IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM carriers c JOIN tariffs t"
    " ON t.id = c.tariff WHERE c.carrier = cdr_attempt.carrier"
    " AND t.attempt_fee <> 0)%s%s";
static const char first_sql[] = "cdr_attempt.fee_run IS NULL";
static const char again_sql[] =
    "(cdr_attempt.fee, cdr_attempt.fee_currency)"
    " IS DISTINCT FROM (f.fee, f.currency)";
static const char account_sql[] =
    " AND EXISTS (SELECT 1 FROM cdr WHERE cdr.setup_time ="
    " cdr_attempt.setup_time AND cdr.call_key = cdr_attempt.call_key"
    " AND cdr.account = ?)";

#define SQL_MAX 1200

/* sql with two texts to go in; *n_out goes up by the attempts it changes. */
static int
update(struct store *store, const struct rate_run_options *options,
       const char *format, const char *which, uint64_t *n_out)
{
	const struct store_value params[] = { store_int(options->run),
					      store_time(options->from),
					      store_time(options->until),
					      store_text(options->account) };
	char sql[SQL_MAX];
	int err;

	snprintf(sql, sizeof(sql), format, which,
		 options->account != NULL ? account_sql : "");
	err = store_run_once(store, sql, params,
			     options->account != NULL ? 4 : 3);
	if (err == 0)
		*n_out += (uint64_t)store_changes(store);
	return err;
}

int
rate_attempts(struct store *store, const struct rate_run_options *options,
	      uint64_t *n_out)
{
	int64_t n = 0;
	int err = store_get_int(store, any_sql, NULL, 0, &n);

	*n_out = 0;
	if (err != 0 || (n == 0 && !options->rerate))
		return err;
	err = store_begin(store);
	if (err == 0)
		err = update(store, options, update_sql,
			     options->rerate ? again_sql : first_sql, n_out);
	if (err == 0 && options->rerate)
		err = update(store, options, undo_sql, "", n_out);
	if (err == 0)
		err = store_commit(store);
	if (err != 0)
		store_rollback(store);
	return err;
}
