/* test_taxes.c - which tax an account pays on which day */
#include "cdr-tools/taxes.h"

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

static const struct test tests[] = {
	ON_STORES("a tax is found by account and day", taxes_are_found),
	{ "groups of taxes are bounded", groups_are_bounded, false },
};
const struct test_suite suite_taxes = TEST_SUITE("taxes", tests);
