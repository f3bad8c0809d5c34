/* test_pricebook_survey.c - counts and the checksum of price books */
#include "route/pricebook_survey.h"

#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/route_world.h"

#define NOW INT64_C(1000)
#define END INT64_MAX

static const struct tariff tariffs[] = {
	{ .name = "a", .currency = "EUR", .zone_name = "UTC" },
	{ .name = "b", .currency = "EUR", .zone_name = "UTC" },
};

#define ROW(of, of_prefix, price, from, until, sold)                     \
	{ .tariff = (of), .prefix = (of_prefix), .per_min = (price),     \
	  .destination = { "X", 1 },                                     \
	  .terms = { .first_increment_s = 1, .increment_s = 1,           \
		     .valid_from = (from), .valid_until = (until),       \
		     .not_sold = !(sold) } }
#define P49 (UINT64_C(0x5a) << 56)

static const struct pricebook_row rows[] = {
	ROW(0, P49, 1, INT64_MIN, END, true), /* hidden by the next */
	ROW(0, P49, 2, 500, END, true),	      /* overlaps, in force */
	ROW(0, P49, 3, 2000, END, true),      /* overlaps, future */
	ROW(1, P49, 4, INT64_MIN, 900, true), /* expired */
	ROW(1, P49, 5, 900, 1500, true),      /* follows, in force */
	ROW(1, P49, 6, 1500, 1200, true),     /* never in force */
	ROW(1, 0, 0, INT64_MIN, END, false),
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static int
survey(const struct tariff *of, const struct pricebook_row *list, size_t n,
       struct pricebook_survey *out)
{
	struct pricebook *book;
	int err = pricebook_build(of, 2, list, n, &book);

	if (err != 0)
		return err;
	err = pricebook_survey(book, NOW, out);
	pricebook_free(book);
	return err;
}

static void
counts(void)
{
	struct pricebook_survey s;

	if (!OK(survey(tariffs, rows, N_ROWS, &s)))
		return;
	CHECK(s.not_sold == 1);
	CHECK(s.expired == 2);
	CHECK(s.future == 1);
	CHECK(s.superseded == 1);
	CHECK(s.overlapping == 2);
	if (OK(survey(tariffs, NULL, 0, &s)))
		CHECK(s.not_sold + s.expired + s.future + s.superseded == 0);
}

static void
checksums(void)
{
	struct pricebook_row other[N_ROWS];
	struct tariff turned[] = { tariffs[1], tariffs[0] };
	struct pricebook_survey first, s;

	if (!OK(survey(tariffs, rows, N_ROWS, &first)))
		return;
	/* another order, and other indexes of the same tariffs */
	for (int i = 0; i < N_ROWS; i++) {
		other[i] = rows[N_ROWS - 1 - i];
		other[i].tariff = 1 - other[i].tariff;
	}
	if (OK(survey(turned, other, N_ROWS, &s)))
		CHECK(s.checksum == first.checksum);
	/* anything else is another one */
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < N_ROWS; k++)
			other[k] = rows[k];
		switch (i) {
		case 0:
			other[0].per_min++;
			break;
		case 1:
			other[1].prefix = UINT64_C(0x59) << 56;
			break;
		case 2:
			other[2].terms.increment_s = 60;
			break;
		case 3:
			other[3].destination = str_of("Y");
			break;
		default:
			other[0].per_min = 2; /* prices exchanged */
			other[1].per_min = 1;
			break;
		}
		if (OK(survey(tariffs, other, N_ROWS, &s)))
			CHECK(s.checksum != first.checksum);
	}
	if (OK(survey(tariffs, rows, N_ROWS - 1, &s)))
		CHECK(s.checksum != first.checksum);
}

static const struct test tests[] = {
	{ "rows that do nothing are counted", counts, false },
	{ "equal prices have equal checksums", checksums, false },
};

const struct test_suite suite_pricebook_survey =
    TEST_SUITE("pricebook_survey", tests);
