/* quote_calls.c - the prices of the calls in a CSV file */
#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/quote.h"
#include "cdr-tools/seconds.h"

enum { NUMBER, DURATION, AT, N_COLUMNS };

static const char *const names[] = { "number", "duration", "at" };

struct reading {
	struct quote_calls *calls;
	struct csv_error *error;
	int at[N_COLUMNS]; /* index of the file's column, or -1 */
	struct quote quote;
};

static int
take_header(struct reading *reading, const struct csv_row *row)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		reading->at[i] = -1;
		for (size_t k = 0; k < row->n_columns; k++) {
			if (str_eq_nocase(row->columns[k], str_of(names[i])))
				reading->at[i] = (int)k;
		}
		if (reading->at[i] < 0 && i != AT)
			return csv_row_error(row, reading->error, names[i],
					     "no such column, expected number, "
					     "duration and at");
	}
	return 0;
}

static struct str
field(const struct reading *reading, const struct csv_row *row, int column)
{
	int at = reading->at[column];

	return at < 0 ? str_make("", 0) : str_trim(row->fields[at]);
}

static int
refuse(struct reading *reading, const struct csv_row *row, int column,
       const char *expected)
{
	return csv_row_error(row, reading->error, names[column],
			     "\"%.*s\", expected %s",
			     STR_ARG(field(reading, row, column)), expected);
}

static int
parse_row(struct reading *reading, const struct csv_row *row)
{
	struct quote *quote = &reading->quote;
	struct str at = field(reading, row, AT);

	if (number_parse(field(reading, row, NUMBER), &quote->number) != 0)
		return refuse(reading, row, NUMBER,
			      "1 to 15 digits with or without '+'");
	if (seconds_parse(field(reading, row, DURATION), &quote->duration_us) !=
	    0)
		return refuse(reading, row, DURATION,
			      "seconds with up to 6 decimals");
	quote->at = reading->calls->at;
	if (at.len > 0 && time_parse(at, &quote->at) != 0)
		return refuse(reading, row, AT,
			      "a time such as 2026-11-23T07:11:00Z");
	return 0;
}

static int
write_quote(const struct quote *quote, FILE *out)
{
	json_t *object = quote_json(quote);
	int failed = object == NULL || json_dumpf(object, out, JSON_COMPACT);

	json_decref(object);
	if (failed && !ferror(out))
		return ERR_NOMEM;
	return fputc('\n', out) == EOF ? ERR_IO : 0;
}

static int
take_row(void *arg, const struct csv_row *row)
{
	struct reading *reading = arg;
	struct quote_calls *calls = reading->calls;
	int err;

	if (row->fields == row->columns)
		return take_header(reading, row);
	if (row->n_fields != row->n_columns)
		return csv_row_error(row, reading->error, NULL,
				     "%zu fields, expected %zu", row->n_fields,
				     row->n_columns);
	err = parse_row(reading, row);
	if (err != 0)
		return err;
	if (quote_price(calls->book, calls->tariff, &reading->quote) == 0)
		calls->priced++;
	else
		calls->unpriced++;
	err = write_quote(&reading->quote, calls->out);
	if (err != 0)
		csv_row_error(row, reading->error, NULL,
			      "the price cannot be written: %s", err_text(err));
	return err;
}

int
quote_calls(struct quote_calls *calls, const char *path,
	    struct csv_error *error)
{
	struct reading reading = { .calls = calls, .error = error };

	calls->priced = 0;
	calls->unpriced = 0;
	return csv_read_file(path, take_row, &reading, error);
}
