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

static void
tell_unknown(const struct reading *reading, const struct csv_row *row)
{
	struct csv_error error;

	for (size_t k = 0; k < row->n_columns; k++) {
		bool is_known = false;

		for (size_t i = 0; i < N_COLUMNS; i++)
			is_known |= reading->at[i] == (int)k;
		if (is_known)
			continue;
		csv_row_error(row, &error, NULL,
			      "note: column \"%.*s\" is not known and was "
			      "ignored",
			      STR_ARG(row->columns[k]));
		fprintf(reading->calls->report, "%s\n", error.text);
	}
}

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
	tell_unknown(reading, row);
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
write_object(json_t *object, FILE *out)
{
	int failed = object == NULL || json_dumpf(object, out, JSON_COMPACT);

	json_decref(object);
	if (failed && !ferror(out))
		return ERR_NOMEM;
	return fputc('\n', out) == EOF ? ERR_IO : 0;
}

/* The row has its line, too, so that lines and rows stay together. */
static int
leave_out(struct reading *reading)
{
	struct quote_calls *calls = reading->calls;

	calls->bad++;
	fprintf(calls->report, "%s\n", reading->error->text);
	return write_object(json_pack("{s:s}", "error", reading->error->text),
			    calls->out);
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
price_row(struct reading *reading)
{
	struct quote_calls *calls = reading->calls;

	if (quote_price(calls->book, calls->tariff, &reading->quote) == 0)
		calls->priced++;
	else
		calls->unpriced++;
	return write_object(quote_json(&reading->quote), calls->out);
}

static int
take_row(void *arg, const struct csv_row *row)
{
	struct reading *reading = arg;
	int err;

	if (row->fields == row->columns)
		return take_header(reading, row);
	if (row->n_fields != row->n_columns)
		err = csv_row_error(row, reading->error, NULL,
				    "%zu fields, expected %zu", row->n_fields,
				    row->n_columns);
	else
		err = parse_row(reading, row);
	if (err == ERR_SYNTAX)
		err = leave_out(reading);
	else if (err == 0)
		err = price_row(reading);
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
	calls->bad = 0;
	return csv_read_file(path, take_row, &reading, error);
}
