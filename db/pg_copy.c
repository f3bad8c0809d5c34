/* pg_copy.c - COPY ... FROM STDIN in text format */
#include "base/alloc.h"
#include "base/err.h"
#include "db/pg.h"

#define PIECE 65536 /* bytes handed to libpq at a time */

int
pg_copy_begin(struct store *store, const char *sql)
{
	struct pg *pg = pg_of(store);
	PGresult *result;
	int err;

	pg->copy_len = 0;
	if (!PQsendQuery(pg->conn, sql))
		return pg_lose(pg, NULL);
	err = pg_flush(pg);
	if (err == 0)
		err = pg_result(pg, &result);
	if (err != 0)
		return err;
	if (PQresultStatus(result) == PGRES_COPY_IN) {
		PQclear(result);
		return 0;
	}
	err = pg_finish(pg, result);
	return err != 0 ? err
			: store_fail(store, ERR_DB,
				     "\"%.60s\": expected COPY "
				     "... FROM STDIN",
				     sql);
}

/* libpq keeps what does not fit the socket; flushing it each time keeps the
 * memory bounded by one piece. */
static int
send_piece(struct pg *pg)
{
	int sent = PQputCopyData(pg->conn, pg->copy, (int)pg->copy_len);

	pg->copy_len = 0;
	return sent < 0 ? pg_lose(pg, NULL) : pg_flush(pg);
}

static int
reserve(struct pg *pg, size_t n)
{
	size_t cap = pg->copy_len + n + PIECE;
	char *grown;

	if (pg->copy_cap - pg->copy_len >= n)
		return 0;
	grown = mem_realloc(pg->copy, cap);
	if (grown == NULL)
		return ERR_NOMEM;
	pg->copy = grown;
	pg->copy_cap = cap;
	return 0;
}

/* Letters behind the backslash, or 0: PostgreSQL, COPY, text format. */
static char
escape_of(char c)
{
	switch (c) {
	case '\\':
		return '\\';
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	default:
		return '\0';
	}
}

/* Copy len bytes from behind out to out, escaped; they must lie at least len
 * bytes ahead. Returns the length. */
static size_t
escape(const char *from, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char letter = escape_of(from[i]);

		if (letter != '\0') {
			out[n++] = '\\';
			out[n++] = letter;
		} else {
			out[n++] = from[i];
		}
	}
	return n;
}

static int
add_value(struct pg *pg, const struct store_value *value, char behind)
{
	size_t room = value->is_null ? 2 : pg_room(value), len;
	char *out;

	/* Plain text first goes to the end of the room, then escaped to its
	 * beginning: the escaped text is at most twice as long. */
	if (reserve(pg, 3 * room + 1) != 0)
		return ERR_NOMEM;
	out = pg->copy + pg->copy_len;
	if (value->is_null) {
		memcpy(out, "\\N", 2);
		len = 2;
	} else {
		len = pg_write(value, out + 2 * room);
		len = escape(out + 2 * room, len, out);
	}
	out[len] = behind;
	pg->copy_len += len + 1;
	return 0;
}

int
pg_copy_row(struct store *store, const struct store_value *values,
	    size_t n_values)
{
	struct pg *pg = pg_of(store);

	if (store->lost)
		return ERR_DB;
	for (size_t i = 0; i < n_values; i++) {
		int err =
		    add_value(pg, &values[i], i + 1 < n_values ? '\t' : '\n');

		if (err != 0)
			return err;
	}
	return pg->copy_len >= PIECE ? send_piece(pg) : 0;
}

int
pg_copy_end(struct store *store, const char *reason)
{
	struct pg *pg = pg_of(store);
	int err = 0;

	if (!store->lost && reason == NULL && pg->copy_len > 0)
		err = send_piece(pg);
	if (store->lost)
		return ERR_DB;
	if (PQputCopyEnd(pg->conn, reason) < 0)
		return pg_lose(pg, NULL);
	err = pg_flush(pg);
	return err != 0 ? err : pg_finish(pg, NULL);
}
