/*
 * cdr_help.h - a small business with calls, for the tests of cdr-tools/
 *
 * Tariffs (a minute): retail EUR, 49 0.06 60/60 "Germany", 4930 0.03 1/1
 * "Berlin", 44 0.12 1/1 "UK", 1 not for sale "USA"; red EUR, 49 0.02 1/1;
 * dollar USD, 44 0.1 1/1 "United Kingdom"; whole EUR, 49 0.01 1/1 "Germany",
 * rounds at the bill to 2 decimals.
 * Accounts: acme (retail, "Acme & Co", Europe/Berlin), fine (whole, no zone),
 * poor (no tariff). Carriers: red, dollar, bare (no tariff).
 */
#ifndef TESTS_UNIT_CDR_HELP_H
#define TESTS_UNIT_CDR_HELP_H

#include <stdio.h>

#include "cdr-tools/parties.h"
#include "cdr-tools/rate_run.h"
#include "db/store.h"
#include "tests/unit/db_help.h"

/* As BOTH, with the allocation sweep in SQLite only: what is swept here is
 * cdr-tools/, and PostgreSQL's own allocations are swept in db/'s tests. */
#define ON_STORES(title, test)                                             \
	{ .name = title ", in SQLite", .run = test##_sqlite },             \
	{                                                                  \
		.name = title ", in PostgreSQL", .run = test##_postgresql, \
		.no_sweep = true                                           \
	}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The tables: 0 or a store error. */
int cdr_world(struct store *store);
/* Price book and parties of that store. */
int cdr_prices(struct store *store, struct pricebook **book,
	       struct parties *parties);

/* A record; NULL is NULL, n_us CDR_TEST_OPEN has no end. */
struct cdr_test_call {
	const char *key; /* call_key; to_tag is "t" */
	const char *account, *carrier, *number, *source;
	const char *answer; /* RFC 3339; also the setup */
	int64_t duration_us;
	const char *status;
};

#define CDR_TEST_OPEN INT64_MIN

int cdr_add_calls(struct store *store, const struct cdr_test_call *calls,
		  size_t n);
/* The tables, the calls, and a rating run over all of them. */
int cdr_rated(struct store *store, const struct cdr_test_call *calls, size_t n);

/* A tax of everybody from a date on, or NULL. */
int cdr_add_tax(struct store *store, const char *name, const char *percent,
		const char *from);
/* A closed bill without lines; times RFC 3339. */
int cdr_close_bill(struct store *store, const char *account, int64_t number,
		   const char *starts, const char *ends);

/* What write wrote, as text; yours to free() (libc's). */
struct cdr_text {
	FILE *file;
	char *text;
	size_t len;
};

void cdr_text_open(struct cdr_text *out);
/* Ends the writing: out->text is complete. */
const char *cdr_text_end(struct cdr_text *out);
void cdr_text_free(struct cdr_text *out);

/* A whole file, yours to free(); NULL when it cannot be read. */
char *cdr_read_file(const char *path);

#endif
