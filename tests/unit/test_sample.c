/* test_sample.c - the sample business is what its README says */
#include <stdlib.h>

#include "base/err.h"
#include "cdr-tools/quote.h"
#include "db/kind.h"
#include "db/schema.h"
#include "tests/unit/cdr_help.h"

#define N_CARRIERS 3
#define N_CELLS 6 /* to, number, red, blue, green, cheapest */
#define MIN_ROWS 7

static const char *const names[] = { "red", "blue", "green", "retail" };

static int
import(struct store *store, const char *kind, const char *file)
{
	const struct import_options options = { .tariff = NULL };
	struct import_result result;
	char relative[64], path[512];

	snprintf(relative, sizeof(relative), "sample/%s.csv", file);
	return kind_import(kind_find(kind), store,
			   test_file(relative, path, sizeof(path)), &options,
			   stdout, &result);
}

static int
import_all(struct store *store)
{
	static const char *const files[][2] = {
		{ "tariffs", "tariffs" },    { "rates", "rates-red" },
		{ "rates", "rates-blue" },   { "rates", "rates-green" },
		{ "rates", "rates-retail" }, { "carriers", "carriers" },
		{ "gateways", "gateways" },  { "accounts", "accounts" },
		{ "trunks", "trunks" },
	};
	int err = schema_migrate(store);

	for (size_t i = 0; i < COUNT(files) && err == 0; i++) {
		test_row(files[i][1]);
		err = import(store, files[i][0], files[i][1]);
	}
	test_row(NULL);
	return err;
}

static money_e8
price(const struct pricebook *book, const char *tariff, struct str number,
      int64_t duration_us)
{
	struct quote quote = { .duration_us = duration_us,
			       .at = INT64_C(1795000000) * US_PER_S };

	if (!CHECK(number_parse(number, &quote.number) == 0) ||
	    !CHECK(quote_price(book,
			       pricebook_find_tariff(book, str_of(tariff)),
			       &quote) == 0))
		return -1;
	return quote.charge.amount;
}

/* One row of the README's table: three prices, and who is the cheapest. */
static void
check_row(const struct pricebook *book, struct str line, int wins[N_CARRIERS])
{
	struct str cells[N_CELLS];
	money_e8 costs[N_CARRIERS];
	int best = 0;

	(void)str_cut(&line, '|');
	for (size_t i = 0; i < N_CELLS; i++)
		cells[i] = str_trim(str_cut(&line, '|'));
	for (int i = 0; i < N_CARRIERS; i++) {
		money_e8 expected = 0;

		costs[i] = price(book, names[i], cells[1], 180 * US_PER_S);
		CHECK(money_parse(cells[2 + i], &expected) == 0);
		CHECK(costs[i] == expected);
		if (costs[i] < costs[best])
			best = i;
	}
	CHECK(str_starts(cells[5], names[best]));
	CHECK(price(book, "retail", cells[1], 180 * US_PER_S) > costs[best]);
	wins[best]++;
}

static void
check_table(const struct pricebook *book)
{
	char path[512];
	char *text =
	    cdr_read_file(test_file("sample/README.md", path, sizeof(path)));
	struct str rest = str_of(text);
	int wins[N_CARRIERS] = { 0 }, n = 0;

	CHECK(text != NULL);
	while (rest.p != NULL && !str_starts(rest, "| to | number "))
		(void)str_cut(&rest, '\n');
	(void)str_cut(&rest, '\n');
	(void)str_cut(&rest, '\n');
	while (rest.p != NULL && str_starts(rest, "| ")) {
		check_row(book, str_cut(&rest, '\n'), wins);
		n++;
	}
	CHECK(n >= MIN_ROWS);
	CHECK(wins[0] > 0 && wins[1] > 0 && wins[2] > 0);
	free(text);
}

static void
cheapest_for_ten_seconds(const struct pricebook *book)
{
	const struct str france = str_of("33123456789");

	CHECK(price(book, "red", france, 10 * US_PER_S) == 700000);
	CHECK(price(book, "blue", france, 10 * US_PER_S) == 136700);
}

static void
is_what_its_readme_says(void)
{
	struct store *store;
	struct pricebook *book = NULL;
	char error[STORE_ERROR_MAX];
	int n_errors = 1, n_warnings = 1;

	if (!OK(store_open("sqlite::memory:", STORE_CREATE, &store, error)))
		return;
	if (OK(import_all(store)) &&
	    OK(kind_check_all(store, stdout, &n_errors, &n_warnings)) &&
	    OK(pricebook_load(store, &book, error))) {
		CHECK(n_errors == 0 && n_warnings == 0);
		for (size_t i = 0; i < COUNT(names); i++)
			CHECK(pricebook_find_tariff(book, str_of(names[i])) !=
			      PRICEBOOK_NO_TARIFF);
		CHECK(pricebook_n_rates(book) > 2000);
		check_table(book);
		cheapest_for_ten_seconds(book);
	}
	pricebook_free(book);
	store_close(store);
}

static const struct test tests[] = {
	{ "the sample business is what its README says",
	  is_what_its_readme_says, true },
};
const struct test_suite suite_sample = TEST_SUITE("sample", tests);
