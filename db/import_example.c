/* import_example.c - what a call costs by the first price of a deck, so that
 * a misread deck is seen before it bills */
#include <stdio.h>

#include "base/err.h"
#include "db/import.h"
#include "tel/tariff.h"

#define EXAMPLE_S 35 /* no multiple of any usual increment */

static int64_t
number_of(const struct kind_row *row, const char *column)
{
	return row->values[kind_column_index(row->kind, column)].number;
}

static void
write_example(const struct kind_row *row, const struct charge *charge,
	      char out[IMPORT_EXAMPLE_MAX])
{
	struct str prefix =
	    row->values[kind_column_index(row->kind, "prefix")].text;
	char rate[MONEY_TEXT_MAX], fee[MONEY_TEXT_MAX], amount[MONEY_TEXT_MAX];

	snprintf(out, IMPORT_EXAMPLE_MAX,
		 "a call of %d s to %.*s is billed as %lld s at %s a minute, "
		 "%s to connect: %s",
		 EXAMPLE_S, STR_ARG(prefix), (long long)charge->billed_s,
		 money_format(number_of(row, "rate"), 0, rate),
		 money_format(charge->connect_fee, 0, fee),
		 money_format(charge->amount, 0, amount));
}

void
import_note_example(struct import *import, const struct kind_row *row)
{
	const struct tariff tariff = { .decimals = 8 };
	const struct rate_terms terms = {
		.connect_fee = number_of(row, "connect_fee"),
		.first_increment_s =
		    (int32_t)number_of(row, "first_increment"),
		.increment_s = (int32_t)number_of(row, "increment"),
		.grace_s = (int32_t)number_of(row, "grace_s"),
		.valid_from = INT64_MIN,
		.valid_until = INT64_MAX,
	};
	const struct rate rate = { .per_min = number_of(row, "rate") };
	const struct rate_rows rows = { &rate, 1, &terms };
	size_t at = kind_column_index(row->kind, "rate");
	struct charge charge;

	if (import->result->example[0] != '\0' || row->values[at].is_null ||
	    number_of(row, "from_second") != 0)
		return;
	if (tariff_charge(&tariff, &rows, 0, EXAMPLE_S * US_PER_S, &charge) ==
	    0)
		write_example(row, &charge, import->result->example);
}
