/* correct.c - the trace of a record whose end was changed */
#include "acct/correct.h"

#include "base/err.h"

/* What a record is corrected for, and the status that it has then. */
static const struct {
	const char *text, *status;
} causes[] = {
	[CORRECT_STOP] = { "stop after sweep", "swept" },
	[CORRECT_LIFE] = { "life after sweep", "swept" },
	[CORRECT_EARLIER] = { "earlier stop", "answered" },
};

static const char note_sql[] =
    "INSERT INTO cdr_corrections (corrected, cause, setup_time, call_key,"
    " to_tag, old_status, old_end_time, old_end_source, old_sell_amount,"
    " old_buy_amount, old_rating_run)"
    " SELECT ?, ?, setup_time, call_key, to_tag, status, end_time, end_source,"
    " sell_amount, buy_amount, rating_run FROM cdr"
    " WHERE setup_time = ? AND call_key = ? AND to_tag = ?"
    " AND status = ?";
/* What a closed bill has stated only cdr-rate may change: it keeps what was. */
static const char undo_sql[] =
    "UPDATE cdr SET sell_tariff = NULL, sell_prefix = NULL, sell_rate = NULL,"
    " sell_seconds = NULL, sell_amount = NULL, sell_currency = NULL,"
    " buy_tariff = NULL, buy_prefix = NULL, buy_rate = NULL,"
    " buy_seconds = NULL, buy_amount = NULL, buy_currency = NULL,"
    " margin = NULL, destination = NULL, rating_run = NULL,"
    " rating_note = NULL, rated_us = NULL, sell_rest = NULL"
    " WHERE setup_time = ? AND call_key = ? AND to_tag = ?"
    " AND status = ? AND rating_run IS NOT NULL AND late IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM bills b WHERE b.kind = 'bill'"
    " AND b.account = cdr.account AND cdr.answer_time >= b.starts"
    " AND cdr.answer_time < b.ends)"
    " AND NOT EXISTS (SELECT 1 FROM rating_history h"
    " WHERE h.cdr = cdr.id AND h.bill IS NOT NULL)";

/* Nobody rates it between here and its other end: it would keep a price that no
 * bill has, and that none would take for new. */
static const char hold_sql[] =
    "SELECT count(*) FROM (SELECT 1 FROM cdr WHERE setup_time = ?"
    " AND call_key = ? AND to_tag = ? FOR UPDATE) held";

int
correct_note(struct store *store, const struct correct_key *key,
	     enum correct_cause cause, time_us now)
{
	const struct store_value params[] = {
		store_time(now),        store_text(causes[cause].text),
		store_time(key->setup), store_text(key->call_key),
		store_text(key->to_tag), store_text(causes[cause].status),
	};
	int64_t n;
	int err = 0;

	/* A bill that is being closed states the rating, though nobody sees it
	 * yet: it is waited for. SQLite has one writer anyhow. */
	if (store_dialect(store) == STORE_POSTGRESQL)
		err = store_exec(store, "LOCK TABLE bills IN SHARE MODE");
	if (err == 0 && store_dialect(store) == STORE_POSTGRESQL)
		err = store_get_int(store, hold_sql, params + 2, 3, &n);
	if (err == 0)
		err = store_run_once(store, note_sql, params, 6);
	return err != 0 ? err : store_run_once(store, undo_sql, params + 2, 4);
}
