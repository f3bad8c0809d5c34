/* test_deck.c - a rates file as a price book, without a store */
#include "cdr-tools/deck.h"

#include "base/err.h"
#include "tests/unit/cdr_help.h"

static const struct tariff plain = { .currency = DECK_NO_CURRENCY,
				     .decimals = 6 };

struct load {
	int err;
	struct pricebook *book;
	struct cdr_text report;
	char error[STORE_ERROR_MAX];
};

/* Load a file of that text. */
static void
load(struct load *out, const char *text, const struct tariff *like)
{
	char path[256];

	memset(out, 0, sizeof(*out));
	cdr_text_open(&out->report);
	out->err = deck_load(db_file("deck.csv", text, path, sizeof(path)),
			     like, out->report.file, &out->book, out->error);
	cdr_text_end(&out->report);
}

static void
unload(struct load *out)
{
	pricebook_free(out->book);
	cdr_text_free(&out->report);
}

static void
without_tariff_column(void)
{
	struct load deck;
	const struct tariff *tariff;

	load(&deck, "prefix,rate,destination\n49,0.06,Germany\n44,0.1,UK\n",
	     &plain);
	if (OK(deck.err)) {
		CHECK(pricebook_n_tariffs(deck.book) == 1);
		CHECK(pricebook_n_rates(deck.book) == 2);
		tariff = pricebook_tariff(deck.book, 0);
		CHECK(strcmp(tariff->name, DECK_NAME) == 0);
		CHECK(strcmp(tariff->currency, DECK_NO_CURRENCY) == 0);
	}
	unload(&deck);
}

static void
attributes_are_taken(void)
{
	const struct tariff like = {
		.currency = "EUR",
		.zone_name = "Europe/Berlin",
		.decimals = 3,
		.rounding = MONEY_DOWN,
		.duration_rounding = DURATION_EXACT,
		.minimum_charge = 5,
		.round_at = ROUND_AT_BILL,
		.allow_negative = true,
	};
	const struct tariff *tariff;
	struct load deck;

	load(&deck, "Tariff,prefix,rate\nred,49,-0.06\nred,44,0.1\n", &like);
	if (OK(deck.err)) {
		CHECK(pricebook_n_tariffs(deck.book) == 1);
		tariff = pricebook_tariff(deck.book, 0);
		CHECK(strcmp(tariff->name, "red") == 0);
		CHECK(strcmp(tariff->currency, "EUR") == 0);
		CHECK(strcmp(tariff->zone_name, "Europe/Berlin") == 0);
		CHECK(tariff->decimals == 3);
		CHECK(tariff->rounding == MONEY_DOWN);
		CHECK(tariff->duration_rounding == DURATION_EXACT);
		CHECK(tariff->minimum_charge == 5);
		CHECK(tariff->round_at == ROUND_AT_BILL);
		CHECK(tariff->allow_negative);
	}
	unload(&deck);
}

static void
several_tariffs(void)
{
	struct load deck;

	load(&deck, "tariff,prefix,rate\nred,49,0.06\nblue,49,0.1\n", &plain);
	if (OK(deck.err)) {
		CHECK(pricebook_n_tariffs(deck.book) == 2);
		CHECK(pricebook_find_tariff(deck.book, str_of("blue")) !=
		      PRICEBOOK_NO_TARIFF);
	}
	unload(&deck);
}

/* The rules are those of the import. */
static void
bad_files_are_refused(void)
{
	static const struct {
		const char *text, *report;
	} rows[] = {
		{ "prefix,rate\n49,-0.06\n", "deck.csv:2: rate" },
		{ "prefix,rate\n49x,0.06\n", "deck.csv:2: prefix" },
		{ "prefix,rate\n49,0.06\n49,0.07\n", "deck.csv:3" },
		{ "prefix\n49\n", "deck.csv:1" },
		{ "tariff,prefix,rate\n,49,0.06\n", "deck.csv:2: tariff" },
		{ "", "deck.csv: the file is empty" },
		{ "prefix,rate\n\"49,0.06\n", "a quote is left open" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct load deck;

		test_row(rows[i].report);
		load(&deck, rows[i].text, &plain);
		CHECK(deck.err == ERR_SYNTAX);
		CHECK(strstr(deck.report.text, rows[i].report) != NULL);
		CHECK(strstr(deck.error, "no prices were taken") != NULL);
		unload(&deck);
	}
}

static void
missing_files_are_refused(void)
{
	char error[STORE_ERROR_MAX];
	struct pricebook *book;
	struct cdr_text report;

	cdr_text_open(&report);
	CHECK(deck_load("/nowhere.csv", &plain, report.file, &book, error) ==
	      ERR_IO);
	CHECK(strstr(cdr_text_end(&report), "/nowhere.csv") != NULL);
	cdr_text_free(&report);
}

static const struct test tests[] = {
	{ "a file needs no tariff column", without_tariff_column, false },
	{ "a file's tariff gets the attributes given", attributes_are_taken,
	  true },
	{ "a file may have several tariffs", several_tariffs, true },
	{ "what an import refuses is refused", bad_files_are_refused, true },
	{ "a missing file is refused", missing_files_are_refused, true },
};
const struct test_suite suite_deck = TEST_SUITE("deck", tests);
