/* test_taxes.c - which tax an account pays on which day */
#include "cdr-tools/taxes.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

static const struct {
	const char *what, *account;
	int year, month, day;
	int percent; /* -1: none */
} rows[] = {
	{ "everybody's", "fine", 2026, 12, 31, 16 },
	{ "everybody's from the first day on", "fine", 2027, 1, 1, 19 },
	{ "an account's own", "acme", 2027, 1, 1, 0 },
	{ "an own one that has ended: no other", "acme", 2027, 6, 1, -1 },
	{ "strangers pay what everybody pays", "ghost", 2027, 6, 1, 19 },
};

static int
add_taxes(struct store *store)
{
	int err = cdr_world(store);

	if (err == 0)
		err = store_exec(
		    store,
		    "INSERT INTO taxes (account, tax, percent, valid_from,"
		    " valid_until) SELECT id, 'none', 0, NULL, '2027-06-01'"
		    " FROM accounts WHERE account = 'acme'");
	if (err == 0)
		err = cdr_add_tax(store, "VAT", "16", NULL);
	return err == 0 ? cdr_add_tax(store, "VAT", "19", "2027-01-01") : err;
}

static void
taxes_are_found(struct store *store)
{
	char error[STORE_ERROR_MAX];
	struct taxes taxes;

	memset(&taxes, 0, sizeof(taxes));
	if (!OK(add_taxes(store)) || !OK(taxes_load(&taxes, store, error))) {
		taxes_fini(&taxes);
		return;
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct tax *tax = taxes_find(
		    &taxes, rows[i].account,
		    days_from_date(rows[i].year, rows[i].month, rows[i].day));

		test_row(rows[i].what);
		CHECK((tax == NULL) == (rows[i].percent < 0));
		CHECK(tax == NULL ||
		      tax->percent == rows[i].percent * MONEY_ONE);
	}
	test_row(NULL);
	taxes_fini(&taxes);
}
ON_BOTH(DB_TABLES, taxes_are_found)

static void
groups_are_bounded(void)
{
	struct tax_groups groups = { .n = 0 };
	struct arena arena;
	money_e8 tax = 0;
	size_t at = 0;
	int err = 0;

	CHECK(taxes_find(NULL, "acme", 0) == NULL);
	arena_init(&arena, NULL, 0, 0);
	for (int i = 0; i < TAX_MAX_GROUPS && err == 0; i++)
		err = tax_groups_find(&groups, str_of("VAT"), i, &arena, &at);
	if (OK(err)) {
		CHECK(tax_groups_find(&groups, str_of("VAT"), 3, &arena, &at) ==
			  0 &&
		      at == 3);
		CHECK(tax_groups_find(&groups, str_of("GST"), 3, &arena, &at) ==
		      ERR_LIMIT);
		CHECK(tax_groups_add(&groups, 0, INT64_MAX, &tax) == 0);
		CHECK(tax_groups_add(&groups, 0, 1, &tax) == ERR_RANGE);
	}
	arena_fini(&arena);
}

/* "| 0.05 0.06 | 19 | 0.01 0.01 | 0.02 | why |" */
static void
check_example(struct str line)
{
	struct tax_groups groups = { .n = 1 };
	struct str cells[4];

	(void)str_cut(&line, '|');
	for (size_t i = 0; i < COUNT(cells); i++)
		cells[i] = str_trim(str_cut(&line, '|'));
	CHECK(money_parse(cells[1], &groups.items[0].percent) == 0);
	while (cells[0].p != NULL) {
		money_e8 amount = 0, tax = 0, expected = 0;

		CHECK(money_parse(str_cut(&cells[0], ' '), &amount) == 0);
		CHECK(money_parse(str_cut(&cells[2], ' '), &expected) == 0);
		CHECK(tax_groups_add(&groups, 0, amount, &tax) == 0);
		CHECK(tax == expected);
	}
	{
		money_e8 whole = 0;

		CHECK(money_parse(cells[3], &whole) == 0);
		CHECK(groups.items[0].tax == whole);
	}
}

static void
examples_are_true(void)
{
	char path[512];
	char *text =
	    cdr_read_file(test_file("doc/rating.md", path, sizeof(path)));
	const char *begin =
	    text != NULL ? strstr(text, "| amounts of the lines |") : NULL;
	struct str rest = str_of(begin);
	int n = 0;

	CHECK(begin != NULL);
	(void)str_cut(&rest, '\n');
	(void)str_cut(&rest, '\n');
	for (; rest.p != NULL && str_starts(rest, "| "); n++)
		check_example(str_cut(&rest, '\n'));
	CHECK(n >= 4);
	free(text);
}

static const struct test tests[] = {
	{ "the examples of doc/rating.md are true", examples_are_true, true },
	ON_STORES("a tax is found by account and day", taxes_are_found),
	{ "groups of taxes are bounded", groups_are_bounded, false },
};
const struct test_suite suite_taxes = TEST_SUITE("taxes", tests);
