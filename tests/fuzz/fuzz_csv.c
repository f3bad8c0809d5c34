/* fuzz_csv.c - any CSV: rows keep their promises, errors say where */
#include <assert.h>

#include "base/csv.h"
#include "tests/fuzz/fuzz.h"

struct sum {
	size_t line;
	size_t n_columns;
	unsigned octets; /* all of them looked at */
};

static int
look_at(void *arg, const struct csv_row *row)
{
	struct sum *sum = arg;

	assert(row->line > sum->line);
	assert(row->n_fields >= 1 && row->n_fields <= CSV_MAX_COLUMNS);
	assert(sum->n_columns == 0 || row->n_columns == sum->n_columns);
	sum->line = row->line;
	sum->n_columns = row->n_columns;
	for (size_t i = 0; i < row->n_fields; i++) {
		for (size_t k = 0; k < row->fields[i].len; k++)
			sum->octets += (unsigned char)row->fields[i].p[k];
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv_error error;
	struct sum sum = { 0, 0, 0 };
	int err = csv_read_text("fuzz", str_make((const char *)data, size),
				look_at, &sum, &error);

	assert((err == 0) == (error.text[0] == '\0'));
	assert(err != 0 || sum.n_columns > 0);
	return 0;
}
