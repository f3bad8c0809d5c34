/* import.c - CSV files into the stage, row by row */
#include "db/import.h"

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/csv.h"
#include "base/err.h"
#include "db/bulk.h"
#include "db/deck_codes.h"
#include "db/dialect.h"
#include "db/driver.h"
#include "db/kind_parse.h"

#define ARENA_FIRST 2048
#define PROGRESS_ROWS 1024

/* Reading the file. */
struct reading {
	struct import *import;
	struct kind_row row;
	int source[KIND_MAX_COLUMNS]; /* index of the file's field, or -1 */
	int prefix, country;	      /* columns of decks, or country is -1 */
	bool has_header;
	bool has_error; /* of the store, not of the file */
	struct bulk *bulk;
	struct arena arena;
	char first[ARENA_FIRST];
};

void
import_report(struct import *import, size_t line, const char *format, ...)
{
	const struct import_options *options = import->options;
	uint64_t max = options->max_errors > 0 ? (uint64_t)options->max_errors
					       : IMPORT_MAX_ERRORS;
	va_list args;

	import->result->errors++;
	if (import->result->errors > max)
		return;
	fprintf(import->report, "%s:%zu: ", import->path, line);
	va_start(args, format);
	vfprintf(import->report, format, args);
	va_end(args);
	fputc('\n', import->report);
}

static const char *
option_for(const struct import *import, size_t column)
{
	const char *name = import->kind->columns[column].name;

	if (strcmp(name, "tariff") == 0)
		return import->options->tariff;
	return strcmp(name, "valid_from") == 0 ? import->options->effective
					       : NULL;
}

/* Find the kind's column for each field of the header. */
static void
match_header(struct reading *r, const struct csv_row *header)
{
	struct import *import = r->import;
	const struct kind *kind = import->kind;

	for (size_t i = 0; i < header->n_columns; i++) {
		struct str name = header->columns[i];
		int at = kind_find_column(kind, name);

		if (at < 0 && kind->more_columns)
			fprintf(import->report,
				"%s:%zu: note: column \"%.*s\" is not known "
				"and was ignored\n",
				import->path, header->line, STR_ARG(name));
		else if (at < 0)
			import_report(import, header->line,
				      "column \"%.*s\" is not known, expected "
				      "a column of %s",
				      STR_ARG(name), kind->name);
		else if (r->source[at] >= 0)
			import_report(import, header->line,
				      "column \"%.*s\" is %s again, expected "
				      "that once",
				      STR_ARG(name), kind->columns[at].name);
		else
			r->source[at] = (int)i;
	}
}

static void
take_header(struct reading *r, const struct csv_row *header)
{
	struct import *import = r->import;
	const struct kind *kind = import->kind;

	r->has_header = true;
	r->country = kind_find_column(kind, str_of("country_code"));
	r->prefix = kind_find_column(kind, str_of("prefix"));
	if (!kind->more_columns)
		r->country = -1; /* not a deck */
	for (size_t i = 0; i < kind->n_columns; i++)
		r->source[i] = -1;
	match_header(r, header);
	for (size_t i = 0; i < kind->n_columns; i++) {
		bool found =
		    r->source[i] >= 0 || option_for(import, i) != NULL;

		import->given[i] = found || kind->whole_rows;
		if (!found && (kind->columns[i].flags & KIND_COLUMN))
			import_report(import, header->line,
				      "no column %s, expected one",
				      kind->columns[i].name);
	}
}

static bool
is_blank(const struct csv_row *csv)
{
	for (size_t i = 0; i < csv->n_fields; i++) {
		if (str_trim(csv->fields[i]).len > 0)
			return false;
	}
	return true;
}

static void
pick_fields(struct reading *r, const struct csv_row *csv)
{
	const struct kind *kind = r->import->kind;

	for (size_t i = 0; i < kind->n_columns; i++) {
		struct str *field = &r->row.fields[i];

		*field = r->source[i] >= 0 ? csv->fields[r->source[i]]
					   : str_of(NULL);
		if (str_trim(*field).len == 0 && option_for(r->import, i) != NULL)
			*field = str_of(option_for(r->import, i));
	}
}

/* With the name that the file gives the column. */
static void
report_row(struct reading *r, const struct csv_row *csv)
{
	size_t bad = r->row.bad;
	struct str name = str_of(r->row.kind->columns[bad].name);

	if (r->source[bad] >= 0)
		name = csv->columns[r->source[bad]];
	import_report(r->import, csv->line, "%.*s: %s", STR_ARG(name),
		      r->row.why);
}

/* 0, ERR_SYNTAX when errors were reported, or ERR_NOMEM. */
static int
parse_row(struct reading *r, const struct csv_row *csv)
{
	const struct kind *kind = r->import->kind;
	int first = 0;

	for (size_t i = 0; i <= kind->n_columns; i++) {
		int err = 0;

		if (i < kind->n_columns)
			err = kind_parse(&r->row, i);
		else if (first == 0 && kind->check != NULL)
			err = kind->check(&r->row);
		if (err == ERR_SYNTAX)
			report_row(r, csv);
		else if (err != 0)
			return err;
		if (first == 0)
			first = err;
	}
	return first;
}

static int
stage_row(struct reading *r, size_t line)
{
	struct store_value values[KIND_MAX_COLUMNS + 1];
	const struct kind *kind = r->import->kind;
	size_t n = 0;
	int err;

	values[n++] = store_int((int64_t)line);
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (kind_is_stored(kind, i))
			values[n++] = r->row.values[i];
	}
	if (kind->note != NULL)
		kind->note(r->import, &r->row);
	err = bulk_row(r->bulk, values);
	r->has_error = err != 0;
	return err;
}

static int
take_one(struct reading *r, const struct csv_row *csv)
{
	int err;

	r->row.tariff = NULL;
	err = parse_row(r, csv);
	if (err == 0 && r->import->result->errors == 0)
		err = stage_row(r, csv->line);
	return err == ERR_SYNTAX ? 0 : err;
}

/* A row of a deck may be for many codes: it is taken once for each. */
static int
take_codes(struct reading *r, const struct csv_row *csv, size_t prefix,
	   struct str country)
{
	struct import *import = r->import;
	struct str field = str_trim(r->row.fields[prefix]);
	struct deck_codes codes;
	char code[PREFIX_MAX + 1];
	int err = deck_codes_start(&codes, country, field), n = 0;
	uint64_t errors = import->result->errors;

	if (err != 0) { /* without their country they would be others */
		r->row.fields[r->country] = country;
		kind_row_refuse(&r->row, (size_t)r->country, codes.why);
		report_row(r, csv);
		return 0;
	}
	while (err == 0) {
		err = deck_codes_next(&codes, code);
		if (err != 0)
			break;
		import->result->rows += n++ > 0;
		r->row.fields[prefix] = str_of(code);
		err = take_one(r, csv);
		/* what is wrong with one is with all */
		if (err == 0 && import->result->errors > errors)
			return 0;
	}
	if (err != ERR_SYNTAX)
		return err == ERR_END ? 0 : err;
	r->row.fields[prefix] = field;
	if (deck_codes_is_word(field)) /* no list and no spreadsheet's work */
		return take_one(r, csv);
	kind_row_refuse(&r->row, prefix, codes.why);
	report_row(r, csv);
	return 0;
}

static int
take_row(struct reading *r, const struct csv_row *csv)
{
	const struct kind *kind = r->import->kind;
	struct str country;

	if (csv->n_fields != csv->n_columns) {
		import_report(r->import, csv->line, "%zu fields, expected %zu",
			      csv->n_fields, csv->n_columns);
		return 0;
	}
	arena_reset(&r->arena);
	pick_fields(r, csv);
	if (kind->fill != NULL)
		kind->fill(&r->row);
	if (r->country < 0)
		return take_one(r, csv);
	country = str_trim(r->row.fields[r->country]);
	r->row.fields[r->country] = str_of(NULL);
	if (country.len == 0 &&
	    deck_codes_is_plain(str_trim(r->row.fields[r->prefix])))
		return take_one(r, csv);
	return take_codes(r, csv, (size_t)r->prefix, country);
}

static int
on_row(void *arg, const struct csv_row *csv)
{
	struct reading *r = arg;
	struct import *import = r->import;

	if (!r->has_header) {
		take_header(r, csv);
		/* Without its columns nothing can be said of the rows. */
		return import->result->errors > 0 ? ERR_END : 0;
	}
	if (is_blank(csv))
		return 0;
	import->result->rows++;
	if (import->options->progress != NULL &&
	    import->result->rows % PROGRESS_ROWS == 0)
		import->options->progress(import->options->progress_arg,
					  import->result->rows);
	return take_row(r, csv);
}

/* 0 with or without errors reported, ERR_IO, ERR_NOMEM or a store error. */
static int
read_file(struct reading *r)
{
	struct import *import = r->import;
	struct csv_error error;
	int err;

	error.text[0] = '\0';
	err = csv_read_file(import->file, on_row, r, &error);
	if (r->has_error || err == ERR_NOMEM)
		return err;
	if (error.text[0] != '\0') {
		fprintf(import->report, "%s\n", error.text);
		import->result->errors++;
	}
	return err == ERR_IO ? err : 0;
}

static int
load_refs(struct import *import, struct kind_row *row)
{
	const struct kind *kind = import->kind;

	for (size_t i = 0; i < kind->n_columns; i++) {
		int err;

		if (kind->columns[i].type != KIND_REF)
			continue;
		err = refs_load(import->store, kind->columns[i].ref,
				&row->refs[i]);
		if (err != 0)
			return err;
	}
	return 0;
}

static int
create_stage(struct import *import)
{
	const struct kind *kind = import->kind;
	enum store_dialect dialect = store_dialect(import->store);
	struct sql_text sql = { 0 };
	int err;

	sql_add(&sql, "DROP TABLE IF EXISTS import_stage;"
		      "CREATE TEMP TABLE import_stage (line %%INT%%");
	for (size_t i = 0; i < kind->n_columns; i++) {
		const struct kind_column *c = &kind->columns[i];

		if (kind_is_stored(kind, i))
			sql_add(&sql, ", \"%s\" %s", c->name,
				dialect_type(dialect, kind_store_type(c)));
	}
	sql_add(&sql, ")");
	err = sql.err != 0 ? sql.err : dialect_exec(import->store, sql.text);
	sql_fini(&sql);
	return err;
}

static size_t
stage_columns(const struct kind *kind, struct bulk_column *columns)
{
	size_t n = 0;

	columns[n++] =
	    (struct bulk_column){ .name = "line", .type = STORE_INT };
	for (size_t i = 0; i < kind->n_columns; i++) {
		if (!kind_is_stored(kind, i))
			continue;
		columns[n].name = kind->columns[i].name;
		columns[n].type = kind_store_type(&kind->columns[i]);
		n++;
	}
	return n;
}

/* In a transaction. */
static int
copy_file(struct reading *r)
{
	struct bulk_column columns[KIND_MAX_COLUMNS + 1] = { 0 };
	size_t n = stage_columns(r->import->kind, columns);
	int err = bulk_load_begin(r->import->store, "import_stage", columns, n,
				  &r->bulk);

	if (err == 0)
		err = read_file(r);
	if (err == 0) {
		struct bulk *bulk = r->bulk;

		r->bulk = NULL;
		err = bulk_end(bulk);
	}
	bulk_abort(r->bulk);
	return err;
}

/* The file into the stage, on SQLite in a transaction that touches only the
 * stage: it takes no lock of the file that holds the tables. */
static int
fill_stage(struct reading *r)
{
	struct store *store = r->import->store;
	int err;

	if (r->import->is_whole)
		return copy_file(r);
	err = store_exec(store, "BEGIN");
	if (err == 0)
		err = copy_file(r);
	if (err == 0)
		err = store_commit(store);
	if (err != 0)
		store_rollback(store);
	return err;
}

int
import_read(struct import *import)
{
	struct reading *r = mem_zalloc(1, sizeof(*r));
	int err;

	if (r == NULL)
		return ERR_NOMEM;
	r->import = import;
	r->row.kind = import->kind;
	r->row.arena = &r->arena;
	arena_init(&r->arena, r->first, sizeof(r->first), 0);
	err = load_refs(import, &r->row);
	if (err == 0)
		err = create_stage(import);
	if (err == 0)
		err = fill_stage(r);
	for (size_t i = 0; i < KIND_MAX_COLUMNS; i++)
		refs_free(r->row.refs[i]);
	arena_fini(&r->arena);
	mem_free(r);
	return err;
}
