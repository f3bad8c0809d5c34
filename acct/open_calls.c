/* open_calls.c - the calls of a node that have an answer and no end */
#include "acct/open_calls.h"

#include "base/err.h"

/* By the index of those without an end. */
static const char sql[] =
    "SELECT call_id, from_tag, to_tag, setup_time, answer_time, account,"
    " source, dialled, number, destination_class, carrier, gateway FROM cdr"
    " WHERE status = 'open' AND setup_time >= ? AND node = ?"
    " AND answer_time IS NOT NULL AND call_id IS NOT NULL"
    " AND from_tag IS NOT NULL ORDER BY answer_time, call_key, to_tag";

static void
take_row(struct store_stmt *stmt, struct open_call *out)
{
	struct str *texts[] = { &out->account, &out->source,
				&out->dialled, &out->number,
				&out->destination_class, &out->carrier,
				&out->gateway };

	out->call_id = store_col_text(stmt, 0);
	out->from_tag = store_col_text(stmt, 1);
	out->to_tag = store_col_text(stmt, 2);
	out->setup = store_col_time(stmt, 3);
	out->answer = store_col_time(stmt, 4);
	for (int i = 0; i < 7; i++)
		*texts[i] = store_col_text(stmt, 5 + i);
}

int
open_calls_read(struct store *store, const char *node, time_us since,
		open_call_fn *each, void *arg)
{
	const struct store_value params[] = { store_time(since),
					      store_text(node) };
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	if (err == 0)
		err = store_start(stmt, params, 2);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		struct open_call call;

		take_row(stmt, &call);
		if (!store_is_damaged(stmt))
			each(arg, &call);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}
