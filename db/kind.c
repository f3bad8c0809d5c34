/* kind.c - the tables that people import and export: names and export */
#include "db/kind.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/csv.h"
#include "base/err.h"
#include "db/dialect.h"
#include "db/driver.h"
#include "db/kind_table.h"

const struct kind *
kind_find(const char *name)
{
	for (size_t i = 0; i < n_kind_tables; i++) {
		if (strcmp(kind_tables[i].name, name) == 0)
			return &kind_tables[i];
	}
	return NULL;
}

size_t
kind_column_index(const struct kind *kind, const char *name)
{
	size_t i = 0;

	while (strcmp(kind->columns[i].name, name) != 0) {
		i++;
		assert(i < kind->n_columns);
	}
	return i;
}

bool
kind_is_stored(const struct kind *kind, size_t i)
{
	return (kind->columns[i].flags & KIND_INPUT) == 0;
}

static char
fold(char c)
{
	return c == ' ' || c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static bool
is_called(struct str name, const char *known)
{
	size_t len = strlen(known);

	if (name.len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (fold(name.p[i]) != fold(known[i]))
			return false;
	}
	return true;
}

int
kind_find_column(const struct kind *kind, struct str name)
{
	for (size_t i = 0; i < kind->n_columns; i++) {
		const char *const *other = kind->columns[i].others;

		if (is_called(name, kind->columns[i].name))
			return (int)i;
		for (; other != NULL && *other != NULL; other++) {
			if (is_called(name, *other))
				return (int)i;
		}
	}
	return -1;
}

/* The unique indexes of the schema say the same. */
static const char *
no_value(enum store_type type)
{
	switch (type) {
	case STORE_TEXT:
		return "''";
	case STORE_TIME:
		return "%NO_TIME%";
	default:
		return "0";
	}
}

static bool
may_be_null(const struct kind_column *column)
{
	return column->preset == NULL && (column->flags & KIND_FILLED) == 0;
}

void
kind_add_key(struct sql_text *sql, const struct kind *kind, size_t i,
	     const char *alias)
{
	const struct kind_column *c = &kind->columns[i];

	if (may_be_null(c))
		sql_add(sql, "coalesce(%s.\"%s\", %s)", alias, c->name,
			no_value(kind_store_type(c)));
	else
		sql_add(sql, "%s.\"%s\"", alias, c->name);
}

/* The column that holds the names of a table. */
static const char *
name_column(const char *table)
{
	const struct kind *kind = kind_find(table);

	return kind->columns[0].name;
}

static void
add_joins(struct sql_text *sql, const struct kind *kind)
{
	for (size_t i = 0; i < kind->n_columns; i++) {
		const struct kind_column *c = &kind->columns[i];

		if (c->type == KIND_REF)
			sql_add(sql,
				" LEFT JOIN \"%s\" r%zu ON r%zu.id = k.\"%s\"",
				c->ref, i, i, c->name);
	}
}

static void
add_order(struct sql_text *sql, const struct kind *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < kind->n_columns; i++) {
		const struct kind_column *c = &kind->columns[i];

		if ((c->flags & KIND_KEY) == 0)
			continue;
		sql_sep(sql, ", ", n++);
		if (c->type == KIND_REF)
			sql_add(sql, "coalesce(r%zu.\"%s\", '')", i,
				name_column(c->ref));
		else
			kind_add_key(sql, kind, i, "k");
	}
}

static void
add_export(struct sql_text *sql, const struct kind *kind)
{
	sql_add(sql, "SELECT ");
	for (size_t i = 0; i < kind->n_columns; i++) {
		const struct kind_column *c = &kind->columns[i];

		if (!kind_is_stored(kind, i))
			continue;
		sql_sep(sql, ", ", i);
		if (c->type == KIND_REF)
			sql_add(sql, "r%zu.\"%s\"", i, name_column(c->ref));
		else
			sql_add(sql, "k.\"%s\"", c->name);
	}
	sql_add(sql, " FROM \"%s\" k", kind->name);
	add_joins(sql, kind);
	sql_add(sql, " ORDER BY ");
	add_order(sql, kind);
}

static void
write_header(const struct kind *kind, FILE *out)
{
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (kind_is_stored(kind, i))
			csv_write_field(out, i == 0,
					str_of(kind->columns[i].name));
	}
	csv_write_end(out);
}

/* A reference is shown by the name it was resolved to. */
static const struct kind_column *
shown_column(const struct kind_column *column)
{
	return column->type == KIND_REF ? &kind_find(column->ref)->columns[0]
					: column;
}

static void
write_row(const struct kind *kind, struct store_stmt *stmt, FILE *out)
{
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (kind_is_stored(kind, i))
			kind_write(shown_column(&kind->columns[i]), stmt,
				   (int)i, out);
	}
	csv_write_end(out);
}

static int
write_rows(const struct kind *kind, struct store_stmt *stmt, FILE *out)
{
	int err = store_start(stmt, NULL, 0);

	while (err == 0 && !ferror(out)) {
		err = store_next(stmt);
		if (err == 0)
			write_row(kind, stmt, out);
	}
	return err == ERR_END ? 0 : err;
}

int
kind_export(const struct kind *kind, struct store *store, FILE *out)
{
	struct sql_text sql = { 0 };
	struct store_stmt *stmt = NULL;
	char *text = NULL;
	int err;

	add_export(&sql, kind);
	err = sql.err;
	if (err == 0)
		err = dialect_expand(store_dialect(store), sql.text, &text);
	if (err == 0)
		err = store_prepare(store, text, &stmt);
	if (err == 0) {
		write_header(kind, out);
		err = write_rows(kind, stmt, out);
	}
	if (err == 0 && (fflush(out) != 0 || ferror(out)))
		err = ERR_IO;
	store_finish(stmt);
	mem_free(text);
	sql_fini(&sql);
	return err;
}
