/* test_rate.c - what one call costs, both sides */
#include "cdr-tools/rate.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "tests/unit/cdr_help.h"

#define S US_PER_S

enum { RETAIL, RED, DOLLAR };

/* The prices of cdr_help.h without a store, and a price too large for long
 * calls. */
static int
make_book(struct pricebook **out)
{
	static const struct tariff tariffs[] = {
		{ .name = "retail", .currency = "EUR", .decimals = 6 },
		{ .name = "red", .currency = "EUR", .decimals = 6 },
		{ .name = "dollar", .currency = "USD", .decimals = 6 },
	};
#define ROW(list, digits, name, price, first, step, no)                    \
	{                                                                  \
		.tariff = (list), .destination = { (name), strlen(name) }, \
		.per_min = (price), .terms = {                             \
			.first_increment_s = (first),                      \
			.increment_s = (step),                             \
			.valid_from = INT64_MIN,                           \
			.valid_until = INT64_MAX,                          \
			.not_sold = (no)                                   \
		}                                                          \
	}
	struct pricebook_row rows[] = {
		ROW(RETAIL, "49", "Germany", 6000000, 60, 60, false),
		ROW(RETAIL, "4930", "Berlin", 3000000, 1, 1, false),
		ROW(RETAIL, "44", "UK", 12000000, 1, 1, false),
		ROW(RETAIL, "1", "USA", 0, 1, 1, true),
		ROW(RETAIL, "7", "", 1, 1, 1, false),
		ROW(RED, "49", "", 2000000, 1, 1, false),
		ROW(RED, "7", "Russia", INT64_MAX, 1, 1, false),
		ROW(DOLLAR, "44", "United Kingdom", 10000000, 1, 1, false),
	};
	static const char *const prefixes[] = { "49", "4930", "44", "1",
						"7",  "49",   "7",  "44" };

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(prefix_parse(str_of(prefixes[i]), &rows[i].prefix) == 0);
	return pricebook_build(tariffs, COUNT(tariffs), rows, COUNT(rows), out);
}

#define PARTY(text, list)                            \
	{                                            \
		{ (text), sizeof(text) - 1 }, (list) \
	}

static struct party accounts[] = {
	PARTY("acme", RETAIL),
	PARTY("poor", PRICEBOOK_NO_TARIFF),
};
static struct party carriers[] = {
	PARTY("bare", PRICEBOOK_NO_TARIFF),
	PARTY("dollar", DOLLAR),
	PARTY("red", RED),
};
static const struct parties parties = {
	.accounts = { .items = accounts, .n = COUNT(accounts) },
	.carriers = { .items = carriers, .n = COUNT(carriers) },
};

static const struct row {
	const char *what;
	const char *account, *carrier, *number, *source;
	int64_t duration_us;
	/* expected; amounts in 1e-8, -1 = none */
	money_e8 sell, buy, margin;
	const char *destination; /* NULL = none */
	const char *note;
} rows[] = {
	{ "both sides by their own prefix and increments", "acme", "red",
	  "4930123", "static", 61 * S, 3050000, 2033300, 1016700, "Berlin",
	  "" },
	{ "whole minutes", "acme", "red", "4989123", "static", 61 * S, 12000000,
	  2033300, 9966700, "Germany", "" },
	{ "a number with '+'", "acme", "red", "+4989123", "static", 1 * S,
	  6000000, 33300, 5966700, "Germany", "" },
	{ "a duration of 0 costs 0", "acme", "red", "4989123", "static", 0, 0,
	  0, 0, "Germany", "" },
	{ "no price at the carrier", "acme", "red", "44123", "static", 60 * S,
	  12000000, -1, -1, "UK", "no buy price" },
	{ "no price for the account", "acme", "red", "39", "static", 60 * S, -1,
	  -1, -1, NULL, "no sell price; no buy price" },
	{ "not for sale", "acme", "red", "1201", "static", 60 * S, -1, -1, -1,
	  "USA", "no sell price; no buy price" },
	{ "two currencies", "acme", "dollar", "44123", "static", 60 * S,
	  12000000, 10000000, -1, "UK", "no exchange rate" },
	{ "no account", NULL, "red", "4989123", "static", 60 * S, -1, 2000000,
	  -1, NULL, "no account" },
	{ "an empty account", "", "red", "4989123", "static", 60 * S, -1,
	  2000000, -1, NULL, "no account" },
	{ "an unknown account", "ghost", "red", "4989123", "static", 60 * S, -1,
	  2000000, -1, NULL, "account is not known" },
	{ "an account without tariff", "poor", "red", "4989123", "static",
	  60 * S, -1, 2000000, -1, NULL, "account has no tariff" },
	{ "no carrier", "acme", NULL, "4989123", "static", 60 * S, 6000000, -1,
	  -1, "Germany", "no carrier" },
	{ "an unknown carrier", "acme", "ghost", "4989123", "static", 60 * S,
	  6000000, -1, -1, "Germany", "carrier is not known" },
	{ "a carrier without tariff", "acme", "bare", "4989123", "static",
	  60 * S, 6000000, -1, -1, "Germany", "carrier has no tariff" },
	{ "a gateway that announced itself and asks for nothing", "acme",
	  "bare", "4989123", "trip", 60 * S, 6000000, 0, 6000000, "Germany",
	  "" },
	{ "over IP nobody charges us", "acme", NULL, "4989123", "enum", 60 * S,
	  6000000, 0, 6000000, "Germany", "" },
	{ "nor for a call between our own", "acme", "", "4989123", "local",
	  60 * S, 6000000, 0, 6000000, "Germany", "" },
	{ "free, and not sold", "acme", NULL, "39", "foreign", 60 * S, -1, 0,
	  -1, NULL, "no sell price" },
	{ "a carrier that ENUM led to is paid", "acme", "red", "4989123",
	  "enum", 60 * S, 6000000, 2000000, 4000000, "Germany", "" },
	{ "no number", "acme", "red", NULL, "static", 60 * S, -1, -1, -1, NULL,
	  "no number" },
	{ "a number that is none", "acme", "red", "bob", "static", 60 * S, -1,
	  -1, -1, NULL, "no number" },
	{ "ended before it was answered", "acme", "red", "4989123", "static",
	  -1, -1, -1, -1, "Germany", "negative duration" },
	{ "the carrier's name where the account's is empty", "acme", "red",
	  "7812", "static", 120 * S, 0, -1, -1, "Russia",
	  "buy amount out of range" },
};

static void
check_side(const struct rate_side *side, money_e8 expected)
{
	CHECK((side->why == RATE_PRICED) == (expected >= 0));
	CHECK(expected < 0 || side->amount == expected);
}

static void
check_row(const struct pricebook *book, const struct row *row,
	  struct charge *charge)
{
	const struct rate_call call = {
		.account = str_of(row->account),
		.carrier = str_of(row->carrier),
		.number = str_of(row->number),
		.route_source = str_of(row->source),
		.answer = INT64_C(1795000000) * S,
		.duration_us = row->duration_us,
	};
	char note[RATE_NOTE_MAX];
	struct rating rating;

	test_row(row->what);
	rate_call(book, &parties, &call, charge, &rating);
	check_side(&rating.sell, row->sell);
	check_side(&rating.buy, row->buy);
	CHECK(rating.has_margin == (row->margin >= 0));
	CHECK(!rating.has_margin || rating.margin == row->margin);
	CHECK((rating.destination == NULL) == (row->destination == NULL));
	CHECK(row->destination == NULL || rating.destination == NULL ||
	      strcmp(rating.destination, row->destination) == 0);
	CHECK(strcmp(rate_note(&rating, note), row->note) == 0);
}

static void
calls_are_priced_or_say_why(void)
{
	struct charge *charge = mem_alloc(sizeof(*charge));
	struct pricebook *book = NULL;

	if (OK(charge == NULL ? -1 : 0) && OK(make_book(&book))) {
		for (size_t i = 0; i < COUNT(rows); i++)
			check_row(book, &rows[i], charge);
	}
	pricebook_free(book);
	mem_free(charge);
}

static void
check_amount(struct str cell, const struct rate_side *side)
{
	money_e8 expected = 0;

	CHECK((side->why == RATE_PRICED) == !str_eq_text(cell, "-"));
	if (side->why != RATE_PRICED)
		return;
	CHECK(money_parse(cell, &expected) == 0);
	CHECK(side->amount == expected);
}

static struct str
word(struct str *rest)
{
	struct str text = str_cut(rest, ' ');

	return str_eq_text(text, "-") ? str_make(NULL, 0) : text;
}

/* "| acme red 4989100 static | 0.06 | 0.02 | note | why |" */
static void
check_example(const struct pricebook *book, struct str line)
{
	struct str cells[4];
	char note[RATE_NOTE_MAX];
	struct rate_call call = { .duration_us = 60 * S };
	struct rating rating;
	struct charge charge;

	(void)str_cut(&line, '|');
	for (size_t i = 0; i < COUNT(cells); i++)
		cells[i] = str_trim(str_cut(&line, '|'));
	call.account = word(&cells[0]);
	call.carrier = word(&cells[0]);
	call.number = word(&cells[0]);
	call.route_source = word(&cells[0]);
	rate_call(book, &parties, &call, &charge, &rating);
	check_amount(cells[1], &rating.sell);
	check_amount(cells[2], &rating.buy);
	CHECK(str_eq_text(cells[3], rate_note(&rating, note)));
}

static void
examples_are_true(void)
{
	char path[512];
	char *text =
	    cdr_read_file(test_file("doc/rating.md", path, sizeof(path)));
	const char *begin =
	    text != NULL ? strstr(text, "| record: account,") : NULL;
	struct str rest = str_of(begin);
	struct pricebook *book = NULL;
	int n = 0;

	CHECK(begin != NULL);
	(void)str_cut(&rest, '\n');
	(void)str_cut(&rest, '\n');
	if (OK(make_book(&book))) {
		for (; rest.p != NULL && str_starts(rest, "| "); n++)
			check_example(book, str_cut(&rest, '\n'));
		CHECK(n >= 7);
	}
	pricebook_free(book);
	free(text);
}

/* Rows for the same call by another tariff, with an exchange rate. */
static void
ported_numbers_and_currencies(void)
{
	static struct exchange_rate rates[] = {
		{ .currency = "USD", .base = "EUR", .day = 0, .rate = 50000000 },
	};
	static struct tariff tariffs[] = {
		{ .name = "sell", .currency = "EUR", .decimals = 6 },
		{ .name = "buy",
		  .currency = "USD",
		  .decimals = 6,
		  .by_ported = true },
	};
	struct pricebook_row prices[] = {
		ROW(0, "49", "Germany", 6000000, 1, 1, false),
		ROW(1, "49", "", 2000000, 1, 1, false),
		ROW(1, "4915", "", 4000000, 1, 1, false),
	};
	static struct party one = PARTY("a", 0), two = PARTY("b", 1);
	const struct parties both = { .accounts = { .items = &one, .n = 1 },
				      .carriers = { .items = &two, .n = 1 },
				      .exchange = { rates, 1, 0 } };
	struct rate_call call = { .account = str_of("a"),
				  .carrier = str_of("b"),
				  .number = str_of("4930123"),
				  .ported_to = str_of("4915123"),
				  .duration_us = 60 * S };
	struct pricebook *book = NULL;
	struct rating rating;
	struct charge charge;

	OK(prefix_parse(str_of("49"), &prices[0].prefix));
	OK(prefix_parse(str_of("49"), &prices[1].prefix));
	OK(prefix_parse(str_of("4915"), &prices[2].prefix));
	if (!OK(pricebook_build(tariffs, 2, prices, COUNT(prices), &book)))
		return;
	rate_call(book, &both, &call, &charge, &rating);
	CHECK(rating.sell.amount == 6000000 && rating.buy.amount == 4000000);
	CHECK(rating.has_margin && rating.margin == 4000000);
	call.ported_to = str_of("");
	rate_call(book, &both, &call, &charge, &rating);
	CHECK(rating.buy.amount == 2000000 && rating.margin == 5000000);
	call.answer = -1; /* before the first rate */
	rate_call(book, &both, &call, &charge, &rating);
	CHECK(!rating.has_margin && rating.no_exchange);
	pricebook_free(book);
}

static void
what_was_found_is_told(void)
{
	struct rate_call call = {
		.account = str_of("acme"),
		.carrier = str_of("red"),
		.number = str_of("4930123"),
		.route_source = str_of("static"),
		.duration_us = 61500000,
	};
	struct pricebook *book = NULL;
	struct rating rating;
	struct charge charge;
	char prefix[PREFIX_MAX + 1];

	if (!OK(make_book(&book)))
		return;
	rate_call(book, &parties, &call, &charge, &rating);
	prefix_format(rating.sell.prefix, prefix);
	CHECK(strcmp(rating.sell.tariff, "retail") == 0);
	CHECK(rating.sell.has_prefix && strcmp(prefix, "4930") == 0);
	CHECK(rating.sell.rate == 3000000);
	CHECK(rating.sell.seconds == 62);
	CHECK(strcmp(rating.sell.currency, "EUR") == 0);
	prefix_format(rating.buy.prefix, prefix);
	CHECK(strcmp(rating.buy.tariff, "red") == 0);
	CHECK(rating.buy.has_prefix && strcmp(prefix, "49") == 0);
	pricebook_free(book);
}

static const struct test tests[] = {
	{ "numbers go by where they were ported, margins by exchange rates",
	  ported_numbers_and_currencies, false },
	{ "calls are priced, or it is said why not",
	  calls_are_priced_or_say_why, false },
	{ "what was found is told", what_was_found_is_told, false },
	{ "the examples of doc/rating.md are true", examples_are_true, true },
};
const struct test_suite suite_rate = TEST_SUITE("rate", tests);
