/* bulk_set.c - the rules of a merge as SQL expressions */
#include "db/bulk_set.h"

#include <stdio.h>

#define NEW_MAX 80

/* Who knows better has the first word, then whoever came first; until then the
 * least of all: `least` is that of both values. */
static void
add_by(struct sql_text *sql, const struct bulk_column *column, const char *old,
       const char *new, const char *least)
{
	const char *name = column->name, *by = column->by;

	sql_add(sql,
		"\"%s\" = CASE WHEN %s.\"%s\" IS NOT NULL"
		" THEN coalesce(%s.\"%s\", %s.\"%s\")"
		" WHEN %s.\"%s\" IS NOT NULL"
		" THEN coalesce(%s.\"%s\", %s.\"%s\")"
		" ELSE coalesce(%s(%s.\"%s\", %s.\"%s\"),"
		" %s.\"%s\", %s.\"%s\") END",
		name, old, by, old, name, new, name, new, by, new, name, old,
		name, least, old, name, new, name, old, name, new, name);
}

/* The value of the new row is excluded."c", but the parameter itself where that
 * would have the fallback. */
void
bulk_set_sqlite(struct sql_text *sql, const struct bulk_column *column,
		const char *table, size_t number)
{
	const char *name = column->name;
	char new[NEW_MAX];

	if (column->fallback != NULL)
		snprintf(new, NEW_MAX, "?%zu", number);
	else
		snprintf(new, NEW_MAX, "excluded.\"%s\"", name);
	switch (column->rule) {
	case BULK_LAST:
		sql_add(sql, "\"%s\" = coalesce(%s, \"%s\")", name, new, name);
		break;
	case BULK_LEAST:
	case BULK_MOST:
		sql_add(sql, "\"%s\" = coalesce(%s(\"%s\", %s), \"%s\", %s)",
			name, column->rule == BULK_LEAST ? "min" : "max", name,
			new, name, new);
		break;
	case BULK_UNSET:
		sql_add(sql, "\"%s\" = %s", name, new);
		break;
	case BULK_BY:
		add_by(sql, column, table, "excluded", "min");
		break;
	case BULK_FIRST:
	default:
		sql_add(sql, "\"%s\" = coalesce(\"%s\", %s)", name, name, new);
		break;
	}
}

void
bulk_set_pg(struct sql_text *sql, const struct bulk_column *column)
{
	static const struct {
		const char *function;
		const char *first, *second;
	} forms[] = {
		[BULK_FIRST] = { "coalesce", "t", "s" },
		[BULK_LAST] = { "coalesce", "s", "t" },
		[BULK_LEAST] = { "least", "t", "s" },
		[BULK_MOST] = { "greatest", "t", "s" },
		[BULK_UNSET] = { "coalesce", "s", "t" },
	};
	const char *name = column->name;
	enum bulk_rule rule = column->rule;

	if (rule == BULK_BY) {
		add_by(sql, column, "t", "s", "least");
		return;
	}
	sql_add(sql, "\"%s\" = %s(%s.\"%s\", %s.\"%s\")", name,
		forms[rule].function, forms[rule].first, name,
		forms[rule].second, name);
}
