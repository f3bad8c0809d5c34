/*
 * quote.h - the price of one imaginary call
 */
#ifndef CDR_TOOLS_QUOTE_H
#define CDR_TOOLS_QUOTE_H

#include <jansson.h>
#include <stdio.h>

#include "base/csv.h"
#include "route/pricebook.h"

struct quote {
	struct number number;
	time_us at; /* the answer */
	int64_t duration_us;
	/* found */
	const struct tariff *tariff; /* borrowed from the price book */
	bool has_prefix;
	prefix_word prefix;      /* has_prefix */
	const char *destination; /* has_prefix; borrowed likewise */
	int err;                 /* 0: charge is the price; ERR_NOPRICE,
				  * ERR_RANGE */
	struct charge charge;
};

/* Price quote->number, at and duration_us by a tariff of the book; returns
 * quote->err. */
int quote_price(const struct pricebook *book, uint32_t tariff,
		struct quote *quote);
/* {prefix, billed_s, amount, ...} or {"error": ...}; yours to json_decref,
 * NULL when out of memory. */
json_t *quote_json(const struct quote *quote);
/* The same for people. */
void quote_print(const struct quote *quote, FILE *out);
/* "no price" and so on. */
const char *quote_error(int err);

struct quote_calls {
	const struct pricebook *book;
	uint32_t tariff;
	time_us at; /* where the file does not say */
	FILE *out, *report;
	uint64_t priced, unpriced;
	uint64_t bad; /* rows that could not be read, each told to report */
};

/*
 * Price the calls of a CSV file with the columns number, duration and at ("at"
 * may be missing or empty) and write one JSON object per line in their order; a
 * row that cannot be read is {"error": where and what}.
 * Returns 0, ERR_SYNTAX (the file as such) or ERR_IO (error->text says where and
 * what; what came before is written), ERR_LIMIT or ERR_NOMEM (likewise).
 */
int quote_calls(struct quote_calls *calls, const char *path,
		struct csv_error *error);

#endif
