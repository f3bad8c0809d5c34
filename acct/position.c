/* position.c - where a journal is, in the store */
#include "acct/position.h"

#include "acct/journal_format.h"
#include "base/buf.h"
#include "base/err.h"

static const char ask_sql[] = "SELECT segment, \"offset\", seq, record_crc"
			      " FROM journal_position"
			      " WHERE node = ? AND worker = ?";
static const char first_sql[] =
    "INSERT INTO journal_position (segment, \"offset\", seq, record_crc,"
    " node, worker) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node, worker) DO NOTHING";
static const char move_sql[] =
    "UPDATE journal_position SET segment = ?, \"offset\" = ?, seq = ?,"
    " record_crc = ? WHERE node = ? AND worker = ?"
    " AND segment = ? AND \"offset\" = ? AND seq = ? AND record_crc = ?";

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
		out->record_crc = (uint32_t)store_col_int(stmt, 3);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

int
position_move(struct store *store, const char *node, int worker,
	      const struct position *from, const struct position *to)
{
	const struct store_value params[] = {
		store_int(to->at.segment),  store_int(to->at.offset),
		store_int(to->at.seq),      store_int(to->record_crc),
		store_text(node),           store_int(worker),
		store_int(from->at.segment), store_int(from->at.offset),
		store_int(from->at.seq),    store_int(from->record_crc),
	};
	int err = from->is_there
		      ? store_run_once(store, move_sql, params, 10)
		      : store_run_once(store, first_sql, params, 6);

	if (err == 0 && store_changes(store) != 1)
		err = ERR_CONFLICT;
	return err;
}

bool
position_is_same(const struct position *a, const struct position *b)
{
	return a->is_there == b->is_there && a->at.segment == b->at.segment &&
	       a->at.offset == b->at.offset && a->at.seq == b->at.seq &&
	       a->record_crc == b->record_crc;
}

uint32_t
position_record_crc(const void *data)
{
	const uint8_t *head = (const uint8_t *)data - JOURNAL_RECORD_HEAD;
	struct rbuf r;

	rbuf_init(&r, head, JOURNAL_RECORD_HEAD);
	rbuf_u32(&r); /* the length */
	return rbuf_u32(&r);
}

static bool
is_at(const struct position *position, const struct journal_position *at)
{
	return at->segment == position->at.segment &&
	       at->offset == position->at.offset;
}

/* What the first record says that does not end before the position: `at` is
 * behind it. */
static bool
fits(const struct position *position, const struct journal_position *at,
	  const void *data)
{
	const struct journal_position *there = &position->at;

	/* The segment is gone, and another one goes on from there; or nothing
	 * of it was shipped. */
	if (at->segment != there->segment ||
	    there->offset <= JOURNAL_HEADER_LEN)
		return at->seq - 1 >= there->seq;
	return is_at(position, at) && at->seq == there->seq &&
	       (position->record_crc == 0 ||
		position->record_crc == position_record_crc(data));
}

/* A stretch that cannot be read may end there, too. */
static int
look(struct journal_reader *reader, const struct position *position, bool *out)
{
	const struct journal_position *there = &position->at;
	struct journal_position at = { .segment = there->segment };
	bool is_in = false;
	const void *data;
	size_t len;
	int err;

	do {
		err = journal_reader_next(reader, &data, &len, &at);
		is_in |= err == 0 && at.segment == there->segment;
	} while ((err == ERR_CORRUPT && !is_at(position, &at)) ||
		 (err == 0 && at.segment == there->segment &&
		  at.offset < there->offset));
	if (err == ERR_END)
		*out = there->offset <= JOURNAL_HEADER_LEN;
	else if (err == 0)
		*out = (at.segment == there->segment || !is_in) &&
		       fits(position, &at, data);
	return err == ERR_END || err == ERR_CORRUPT ? 0 : err;
}

int
position_is_held(const struct position *position, const char *directory,
		 const struct journal_source *source, bool *out)
{
	const struct journal_position begin = {
		.segment = position->at.segment
	};
	struct journal_reader *reader;
	int err = journal_holds(directory, source, &position->at, out);

	if (err != 0 || !*out || position->at.segment <= 0)
		return err;
	err = journal_reader_open(directory, source, &begin, &reader);
	if (err != 0)
		return err;
	err = look(reader, position, out);
	journal_reader_close(reader);
	return err;
}
