/* batch_load.c - the short ways of a batch into PostgreSQL */
#include "acct/batch_load.h"

#include "acct/batch_merge.h"
#include "base/err.h"
#include "db/bulk.h"

static int
load_calls(struct store *store, const struct batch *batch)
{
	struct bulk_column columns[BULK_MAX_COLUMNS];
	struct bulk *bulk;
	int err;

	for (size_t i = 0; i < n_batch_columns; i++)
		columns[i] = (struct bulk_column){
			.name = batch_columns[i].name,
			.type = batch_store_type(batch_columns[i].type),
			.offset = batch_columns[i].offset,
		};
	err = bulk_load_begin(store, "cdr", columns, n_batch_columns, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_calls && err == 0; i++) {
		const struct batch_call *call = batch->calls[i];
		struct cdr open;

		if (!call->knows_more)
			continue;
		if (call->cdr.status != NULL) {
			err = bulk_record(bulk, &call->cdr);
			continue;
		}
		open = call->cdr;
		open.status = cdr_status_text(CDR_OPEN);
		err = bulk_record(bulk, &open);
	}
	return bulk_end(bulk);
}

static int
load_attempts(struct store *store, const struct batch *batch)
{
	struct bulk_column columns[BULK_MAX_COLUMNS];
	struct bulk *bulk;
	int err;

	for (size_t i = 0; i < n_cdr_attempt_fields; i++)
		columns[i] = (struct bulk_column){
			.name = cdr_attempt_fields[i].name,
			.type = batch_store_type(cdr_attempt_fields[i].type),
			.offset = cdr_attempt_fields[i].offset,
		};
	err = bulk_load_begin(store, "cdr_attempt", columns,
			      n_cdr_attempt_fields, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_attempts && err == 0; i++)
		err = bulk_record(bulk, batch->attempts[i]);
	return bulk_end(bulk);
}

int
batch_load(struct store *store, struct batch *batch)
{
	int err = load_calls(store, batch);

	if (err == 0 && batch->n_attempts > 0)
		err = load_attempts(store, batch);
	batch->is_loaded = err == 0;
	return err;
}

/* --- ends --- */

/* It stays with the connection. */
static const char table_sql[] =
    "CREATE TEMP TABLE IF NOT EXISTS lcr_stops ON COMMIT DELETE ROWS AS"
    " SELECT setup_time, call_key, to_tag, end_time, end_source, status,"
    " sip_code, q850_cause, reason, token, clock_us, last_seen, session_s"
    " FROM cdr WHERE false";
static const char set_sql[] =
    "UPDATE cdr c SET end_time = s.end_time, end_source = s.end_source,"
    " status = s.status, sip_code = coalesce(s.sip_code, c.sip_code),"
    " q850_cause = s.q850_cause, reason = s.reason,"
    " token = coalesce(s.token, c.token), clock_us = s.clock_us,"
    " last_seen = greatest(c.last_seen, s.last_seen),"
    " session_s = greatest(c.session_s, s.session_s) FROM lcr_stops s"
    " WHERE c.setup_time = s.setup_time AND c.call_key = s.call_key"
    " AND c.to_tag = s.to_tag AND c.end_time IS NULL"
    " AND c.end_source IS NULL AND c.node IS NOT NULL";

#define END(column_type, member)                            \
	{                                                   \
		.name = #member, .type = (column_type),     \
		.offset = offsetof(struct cdr, member)      \
	}

static int
load_ends(struct store *store, const struct batch *batch, int64_t *n_out)
{
	static const struct bulk_column columns[] = {
		END(STORE_TIME, setup_time),
		END(STORE_TEXT, call_key),
		END(STORE_TEXT, to_tag),
		END(STORE_TIME, end_time),
		END(STORE_TEXT, end_source),
		END(STORE_TEXT, status),
		END(STORE_INT, sip_code),
		END(STORE_INT, q850_cause),
		END(STORE_TEXT, reason),
		END(STORE_TEXT, token),
		END(STORE_INT, clock_us),
		END(STORE_TIME, last_seen),
		END(STORE_INT, session_s),
	};
	const size_t n_columns = sizeof(columns) / sizeof(columns[0]);
	struct bulk *bulk;
	int err =
	    bulk_load_begin(store, "lcr_stops", columns, n_columns, &bulk);

	*n_out = 0;
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_calls && err == 0; i++) {
		const struct batch_call *call = batch->calls[i];

		if (call->fate != BATCH_NEW_END || call->knows_more)
			continue;
		err = bulk_record(bulk, &call->cdr);
		++*n_out;
	}
	return bulk_end(bulk);
}

int
batch_load_ends(struct store *store, const struct batch *batch,
		int64_t *n_left)
{
	int64_t n;
	int err = store_exec(store, table_sql);

	*n_left = 0;
	if (err == 0)
		err = load_ends(store, batch, &n);
	if (err != 0 || n == 0)
		return err;
	err = store_exec(store, set_sql);
	*n_left = n - store_changes(store);
	return err;
}
