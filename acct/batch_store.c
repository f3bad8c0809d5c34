/* batch_store.c - the transaction, and two ends of one dialog */
#include "acct/batch_store.h"

#include <string.h>

#include "acct/batch_load.h"
#include "acct/batch_merge.h"
#include "acct/correct.h"
#include "base/err.h"
#include "db/bulk.h"

#define MAX_TRIES 4

static time_us
now(void)
{
	struct clock clock;

	clock_init_system(&clock);
	return clock_wall(&clock);
}

/* --- what is no event --- */

static int
put_bad(struct store *store, const struct batch *batch,
	const struct batch_origin *origin)
{
	static const struct bulk_column columns[] = {
		{ .name = "node", .type = STORE_TEXT },
		{ .name = "worker", .type = STORE_INT },
		{ .name = "segment", .type = STORE_INT },
		{ .name = "offset", .type = STORE_INT },
		{ .name = "seq", .type = STORE_INT },
		{ .name = "received", .type = STORE_TIME },
		{ .name = "error", .type = STORE_TEXT },
		{ .name = "event", .type = STORE_TEXT },
	};
	struct bulk *bulk;
	int err;

	if (batch->n_bad == 0)
		return 0;
	err = bulk_load_begin(store, "bad_events", columns, 8, &bulk);
	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_bad && err == 0; i++) {
		const struct batch_bad *bad = &batch->bad[i];
		const struct store_value values[] = {
			store_text(origin->node),   store_int(origin->worker),
			store_int(bad->at.segment), store_int(bad->at.offset),
			store_int(bad->at.seq),     store_time(now()),
			store_text(bad->error),     store_text(bad->event),
		};

		err = bulk_row(bulk, values);
	}
	return bulk_end(bulk);
}

/* --- two ends of one dialog --- */

/* The ends of the batch go into a temporary table, which stays with the
 * connection, and are compared with what the merge has made of them. */
static int
make_table(struct store *store)
{
#define ENDS_AS                                                            \
	" AS SELECT CAST(0 AS bigint) AS n, setup_time, call_key, to_tag," \
	" end_time, end_source FROM cdr WHERE 1 = 0"
	if (store_dialect(store) == STORE_POSTGRESQL)
		return store_exec(store,
				  "CREATE TEMP TABLE IF NOT EXISTS lcr_ends"
				  " ON COMMIT DELETE ROWS" ENDS_AS);
	return store_exec(store,
			  "CREATE TEMP TABLE IF NOT EXISTS lcr_ends" ENDS_AS
			  "; DELETE FROM lcr_ends");
#undef ENDS_AS
}

static int
load_ends(struct store *store, const struct batch *batch)
{
	static const struct bulk_column columns[] = {
		{ .name = "n", .type = STORE_INT },
		{ .name = "setup_time", .type = STORE_TIME },
		{ .name = "call_key", .type = STORE_TEXT },
		{ .name = "to_tag", .type = STORE_TEXT },
		{ .name = "end_time", .type = STORE_TIME },
		{ .name = "end_source", .type = STORE_TEXT },
	};
	struct bulk *bulk;
	int err = bulk_load_begin(store, "lcr_ends", columns, 6, &bulk);

	if (err != 0)
		return err;
	for (size_t i = 0; i < batch->n_calls && err == 0; i++) {
		const struct cdr *cdr = &batch->calls[i]->cdr;
		const struct store_value values[] = {
			store_int((int64_t)i),     store_time(cdr->setup_time),
			store_text(cdr->call_key), store_text(cdr->to_tag),
			store_time(cdr->end_time), store_text(cdr->end_source),
		};

		if (batch->calls[i]->fate == BATCH_NEW_END &&
		    !batch_is_loaded(batch, batch->calls[i]))
			err = bulk_row(bulk, values);
	}
	return bulk_end(bulk);
}

/* What the store has of the same dialog. */
struct stored_end {
	time_us at;
	char source[64];
	bool rated, swept;
};

/* Of the end in call and the one in the store one counts; what a sweep has
 * assumed gives way to any fact. */
static void
decide(struct batch_call *call, const struct stored_end *stored,
       struct log *log)
{
	bool earlier =
	    batch_ends_before(call->cdr.end_time, call->cdr.end_source,
			      stored->at, stored->source);

	if (stored->swept || earlier) {
		call->fate = BATCH_REPLACES;
		call->replaced_end = stored->at;
		call->was_swept = stored->swept;
		call->was_rated = stored->rated;
		if (stored->rated && !stored->swept)
			log_warning(log,
				    "call %s: an earlier end came after its "
				    "record was rated; it is corrected",
				    call->cdr.call_key);
		return;
	}
	call->fate = BATCH_NO_END;
	call->cdr.sip_code = CDR_NONE;
	call->cdr.token = NULL;
}

/*
 * Find the rows whose end in the store was there before and is another one;
 * *n_out counts them. CROSS JOIN keeps SQLite from walking through cdr.
 */
static int
find_conflicts(struct store *store, struct batch *batch, struct log *log,
	       size_t *n_out)
{
	static const char sql[] =
	    "SELECT e.n, c.end_time, coalesce(c.end_source, ''),"
	    " c.rating_run IS NOT NULL, c.swept_time IS NOT NULL"
	    " FROM lcr_ends e CROSS JOIN cdr c"
	    " WHERE c.setup_time = e.setup_time AND c.call_key = e.call_key"
	    " AND c.to_tag = e.to_tag AND (c.end_time <> e.end_time OR"
	    " coalesce(c.end_source, '') <> coalesce(e.end_source, ''))";
	struct stored_end stored;
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, NULL, 0);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		int64_t n = store_col_int(stmt, 0);

		stored.at = store_col_time(stmt, 1);
		str_copy(store_col_text(stmt, 2), stored.source,
			 sizeof(stored.source));
		stored.rated = store_col_bool(stmt, 3);
		stored.swept = store_col_bool(stmt, 4);
		decide(batch->calls[n], &stored, log);
		++*n_out;
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* Rows that bring an end; the few which the store has not simply taken are
 * merged by all the rules, and their ends compared. Whoever was taken is merged
 * again to no effect. */
static int
merge_ends(struct store *store, struct batch *batch, struct log *log,
	   size_t *n_out)
{
	int64_t n_left;
	int err = batch_merge_ends(store, batch, &n_left);

	if (err != 0 || n_left == 0)
		return err;
	err = batch_merge_calls(store, batch, true);
	if (err == 0)
		err = make_table(store);
	if (err == 0)
		err = load_ends(store, batch);
	return err != 0 ? err : find_conflicts(store, batch, log, n_out);
}

static int
replace_end(struct store_stmt *stmt, const struct batch_call *call)
{
	const struct cdr *cdr = &call->cdr;
	const struct store_value params[] = {
		store_time(cdr->end_time),      store_text(cdr->end_source),
		store_text(cdr->status),        batch_int(cdr->sip_code),
		batch_int(cdr->q850_cause),     store_text(cdr->reason),
		store_text(cdr->token),         batch_int(cdr->clock_us),
		store_time(cdr->setup_time),    store_text(cdr->call_key),
		store_text(cdr->to_tag),        store_time(call->replaced_end),
		store_bool(call->was_rated),
	};

	return store_run(stmt, params, 13);
}

static int
note_correction(struct store *store, const struct batch_call *call)
{
	const struct correct_key key = { call->cdr.setup_time,
					 call->cdr.call_key, call->cdr.to_tag };

	if (!call->was_swept && !call->was_rated)
		return 0;
	return correct_note(store, &key,
			    call->was_swept ? CORRECT_STOP : CORRECT_EARLIER,
			    now());
}

/* ERR_CONFLICT when a row is no longer as it was found. */
static int
replace_ends(struct store *store, const struct batch *batch)
{
	static const char sql[] =
	    "UPDATE cdr SET end_time = ?, end_source = ?, status = ?,"
	    " sip_code = coalesce(?, sip_code), q850_cause = ?, reason = ?,"
	    " token = coalesce(?, token), clock_us = ?,"
	    " swept_time = NULL"
	    " WHERE setup_time = ? AND call_key = ?"
	    " AND to_tag = ? AND end_time = ?"
	    " AND (rating_run IS NULL OR swept_time IS NOT NULL OR ?)";
	struct store_stmt *stmt = NULL;
	int err = 0;

	for (size_t i = 0; i < batch->n_calls && err == 0; i++) {
		if (batch->calls[i]->fate != BATCH_REPLACES)
			continue;
		if (stmt == NULL)
			err = store_prepare(store, sql, &stmt);
		if (err == 0)
			err = note_correction(store, batch->calls[i]);
		if (err == 0)
			err = replace_end(stmt, batch->calls[i]);
		if (err == 0 && store_changes(store) != 1)
			err = ERR_CONFLICT;
	}
	store_finish(stmt);
	return err;
}

/* --- the transaction --- */

/* All but the end of it; *n_conflicts of the ends are not those of the store,
 * and have been decided. */
static int
write_rows(struct store *store, struct batch *batch,
	   const struct batch_origin *origin, struct log *log,
	   size_t *n_conflicts)
{
	int err = batch->may_load ? batch_load(store, batch) : 0;

	if (err == ERR_EXISTS) {
		batch->may_load = false;
		return ERR_CONFLICT;
	}
	if (err == 0)
		err = replace_ends(store, batch);
	if (err == 0)
		err = merge_ends(store, batch, log, n_conflicts);
	if (err == 0)
		err = batch_merge_calls(store, batch, false);
	if (err != 0 || *n_conflicts > 0)
		return err;
	err = batch_merge_attempts(store, batch);
	if (err == 0)
		err = put_bad(store, batch, origin);
	return err != 0 ? err
			: position_move(store, origin->node, origin->worker,
					&origin->from, &origin->next);
}

/* Rows are loaded first; where one is there already, all are merged instead.
 * Where the store has another end than the batch the merge is taken back and
 * done again with that decided: this is rare, and looking first would not see
 * what another node is just adding. */
int
batch_store(struct batch *batch, struct store *store,
	    const struct batch_origin *origin, struct log *log)
{
	batch->may_load = store_dialect(store) == STORE_POSTGRESQL;
	for (int i = 0; i < MAX_TRIES; i++) {
		size_t n_conflicts = 0;
		bool loads = batch->may_load;
		int err = store_begin(store);

		batch->is_loaded = false;
		if (err == 0)
			err =
			    write_rows(store, batch, origin, log, &n_conflicts);
		if (err == 0 && n_conflicts == 0)
			err = store_commit(store);
		if (err != 0 || n_conflicts > 0)
			store_rollback(store);
		if (loads && !batch->may_load)
			continue;
		if (err != 0 || n_conflicts == 0)
			return err;
	}
	return ERR_CONFLICT;
}

int
batch_store_probe(struct store *store)
{
	struct batch_call call = { .fate = BATCH_NO_END };
	struct batch_call *calls[] = { &call };
	struct cdr_attempt attempt, *attempts[] = { &attempt };
	const struct batch batch = { .calls = calls,
				     .attempts = attempts,
				     .n_calls = 1,
				     .n_attempts = 1 };
	int err;

	cdr_init(&call.cdr);
	cdr_attempt_init(&attempt);
	call.cdr.call_key = attempt.call_key = "probe";
	call.cdr.setup_time = attempt.setup_time = now();
	call.cdr.to_tag = "";
	attempt.hop = 1;
	err = store_begin(store);
	if (err == 0)
		err = batch_merge_calls(store, &batch, false);
	if (err == 0)
		err = batch_merge_attempts(store, &batch);
	store_rollback(store);
	return err;
}
