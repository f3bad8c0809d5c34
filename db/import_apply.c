/* import_apply.c - from the stage into the table, a few statements for all */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/dialect.h"
#include "db/import.h"

static bool
is_key(const struct kind *kind, size_t i)
{
	return (kind->columns[i].flags & KIND_KEY) != 0;
}

/* Columns that rows which are there already get from the file. */
static bool
is_assigned(const struct import *import, size_t i)
{
	return kind_is_stored(import->kind, i) && !is_key(import->kind, i) &&
	       import->given[i];
}

/* The keys of two tables are the same. */
static void
add_match(struct sql_text *sql, const struct kind *kind, const char *a,
	  const char *b)
{
	size_t n = 0;

	for (size_t i = 0; i < kind->n_columns; i++) {
		if (!is_key(kind, i))
			continue;
		sql_sep(sql, " AND ", n++);
		kind_add_key(sql, kind, i, a);
		sql_add(sql, " = ");
		kind_add_key(sql, kind, i, b);
	}
}

void
import_add_differs(struct sql_text *sql, const struct import *import)
{
	bool is_sqlite = store_dialect(import->store) == STORE_SQLITE;
	const char *differs = is_sqlite ? "IS NOT" : "IS DISTINCT FROM";
	const struct kind *kind = import->kind;
	size_t n = 0;

	sql_add(sql, "(");
	for (size_t i = 0; i < kind->n_columns; i++) {
		const char *name = kind->columns[i].name;

		if (!is_assigned(import, i))
			continue;
		sql_sep(sql, " OR ", n++);
		sql_add(sql, "t.\"%s\" %s s.\"%s\"", name, differs, name);
	}
	sql_add(sql, "%s)", n == 0 ? "false" : "");
}

static void
add_columns(struct sql_text *sql, const struct kind *kind, const char *before)
{
	size_t n = 0;

	for (size_t i = 0; i < kind->n_columns; i++) {
		if (!kind_is_stored(kind, i))
			continue;
		sql_sep(sql, ", ", n++);
		sql_add(sql, "%s\"%s\"", before, kind->columns[i].name);
	}
}

/* Expand, prepare and start what was put together; frees sql. */
static int
start(struct store *store, struct sql_text *sql, struct store_stmt **out)
{
	char *text = NULL;
	int err = sql->err;

	*out = NULL;
	if (err == 0)
		err = dialect_expand(store_dialect(store), sql->text, &text);
	if (err == 0)
		err = store_prepare(store, text, out);
	if (err == 0)
		err = store_start(*out, NULL, 0);
	if (err != 0) {
		store_finish(*out);
		*out = NULL;
	}
	mem_free(text);
	sql_fini(sql);
	return err;
}

int
import_exec(struct store *store, struct sql_text *sql)
{
	int err = sql->err;

	if (err == 0)
		err = dialect_exec(store, sql->text);
	sql_fini(sql);
	return err;
}

static const char *
subject_of(const struct kind *kind)
{
	size_t i = 0;

	while ((kind->columns[i].flags & KIND_SUBJECT) == 0)
		i++;
	return kind->columns[i].name;
}

static void
add_duplicates(struct sql_text *sql, const struct kind *kind)
{
	size_t n = 0;

	sql_add(sql,
		"SELECT s.line, d.first, s.\"%s\" FROM import_stage s"
		" JOIN (SELECT min(x.line) AS first",
		subject_of(kind));
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (!is_key(kind, i))
			continue;
		sql_add(sql, ", ");
		kind_add_key(sql, kind, i, "x");
		sql_add(sql, " AS k%zu", i);
	}
	sql_add(sql, " FROM import_stage x GROUP BY ");
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (!is_key(kind, i))
			continue;
		sql_sep(sql, ", ", n++);
		kind_add_key(sql, kind, i, "x");
	}
	sql_add(sql, " HAVING count(*) > 1) d ON s.line > d.first");
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (!is_key(kind, i))
			continue;
		sql_add(sql, " AND ");
		kind_add_key(sql, kind, i, "s");
		sql_add(sql, " = d.k%zu", i);
	}
	sql_add(sql, " ORDER BY s.line");
}

int
import_check_keys(struct import *import)
{
	const struct kind *kind = import->kind;
	struct sql_text sql = { 0 };
	struct store_stmt *stmt;
	int err;

	add_duplicates(&sql, kind);
	err = start(import->store, &sql, &stmt);
	while (err == 0) {
		struct str subject;

		err = store_next(stmt);
		if (err != 0)
			break;
		subject = store_col_text(stmt, 2);
		import_report(import, (size_t)store_col_int(stmt, 0),
			      "%s: \"%.*s\" has the same key as line %lld, "
			      "expected it once",
			      subject_of(kind), STR_ARG(subject),
			      (long long)store_col_int(stmt, 1));
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* Nobody else may add rows between counting and inserting. SQLite's lock was
 * taken by the transaction. */
static int
lock_table(struct import *import)
{
	struct sql_text sql = { 0 };

	if (store_dialect(import->store) == STORE_SQLITE)
		return 0;
	sql_add(&sql,
		"ANALYZE import_stage;"
		"LOCK TABLE \"%s\" IN SHARE ROW EXCLUSIVE MODE",
		import->kind->name);
	return import_exec(import->store, &sql);
}

/* Run a query of one row of two integers. */
static int
count_two(struct store *store, struct sql_text *sql, int64_t *a, int64_t *b)
{
	struct store_stmt *stmt;
	int err = start(store, sql, &stmt);

	if (err == 0)
		err = store_next(stmt);
	if (err == 0) {
		*a = store_col_int(stmt, 0);
		*b = store_col_int(stmt, 1);
	}
	store_finish(stmt);
	return err;
}

static int
count_changes(struct import *import, int64_t *existing)
{
	struct import_result *result = import->result;
	struct sql_text sql = { 0 };
	int64_t updated = 0;
	int err;

	*existing = 0;
	sql_add(&sql, "SELECT count(*), coalesce(sum(CASE WHEN ");
	import_add_differs(&sql, import);
	sql_add(&sql,
		" THEN 1 ELSE 0 END), 0) FROM import_stage s JOIN \"%s\""
		" t ON ",
		import->kind->name);
	add_match(&sql, import->kind, "t", "s");
	err = count_two(import->store, &sql, existing, &updated);
	result->updated = (uint64_t)updated;
	result->unchanged = result->same + (uint64_t)(*existing - updated);
	result->inserted = result->rows - result->same - (uint64_t)*existing;
	return err;
}

static int
update_rows(struct import *import)
{
	const struct kind *kind = import->kind;
	struct sql_text sql = { 0 };
	size_t n = 0;

	if (import->result->updated == 0)
		return 0;
	sql_add(&sql, "UPDATE \"%s\" AS t SET ", kind->name);
	for (size_t i = 0; i < kind->n_columns; i++) {
		const char *name = kind->columns[i].name;

		if (!is_assigned(import, i))
			continue;
		sql_sep(&sql, ", ", n++);
		sql_add(&sql, "\"%s\" = s.\"%s\"", name, name);
	}
	sql_add(&sql, " FROM import_stage s WHERE ");
	add_match(&sql, kind, "t", "s");
	sql_add(&sql, " AND ");
	import_add_differs(&sql, import);
	return import_exec(import->store, &sql);
}

/* INSERT ... ON CONFLICT would use up ids for rows that are there already. */
static int
insert_rows(struct import *import, bool some_exist)
{
	const struct kind *kind = import->kind;
	struct sql_text sql = { 0 };

	if (import->result->inserted == 0)
		return 0;
	sql_add(&sql, "INSERT INTO \"%s\" (", kind->name);
	add_columns(&sql, kind, "");
	sql_add(&sql, ") SELECT ");
	add_columns(&sql, kind, "s.");
	sql_add(&sql, " FROM import_stage s");
	if (some_exist) {
		sql_add(&sql,
			" WHERE NOT EXISTS (SELECT 1 FROM \"%s\" t WHERE ",
			kind->name);
		add_match(&sql, kind, "t", "s");
		sql_add(&sql, ")");
	}
	sql_add(&sql, " ORDER BY s.line");
	return import_exec(import->store, &sql);
}

/* Rows of the file's tariffs that the file does not have. */
static void
add_missing(struct sql_text *sql, const struct kind *kind)
{
	sql_add(sql,
		" FROM \"%s\" AS t WHERE t.tariff IN"
		" (SELECT tariff FROM import_stage)"
		" AND NOT EXISTS (SELECT 1 FROM import_stage s WHERE ",
		kind->name);
	add_match(sql, kind, "t", "s");
	sql_add(sql, ")");
}

static int
delete_missing(struct import *import)
{
	struct sql_text sql = { 0 };
	int64_t n = 0, ignored;
	int err;

	if (!import->options->replace || import->options->effective != NULL)
		return 0;
	err = store_exec(import->store,
			 "CREATE INDEX import_stage_key ON"
			 " import_stage (tariff, prefix, from_second, band)");
	if (err != 0)
		return err;
	sql_add(&sql, "SELECT count(*), 0");
	add_missing(&sql, import->kind);
	err = count_two(import->store, &sql, &n, &ignored);
	import->result->deleted = (uint64_t)n;
	if (err != 0 || n == 0 || import->options->dry_run)
		return err;
	sql_add(&sql, "DELETE");
	add_missing(&sql, import->kind);
	return import_exec(import->store, &sql);
}

static int
apply(struct import *import)
{
	int64_t existing;
	int err = lock_table(import);

	if (err == 0 && import->kind->check_rows != NULL)
		err = import->kind->check_rows(import);
	if (err == 0 && import->result->errors > 0)
		return ERR_SYNTAX;
	if (err == 0 && import->options->effective != NULL)
		err = import_take_effect(import);
	if (err == 0)
		err = count_changes(import, &existing);
	if (err == 0)
		err = delete_missing(import);
	if (err != 0 || import->options->dry_run)
		return err;
	err = update_rows(import);
	return err != 0 ? err : insert_rows(import, existing > 0);
}

int
import_apply(struct import *import)
{
	int err;

	if (import->is_whole)
		return apply(import);
	err = store_begin(import->store);
	if (err == 0)
		err = apply(import);
	if (err == 0 && !import->options->dry_run)
		return store_commit(import->store);
	store_rollback(import->store);
	return err;
}
