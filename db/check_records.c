/* check_records.c - one walk through each table of records */
#include "db/check_records.h"

#include <string.h>

#include "base/err.h"
#include "db/sql_text.h"
#include "tel/cdr.h"

#define MAX_LINES 500
#define CONDITION_MAX 400

/* What values of a column of either table are, besides being of its type. */
static const struct rule {
	const char *column;
	const char *is; /* behind its name */
	const char *expected;
} rules[] = {
	{ "status",
	  " IN ('open', 'answered', 'failed', 'cancelled', 'swept')",
	  "a status" },
	{ "end_source",
	  " IN ('caller', 'callee', 'timeout', 'session_timer', 'proxy',"
	  " 'sweep')",
	  "an end_source" },
	{ "route_source", " IN ('static', 'trip', 'enum', 'local', 'foreign')",
	  "a route_source" },
	{ "token", " IN ('valid', 'missing', 'forged', 'expired')",
	  "what is known of a token" },
	{ "outcome",
	  " IN ('answered', 'rejected', 'timeout', 'unreachable', 'cancelled',"
	  " 'redirected', 'late_answer')",
	  "an outcome" },
	{ "hop", " BETWEEN 0 AND 255", "0 to 255" },
	{ "sip_code", " BETWEEN 0 AND 699", "0 to 699" },
	{ "q850_cause", " BETWEEN 0 AND 127", "0 to 127" },
	{ "generation", " BETWEEN 0 AND 4294967295", "0 to 4294967295" },
	{ "session_s", " BETWEEN 0 AND 4294967295", "0 to 4294967295" },
	{ "sell_seconds", " >= 0", "0 or more" },
	{ "buy_seconds", " >= 0", "0 or more" },
	{ "first_response_us", " >= 0", "0 or more" },
	{ "end_us", " >= 0", "0 or more" },
};

static const char *const type_texts[] = {
	[CDR_TEXT] = "a text",
	[CDR_INT] = "an integer",
	[CDR_TIME] = "a time of the years 1970 to 9999",
	[CDR_MONEY] = "an amount",
};

/* What no event has, and no export. */
static const struct cdr_field cdr_more[] = {
	{ "swept_time", CDR_TIME, 0 },
	{ "rated_us", CDR_INT, 0 },
	{ "late", CDR_INT, 0 },
	{ "sell_rest", CDR_INT, 0 },
};
static const struct cdr_field attempt_more[] = {
	{ "fee", CDR_MONEY, 0 },
	{ "fee_currency", CDR_TEXT, 0 },
	{ "fee_run", CDR_INT, 0 },
};

struct table {
	const char *name;
	const struct cdr_field *fields, *more;
	size_t n_fields, n_more;
};

/* The SELECT of one table: the first column that is wrong, its value, and what
 * was expected. */
struct query {
	struct sql_text which, value, expected, any;
	size_t n;
};

static void
add_condition(struct query *query, const char *column, const char *condition,
	      const char *expected)
{
	sql_add(&query->which, " WHEN NOT (%s) THEN '%s'", condition, column);
	sql_add(&query->value,
		" WHEN NOT (%s) THEN substr(CAST(%s AS TEXT), 1, 60)",
		condition, column);
	sql_add(&query->expected, " WHEN NOT (%s) THEN '%s'", condition,
		expected);
	sql_add(&query->any, "%sNOT (%s)", query->n > 0 ? " OR " : "",
		condition);
	query->n++;
}

/* Types are the server's business in PostgreSQL; years are not. */
static void
add_type(struct query *query, enum store_dialect dialect,
	 const struct cdr_field *field)
{
	const char *c = field->name;
	char is[CONDITION_MAX];

	if (dialect == STORE_SQLITE)
		snprintf(is, sizeof(is), "%s IS NULL OR (typeof(%s) = '%s'%s%s%s)",
			 c, c, field->type == CDR_TEXT ? "text" : "integer",
			 field->type == CDR_TIME ? " AND " : "",
			 field->type == CDR_TIME ? c : "",
			 field->type == CDR_TIME
			     ? " BETWEEN 0 AND 253402300799999999"
			     : "");
	else if (field->type == CDR_TIME)
		snprintf(is, sizeof(is),
			 "%s IS NULL OR (%s >= '1970-01-01 00:00:00Z'"
			 " AND %s < '10000-01-01 00:00:00Z')",
			 c, c, c);
	else
		return;
	add_condition(query, c, is, type_texts[field->type]);
}

static void
add_rule(struct query *query, const struct cdr_field *field)
{
	char is[CONDITION_MAX];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(rules[i].column, field->name) != 0)
			continue;
		snprintf(is, sizeof(is), "%s IS NULL OR %s%s", field->name,
			 field->name, rules[i].is);
		add_condition(query, field->name, is, rules[i].expected);
	}
}

static int
report(struct store *store, const char *sql, const char *table, FILE *out,
       int *n)
{
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	if (err == 0)
		err = store_start(stmt, NULL, 0);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		struct str column = store_col_text(stmt, 1);
		struct str value = store_col_text(stmt, 2);
		struct str expected = store_col_text(stmt, 3);

		fprintf(out, "error: %s %lld: %.*s is \"", table,
			(long long)store_col_int(stmt, 0), STR_ARG(column));
		/* whatever it is: a line stays a line */
		for (size_t i = 0; i < value.len; i++)
			fputc((unsigned char)value.p[i] >= ' ' ? value.p[i]
							       : '?',
			      out);
		fprintf(out, "\", expected %.*s\n", STR_ARG(expected));
		(*n)++;
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

static int
run(struct store *store, const struct query *query, const char *table,
    FILE *out, int *n)
{
	struct sql_text sql = { 0 };
	int err = query->which.err | query->value.err | query->expected.err |
		  query->any.err;

	if (err == 0) {
		sql_add(&sql,
			"SELECT id, CASE%s END, CASE%s END, CASE%s END FROM %s"
			" WHERE %s LIMIT %d",
			query->which.text, query->value.text,
			query->expected.text, table, query->any.text,
			MAX_LINES);
		err = sql.err;
	}
	if (err == 0)
		err = report(store, sql.text, table, out, n);
	sql_fini(&sql);
	return err != 0 && err != ERR_DB && err != ERR_CONFLICT ? ERR_NOMEM
								: err;
}

/* What the store computes is wrong only where something else is. */
static bool
is_derived(const char *column)
{
	return strcmp(column, "duration_us") == 0 ||
	       strcmp(column, "anomaly") == 0;
}

static void
add_fields(struct query *query, enum store_dialect dialect,
	   const struct cdr_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_derived(fields[i].name))
			continue;
		add_type(query, dialect, &fields[i]);
		add_rule(query, &fields[i]);
	}
}

/* An open call has no end: one that was written by hand would hide the true
 * one. */
static void
add_open_ends(struct query *query)
{
	add_condition(query, "end_time",
		      "end_time IS NULL OR status IS NULL OR status <> 'open'",
		      "none: the call is open");
	add_condition(query, "end_source",
		      "end_source IS NULL OR status IS NULL"
		      " OR status <> 'open'",
		      "none: the call is open");
}

static int
check_table(struct store *store, const struct table *table, FILE *out, int *n)
{
	struct query query = { .n = 0 };
	int err;

	add_fields(&query, store_dialect(store), table->fields,
		   table->n_fields);
	add_fields(&query, store_dialect(store), table->more, table->n_more);
	if (table->fields == cdr_fields)
		add_open_ends(&query);
	err = run(store, &query, table->name, out, n);
	sql_fini(&query.which);
	sql_fini(&query.value);
	sql_fini(&query.expected);
	sql_fini(&query.any);
	return err;
}

int
check_records(struct store *store, FILE *out, int *n)
{
	const struct table tables[] = {
		{ "cdr", cdr_fields, cdr_more, n_cdr_fields,
		  sizeof(cdr_more) / sizeof(cdr_more[0]) },
		{ "cdr_attempt", cdr_attempt_fields, attempt_more,
		  n_cdr_attempt_fields,
		  sizeof(attempt_more) / sizeof(attempt_more[0]) },
	};
	int err = check_table(store, &tables[0], out, n);

	return err != 0 ? err : check_table(store, &tables[1], out, n);
}
