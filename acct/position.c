/* position.c - where a journal is, in the store */
#include "acct/position.h"

#include "base/err.h"

static const char ask_sql[] = "SELECT segment, \"offset\", seq"
			      " FROM journal_position"
			      " WHERE node = ? AND worker = ?";
static const char first_sql[] =
    "INSERT INTO journal_position (segment, \"offset\", seq, node, worker)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (node, worker) DO NOTHING";
static const char move_sql[] =
    "UPDATE journal_position SET segment = ?, \"offset\" = ?, seq = ?"
    " WHERE node = ? AND worker = ?"
    " AND segment = ? AND \"offset\" = ? AND seq = ?";

int
position_ask(struct store *store, const char *node, int worker,
	     struct position *out)
{
	const struct store_value params[] = { store_text(node),
					      store_int(worker) };
	struct store_stmt *stmt;
	int err = store_prepare(store, ask_sql, &stmt);

	*out = (struct position){ 0 };
	if (err == 0)
		err = store_start(stmt, params, 2);
	if (err == 0)
		err = store_next(stmt);
	if (err == 0) {
		out->is_there = true;
		out->at.segment = store_col_int(stmt, 0);
		out->at.offset = store_col_int(stmt, 1);
		out->at.seq = store_col_int(stmt, 2);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
position_move(struct store *store, const char *node, int worker,
	      const struct position *from, const struct journal_position *to)
{
	const struct store_value params[] = {
		store_int(to->segment),	     store_int(to->offset),
		store_int(to->seq),	     store_text(node),
		store_int(worker),	     store_int(from->at.segment),
		store_int(from->at.offset), store_int(from->at.seq),
	};
	struct store_stmt *stmt;
	int err = store_prepare(store, from->is_there ? move_sql : first_sql,
				&stmt);

	if (err == 0)
		err = store_run(stmt, params, from->is_there ? 8 : 5);
	if (err == 0 && store_changes(store) != 1)
		err = ERR_CONFLICT;
	store_finish(stmt);
	return err;
}

bool
position_is_same(const struct position *a, const struct position *b)
{
	return a->is_there == b->is_there && a->at.segment == b->at.segment &&
	       a->at.offset == b->at.offset && a->at.seq == b->at.seq;
}
