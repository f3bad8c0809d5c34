/* postgresql.c - the store on a PostgreSQL server, over libpq */
#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/pg.h"

#define NAME_MAX_LEN 24
#define DRAIN_MAX 1000 /* rows read before the rest is cancelled */

struct pg_stmt {
	struct store_stmt base;
	char *text; /* as it was given */
	char *sql;
	struct pg_params params;
	char name[NAME_MAX_LEN]; /* on the server; "" = not prepared */
	bool was_run, failed;
	bool in_block; /* started inside a transaction */
	PGresult *row;
};

static struct pg_stmt *
stmt_of(struct store_stmt *stmt)
{
	return (struct pg_stmt *)(void *)stmt;
}

static bool
in_transaction(const struct store *store)
{
	PGTransactionStatusType status =
	    PQtransactionStatus(pg_of(store)->conn);

	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR ||
	       status == PQTRANS_ACTIVE;
}

/* A COMMIT of what has failed is no error to the server: it rolls back, and says
 * so only in passing. */
static int
exec_sql(struct store *store, const char *sql)
{
	int err = pg_exec(pg_of(store), sql);

	if (err == 0 && pg_of(store)->rolled_back && strcmp(sql, "COMMIT") == 0)
		return store_fail(store, ERR_DB,
				  "the server has rolled back, expected it to "
				  "commit");
	return err;
}

/* Merges look again at what others have just added, so the level is said, lest
 * the role's default is another one. Whether writing is allowed is left to the
 * server: who has switched it off has a reason. */
static int
begin(struct store *store)
{
	const struct pg *pg = pg_of(store);

	if (store->flags & STORE_READ_ONLY)
		return exec_sql(store, "BEGIN ISOLATION LEVEL REPEATABLE READ "
				       "READ ONLY");
	return exec_sql(store, pg->is_pooled
				   ? "BEGIN ISOLATION LEVEL READ COMMITTED;"
				     "SET LOCAL lock_timeout = " PG_LOCK_TIMEOUT
				   : "BEGIN ISOLATION LEVEL READ COMMITTED");
}

static void
free_stmt(struct pg_stmt *stmt)
{
	pg_params_fini(&stmt->params);
	mem_free(stmt->text);
	mem_free(stmt->sql);
	mem_free(stmt);
}

static void
close_store(struct store *store)
{
	struct pg *pg = pg_of(store);

	PQfinish(pg->conn);
	for (size_t i = 0; i < pg->n_kept; i++)
		free_stmt(pg->kept[i]);
	mem_free(pg->copy);
	mem_free(store);
}

/* Take the i-th of what is kept out of there. */
static struct pg_stmt *
take_kept(struct pg *pg, size_t i)
{
	struct pg_stmt *stmt = pg->kept[i];

	pg->n_kept--;
	memmove(&pg->kept[i], &pg->kept[i + 1],
		(pg->n_kept - i) * sizeof(pg->kept[0]));
	return stmt;
}

static struct pg_stmt *
find_kept(struct pg *pg, const char *text)
{
	for (size_t i = pg->n_kept; i > 0; i--) {
		if (strcmp(pg->kept[i - 1]->text, text) == 0)
			return take_kept(pg, i - 1);
	}
	return NULL;
}

static int
make_stmt(const char *text, struct pg_stmt **out)
{
	struct pg_stmt *stmt = mem_zalloc(1, sizeof(*stmt));

	if (stmt == NULL)
		return ERR_NOMEM;
	stmt->text = mem_strdup(text);
	stmt->sql = pg_sql_number(text, &stmt->base.n_params);
	if (stmt->text == NULL || stmt->sql == NULL ||
	    pg_params_init(&stmt->params, stmt->base.n_params) != 0) {
		free_stmt(stmt);
		return ERR_NOMEM;
	}
	*out = stmt;
	return 0;
}

static int
prepare(struct store *store, const char *text, struct store_stmt **out)
{
	struct pg_stmt *stmt = find_kept(pg_of(store), text);
	int err = 0;

	if (stmt == NULL)
		err = make_stmt(text, &stmt);
	if (err == 0)
		*out = &stmt->base;
	return err;
}

/* Drop the server's copy. While another statement is being read, or in a
 * transaction that has failed, it has to stay until the connection ends; its
 * name is not used again. */
static void
unname(struct pg_stmt *stmt)
{
	struct pg *pg = pg_of(stmt->base.store);
	PGTransactionStatusType status = PQtransactionStatus(pg->conn);
	char sql[NAME_MAX_LEN + 16];

	if (stmt->name[0] != '\0' && !pg->base.lost &&
	    (status == PQTRANS_IDLE || status == PQTRANS_INTRANS)) {
		snprintf(sql, sizeof(sql), "DEALLOCATE %s", stmt->name);
		pg_exec(pg, sql);
	}
	stmt->name[0] = '\0';
}

static void
drop_stmt(struct pg_stmt *stmt)
{
	unname(stmt);
	free_stmt(stmt);
}

/* What has been run is likely to be run again: planning it, over months of
 * partitions, takes the server longer than many a statement itself. One that
 * failed may owe that to its plan. */
static void
finish(struct store_stmt *base)
{
	struct pg_stmt *stmt = stmt_of(base);
	struct pg *pg = pg_of(base->store);

	if (!stmt->was_run || stmt->failed || pg->base.lost) {
		drop_stmt(stmt);
		return;
	}
	if (pg->n_kept == PG_MAX_KEPT)
		drop_stmt(take_kept(pg, 0));
	pg->kept[pg->n_kept++] = stmt;
}

/* Prepare on the server, for the types of the parameters as they are now. */
static int
name_stmt(struct pg_stmt *stmt)
{
	struct pg *pg = pg_of(stmt->base.store);
	int err;

	snprintf(stmt->name, sizeof(stmt->name), "lcr_%u", ++pg->n_named);
	if (!PQsendPrepare(pg->conn, stmt->name, stmt->sql, (int)stmt->params.n,
			   stmt->params.types))
		return pg_lose(pg, NULL);
	err = pg_flush(pg);
	if (err == 0)
		err = pg_finish(pg, NULL);
	if (err != 0)
		stmt->name[0] = '\0';
	return err;
}

static int
send_stmt(struct pg_stmt *stmt)
{
	struct pg *pg = pg_of(stmt->base.store);
	const struct pg_params *p = &stmt->params;
	int sent;

	if (stmt->name[0] != '\0')
		sent = PQsendQueryPrepared(pg->conn, stmt->name, (int)p->n,
					   p->values, NULL, NULL, 0);
	else
		sent = PQsendQueryParams(pg->conn, stmt->sql, (int)p->n,
					 p->types, p->values, NULL, NULL, 0);
	if (!sent)
		return pg_lose(pg, NULL);
	PQsetSingleRowMode(pg->conn);
	return pg_flush(pg);
}

/* The first run goes without a name, in one round trip: many statements are
 * used only once. Behind a pooler all do: the next transaction may meet another
 * process of the server, which has no such name, or somebody else's. */
static int
start(struct store_stmt *base, const struct store_value *params)
{
	struct pg_stmt *stmt = stmt_of(base);
	const struct pg *pg = pg_of(base->store);
	bool same;
	int err = pg_params_set(&stmt->params, params, &same);

	if (err != 0)
		return err;
	if (!same)
		unname(stmt);
	if (stmt->was_run && same && stmt->name[0] == '\0' && !pg->is_pooled)
		err = name_stmt(stmt);
	stmt->was_run = true;
	stmt->in_block = in_transaction(base->store);
	if (err == 0)
		err = send_stmt(stmt);
	stmt->failed |= err != 0;
	return err;
}

static void
drop_row(struct pg_stmt *stmt)
{
	PQclear(stmt->row);
	stmt->row = NULL;
}

static int
next(struct store_stmt *base)
{
	struct pg_stmt *stmt = stmt_of(base);
	struct pg *pg = pg_of(base->store);
	int err;

	drop_row(stmt);
	err = pg_result(pg, &stmt->row);
	if (err == 0 && stmt->row != NULL &&
	    PQresultStatus(stmt->row) == PGRES_SINGLE_TUPLE)
		return 0;
	if (err == 0)
		err = pg_finish(pg, stmt->row);
	stmt->row = NULL;
	stmt->failed |= err != 0;
	return err != 0 ? err : ERR_END;
}

/* Stop the server from sending the rest. Inside a transaction that would
 * fail the transaction, so there the rest is read. */
static void
cancel(struct pg *pg)
{
	char reason[256];
	PGcancel *handle = PQgetCancel(pg->conn);

	if (handle != NULL)
		PQcancel(handle, reason, sizeof(reason));
	PQfreeCancel(handle);
}

static void
reset(struct store_stmt *base)
{
	struct pg *pg = pg_of(base->store);
	struct store_error error = pg->base.error;
	size_t n = 0;

	while (next(base) == 0) {
		if (++n == DRAIN_MAX && !stmt_of(base)->in_block)
			cancel(pg);
	}
	if (!pg->base.lost)
		pg->base.error = error;
}

static int
run(struct store_stmt *base, const struct store_value *params)
{
	int err = start(base, params);

	if (err == 0)
		err = next(base);
	if (err == ERR_END)
		return 0;
	if (err != 0)
		return err;
	reset(base);
	return ERR_INVAL;
}

static bool
is_null(struct store_stmt *base, int column)
{
	const PGresult *row = stmt_of(base)->row;

	assert(column >= 0 && column < PQnfields(row));
	return PQgetisnull(row, 0, column) != 0;
}

static int
column_value(struct store_stmt *base, int column, enum store_type type,
	     struct store_value *out)
{
	return pg_value(base->store, stmt_of(base)->row, column, type, out);
}

const struct driver pg_driver = {
	.dialect = STORE_POSTGRESQL,
	.begin = begin,
	.close = close_store,
	.in_transaction = in_transaction,
	.exec = exec_sql,
	.prepare = prepare,
	.finish = finish,
	.start = start,
	.next = next,
	.reset = reset,
	.run = run,
	.is_null = is_null,
	.column = column_value,
	.copy_begin = pg_copy_begin,
	.copy_row = pg_copy_row,
	.copy_record = pg_copy_record,
	.copy_end = pg_copy_end,
};
