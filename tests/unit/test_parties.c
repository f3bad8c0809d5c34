/* test_parties.c - accounts and carriers by name */
#include "cdr-tools/parties.h"

#include "tests/unit/cdr_help.h"

static const char *
tariff_of(const struct pricebook *book, const struct party *party)
{
	if (party == NULL)
		return "(nobody)";
	if (party->tariff == PRICEBOOK_NO_TARIFF)
		return "(none)";
	return pricebook_tariff(book, party->tariff)->name;
}

static void
look(const struct pricebook *book, const struct parties *parties)
{
	static const struct {
		bool is_account;
		const char *name, *tariff;
	} rows[] = {
		{ true, "acme", "retail" },  { true, "fine", "whole" },
		{ true, "poor", "(none)" },  { true, "red", "(nobody)" },
		{ true, "acm", "(nobody)" }, { true, "", "(nobody)" },
		{ false, "red", "red" },     { false, "dollar", "dollar" },
		{ false, "bare", "(none)" }, { false, "acme", "(nobody)" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct party_list *list = rows[i].is_account
						    ? &parties->accounts
						    : &parties->carriers;

		test_row(rows[i].name);
		CHECK(strcmp(tariff_of(book,
				       party_find(list, str_of(rows[i].name))),
			     rows[i].tariff) == 0);
	}
}

static void
are_found(struct store *store)
{
	struct parties parties;
	struct pricebook *book;

	if (!OK(cdr_world(store)))
		return;
	if (OK(cdr_prices(store, &book, &parties)))
		look(book, &parties);
	parties_fini(&parties);
	pricebook_free(book);
}
ON_BOTH(DB_TABLES, are_found)

static const struct test tests[] = {
	ON_STORES("accounts and carriers are found with their tariffs",
		  are_found),
};
const struct test_suite suite_parties = TEST_SUITE("parties", tests);
