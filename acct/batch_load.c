/* batch_load.c - the short ways of a batch into PostgreSQL */
#include "acct/batch_load.h"

#include "acct/batch_merge.h"
#include "base/err.h"
#include "db/bulk.h"

/* The columns and values of one call's row. */
static void
name_columns(struct bulk_column columns[BULK_MAX_COLUMNS])
{
	for (size_t i = 0; i < n_batch_columns; i++)
		columns[i] = (struct bulk_column){
			.name = batch_columns[i].name,
			.type = batch_store_type(batch_columns[i].type),
		};
}

static int
put_call(struct bulk *bulk, const struct cdr *cdr)
{
	struct store_value values[BULK_MAX_COLUMNS];
	struct cdr row = *cdr;

	if (row.status == NULL)
		row.status = cdr_status_text(CDR_OPEN);
	for (size_t i = 0; i < n_batch_columns; i++)
		values[i] = batch_value(&row, batch_columns[i].type,
					batch_columns[i].offset);
	return bulk_row(bulk, values);
}

static int
load_calls(struct store *store, const struct batch *batch)
{
	struct bulk_column columns[BULK_MAX_COLUMNS];
	struct bulk *bulk;
	int err;

	name_columns(columns);
	err = bulk_load_begin(store, "cdr", columns, n_batch_columns, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_calls && err == 0; i++) {
		if (batch->calls[i]->knows_more)
			err = put_call(bulk, &batch->calls[i]->cdr);
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
		};
	err = bulk_load_begin(store, "cdr_attempt", columns,
			      n_cdr_attempt_fields, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_attempts && err == 0; i++)
		err = batch_put_attempt(bulk, batch->attempts[i]);
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

static int
put_end(struct bulk *bulk, const struct cdr *cdr)
{
	const struct store_value values[] = {
		store_time(cdr->setup_time),   store_text(cdr->call_key),
		store_text(cdr->to_tag),       store_time(cdr->end_time),
		store_text(cdr->end_source),   store_text(cdr->status),
		batch_int(cdr->sip_code),      batch_int(cdr->q850_cause),
		store_text(cdr->reason),       store_text(cdr->token),
		batch_int(cdr->clock_us),
		batch_value(cdr, CDR_TIME, offsetof(struct cdr, last_seen)),
		batch_int(cdr->session_s),
	};

	return bulk_row(bulk, values);
}

static int
load_ends(struct store *store, const struct batch *batch, int64_t *n_out)
{
	static const struct bulk_column columns[] = {
		{ .name = "setup_time", .type = STORE_TIME },
		{ .name = "call_key", .type = STORE_TEXT },
		{ .name = "to_tag", .type = STORE_TEXT },
		{ .name = "end_time", .type = STORE_TIME },
		{ .name = "end_source", .type = STORE_TEXT },
		{ .name = "status", .type = STORE_TEXT },
		{ .name = "sip_code", .type = STORE_INT },
		{ .name = "q850_cause", .type = STORE_INT },
		{ .name = "reason", .type = STORE_TEXT },
		{ .name = "token", .type = STORE_TEXT },
		{ .name = "clock_us", .type = STORE_INT },
		{ .name = "last_seen", .type = STORE_TIME },
		{ .name = "session_s", .type = STORE_INT },
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
		err = put_end(bulk, &call->cdr);
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
