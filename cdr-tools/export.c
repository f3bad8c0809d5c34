/* export.c - call records and attempts as CSV or JSON lines */
#include "cdr-tools/export.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/csv.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "db/sql_text.h"
#include "tel/cdr.h"

#define MAX_PARAMS 6

/* What cdr-rate adds to attempts: no event has it. */
static const struct cdr_field fee_fields[] = {
	{ "fee", CDR_MONEY, 0 },
	{ "fee_currency", CDR_TEXT, 0 },
	{ "fee_run", CDR_INT, 0 },
};
#define N_FEE_FIELDS (sizeof(fee_fields) / sizeof(fee_fields[0]))

/* One of the two tables of records. */
struct kind {
	const char *table;
	const struct cdr_field *fields;
	size_t n_fields;
	const char *of_account; /* condition with one parameter */
	const char *order;
};

static struct kind
kind_of(const struct export_options *options)
{
	const struct kind attempts = {
		.table = "cdr_attempt",
		.fields = cdr_attempt_fields,
		.n_fields = n_cdr_attempt_fields,
		.of_account = "EXISTS (SELECT 1 FROM cdr c"
			      " WHERE c.setup_time = cdr_attempt.setup_time"
			      " AND c.call_key = cdr_attempt.call_key"
			      " AND c.account = ?)",
		.order = "setup_time, call_key, hop",
	};
	const struct kind records = {
		.table = "cdr",
		.fields = cdr_fields,
		.n_fields = n_cdr_fields,
		.of_account = "account = ?",
		.order = "setup_time, call_key, to_tag",
	};

	return options->attempts ? attempts : records;
}

struct exporter {
	struct store *store;
	const struct export_options *options;
	struct kind kind;
	struct cdr_field all[EXPORT_MAX_COLUMNS]; /* of attempts */
	struct cdr_field columns[EXPORT_MAX_COLUMNS]; /* of kind, those asked for */
	FILE *out;
	uint64_t n, n_damaged;
};

static void
time_text(const struct exporter *exporter, time_us t, char out[TIMEFMT_MAX])
{
	const struct zone *zone = exporter->options->zone;

	if (zone == NULL)
		time_format(t, out);
	else
		time_format_offset(t, zone_offset_s(zone, t), out);
}

/* A number or a time as text; "" when it is not known. */
static const char *
value_text(const struct exporter *exporter, struct store_stmt *stmt, int column,
	   char out[TIMEFMT_MAX + MONEY_TEXT_MAX])
{
	out[0] = '\0';
	if (store_col_is_null(stmt, column))
		return out;
	switch (exporter->kind.fields[column].type) {
	case CDR_TIME:
		time_text(exporter, store_col_time(stmt, column), out);
		break;
	case CDR_MONEY:
		money_format(store_col_money(stmt, column), 0, out);
		break;
	case CDR_INT:
	case CDR_TEXT:
	default:
		snprintf(out, TIMEFMT_MAX, "%" PRId64,
			 store_col_int(stmt, column));
		break;
	}
	return out;
}

static void
write_csv(const struct exporter *exporter, struct store_stmt *stmt)
{
	char text[TIMEFMT_MAX + MONEY_TEXT_MAX];

	for (size_t i = 0; i < exporter->kind.n_fields; i++) {
		enum cdr_type type = exporter->kind.fields[i].type;
		struct str value;

		if (type == CDR_TEXT)
			value = store_col_text(stmt, (int)i);
		else
			value = str_of(
			    value_text(exporter, stmt, (int)i, text));
		csv_write_field(exporter->out, i == 0, value);
	}
	csv_write_end(exporter->out);
}

static json_t *
value_json(const struct exporter *exporter, struct store_stmt *stmt, int column)
{
	enum cdr_type type = exporter->kind.fields[column].type;
	char text[TIMEFMT_MAX + MONEY_TEXT_MAX];
	struct str value;

	if (store_col_is_null(stmt, column))
		return json_null();
	if (type == CDR_INT)
		return json_integer(store_col_int(stmt, column));
	if (type != CDR_TEXT)
		return json_string(value_text(exporter, stmt, column, text));
	value = store_col_text(stmt, column);
	return value.p != NULL ? json_stringn(value.p, value.len) : json_null();
}

/* 0 or ERR_NOMEM; errors of writing show in ferror. */
static int
write_json(const struct exporter *exporter, struct store_stmt *stmt)
{
	json_t *object = json_object();
	int failed = object == NULL;

	for (size_t i = 0; i < exporter->kind.n_fields && !failed; i++) {
		const struct cdr_field *field = &exporter->kind.fields[i];

		failed = json_object_set_new(
		    object, field->name, value_json(exporter, stmt, (int)i));
	}
	if (!failed)
		failed = json_dumpf(object, exporter->out, JSON_COMPACT) != 0 &&
			 !ferror(exporter->out);
	json_decref(object);
	fputc('\n', exporter->out);
	return failed ? ERR_NOMEM : 0;
}

static void
write_header(const struct exporter *exporter)
{
	for (size_t i = 0; i < exporter->kind.n_fields; i++)
		csv_write_field(exporter->out, i == 0,
				str_of(exporter->kind.fields[i].name));
	csv_write_end(exporter->out);
}

/* The file of the row that the statement is at; its setup is the column behind
 * those of the kind. */
static int
choose_file(struct exporter *exporter, struct store_stmt *stmt)
{
	const struct export_options *options = exporter->options;
	bool is_new = false;
	int err;

	if (options->next_file == NULL)
		return 0;
	err = options->next_file(
	    options->arg, store_col_time(stmt, (int)exporter->kind.n_fields),
	    &exporter->out, &is_new);
	if (err == 0 && is_new && !options->json)
		write_header(exporter);
	return err;
}

static int
write_row(struct exporter *exporter, struct store_stmt *stmt)
{
	int err = choose_file(exporter, stmt);

	if (err != 0)
		return err;
	if (exporter->options->json)
		err = write_json(exporter, stmt);
	else
		write_csv(exporter, stmt);
	if (store_is_damaged(stmt)) {
		exporter->n_damaged++;
		fprintf(stderr, "%s %lld: %s; left empty\n",
			exporter->kind.table,
			(long long)store_col_int(
			    stmt, (int)exporter->kind.n_fields + 1),
			store_error(exporter->store));
	}
	return err == 0 && ferror(exporter->out) ? ERR_IO : err;
}

static int
write_rows(struct exporter *exporter, struct store_stmt *stmt)
{
	struct cli_progress *progress = exporter->options->progress;

	for (;;) {
		int err = store_next(stmt);

		if (err == 0)
			err = write_row(exporter, stmt);
		if (err != 0)
			return err == ERR_END ? 0 : err;
		exporter->n++;
		if (progress != NULL)
			cli_progress_at(progress, exporter->n);
	}
}

/* The fields of attempts, and their fees. */
static void
add_fees(struct exporter *exporter)
{
	struct kind *kind = &exporter->kind;

	if (!exporter->options->attempts)
		return;
	assert(kind->n_fields + N_FEE_FIELDS <= EXPORT_MAX_COLUMNS);
	memcpy(exporter->all, kind->fields,
	       kind->n_fields * sizeof(exporter->all[0]));
	memcpy(&exporter->all[kind->n_fields], fee_fields, sizeof(fee_fields));
	kind->fields = exporter->all;
	kind->n_fields += N_FEE_FIELDS;
}

/* Those asked for, in that order. */
static int
choose_columns(struct exporter *exporter)
{
	const struct kind *all = &exporter->kind;
	struct str rest = str_of(exporter->options->columns);
	size_t n = 0;

	while (rest.p != NULL) {
		struct str name = str_trim(str_cut(&rest, ','));
		size_t i = 0;

		while (i < all->n_fields &&
		       !str_eq_text(name, all->fields[i].name))
			i++;
		if (i == all->n_fields || n == EXPORT_MAX_COLUMNS)
			return ERR_INVAL;
		exporter->columns[n++] = all->fields[i];
	}
	if (n > 0) {
		exporter->kind.fields = exporter->columns;
		exporter->kind.n_fields = n;
	}
	return 0;
}

static void
add_condition(struct sql_text *sql, const struct exporter *exporter)
{
	const struct export_options *options = exporter->options;

	sql_add(sql, " FROM %s WHERE setup_time >= ? AND setup_time < ?",
		exporter->kind.table);
	if (options->account != NULL)
		sql_add(sql, " AND %s", exporter->kind.of_account);
	if (options->carrier != NULL)
		sql_add(sql, " AND carrier = ?");
	if (options->gateway != NULL)
		sql_add(sql, " AND gateway = ?");
	if (options->status != NULL)
		sql_add(sql, " AND status = ?");
	if (options->open)
		sql_add(sql, " AND status = 'open'");
}

static size_t
set_params(const struct export_options *options,
	   struct store_value params[MAX_PARAMS])
{
	const char *const texts[] = { options->account, options->carrier,
				      options->gateway, options->status };
	size_t n = 2;

	params[0] = store_time(options->from);
	params[1] = store_time(options->until);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i] != NULL)
			params[n++] = store_text(texts[i]);
	}
	return n;
}

/* How many there are; only a bar on a terminal needs it. */
static int
count(struct exporter *exporter)
{
	struct cli_progress *progress = exporter->options->progress;
	struct sql_text sql = { 0 };
	struct store_value params[MAX_PARAMS];
	size_t n_params = set_params(exporter->options, params);
	int64_t n = 0;
	int err;

	if (progress == NULL || !progress->on)
		return 0;
	sql_add(&sql, "SELECT count(*)");
	add_condition(&sql, exporter);
	err = sql.err;
	if (err == 0)
		err = store_get_int(exporter->store, sql.text, params, n_params,
				    &n);
	sql_fini(&sql);
	progress->total = (uint64_t)n;
	return err;
}

static int
run_query(struct exporter *exporter, const char *sql)
{
	struct store_value params[MAX_PARAMS];
	size_t n_params = set_params(exporter->options, params);
	struct store_stmt *stmt;
	int err = store_prepare(exporter->store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, n_params);
	if (err == 0)
		err = write_rows(exporter, stmt);
	store_finish(stmt);
	return err;
}

static int
query(struct exporter *exporter)
{
	struct sql_text sql = { 0 };
	int err;

	for (size_t i = 0; i < exporter->kind.n_fields; i++)
		sql_add(&sql, "%s%s", i == 0 ? "SELECT " : ", ",
			exporter->kind.fields[i].name);
	sql_add(&sql, ", setup_time, id");
	add_condition(&sql, exporter);
	sql_add(&sql, " ORDER BY %s", exporter->kind.order);
	err = sql.err;
	if (err == 0)
		err = run_query(exporter, sql.text);
	sql_fini(&sql);
	return err;
}

int
export_records(struct store *store, const struct export_options *options,
	       FILE *out, uint64_t *n_out)
{
	bool is_one = options->next_file == NULL;
	struct exporter exporter = { .store = store,
				     .options = options,
				     .kind = kind_of(options),
				     .out = is_one ? out : NULL };
	int err;

	*n_out = 0;
	add_fees(&exporter);
	err = choose_columns(&exporter);
	if (err == 0)
		err = store_begin(store);
	if (err != 0)
		return err;
	err = count(&exporter);
	if (err == 0 && is_one && !options->json)
		write_header(&exporter);
	if (err == 0)
		err = query(&exporter);
	store_rollback(store);
	if (err == 0 && is_one && fflush(out) != 0)
		err = ERR_IO;
	*n_out = exporter.n;
	return err == 0 && exporter.n_damaged > 0 ? ERR_CORRUPT : err;
}
