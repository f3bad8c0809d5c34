/* deck.c - a rates file as a price book, without a store */
#include "cdr-tools/deck.h"

#include <string.h>

#include "base/csv.h"
#include "base/err.h"
#include "db/kind.h"
#include "db/schema.h"

static const char insert_sql[] =
    "INSERT INTO tariffs (tariff, currency, timezone, decimals, rounding,"
    " duration_rounding, minimum_charge, round_at, allow_negative)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

/* Looking through a file for the tariffs it names. */
struct names {
	struct store *store;
	struct store_stmt *insert;
	const struct tariff *like;
	int column; /* of the tariff; -1 = there is none */
};

static int
add_tariff(const struct names *names, struct str name)
{
	const struct tariff *like = names->like;
	enum money_rounding rounding = (enum money_rounding)like->rounding;
	enum duration_rounding duration =
	    (enum duration_rounding)like->duration_rounding;
	const struct store_value params[] = {
		store_str(name),
		store_text(like->currency),
		store_text(like->zone_name != NULL ? like->zone_name : "UTC"),
		store_int(like->decimals),
		store_text(money_rounding_text(rounding)),
		store_text(duration_rounding_text(duration)),
		store_money(like->minimum_charge),
		store_text(like->round_at == ROUND_AT_BILL ? "bill" : "call"),
		store_bool(like->allow_negative),
	};

	return store_run(names->insert, params,
			 sizeof(params) / sizeof(params[0]));
}

static int
take_name(void *arg, const struct csv_row *row)
{
	struct names *names = arg;
	size_t column;

	if (row->fields == row->columns) { /* the header */
		for (size_t i = 0; i < row->n_columns; i++) {
			if (str_eq_nocase(row->columns[i], str_of("tariff")))
				names->column = (int)i;
		}
		return 0;
	}
	column = (size_t)names->column;
	/* What is wrong with a row is for the import to say. */
	if (names->column < 0 || column >= row->n_fields ||
	    str_trim(row->fields[column]).len == 0)
		return 0;
	return add_tariff(names, str_trim(row->fields[column]));
}

/* A tariff for each name in the file, or DECK_NAME when it has no column. */
static int
add_tariffs(const char *path, struct names *names, FILE *report)
{
	struct csv_error error;
	int err;

	err = csv_read_file(path, take_name, names, &error);
	if (err == ERR_IO || err == ERR_SYNTAX || err == ERR_LIMIT) {
		fprintf(report, "%s\n", error.text);
		return err == ERR_LIMIT ? ERR_SYNTAX : err;
	}
	if (err == 0 && names->column < 0)
		err = add_tariff(names, str_of(DECK_NAME));
	return err;
}

static int
import_rates(const char *path, const struct names *names, FILE *report)
{
	struct import_options options = {
		.tariff = names->column < 0 ? DECK_NAME : NULL,
	};
	struct import_result result;

	return kind_import(kind_find("rates"), names->store, path, &options,
			   report, &result);
}

/* The file's rows in a store: 0 or an error that may be described already. */
static int
fill(struct store *store, const char *path, const struct tariff *like,
     FILE *report)
{
	struct names names = { .store = store, .like = like, .column = -1 };
	int err = schema_migrate(store);

	if (err == 0)
		err = store_prepare(store, insert_sql, &names.insert);
	if (err == 0)
		err = add_tariffs(path, &names, report);
	store_finish(names.insert);
	if (err == 0)
		err = import_rates(path, &names, report);
	return err;
}

static int
load(struct store *store, const char *path, const struct tariff *like,
     FILE *report, struct pricebook **out, char error[STORE_ERROR_MAX])
{
	int err = fill(store, path, like, report);

	if (err == 0)
		return pricebook_load(store, out, error);
	if (err == ERR_DB || err == ERR_CONFLICT || err == ERR_EXISTS)
		snprintf(error, STORE_ERROR_MAX, "%.200s: %.200s", path,
			 store_error(store));
	else
		snprintf(error, STORE_ERROR_MAX, "%.200s: %s", path,
			 err == ERR_SYNTAX ? "no prices were taken"
					   : err_text(err));
	return err;
}

int
deck_load(const char *path, const struct tariff *like, FILE *report,
	  struct pricebook **out, char error[STORE_ERROR_MAX])
{
	struct store *store;
	int err = store_open("sqlite::memory:", STORE_CREATE, &store, error);

	if (err != 0)
		return err;
	err = load(store, path, like, report, out, error);
	store_close(store);
	return err;
}
