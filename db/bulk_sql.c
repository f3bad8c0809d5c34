/* bulk_sql.c - the statements behind bulk.h */
#include "db/bulk_sql.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/err.h"
#include "db/bulk_set.h"
#include "db/dialect.h"
#include "db/sql_text.h"

#define STAGE_MAX 32
#define TABLE_MAX 80

struct spec {
	const char *table;
	const struct bulk_column *columns;
	size_t n_columns;
	char stage[STAGE_MAX], fold[STAGE_MAX];
};

static bool
is_key(const struct spec *spec, size_t i)
{
	return spec->columns[i].rule == BULK_KEY;
}

static bool
has_fallback(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_columns; i++) {
		if (spec->columns[i].fallback != NULL)
			return true;
	}
	return false;
}

/* What the first row of a key had is needed where a fallback would have taken
 * the place of its NULL and then had its say in the merge. */
static bool
needs_first(const struct spec *spec, size_t i)
{
	return spec->columns[i].fallback != NULL && !is_key(spec, i) &&
	       spec->columns[i].rule != BULK_LAST;
}

/* `"a", "b"`, of the keys only or of all; with something before each. */
static void
add_names(struct sql_text *sql, const struct spec *spec, bool keys,
	  const char *before)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->n_columns; i++) {
		if (keys && !is_key(spec, i))
			continue;
		sql_sep(sql, ", ", n++);
		sql_add(sql, "%s\"%s\"", before, spec->columns[i].name);
	}
}

/* a."k" = b."k" AND ... */
static void
add_key_match(struct sql_text *sql, const struct spec *spec, const char *a,
	      const char *b)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->n_columns; i++) {
		const char *name = spec->columns[i].name;

		if (!is_key(spec, i))
			continue;
		sql_sep(sql, " AND ", n++);
		sql_add(sql, "%s.\"%s\" = %s.\"%s\"", a, name, b, name);
	}
}

static int
take(struct sql_text *sql, char **out)
{
	if (sql->err != 0) {
		int err = sql->err;

		sql_fini(sql);
		return err;
	}
	*out = sql->text;
	return 0;
}

/* (?, coalesce(?, fallback), ...) */
static void
add_values(struct sql_text *sql, const struct spec *spec)
{
	sql_add(sql, "(");
	for (size_t i = 0; i < spec->n_columns; i++) {
		const char *fallback = spec->columns[i].fallback;

		sql_sep(sql, ", ", i);
		if (fallback != NULL)
			sql_add(sql, "coalesce(?, %s)", fallback);
		else
			sql_add(sql, "?");
	}
	sql_add(sql, ")");
}

/* INSERT INTO t (...) VALUES (...), (...) */
static void
add_insert(struct sql_text *sql, const struct spec *spec, size_t n_rows)
{
	struct sql_text row = { 0 };

	add_values(&row, spec);
	if (row.err != 0)
		sql->err = row.err;
	sql_add(sql, "INSERT INTO \"%s\" (", spec->table);
	add_names(sql, spec, false, "");
	sql_add(sql, ") VALUES ");
	for (size_t i = 0; i < n_rows && row.err == 0; i++)
		sql_add(sql, "%s%s", i > 0 ? ", " : "", row.text);
	sql_fini(&row);
}

/* Whether a row that is there gets a value of this column. */
static bool
is_set(const struct spec *spec, size_t i)
{
	return spec->columns[i].rule != BULK_KEY &&
	       spec->columns[i].rule != BULK_THERE;
}

static size_t
count_set(const struct spec *spec)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->n_columns; i++)
		n += is_set(spec, i);
	return n;
}

/* What the row in `old` should fulfil, after `before`; nothing if all do. */
static void
add_conditions(struct sql_text *sql, const struct spec *spec,
	       const char *before, const char *old, const char *new)
{
	for (size_t i = 0; i < spec->n_columns; i++) {
		const char *name = spec->columns[i].name;

		const char *by = spec->columns[i].by;

		if (spec->columns[i].rule == BULK_UNSET)
			sql_add(sql, "%s%s.\"%s\" IS NULL", before, old, name);
		else if (spec->columns[i].rule == BULK_THERE)
			sql_add(sql,
				"%s(%s.\"%s\" IS NOT NULL OR"
				" %s.\"%s\" IS NULL)",
				before, old, name, new, name);
		else
			continue;
		before = " AND ";
		if (by != NULL && spec->columns[i].rule == BULK_THERE)
			sql_add(sql, "%s%s.\"%s\" IS NOT NULL", before, old,
				by);
	}
}

static void
add_sqlite_conflict(struct sql_text *sql, const struct spec *spec)
{
	char table[TABLE_MAX];
	size_t n = 0;

	snprintf(table, sizeof(table), "\"%s\"", spec->table);
	sql_add(sql, " ON CONFLICT (");
	add_names(sql, spec, true, "");
	sql_add(sql, ") DO ");
	if (count_set(spec) == 0) {
		sql_add(sql, "NOTHING");
		return;
	}
	sql_add(sql, "UPDATE SET ");
	for (size_t i = 0; i < spec->n_columns; i++) {
		if (!is_set(spec, i))
			continue;
		sql_sep(sql, ", ", n++);
		bulk_set_sqlite(sql, &spec->columns[i], table, i + 1);
	}
	add_conditions(sql, spec, " WHERE ", table, "excluded");
}

static int
sqlite_rows(const struct spec *spec, bool merge, size_t n_rows, char **out)
{
	struct sql_text sql = { 0 };

	add_insert(&sql, spec, n_rows);
	if (merge)
		add_sqlite_conflict(&sql, spec);
	return take(&sql, out);
}

static int
pg_copy(const struct spec *spec, bool merge, char **out)
{
	struct sql_text sql = { 0 };

	sql_add(&sql, "COPY \"%s\" (%s", merge ? spec->stage : spec->table,
		merge ? "n, " : "");
	add_names(&sql, spec, false, "");
	sql_add(&sql, ") FROM STDIN (FORMAT binary)");
	return take(&sql, out);
}

static void
add_columns(struct sql_text *sql, const struct spec *spec, bool firsts)
{
	for (size_t i = 0; i < spec->n_columns; i++) {
		const char *type =
		    dialect_type(STORE_POSTGRESQL, spec->columns[i].type);

		sql_sep(sql, ", ", i);
		sql_add(sql, "\"%s\" %s", spec->columns[i].name, type);
		if (firsts && needs_first(spec, i))
			sql_add(sql, ", \"first %s\" %s", spec->columns[i].name,
				type);
	}
}

/* The tables stay with the connection, under a name that stands for the
 * columns, so that a merge does not write to the catalogue each time. */
static int
pg_tables(const struct spec *spec, char **out)
{
	struct sql_text sql = { 0 };

	sql_add(&sql, "CREATE TEMP TABLE IF NOT EXISTS \"%s\" (n bigint, ",
		spec->stage);
	add_columns(&sql, spec, false);
	sql_add(&sql,
		") ON COMMIT DELETE ROWS;"
		"CREATE TEMP TABLE IF NOT EXISTS \"%s\" (",
		spec->fold);
	add_columns(&sql, spec, true);
	sql_add(&sql, ") ON COMMIT DELETE ROWS; TRUNCATE \"%s\", \"%s\"",
		spec->stage, spec->fold);
	return take(&sql, out);
}

/* One value of the rows of a key that are in the merge. */
static void
add_fold(struct sql_text *sql, const struct spec *spec, size_t i)
{
	const struct bulk_column *c = &spec->columns[i];
	bool is_bool = c->type == STORE_BOOL;

	switch (c->rule) {
	case BULK_KEY:
		sql_add(sql, "\"%s\"", c->name);
		break;
	case BULK_LEAST:
		sql_add(sql, "%s(\"%s\")", is_bool ? "bool_and" : "min",
			c->name);
		break;
	case BULK_MOST:
		sql_add(sql, "%s(\"%s\")", is_bool ? "bool_or" : "max",
			c->name);
		break;
	case BULK_FIRST:
	case BULK_LAST:
	default:
		sql_add(sql,
			"(array_agg(\"%s\" ORDER BY n%s)"
			" FILTER (WHERE \"%s\" IS NOT NULL))[1]",
			c->name, c->rule == BULK_LAST ? " DESC" : "", c->name);
		break;
	}
	if (needs_first(spec, i))
		sql_add(sql, ", (array_agg(\"%s\" ORDER BY n))[1]", c->name);
}

static int
pg_fold(const struct spec *spec, char **out)
{
	struct sql_text sql = { 0 };

	sql_add(&sql, "INSERT INTO \"%s\" SELECT ", spec->fold);
	for (size_t i = 0; i < spec->n_columns; i++) {
		sql_sep(&sql, ", ", i);
		add_fold(&sql, spec, i);
	}
	sql_add(&sql, " FROM \"%s\" GROUP BY ", spec->stage);
	add_names(&sql, spec, true, "");
	return take(&sql, out);
}

/* What a row that was not there before gets. */
static void
add_new_value(struct sql_text *sql, const struct spec *spec, size_t i)
{
	const struct bulk_column *c = &spec->columns[i];

	if (c->fallback == NULL || c->rule == BULK_KEY)
		sql_add(sql, "s.\"%s\"", c->name);
	else if (c->rule == BULK_LAST)
		sql_add(sql, "coalesce(s.\"%s\", %s)", c->name, c->fallback);
	else if (c->rule == BULK_FIRST)
		sql_add(sql, "coalesce(s.\"first %s\", %s)", c->name,
			c->fallback);
	else
		sql_add(sql,
			"%s(s.\"%s\","
			" CASE WHEN s.\"first %s\" IS NULL THEN %s END)",
			c->rule == BULK_LEAST ? "least" : "greatest", c->name,
			c->name, c->fallback);
}

static int
pg_insert(const struct spec *spec, char **out)
{
	struct sql_text sql = { 0 };

	sql_add(&sql, "WITH added AS (INSERT INTO \"%s\" (", spec->table);
	add_names(&sql, spec, false, "");
	sql_add(&sql, ") SELECT ");
	for (size_t i = 0; i < spec->n_columns; i++) {
		sql_sep(&sql, ", ", i);
		add_new_value(&sql, spec, i);
	}
	sql_add(&sql, " FROM \"%s\" s ON CONFLICT (", spec->fold);
	add_names(&sql, spec, true, "");
	sql_add(&sql, ") DO NOTHING RETURNING ");
	add_names(&sql, spec, true, "");
	sql_add(&sql, ") DELETE FROM \"%s\" s USING added WHERE ", spec->fold);
	add_key_match(&sql, spec, "s", "added");
	return take(&sql, out);
}

static int
pg_update(const struct spec *spec, char **out)
{
	struct sql_text sql = { 0 };
	size_t n = 0;

	if (count_set(spec) == 0)
		return 0;
	sql_add(&sql, "UPDATE \"%s\" t SET ", spec->table);
	for (size_t i = 0; i < spec->n_columns; i++) {
		if (!is_set(spec, i))
			continue;
		sql_sep(&sql, ", ", n++);
		bulk_set_pg(&sql, &spec->columns[i]);
	}
	sql_add(&sql, " FROM \"%s\" s WHERE ", spec->fold);
	add_key_match(&sql, spec, "t", "s");
	add_conditions(&sql, spec, " AND ", "t", "s");
	return take(&sql, out);
}

/* A name for the temporary tables that stands for table and columns. */
static void
name_stage(struct spec *spec)
{
	uint32_t sum = crc32c(0, spec->table, strlen(spec->table));

	for (size_t i = 0; i < spec->n_columns; i++) {
		const struct bulk_column *c = &spec->columns[i];
		const uint8_t tail[] = { (uint8_t)c->type, needs_first(spec, i),
					 0 };

		sum = crc32c(sum, c->name, strlen(c->name));
		sum = crc32c(sum, tail, sizeof(tail));
	}
	snprintf(spec->stage, sizeof(spec->stage), "lcr_stage_%08x", sum);
	snprintf(spec->fold, sizeof(spec->fold), "lcr_fold_%08x", sum);
}

static void
spec_init(struct spec *spec, const char *table,
	  const struct bulk_column *columns, size_t n_columns)
{
	spec->table = table;
	spec->columns = columns;
	spec->n_columns = n_columns;
	name_stage(spec);
}

int
bulk_sql_load(enum store_dialect dialect, const char *table,
	      const struct bulk_column *columns, size_t n_columns,
	      struct bulk_sql *out)
{
	struct spec spec;

	memset(out, 0, sizeof(*out));
	spec_init(&spec, table, columns, n_columns);
	if (dialect == STORE_SQLITE)
		return sqlite_rows(&spec, false, 1, &out->row);
	return pg_copy(&spec, false, &out->copy);
}

int
bulk_sql_merge(enum store_dialect dialect, const char *table,
	       const struct bulk_column *columns, size_t n_columns,
	       struct bulk_sql *out)
{
	struct spec spec;
	int err;

	memset(out, 0, sizeof(*out));
	spec_init(&spec, table, columns, n_columns);
	if (dialect == STORE_SQLITE) {
		err = sqlite_rows(&spec, true, 1, &out->row);
		if (err == 0 && !has_fallback(&spec))
			err = sqlite_rows(&spec, true, BULK_ROWS, &out->rows);
		if (err != 0)
			bulk_sql_fini(out);
		return err;
	}
	err = pg_copy(&spec, true, &out->copy);
	if (err == 0)
		err = pg_tables(&spec, &out->tables);
	if (err == 0)
		err = pg_fold(&spec, &out->fold);
	if (err == 0)
		err = pg_insert(&spec, &out->insert);
	if (err == 0)
		err = pg_update(&spec, &out->update);
	if (err != 0)
		bulk_sql_fini(out);
	return err;
}

void
bulk_sql_fini(struct bulk_sql *sql)
{
	mem_free(sql->row);
	mem_free(sql->rows);
	mem_free(sql->tables);
	mem_free(sql->copy);
	mem_free(sql->fold);
	mem_free(sql->insert);
	mem_free(sql->update);
	memset(sql, 0, sizeof(*sql));
}
