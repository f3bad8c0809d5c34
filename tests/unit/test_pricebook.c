/* test_pricebook.c - what applies to a number now */
#include "route/pricebook.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_world.h"
#include "tests/unit/tel_random.h"

static time_us
instant(const char *text)
{
	time_us t = 0;

	CHECK(time_parse(str_of(text), &t) == 0);
	return t;
}

static struct number
number_of(const char *digits)
{
	struct number number = { 0 };

	CHECK(number_parse(str_of(digits), &number) == 0);
	return number;
}

/* A row that is always in force, at so many cents a minute. */
static struct pricebook_row
row(uint32_t tariff, const char *prefix, int64_t cents)
{
	struct pricebook_row out = {
		.tariff = tariff,
		.destination = str_of(prefix),
		.per_min = cents * MONEY_ONE / 100,
		.terms = { .first_increment_s = 1,
			   .increment_s = 1,
			   .valid_from = INT64_MIN,
			   .valid_until = INT64_MAX },
	};

	CHECK(prefix_parse(str_of(prefix), &out.prefix) == 0);
	return out;
}

/* The price of second 0 in cents; -1 = none, -2 = not sold. */
static int64_t
cents(const struct pricebook *book, uint32_t tariff, const char *digits,
      time_us t)
{
	struct number number = number_of(digits);
	struct price_match match;

	if (pricebook_find(book, tariff, &number, t, &match) != 0)
		return -1;
	if (match.rows.terms[match.now->terms].not_sold)
		return -2;
	return match.now->per_min * 100 / MONEY_ONE;
}

static bool
build(const struct pricebook_row *rows, size_t n, struct pricebook **out)
{
	const struct tariff tariffs[] = {
		{ .name = "blue", .currency = "EUR", .zone_name = "UTC" },
		{ .name = "amber", .currency = "EUR" },
	};

	return OK(pricebook_build(tariffs, 2, rows, n, out));
}

static void
longest_prefix(void)
{
	const struct pricebook_row rows[] = {
		row(0, "4930", 3), row(0, "49", 2), row(0, "49301", 4),
		row(1, "493", 7),  row(0, "1", 9),
	};
	struct pricebook *book;

	if (!build(rows, 5, &book))
		return;
	CHECK(cents(book, 0, "49301234", 0) == 4);
	CHECK(cents(book, 0, "49302234", 0) == 3);
	CHECK(cents(book, 0, "49402234", 0) == 2);
	CHECK(cents(book, 0, "49", 0) == 2);
	CHECK(cents(book, 0, "4", 0) == -1);
	CHECK(cents(book, 0, "33123", 0) == -1);
	CHECK(cents(book, 1, "49301234", 0) == 7);
	CHECK(cents(book, 1, "49401234", 0) == -1);
	pricebook_free(book);
	pricebook_free(NULL);
}

/* A row that is not in force gives way to the next shorter prefix; one that is
 * not sold does not. */
static void
validity(void)
{
	time_us from = instant("2026-03-01T00:00:00Z");
	time_us until = instant("2026-04-01T00:00:00Z");
	struct pricebook_row rows[] = { row(0, "49", 2), row(0, "4930", 3),
					row(0, "4940", 0), row(0, "4940", 5),
					row(0, "", 8) };
	struct pricebook *book;

	rows[1].terms.valid_from = from;
	rows[1].terms.valid_until = until;
	rows[2].terms.not_sold = true;
	rows[3].terms.valid_from = until;
	if (!build(rows, 5, &book))
		return;
	CHECK(cents(book, 0, "4930", from - 1) == 2);
	CHECK(cents(book, 0, "4930", from) == 3);
	CHECK(cents(book, 0, "4930", until - 1) == 3);
	CHECK(cents(book, 0, "4930", until) == 2);
	CHECK(cents(book, 0, "4940", until - 1) == -2);
	CHECK(cents(book, 0, "4940", until) == 5);
	CHECK(cents(book, 0, "1", until) == 8);
	pricebook_free(book);
}

static void
bands_and_tiers(void)
{
	struct pricebook_row rows[] = { row(1, "49", 2), row(1, "49", 1),
					row(1, "49", 9), row(1, "493", 4) };
	struct number number = number_of("49301");
	struct price_match match;
	struct pricebook *book;

	CHECK(band_parse(str_of("sat,sun"), &rows[1].terms.band) == 0);
	rows[2].terms.from_s = 60;
	rows[3].terms.from_s = 60; /* nothing for second 0: no match */
	if (!build(rows, 4, &book))
		return;
	CHECK(cents(book, 1, "49301", instant("2026-03-27T12:00:00Z")) == 2);
	CHECK(cents(book, 1, "49301", instant("2026-03-28T12:00:00Z")) == 1);
	if (CHECK(pricebook_find(book, 1, &number, 0, &match) == 0)) {
		CHECK(match.tariff == 1 && match.rows.n == 3);
		CHECK(prefix_len(match.prefix) == 2);
		CHECK(strcmp(pricebook_destination(book, match.now), "49") ==
		      0);
	}
	pricebook_free(book);
}

static void
names(void)
{
	const struct pricebook_row rows[] = { row(0, "49", 2) };
	struct pricebook *book;

	if (!build(rows, 1, &book))
		return;
	CHECK(pricebook_n_tariffs(book) == 2);
	CHECK(pricebook_find_tariff(book, str_of("blue")) == 0);
	CHECK(pricebook_find_tariff(book, str_of("amber")) == 1);
	CHECK(pricebook_find_tariff(book, str_of("ambe")) ==
	      PRICEBOOK_NO_TARIFF);
	CHECK(pricebook_find_tariff(book, str_of("")) == PRICEBOOK_NO_TARIFF);
	CHECK(strcmp(pricebook_tariff(book, 1)->name, "amber") == 0);
	CHECK(pricebook_n_rates(book) == 1);
	CHECK(pricebook_n_orphans(book) == 0);
	CHECK(pricebook_bytes(book) > 0);
	pricebook_free(book);
}

static void
empty(void)
{
	struct pricebook *book;

	if (!build(NULL, 0, &book))
		return;
	CHECK(cents(book, 0, "49301", 0) == -1);
	CHECK(pricebook_n_rates(book) == 0);
	pricebook_free(book);
	if (!OK(pricebook_build(NULL, 0, NULL, 0, &book)))
		return;
	CHECK(pricebook_find_tariff(book, str_of("blue")) ==
	      PRICEBOOK_NO_TARIFF);
	pricebook_free(book);
}

/* ERR_NOMEM belongs to the sweep. */
static bool
fails_with(int err, int expected)
{
	return err == ERR_NOMEM ? OK(err) : CHECK(err == expected);
}

static void
refusals(void)
{
	struct pricebook_row rows[] = { row(0, "49", 2), row(1, "49", 2),
					row(0, "49", 3) };
	struct tariff tariffs[] = { { .name = "a", .currency = "EUR" },
				    { .name = "b", .currency = "EUR" } };
	struct pricebook *book = NULL;

	fails_with(pricebook_build(tariffs, 2, rows, 3, &book), ERR_EXISTS);
	rows[2].terms.valid_from = 0; /* now they differ */
	if (OK(pricebook_build(tariffs, 2, rows, 3, &book)))
		pricebook_free(book);
	rows[2].terms.valid_until = 1; /* which is not what makes them differ */
	rows[2].terms.valid_from = INT64_MIN;
	fails_with(pricebook_build(tariffs, 2, rows, 3, &book), ERR_EXISTS);
	/* bands that differ in nothing but their days are two */
	rows[2] = row(0, "49", 3);
	CHECK(band_parse(str_of("mon 08:00-10:00"), &rows[0].terms.band) == 0);
	CHECK(band_parse(str_of("tue 08:00-10:00"), &rows[2].terms.band) == 0);
	if (OK(pricebook_build(tariffs, 2, rows, 3, &book)))
		pricebook_free(book);
	rows[2].terms.band = rows[0].terms.band;
	fails_with(pricebook_build(tariffs, 2, rows, 3, &book), ERR_EXISTS);
	rows[2].tariff = 2;
	fails_with(pricebook_build(tariffs, 2, rows, 3, &book), ERR_INVAL);
	rows[2] = row(0, "50", 3);
	rows[2].prefix = 7; /* no digits of a prefix */
	fails_with(pricebook_build(tariffs, 2, rows, 3, &book), ERR_INVAL);
	tariffs[1].zone_name = "Mars/Olympus";
	fails_with(pricebook_build(tariffs, 2, NULL, 0, &book), ERR_NOTFOUND);
}

/* Texts, days and zones are the book's own. */
static void
copies(void)
{
	char name[] = "blue", zone[] = "Europe/Berlin", destination[] = "here";
	int64_t days[] = { 100, 200 };
	struct tariff tariffs[] = {
		{ .name = name,
		  .currency = "EUR",
		  .zone_name = zone,
		  .holidays = { days, 2 } },
		{ .name = "x", .currency = "EUR", .zone_name = zone },
		{ .name = "y", .currency = "EUR", .zone_name = "Asia/Tokyo" },
	};
	struct pricebook_row rows[] = { row(0, "49", 2) };
	const struct tariff *tariff;
	struct pricebook *book;
	struct price_match match;
	struct number number = number_of("49");

	rows[0].destination = str_of(destination);
	if (!OK(pricebook_build(tariffs, 3, rows, 1, &book)))
		return;
	memset(name, '!', 4);
	memset(zone, '!', 4);
	memset(destination, '!', 4);
	days[0] = 0;
	tariff = pricebook_tariff(book, 0);
	CHECK(strcmp(tariff->name, "blue") == 0);
	CHECK(strcmp(tariff->zone_name, "Europe/Berlin") == 0);
	CHECK(tariff->zone != NULL);
	CHECK(tariff->zone == pricebook_tariff(book, 1)->zone);
	CHECK(tariff->zone != pricebook_tariff(book, 2)->zone);
	CHECK(tariff->holidays.n == 2 && tariff->holidays.days[0] == 100);
	CHECK(pricebook_tariff(book, 1)->holidays.n == 0);
	if (CHECK(pricebook_find(book, 0, &number, 0, &match) == 0))
		CHECK(strcmp(pricebook_destination(book, match.now), "here") ==
		      0);
	pricebook_free(book);
}

/* --- many tariffs at one prefix: the walk in steps --- */

enum { N_MANY = 300, N_WANTED = 40 };

/* Tariffs of odd number sell 493, those of three 49. */
static bool
build_many(struct pricebook **out)
{
	static struct tariff tariffs[N_MANY];
	static struct pricebook_row rows[2 * N_MANY];
	size_t n = 0;

	for (uint32_t i = 0; i < N_MANY; i++) {
		tariffs[i] = (struct tariff){ .name = "t", .currency = "EUR" };
		if (i % 2 == 1)
			rows[n++] = row(i, "493", i);
		if (i % 3 == 0)
			rows[n++] = row(i, "49", i + 1000);
	}
	return OK(pricebook_build(tariffs, N_MANY, rows, n, out));
}

static int64_t
expected_of_many(uint32_t tariff)
{
	if (tariff % 2 == 1)
		return tariff;
	return tariff % 3 == 0 ? (int64_t)tariff + 1000 : -1;
}

static void
many_tariffs(void)
{
	struct price_match matches[N_WANTED];
	struct number number = number_of("4930");
	uint32_t list[N_WANTED];
	struct pricebook *book;

	if (!build_many(&book))
		return;
	for (uint32_t i = 0; i < N_WANTED; i++)
		list[i] = i + i * i / 6; /* dense first, then far apart */
	pricebook_find_each(book, &number, 0, list, N_WANTED, matches);
	for (uint32_t i = 0; i < N_WANTED; i++) {
		const struct rate *now = matches[i].now;

		CHECK(matches[i].tariff == list[i]);
		CHECK((now != NULL ? now->per_min * 100 / MONEY_ONE : -1) ==
		      expected_of_many(list[i]));
	}
	pricebook_free(book);
}

/* --- against the oracle --- */

enum { N_WORLDS = 40, N_ASKED = 150 }; /* times the tariffs: 42,000 */

static bool
is_same_row(const struct price_match *match, const struct world_rate *rate)
{
	const struct rate_terms *terms;
	char prefix[PREFIX_MAX + 1];

	if (match->now == NULL || rate == NULL)
		return match->now == NULL && rate == NULL;
	terms = &match->rows.terms[match->now->terms];
	prefix_format(match->prefix, prefix);
	return strcmp(prefix, rate->prefix) == 0 &&
	       match->now->per_min == rate->per_min &&
	       terms->not_sold != rate->is_sold &&
	       terms->from_s == rate->from &&
	       terms->valid_from == rate->valid_from &&
	       terms->valid_until == rate->valid_until &&
	       terms->connect_fee == rate->fee &&
	       terms->increment_s == rate->increment &&
	       (terms->band.kind == BAND_HOLIDAYS) ==
		   (rate->band == WORLD_HOLIDAYS);
}

/* One number and time, all tariffs by all functions; how many were found. */
static int
ask(struct world *world, const struct pricebook *book)
{
	struct price_match each[WORLD_TARIFFS], one;
	uint32_t list[WORLD_TARIFFS];
	struct number number = { 0 };
	time_us t = world_time(world);
	int n_found = 0;

	world_number(world, &number);
	for (uint32_t i = 0; i < WORLD_TARIFFS; i++)
		list[i] = i;
	pricebook_find_each(book, &number, t, list, WORLD_TARIFFS, each);
	for (uint32_t i = 0; i < WORLD_TARIFFS; i++) {
		const struct world_rate *rate =
		    world_find(world, (int)i, number.digits, t);
		int err = pricebook_find(book, i, &number, t, &one);

		test_row(number.digits);
		CHECK(err == (rate != NULL ? 0 : ERR_NOPRICE));
		CHECK(is_same_row(&one, rate));
		CHECK(each[i].now == one.now && each[i].tariff == i);
		n_found += rate != NULL;
	}
	return n_found;
}

static void
like_the_oracle(void)
{
	static struct world world;
	int n_found = 0;

	for (uint64_t seed = 1; seed <= N_WORLDS; seed++) {
		struct pricebook *book;

		if (!OK(world_init(&world, seed)))
			return;
		if (OK(world_build(&world, &book))) {
			CHECK(pricebook_n_rates(book) == (size_t)world.n_rates);
			for (int i = 0; i < N_ASKED; i++)
				n_found += ask(&world, book);
			pricebook_free(book);
		}
		world_fini(&world);
	}
	CHECK(n_found > N_WORLDS * N_ASKED); /* it was not all misses */
}

static const struct test tests[] = {
	{ "the longest prefix of its own tariff counts", longest_prefix,
	  false },
	{ "rows count while they are in force", validity, false },
	{ "bands and later seconds are looked at", bands_and_tiers, false },
	{ "tariffs are found by name", names, false },
	{ "an empty book has no prices", empty, false },
	{ "rows that cannot be are refused", refusals, false },
	{ "a book owns what it needs", copies, false },
	{ "some of many tariffs are found", many_tariffs, true },
	{ "the same rows are found as by linear search", like_the_oracle,
	  true },
};

const struct test_suite suite_pricebook = TEST_SUITE("pricebook", tests);
