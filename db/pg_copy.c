/*
 * pg_copy.c - COPY ... FROM STDIN in binary format
 *
 * The server reads a time or a number as it lies there, where it would have to
 * parse a text: half of what it does for a call record. All integers are
 * big-endian; each value has its length of 32 bits in front, -1 stands for NULL.
 */
#include <endian.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/bulk.h"
#include "db/pg.h"
#include "db/utf8.h"

#define PIECE 65536 /* bytes handed to libpq at a time */
#define SIGNATURE "PGCOPY\n\377\r\n" /* and its NUL */
#define TRAILER_LEN 2
#define NUMBER_MAX 32 /* bytes of any value that is not a text */
/* 2000-01-01 UTC, where the server's clock begins */
#define EPOCH_US (INT64_C(946684800) * 1000000)
#define NUMERIC_BASE 10000
#define NUMERIC_FRACTION 2 /* digits of that base behind the point of money */
#define NUMERIC_DECIMALS 8
#define NUMERIC_NEGATIVE 0x4000

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
grow(struct pg *pg, size_t n)
{
	size_t cap = pg->copy_len + n + PIECE;
	char *grown;

	grown = mem_realloc(pg->copy, cap);
	if (grown == NULL)
		return ERR_NOMEM;
	pg->copy = grown;
	pg->copy_cap = cap;
	return 0;
}

/* Room for n bytes, and for what is behind the last row. */
static inline int
reserve(struct pg *pg, size_t n)
{
	return pg->copy_cap - pg->copy_len >= n + TRAILER_LEN ? 0 : grow(pg, n);
}

static void
put_16(struct pg *pg, int v)
{
	uint16_t bytes = htobe16((uint16_t)v);

	memcpy(pg->copy + pg->copy_len, &bytes, sizeof(bytes));
	pg->copy_len += sizeof(bytes);
}

static void
put_32(struct pg *pg, int64_t v)
{
	uint32_t bytes = htobe32((uint32_t)v);

	memcpy(pg->copy + pg->copy_len, &bytes, sizeof(bytes));
	pg->copy_len += sizeof(bytes);
}

static void
put_int(struct pg *pg, int64_t v)
{
	uint64_t bytes = htobe64((uint64_t)v);

	put_32(pg, sizeof(bytes));
	memcpy(pg->copy + pg->copy_len, &bytes, sizeof(bytes));
	pg->copy_len += sizeof(bytes);
}

/* Digits of base 10000, without zeros before and behind. */
static void
put_money(struct pg *pg, int64_t money)
{
	uint64_t left = money < 0 ? 0 - (uint64_t)money
				  : (uint64_t)money;
	int digits[6], n = 0, skip = 0;

	for (; left > 0; left /= NUMERIC_BASE)
		digits[n++] = (int)(left % NUMERIC_BASE);
	while (skip < n && digits[skip] == 0)
		skip++;
	put_32(pg, 2 * (4 + n - skip));
	put_16(pg, n - skip);
	put_16(pg, n > 0 ? n - 1 - NUMERIC_FRACTION : 0); /* of the first */
	put_16(pg, money < 0 ? NUMERIC_NEGATIVE : 0);
	put_16(pg, NUMERIC_DECIMALS);
	while (n > skip)
		put_16(pg, digits[--n]);
}

static void
put_text(struct pg *pg, struct str text)
{
	size_t at = pg->copy_len;

	pg->copy_len += sizeof(uint32_t);
	pg->copy_len += utf8_clean(text, pg->copy + pg->copy_len);
	text.len = pg->copy_len - at - sizeof(uint32_t);
	pg->copy_len = at;
	put_32(pg, (int64_t)text.len);
	pg->copy_len += text.len;
}

/* There is room. */
static void
put_number(struct pg *pg, enum store_type type, int64_t number)
{
	switch (type) {
	case STORE_TIME:
		put_int(pg, number - EPOCH_US);
		break;
	case STORE_MONEY:
		put_money(pg, number);
		break;
	case STORE_BOOL:
		put_32(pg, 1);
		pg->copy[pg->copy_len++] = number != 0;
		break;
	case STORE_TEXT:
	case STORE_INT:
	default:
		put_int(pg, number);
		break;
	}
}

static int
add_text(struct pg *pg, struct str text)
{
	if (reserve(pg, sizeof(uint32_t) + UTF8_CLEAN_MAX(text.len)) != 0)
		return ERR_NOMEM;
	put_text(pg, text);
	return 0;
}

static int
add_value(struct pg *pg, const struct store_value *value)
{
	if (!value->is_null && value->type == STORE_TEXT)
		return add_text(pg, value->text);
	if (reserve(pg, NUMBER_MAX) != 0)
		return ERR_NOMEM;
	if (value->is_null)
		put_32(pg, -1);
	else
		put_number(pg, value->type, value->number);
	return 0;
}

static int
put_header(struct pg *pg)
{
	if (reserve(pg, sizeof(SIGNATURE) + 2 * sizeof(uint32_t)) != 0)
		return ERR_NOMEM;
	memcpy(pg->copy, SIGNATURE, sizeof(SIGNATURE));
	pg->copy_len = sizeof(SIGNATURE);
	put_32(pg, 0); /* flags */
	put_32(pg, 0); /* length of what is behind them */
	return 0;
}

int
pg_copy_begin(struct store *store, const char *sql)
{
	struct pg *pg = pg_of(store);
	PGresult *result;
	int err;

	if (put_header(pg) != 0)
		return ERR_NOMEM;
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

int
pg_copy_row(struct store *store, const struct store_value *values,
	    size_t n_values)
{
	struct pg *pg = pg_of(store);

	if (store->lost)
		return ERR_DB;
	if (reserve(pg, sizeof(uint16_t)) != 0)
		return ERR_NOMEM;
	put_16(pg, (int)n_values);
	for (size_t i = 0; i < n_values; i++) {
		int err = add_value(pg, &values[i]);

		if (err != 0)
			return err;
	}
	return pg->copy_len >= PIECE ? send_piece(pg) : 0;
}

static int
add_field(struct pg *pg, const struct bulk_column *column, const void *record,
	  size_t i)
{
	const char *place = (const char *)record + column->offset;
	const char *text;
	int64_t number;

	if (reserve(pg, NUMBER_MAX) != 0)
		return ERR_NOMEM;
	if (column->type == STORE_TEXT) {
		memcpy(&text, place, sizeof(text));
		if (text != NULL)
			return add_text(pg, str_of(text));
		put_32(pg, -1);
		return 0;
	}
	memcpy(&number, place, sizeof(number));
	if (number == INT64_MIN)
		put_32(pg, -1);
	else if (column->type == STORE_TIME && !store_is_time(number))
		return store_refuse_time(&pg->base, i, number);
	else
		put_number(pg, column->type, number);
	return 0;
}

int
pg_copy_record(struct store *store, const struct bulk_column *columns,
	       size_t n_columns, const void *record)
{
	struct pg *pg = pg_of(store);
	int err = store->lost ? ERR_DB : reserve(pg, sizeof(uint16_t));

	if (err != 0)
		return err;
	put_16(pg, (int)n_columns);
	for (size_t i = 0; i < n_columns && err == 0; i++)
		err = add_field(pg, &columns[i], record, i);
	if (err != 0)
		return err;
	return pg->copy_len >= PIECE ? send_piece(pg) : 0;
}

int
pg_copy_end(struct store *store, const char *reason)
{
	struct pg *pg = pg_of(store);
	int err = 0;

	if (!store->lost && reason == NULL) {
		put_16(pg, -1); /* no more rows */
		err = send_piece(pg);
	}
	if (store->lost)
		return ERR_DB;
	if (PQputCopyEnd(pg->conn, reason) < 0)
		return pg_lose(pg, NULL);
	err = pg_flush(pg);
	return err != 0 ? err : pg_finish(pg, NULL);
}
